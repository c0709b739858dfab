"""A real OpenBao on this machine, for trying things out. It never imports the connector that it is used to judge."""

from connectors.vault.sandbox.part import VaultSandbox
from reconciler.ports import SandboxPart

SANDBOX: SandboxPart = VaultSandbox()
