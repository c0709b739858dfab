"""The connector to OpenBao and HashiCorp Vault."""

from connectors.vault.kind import VaultKind
from reconciler.ports import ConnectorKind

CONNECTOR: ConnectorKind = VaultKind()
