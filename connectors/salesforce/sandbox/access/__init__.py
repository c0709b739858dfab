"""Who may do what: system permissions, objects, fields and records, as a user has them now."""

from connectors.salesforce.sandbox.access.user import User

__all__ = ["User"]
