from collections.abc import Iterator

import pytest

from tests.contract.salesforce_world import salesforce_world
from tests.contract.vault_world import vault_world
from tests.contract.worlds import Factory, FaultProxy, World, fault_proxy, make_certificates

WORLDS: dict[str, Factory] = {"salesforce": salesforce_world, "vault": vault_world}
"""Every connector's world, by its name: add yours here."""


@pytest.fixture(scope="session", params=sorted(WORLDS))
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp(request.param)
    with WORLDS[request.param](directory, make_certificates(directory)) as made:
        yield made


@pytest.fixture
def proxy(world: World) -> Iterator[FaultProxy]:
    with fault_proxy(world) as made:
        yield made
