"""Writes of a vault: each reads what it is about to change just before, and changes nothing else of it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain

from connectors.vault.client import VaultClient, segment
from connectors.vault.mapping import Entity
from connectors.vault.observing import GROUP
from connectors.vault.population import Population
from connectors.vault.reading import Reader
from connectors.vault.roles import RoleChange, RoleWriter
from connectors.vault.tokens import Tokens
from reconciler.errors import Conflict, Missing, Rejected, TargetError
from reconciler.plan.changes import (
    AnyChange,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    UpdateRole,
)
from reconciler.ports import Outcome, OutcomeStatus, Sought

BindingChange = GrantBinding | RevokeBinding
AccountChange = DisableAccount | EnableAccount
_ALREADY, _DONE, _FAILED = OutcomeStatus.ALREADY, OutcomeStatus.DONE, OutcomeStatus.FAILED
_NO_ACCOUNT = "the account no longer exists"


class Writer:
    """Applies the changes of one stage to one vault."""

    def __init__(self, client: VaultClient, reader: Reader, population: Population, sought: Sought) -> None:
        self._client = client
        self._reader = reader
        self._population = population
        self._sought = sought
        self._roles = RoleWriter(client, reader, population)
        self._tokens = Tokens(client, reader)

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """One outcome for each change, as they are known; changes of one entity or group are written at once."""
        roles: list[RoleChange] = []
        entities: dict[str, list[BindingChange]] = defaultdict(list)
        groups: dict[str, list[BindingChange]] = defaultdict(list)
        closed: list[AccountChange] = []
        opened: list[AccountChange] = []
        for change in changes:
            match change:
                case CreateRole() | UpdateRole() | DeleteRole() | SetEnd():
                    roles.append(change)
                case GrantBinding() | RevokeBinding():
                    if change.native is not None and change.native.kind == GROUP:
                        groups[change.native.name].append(change)
                    else:
                        entities[change.account].append(change)
                case DisableAccount():
                    closed.append(change)
                case EnableAccount():
                    opened.append(change)
        units: list[Callable[[], list[Outcome]]] = [
            *(partial(_together, [role], partial(self._define, role)) for role in roles),
            *(partial(_together, batch, partial(self._attach, id_, batch)) for id_, batch in entities.items()),
            *(partial(_together, batch, partial(self._join, name, batch)) for name, batch in groups.items()),
        ]
        yield from chain.from_iterable(self._reader.spread(lambda unit: unit(), units))
        if closed:
            yield from self._close(closed)
        if opened:
            yield from self._open(opened)

    def _define(self, change: RoleChange) -> list[Outcome]:
        return [Outcome(change, _DONE if self._roles.write(change) else _ALREADY)]

    def _attach(self, id_: str, changes: Sequence[BindingChange]) -> list[Outcome]:
        entity = self._entity(id_)
        if entity is None:
            return [_of_nobody(change) for change in changes]
        held = set(entity.policy_names)
        moves = [(change, change.native.name) for change in changes if change.native is not None]
        wanted = _moved(held, moves)
        if wanted != held:
            self._set(entity, {"policies": sorted(wanted)})
        return _outcomes(moves, held ^ wanted)

    def _join(self, name: str, changes: Sequence[BindingChange]) -> list[Outcome]:
        try:
            group = self._reader.group(self._groups[name])
        except (KeyError, Missing):
            return [_of_nobody(change) for change in changes]
        if group.external:
            raise Rejected(f"the group {name} is external: its identity provider decides who is in it; change it there")
        held = set(group.member_entity_ids)
        moves = [(change, change.account) for change in changes]
        wanted = _moved(held, moves)
        if wanted != held:
            # By id: a write by name would also change the letters' case of the group's name.
            path = f"identity/group/id/{segment(group.id)}"
            self._client.write(path, {"member_entity_ids": sorted(wanted)})
        return _outcomes(moves, held ^ wanted)

    def _close(self, changes: Sequence[AccountChange]) -> Iterator[Outcome]:
        """Disable first, then end the tokens: a disabled entity cannot make new ones.

        Where disabling fails, the tokens are ended all the same: whoever has one has to log in again.
        """
        before: dict[str, bool] = {}
        still_open: dict[str, str] = {}
        for change in changes:
            try:
                entity = self._entity(change.account)
            except TargetError as error:
                yield Outcome(change, _FAILED, str(error))
                continue
            if entity is None:
                yield Outcome(change, _ALREADY, _NO_ACCOUNT)
                continue
            before[change.account] = entity.disabled
            still_open[change.account] = self._disable(entity)
        ended: Mapping[str, int] = {}
        left = ""
        try:
            ended = self._tokens.end(before.keys())
        except TargetError as error:
            left = f"its tokens could not all be ended: {error}"
        for change in changes:
            if change.account not in before:
                continue
            count = ended.get(change.account, 0)
            text = left or (f"{count} of its tokens ended" if count else "")
            if why := still_open[change.account]:
                yield Outcome(change, _FAILED, "; ".join(filter(None, [f"it could not be disabled: {why}", text])))
            elif left:
                yield Outcome(change, _FAILED, f"it is disabled, but {left}")
            else:
                yield Outcome(change, _ALREADY if before[change.account] and not count else _DONE, text)

    def _disable(self, entity: Entity) -> str:
        """Why it could not be disabled; empty when it is."""
        try:
            if not entity.disabled:
                self._set(entity, {"disabled": True})
        except TargetError as error:
            return str(error)
        return ""

    def _open(self, changes: Sequence[AccountChange]) -> Iterator[Outcome]:
        """End what is left from before, and only then enable: enabling would give old tokens their power back."""
        try:
            self._tokens.end({change.account for change in changes})
        except TargetError as error:
            text = f"it stays disabled, because its old tokens could not all be ended: {error}"
            yield from (Outcome(change, _FAILED, text) for change in changes)
            return
        for change in changes:
            yield from _together([change], partial(self._enable, change))

    def _enable(self, change: AccountChange) -> list[Outcome]:
        entity = self._entity(change.account)
        if entity is None:
            return [Outcome(change, _FAILED, _NO_ACCOUNT)]
        if not entity.disabled:
            return [Outcome(change, _ALREADY)]
        self._set(entity, {"disabled": False})
        return [Outcome(change, _DONE)]

    def _entity(self, id_: str) -> Entity | None:
        try:
            entity = self._reader.entity(id_)
        except Missing:
            return None
        if self._population.protects(entity):
            raise Rejected(f"{entity.name} is excepted, or guestlist itself; it is never changed")
        if not self._population.holds(entity, self._sought):
            raise Rejected(f"{entity.name} is outside the population; it is never changed")
        return entity

    def _set(self, entity: Entity, body: Mapping[str, object]) -> None:
        # By name, because rights by id cannot be narrowed; lower-case, because rights by name know no other case.
        folded = entity.name.lower()
        name = folded if folded.startswith(self._population.prefix) else entity.name
        made = self._client.write(f"identity/entity/name/{segment(name)}", body)
        if made.get("id", entity.id) != entity.id:
            raise Conflict(f"{entity.name} vanished meanwhile, and this write made an empty entity; run again")

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        return {listed.name: id_ for id_, listed in self._reader.listed("group").items()}


def _together(changes: Sequence[AnyChange], work: Callable[[], list[Outcome]]) -> list[Outcome]:
    """The outcomes of one read-modify-write; what fails, fails for all of its changes and for no other."""
    try:
        return work()
    except TargetError as error:
        return [Outcome(change, _FAILED, str(error)) for change in changes]


def _moved(held: set[str], moves: Sequence[tuple[BindingChange, str]]) -> set[str]:
    """What is held after the changes, each of which gives or takes one thing."""
    given = {thing for change, thing in moves if isinstance(change, GrantBinding)}
    taken = {thing for change, thing in moves if isinstance(change, RevokeBinding)}
    return (held | given) - taken


def _outcomes(moves: Sequence[tuple[BindingChange, str]], moved: set[str]) -> list[Outcome]:
    return [Outcome(change, _DONE if thing in moved else _ALREADY) for change, thing in moves]


def _of_nobody(change: BindingChange) -> Outcome:
    """Of something that no longer exists, everything is already taken away, and nothing can be given."""
    gone = isinstance(change, RevokeBinding)
    return Outcome(change, _ALREADY if gone else _FAILED, "the account or group no longer exists")
