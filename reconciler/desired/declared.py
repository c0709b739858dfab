"""What loading gives: declarations that know where they stand, and which files could not be used."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel

from reconciler.desired.labels import DataLabelSpec
from reconciler.desired.layout import Kind
from reconciler.desired.models import OverrideSpec, PersonSpec, SettingsSpec, TargetSpec, VendorSpec
from reconciler.desired.strict_yaml import Document, Path, Position, Problem

Spec_co = TypeVar("Spec_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Declared(Generic[Spec_co]):
    """A document that parses and validates, with the place of everything in it."""

    name: str
    title: str | None
    file: str
    spec: Spec_co
    document: Document = field(compare=False, repr=False)

    def position(self, *path: str | int) -> Position:
        """Where something below `spec` stands, by the words of the file: `position("grants", 0, "role")`."""
        return self.document.at(("spec", *path))

    def at(self, *path: str | int) -> str:
        """`file:line` of something below `spec`; of the spec itself without a path."""
        return line_of(self.position(*path))

    def problem(self, text: str, *path: str | int) -> Problem:
        """A problem with something below `spec`."""
        return Problem(self.position(*path), text)

    def key_position(self, *path: str | int) -> Position:
        """Where the last key of `path` itself stands, and not what it holds."""
        place: Path = ("spec", *path)
        return self.document.key_positions.get(place) or self.document.at(place)

    def key_problem(self, text: str, *path: str | int) -> Problem:
        """A problem with the last key of `path` itself, and not with what it holds."""
        return Problem(self.key_position(*path), text)


Settings = Declared[SettingsSpec[TargetSpec]]
Person = Declared[PersonSpec]
Role = Declared[BaseModel]
Vendor = Declared[VendorSpec]
Override = Declared[OverrideSpec]
DataLabel = Declared[DataLabelSpec]
AnyDeclared = Settings | Person | Role | Vendor | Override | DataLabel


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that cannot be used, and why.

    Attributes:
        kind: what it was meant to be; None where its place does not say.
        name: what would be its name: the file's stem; empty when a whole folder cannot be read.
        file: relative to the repository's root.
    """

    kind: Kind | None
    name: str
    file: str
    problems: tuple[Problem, ...]


def line_of(position: Position) -> str:
    """`file:line`, as reasons give it."""
    return f"{position.file}:{position.line}"


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """The problems by file, line, column and text, each once."""
    found = {(one.at.file, one.at.line, one.at.column, one.text): one for one in problems}
    return tuple(found[key] for key in sorted(found))
