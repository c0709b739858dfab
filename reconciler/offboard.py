"""A vendor's leaving: what is left of it in the targets, and what it could learn there that is now to be replaced."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from reconciler.desired.departure import Departure
from reconciler.desired.models import TargetSpec
from reconciler.errors import TargetError
from reconciler.ledger import Rotating, Rotation
from reconciler.model import AccountKey, Live, Mode, utc
from reconciler.ports import Connector, ConnectorKind, KeepsSecrets, Learned, ReplacesSecrets, Rotated, Sought


class Status(StrEnum):
    """How far the replacing of one thing is."""

    OPEN = "open"
    ROTATED = "rotated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Remain:
    """Something of the vendor's that is still there.

    Attributes:
        doubt: whether it could not be looked at.
        shared: whether it may as well be somebody else's, who is still here.
    """

    target: str
    text: str
    doubt: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be replaced.

    Attributes:
        roles: the roles by which it could be learned; `principals` who held them.
        due: until the end of which day.
        text: why it could not be rotated, or must not be yet.
    """

    target: str
    item: Learned
    roles: tuple[str, ...]
    principals: tuple[str, ...]
    due: date
    status: Status = Status.OPEN
    text: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Stray:
    """Something that one of its people held and nobody had declared, until a run took it away at `until`."""

    target: str
    principal: str
    kind: str
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Offboarding:
    """What a vendor leaves behind.

    Attributes:
        strays: by the ledger; what could be read by them stands in no declaration, so somebody has to find out.
        stable_ids: the targets' own identities, of those that answered.
    """

    departure: Departure
    remains: tuple[Remain, ...]
    tasks: tuple[Task, ...]
    strays: tuple[Stray, ...] = ()
    stable_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def doubtful(self) -> bool:
        """Whether a target could not be read completely."""
        return any(remain.doubt for remain in self.remains)

    @property
    def failed(self) -> bool:
        """Whether something that was to be rotated was not."""
        return any(task.status is Status.FAILED for task in self.tasks)


@dataclass(frozen=True)
class Place:
    """The targets in question: how they are declared, their kinds, and connections or what stands in their way."""

    targets: Mapping[str, TargetSpec]
    kinds: Mapping[str, ConnectorKind]
    connectors: Mapping[str, Connector | TargetError]


def look(
    departure: Departure,
    place: Place,
    *,
    governed: Mapping[str, frozenset[str]],
    others: Mapping[str, frozenset[AccountKey]],
) -> Offboarding:
    """What is left and what is to be replaced; changes nothing.

    `governed` are the accounts that guestlist answered for before, by target; `others` the accounts that other vendors
    name now, which are theirs whoever had them before.
    """
    tasks = tuple(_tasks(departure, place))
    remains: list[Remain] = []
    stable_ids: dict[str, str] = {}
    for name in sorted(place.connectors):
        keys = departure.keys.get(name, frozenset()) - others.get(name, frozenset())
        items = [task.item for task in tasks if task.target == name]
        if keys or items:
            sought = Sought(declared=keys, governed=governed.get(name, frozenset()))
            remains.extend(_remains(name, place.connectors[name], sought, items, stable_ids))
    return Offboarding(departure, tuple(remains), tasks, stable_ids=stable_ids)


def rotate(found: Offboarding, place: Place, begin: Callable[[Sequence[Rotating]], Rotation]) -> Offboarding:
    """Replace what targets replace by themselves, where nothing of the vendor is left that could learn it again.

    `begin` records what is about to be replaced, and is not asked when that is nothing. Raises LedgerError when
    something cannot be recorded; then nothing more is replaced.
    """
    names = dict.fromkeys(task.target for task in found.tasks)
    hindered = {name: _hindrance(found, name, place.targets[name]) for name in names}
    able = {name for name in names if isinstance(place.connectors[name], ReplacesSecrets) and not hindered[name]}
    planned = {
        task: Rotating(task.target, found.stable_ids[task.target], task.item.kind, task.item.name)
        for task in found.tasks
        if task.item.rotates and task.target in able
    }
    results: dict[tuple[str, Learned], Rotated] = {}
    if planned:
        log = begin(sorted(planned.values()))
        for name in sorted(able):
            results |= {(name, one.item): one for one in _replaced(name, planned, place.connectors[name], log)}
        log.end()
    return replace(found, tasks=tuple(_after(task, results, hindered[task.target]) for task in found.tasks))


