"""Tenant walls: Settings say where the objects of each tenant are, and nothing that a role names lies elsewhere.

A template names a place with fields in braces: `{mount: secret, path: "{tenant}/{environment}/{application}"}`. Every
template holds `{tenant}`, and a place can be read back: fields are names (which contain no slash and only lower-case
letters, digits, `.` and `-`), and whatever stands between two of them in one segment contains something else. So the
places of two tenants never meet, and neither do the places below them, because what lies below begins with a slash.

The wall is one of paths. What a template does not contain (an environment, say) is what the role's author says of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connectors.vault.engines import ENGINES, Engine, known_engine
from connectors.vault.objects import DIMENSIONS, VaultObject, engine_mount, plain, reaches_no_other_call
from reconciler.desired.basics import Strict
from reconciler.errors import DeclarationError

_FIELD = re.compile(r"\{([A-Za-z]*)\}")
_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_SEPARATES = re.compile(r"[^a-z0-9.-]")


def _template(value: str) -> str:
    for field in _FIELD.findall(value):
        if field not in DIMENSIONS:
            near = get_close_matches(field, DIMENSIONS, 1)
            hint = f"did you mean {{{near[0]}}}? " if near else ""
            known = ", ".join(f"{{{name}}}" for name in DIMENSIONS)
            raise ValueError(f"there is no field {{{field}}}: {hint}There are {known}")
    plain(_FIELD.sub("x", value), "template")
    for segment in value.split("/"):
        for between in _FIELD.split(segment)[2:-1:2]:
            if not _SEPARATES.search(between):
                raise ValueError(
                    f"template {value!r} cannot be read back: names contain letters, digits, '.' and '-', so put "
                    "a '/', or '_' or another sign, between two fields"
                )
    return value


def _mount_template(value: str) -> str:
    engine_mount(_FIELD.sub("x", value))
    return value


Template = Annotated[str, AfterValidator(_template), Field(min_length=1, max_length=500)]


class PathTemplate(Strict):
    """Where the objects of one engine are, by whose they are: `{tenant}` and the other fields stand for their names.

    `path` is the object itself, or the folder that holds it. Where it is left out, the tenant's objects are all those
    of its mount or namespace.
    """

    engine: Annotated[
        Engine | None,
        BeforeValidator(known_engine),
        Field(description="The engine; where it is left out, the template's own name says it."),
    ] = None
    namespace: Annotated[
        Template | None, Field(description="A namespace below the target's own that holds the mount.")
    ] = None
    mount: Annotated[Template, AfterValidator(_mount_template), Field(description="Where the engine is mounted.")]
    path: Annotated[Template | None, Field(description="Below the mount.")] = None

    @property
    def full_mount(self) -> str:
        """The mount with its namespace before it, as paths of policies write it."""
        return self.mount if self.namespace is None else f"{self.namespace}/{self.mount}"

    @property
    def walls(self) -> bool:
        """Whether each tenant has a mount or a namespace of its own."""
        return "{tenant}" in self.full_mount

    @model_validator(mode="after")
    def _tells_tenants_apart(self) -> "PathTemplate":
        if "{tenant}" not in f"{self.full_mount}/{self.path or ''}":
            raise ValueError("no part of it contains {tenant}, so it keeps no tenant from another")
        if self.namespace is not None:
            engine_mount(_FIELD.sub("x", self.namespace))
        return self


Templates = tuple[tuple[str, PathTemplate], ...]
"""The templates of a target by their names, hashable."""


def check_templates(templates: Mapping[str, PathTemplate]) -> None:
    """ValueError unless each template is of one engine and no two are of one mount."""
    mounts: dict[str, str] = {}
    for name, template in templates.items():
        engine = engine_of(name, template)
        if engine is None:
            raise ValueError(f"the template '{name}' says no engine; write engine: {', '.join(ENGINES)}")
        if template.path is not None and "/" in template.path and not ENGINES[engine].folders:
            raise ValueError(
                f"the path of '{name}' has a slash; in the engine '{engine}' it is the name of {ENGINES[engine].holds}"
            )
        other = mounts.setdefault(template.full_mount, name)
        if other != name:
            raise ValueError(f"'{name}' and '{other}' have the same mount; an object must be in one of them alone")


def engine_of(name: str, template: PathTemplate) -> Engine | None:
    """The engine that a template is about, by itself or by its name."""
    return template.engine or next((engine for engine in ENGINES if engine == name), None)


@dataclass(frozen=True, slots=True)
class Placed:
    """An object and where it is: `mount` and `path` are complete; `whole`: whether all of the mount is its tenant's."""

    engine: Engine
    mount: str
    path: str
    whole: bool
    declared: VaultObject

    @property
    def address(self) -> str:
        """Mount and path, as people name the object."""
        return f"{self.mount}/{self.path}"


