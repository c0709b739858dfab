"""A live policy as a declared role: in actions and objects where it can be read so, else word for word. Pure.

The inverse of `compile`: what is made here, compiled, means what the policy meant. That is checked before it is given,
so that a reading which is too clever ends as a policy word for word, and never as another policy.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from connectors.vault.compile import placed, rules_of
from connectors.vault.declarations import VaultRole
from connectors.vault.engines import ACTIONS, ENGINES, Action, Engine
from connectors.vault.policies import Rules, canonical, parse
from reconciler.errors import DeclarationError

Mounts = Mapping[str, Engine]
"""Which engine is mounted where, as far as that is known."""

LONGEST = "1h"
"""What is filled in where a role has to say how long at most what it hands out is valid, and a policy cannot."""

_ORDER: tuple[Engine, ...] = tuple(sorted(ENGINES, key=lambda engine: ENGINES[engine].bare))
"""An engine whose objects stand directly below the mount matches any path: it is thought of last."""

_GUESSED = "which engine is mounted at {mounts} was not seen, but read from the paths: check it"
_UNTIMED = f"a policy does not say how long what it hands out is valid: `longest: {LONGEST}` is filled in, correct it"
_VERBATIM = "it says what actions and objects cannot: it is kept word for word, and nobody has compared what it reaches"
_SPLIT = "its objects have different actions, and a role has one set for all: better make a role for each"

_Pair = tuple[str, str]
"""A path and one capability there."""


@dataclass(frozen=True, slots=True, order=True)
class _Object:
    engine: Engine
    mount: str
    path: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """A live policy as a role.

    Attributes:
        spec: the role's `spec`, as YAML has it.
        review: what somebody has to look at before it is merged, a sentence each.
    """

    spec: Mapping[str, object]
    review: tuple[str, ...] = ()

    @property
    def verbatim(self) -> bool:
        """Whether the policy could only be kept word for word."""
        return "policy" in self.spec


def adopted(text: str, mounts: Mounts | None = None) -> Adopted:
    """A policy's text as a role that means the same."""
    known = mounts or {}
    rules = parse(text)
    parts = (None if rules is None else _parts(rules, known)) or []
    if rules is None or len(parts) != 1 or not _means_the_same(parts[0], rules):
        why = (_VERBATIM, _SPLIT) if len(parts) > 1 else (_VERBATIM,)
        return Adopted({"connector": "vault", "policy": text}, why)
    (spec,) = parts
    guessed = sorted({thing["mount"] for thing in spec["objects"]} - set(known))
    review = [_GUESSED.format(mounts=", ".join(guessed))] if guessed else []
    review += [_UNTIMED] if "longest" in spec else []
    return Adopted(spec, tuple(review))


def _parts(rules: Rules, mounts: Mounts) -> list[dict[str, Any]] | None:
    """Objects that have the same actions, together; None where something of the rules is left over."""
    left: set[_Pair] = {(path, word) for path, words in rules.items() for word in words}
    chosen: dict[_Object, list[Action]] = defaultdict(list)
    for thing in _objects(rules, mounts):
        for action in ACTIONS:
            needed = _pairs(thing, action)
            if needed & left and _within(needed, rules) and not _is_of_the_mount(thing.engine, action):
                chosen[thing].append(action)
                left -= needed
    for thing, actions in chosen.items():
        # What is the same for every object of a mount is not told apart by objects.
        for action in ENGINES[thing.engine].actions:
            if _is_of_the_mount(thing.engine, action) and _within(_pairs(thing, action), rules):
                actions.append(action)
                left -= _pairs(thing, action)
        actions.sort(key=ACTIONS.index)
    if left:
        return None
    together: dict[tuple[Engine, tuple[Action, ...]], list[_Object]] = defaultdict(list)
    for thing, actions in chosen.items():
        together[thing.engine, tuple(actions)].append(thing)
    return [_spec(things, actions) for (_, actions), things in sorted(together.items())]


def _spec(things: list[_Object], actions: tuple[Action, ...]) -> dict[str, Any]:
    objects = [{"engine": thing.engine, "mount": thing.mount, "path": thing.path} for thing in sorted(things)]
    spec: dict[str, Any] = {"connector": "vault", "objects": objects, "actions": list(actions)}
    if any(action in ENGINES[thing.engine].issuing for thing in things for action in actions):
        spec["longest"] = LONGEST
    return spec


def _means_the_same(spec: dict[str, Any], rules: Rules) -> bool:
    try:
        role = VaultRole.model_validate(spec)
        return canonical(rules_of(placed(role), role.actions)) == canonical(rules)
    except (ValidationError, DeclarationError):
        return False


def _objects(rules: Rules, mounts: Mounts) -> Iterator[_Object]:
    """Every object that some path of the rules may be about, the likelier engines first."""
    found: set[_Object] = set()
    for engine in _ORDER:
        for path in sorted(rules):
            for pattern in _patterns(engine):
                for mount, rest in _readings(pattern, path, engine, mounts):
                    found.add(_Object(engine, mount, rest))
    return iter(sorted(found, key=lambda thing: (_ORDER.index(thing.engine), thing)))


def _readings(pattern: re.Pattern[str], path: str, engine: Engine, mounts: Mounts) -> Iterator[tuple[str, str]]:
    """How a path can be an object's: at mounts that are known to have this engine, else with the shortest mount."""
    known = [mount for mount in mounts if path.startswith(f"{mount}/")]
    for mount in [mount for mount in known if mounts[mount] == engine] if known else [path.partition("/")[0]]:
        if match := pattern.fullmatch(path.removeprefix(f"{mount}/")):
            yield mount, match["path"]


@cache
def _patterns(engine: Engine) -> tuple[re.Pattern[str], ...]:
    """What the engine's paths that name an object look like below its mount."""
    paths = {need.path for needs in ENGINES[engine].actions.values() for need in needs if "{path}" in need.path}
    found = (re.escape(path.removeprefix("{mount}/")).replace(re.escape("{path}"), "(?P<path>.+)") for path in paths)
    return tuple(re.compile(pattern) for pattern in sorted(found))


def _is_of_the_mount(engine: Engine, action: Action) -> bool:
    """Whether an action is about the whole mount, whatever object is named: a listing without folders."""
    return not any("{path}" in need.path for need in ENGINES[engine].actions.get(action, ()))


def _within(needed: frozenset[_Pair], rules: Rules) -> bool:
    return bool(needed) and all(word in rules.get(path, ()) for path, word in needed)


def _pairs(thing: _Object, action: Action) -> frozenset[_Pair]:
    needs = ENGINES[thing.engine].actions.get(action, ())
    return frozenset((need.at(thing.mount, thing.path), word) for need in needs for word in need.capabilities)
