"""The laws of planning, over random worlds with everything in them."""

import random
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.admission.content import against
from reconciler.admission.judgement import Admitted
from reconciler.ledger import Reading
from reconciler.ledger.records import begin
from reconciler.ledger.state import TargetState
from reconciler.model import (
    BindingKey,
    Exposure,
    Grant,
    Live,
    Reason,
    ReasonCode,
    Risk,
    is_pattern,
    is_provisional,
)
from reconciler.plan.changes import (
    AnyChange,
    CreateAccount,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    UpdateAccount,
    UpdateRole,
)
from reconciler.plan.demand import Demand, Hold
from reconciler.plan.diff import diff
from reconciler.plan.plan import Plan
from reconciler.plan.weighing import judged, weigh
from reconciler.run import KNOWN
from tests.property.model_target import written
from tests.property.strategies import NOW, World, grants, principals
from tests.property.wide_worlds import LABELS, PROFILE, Wide, wide_worlds

laws = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def planned(wide: Wide) -> tuple[Demand, list[AnyChange], list[Hold]]:
    memory = wide.state.memory
    wanted = weigh(wide.world.asked, wide.world.live, memory, NOW, wide.terms)
    changes, held = diff(wanted, wide.world.live, memory)
    return wanted, changes, [*wanted.held, *held]


def remembered(state: TargetState, changes: list[AnyChange], held: list[Hold], after: Live) -> TargetState:
    """What the ledger keeps once a run wrote the changes and looked again."""
    doubted = {hold.account for hold in held if hold.reason.code not in KNOWN}
    ordered = tuple(sorted(changes, key=lambda change: change.order))
    intents = begin("run", Plan("r", NOW, ordered), NOW).intents
    revoked = [intent for intent in intents if intent.action == "revoke"]
    left = {account.id: account.name not in doubted for account in after.population()}
    reading = Reading(after, verified=True, left=left, definitions=frozenset(after.definitions))
    return state.expecting(intents, {}).revoking(revoked, NOW).after(reading)


def applied(wide: Wide, changes: list[AnyChange], held: list[Hold]) -> Wide:
    after = written(wide.world.live, changes)
    return replace(wide, world=replace(wide.world, live=after), state=remembered(wide.state, changes, held, after))


@laws
@given(wide_worlds())
def test_writing_the_plan_leaves_nothing_to_plan(wide: Wide) -> None:
    """A run converges, accounts, attributes, definitions, scopes and closings included; what is held stays held."""
    _, changes, held = planned(wide)
    _, again, still = planned(applied(wide, changes, held))
    assert again == []
    assert {hold.reason.code for hold in still} <= {hold.reason.code for hold in held}


@laws
@given(wide_worlds())
def test_what_stands_afterwards_is_wanted_held_or_shut_in(wide: Wide) -> None:
    """On every open account: nothing but what is wanted or held; and all that is wanted stands."""
    wanted, changes, held = planned(wide)
    after = written(wide.world.live, changes)
    names = {hold.account for hold in held}
    for binding in after.bindings:
        account = after.accounts[binding.key.account]
        shut = not account.enabled and not account.lingering
        known = binding.key in wanted.wanted or binding.key in wanted.uncertain or account.name in names
        assert known or (binding.unremovable is not None and shut) or is_created(binding.key, wanted)
    standing = {(binding.key.native, binding.key.scope) for binding in after.bindings}
    assert {(key.native, key.scope) for key in wanted.wanted} <= standing


def is_created(key: BindingKey, wanted: Demand) -> bool:
    return BindingKey(f"new:{key.account.removeprefix('made-')}", key.native, key.scope) in wanted.wanted


@laws
@given(wide_worlds())
def test_nothing_outside_the_population_is_ever_changed(wide: Wide) -> None:
    """Every change of an account is one of the population, or of one that did not exist; and creates none that did."""
    _, changes, _ = planned(wide)
    inside = {account.id for account in wide.world.live.population()}
    keys = {key for account in wide.world.live.accounts.values() for key in account.keys}
    created = {change.account for change in changes if isinstance(change, CreateAccount)}
    for change in changes:
        assert not change.account or change.account in inside | created
        assert not isinstance(change, CreateAccount) or change.key not in keys
        if change.kind == "role":
            assert change.definition is not None


@laws
@given(wide_worlds(), st.randoms(use_true_random=False))
def test_the_digest_ignores_order(wide: Wide, shuffle: random.Random) -> None:
    """The same world has the same digest, in whatever order it was declared and read."""
    _, changes, held = planned(wide)
    asked, live = wide.world.asked, wide.world.live
    asked = replace(
        asked,
        grants=tuple(shuffle.sample(asked.grants, len(asked.grants))),
        claims=tuple(shuffle.sample(asked.claims, len(asked.claims))),
        definitions=tuple(shuffle.sample(asked.definitions, len(asked.definitions))),
    )
    accounts = dict(shuffle.sample(sorted(live.accounts.items(), key=lambda item: item[0]), len(live.accounts)))
    live = replace(live, bindings=tuple(shuffle.sample(live.bindings, len(live.bindings))), accounts=accounts)
    _, other, other_held = planned(replace(wide, world=World(asked, live)))
    assert Plan("r", NOW, tuple(changes)).digest == Plan("s", NOW, tuple(other)).digest
    assert set(held) == set(other_held)


