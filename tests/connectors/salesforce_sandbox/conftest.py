"""Served orgs for clients that need a wire, and cheap ones in this process for everything else."""

import json
from collections.abc import Iterator

import httpx
import pytest

from connectors.salesforce.sandbox.process import Started, start

from .estate import SEED, Asker
from .house import BIG_ORG, House, control, open_house, trust


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    org = start(tmp_path_factory.mktemp("org"), seed="demo")
    yield org
    org.stop()


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """An org with more than 10,000 users, one of whom has a password and one a security token besides."""
    directory = tmp_path_factory.mktemp("big")
    (directory / "seed.json").write_text(json.dumps(BIG_ORG))
    org = start(directory / "org", seed=str(directory / "seed.json"), accounts=10_000)
    yield org
    org.stop()


@pytest.fixture(scope="session")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """The administrator of the org in `estate`; a test leaves it as it was."""
    directory = tmp_path_factory.mktemp("estate")
    (directory / "seed.json").write_text(json.dumps(SEED))
    started = start(directory / "org", seed=str(directory / "seed.json"))
    with httpx.Client(base_url=started.instance_url, verify=trust(started), headers=control(started)) as client:
        yield Asker(client, started.access_token)
    started.stop()


@pytest.fixture
def wire(served: Started) -> Iterator[httpx.Client]:
    """An administrator's raw HTTPS client; what a test set is cleared after it."""
    headers = {"Authorization": f"Bearer {served.access_token}"} | control(served)
    with httpx.Client(base_url=served.instance_url, verify=trust(served), headers=headers) as client:
        yield client
        for name in ("faults", "clock", "calls"):
            client.delete(f"/__sandbox__/{name}")


@pytest.fixture
def house() -> House:
    """A demo org of the test's own."""
    return open_house("demo")
