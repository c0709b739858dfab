"""Declarations as entitlements: who may what until when, in instants and in the targets' own words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.desired.conflicts import settle
from reconciler.desired.declared import Broken, Role, Vendor, line_of
from reconciler.desired.gaps import vendor_gaps
from reconciler.desired.granting import beyond_contract, too_wide
from reconciler.desired.history import History
from reconciler.desired.kinds import Compiled, Schemas
from reconciler.desired.labelling import shown_tiers, violations
from reconciler.desired.layout import Kind
from reconciler.desired.load import Declarations
from reconciler.desired.models import GrantSpec, PrincipalSpec
from reconciler.desired.standing import Standing
from reconciler.desired.strict_yaml import Problem
from reconciler.errors import DeclarationError
from reconciler.model import (
    SHOWN_BY_DEFAULT,
    Claim,
    Entitlements,
    Grant,
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
    standing = Standing(declarations, history)
    resolver = _Resolver(declarations, schemas, history, standing)
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
        grants.extend(resolver.grants(used[name], doubts.get(name)))
        claims.extend(resolver.claims(used[name], doubts.get(name)))
    settled = settle(claims, grants, used, accounts=declarations.known.accounts, history=history)
    return Entitlements(
        grants=settled[1],
        claims=settled[0],
        blind=tuple(blind),
        named=standing.named,
        labels=standing.labels,
        definitions=standing.definitions,
    )


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

    def __init__(self, declarations: Declarations, schemas: Schemas, history: History, standing: Standing) -> None:
        self._declarations = declarations
        self._labels = standing.by_connector
        self._known = declarations.known
        self._schemas = schemas
        self._history = history
        self._impossible: dict[tuple[str, str, str], Reason] = {}
        self._shown: dict[str, str | None] = {}
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
        """The accounts that a vendor's principals name, in every target; to be asked for after its grants.

        Where nobody knows what one of the grants means there, or somebody must still decide about one, nothing can be
        concluded from what is not declared.
        """
        gaps = vendor_gaps(vendor)
        for position, principal in enumerate(vendor.spec.principals):
            at = vendor.at("principals", position)
            for target, key in self._known.accounts.keys(vendor.name, principal):
                why = doubt or self._impossible.get((vendor.name, target, principal.name))
                if why is None and (undecided := gaps.doubt(vendor, principal.name, target)):
                    why = _doubt(undecided)
                attributes = self._known.accounts.attributes(target, vendor.name, vendor.spec, principal)
                if isinstance(attributes, DeclarationError):
                    why = why or Reason(ReasonCode.BROKEN_DECLARATION, str(attributes), at)
                    attributes = {}
                yield Claim(vendor.name, principal.name, target, key, at, why, attributes=attributes)

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
        lapse = self._lapse(vendor, grant, in_use.role, at)
        for name in dict.fromkeys(grant.principals):
            if name not in terms.people:
                continue
            declared, principal = terms.people[name]
            key = self._known.accounts.key(grant.target, vendor.name, declared)
            compiled = self._compile(in_use.role, grant, vendor, name)
            impossible = None
            if isinstance(compiled, DeclarationError):
                where = vendor.at("grants", position, "role" if grant.scope is None else "scope")
                impossible = Reason(ReasonCode.BROKEN_DECLARATION, str(compiled), where)
                self._impossible[vendor.name, grant.target, name] = impossible
                compiled = (None,)
            for made in compiled:
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
                    scope=grant.narrowed if made is None else made.scope,
                    doubt=doubt or in_use.doubt or impossible,
                    lapse=_no_account(principal, grant) if key is None else lapse,
                    unscoped=grant.unscoped,
                    shows=SHOWN_BY_DEFAULT if in_use.role is None else shown_tiers(in_use.role),
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

    def _compile(
        self, role: Role | None, grant: GrantSpec, vendor: Vendor, principal: str
    ) -> tuple[Compiled | None, ...] | DeclarationError:
        """The bindings that a grant means for one principal; a single None where no role of the target's kind is."""
        compiler = self._declarations.compiler
        if role is None or not compiler.fits(grant.target, role):
            return (None,)
        return compiler.compile(grant.target, role, vendor=vendor.name, principal=principal, scope=grant.narrowed)

    def _lapse(self, vendor: Vendor, grant: GrantSpec, role: Role | None, at: str) -> Reason | None:
        """Why a grant of the role can never be admitted: it is beyond the contract, too wide, or shows too much."""
        compiler = self._declarations.compiler
        if role is None or not compiler.fits(grant.target, role):
            return None
        beyond = next(beyond_contract(role.name, compiler.reach(role), vendor.spec.contract), None)
        if beyond is not None:
            return Reason(ReasonCode.OUT_OF_CONTRACT_SCOPE, beyond, at)
        wide = too_wide(role.name, compiler.needs_scope(role), grant)
        if wide is not None:
            return Reason(ReasonCode.RULE_DENIED, wide, at)
        if role.name not in self._shown:
            self._shown[role.name] = next(violations(role, self._labels, self._schemas), None)
        shown = self._shown[role.name]
        return None if shown is None else Reason(ReasonCode.DATA_TIER_VIOLATION, shown, role.at())


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
