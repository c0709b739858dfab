"""Whether what declarations name exists, and what a wrong name costs: a file, a grant, or a sentence."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.desired.accounts import Accounts
from reconciler.desired.calendar import Calendar
from reconciler.desired.declared import Broken, Override, Person, Role, Settings, Vendor
from reconciler.desired.gaps import UNDECIDED
from reconciler.desired.kinds import Schemas
from reconciler.desired.layout import Kind
from reconciler.desired.models import GrantSpec
from reconciler.desired.strict_yaml import Path, Problem
from reconciler.desired.wording import unknown


@dataclass(frozen=True, slots=True)
class Registry:
    """What can be named: everything of one revision but the vendors themselves.

    Attributes:
        people: those whose files can be read; `names` has them sorted, for suggestions.
        roles: each readable role's connector.
        targets: each target's connector.
        broken: files that exist and cannot be used, by kind and name.
    """

    people: frozenset[str]
    names: tuple[str, ...]
    roles: Mapping[str, str]
    targets: Mapping[str, str]
    broken: Mapping[tuple[Kind | None, str], Broken]
    accounts: Accounts
    calendar: Calendar

    def unreadable(self, kind: Kind, name: str) -> Broken | None:
        """The file (or whole folder) that exists and cannot be read, where that is why `name` is not known."""
        return self.broken.get((kind, name)) or self.broken.get((kind, ""))

    def named(self, name: str) -> bool:
        """Whether a person's name may stand: there is such a person, readable or not, or a gap says that none is."""
        return name == UNDECIDED or self.person(name)

    def person(self, name: str) -> bool:
        """Whether there is such a person, readable or not."""
        return name in self.people or self.unreadable(Kind.PERSON, name) is not None


