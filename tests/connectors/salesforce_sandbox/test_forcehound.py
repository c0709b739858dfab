"""forcehound, as PyPI has it, collects the org over HTTPS. Slow: pip downloads it where it is not kept yet."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from connectors.salesforce.sandbox.process import Started

from .house import control, trust

PACKAGE = "forcehound==0.1.0"


@pytest.fixture(scope="module")
def command() -> Path:
    """The command in a virtual environment of its own, kept in the user's cache from one run to the next."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guestlist-tests"
    folder = cache / PACKAGE
    if not folder.is_dir():
        half = cache / f"{PACKAGE}.{os.getpid()}"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(half), PACKAGE]
        try:
            half.mkdir(parents=True)
            subprocess.run(pip, check=True, capture_output=True, timeout=300)
            if not folder.is_dir():
                half.rename(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return folder


@pytest.mark.slow
def test_a_graph_of_the_whole_org_is_collected(command: Path, served: Started, tmp_path: Path) -> None:
    """Its REST collector, unmodified, ends well; what it draws is what the org holds."""
    out = tmp_path / "graph.json"
    with httpx.Client(base_url=served.instance_url, verify=trust(served), headers=control(served)) as controls:
        controls.delete("/__sandbox__/calls")
        env = {**os.environ, "REQUESTS_CA_BUNDLE": served.ca_file, "PYTHONPATH": str(command)}
        args = ["--collector", "api", "--instance-url", served.instance_url, "--session-id", served.access_token]
        run = [sys.executable, "-m", "forcehound", *args, "--output", str(out)]
        ended = subprocess.run(run, capture_output=True, text=True, timeout=300, env=env, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        calls = controls.get("/__sandbox__/calls").json()
    graph = json.loads(out.read_text())["graph"]
    kinds = [node["kinds"][0] for node in graph["nodes"]]
    held = "SELECT COUNT() FROM User"
    headers = {"Authorization": f"Bearer {served.access_token}"}
    with httpx.Client(base_url=served.instance_url, verify=trust(served), headers=headers) as client:
        users = client.get("/services/data/v60.0/query", params={"q": held}).json()["totalSize"]
    assert kinds.count("SF_User") == users
    assert {"SF_Profile", "SF_PermissionSet", "SF_Group", "SF_Role"} <= set(kinds)
    assert calls["endpoints"] == {"GET /query": calls["total"] - 2, "GET /sobjects/{kind}/describe": 2}