def _replaced(name: str, planned: Mapping[Task, Rotating], connector: object, log: Rotation) -> Iterator[Rotated]:
    """What became of each thing of one target, recorded before the next is touched."""
    mine = {task.item: about for task, about in planned.items() if task.target == name}
    if mine and isinstance(connector, ReplacesSecrets):
        for one in connector.rotate(list(mine)):
            log.done(mine[one.item], failed=None if one.done else one.text or "it was not replaced")
            yield one


def _after(task: Task, results: Mapping[tuple[str, Learned], Rotated], hindrance: str) -> Task:
    one = results.get((task.target, task.item))
    if one is not None:
        return replace(task, status=Status.ROTATED if one.done else Status.FAILED, text=one.text)
    return replace(task, text=hindrance) if hindrance and task.item.rotates else task


def _hindrance(found: Offboarding, target: str, spec: TargetSpec) -> str:
    """Why nothing is rotated in a target yet; empty when it may be."""
    vendor = found.departure.vendor
    if not found.departure.ended:
        return f"{vendor} has not left yet, and could learn the new one too"
    if any(remain.target == target and not remain.shared for remain in found.remains):
        return f"something of {vendor} is left in {target}, or in doubt, and could learn the new one too"
    if spec.vendor_modes.get(vendor, spec.mode) is not Mode.ENFORCE:
        return f"{target} is only observed"
    return ""


def _tasks(departure: Departure, place: Place) -> Iterator[Task]:
    """One for each thing that could be learned, with everybody who could."""
    found: dict[tuple[str, Learned], tuple[set[str], set[str]]] = {}
    for once in departure.held:
        spec = place.targets[once.target]
        kind = place.kinds[spec.connector]
        if once.target not in place.connectors or not isinstance(kind, KeepsSecrets):
            continue
        for role in once.specs:
            if getattr(role, "connector", None) != spec.connector:
                continue  # the name was once that of a role for another kind of target
            for item in kind.learned(role, spec):
                roles, principals = found.setdefault((once.target, item), (set(), set()))
                roles.add(once.role)
                principals.update(once.principals)
    for (target, item), (roles, principals) in sorted(found.items()):
        due = (departure.since + timedelta(days=item.within)).date()
        yield Task(target, item, tuple(sorted(roles)), tuple(sorted(principals)), due)


def _remains(
    name: str,
    connector: Connector | TargetError,
    sought: Sought,
    items: list[Learned],
    stable_ids: dict[str, str],
) -> Iterator[Remain]:
    """What is left in one target; notes its identity in `stable_ids`."""
    if isinstance(connector, TargetError):
        yield Remain(name, str(connector), doubt=True)
        return
    try:
        live = connector.observe(sought)
        stable_ids[name] = live.stable_id
        yield from (Remain(name, gap, doubt=True) for gap in live.gaps)
        accounts = [account for account in live.accounts.values() if not sought.declared.isdisjoint(account.keys)]
        for account in accounts:
            if account.enabled:
                outside = "" if account.inside else ", outside the population: guestlist does not change it"
                yield Remain(name, f"the account {account.name} is open{outside}")
            yield from (Remain(name, text) for text in _bindings(live, account.id, account.name))
        closed = [account.id for account in accounts if account.inside and not account.enabled]
        yield from (Remain(name, text) for text in (connector.residue(closed) if closed else ()))
        if isinstance(connector, ReplacesSecrets):
            yield from (Remain(name, text, shared=True) for text in connector.valid(items))
    except TargetError as error:
        yield Remain(name, str(error), doubt=True)


def _bindings(live: Live, account: str, called: str) -> Iterator[str]:
    for binding in live.bindings:
        if binding.key.account == account:
            until = "" if binding.until is None else f" until {utc(binding.until)}"
            yield f"{called} holds {binding.key.native.kind} {binding.key.native.name}{until}"
