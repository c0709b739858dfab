"""jsforce, installed from npm and unmodified, works against the org. Slow: npm downloads it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from connectors.salesforce.sandbox.process import Started, start

SCRIPT = Path(__file__).with_name("jsforce_session.mjs")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), "jsforce@3"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture
def org(tmp_path: Path) -> Started:
    seed = {
        "domain": "example.com",
        "users": [
            {
                "username": "eve@example.com",
                "lastName": "Eve",
                "profile": "System Administrator",
                "password": "open-sesame",
            }
        ],
        "madeUp": 5000,
    }
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed))
    return start(tmp_path / "org", seed=str(path))


@pytest.mark.slow
def test_jsforce_works_unmodified(modules: Path, org: Started) -> None:
    """Logs in by every flow it has; queries, pages, writes, describes, uses collections and Bulk 2."""
    script = modules / SCRIPT.name
    shutil.copy(SCRIPT, script)
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_EXTRA_CA_CERTS": org.ca_file,
        "ORG": json.dumps(
            {
                "url": org.instance_url,
                "token": org.access_token,
                "id": org.client_id,
                "secret": org.client_secret,
                "username": "eve@example.com",
                "password": "open-sesame",
            }
        ),
    }
    try:
        done = subprocess.run(
            ["node", str(script)],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
            cwd=modules,
        )
    finally:
        org.stop()
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said == {
        "soap": "eve@example.com",
        "identity": "admin@example.com",
        "clientCredentials": "guestlist@example.com",
        "paged": 5003,
        "created": True,
        "updated": "Changed",
        "upserted": True,
        "collection": [True, False],
        "deleted": True,
        "describe": True,
        "refused": "INVALID_FIELD",
        "bulk": 5003,
        "limits": True,
    }
