"""What a permission set that guestlist defines allows: one value for what is declared and for what an org says."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.salesforce.vocabulary import EDIT, FLAG_WORDS, OBJECT_FLAGS
from connectors.salesforce.words import MARK, PERMISSION_SET, PREFIX
from reconciler.errors import DeclarationError
from reconciler.model import Native

_LONGEST_NAME = 80
"""Characters of PermissionSet.Name (Salesforce object reference)."""
_ESCAPES: Mapping[str, str] = {"z": "zz", ".": "zd", "-": "zh"}


@dataclass(frozen=True, slots=True)
class Content:
    """Everything about a permission set that decides what its holders may do.

    Attributes:
        mark: the role that its Description says it is managed for; None when the mark is missing.
        objects: object permissions (`PermissionsRead`, …) by object.
        fields: by `Object.Field`, whether it may be edited; to be read it may either way.
        system: user permissions, without `Permissions`.
        session: whether it holds only in a session that was activated for it.
        license: the permission set licence or user licence that it is made for; it cannot be changed later.
        access: Setup entities that it opens (`ConnectedApplication:0H4…`); guestlist never declares one.
    """

    mark: str | None
    objects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fields: Mapping[str, bool] = field(default_factory=dict)
    system: frozenset[str] = frozenset()
    session: bool = False
    license: str | None = None
    access: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """As JSON with sorted keys: the same for the same content, so that it is also what is compared."""
        return json.dumps(
            {
                "managedFor": self.mark,
                "objects": {
                    name: [flag for flag in OBJECT_FLAGS if flag in flags] for name, flags in self.objects.items()
                },
                "fields": {name: "edit" if edit else "read" for name, edit in self.fields.items()},
                "system": sorted(self.system),
                "session": self.session,
                "license": self.license,
                "access": sorted(self.access),
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    @property
    def words(self) -> tuple[str, ...]:
        """What it allows, a readable line each, sorted."""
        return tuple(sorted(self._lines()))

    @property
    def shows(self) -> frozenset[str]:
        """The objects and fields that its holders see."""
        return frozenset(self.objects) | frozenset(self.fields)

    def _lines(self) -> Iterator[str]:
        for name, flags in self.objects.items():
            yield from (f"{FLAG_WORDS[flag]} {name}" for flag in flags)
        for name, edit in self.fields.items():
            yield f"{'edit' if edit else 'read'} {name}"
        yield from (f"permission {name}" for name in self.system)
        yield from (f"opens {name}" for name in self.access)
        yield "holds in an activated session only" if self.session else "holds in every session"
        if self.license is not None:
            yield f"licence {self.license}"
        if self.mark is None:
            yield "is not marked as managed by guestlist"


def content_of(text: str) -> Content:
    """The content that `Content.text` wrote."""
    said = json.loads(text)
    return Content(
        mark=said["managedFor"],
        objects={name: frozenset(flags) for name, flags in said["objects"].items()},
        fields={name: level == "edit" for name, level in said["fields"].items()},
        system=frozenset(said["system"]),
        session=said["session"],
        license=said["license"],
        access=frozenset(said["access"]),
    )


def native_of(role: str) -> Native:
    """What the permission set of a defined role is called: no two roles meet, also where the org ignores case.

    An API name has letters, digits and single underscores only. A hyphen becomes an underscore; what cannot be written
    like that is escaped by a `z`, and a `z` by itself.
    """
    spelled = ""
    for letter in role:
        if letter == "-" and not spelled.endswith("_") and spelled:
            spelled += "_"
        else:
            spelled += _ESCAPES.get(letter, letter)
    name = PREFIX + "_".join(part[:1].upper() + part[1:] for part in spelled.split("_"))
    if len(name) > _LONGEST_NAME:
        raise DeclarationError(
            f"role {role}: its permission set would be called {name}, and Salesforce takes {_LONGEST_NAME} characters; "
            "give the role a shorter name"
        )
    return Native(PERMISSION_SET, name)


def description_of(role: str) -> str:
    """What marks the permission set of a role as ours."""
    return f"{MARK}: {role}"


def mark_of(description: str) -> str | None:
    """The role that a Description says a permission set is managed for; None when it is not marked."""
    head, colon, role = description.partition(": ")
    return role.strip() if colon and head == MARK and role.strip() else None


def needs_edit(flags: frozenset[str]) -> bool:
    """Whether these object permissions let records be changed."""
    return EDIT in flags