def registry(
    settings: Settings,
    people: Mapping[str, Person],
    roles: Mapping[str, Role],
    broken: tuple[Broken, ...],
    schemas: Schemas,
) -> Registry:
    """The registry of one revision."""
    return Registry(
        people=frozenset(people),
        names=tuple(sorted(people)),
        roles={name: str(getattr(role.spec, "connector", "")) for name, role in roles.items()},
        targets={name: target.connector for name, target in settings.spec.targets.items()},
        broken={(one.kind, one.name): one for one in broken},
        accounts=Accounts(settings, schemas),
        calendar=Calendar(settings.spec.time_zone),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a vendor's references.

    Attributes:
        fatal: the whole file cannot be relied on.
        doubts: by position, why a single grant cannot be relied on.
        notes: everything that has to be said, including what holds nothing: an employee who left is no reason to keep
            or to take what a vendor has. (A sponsor who left is; admission says so.)
    """

    fatal: tuple[Problem, ...] = ()
    doubts: Mapping[int, Problem] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()


def check_vendor(vendor: Vendor, known: Registry) -> Verdict:
    """What is wrong with the names in a vendor's file."""
    fatal = [*_principals(vendor, known), *_shared(vendor, known)]
    notes = [*_owners(vendor, known), *_proofers(vendor, known)]
    doubts: dict[int, Problem] = {}
    sponsor = vendor.spec.sponsor.name
    unreadable = None if sponsor in known.people or sponsor == UNDECIDED else known.unreadable(Kind.PERSON, sponsor)
    if unreadable is not None:
        text = f"the sponsor {sponsor} cannot be read: {unreadable.problems[0]}"
        doubts = dict.fromkeys(range(len(vendor.spec.grants)), vendor.problem(text, "sponsor", "name"))
    elif not known.named(sponsor):
        notes.append(vendor.problem(unknown("person", sponsor, known.names), "sponsor", "name"))
    names = dict.fromkeys(one.name for one in vendor.spec.principals)
    for position, grant in enumerate(vendor.spec.grants):
        wrong = list(_grant(vendor, position, grant, names, known))
        notes.extend(wrong)
        wrong.extend(_unreadable_role(vendor, position, grant, known))
        if wrong:
            doubts.setdefault(position, wrong[0])
    return Verdict(tuple(fatal), doubts, (*fatal, *notes))


def check_override(override: Override, known: Registry) -> tuple[Problem, ...]:
    """What is wrong with the names in an override; one with a wrong name lifts nothing."""
    problems = []
    if override.spec.target not in known.targets:
        problems.append(override.problem(unknown("target", override.spec.target, tuple(known.targets)), "target"))
    if not known.person(override.spec.by):
        problems.append(override.problem(unknown("person", override.spec.by, known.names), "by"))
    return tuple(problems)


def check_settings(settings: Settings, vendors: tuple[str, ...]) -> Iterator[Problem]:
    """Vendors with a mode of their own that do not exist."""
    exist = frozenset(vendors)
    for name, target in settings.spec.targets.items():
        for vendor in target.vendor_modes:
            if vendor not in exist:
                yield settings.key_problem(unknown("vendor", vendor, vendors), "targets", name, "vendorModes", vendor)


def _owners(vendor: Vendor, known: Registry) -> Iterator[Problem]:
    owners = vendor.spec.owners
    for word, name in (("business", owners.business), ("technical", owners.technical)):
        if not known.named(name):
            yield vendor.problem(unknown("person", name, known.names), "owners", word)


def _proofers(vendor: Vendor, known: Registry) -> Iterator[Problem]:
    for position, principal in enumerate(vendor.spec.principals):
        if principal.proofing is not None and not known.named(principal.proofing.by):
            text = unknown("person", principal.proofing.by, known.names)
            yield vendor.problem(text, "principals", position, "proofing", "by")


def _principals(vendor: Vendor, known: Registry) -> Iterator[Problem]:
    kinds = {principal.name: principal.kind for principal in vendor.spec.principals}
    humans = tuple(name for name, kind in kinds.items() if kind == "human")
    for position, principal in enumerate(vendor.spec.principals):
        here = ("principals", position)
        if principal.name == UNDECIDED:
            yield vendor.problem(f"'{UNDECIDED}' is the word for a gap: give the principal its own name", *here, "name")
        for word, name in (("onBehalfOf", principal.on_behalf_of), ("owner", principal.owner)):
            if (
                name is None
                or name == UNDECIDED
                or kinds.get(name) == "human"
                or (word == "owner" and known.person(name))
            ):
                continue
            if name in kinds:
                yield vendor.problem(
                    f"'{name}' is of kind {kinds[name]}: only a human can answer for others", *here, word
                )
            else:
                candidates = humans if word == "onBehalfOf" else (*humans, *known.names)
                yield vendor.problem(unknown("human", name, candidates), *here, word)
        for target in principal.accounts:
            if target not in known.targets:
                text = unknown("target", target, tuple(known.targets))
                yield vendor.key_problem(text, *here, "accounts", target)
        yield from known.accounts.problems(vendor, position)


def _shared(vendor: Vendor, known: Registry) -> Iterator[Problem]:
    """Names, e-mails and accounts that stand twice: nobody shares one."""
    principals, grants = vendor.spec.principals, vendor.spec.grants
    named = "'{}' is already declared on line {}: give each a name of its own"
    shared = "'{}' already belongs to the principal on line {}: principals are never shared"
    yield from _twice(vendor, _places("grants", ((one.name,) for one in grants), "name"), f"the grant {named}")
    # What follows from a name or an e-mail that stands twice would only say it again.
    names = _places("principals", ((one.name,) for one in principals), "name")
    emails = _places("principals", ((one.email.lower(),) if one.email else () for one in principals), "email")
    accounts = (
        (("principals", at, "accounts", target), f"{key} in {target}")
        for at, one in enumerate(principals)
        for target, key in known.accounts.keys(vendor.name, one)
    )
    for values, text in ((names, f"the principal {named}"), (emails, shared), (accounts, shared)):
        found = list(_twice(vendor, values, text))
        yield from found
        if found:
            return


def _places(where: str, values: Iterable[tuple[str, ...]], word: str) -> Iterator[tuple[Path, str]]:
    return (((where, at, word), value) for at, one in enumerate(values) for value in one)


def _twice(vendor: Vendor, values: Iterator[tuple[Path, str]], text: str) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for place, value in values:
        if value in first:
            yield vendor.problem(text.format(value, vendor.position(*first[value]).line), *place)
        else:
            first[value] = place


def _grant(
    vendor: Vendor, position: int, grant: GrantSpec, names: Collection[str], known: Registry
) -> Iterator[Problem]:
    here = ("grants", position)
    connector = known.targets.get(grant.target)
    if connector is None:
        yield vendor.problem(unknown("target", grant.target, tuple(known.targets)), *here, "target")
    role = known.roles.get(grant.role)
    if role is None and known.unreadable(Kind.ROLE, grant.role) is None:
        yield vendor.problem(unknown("role", grant.role, tuple(known.roles)), *here, "role")
    elif role is not None and connector is not None and role != connector:
        text = f"the role '{grant.role}' is for {role}, and the target '{grant.target}' is of kind {connector}"
        yield vendor.problem(text, *here, "role")
    seen: set[str] = set()
    for at, name in enumerate(grant.principals):
        if name not in names:
            yield vendor.problem(unknown("principal", name, tuple(names)), *here, "principals", at)
        elif name in seen:
            yield vendor.problem(f"the principal '{name}' stands here twice: once is enough", *here, "principals", at)
        seen.add(name)
    start = None if grant.window.from_ is None else known.calendar.start(grant.window.from_)
    if start is not None and start >= known.calendar.end(grant.window.until):
        text = f"until ({grant.window.until}) is not after from ({grant.window.from_})"
        yield vendor.problem(text, *here, "window", "until")


def _unreadable_role(vendor: Vendor, position: int, grant: GrantSpec, known: Registry) -> Iterator[Problem]:
    broken = known.unreadable(Kind.ROLE, grant.role)
    if broken is not None and grant.role not in known.roles:
        text = f"the role '{grant.role}' cannot be read: {broken.problems[0]}"
        yield vendor.problem(text, "grants", position, "role")
