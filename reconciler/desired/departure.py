"""What a vendor's declarations ever said: which accounts were its principals', and which roles they could hold."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from pydantic import BaseModel

from reconciler.desired.calendar import Calendar
from reconciler.desired.declared import Vendor
from reconciler.desired.history import History, Past
from reconciler.desired.layout import Kind
from reconciler.desired.load import Declarations
from reconciler.desired.repository import run_git
from reconciler.errors import DeclarationError, GuestlistError
from reconciler.model import AccountKey


@dataclass(frozen=True, slots=True)
class Once:
    """A role that principals were once declared to hold; `specs` are all that the role ever was, newest first."""

    target: str
    role: str
    principals: tuple[str, ...]
    specs: tuple[BaseModel, ...]


@dataclass(frozen=True, slots=True)
class Departure:
    """A vendor that leaves, or has left.

    Attributes:
        ended: whether nothing of it is declared any more, or its contract is over.
        since: when that was, or will be by its contract.
        why: that in words.
        owner: the employee who is to see to the rest: its last technical owner.
        keys: every account that its principals ever named, by target.
        held: every role that they were ever granted on the branch. That a grant was admitted is not asked: what could
            have been read is what counts.
    """

    vendor: str
    ended: bool
    since: datetime
    why: str
    owner: str
    keys: Mapping[str, frozenset[AccountKey]]
    held: tuple[Once, ...]


def departure(name: str, declarations: Declarations, history: History, now: datetime) -> Departure:
    """What is known of a vendor, from every version of its file and of its roles' files.

    Raises:
        DeclarationError: its file is broken, so nobody knows whether it has ended.
        GuestlistError: there never was a vendor of that name.
    """
    path = declarations.source.path(f"vendors/{name}.yaml")
    if any(broken.kind is Kind.VENDOR and broken.name == name for broken in declarations.broken):
        raise DeclarationError(f"{path} cannot be used, so nobody knows whether {name} leaves: repair it first")
    past = list(history.vendors(path))
    if not past:
        raise GuestlistError(f"no vendor was ever called {name} on this branch")
    today = declarations.vendors.get(name)
    versions = [one.vendor for one in past] + ([today] if today is not None else [])
    ended, since, why = _end(today, past[0], declarations, history, now)
    owner = (today or past[0].vendor).spec.owners.technical
    person = declarations.people.get(owner)
    return Departure(
        vendor=name,
        ended=ended,
        since=since,
        why=why,
        owner=owner if person is None else f"{person.spec.title} ({owner})",
        keys=_keys(versions, declarations),
        held=tuple(_held(versions, declarations, history)),
    )


def _end(
    today: Vendor | None, last: Past, declarations: Declarations, history: History, now: datetime
) -> tuple[bool, datetime, str]:
    calendar = Calendar(declarations.settings.spec.time_zone)
    contract = (today or last.vendor).spec.contract
    end = calendar.end(contract.ends)
    if today is not None:
        verb = "ended" if end <= now else "ends"
        return end <= now, end, f"its contract {contract.id} {verb} with {contract.ends}"
    removed = next(history.versions(last.vendor.file)).commit
    said = run_git(declarations.source.repo, "show", "-s", "--format=%cI", removed).decode().strip()
    at = datetime.fromisoformat(said)
    if end < at:
        return True, end, f"its contract {contract.id} ended with {contract.ends}"
    return True, at, f"its file was removed in {removed[:12]}"


def _keys(versions: list[Vendor], declarations: Declarations) -> Mapping[str, frozenset[AccountKey]]:
    found: dict[str, set[AccountKey]] = defaultdict(set)
    for vendor in versions:
        for principal in vendor.spec.principals:
            for target, key in declarations.known.accounts.keys(vendor.name, principal):
                found[target].add(key)
    return {target: frozenset(keys) for target, keys in found.items()}


def _held(versions: list[Vendor], declarations: Declarations, history: History) -> Iterator[Once]:
    """By target and role, and only where the target still is declared: elsewhere nothing can be looked at."""
    who: dict[tuple[str, str], set[str]] = defaultdict(set)
    for vendor in versions:
        for grant in vendor.spec.grants:
            who[grant.target, grant.role].update(grant.principals)
    for (target, role), principals in sorted(who.items()):
        if target not in declarations.settings.spec.targets:
            continue
        now = declarations.roles.get(role)
        past = history.roles(declarations.source.path(f"roles/{role}.yaml"))
        specs: list[BaseModel] = []
        for spec in chain([] if now is None else [now.spec], (one.spec for one in past)):
            if spec not in specs:
                specs.append(spec)
        yield Once(target, role, tuple(sorted(principals)), tuple(specs))
