"""What a rule is handed, and the rules that do nothing."""

from dataclasses import dataclass
from typing import Protocol

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import Field, ObjectType
from connectors.salesforce.sandbox.store import Row, Value


class Actor(Protocol):
    """On whose behalf something happens, and what they may do."""

    @property
    def user_id(self) -> str:
        """The user."""

    def may(self, kind: ObjectType, operation: str, row: Row | None = None) -> None:
        """Refuses (`OrgError`) an operation (`create`, `read`, `edit`, `delete`) that the user's access lacks."""

    def may_write(self, kind: ObjectType, field: Field) -> bool:
        """Whether the user may write that field."""

    def sees(self, kind: ObjectType, row: Row) -> bool:
        """Whether the record exists for the user."""

    def reaches(self, kind: ObjectType, row: Row, level: str) -> bool:
        """Whether sharing gives the user that level on the record: `read`, `edit`, or `delete` for full access."""


@dataclass(slots=True)
class Change:
    """One write, on its way.

    Attributes:
        old: The record before; empty on create.
        new: What is written: the whole record on create, the changed fields on update, empty on delete.
    """

    org: Org
    actor: Actor
    kind: ObjectType
    old: Row
    new: Row

    def value(self, name: str) -> Value:
        """The field as it will be."""
        return self.new[name] if name in self.new else self.old.get(name)

    @property
    def record_id(self) -> str:
        """The record's id, once it has one."""
        return str(self.value("Id"))

    def changes(self, name: str) -> bool:
        """Whether the write gives the field another value."""
        return name in self.new and self.new[name] != self.old.get(name)

    def audit(self, action: str, section: str, display: str) -> None:
        """Leaves a row in the setup audit trail."""
        user = self.actor.user_id
        self.org.add("SetupAuditTrail", by=user, Action=action, Section=section, Display=display)

    def find(self, kind: str, record_id: Value) -> Row:
        """A record that a reference of this one leads to; an empty row where there is none."""
        return self.org.store.get(self.org.schema[kind], str(record_id)) or {}


class Rules:
    """No rules. Each object overrides what it needs; a refusal is an `OrgError`.

    Attributes:
        finds_lapsed: Records that have lapsed can still be named in updates and deletes; the rules decide on them.
    """

    finds_lapsed = False

    def existing(self, change: Change) -> str | None:
        """The id to answer with instead of creating, for objects that take a duplicate for the record it repeats."""
        del change
        return None

    def before_create(self, change: Change) -> None:
        """May refuse, or complete `change.new`."""

    def after_create(self, change: Change) -> None:
        """May write what follows from it."""

    def before_update(self, change: Change) -> None:
        """May refuse, or add to `change.new`."""

    def after_update(self, change: Change) -> None:
        """May write what follows from it."""

    def before_delete(self, change: Change) -> None:
        """May refuse."""

    def after_delete(self, change: Change) -> None:
        """May write what follows from it."""