def place(thing: VaultObject, templates: Templates) -> Placed:
    """Where an object is; DeclarationError where it lies outside its tenant's place, or cannot be found."""
    try:
        return _within(thing, templates) if templates else _as_named(thing)
    except ValueError as error:
        raise DeclarationError(f"{_called(thing)}: {error}") from error


def _called(thing: VaultObject) -> str:
    where = thing.path or " ".join(thing.whose.values())
    return f"the {thing.engine} object {where}".rstrip()


def _as_named(thing: VaultObject) -> Placed:
    if thing.mount is None or thing.path is None:
        raise ValueError("it needs a mount and a path, because the target's settings have no `paths` to find it by")
    return Placed(thing.engine, thing.mount, thing.path, whole=True, declared=thing)


def _within(thing: VaultObject, templates: Templates) -> Placed:
    if thing.tenant is None:
        raise ValueError("it says no tenant, and the target's `paths` keep tenants apart: write tenant")
    found = list(_candidates(thing, templates))
    if not found:
        where = "" if thing.mount is None else f" at the mount {thing.mount} of the tenant {thing.tenant}"
        raise ValueError(f"the target's `paths` have no template for the engine '{thing.engine}'{where}")
    if len(found) > 1:
        mounts = ", ".join(mount for _, mount in found)
        raise ValueError(f"it may be in several mounts: write which mount, one of {mounts}")
    template, mount = found[0]
    _distinct(mount, template, templates)
    base = None if template.path is None else _fill(template.path, thing)
    path = _below(thing, base)
    reaches_no_other_call(thing.engine, plain(path, "path"))
    return Placed(thing.engine, engine_mount(mount), path, whole=template.walls, declared=thing)


def _candidates(thing: VaultObject, templates: Templates) -> Iterator[tuple[PathTemplate, str]]:
    """The templates of the object's engine, with their mounts for it; only the declared mount where it names one."""
    for name, template in templates:
        if engine_of(name, template) == thing.engine:
            mount = _fill(template.full_mount, thing)
            if thing.mount in {None, mount}:
                yield template, mount


def _fill(template: str, thing: VaultObject) -> str:
    whose = thing.whose
    for field in _FIELD.findall(template):
        if field not in whose:
            raise ValueError(f"it says no {field}, and the target's template is {template}: write {field}")
    return _FIELD.sub(lambda found: whose[found[1]], template)


def _below(thing: VaultObject, base: str | None) -> str:
    if base is None:
        if thing.path is None:
            raise ValueError("it needs a path, because the target's template for its engine says the mount alone")
        return thing.path
    if thing.path is None or thing.path == base:
        return base
    folders = ENGINES[thing.engine].folders
    if not folders or not thing.path.startswith(f"{base}/"):
        below = " or below" if folders else ""
        raise ValueError(f"it leaves its tenant's place, which is {base}{below}; correct path, or whose it is")
    return thing.path


def _distinct(mount: str, own: PathTemplate, templates: Templates) -> None:
    """ValueError where a mount, with the names filled in, may be another template's too, or lie below or above it.

    Of two templates that can name the same mount, the one that says more of it literally has it, and the other is
    refused there; so one of both always is.
    """
    for name, template in templates:
        ours, theirs = own.full_mount.split("/"), template.full_mount.split("/")
        shared = min(len(ours), len(theirs))
        may_meet = all(map(_may_be, theirs[:shared], mount.split("/")))
        if template is not own and may_meet and _literally(ours[:shared]) <= _literally(theirs[:shared]):
            raise ValueError(f"its mount {mount} cannot be told from those of the template '{name}'; rename one")


def _may_be(template: str, segment: str) -> bool:
    return re.fullmatch(_NAME.join(map(re.escape, _FIELD.split(template)[::2])), segment) is not None


def _literally(segments: list[str]) -> int:
    return sum(len(literal) for segment in segments for literal in _FIELD.split(segment)[::2])
