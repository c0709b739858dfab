"""Finding connectors by their folder: whatever lies in the package `connectors` is one, nobody keeps a list."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from reconciler.ports import ConnectorKind, SandboxPart

PACKAGE = "connectors"


@cache
def connector_kinds() -> Mapping[str, ConnectorKind]:
    """Every kind of target there is, by the word that declarations use in `connector:`."""
    package = importlib.import_module(PACKAGE)
    kinds: dict[str, ConnectorKind] = {}
    for found in pkgutil.iter_modules(package.__path__):
        kind: ConnectorKind = importlib.import_module(f"{PACKAGE}.{found.name}").CONNECTOR
        kinds[kind.schema.name] = kind
    return MappingProxyType(kinds)


def sandbox_parts() -> Mapping[str, SandboxPart]:
    """What can stand in for each kind of target on this machine, for the kinds that have such a thing.

    Raises ModuleNotFoundError when the `sandbox` extra is not installed.
    """
    parts: dict[str, SandboxPart] = {}
    package = importlib.import_module(PACKAGE)
    for found in pkgutil.iter_modules(package.__path__):
        connector = importlib.import_module(f"{PACKAGE}.{found.name}")
        if any(module.name == "sandbox" for module in pkgutil.iter_modules(connector.__path__)):
            parts[connector.CONNECTOR.schema.name] = importlib.import_module(f"{PACKAGE}.{found.name}.sandbox").SANDBOX
    return MappingProxyType(parts)
