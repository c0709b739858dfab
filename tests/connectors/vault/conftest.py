from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors.vault.connector import VaultConnector
from tests.contract.vault_world import VaultWorld, vault_world
from tests.contract.worlds import FaultProxy, fault_proxy, make_certificates


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    directory = tmp_path_factory.mktemp("vault")
    with vault_world(directory, make_certificates(directory)) as world:
        yield world


@pytest.fixture
def connector(vault: VaultWorld) -> Iterator[VaultConnector]:
    with closing(vault.connector()) as made:
        yield made


@pytest.fixture
def proxy(vault: VaultWorld) -> Iterator[FaultProxy]:
    with fault_proxy(vault) as made:
        yield made
