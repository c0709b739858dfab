"""Writes of what an entity holds: policies, memberships, ways in, and tokens. Each gives or takes one thing only.

Entities and groups have no check-and-set. So a write is made from a reading just before it, and what it was to do is
looked for afterwards: where somebody else wrote over it, it is written again; where a group was changed between our
reading and our write, that is said, because then ours may have undone theirs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain

from connectors.vault.accounts import AccountWriter
from connectors.vault.client import segment
from connectors.vault.holdings import ALIAS, POLICY
from connectors.vault.mapping import Entity, Group
from connectors.vault.memberships import GROUP
from connectors.vault.tokens import TOKEN, ended_outcome, given_at, origin
from connectors.vault.working import Workplace
from reconciler.errors import Conflict, Missing, Rejected, TargetError
from reconciler.model import Native
from reconciler.plan.changes import AnyChange, GrantBinding, RevokeBinding
from reconciler.ports import Outcome, OutcomeStatus

BindingChange = GrantBinding | RevokeBinding
_ALREADY, _DONE, _FAILED = OutcomeStatus.ALREADY, OutcomeStatus.DONE, OutcomeStatus.FAILED
_TRIES = 3
_NOBODY = Native("", "")


def together(changes: Sequence[AnyChange], work: Callable[[], list[Outcome]]) -> list[Outcome]:
    """The outcomes of one read-modify-write; what fails, fails for all of its changes and for no other."""
    try:
        return work()
    except TargetError as error:
        return [Outcome(change, _FAILED, str(error)) for change in changes]


class Attacher:
    """Gives and takes bindings of one vault."""

    def __init__(self, place: Workplace, accounts: AccountWriter) -> None:
        self._client = place.client
        self._reader = place.reader
        self._population = place.population
        self._sought = place.sought
        self._tokens = place.tokens
        self._unnamed = place.unnamed
        self._accounts = accounts

    def apply(self, changes: Sequence[BindingChange]) -> Iterator[Outcome]:
        """One outcome for each, as they are known; changes of one entity or group are written at once.

        Tokens come last, when nobody can make them anew by what has just been taken.
        """
        entities: dict[str, list[BindingChange]] = defaultdict(list)
        groups: dict[str, list[BindingChange]] = defaultdict(list)
        others: dict[str, list[BindingChange]] = defaultdict(list)
        for change in changes:
            native = change.native or _NOBODY
            if native.kind == POLICY:
                entities[change.account].append(change)
            elif native.kind == GROUP:
                groups[native.name].append(change)
            else:
                others[native.kind].append(change)
        units: list[Callable[[], list[Outcome]]] = [
            *(partial(together, batch, partial(self._attach, id_, batch)) for id_, batch in entities.items()),
            *(partial(together, batch, partial(self._join, name, batch)) for name, batch in groups.items()),
            *(partial(together, [change], partial(self._unname, change)) for change in others.pop(ALIAS, ())),
        ]
        tokens = others.pop(TOKEN, ())
        above: list[Outcome] = []
        for outcomes in self._reader.spread(lambda unit: unit(), units):
            for outcome in outcomes:
                if _of_group(outcome.change) and outcome.status is _ALREADY:
                    above.append(outcome)
                else:
                    yield outcome
        for outcome in above:
            yield from together([outcome.change], partial(self._left, outcome))
        if tokens:
            yield from together(tokens, partial(self._end, tokens))
        for change in chain.from_iterable(others.values()):
            yield Outcome(change, _FAILED, "guestlist neither gives nor takes what is of this kind")

    def entity(self, id_: str) -> Entity | None:
        """An entity of the population, as it is now; None when it is gone, Rejected when it is not one of ours."""
        return self._read(id_, ())

    def _read(self, id_: str, changes: Sequence[BindingChange]) -> Entity | None:
        """Likewise; of one that an employee may be behind too, what is the vendors' may be taken, and nothing else."""
        try:
            entity = self._reader.entity(id_)
        except Missing:
            return None
        if self._population.protects(entity):
            raise Rejected(f"{entity.name} is excepted, or guestlist itself; it is never changed")
        sought = replace(self._sought, governed=self._sought.governed | self._unnamed)
        if self._population.doubts(entity, sought):
            if not changes or not all(self._ours(change, entity) for change in changes):
                text = f"an employee may be behind {entity.name} too; only what is the vendors' is taken from it"
                raise Rejected(text)
        elif not self._population.holds(entity, sought):
            raise Rejected(f"{entity.name} is outside the population; it is never changed")
        return entity

    def _ours(self, change: BindingChange, entity: Entity) -> bool:
        native = change.native or _NOBODY
        if not isinstance(change, RevokeBinding):
            return False
        if native.kind == TOKEN:
            return given_at(native.name, self._population.mounts)
        if native.kind != ALIAS:
            return self._population.owns(native.name)
        return any(
            alias.key.value == native.name and alias.mount in self._population.mounts for alias in entity.aliases
        )

    def _attach(self, id_: str, changes: Sequence[BindingChange]) -> list[Outcome]:
        moves = [(change, change.native.name) for change in changes if change.native is not None]
        first: set[str] | None = None
        for _ in range(_TRIES + 1):
            entity = self._read(id_, changes)
            if entity is None:
                return [_of_nobody(change) for change in changes]
            held = set(entity.policy_names)
            first = held if first is None else first
            wanted = _moved(held, moves)
            if wanted == held:
                return _outcomes(moves, first ^ wanted)
            self._accounts.put(entity, {"policies": sorted(wanted)})
        raise Conflict("somebody else changes its policies at the same time, again and again; run again")

    def _join(self, name: str, changes: Sequence[BindingChange]) -> list[Outcome]:
        refused = [no for change in changes if isinstance(change, GrantBinding) and (no := self._refused(change))]
        changes = [change for change in changes if change not in [no.change for no in refused]]
        return refused + (self._members(name, changes) if changes else [])

    def _refused(self, change: GrantBinding) -> Outcome | None:
        """Why somebody is not let into a group: only an account of the population is; None where nothing is wrong."""
        try:
            return _of_nobody(change) if self._read(change.account, [change]) is None else None
        except TargetError as error:
            return Outcome(change, _FAILED, str(error))

    def _members(self, name: str, changes: Sequence[BindingChange]) -> list[Outcome]:
        first: set[str] | None = None
        before: Group | None = None
        moves = [(change, change.account) for change in changes]
        for _ in range(_TRIES + 1):
            try:
                group = self._reader.group(self._groups[name])
            except (KeyError, Missing):
                return [_of_nobody(change) for change in changes]
            if group.external:
                text = f"the group {name} is external: its identity provider decides who is in it; change it there"
                raise Rejected(text)
            held = set(group.member_entity_ids)
            first = held if first is None else first
            wanted = _moved(held, moves)
            if wanted == held:
                if before is not None and group.modify_index > before.modify_index + 1:
                    text = (
                        f"somebody else changed the group {name} at the same time; see that their change still stands"
                    )
                    raise Conflict(text)
                return _outcomes(moves, first ^ wanted)
            # By id: a write by name would also change the letters' case of the group's name.
            path = f"identity/group/id/{segment(group.id)}"
            self._client.write(path, {"member_entity_ids": sorted(wanted)})
            before = group
        raise Conflict(f"somebody else changes who is in {name} at the same time, again and again; run again")

    def _left(self, outcome: Outcome) -> list[Outcome]:
        """Of a group above others, which is left by leaving those below: whether it has been."""
        change = outcome.change
        native = change.native or _NOBODY
        try:
            entity = self._reader.entity(change.account)
        except Missing:
            return [outcome]
        if self._groups.get(native.name) in entity.inherited_group_ids:
            text = f"{entity.name} is in {native.name} through another group, which it could not be taken out of"
            return [Outcome(change, _FAILED, text)]
        return [outcome]

    def _unname(self, change: BindingChange) -> list[Outcome]:
        native = change.native or _NOBODY
        if not isinstance(change, RevokeBinding):
            raise Rejected("an alias is what an account is; it is not given like a role")
        entity = self._read(change.account, [change])
        found = [] if entity is None else [alias for alias in entity.aliases if alias.key.value == native.name]
        if entity is not None and found:
            self._unnamed.add(entity.id)
        for alias in found:
            self._accounts.remove_alias(alias.id)
        return [Outcome(change, _DONE if found else _ALREADY)]

    def _end(self, changes: Sequence[BindingChange]) -> list[Outcome]:
        """End tokens, by one search for all of them."""
        outcomes: dict[str, Outcome] = {}
        sought: dict[tuple[str, str], BindingChange] = {}
        for change in changes:
            try:
                entity = self._holder(change)
            except TargetError as error:
                outcomes[change.id] = Outcome(change, _FAILED, str(error))
                continue
            if entity is None:
                outcomes[change.id] = _of_nobody(change)
            else:
                sought |= dict.fromkeys(((id_, (change.native or _NOBODY).name) for id_ in entity.ids), change)
        found = self._tokens.end_by(lambda token: _id_in(sought, (token.entity_id, origin(token)))) if sought else {}
        for change in sought.values():
            outcomes.setdefault(change.id, ended_outcome(change, found.get(change.id, 0)))
        return [outcomes[change.id] for change in changes]

    def _holder(self, change: BindingChange) -> Entity | None:
        """Whose tokens are to be ended."""
        if not isinstance(change, RevokeBinding):
            raise Rejected("guestlist gives no tokens")
        return self._read(change.account, [change])

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        return {listed.name: id_ for id_, listed in self._reader.listed("group").items()}


def _moved(held: set[str], moves: Sequence[tuple[BindingChange, str]]) -> set[str]:
    """What is held after the changes, each of which gives or takes one thing."""
    given = {thing for change, thing in moves if isinstance(change, GrantBinding)}
    taken = {thing for change, thing in moves if isinstance(change, RevokeBinding)}
    return (held | given) - taken


def _outcomes(moves: Sequence[tuple[BindingChange, str]], moved: set[str]) -> list[Outcome]:
    return [Outcome(change, _DONE if thing in moved else _ALREADY) for change, thing in moves]


def _id_in(sought: Mapping[tuple[str, str], BindingChange], key: tuple[str, str]) -> str | None:
    return sought[key].id if key in sought else None


def _of_group(change: AnyChange) -> bool:
    return isinstance(change, RevokeBinding) and change.native is not None and change.native.kind == GROUP


def _of_nobody(change: BindingChange) -> Outcome:
    """Of something that no longer exists, everything is already taken away, and nothing can be given."""
    gone = isinstance(change, RevokeBinding)
    return Outcome(change, _ALREADY if gone else _FAILED, "the account or group no longer exists")
