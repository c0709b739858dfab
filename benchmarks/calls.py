"""How many calls a plan and an apply make to each target, on a sandbox: nothing to do, one grant, and many.

The simulated org counts for itself; in front of the real OpenBao stands a counting proxy.
"""

import io
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import httpx
from git import Repo

from benchmarks.counting import Calls, counting
from benchmarks.table import markdown
from reconciler.cli.main import run
from reconciler.sandbox.lifecycle import down, environment

FORMAT = "guestlist.benchmark.calls/v1"
VENDOR = "busy-partner"
_API = "/services/data/v62.0"
_INSIDE = "  inside: "
"""Marks a request within a batch: one call over the network, and possibly one more of the org's daily allowance."""


@dataclass(frozen=True)
class Counted:
    """What one command called.

    Attributes:
        situation: what there was to do; `command` who did it.
        changes: how many changes the plan had, by target.
        targets: calls by target and endpoint.
    """

    situation: str
    command: str
    changes: dict[str, int]
    targets: dict[str, dict[str, int]]

    def total(self, target: str) -> int:
        """Calls over the network to one target."""
        return sum(count for endpoint, count in self.targets[target].items() if not endpoint.startswith(_INSIDE))


class Bench:
    """A sandbox whose targets count, with a vendor of `people` accounts in each target."""

    def __init__(self, directory: Path, org: httpx.Client, vault: Calls, variables: Mapping[str, str]) -> None:
        self._repository = directory / "repo"
        self._org = org
        self._vault = vault
        self._variables = variables

    def guestlist(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON of two shapes, used in place
        """Run a command line in this process; what it printed, as JSON."""
        stdout = io.StringIO()
        with patch.dict(os.environ, self._variables), redirect_stdout(stdout):
            code = run([arguments[0], "-C", str(self._repository), "--format", "json", *arguments[1:]])
        assert code == 0, f"guestlist {' '.join(arguments)} ended with {code}"
        return json.loads(stdout.getvalue())

    def counted(self, situation: str) -> Iterator[Counted]:
        """What `plan` calls now, and then `apply`."""
        self._taken()
        plan = self.guestlist("plan")
        changes = dict(Counter(change["target"] for change in plan["changes"]))
        yield Counted(situation, "plan", changes, self._taken())
        self.guestlist("apply", "--yes")
        yield Counted(situation, "apply", changes, self._taken())

    def _taken(self) -> dict[str, dict[str, int]]:
        """The calls since the last time, by target and endpoint."""
        seen = self._org.get("/__sandbox__/calls").json()
        self._org.delete("/__sandbox__/calls")
        inside = {f"{_INSIDE}{name}": count for name, count in seen["inside"].items()}
        return {"crm": {**dict(sorted(seen["endpoints"].items())), **inside}, "vault": dict(sorted(self._vault.taken().items()))}

    def commit(self, message: str, **files: str) -> None:
        """Write files below desired-state/ (named with `__` for `/`) and commit them."""
        for name, text in files.items():
            (self._repository / "desired-state" / f"{name.replace('__', '/')}.yaml").write_text(text, encoding="utf-8")
        repo = Repo(self._repository)
        repo.git.add("desired-state")
        repo.index.commit(message)
        repo.close()


@contextmanager
def bench(people: int) -> Iterator[Bench]:
    """A running sandbox, clean after a first apply, in which a vendor has `people` accounts and no grant yet."""
    with tempfile.TemporaryDirectory(prefix="guestlist-bench-") as place:
        directory = Path(place) / "sandbox"
        assert run(["sandbox", "up", "--dir", str(directory)]) == 0
        try:
            facts = json.loads((directory / "sandbox.json").read_text(encoding="utf-8"))
            ca = directory / "ca.pem"
            upstream = facts["vault"]["address"]
            crm = {"Authorization": f"Bearer {facts['salesforce']['access_token']}"}
            with (
                _client(facts["salesforce"]["instance_url"], crm, ca) as org,
                _client(upstream, {"X-Vault-Token": facts["vault"]["root_token"]}, ca) as vault,
                counting(upstream, ca=ca, certificate=directory / "server.pem", key=directory / "server.key") as (at, calls),
            ):
                _settle(org, vault, people)
                ready = Bench(directory, org, calls, {**environment(directory), "GUESTLIST_VAULT_URL": at})
                settings = (directory / "repo" / "desired-state" / "guestlist.yaml").read_text(encoding="utf-8")
                ready.commit(
                    "A new partner",
                    guestlist=settings.replace("max: 20, percent: 75", "max: 1000, percent: 100").replace("max: 20", "max: 1000"),
                    **{f"vendors__{VENDOR}": vendor(people, 0)},
                )
                ready.guestlist("apply", "--yes")
                yield ready
        finally:
            down(directory)


def _client(address: str, headers: Mapping[str, str], ca: Path) -> httpx.Client:
    import ssl

    return httpx.Client(base_url=address, headers=headers, verify=ssl.create_default_context(cafile=str(ca)), timeout=30)


def _settle(org: httpx.Client, vault: httpx.Client, people: int) -> None:
    """Give everybody an account in both targets, by raw HTTP."""
    answer = org.get(f"{_API}/query", params={"q": "SELECT Id FROM Profile WHERE Name = 'Vendor Support'"})
    profile = answer.raise_for_status().json()["records"][0]["Id"]
    for first in range(0, people, 200):
        users = [
            {
                "attributes": {"type": "User"},
                "Username": f"{name}@{VENDOR}.example",
                "Email": f"{name}@{VENDOR}.example",
                "LastName": name,
                "Alias": name,
                "ProfileId": profile,
                "TimeZoneSidKey": "UTC",
                "LocaleSidKey": "en_US",
                "EmailEncodingKey": "UTF-8",
                "LanguageLocaleKey": "en_US",
            }
            for name in map(person, range(first, min(first + 200, people)))
        ]
        made = org.post(f"{_API}/composite/sobjects", json={"allOrNone": True, "records": users})
        assert all(one["success"] for one in made.raise_for_status().json()), made.text
    for number in range(people):
        vault.post(f"/v1/identity/entity/name/vendor_{VENDOR}_{person(number)}", json={}).raise_for_status()


def person(number: int) -> str:
    """What the vendor's person of that number is called."""
    return f"p{number:04d}"


def vendor(people: int, granted: int) -> str:
    """The vendor's file: everybody, and for the first `granted` of them one grant in each target."""
    today = datetime.now(UTC).date()
    head = f"""\
apiVersion: guestlist/v1
kind: Vendor
metadata: {{name: {VENDOR}}}
spec:
  sponsor: {{name: dana.reyes, since: 2026-01-10}}
  owners: {{business: liam.ford, technical: noor.aziz}}
  tier: low
  contract: {{id: C-9000, scope: projects, starts: 2026-01-01, ends: {today + timedelta(days=700)}}}
  principals:
"""
    proof = "{method: video-id, by: dana.reyes, date: 2026-01-12, evidence: HR-1}"
    body = "".join(
        f"    - {{name: {name}, kind: human, email: {name}@{VENDOR}.example, proofing: {proof}, mfa: required}}\n"
        for name in map(person, range(people))
    )
    if not granted:
        return head + body
    whom = ", ".join(map(person, range(granted)))
    window = f"{{until: {today + timedelta(days=90)}}}"
    grants = "".join(
        f"    - {{name: on-{target}, target: {target}, role: {role}, principals: [{whom}], window: {window}, reason: a project}}\n"
        for target, role in (("crm", "vendor-case-triage"), ("vault", "vendor-api-read"))
    )
    return f"{head}{body}  grants:\n{grants}"


def measure(people: int, many: int) -> list[Counted]:
    """Count in every situation: nothing to do, one grant in each target, `many`, and their end."""
    counts: list[Counted] = []
    with bench(people) as ready:
        counts.extend(ready.counted("nothing to do"))
        for granted, situation in ((1, "1 grant"), (1 + many, f"{many} grants"), (1, f"{many} revocations")):
            ready.commit(situation, **{f"vendors__{VENDOR}": vendor(people, granted)})
            counts.extend(ready.counted(situation))
    return counts


def rows(counts: Sequence[Counted], target: str) -> list[list[str]]:
    """The table of one target: a line for each endpoint, a column for each command."""
    endpoints = list(dict.fromkeys(name for one in counts for name in one.targets[target]))
    return [
        [target, *(f"{one.situation}: {one.command}" for one in counts)],
        ["changes in the plan", *(str(one.changes.get(target, 0)) for one in counts)],
        ["calls", *(str(one.total(target)) for one in counts)],
        *([name, *(str(one.targets[target].get(name, "")) for one in counts)] for name in endpoints),
    ]


@click.command()
@click.option("--people", type=click.IntRange(2), default=60, show_default=True, help="Accounts of the vendor, in each target.")
@click.option("--many", type=click.IntRange(1), default=50, show_default=True, help="How many grants are many.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(*, people: int, many: int, out: Path | None) -> None:
    """How many calls a plan and an apply make to each target of a sandbox."""
    if many >= people:
        raise click.UsageError(f"--many {many} needs more than that many --people; there are {people}")
    counts = measure(people, many)
    click.echo("\n\n".join(markdown(rows(counts, target)) for target in ("crm", "vault")))
    if out is not None:
        figures = {"format": FORMAT, "people": people, "counts": [asdict(one) for one in counts]}
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
