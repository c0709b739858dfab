"""Declarations as YAML text that the strict reader takes, every gap marked where it stands."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import yaml

from reconciler.desired.documents import API_VERSION
from reconciler.desired.gaps import UNDECIDED, UNDECIDED_TEXT
from reconciler.desired.layout import Kind
from reconciler.model import utc

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.@/-]*( [A-Za-z0-9_.@/(-][A-Za-z0-9_.@/()-]*)*")
_NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_GAP = re.compile(rf"^[ -]*[A-Za-z]+: (?:{UNDECIDED}|\"{UNDECIDED_TEXT}.*\")$")
_MARK = "  # gap: a human must decide"


class _Dumper(yaml.SafeDumper):
    """Quotes every text that could be read as something else, and writes instants as declarations do."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- PyYAML's signature
        """Declarations know no references: the same day twice is written twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_TEXT
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _instant(dumper: yaml.SafeDumper, instant: datetime) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", utc(instant))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(datetime, _instant)


def document(
    kind: Kind, name: str, title: str | None, spec: Mapping[str, object], *, remarks: Sequence[str], schema: str | None
) -> str:
    """One file of declarations.

    Args:
        kind: What it declares.
        name: Its name, and `title` for people.
        title: See `name`.
        spec: In plain values: mappings, lists, texts, dates and instants.
        remarks: What is said at its top, a comment each.
        schema: Where an editor finds its JSON Schema, from the file.
    """
    comments = [f"yaml-language-server: $schema={schema}"] if schema is not None else []
    comments += remarks
    metadata = {"name": name} if title is None else {"name": name, "title": title}
    body = yaml.dump(
        {"apiVersion": API_VERSION, "kind": kind.value, "metadata": metadata, "spec": _plain(spec)},
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=float("inf"),
    )
    marked = [line + _MARK if _GAP.match(line) else line for line in body.splitlines()]
    return "\n".join([*(f"# {_printable(comment)}" for comment in comments), *marked]) + "\n"


def _plain(value: object) -> object:
    """A value in the types that YAML writes, each on its own, so that nothing becomes an anchor and a reference."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, str):
        return value
    return [_plain(inner) for inner in value] if isinstance(value, Sequence) else value


def _printable(text: str) -> str:
    """What is live may be called anything; a comment stays on its line."""
    return "".join(character if character.isprintable() and character.isascii() else "?" for character in text)
