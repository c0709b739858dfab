"""Random worlds: what is declared, what is live, and what the ledger remembers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from reconciler.model import (
    Account,
    AccountKey,
    BindingKey,
    Claim,
    Definition,
    Entitlements,
    Grant,
    Live,
    LiveBinding,
    Native,
    Principal,
    Reason,
    ReasonCode,
    Sponsorship,
)

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
TARGET = "crm"
VENDORS = ("acme", "beta", "cyan")
ROLES = ("read", "write", "export")
DOUBT = Reason(ReasonCode.BROKEN_DECLARATION, "the file is broken", "vendors/x.yaml:1")

days = st.integers(min_value=-30, max_value=30).map(lambda n: NOW + timedelta(days=n))
ahead = st.integers(min_value=1, max_value=30).map(lambda n: NOW + timedelta(days=n))
behind = st.integers(min_value=1, max_value=30).map(lambda n: NOW - timedelta(days=n))
LONG_AGO = NOW - timedelta(days=60)
mostly = st.sampled_from((True, True, True, True, False))
"""So that most grants are admitted, and every condition of admission is still missed now and then."""


@dataclass(frozen=True)
class World:
    """One target, what is asked of it, and what it shows."""

    asked: Entitlements
    live: Live


def key(name: str) -> AccountKey:
    return AccountKey("name", name)


@st.composite
def principals(draw: st.DrawFn, name: str) -> Principal:
    kind = draw(st.sampled_from(("human", "persona", "automation")))
    return Principal(
        name=name,
        kind=kind,
        email=f"{name}@x.example",
        accountable="boss" if kind != "human" and draw(mostly) else None,
        proofed=draw(behind) if draw(mostly) else None,
        mfa=draw(mostly),
        at="vendors/x.yaml:2",
    )


def native_of(account: str, role: str) -> Native:
    """Half of the roles exist in the target, half are defined there per binding, as the two first connectors do."""
    return Native("permissionSet", role) if role == "read" else Native("policy", f"{account}_{role}")


def definition_of(native: Native, meaning: str = "as declared") -> Definition:
    return Definition(native, text=meaning, meaning=meaning)


@st.composite
def grants(draw: st.DrawFn, vendor: str, principal: Principal, *, doubt: Reason | None = None) -> Grant:
    role = draw(st.sampled_from(ROLES))
    account = f"{vendor}-{principal.name}"
    native = native_of(account, role)
    start = draw(st.none() | behind | behind | ahead)
    return Grant(
        vendor=vendor,
        name=draw(st.sampled_from(("one", "two", "three"))),
        principal=principal,
        sponsor=Sponsorship("dana", LONG_AGO if draw(mostly) else draw(days), draw(mostly), "vendors/x.yaml:1"),
        target=TARGET,
        role=role,
        key=key(account),
        start=start,
        end=draw(ahead) if draw(mostly) else draw(behind),
        contract_start=NOW - timedelta(days=100),
        contract_end=draw(ahead) if draw(mostly) else draw(behind),
        reason="because",
        ticket=None,
        at="vendors/x.yaml:9",
        native=native,
        definition=definition_of(native) if native.kind == "policy" else None,
        doubt=doubt,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A target with listed, unlisted and outside accounts, bindings of every provenance, and grants of every state."""
    claims: list[Claim] = []
    asked: list[Grant] = []
    names: list[str] = []
    for vendor in draw(st.lists(st.sampled_from(VENDORS), unique=True)):
        doubt = draw(st.sampled_from((None, None, None, DOUBT)))
        for number in range(draw(st.integers(0, 2))):
            principal = draw(principals(f"p{number}"))
            name = f"{vendor}-{principal.name}"
            names.append(name)
            claims.append(Claim(vendor, principal.name, TARGET, key(name), "vendors/x.yaml:3", doubt=doubt))
            one = grants(vendor, principal, doubt=doubt or draw(st.sampled_from((None, None, None, DOUBT))))
            asked.extend(draw(st.lists(one, max_size=3)))
    names.extend(("rogue-1", "rogue-2", "employee-1"))

    accounts: dict[str, Account] = {}
    for name in names:
        if name.startswith("rogue") or draw(mostly):
            inside = not name.startswith("employee") and draw(mostly)
            accounts[f"id-{name}"] = Account(
                f"id-{name}", name, frozenset({key(name)}), inside=inside, enabled=draw(mostly)
            )

    natives = sorted({native_of(name, role) for name in names for role in ROLES} | {Native("group", "anybody")})
    asked_for = [grant.native for grant in asked if grant.native is not None] or natives
    policies = [native for native in [*asked_for, *asked_for, *natives] if native.kind == "policy"]
    definitions = {
        native: Definition(native, text=meaning, meaning=meaning, until=draw(st.none() | days))
        for native in draw(st.lists(st.sampled_from(policies), unique=True, max_size=4))
        for meaning in [draw(st.sampled_from(("as declared", "wider")))]
    }
    inside_names = [account.name for account in accounts.values() if account.inside]
    pairs = [
        (grant.key.value, grant.native)
        for grant in asked
        if grant.key is not None and grant.native is not None and grant.key.value in inside_names
    ]
    pairs += [(name, native) for name in inside_names for native in draw(st.permutations(natives))[:2]]
    bindings = []
    for name, native in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=8)) if pairs else ():
        own_end = draw(st.none() | days) if native.kind == "permissionSet" else None
        until = definitions[native].until if native in definitions else own_end
        bindings.append(LiveBinding(BindingKey(f"id-{name}", native), until))
    return World(
        Entitlements(tuple(asked), tuple(claims), draw(st.sampled_from(((), (), (), (DOUBT,))))),
        Live(
            TARGET,
            "org-1",
            NOW,
            accounts=accounts,
            bindings=tuple(bindings),
            definitions=definitions,
            existing=frozenset({Native("permissionSet", "read")}),
            endless=frozenset({"group"}),
        ),
    )
