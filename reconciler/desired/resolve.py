"""Declarations as entitlements: who may what until when, in instants and in the targets' own words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.desired.conflicts import settle
from reconciler.desired.declared import Broken, Role, Vendor, line_of
from reconciler.desired.history import History
from reconciler.desired.kinds import Compiled, Schemas
from reconciler.desired.layout import Kind
from reconciler.desired.load import Declarations
from reconciler.desired.models import GrantSpec, PrincipalSpec
from reconciler.desired.strict_yaml import Problem
from reconciler.model import (
    Claim,
    Entitlements,
    Grant,
    Native,
    Principal,
    Reason,
    ReasonCode,
    Sponsorship,
)


def resolve(declarations: Declarations, schemas: Schemas, history: History | None = None) -> Entitlements:
    """Everything that the declarations ask for, before anybody judges it; what is in doubt says so.

    `history` is that of the declarations' own source, and only asked about what is broken or contested.
    """
    history = history or History(declarations.source, schemas)
    resolver = _Resolver(declarations, schemas, history)
    used: dict[str, Vendor] = dict(declarations.vendors)
    doubts: dict[str, Reason] = {}
    blind: list[Reason] = []
    resolver.expect_broken()
    for broken in declarations.broken:
        past = resolver.last_valid(broken) if broken.name not in used else None
        if past is not None:
            used[broken.name], doubts[broken.name] = past
        elif _could_name_somebody(broken):
            blind.append(_blind(broken))
    grants: list[Grant] = []
    claims: list[Claim] = []
    for name in sorted(used):
        claims.extend(resolver.claims(used[name], doubts.get(name)))
        grants.extend(resolver.grants(used[name], doubts.get(name)))
    settled = settle(claims, grants, used, accounts=declarations.known.accounts, history=history)
    return Entitlements(
        grants=settled[1], claims=settled[0], blind=tuple(blind), named=dict(_named(declarations, schemas))
    )


def _named(declarations: Declarations, schemas: Schemas) -> Iterator[tuple[tuple[str, Native], str]]:
    """What each declared role is called in each target, where the target itself defines it."""
    for target, connector in declarations.known.targets.items():
        for name, role in declarations.roles.items():
            if getattr(role.spec, "connector", None) == connector:
                spec = declarations.settings.spec.targets[target]
                for made in schemas[connector].compile(
                    name, role.spec, target=spec, vendor=name, principal=name, scope=()
                ):
                    if made.definition is None:
                        yield (target, made.native), name


@dataclass(frozen=True, slots=True)
class _Terms:
    """What all grants of one vendor have in common."""

    vendor: Vendor
    people: Mapping[str, tuple[PrincipalSpec, Principal]]
    sponsor: Sponsorship
    contract_start: datetime
    contract_end: datetime


@dataclass(frozen=True, slots=True)
class _RoleInUse:
    """A role that was found, now or in the history; `doubt` says why it may not be relied on."""

    role: Role | None
    doubt: Reason | None


class _Resolver:
    """Resolves vendors against the rest of one revision."""

    def __init__(self, declarations: Declarations, schemas: Schemas, history: History) -> None:
        self._declarations = declarations
        self._known = declarations.known
        self._schemas = schemas
        self._history = history
        self._past_roles: dict[str, Role | None] = {}

    def expect_broken(self) -> None:
        """Tell the history which files it will be asked about."""
        broken = (one.name for one in self._declarations.broken if one.kind is Kind.VENDOR)
        self._history.expect(self._path(name) for name in (*broken, *self._declarations.doubts))

    def _path(self, vendor: str) -> str:
        return self._declarations.source.path(f"vendors/{vendor}.yaml")

    def last_valid(self, broken: Broken) -> tuple[Vendor, Reason] | None:
        """What a broken vendor file said when it last was valid, and why that is in doubt."""
        if broken.kind is not Kind.VENDOR or not broken.name:
            return None
        past = self._history.vendor(self._path(broken.name), self._known)
        if past is None:
            return None
        text = (
            f"its file cannot be used ({broken.problems[0].text}): what it said in {past.commit[:12]} is held as it is"
        )
        return past.vendor, Reason(ReasonCode.BROKEN_DECLARATION, text, line_of(broken.problems[0].at))

    def claims(self, vendor: Vendor, doubt: Reason | None) -> Iterator[Claim]:
        """The accounts that a vendor's principals name, in every target."""
        for position, principal in enumerate(vendor.spec.principals):
            at = vendor.at("principals", position)
            for target, key in self._known.accounts.keys(vendor.name, principal):
                yield Claim(vendor.name, principal.name, target, key, at, doubt)

    def grants(self, vendor: Vendor, doubt: Reason | None) -> Iterator[Grant]:
        """A vendor's grants, one per principal."""
        doubts = {} if doubt else self._declarations.doubts.get(vendor.name, {})
        terms = self._terms(vendor)
        for position, grant in enumerate(vendor.spec.grants):
            fault = doubts.get(position)
            why = doubt or (_doubt(fault) if fault else None)
            made = list(self._grant(terms, position, grant, why))
            yield from made
            if fault and why and not self._names_something(vendor, grant):
                yield from self._before(
                    vendor, grant, why, {(one.target, one.role, one.principal.name) for one in made}
                )

    def _before(
        self, vendor: Vendor, grant: GrantSpec, doubt: Reason, known: set[tuple[str, str, str]]
    ) -> Iterator[Grant]:
        """What a grant with a wrong name in it said when it had none, where that is not what it says now.

        A misspelt principal, role or target would otherwise take away what the right one was given.
        """

        def is_whole(past: Vendor) -> bool:
            same = [position for position, one in enumerate(past.spec.grants) if one.name == grant.name]
            return bool(same) and self._names_something(past, past.spec.grants[same[0]])

        past = self._history.vendor(vendor.file, self._known, is_whole)
        if past is None:
            return
        terms = self._terms(past.vendor)
        for position, one in enumerate(past.vendor.spec.grants):
            if one.name == grant.name:
                made = self._grant(terms, position, one, doubt)
                yield from (it for it in made if (it.target, it.role, it.principal.name) not in known)

    def _names_something(self, vendor: Vendor, grant: GrantSpec) -> bool:
        principals = {one.name for one in vendor.spec.principals}
        role = self._role(vendor, 0, grant)
        return grant.target in self._known.targets and role.role is not None and principals.issuperset(grant.principals)

    def _terms(self, vendor: Vendor) -> _Terms:
        calendar, spec = self._known.calendar, vendor.spec
        people = {
            one.name: (
                one,
                Principal(
                    name=one.name,
                    kind=one.kind,
                    email=one.email,
                    accountable=one.accountable,
                    proofed=None if one.proofing is None else calendar.start(one.proofing.date),
                    mfa=one.mfa == "required",
                    at=vendor.at("principals", position),
                ),
            )
            for position, one in enumerate(spec.principals)
        }
        sponsor = Sponsorship(
            name=spec.sponsor.name,
            since=calendar.start(spec.sponsor.since),
            known=self._known.person(spec.sponsor.name),
            at=vendor.at("sponsor"),
        )
        starts, ends = calendar.start(spec.contract.starts), calendar.end(spec.contract.ends)
        return _Terms(vendor, people, sponsor, starts, ends)

    def _grant(self, terms: _Terms, position: int, grant: GrantSpec, doubt: Reason | None) -> Iterator[Grant]:
        if grant.target not in self._known.targets:
            return
        vendor, calendar = terms.vendor, self._known.calendar
        at = vendor.at("grants", position)
        start = None if grant.window.from_ is None else calendar.start(grant.window.from_)
        end = calendar.end(grant.window.until)
        in_use = self._role(vendor, position, grant)
        for name in dict.fromkeys(grant.principals):
            if name not in terms.people:
                continue
            declared, principal = terms.people[name]
            key = self._known.accounts.key(grant.target, vendor.name, declared)
            for made in self._compile(in_use.role, grant, vendor.name, name):
                yield Grant(
                    vendor=vendor.name,
                    name=grant.name,
                    principal=principal,
                    sponsor=terms.sponsor,
                    target=grant.target,
                    role=grant.role,
                    key=key,
                    start=start,
                    end=end,
                    contract_start=terms.contract_start,
                    contract_end=terms.contract_end,
                    reason=grant.reason,
                    ticket=grant.ticket,
                    at=at,
                    zone=calendar.zone,
                    native=None if made is None else made.native,
                    definition=None if made is None else made.definition,
                    scope=() if made is None else made.scope,
                    doubt=doubt or in_use.doubt,
                    lapse=_no_account(principal, grant) if key is None else None,
                )

    def _role(self, vendor: Vendor, position: int, grant: GrantSpec) -> _RoleInUse:
        """The role of the vendor's grant at `position`: as declared, or as it last was."""
        name = grant.role
        role = self._declarations.roles.get(name)
        if role is not None:
            return _RoleInUse(role, None)
        if name not in self._past_roles:
            self._past_roles[name] = self._history.role(self._declarations.source.path(f"roles/{name}.yaml"))
        unreadable = self._known.unreadable(Kind.ROLE, name)
        why = f"cannot be used ({unreadable.problems[0].text})" if unreadable else "is not declared"
        where = unreadable.problems[0].at if unreadable else vendor.position("grants", position, "role")
        doubt = Reason(ReasonCode.BROKEN_DECLARATION, f"the role '{name}' {why}", line_of(where))
        return _RoleInUse(self._past_roles[name], doubt)

    def _compile(self, role: Role | None, grant: GrantSpec, vendor: str, principal: str) -> tuple[Compiled | None, ...]:
        """The bindings that a grant means for one principal; a single None where the role cannot say."""
        connector = self._known.targets[grant.target]
        if role is None or getattr(role.spec, "connector", None) != connector:
            return (None,)
        target = self._declarations.settings.spec.targets[grant.target]
        return self._schemas[connector].compile(
            grant.role, role.spec, target=target, vendor=vendor, principal=principal, scope=()
        )


def _doubt(problem: Problem) -> Reason:
    return Reason(ReasonCode.BROKEN_DECLARATION, problem.text, line_of(problem.at))


def _no_account(principal: Principal, grant: GrantSpec) -> Reason:
    text = f"{principal.name} names no account in {grant.target}: write it below `accounts`"
    return Reason(ReasonCode.MISSING_ACCOUNT, text, principal.at)


def _could_name_somebody(broken: Broken) -> bool:
    """Whether a file could be a vendor's: it stands among them, or is a declaration in a place that says nothing."""
    return broken.kind is Kind.VENDOR or (broken.kind is None and broken.file.endswith((".yaml", ".yml")))


def _blind(broken: Broken) -> Reason:
    text = f"{broken.file} cannot be used ({broken.problems[0].text}), and never could: nobody knows whom it names"
    return Reason(ReasonCode.BROKEN_DECLARATION, text, line_of(broken.problems[0].at))
