import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from connectors.vault import CONNECTOR
from connectors.vault.sandbox import SANDBOX
from reconciler.errors import GuestlistError
from reconciler.ports import Sought
from tests.contract.vault_world import target_spec, vault_world
from tests.contract.worlds import make_certificates


def processes(directory: Path) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(directory) in line]


def test_the_demo_has_a_mess_and_employees_who_are_none_of_it(tmp_path: Path) -> None:
    """The vendors' entities, the ghost and the left-behind policies are seen; employees and platform roles are not."""
    with vault_world(tmp_path, make_certificates(tmp_path), seed="demo") as world, closing(world.connector()) as made:
        live = made.observe(Sought())
        token = world.login("maria.k@acme-support.example")["client_token"]
        assert world.raw.status("GET", "secret/data/acme/prod/db", token=token) == 200
        assert world.token != world.raw.root
    names = {account.id: account.name for account in live.accounts.values()}
    assert sorted(names.values()) == [
        "vendor_acme-support_ghost",
        "vendor_acme-support_maria.k",
        "vendor_acme-support_sync-bot",
        "vendor_northwind-msp_tom.b",
    ]
    held = {(names[binding.key.account], binding.key.native.name) for binding in live.bindings}
    assert ("vendor_northwind-msp_tom.b", "platform-reader") in held
    defined = {native.name for native in live.definitions}
    assert {name.split("_")[0] for name in defined} == {"vendor"}
    assert {"vendor_acme-support_ghost_vendor-db-read", "vendor_acme-support_maria.k_vendor-db-read"} <= defined


@pytest.mark.parametrize(("seed", "rights"), [("nonsense", None), ("demo", "this is no policy")])
def test_a_start_that_fails_leaves_nothing_running(tmp_path: Path, seed: str, rights: str | None) -> None:
    """Whatever goes wrong after the process is there, the process is gone."""
    text = CONNECTOR.least_rights(target_spec()) if rights is None else rights
    with pytest.raises(GuestlistError):
        SANDBOX.start(tmp_path, seed=seed, certificates=make_certificates(tmp_path), rights=text)
    assert processes(tmp_path) == []


def test_a_server_that_cannot_start_says_where_its_log_is(tmp_path: Path) -> None:
    """A broken certificate ends the server at once; the error points at the log."""
    certificates = make_certificates(tmp_path)
    certificates.certificate.write_text("nonsense")
    with pytest.raises(GuestlistError, match=r"vault\.log"):
        SANDBOX.start(tmp_path, seed="empty", certificates=certificates, rights='path "a" { capabilities = ["read"] }')
    assert processes(tmp_path) == []


def test_it_is_apart_from_our_terminal(tmp_path: Path) -> None:
    """It has a session of its own, so that Ctrl-C reaches us first; ending its process ends it."""
    rights = CONNECTOR.least_rights(target_spec())
    started = SANDBOX.start(tmp_path, seed="empty", certificates=make_certificates(tmp_path), rights=rights)
    try:
        assert os.getsid(started.pid) == started.pid != os.getsid(0)
        assert set(started.facts) == {"address", "token", "root_token", "ca_file", "pid"}
        assert all(name.startswith("GUESTLIST_") for name in started.environment)
    finally:
        os.kill(started.pid, signal.SIGTERM)
        os.waitpid(started.pid, 0)
    assert processes(tmp_path) == []
