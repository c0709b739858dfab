"""What a role in a vault allows that is dangerous, from what it declares, or from a policy as it is written."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from connectors.vault.engines import ENGINES, RESERVED, Action
from connectors.vault.hidden import shown_anyway
from connectors.vault.policies import rules_in
from connectors.vault.tenants import Placed
from connectors.vault.wording import senses_in
from reconciler.model import Risk

_FLAGS: Mapping[Action, str] = {
    "read": "read-secret",
    "export": "export",
    "destroy": "destroy",
    "sign": "sign",
    "issue": "issue",
}
READ_ACROSS = "read-across"
"""Reading secrets of more than one environment: whoever holds both can carry one into the other."""
_CHANGES = frozenset({"create", "update", "patch", "delete"})
NOT_HIDDEN = "not-hidden"
VERBATIM = Risk("verbatim", "policy", "a policy word for word", high=False)
"""What a role says in the server's own language reaches what nobody has compared with a contract."""
ANYTHING = Risk("anything", "policy", "a policy that cannot be read with certainty", high=True)
"""What says more than paths and capabilities, or says them in a way that readers may differ about, may allow all."""


def risks_of(things: Iterable[Placed], actions: Iterable[Action], hidden: Iterable[str]) -> tuple[Risk, ...]:
    """The dangers of the actions on the objects, sorted.

    None is high by itself: high is what nobody may hold standing unless a session can be activated for it, and a vault
    has no such thing. What may be held standing there is for the organisation to say.
    """
    return tuple(sorted({*_by_action(tuple(things), tuple(actions)), *_shown(tuple(things), tuple(hidden))}))


@lru_cache(maxsize=4096)
def risks_in(text: str) -> tuple[Risk, ...]:
    """The dangers of a policy as it is written, sorted: those of the actions, and what no role could allow.

    Nobody knows the environments of its objects. A policy that cannot be read with certainty is `ANYTHING`.
    """
    rules, told = rules_in(text), senses_in(text)
    if rules is None or told is None:
        return (ANYTHING,)
    found = {
        Risk(_FLAGS[sense.action], sense.path, f"{sense.action} {sense.thing}", high=False)
        for sense in told
        if sense.action is not None and sense.action in _FLAGS
    }
    for path, words in rules.items():
        if "deny" not in words:
            found.update(Risk("sudo", path, f"sudo on {path}", high=True) for _ in words & {"sudo"})
            found.update(Risk("administer", path, f"{word} on {path}", high=True) for word in words & _changing(path))
    return tuple(sorted(found))


def _changing(path: str) -> frozenset[str]:
    """The capabilities that change the server itself at a path: its policies, identities, logins or mounts."""
    first = path.partition("/")[0]
    ours = any(name.startswith(first.removesuffix("*")) for name in RESERVED) if first.endswith("*") else False
    reaches = first in RESERVED or "+" in first or "{{" in first or ours
    return _CHANGES if reaches and not path.endswith("-self") else frozenset()


def _by_action(things: tuple[Placed, ...], actions: tuple[Action, ...]) -> Iterator[Risk]:
    across = len({thing.declared.environment for thing in things} - {None}) > 1
    for thing in things:
        for action in actions:
            if action in _FLAGS:
                of = f" in {thing.declared.environment}" if thing.declared.environment else ""
                flag = READ_ACROSS if action == "read" and across else _FLAGS[action]
                for need in ENGINES[thing.engine].actions[action]:
                    yield Risk(flag, need.at(thing.mount, thing.path), f"{action} {thing.address}{of}", high=False)


def _shown(things: tuple[Placed, ...], hidden: tuple[str, ...]) -> Iterator[Risk]:
    for sentence in shown_anyway(((thing.engine, thing.path) for thing in things), hidden):
        yield Risk(NOT_HIDDEN, ", ".join(hidden), sentence, high=False)
