"""A running sandbox, spoken to from outside: guestlist as a subprocess, the targets by raw HTTP."""

import io
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import jwt
from git import Repo

from reconciler.cli.main import run


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - tests look into whatever was printed
        return json.loads(self.stdout)


def sandbox(*arguments: str) -> None:
    """Run `guestlist sandbox …` as a process of its own."""
    command = [sys.executable, "-m", "reconciler", "sandbox", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr


class Stopped:
    """A process that stands still while this lasts: connections are made and never answered, as in the worst outage."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __enter__(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGCONT)


class Company:
    """A sandbox in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.facts = json.loads((directory / "sandbox.json").read_text())
        self.repository = Path(self.facts["repository"])
        lines = (directory / "env").read_text().splitlines()
        self.variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        salesforce, vault = self.facts["salesforce"], self.facts["vault"]
        self.crm = httpx.Client(
            base_url=salesforce["instance_url"],
            headers={
                "Authorization": f"Bearer {salesforce['access_token']}",
                "Sandbox-Control": salesforce["control_token"],
            },
            verify=_trust(salesforce["ca_file"]),
            timeout=20,
        )
        self.vault = httpx.Client(
            base_url=vault["address"],
            headers={"X-Vault-Token": vault["root_token"]},
            verify=_trust(vault["ca_file"]),
            timeout=20,
        )

    def close(self) -> None:
        self.crm.close()
        self.vault.close()

    def guestlist(self, *arguments: str, variables: Mapping[str, str] | None = None) -> Ended:
        """Run a command line in this process: what a process of its own would print, without its second to start."""
        stdout, stderr = io.StringIO(), io.StringIO()
        environment = {**self.variables, **(variables or {})}
        with patch.dict(os.environ, environment), redirect_stdout(stdout), redirect_stderr(stderr):
            code = run([arguments[0], "-C", str(self.repository), *arguments[1:]])
        assert "Traceback" not in stderr.getvalue(), stderr.getvalue()
        return Ended(code, stdout.getvalue(), stderr.getvalue())

    def plan(self, *arguments: str) -> Any:  # noqa: ANN401 - likewise
        return self.guestlist("plan", "--format", "json", *arguments).json

    def apply(self, *arguments: str, variables: Mapping[str, str] | None = None) -> Ended:
        return self.guestlist("apply", "--yes", "--format", "json", *arguments, variables=variables)

    # Salesforce, by raw HTTP

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self.crm.get("/services/data/v62.0/query", params={"q": soql})
        answer.raise_for_status()
        return list(answer.json()["records"])

    def record_id(self, object_: str, field: str, value: str) -> str:
        (record,) = self.query(f"SELECT Id FROM {object_} WHERE {field} = '{value}'")
        return str(record["Id"])

    def user(self, username: str) -> str:
        return self.record_id("User", "Username", username)

    def create(self, object_: str, **fields: object) -> str:
        answer = self.crm.post(f"/services/data/v62.0/sobjects/{object_}", json=fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def assign(self, username: str, permission_set: str) -> str:
        return self.create(
            "PermissionSetAssignment",
            AssigneeId=self.user(username),
            PermissionSetId=self.record_id("PermissionSet", "Name", permission_set),
        )

    def exists(self, object_: str, id_: str) -> bool:
        return self.crm.get(f"/services/data/v62.0/sobjects/{object_}/{id_}").status_code == 200

    # The vault, by raw HTTP

    def read(self, path: str) -> dict[str, Any]:
        answer = self.vault.get(f"/v1/{path}")
        answer.raise_for_status()
        return dict(answer.json()["data"])

    def write(self, path: str, **fields: object) -> None:
        self.vault.post(f"/v1/{path}", json=fields).raise_for_status()

    def vendor_token(self, entity: str) -> str:
        """Log in as the outsider behind an entity, through the vendors' mount, as its identity provider would."""
        found = self.read(f"identity/entity/name/{entity}")
        accessor = self.read("sys/auth")["vendor-oidc/"]["accessor"]
        names = [alias["name"] for alias in found["aliases"] or () if alias["mount_accessor"] == accessor]
        if not names:
            self.write("identity/entity-alias", name=entity, canonical_id=found["id"], mount_accessor=accessor)
            names = [entity]
        now = int(time.time())
        claims = {"sub": names[0], "aud": "guestlist-sandbox", "iat": now - 5, "nbf": now - 5, "exp": now + 600}
        key = (self.directory / "vault" / "vendor-oidc-key.pem").read_text()
        login = {"role": "vendor", "jwt": jwt.encode(claims, key, algorithm="ES256")}
        answer = self.vault.post("/v1/auth/vendor-oidc/login", json=login)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["auth"]["client_token"])

    def vault_as(self, token: str, path: str) -> httpx.Response:
        return self.vault.get(f"/v1/{path}", headers={"X-Vault-Token": token})

    # The repository

    def git(self, *arguments: str) -> str:
        with Repo(self.repository) as repo:
            return str(repo.git.execute(["git", *arguments]))

    def commit(self, message: str, **files: str | None) -> str:
        """Write (or with None remove) files below desired-state/, named with `__` for `/` and `_` for `-`."""
        for name, text in files.items():
            path = self.repository / "desired-state" / f"{name.replace('__', '/').replace('_', '-')}.yaml"
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
        with Repo(self.repository) as repo:
            repo.git.add("-A", "desired-state")
            repo.index.commit(message)
            return repo.head.commit.hexsha


def _trust(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
