"""What a policy allows, in the words of roles: the same for what is declared and for what is live."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby

from connectors.vault.engines import ENGINES, RESERVED, Action, Need, Table
from connectors.vault.policies import Rules, longest_in, rules_in

_PHRASES: Mapping[Action, str] = {
    "list": "list the names in",
    "view-metadata": "view the metadata of",
    "read": "read",
    "rotate": "rotate",
    "write": "write",
    "export": "export",
    "delete": "delete",
    "destroy": "destroy",
    "sign": "sign with",
    "issue": "issue from",
}
_UNREADABLE = "says more than paths and capabilities; what it allows cannot be told with certainty"


@dataclass(frozen=True, slots=True)
class Sense:
    """What some capabilities at one path are for. `action` is None where no engine has them for any of its actions."""

    action: Action | None
    thing: str
    path: str
    capabilities: frozenset[str]


def senses(rules: Rules) -> Iterator[Sense]:
    """What rules allow, as actions on objects; every capability is in at least one sense.

    A path alone does not say which engine is mounted there, but the engines that share a path mean the same by it.
    KV v1, which has no word of its own in its paths, is thought of last.
    """
    for path in sorted(rules):
        left = set(rules[path])
        for action, thing, need in _readings(path):
            if need.capabilities <= rules[path]:
                left -= need.capabilities
                yield Sense(action, thing, path, need.capabilities)
        if left:
            yield Sense(None, path, path, frozenset(left))


@lru_cache(maxsize=4096)
def senses_in(text: str) -> tuple[Sense, ...] | None:
    """The senses of a policy as it is written; None where it cannot be read with certainty."""
    rules = rules_in(text)
    return None if rules is None else tuple(senses(rules))


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """What a policy allows, a sorted line each: `read secret/acme/db (read on secret/data/acme/db)`."""
    told = senses_in(text)
    if told is None:
        return (_UNREADABLE,)
    found = sorted(told, key=lambda sense: (sense.path, sorted(sense.capabilities)))
    seen = {sense.thing for sense in found if sense.action == "read"}
    lines = [_line(list(alike), seen) for _, alike in groupby(found, lambda one: (one.path, one.capabilities))]
    if (longest := longest_in(text)) is not None:
        lines.append(f"what it hands out is valid for at most {longest}")
    return tuple(sorted(lines))


def _line(alike: list[Sense], seen: set[str]) -> str:
    """One line for senses of the same capabilities at the same path."""
    first = alike[0]
    where = f"{', '.join(sorted(first.capabilities))} on {first.path}"
    actions = [sense.action for sense in alike if sense.action is not None]
    if not actions:
        return where
    blind = " without seeing it" if "rotate" in actions and first.thing not in seen else ""
    return f"{' or '.join(_PHRASES[action] for action in actions)} {first.thing}{blind} ({where})"


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a path can be one of an action. `word` is the engine's own part of such paths, which is looked for first."""

    action: Action
    need: Need
    bare: bool
    word: str
    shape: re.Pattern[str]

    def thing(self, path: str) -> str | None:
        """The object's mount and path; None where the path is none of the action."""
        if self.word not in path or (matched := self.shape.fullmatch(path)) is None:
            return None
        parts = matched.groupdict()
        if self.bare or "path" not in parts:
            return path if self.bare else parts["mount"]
        return f"{parts['mount']}/{parts['path']}"


def _reading(table: Table, action: Action, need: Need) -> _Reading:
    below = need.path.removeprefix("{mount}")
    name = "(?P<path>.+)" if table.folders else "(?P<path>[^/]+)"
    before, _, after = below.partition("{path}")
    shape = f"(?P<mount>.+?){re.escape(before)}{name if '{path}' in below else ''}{re.escape(after)}"
    return _Reading(action, need, table.bare, before, re.compile(shape))


def _of(*tables: Table) -> tuple[_Reading, ...]:
    return tuple(
        _reading(table, action, need) for table in tables for action, needs in table.actions.items() for need in needs
    )


def _by_segment(readings: Iterable[_Reading]) -> Mapping[str, Sequence[_Reading]]:
    """The readings by the first segment of the engine's own part, so that a path is held against few."""
    found: dict[str, list[_Reading]] = defaultdict(list)
    for reading in readings:
        found[reading.word.split("/")[1]].append(reading)
    return dict(found)


_BARE = _of(*(table for table in ENGINES.values() if table.bare))
_WORDED = _by_segment(_of(*(table for table in ENGINES.values() if not table.bare)))


def _readings(path: str) -> Iterable[tuple[Action, str, Need]]:
    """Each action that has a need at this path, with the object's mount and path."""
    first, *rest = path.split("/")
    if first in RESERVED:
        return ()
    worded = chain.from_iterable(_WORDED.get(word, ()) for word in dict.fromkeys(rest))
    return _among(worded, path) or _among(_BARE, path)


def _among(readings: Iterable[_Reading], path: str) -> Sequence[tuple[Action, str, Need]]:
    found: dict[tuple[Action, frozenset[str]], tuple[Action, str, Need]] = {}
    for reading in readings:
        if (thing := reading.thing(path)) is not None:
            found.setdefault((reading.action, reading.need.capabilities), (reading.action, thing, reading.need))
    return list(found.values())
