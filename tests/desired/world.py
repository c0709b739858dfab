"""A small valid repository to start from, and the Git around it."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.desired.history import History
from reconciler.desired.load import Declarations, load
from reconciler.desired.repository import open_repository
from reconciler.desired.resolve import resolve
from reconciler.desired.source import Source, committed, worktree
from reconciler.model import Entitlements
from tests.desired.kinds import KINDS

SETTINGS = """\
apiVersion: guestlist/v1
kind: Settings
metadata: {name: example}
spec:
  branch: main
  timeZone: Europe/Berlin
  targets:
    crm:
      connector: salesforce
      mode: enforce
      url: {env: GUESTLIST_CRM_URL}
      auth: {clientId: {env: GUESTLIST_CRM_ID}, clientSecret: {env: GUESTLIST_CRM_SECRET}}
      population: {profiles: [Vendor Support]}
    vault:
      connector: vault
      url: {env: GUESTLIST_VAULT_URL}
      auth: {token: {file: vault/token}}
"""

ACME = """\
apiVersion: guestlist/v1
kind: Vendor
metadata: {name: acme, title: Acme GmbH}
spec:
  sponsor: {name: dana.reyes, since: 2026-01-10}
  owners: {business: liam.ford, technical: liam.ford}
  tier: high
  contract: {id: C-1, scope: support, starts: 2026-01-01, ends: 2027-12-31}
  principals:
    - name: maria.k
      kind: human
      email: maria.k@acme.example
      accounts: {crm: maria@acme.example}
      proofing: {method: video-id, by: dana.reyes, date: 2026-01-12, evidence: HR-1}
      mfa: required
    - {name: desk, kind: persona, email: desk@acme.example, onBehalfOf: maria.k}
    - {name: bot, kind: automation, owner: maria.k}
  grants:
    - name: triage
      target: crm
      role: triage
      principals: [maria.k, desk]
      window: {from: 2026-11-01, until: 2027-01-31}
      reason: first response
    - name: rotation
      target: vault
      role: rotate
      principals: [bot]
      window: {until: 2027-06-30T18:00:00+02:00}
      reason: weekly rotation
"""

BETA = """\
apiVersion: guestlist/v1
kind: Vendor
metadata: {name: beta}
spec:
  sponsor: {name: liam.ford, since: 2026-02-01}
  owners: {business: dana.reyes, technical: liam.ford}
  tier: low
  contract: {id: C-2, scope: monitoring, starts: 2026-02-01, ends: 2027-03-31}
  principals:
    - {name: tom.b, kind: human, email: tom.b@beta.example, mfa: required}
  grants:
    - {name: queue, target: crm, role: queue, principals: [tom.b], window: {until: 2027-03-31}, reason: night shift}
"""


def person(name: str) -> str:
    return (
        "apiVersion: guestlist/v1\n"
        "kind: Person\n"
        f"metadata: {{name: {name}}}\n"
        f"spec: {{title: {name.title()}, email: {name}@example.com}}\n"
    )


def role(name: str, spec: str) -> str:
    return f"apiVersion: guestlist/v1\nkind: Role\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def override(target: str, by: str) -> str:
    return (
        "apiVersion: guestlist/v1\nkind: Override\nmetadata: {name: wave}\nspec:\n"
        f"  target: {target}\n  limit: grants\n  max: 200\n  from: 2026-11-01\n  until: 2026-11-30\n"
        f"  by: {by}\n  reason: go-live\n"
    )


FILES: Mapping[str, str] = {
    "guestlist.yaml": SETTINGS,
    "people/dana.reyes.yaml": person("dana.reyes"),
    "people/liam.ford.yaml": person("liam.ford"),
    "roles/triage.yaml": role("triage", "{connector: salesforce, uses: {permissionSet: Triage}}"),
    "roles/queue.yaml": role("queue", "{connector: salesforce, uses: {queue: L2}}"),
    "roles/rotate.yaml": role(
        "rotate", "{connector: vault, objects: [{engine: kv, mount: s, path: a}], actions: [rotate]}"
    ),
    "vendors/acme.yaml": ACME,
    "vendors/beta.yaml": BETA,
}


@dataclass(frozen=True)
class World:
    """A repository in a temporary folder."""

    root: Path

    @classmethod
    def make(cls, root: Path, files: Mapping[str, str] = FILES) -> "World":
        world = cls(root)
        root.mkdir(parents=True, exist_ok=True)
        world.git("init", "-q", "-b", "main")
        if files:
            world.commit(files)
        return world

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True, encoding="utf-8"
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Put files below desired-state; None removes one."""
        for name, text in files.items():
            path = self.root / "desired-state" / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, files: Mapping[str, str | bytes | None]) -> str:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "change", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def source(self, revision: str = "HEAD") -> Source:
        return committed(open_repository(self.root), revision)

    def on_disk(self) -> Source:
        return worktree(open_repository(self.root))

    def load(self) -> Declarations:
        return load(self.source(), KINDS)

    def resolve(self) -> Entitlements:
        return settled(self.load())


def settled(declarations: Declarations) -> Entitlements:
    return resolve(declarations, KINDS, History(declarations.source, KINDS))


def said(declarations: Declarations) -> list[str]:
    """The problems as people read them, below the desired-state folder."""
    return [str(problem).removeprefix("desired-state/") for problem in declarations.problems]
