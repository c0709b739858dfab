"""What an object and a field are. Values only: everything here is read from the tables in `objects/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object.

    Attributes:
        name: Canonical API name.
        type: One of `id`, `ref`, `string`, `textarea`, `email`, `phone`, `url`, `picklist`, `multipicklist`, `base64`,
            `boolean`, `int`, `double`, `currency`, `date`, `datetime`, `complexvalue` (JSON of its own).
        length: Longest text, 0 where there is none.
        targets: The objects that a reference may point at; several make it polymorphic.
        relationship: Name of the way up (`Profile` of `ProfileId`), None for ids without one.
        children: Name of the way down from the target, None where there is none.
        createable: May be given on create.
        updateable: May be given on update.
        required: Must be given on create, and never emptied.
        filled: Never null, but the org fills it where the caller does not.
        default: What the org writes where the caller gives nothing; None for null.
        unique: No two records share a value, letters' case ignored.
        external: An external id, usable as a key of upsert.
        is_name: The object's name field.
        values: The values of a restricted picklist; empty where any value goes.
        since: First API version that knows the field.
        computed: `alive`, `deleted` or `current` (the asker's own session) for a flag worked out when asked, else None.
        hidden: The org keeps it for itself: no user reads or writes it.
        blank: Answers give null for it, whatever it holds.
        hierarchy: A hierarchy field between users: who stands in one cannot be deactivated.
        tooling: Only the Tooling API knows it, and only in queries that find one record.
        unfiltered: WHERE may not name it, though its type would allow it.
        ungrouped: GROUP BY may not name it, though its type would allow it.
    """

    name: str
    type: str
    length: int = 0
    targets: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    createable: bool = False
    updateable: bool = False
    required: bool = False
    filled: bool = False
    default: str | None = None
    unique: bool = False
    external: bool = False
    is_name: bool = False
    values: tuple[str, ...] = ()
    since: int = 0
    computed: str | None = None
    hidden: bool = False
    blank: bool = False
    hierarchy: bool = False
    tooling: bool = False
    unfiltered: bool = False
    ungrouped: bool = False

    @property
    def nillable(self) -> bool:
        """Whether the field may be empty."""
        return not (self.required or self.filled or self.type == "boolean")

    @property
    def is_id(self) -> bool:
        """Whether its values are record ids."""
        return self.type in {"id", "ref"}

    @property
    def is_text(self) -> bool:
        """Whether its values are text that compares without regard to letters' case."""
        return self.type in {"string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "base64"}

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type in {"int", "double", "currency"}

    @property
    def filterable(self) -> bool:
        """Whether WHERE may name it: long text may not be compared."""
        return self._comparable and not self.unfiltered

    @property
    def sortable(self) -> bool:
        """Whether ORDER BY may name it: neither long text nor several choices in one field have an order."""
        return self._comparable and self.type != "multipicklist"

    @property
    def groupable(self) -> bool:
        """Whether GROUP BY may name it."""
        return self._comparable and self.type not in _UNGROUPABLE and not self.ungrouped and self.name != "CaseNumber"

    @property
    def aggregatable(self) -> bool:
        """Whether aggregate functions take it: flags have none (SOQL Reference, support for field types)."""
        return self._comparable and self.type != "boolean"

    @property
    def permissionable(self) -> bool:
        """Whether field permissions rule it: everybody has what is never empty and what names the record."""
        return not (self.required or self.filled or self.is_name or self.hidden or self.name == "Id")

    @property
    def _comparable(self) -> bool:
        return self.type not in {"base64", "complexvalue"} and not (self.type == "textarea" and self.length > 255)  # noqa: PLR2004 (the platform's own bound between short and long text)

    @property
    def soap_type(self) -> str:
        """The XML schema type that describe states."""
        return _SOAP.get(self.type, "xsd:string")


_UNGROUPABLE = frozenset(("datetime", "double", "currency", "multipicklist"))
_SOAP = {
    "id": "tns:ID",
    "ref": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "base64": "xsd:base64Binary",
}


@dataclass(frozen=True, slots=True)
class Child:
    """A way down: the records of `object` whose `field` points here."""

    relationship: str
    object: str
    field: str


@dataclass(frozen=True)
class ObjectType:
    """One object of the org.

    Attributes:
        name: Canonical API name.
        prefix: First three characters of its ids; empty for the pseudo-object of polymorphic references.
        fields: By canonical name, in the order of describe.
        createable: Records may be created through the API.
        updateable: Records may be updated.
        deletable: Records may be deleted.
        setup: A Setup object: it does not mix with other objects in one collection.
        alive: SQL condition on a row that has not lapsed (`:now` is the org's time, `{row}` the table's), or None.
        shares: The object that holds its sharing rows, or None.
        children: Ways down, by name in lower case.
        virtual: Not stored: a view that polymorphic references read through.
        feature: What must be switched on for the object to exist, or None.
        aggregates: Aggregate functions other than a bare `COUNT()` and GROUP BY work on it.
        queueable: Queues may hold its records.
    """

    name: str
    prefix: str
    fields: Mapping[str, Field]
    createable: bool
    updateable: bool
    deletable: bool
    setup: bool = False
    alive: str | None = None
    shares: str | None = None
    virtual: bool = False
    feature: str | None = None
    aggregates: bool = True
    queueable: bool = False
    children: Mapping[str, Child] = field(default_factory=dict)

    @cached_property
    def _by_lower(self) -> dict[str, Field]:
        return {name.lower(): found for name, found in self.fields.items()}

    @cached_property
    def _by_relationship(self) -> dict[str, Field]:
        return {found.relationship.lower(): found for found in self.fields.values() if found.relationship}

    @cached_property
    def name_field(self) -> Field | None:
        """The field that shows a record to people."""
        return next((found for found in self.fields.values() if found.is_name), None)

    @property
    def label(self) -> str:
        """The object's name as people read it: `Case Comment`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name)

    def field(self, name: str) -> Field | None:
        """The field of that name in any case, or None."""
        return self._by_lower.get(name.lower())

    def alive_as(self, alias: str = "") -> str:
        """The SQL condition that a row has not lapsed, for a table under that alias; true where rows never do."""
        return self.alive.format(row=f"{alias}." if alias else "") if self.alive else "1"

    def parent(self, relationship: str) -> Field | None:
        """The reference field behind a way up, or None."""
        return self._by_relationship.get(relationship.lower())


@dataclass(frozen=True)
class Schema:
    """All objects of the org."""

    objects: Mapping[str, ObjectType]

    @cached_property
    def _by_lower(self) -> dict[str, ObjectType]:
        return {name.lower(): found for name, found in self.objects.items() if not found.virtual}

    @cached_property
    def _by_prefix(self) -> dict[str, ObjectType]:
        return {found.prefix: found for found in self.objects.values() if found.prefix}

    def find(self, name: str) -> ObjectType | None:
        """The object of that name in any case, or None."""
        return self._by_lower.get(name.lower())

    def of_id(self, record_id: str) -> ObjectType | None:
        """The object that an id belongs to by its prefix, or None."""
        return self._by_prefix.get(record_id[:3])

    def __getitem__(self, name: str) -> ObjectType:
        return self.objects[name]

    def target(self, reference: Field) -> ObjectType:
        """What a way up leads to: the object itself, or the pseudo-object `Name` for a polymorphic reference."""
        return self.objects[reference.targets[0] if len(reference.targets) == 1 else "Name"]
