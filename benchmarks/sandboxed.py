"""A running sandbox that counts what is asked of it, with a vendor that has many accounts."""

import io
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from git import Repo

from benchmarks.counting import Calls, counting
from reconciler.cli.main import run
from reconciler.sandbox.lifecycle import environment

VENDOR = "busy-partner"
INSIDE = "  inside: "
"""Marks a request within a batch: no call over the network, but perhaps one of the org's daily allowance."""

_API = "/services/data/v62.0"
_AT_ONCE = 200
_LIMIT = re.compile(r"max: \d+, percent: \d+")
_ENDPOINTS = (
    (re.compile(r"^/identity/(entity|group)/(id|name)/.+"), r"/identity/\1/\2/…"),
    (re.compile(r"^/sys/policies/acl/.+"), "/sys/policies/acl/…"),
)


class Bench:
    """The sandbox, guestlist in it, and what its targets have counted since they were last asked."""

    def __init__(self, directory: Path, org: httpx.Client, vault: Calls, variables: Mapping[str, str]) -> None:
        self._repository = directory / "repo"
        self._org = org
        self._vault = vault
        self._variables = variables

    def guestlist(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON of several shapes, used in place
        """Run a command line in this process; what it printed, as JSON."""
        stdout = io.StringIO()
        with patch.dict(os.environ, self._variables), redirect_stdout(stdout):
            code = run([arguments[0], "-C", str(self._repository), "--format", "json", *arguments[1:]])
        assert code == 0, f"guestlist {' '.join(arguments)} ended with {code}"
        return json.loads(stdout.getvalue())

    def commit(self, message: str, **files: str) -> None:
        """Write files below desired-state/ (named with `__` for `/`) and commit them."""
        for name, text in files.items():
            path = self._repository / "desired-state" / f"{name.replace('__', '/')}.yaml"
            path.write_text(text, encoding="utf-8")
        with Repo(self._repository) as repo:
            repo.git.add("desired-state")
            repo.index.commit(message)

    def taken(self) -> dict[str, dict[str, int]]:
        """The calls since this was last asked, by target and endpoint."""
        seen = self._org.get("/__sandbox__/calls").raise_for_status().json()
        self._org.delete("/__sandbox__/calls").raise_for_status()
        crm = dict(sorted(seen["endpoints"].items()))
        crm |= {f"{INSIDE}{name}": count for name, count in sorted(seen["inside"].items())}
        return {"crm": crm, "vault": dict(sorted(self._vault.taken().items()))}


@contextmanager
def bench(people: int) -> Iterator[Bench]:
    """A sandbox, clean after a first apply, whose one big vendor has `people` accounts in each target and no grant."""
    with tempfile.TemporaryDirectory(prefix="guestlist-bench-") as place:
        directory = Path(place) / "sandbox"
        _sandbox("up", directory)
        try:
            facts = json.loads((directory / "sandbox.json").read_text(encoding="utf-8"))
            salesforce, vault = facts["salesforce"], facts["vault"]
            ca = directory / "ca.pem"
            with (
                _client(salesforce["instance_url"], _headers(salesforce), ca) as org,
                _client(vault["address"], {"X-Vault-Token": vault["root_token"]}, ca) as root,
                counting(
                    vault["address"],
                    endpoint,
                    ca=ca,
                    certificate=directory / "server.pem",
                    key=directory / "server.key",
                ) as (address, calls),
            ):
                _settle(org, root, people)
                ready = Bench(directory, org, calls, {**environment(directory), "GUESTLIST_VAULT_URL": address})
                settings = (directory / "repo" / "desired-state" / "guestlist.yaml").read_text(encoding="utf-8")
                unlimited = _LIMIT.sub("max: 100000, percent: 100", settings)
                ready.commit("A big partner", guestlist=unlimited, **{f"vendors__{VENDOR}": vendor(people, 0)})
                ready.guestlist("apply", "--yes")
                yield ready
        finally:
            _sandbox("down", directory)


COVERS = "tenants: [acme, northwind], environments: [prod]"
"""What the roles that are granted reach."""


def endpoint(path: str) -> str:
    """A path of the vault without the version of the API before it, and without the names and ids in it."""
    bare = path.partition("?")[0].removeprefix("/v1")
    for pattern, instead in _ENDPOINTS:
        bare = pattern.sub(instead, bare)
    return bare


def person(number: int) -> str:
    """What the vendor's person of that number is called."""
    return f"p{number:04d}"


def vendor(people: int, granted: int) -> str:
    """The vendor's file: everybody, and for the first `granted` of them one grant in each target."""
    today = datetime.now(UTC).date()
    proof = "{method: video-id, by: dana.reyes, date: 2026-01-12, evidence: HR-1}"
    lines = [
        "apiVersion: guestlist/v1",
        "kind: Vendor",
        f"metadata: {{name: {VENDOR}}}",
        "spec:",
        "  sponsor: {name: dana.reyes, since: 2026-01-10}",
        "  owners: {business: liam.ford, technical: noor.aziz}",
        "  tier: low",
        f"  contract: {{id: C-9000, scope: all, starts: 2026-01-01, ends: {today + timedelta(days=700)}, {COVERS}}}",
        "  principals:",
    ]
    for name in map(person, range(people)):
        lines += [
            f"    - {{name: {name}, kind: human, email: {name}@{VENDOR}.example, mfa: required,",
            f"       proofing: {proof}}}",
        ]
    if granted:
        lines.append("  grants:")
        whom = ", ".join(map(person, range(granted)))
        window = f"{{until: {today + timedelta(days=90)}}}"
        for target, role in (("crm", "vendor-case-triage"), ("vault", "vendor-api-read")):
            lines += [
                f"    - {{name: on-{target}, target: {target}, role: {role}, window: {window}, reason: a project,",
                f"       principals: [{whom}]}}",
            ]
    return "\n".join(lines) + "\n"


def _sandbox(action: str, directory: Path) -> None:
    """`guestlist sandbox`, as a process of its own: what it starts is not ours to wait for."""
    command = [sys.executable, "-m", "reconciler", "sandbox", action, "--dir", str(directory)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr


def _headers(salesforce: Mapping[str, str]) -> dict[str, str]:
    """Of an administrator who may also use the simulated org's controls."""
    token, control = salesforce["access_token"], salesforce["control_token"]
    return {"Authorization": f"Bearer {token}", "Sandbox-Control": control}


def _client(address: str, headers: Mapping[str, str], ca: Path) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=str(ca))
    return httpx.Client(base_url=address, headers=headers, verify=trusted, timeout=30, trust_env=False)


def _settle(org: httpx.Client, vault: httpx.Client, people: int) -> None:
    """Give everybody an account in both targets, by raw HTTP."""
    answer = org.get(f"{_API}/query", params={"q": "SELECT Id FROM Profile WHERE Name = 'Vendor Support'"})
    profile = answer.raise_for_status().json()["records"][0]["Id"]
    names = [person(number) for number in range(people)]
    for first in range(0, people, _AT_ONCE):
        users = [_user(name, profile) for name in names[first : first + _AT_ONCE]]
        made = org.post(f"{_API}/composite/sobjects", json={"allOrNone": True, "records": users})
        assert all(one["success"] for one in made.raise_for_status().json()), made.text
    for name in names:
        vault.post(f"/v1/identity/entity/name/vendor_{VENDOR}_{name}", json={}).raise_for_status()


def _user(name: str, profile: str) -> dict[str, object]:
    return {
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
