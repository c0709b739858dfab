"""jsforce, as npm has it, works against the org over HTTPS. Slow: npm downloads it where it is not kept yet."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from connectors.salesforce.sandbox.process import Started

from .house import BIG_ORG, control, trust

SCRIPT = Path(__file__).with_name("jsforce_session.mjs")
PACKAGE = "jsforce@3.10.16"


@pytest.fixture(scope="module")
def modules() -> Path:
    """A folder with jsforce installed in it, kept in the user's cache from one run to the next."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guestlist-tests"
    folder = cache / PACKAGE
    if not folder.is_dir():
        half = cache / f"{PACKAGE}.{os.getpid()}"
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(half), PACKAGE]
        try:
            half.mkdir(parents=True)
            subprocess.run(command, check=True, capture_output=True, timeout=300)
            if not folder.is_dir():
                half.rename(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return folder


@pytest.mark.slow
def test_jsforce_works_unmodified(modules: Path, big: Started, tmp_path: Path) -> None:
    """It logs in and out by every flow it has; queries, pages, writes, describes, uses collections and Bulk 2.0."""
    (tmp_path / "node_modules").symlink_to(modules / "node_modules")
    script = shutil.copy(SCRIPT, tmp_path)
    who = BIG_ORG["users"][0]
    consent = httpx.post(
        f"{big.instance_url}/__sandbox__/login",
        json={"username": who["username"], "application": "Guestlist"},
        headers=control(big),
        verify=trust(big),
    ).json()
    org = {
        "url": big.instance_url,
        "token": big.access_token,
        "id": big.client_id,
        "secret": big.client_secret,
        "username": who["username"],
        "password": who["password"],
        "key": str(Path(big.ca_file).parent / "jwt.key"),
        "refresh": consent["refresh_token"],
    }
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": big.ca_file, "ORG": json.dumps(org)}
    done = subprocess.run(
        ["node", script], check=False, capture_output=True, text=True, timeout=120, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    rows = said.pop("paged")
    assert rows >= 10_000
    assert said == {
        "soap": "eve@example.com",
        "soapRefused": "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
        "password": "eve@example.com",
        "loggedOut": "INVALID_SESSION_ID",
        "clientCredentials": "guestlist@example.com",
        "jwt": "eve@example.com",
        "refreshed": 1,
        "identity": "admin@example.com",
        "more": [False, 2000],
        "found": "System Administrator",
        "children": 1,
        "tooling": True,
        "bulk": rows,
        "created": True,
        "updated": "Changed",
        "upserted": True,
        "deleted": True,
        "manyCreated": 250,
        "manyUpdated": True,
        "manyUpserted": [True, True, True],
        "manyRead": ["By key", "By key", "By key", "Changed", "Changed"],
        "manyDeleted": True,
        "mixed": [True, False],
        "describe": True,
        "global": True,
        "limits": True,
        "usage": True,
        "refused": ["INVALID_FIELD", "REQUIRED_FIELD_MISSING", "NOT_FOUND"],
    }
