"""What permission sets really allow, pure: those of people, of profiles and of permission set groups alike.

A profile and a permission set group each have a permission set of their own, which says what they allow (Salesforce
object reference, PermissionSet: IsOwnedByProfile, and Type `Group`); what a group mutes is already out of its set.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.salesforce import flags, words
from connectors.salesforce.mapping import Row, flag, identifier, native, optional, qualified, text
from connectors.salesforce.vocabulary import FLAG_WORDS, MODIFY_ALL, OBJECT_FLAGS, READ, VIEW_ALL, VIEW_ALL_FIELDS
from reconciler.errors import Unreadable
from reconciler.model import Exposure, Native, Risk

_SEES_ALL = frozenset({"PermissionsViewAllData", "PermissionsModifyAllData"})
MFA = "PermissionsForceTwoFactor"
"""A good one: asks for multi-factor authentication at every login."""
_SAID = {
    words.PERMISSION_SET: "permission set",
    words.PERMISSION_SET_GROUP: "permission set group",
    words.PROFILE: "profile",
}


@dataclass(slots=True)
class PermissionSet:
    """A permission set, and what it allows as far as it was read.

    Attributes:
        native: what declarations call it, or what it belongs to.
        group: the id of the permission set group that it is the sum of; empty for none.
        license: the id of the licence that it needs; empty for none.
        activated: whether it holds only in a session that was activated for it, where it is assigned itself: within a
            permission set group only the group's own checkbox counts (object reference, SessionPermSetActivation).
            Whoever is assigned it activates it by themselves (activateSessionPermSet), so it allows what it says.
        checked: its checkboxes that are on, of those that were asked for.
        objects: the checkboxes that are on, by object.
        fields: the fields that it shows, of those that were asked for.
    """

    id: str
    native: Native
    group: str = ""
    license: str = ""
    activated: bool = False
    checked: frozenset[str] = frozenset()
    objects: dict[str, frozenset[str]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)

    @property
    def words(self) -> str:
        """What people call it."""
        return f"{_SAID[self.native.kind]} {self.native.name}"

    def allows(self, name: str) -> frozenset[str]:
        """What it allows on an object."""
        return self.objects.get(name, frozenset())

    def reads(self, name: str) -> bool:
        """Whether it lets its holders read an object's records, as far as they are shared with them."""
        return READ in self.allows(name) or bool(self.checked & _SEES_ALL)

    def sees_all(self, name: str) -> bool:
        """Whether it lets its holders read every record of an object."""
        return bool(self.checked & _SEES_ALL or self.allows(name) & {VIEW_ALL, MODIFY_ALL})

    def risks(self) -> tuple[Risk, ...]:
        """What is dangerous about it."""
        return flags.risks(self.checked, self.objects, self.words)

    def exposures(self, labelled: Iterable[str]) -> Iterator[Exposure]:
        """Which of the labelled objects and fields it shows."""
        shown = {name.casefold() for name in self.fields}
        readable = {name.casefold() for name in self.objects if self.reads(name)}
        everything = bool(self.checked & _SEES_ALL)
        every_field = {name.casefold() for name, rights in self.objects.items() if VIEW_ALL_FIELDS in rights}
        for item in labelled:
            name, _, column = item.casefold().partition(".")
            if column:
                visible = item.casefold() in shown or name in every_field
            else:
                # Comments have no object permissions: whoever reads a case reads them.
                visible = everything or ("case" if name == "casecomment" else name) in readable
            if visible:
                yield Exposure(item, self.words)


class PermissionSets:
    """The permission sets of an org by id, and by what they belong to."""

    def __init__(self) -> None:
        self.by_id: dict[str, PermissionSet] = {}
        self._by_native: dict[Native, PermissionSet] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Take in PermissionSet rows."""
        for row in rows:
            made = _permission_set(row)
            self.by_id[made.id] = made
            self._by_native[made.native] = made

    def allow(self, rows: Iterable[Row]) -> None:
        """Take in ObjectPermissions rows; those of licences, which give nothing by themselves, are left aside."""
        for row in rows:
            found = self.by_id.get(identifier(row, "ParentId"))
            if found is not None:
                on = frozenset(right for right in OBJECT_FLAGS if flag(row, right))
                found.objects[text(row, "SobjectType")] = on

    def show(self, rows: Iterable[Row]) -> None:
        """Take in FieldPermissions rows of fields that can be read."""
        for row in rows:
            found = self.by_id.get(identifier(row, "ParentId"))
            if found is not None:
                found.fields.add(text(row, "Field"))

    def of(self, name: Native) -> PermissionSet | None:
        """The permission set behind a native."""
        return self._by_native.get(name)

    def existing(self) -> Iterator[Native]:
        """Everything that has one."""
        return iter(self._by_native)

    def activated(self, natives: Iterable[Native]) -> frozenset[Native]:
        """Which of the natives hold only in a session that was activated for them."""
        return frozenset(name for name in natives if (found := self.of(name)) is not None and found.activated)

    def risks(self, natives: Iterable[Native]) -> dict[Native, tuple[Risk, ...]]:
        """What is dangerous about the natives, where something is."""
        found = {name: held.risks() for name in natives if (held := self.of(name)) is not None}
        return {name: risks for name, risks in found.items() if risks}

    def exposures(self, natives: Iterable[Native], labelled: Iterable[str]) -> dict[Native, tuple[Exposure, ...]]:
        """Which labelled items the natives show, where they show any."""
        items = sorted(labelled)
        held = {name: tuple(one.exposures(items)) for name in natives if (one := self.of(name)) is not None}
        return {name: shown for name, shown in held.items() if shown}


def columns(description: Row, wanted: Iterable[str]) -> tuple[str, ...]:
    """Which checkboxes the org has, by the description of PermissionSet."""
    fields = description.get("fields")
    if not isinstance(fields, list) or not fields:
        raise Unreadable("reading the permissions that the org knows: the answer is not in the documented shape")
    known = {one.get("name") for one in fields if isinstance(one, Mapping)}
    return tuple(name for name in wanted if name in known)


def _permission_set(row: Row) -> PermissionSet:
    activated = flag(row, "HasActivationRequired")
    profile, group = row.get("Profile"), row.get("PermissionSetGroup")
    if flag(row, "IsOwnedByProfile"):
        if not isinstance(profile, Mapping):
            raise Unreadable("reading what permission sets allow: one does not say whose profile it is")
        named = native(words.PROFILE, text(profile, "Name"))
    elif row.get("PermissionSetGroupId"):
        if not isinstance(group, Mapping):
            raise Unreadable("reading what permission sets allow: one does not say of which group it is")
        named = native(words.PERMISSION_SET_GROUP, qualified(group, "DeveloperName"))
        activated = group.get("HasActivationRequired") is True
    else:
        named = native(words.PERMISSION_SET, qualified(row, "Name"))
    return PermissionSet(
        id=identifier(row, "Id"),
        native=named,
        group=identifier(row, "PermissionSetGroupId") if optional(row, "PermissionSetGroupId") else "",
        license=identifier(row, "LicenseId") if optional(row, "LicenseId") else "",
        activated=activated,
        checked=frozenset(name for name, value in row.items() if value is True and name.startswith("Permissions")),
    )


def verbs(rights: Iterable[str]) -> str:
    """Checkboxes of ObjectPermissions in words: `read, edit`."""
    held = set(rights)
    return ", ".join(verb for right, verb in FLAG_WORDS.items() if right in held)