@laws
@given(wide_worlds())
def test_doubt_neither_grants_nor_revokes(wide: Wide) -> None:
    """For a vendor in doubt nothing is created, given, put right, opened or closed; only what had ended is taken."""
    wanted, changes, _ = planned(wide)
    doubted = {claim.vendor for claim in wide.world.asked.claims if claim.doubt is not None}
    for change in changes:
        if change.vendor in doubted:
            assert isinstance(change, RevokeBinding) or change.kind == "role"
            if isinstance(change, RevokeBinding):
                assert change.cause.code in {ReasonCode.EXPIRED, ReasonCode.CONTRACT_ENDED}
        if wanted.blind is not None and change.vendor is None:
            assert not isinstance(change, RevokeBinding | DisableAccount)
            assert not (isinstance(change, DeleteRole) and change.definition is not None and change.definition.lasting)
        if isinstance(change, UpdateRole | CreateRole | DeleteRole) and change.native in wanted.definitions:
            assert wanted.definitions[change.native].doubt is None


@laws
@given(wide_worlds())
def test_a_pattern_that_nobody_resolved_holds_what_it_may_have_given(wide: Wide) -> None:
    """No answer is not the answer that nothing is assigned."""
    blind = replace(wide, world=replace(wide.world, live=replace(wide.world.live, followed={})))
    wanted, changes, held = planned(blind)
    revoked = {
        BindingKey(change.account, change.native, change.scope)
        for change in changes
        if isinstance(change, RevokeBinding) and change.native is not None
    }
    for grant in wide.world.asked.grants:
        owned = None if grant.key is None else wanted.matching.by_key.get(grant.key)
        if is_pattern(grant.scope) and owned is not None and isinstance(judged(grant, NOW, wanted.denied), Admitted):
            assert any((hold.vendor, hold.principal) == (grant.vendor, grant.principal.name) for hold in held)
            assert not [key for key in revoked if (key.account, key.native) == (owned.account.id, grant.native)]


@laws
@given(wide_worlds())
def test_a_shared_definition_belongs_to_nobody(wide: Wide) -> None:
    """Whoever holds it, its change names no account and no vendor, has no end, and is made only for who needs it."""
    wanted, changes, _ = planned(wide)
    declared = {one.definition.native for one in wide.world.asked.definitions}
    used = {key.native for key in wanted.wanted}
    for change in changes:
        if change.kind == "role" and change.definition is not None and change.definition.lasting:
            assert (change.account, change.vendor, change.principal, change.until) == ("", None, None, None)
            assert not isinstance(change, CreateRole) or change.native in used
            assert not isinstance(change, DeleteRole) or change.native not in used | declared
    touched = {change.native for change in changes if change.kind == "role"}
    for native, role in wanted.definitions.items():
        found = wide.world.live.definitions.get(native)
        differs = found is not None and found.meaning != role.definition.meaning
        assert (native in touched) is (role.doubt is None and (differs or (found is None and native in used)))


@laws
@given(wide_worlds())
def test_what_cannot_be_taken_away_is_held_or_shut_in(wide: Wide) -> None:
    """Never silently left on an account that somebody can use, and never answered by a revocation."""
    wanted, changes, held = planned(wide)
    closed = {change.account for change in changes if isinstance(change, DisableAccount)}
    assert all(change.native != PROFILE for change in changes if isinstance(change, RevokeBinding))
    for binding in wide.world.live.bindings:
        account = wide.world.live.accounts[binding.key.account]
        if binding.unremovable is None or binding.key in wanted.wanted or binding.key in wanted.uncertain:
            continue
        said = any(hold.account == account.name for hold in held)
        assert account.id in closed or said or not (account.enabled or account.lingering)
        opened = any(isinstance(c, EnableAccount) and c.account == account.id for c in changes)
        assert not opened
    if wide.terms.freezes:
        frozen = set(wanted.tainted) & {a.id for a in wide.world.live.population() if a.enabled}
        assert frozen <= closed
        assert not [c for c in changes if isinstance(c, GrantBinding | UpdateAccount) and c.account in wanted.tainted]


@laws
@given(wide_worlds())
def test_no_standing_role_has_a_high_risk_or_shows_what_it_may_not(wide: Wide) -> None:
    """Whatever stands in the end for a grant was looked at: what it allows and what it shows."""
    wanted, changes, _ = planned(wide)
    live = wide.world.live
    for key, want in wanted.wanted.items():
        if want.grant.definition is None:
            risks = () if key.native in live.activated else live.risks.get(key.native, ())
            assert not any(risk.high for risk in risks)
            items = {shown.item.casefold() for shown in live.exposures.get(key.native, ())}
            tiers = {LABELS["crm", item].tier for item in items if ("crm", item) in LABELS}
            assert tiers <= want.grant.shows
    for change in changes:
        if isinstance(change, GrantBinding | RevokeBinding) and change.native in live.risks:
            assert set(change.risk) == {risk.flag for risk in live.risks[change.native]}


