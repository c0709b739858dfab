"""The org as a process: it starts, says so, and leaves nothing behind."""

import os
from pathlib import Path

import httpx
import pytest
import trustme

from connectors.salesforce.sandbox.process import StartError, start
from connectors.salesforce.sandbox.tls import Authority

from .house import trust


def test_an_outside_authority_serves(tmp_path: Path) -> None:
    made = trustme.CA()
    authority = Authority(tmp_path / "ca.pem", tmp_path / "ca.key")
    made.cert_pem.write_to_path(str(authority.certificate))
    made.private_key_pem.write_to_path(str(authority.key))
    org = start(tmp_path / "org", seed="empty", ca=authority)
    try:
        assert org.ca_file == str(authority.certificate)
        assert httpx.get(f"{org.instance_url}/services/data", verify=trust(org)).status_code == 200
        assert org.access_token not in repr(org)
    finally:
        org.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(org.pid, 0)


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="there is no seed nonsense"):
        start(tmp_path, seed="nonsense")
