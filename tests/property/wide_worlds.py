"""Random worlds with everything in them: scopes, attributes, lasting definitions, what cannot be taken away, memory.

Each is made from one number, so that hundreds are cheap and most have something of everything; a failing number is
the whole example (`world_of(number)`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from reconciler.ledger.state import TargetState
from reconciler.model import (
    FOLLOWED,
    SHOWN_BY_DEFAULT,
    Account,
    BindingKey,
    Claim,
    DefinedRole,
    Definition,
    Entitlements,
    Exposure,
    Grant,
    Label,
    Live,
    LiveBinding,
    Native,
    Principal,
    Reason,
    ReasonCode,
    Risk,
    Scope,
    Sponsorship,
)
from reconciler.plan.memory import AccountMemory, attribute_mark, binding_mark
from reconciler.plan.terms import Terms
from tests.property.strategies import (
    DOUBT,
    LONG_AGO,
    NOW,
    ROLES,
    TARGET,
    VENDORS,
    World,
    definition_of,
    key,
    native_of,
)

READ = Native("permissionSet", "read")
SHARE = Native("caseShare", "Read")
DEFINED = (Native("permissionSet", "ours-1"), Native("permissionSet", "ours-2"))
PROFILE = Native("profile", "admin")
CASES: tuple[Scope, ...] = tuple((("cases", (number,)),) for number in ("1", "2", "3"))
PATTERN: Scope = (("cases", (f"{FOLLOWED}L2",)),)
LABELS = {(TARGET, "case.ssn__c"): Label("restricted", frozenset({"pii"}), "data/x.yaml:4", "Case.SSN__c")}
SHOWN = (Exposure("Case.SSN__c", "permission set X"), Exposure("Case.Unlabelled__c", "permission set X"))
EXPORT = Risk("export", "PermissionsDataExport", "permission set X", high=True)
API = Risk("api", "PermissionsApiEnabled", "permission set X", high=False)
ATTRIBUTES = {"profile": ("vendor", "vendor", "admin"), "zone": ("UTC", "CET", "")}
CLEAR = frozenset({attribute_mark("profile", "vendor")})

Item = TypeVar("Item")


@dataclass(frozen=True)
class Wide:
    """A world, what the ledger holds of it, and how its target is planned."""

    world: World
    state: TargetState
    terms: Terms


def lasting(native: Native, meaning: str = "as declared", risks: tuple[Risk, ...] = ()) -> Definition:
    return replace(definition_of(native, meaning), lasting=True, risks=risks, words=(f"read {meaning}",))


def wide_worlds() -> st.SearchStrategy[Wide]:
    return st.integers(0, 2**40).map(world_of)


def world_of(number: int) -> Wide:
    return _Dice(number).world()


class _Dice:
    def __init__(self, number: int) -> None:
        self._random = Random(number)  # noqa: S311 - worlds, no secrets

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _some(self, items: tuple[Item, ...] | list[Item], share: float) -> list[Item]:
        return [item for item in items if self._chance(share)]

    def _one(self, items: tuple[Item, ...]) -> Item:
        return self._random.choice(items)

    def world(self) -> Wide:
        asked = self._asked()
        live = self._live(asked)
        terms = Terms(
            freezes=self._chance(0.5),
            creates=self._chance(0.6),
            grace=self._one((None, timedelta(days=1), timedelta(days=20))),
        )
        return Wide(World(asked, live), self._state(live), terms)

    def _asked(self) -> Entitlements:
        grants: list[Grant] = []
        claims: list[Claim] = []
        for vendor in VENDORS:
            doubt = DOUBT if self._chance(0.15) else None
            for number in range(self._random.randint(0, 2)):
                who = f"p{number}"
                name = f"{vendor}-{who}" if self._chance(0.95) else self._one(("employee-1", "acme-p0", "rogue-1"))
                at = f"vendors/{vendor}.yaml:{number}"
                claims.append(Claim(vendor, who, TARGET, key(name), at, doubt, attributes=self._attributes()))
                for _ in range(self._random.randint(0, 3)):
                    grants += self._grants(vendor, who, name, doubt or (DOUBT if self._chance(0.1) else None))
        definitions = [
            DefinedRole(TARGET, native.name, lasting(native), "roles/x.yaml:1", DOUBT if self._chance(0.2) else None)
            for native in self._some(DEFINED, 0.7)
        ]
        blind = (DOUBT,) if self._chance(0.15) else ()
        return Entitlements(tuple(grants), tuple(claims), blind, labels=LABELS, definitions=tuple(definitions))

    def _attributes(self) -> Mapping[str, str]:
        return {name: self._one(values) for name, values in ATTRIBUTES.items() if self._chance(0.6)}

    def _grants(self, vendor: str, who: str, name: str, doubt: Reason | None) -> list[Grant]:
        """A declared grant: of a role narrowed to records, of one that is kept there, or of another."""
        role = self._one(ROLES)
        native = native_of(name, role)
        good = 0.96
        grant = Grant(
            vendor=vendor,
            name=self._one(("one", "two", "three")),
            principal=Principal(
                who,
                self._one(("human", "persona", "automation")),
                f"{who}@x.example",
                "boss" if self._chance(good) else None,
                NOW - timedelta(days=1) if self._chance(good) else None,
                self._chance(good),
                "vendors/x.yaml:2",
            ),
            sponsor=Sponsorship("dana", LONG_AGO, self._chance(good), "vendors/x.yaml:1"),
            target=TARGET,
            role=role,
            key=key(name),
            start=None if self._chance(good) else NOW + timedelta(days=1),
            end=NOW + timedelta(days=self._random.randint(1, 30) if self._chance(0.9) else -1),
            contract_start=NOW - timedelta(days=100),
            contract_end=NOW + timedelta(days=40 if self._chance(good) else -1),
            reason="because",
            ticket=None,
            at="vendors/x.yaml:9",
            native=native,
            definition=definition_of(native) if native.kind == "policy" else None,
            doubt=doubt,
            shows=SHOWN_BY_DEFAULT | ({"restricted"} if self._chance(0.3) else frozenset()),
        )
        match self._one(("scoped", "followed", "followed", "defined", "plain")):
            case "scoped":
                scopes = self._some(CASES, 0.5) or [CASES[0]]
            case "followed":
                scopes = [PATTERN]
            case "defined":
                defined = self._one(DEFINED)
                return [replace(grant, native=defined, definition=lasting(defined))]
            case _:
                return [grant]
        shares = [replace(grant, native=SHARE, definition=None, scope=scope) for scope in scopes]
        return [replace(grant, native=READ, definition=None), *shares]

    def _live(self, asked: Entitlements) -> Live:
        names = sorted({claim.key.value for claim in asked.claims} | {"rogue-1", "rogue-2", "employee-1"})
        accounts = {f"id-{name}": self._account(name) for name in names if name[0] == "r" or self._chance(0.7)}
        inside = [account.id for account in accounts.values() if account.inside]
        policies = {
            grant.native for grant in asked.grants if grant.native is not None and grant.native.kind == "policy"
        }
        policies |= {native_of(name, "write") for name in names}
        definitions = {
            native: replace(definition_of(native, self._one(("as declared", "wider"))), until=self._end())
            for native in self._some(sorted(policies), 0.4)
        }
        for native in self._some(DEFINED, 0.6):
            risks = (EXPORT,) if self._chance(0.3) else ()
            definitions[native] = lasting(native, self._one(("as declared", "as declared", "wider")), risks)
        followed = {PATTERN: tuple(self._some(CASES, 0.5))} if self._chance(0.85) else {}
        natives = [READ, PROFILE, *(native for native in DEFINED if native in definitions)]
        # What a role of ours declares was looked at when it was validated; what somebody edited it to be was not.
        edited = [native for native in DEFINED if native in definitions and definitions[native].meaning == "wider"]
        case_missing = Reason(ReasonCode.CASE_MISSING, "there is no such case")
        return Live(
            TARGET,
            "org-1",
            NOW,
            accounts=accounts,
            bindings=tuple(self._bindings(asked, inside, definitions)),
            definitions=definitions,
            existing=frozenset({READ}) if self._chance(0.9) else frozenset(),
            endless=frozenset({"group", "caseShare", "profile"}),
            followed=followed,
            obstacles={(SHARE, scope): case_missing for scope in self._some([*CASES, PATTERN], 0.1)},
            risks={native: (API, EXPORT) if self._chance(0.3) else (API,) for native in self._some(natives, 0.4)},
            exposures=dict.fromkeys(self._some([READ, PROFILE, *edited], 0.15), SHOWN),
            activated=frozenset(self._some(natives, 0.3)),
        )

    def _account(self, name: str) -> Account:
        enabled = self._chance(0.65)
        lingering = not enabled and self._chance(0.2)
        return Account(
            f"id-{name}",
            name,
            frozenset({key(name)} | ({key("rogue-2")} if self._chance(0.03) else frozenset())),
            inside=not name.startswith("employee") and self._chance(0.95),
            enabled=enabled,
            lingering=lingering,
            reopenable=self._chance(0.9),
            attributes=self._attributes(),
            retired=not enabled and not lingering and self._chance(0.3),
            fixed={"profile": "its licence forbids it"} if self._chance(0.2) else {},
        )

    def _bindings(
        self, asked: Entitlements, inside: list[str], definitions: Mapping[Native, Definition]
    ) -> list[LiveBinding]:
        standing = {
            BindingKey(f"id-{grant.key.value}", grant.native, grant.scope)
            for grant in asked.grants
            if grant.key is not None and grant.native is not None and f"id-{grant.key.value}" in inside
            if grant.scope != PATTERN and self._chance(0.5)
            if grant.definition is None or grant.native in definitions
        }
        for account in inside:
            standing |= {BindingKey(account, SHARE, scope) for scope in self._some(CASES, 0.25)}
            others = (READ, Native("group", "anybody"), *definitions)
            standing |= {BindingKey(account, native) for native in self._some(others, 0.15)}
        found = []
        for each in sorted(standing):
            own = self._end() if each.native.kind == "permissionSet" else None
            definition = definitions.get(each.native)
            until = definition.until if definition is not None and not definition.lasting else own
            stuck = "set by the licence" if definition is None and self._chance(0.04) else None
            found.append(LiveBinding(each, until, unremovable=stuck))
        held = self._some([BindingKey(account, PROFILE) for account in inside], 0.15)
        return [*found, *(LiveBinding(each, unremovable="set by the licence") for each in held)]

    def _end(self) -> datetime | None:
        return None if self._chance(0.3) else NOW + timedelta(days=self._random.randint(-5, 30))

    def _state(self, live: Live) -> TargetState:
        known: dict[str, AccountMemory] = {}
        for account in live.population():
            if not self._chance(0.85):
                continue
            marks = [binding_mark(binding.key) for binding in live.bindings if binding.key.account == account.id]
            known[account.id] = AccountMemory(
                account.name,
                closed=not account.enabled and self._chance(0.8),
                clean=self._chance(0.6),
                bindings=frozenset(self._some(marks, 0.6)),
                closed_at=self._past(),
                attributes=self._one((None, CLEAR)),
                revoked={mark: tuple(sorted(self._past() for _ in range(3))) for mark in self._some(marks, 0.3)},
            )
        return TargetState(live.stable_id, known, self._one((None, {})))

    def _past(self) -> datetime:
        return NOW - timedelta(days=self._random.randint(0, 60))
