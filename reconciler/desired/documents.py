"""One file's bytes become one typed declaration, or everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from reconciler.desired.complaints import complaints
from reconciler.desired.declared import AnyDeclared, Declared
from reconciler.desired.gaps import UNDECIDED
from reconciler.desired.kinds import Schemas
from reconciler.desired.labels import DataLabelSpec
from reconciler.desired.layout import Kind
from reconciler.desired.models import (
    EnvReference,
    Metadata,
    OverrideSpec,
    PersonSpec,
    SettingsSpec,
    TargetSpec,
    VendorSpec,
)
from reconciler.desired.shape import Shape
from reconciler.desired.source import File
from reconciler.desired.strict_yaml import Document, Path, Problem, parse
from reconciler.desired.wording import found_words, unknown

API_VERSION = "guestlist/v1"
HEADER = ("apiVersion", "kind", "metadata", "spec")

_MODELS: Mapping[Kind, type[BaseModel]] = {
    Kind.PERSON: PersonSpec,
    Kind.VENDOR: VendorSpec,
    Kind.OVERRIDE: OverrideSpec,
}
_STAND_IN = TargetSpec(connector="", url=EnvReference(env="GUESTLIST_X"))
_Model = TypeVar("_Model", bound=BaseModel)
_REMEMBERED = 50_000
_read_before: dict[tuple[str, str], tuple[Schemas, AnyDeclared | tuple[Problem, ...]]] = {}


def read(file: File, data: bytes, kind: Kind, schemas: Schemas) -> AnyDeclared | tuple[Problem, ...]:
    """The declaration of `kind` in a file, or what is wrong with it.

    A blob that was read is not read again in the same process, as long as it stands at the same place (positions name
    the file) and the kinds of target are the same.
    """
    key = (file.sha, file.path)
    known = _read_before.get(key)
    if known is not None and known[0] == schemas:
        return known[1]
    if len(_read_before) >= _REMEMBERED:
        _read_before.clear()
    result = _read(file, data, kind, schemas)
    _read_before[key] = (schemas, result)
    return result


def _read(file: File, data: bytes, kind: Kind, schemas: Schemas) -> AnyDeclared | tuple[Problem, ...]:
    document = parse(data, file=file.path)
    if isinstance(document, tuple):
        return document
    value = cast("Mapping[str, object]", document.value)  # the reader refuses everything else at the top
    problems = list(_header_problems(value, kind, document))
    metadata = (
        _validate(Metadata, value["metadata"], document, ("metadata",), problems) if "metadata" in value else None
    )
    stem = PurePosixPath(file.path).stem
    if metadata is not None and kind is not Kind.SETTINGS and metadata.name != stem:
        text = f"name: found '{metadata.name}', expected '{stem}': the file's stem is the declaration's name"
        problems.append(Problem(document.at(("metadata", "name")), text))
    if kind is Kind.PERSON and metadata is not None and metadata.name == UNDECIDED:
        text = f"name: '{UNDECIDED}' is the word for a gap: give the person another name"
        problems.append(Problem(document.at(("metadata", "name")), text))
    spec = _spec(kind, value["spec"], schemas, document, problems) if "spec" in value else None
    if problems or spec is None or metadata is None:
        return tuple(problems)
    return Declared(metadata.name, metadata.title, file.path, spec, document)


def validate(adapter: TypeAdapter[Any], value: object, document: Document, place: Path) -> tuple[Problem, ...]:
    """What is wrong with a part of a document that only a kind of target knows how to judge."""
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return tuple(complaints(error, value, lambda: Shape(adapter.json_schema()), document, place))
    return ()


def _header_problems(value: Mapping[str, object], kind: Kind, document: Document) -> Iterator[Problem]:
    for key in value:
        if key not in HEADER:
            position = document.key_positions.get((key,)) or document.at(())
            yield Problem(position, unknown("key", key, HEADER))
    for key in HEADER:
        if key not in value:
            yield Problem(document.at(()), f"the key '{key}' is missing: every declaration has {', '.join(HEADER)}")
    for key, right in (("apiVersion", API_VERSION), ("kind", kind.value)):
        if key in value and value[key] != right:
            why = " here: the folder says the kind" if key == "kind" else ""
            text = f"{key}: found {found_words(value[key])}, expected '{right}'{why}"
            yield Problem(document.at((key,)), text)


def _spec(kind: Kind, value: object, schemas: Schemas, document: Document, problems: list[Problem]) -> BaseModel | None:
    if kind is Kind.SETTINGS:
        return _settings(value, schemas, document, problems)
    if kind is Kind.ROLE:
        return _by_connector(
            value, {name: it.role_model for name, it in schemas.items()}, document, ("spec",), problems
        )
    if kind is Kind.DATA_LABEL:
        return _by_connector(value, dict.fromkeys(schemas, DataLabelSpec), document, ("spec",), problems)
    return _validate(_MODELS[kind], value, document, ("spec",), problems)


def _settings(
    value: object, schemas: Schemas, document: Document, problems: list[Problem]
) -> SettingsSpec[TargetSpec] | None:
    """Settings, with each target as the model of its kind."""
    targets = value.get("targets") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(targets, Mapping):
        return _validate(SettingsSpec[TargetSpec], value, document, ("spec",), problems)
    models = {name: it.target_model for name, it in schemas.items()}
    checked = {
        name: _by_connector(entry, models, document, ("spec", "targets", name), problems)
        # A broken entry has been complained about: what stands in for it lets the rest of Settings be judged too.
        or _STAND_IN
        for name, entry in targets.items()
    }
    return _validate(SettingsSpec[TargetSpec], {**value, "targets": checked}, document, ("spec",), problems)


def _by_connector(
    value: object,
    models: Mapping[str, type[BaseModel]],
    document: Document,
    place: Path,
    problems: list[Problem],
) -> BaseModel | None:
    """A mapping as the model of the kind of target that its `connector` names."""
    if not isinstance(value, Mapping):
        text = (
            f"found {found_words(value, quiet=True)}, expected {{connector: …}} and what that kind of target asks for"
        )
        problems.append(Problem(document.at(place), text))
        return None
    connector = value.get("connector")
    if isinstance(connector, str) and connector in models:
        return _validate(models[connector], value, document, place, problems)
    if "connector" not in value:
        at = document.key_positions.get(place) or document.at(place)
        text = f"the key 'connector' is missing: write one of {', '.join(sorted(models))}"
        problems.append(Problem(at, text))
    else:
        found = connector if isinstance(connector, str) else found_words(connector)
        problems.append(Problem(document.at((*place, "connector")), unknown("connector", found, tuple(sorted(models)))))
    return None


def _validate(
    model: type[_Model], value: object, document: Document, place: Path, problems: list[Problem]
) -> _Model | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems.extend(complaints(error, value, lambda: _shape(model), document, place))
        return None


@lru_cache(maxsize=64)
def _shape(model: type[BaseModel]) -> Shape:
    return Shape(model.model_json_schema())
