"""Salesforce: users, permission set assignments, and memberships in groups and queues."""

from connectors.salesforce.connector import SalesforceKind
from reconciler.ports import ConnectorKind

CONNECTOR: ConnectorKind = SalesforceKind()