@laws
@given(wide_worlds())
def test_a_scope_that_narrows_nothing_gives_nothing_of_its_grant(wide: Wide) -> None:
    """Not the permission set that it was to narrow either: it would be given whole."""
    live = wide.world.live
    open_ = Reason(ReasonCode.UNREMOVABLE, "everybody sees every case, so a scope would narrow nothing")
    scoped = {(one.native, one.scope) for one in wide.world.asked.grants if one.native is not None and one.scope}
    obstacles = dict.fromkeys(scoped, open_)
    demand, _, _ = planned(replace(wide, world=replace(wide.world, live=replace(live, obstacles=obstacles))))
    narrowed = {(one.id, one.principal.name) for one in wide.world.asked.grants if one.scope}
    for want in demand.wanted.values():
        assert (want.grant.id, want.grant.principal.name) not in narrowed


@laws
@given(wide_worlds())
def test_created_accounts_are_created_before_they_are_used_and_only_when_used(wide: Wide) -> None:
    _, changes, _ = planned(wide)
    created = {change.account: change for change in changes if isinstance(change, CreateAccount)}
    used = {change.account: change for change in changes if isinstance(change, GrantBinding)}
    assert created.keys() == {id_ for id_ in used if is_provisional(id_)}
    assert not created or wide.terms.creates
    assert all(created[id_].order < used[id_].order for id_ in created)


@laws
@given(wide_worlds())
def test_one_cause_is_said_once(wide: Wide) -> None:
    """A grant of several bindings is refused and held once, and not refused for what is revoked with the same words."""
    wanted, changes, held = planned(wide)
    assert len(set(wanted.refused)) == len(wanted.refused)
    assert len(set(held)) == len(held)
    revoked = {(change.grant, change.principal, reason) for change in changes for reason in change.reasons}
    assert not [each for each in wanted.refused if (each.grant, each.principal, each.reason) in revoked]


@laws
@given(wide_worlds())
def test_what_came_back_twice_is_contested_and_decided_as_ever(wide: Wide) -> None:
    """The warning stands first, and changes neither what is written nor why."""
    _, changes, _ = planned(wide)
    innocent = replace(
        wide,
        state=replace(wide.state, accounts={id_: replace(a, revoked={}) for id_, a in wide.state.accounts.items()}),
    )
    _, others, _ = planned(innocent)
    assert [change.canonical for change in changes] == [change.canonical for change in others]
    assert [change.cause for change in changes] == [change.cause for change in others]
    for change in changes:
        warned = [reason.code is ReasonCode.CONTESTED for reason in change.reasons]
        assert warned[0] is any(warned)
        if isinstance(change, RevokeBinding) and change.native is not None:
            times = wide.state.memory.taken_away(BindingKey(change.account, change.native, change.scope), NOW)
            assert warned[0] is (times >= 2)
        else:
            assert not any(warned)


@given(
    grant=principals("p").flatmap(lambda who: grants("acme", who)),
    risks=st.lists(st.builds(Risk, st.sampled_from("ab"), st.just("P"), st.just("v"), high=st.booleans()), max_size=3),
    shown=st.lists(st.builds(Exposure, st.sampled_from(("Case.SSN__c", "Case.X")), st.just("v")), max_size=3),
    activated=st.booleans(),
)
def test_what_a_role_really_allows_admits_monotonically(
    grant: Grant, risks: list[Risk], shown: list[Exposure], *, activated: bool
) -> None:
    """One more risk, one more thing shown, one tier less or one activation less never admits more."""
    grant = replace(grant, definition=None)
    assert grant.native is not None
    labels = {item: label for (_, item), label in LABELS.items()}
    natives = frozenset({grant.native}) if activated else frozenset()
    live = Live("crm", "org", NOW, risks={grant.native: tuple(risks)}, exposures={grant.native: tuple(shown)})
    live = replace(live, activated=natives)
    if against(grant, live, labels):
        more = (
            replace(live, risks={grant.native: (*risks, Risk("z", "P", "v", high=True))}),
            replace(live, exposures={grant.native: (*shown, Exposure("Case.X", "w"))}),
            replace(live, activated=frozenset()),
        )
        assert all(against(grant, each, labels) for each in more)
        assert against(replace(grant, shows=frozenset()), live, labels)


@given(grant=principals("p").flatmap(lambda who: grants("acme", who)), activates=st.booleans())
def test_only_where_a_session_can_be_activated_is_it_advised(grant: Grant, *, activates: bool) -> None:
    """A refusal advises nothing that the target cannot do."""
    grant = replace(grant, definition=None)
    assert grant.native is not None
    live = Live("crm", "org", NOW, risks={grant.native: (Risk("a", "P", "v", high=True),)}, activates=activates)
    (reason,) = against(grant, live, {})
    assert "take it out of the role" in reason.text
    assert ("session" in reason.text) is activates
