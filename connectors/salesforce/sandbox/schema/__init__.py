"""The org's objects as data: their fields, what may be written, and how they relate."""

from connectors.salesforce.sandbox.schema.model import Child, Field, ObjectType, Schema
from connectors.salesforce.sandbox.schema.reader import load

__all__ = ["Child", "Field", "ObjectType", "Schema", "load"]
