"""What a grant may ask for: a scope the role can have, what the contract covers, an account the target can have."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.desired.declared import Declared
from reconciler.desired.documents import read
from reconciler.desired.layout import Kind
from reconciler.desired.source import File
from reconciler.model import (
    Account,
    AccountKey,
    BindingKey,
    Claim,
    Grant,
    Live,
    LiveBinding,
    Native,
    ReasonCode,
)
from reconciler.plan.changes import AnyChange, RevokeBinding
from reconciler.plan.diff import diff
from reconciler.plan.memory import TargetMemory
from reconciler.plan.weighing import weigh
from tests.desired.kinds import KINDS
from tests.desired.test_documents import changed, matches, problems
from tests.desired.world import ACME, SETTINGS, World, person, role, said, settled

HERE = "vendors/acme.yaml:"
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
REASON = "      reason: first response\n"
RECORDS = "{connector: salesforce, defines: {shows: [Case], records: true}}"


def grants(world: World, name: str) -> list[Grant]:
    return [one for one in world.resolve().grants if (one.vendor, one.name) == ("acme", name)]


def claim(world: World, principal: str, target: str) -> Claim:
    return next(
        one for one in world.resolve().claims if (one.vendor, one.principal, one.target) == ("acme", principal, target)
    )


def scoped(words: str) -> str:
    return changed(ACME, REASON, f"{REASON}      {words}\n")


SHAPES = [
    ("scope: {}", ["25:14: scope: is empty; name accounts or cases, or remove it and say why with `unscoped`"]),
    ("scope: {cases: []}", ["25:22: cases: found an empty list, expected a list of at least 1 entries or {assignedTo"]),
    ("scope: {cases: [17]}", ["25:23: cases: found 17, expected a text of 1 to 500 characters"]),
    ("scope: {cases: ['assignedTo:X']}", ["25:23: cases: 'assignedTo:X' begins like a pattern; write {assignedTo: X}"]),
    ("scope: {cases: {assigned: X}}", ["25:23: unknown key 'assigned': did you mean 'assignedTo'?"]),
    ("scope: {queues: [a]}", ["25:15: unknown key 'queues': there are 'accounts', 'cases'"]),
    (
        "scope: {cases: ['1']}\n      unscoped: all of it",
        ["26:17: unscoped: says why the grant has no scope, and it has one: remove one of both"],
    ),
]


@pytest.mark.parametrize(("words", "expected"), SHAPES)
def test_a_scope_says_what_it_must_be(words: str, expected: list[str]) -> None:
    matches(problems(Kind.VENDOR, scoped(words)), expected)


def test_one_wrong_entry_does_not_make_a_list_too_short() -> None:
    """Each wrong entry is said, and nothing besides."""
    text = changed(ACME, "principals: [maria.k, desk]", "principals: [Desk, Maria]")
    found = [line.split(": ")[0] for line in problems(Kind.VENDOR, text)]
    assert found == ["22:20", "22:26"]


def test_a_scope_is_sorted_and_says_everything_once() -> None:
    text = scoped("scope: {cases: ['2', '1', '2'], accounts: [B, A]}")
    vendor = read(File("vendors/acme.yaml", text, 1), text.encode(), Kind.VENDOR, KINDS)
    assert isinstance(vendor, Declared)
    (grant, other) = vendor.spec.grants
    assert grant.narrowed == (("accounts", ("A", "B")), ("cases", ("1", "2")))
    assert other.narrowed == ()


def test_a_scope_becomes_bindings_of_their_own(world: World) -> None:
    world.commit({"vendors/acme.yaml": scoped("scope: {cases: ['00001042', '00001043']}")})
    assert not said(world.load())
    found = {(one.native, one.scope) for one in grants(world, "triage") if one.principal.name == "maria.k"}
    assert found == {
        (Native("permissionSet", "Triage"), ()),
        (Native("caseShare", "Read"), (("cases", ("00001042",)),)),
        (Native("caseShare", "Read"), (("cases", ("00001043",)),)),
    }


def test_a_scope_can_follow_assignment(world: World) -> None:
    world.commit({"vendors/acme.yaml": scoped("scope: {cases: {assignedTo: Support_L2}}")})
    assert {one.scope for one in grants(world, "triage")} == {(), (("cases", ("assignedTo:Support_L2",)),)}


IMPOSSIBLE = [
    (
        scoped("scope: {accounts: [Globex]}"),
        "25:14: role triage can be narrowed to cases, and the scope names accounts",
    ),
    (
        changed(ACME, "      reason: weekly rotation", "      reason: weekly rotation\n      scope: {cases: ['1']}"),
        "31:14: role rotate: a vault knows no records",
    ),
]


@pytest.mark.parametrize(("text", "expected"), IMPOSSIBLE)
def test_what_the_target_cannot_have_is_said_at_the_grant_and_holds_what_is_there(
    world: World, text: str, expected: str
) -> None:
    """One sentence, however many principals; nobody knows what the grant means, so nothing is concluded from it."""
    world.commit({"vendors/acme.yaml": text})
    loaded = world.load()
    assert said(loaded) == [HERE + expected]
    assert set(loaded.vendors) == {"acme", "beta"}
    (position,) = loaded.doubts["acme"]
    asked = settled(loaded)
    name = loaded.vendors["acme"].spec.grants[position].name
    doubted = [one for one in asked.grants if one.doubt]
    assert {one.name for one in doubted} == {name}
    assert {one.native for one in doubted} == {None}
    assert {one.doubt.code for one in doubted if one.doubt} == {ReasonCode.BROKEN_DECLARATION}
    target = doubted[0].target
    held = {(one.principal, one.target) for one in asked.claims if one.doubt}
    assert held == {(one.principal.name, target) for one in doubted}


def test_a_role_that_its_target_cannot_have_is_said_at_the_grant(world: World) -> None:
    path = "{connector: vault, objects: [{engine: kv, mount: s, path: a/../b}], actions: [rotate]}"
    world.commit({"roles/rotate.yaml": role("rotate", path)})
    assert said(world.load()) == [HERE + "27:13: role rotate: the path a/../b leaves its tenant"]
    assert claim(world, "bot", "vault").doubt is not None
    assert claim(world, "maria.k", "vault").doubt is None


def test_an_impossible_role_that_nobody_holds_is_no_problem(world: World) -> None:
    path = "{connector: vault, objects: [{engine: kv, mount: s, path: a/../b}], actions: [rotate]}"
    world.commit({"roles/other.yaml": role("other", path)})
    assert not said(world.load())
    assert not any(one.doubt for one in world.resolve().claims)


TENANTS = (
    "{connector: vault, objects: [{engine: kv, tenant: acme, environment: prod}, {engine: kv, tenant: globex}], "
    "actions: [rotate]}"
)
CONTRACT = "ends: 2027-12-31}"


def contract(more: str) -> str:
    return changed(ACME, CONTRACT, f"ends: 2027-12-31, {more}}}")


REACH = [
    (
        ACME,
        [
            (
                "environments prod, and the contract names none: write `environments: [prod]` into `contract` if that "
                "is what was agreed, or grant another role"
            ),
            (
                "tenants acme, globex, and the contract names none: write `tenants: [acme, globex]` into `contract` if "
                "that is what was agreed, or grant another role"
            ),
        ],
    ),
    (
        contract("tenants: [acme, initech], environments: [test]"),
        [
            (
                "environments prod, and the contract names test: write `environments: [prod, test]` into `contract` if "
                "that is what was agreed, or grant another role"
            ),
            (
                "tenants globex, and the contract names acme, initech: write `tenants: [acme, globex, initech]` into "
                "`contract` if that is what was agreed, or grant another role"
            ),
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), REACH)
def test_a_role_beyond_the_contract_is_said_and_gives_nothing(world: World, text: str, expected: list[str]) -> None:
    """What a contract does not name it does not cover; that is known, so it is no doubt."""
    world.commit({"roles/rotate.yaml": role("rotate", TENANTS), "vendors/acme.yaml": text})
    loaded = world.load()
    assert said(loaded) == [f"{HERE}27:13: the role 'rotate' reaches {line}" for line in expected]
    assert "acme" not in loaded.doubts
    (grant,) = grants(world, "rotation")
    assert grant.lapse is not None
    assert grant.lapse.code is ReasonCode.OUT_OF_CONTRACT_SCOPE
    assert grant.lapse.text.endswith(expected[0])
    assert grant.lapse.at == "desired-state/vendors/acme.yaml:25"
    assert all(one.lapse is None for one in grants(world, "triage"))


def test_a_contract_that_names_everything_covers_it(world: World) -> None:
    text = contract("tenants: [globex, acme], environments: [prod, test], regions: [emea], queues: [l2]")
    world.commit({"roles/rotate.yaml": role("rotate", TENANTS), "vendors/acme.yaml": text})
    assert not said(world.load())
    assert grants(world, "rotation")[0].lapse is None


def test_the_contract_of_the_last_valid_version_counts_while_the_file_is_broken(world: World) -> None:
    world.commit({"roles/rotate.yaml": role("rotate", TENANTS)})
    world.commit({"vendors/acme.yaml": "no"})
    (grant,) = grants(world, "rotation")
    assert grant.doubt is not None


def test_a_role_about_records_is_narrowed_or_says_why_not(world: World) -> None:
    world.commit({"roles/triage.yaml": role("triage", RECORDS)})
    text = (
        "the role 'triage' is about customers' records: narrow the grant with `scope: {cases: [...]}`, or write with "
        "`unscoped` why it reaches all of them"
    )
    assert said(world.load()) == [f"{HERE}21:13: {text}"]
    lapses = {one.lapse for one in grants(world, "triage")}
    assert {one.code for one in lapses if one} == {ReasonCode.RULE_DENIED}
    for words in ("scope: {cases: ['1']}", "unscoped: the whole desk is theirs"):
        world.commit({"vendors/acme.yaml": scoped(words)})
        assert not said(world.load())
        assert all(one.lapse is None for one in grants(world, "triage"))
    assert {one.unscoped for one in grants(world, "triage")} == {"the whole desk is theirs"}


def test_a_scope_of_other_records_does_not_count(world: World) -> None:
    world.commit({"roles/triage.yaml": role("triage", RECORDS), "vendors/acme.yaml": scoped("scope: {accounts: [A]}")})
    found = said(world.load())
    assert len(found) == 2
    assert found[0].startswith(f"{HERE}21:13: the role 'triage' is about customers' records")


CREATES = changed(SETTINGS, "mode: enforce", "mode: enforce\n      accounts: create")


def test_what_an_account_cannot_be_is_said_at_the_principal_and_holds_its_account(world: World) -> None:
    world.commit({"guestlist.yaml": CREATES})
    assert said(world.load()) == [
        f"{HERE}13:23: maria.k needs a title, because its account is created",
        f"{HERE}16:7: desk needs a title, because its account is created",
        "vendors/beta.yaml:10:7: tom.b needs a title, because its account is created",
    ]
    doubt = claim(world, "maria.k", "crm").doubt
    assert doubt is not None
    assert (doubt.code, doubt.at) == (ReasonCode.BROKEN_DECLARATION, "desired-state/vendors/acme.yaml:10")
    assert claim(world, "maria.k", "vault").doubt is None


def test_accounts_carry_what_is_asked_of_them(world: World) -> None:
    text = ACME.replace("      kind: human\n", "      kind: human\n      title: Maria Klein\n", 1)
    world.commit({"guestlist.yaml": CREATES, "vendors/acme.yaml": text})
    assert claim(world, "maria.k", "crm").attributes == {"name": "Maria Klein", "company": "acme", "tier": "high"}
    assert claim(world, "maria.k", "vault").attributes == {}


def test_an_account_by_default_that_no_grant_needs_is_asked_nothing(world: World) -> None:
    """A principal of a vault has an e-mail, and by it perhaps an account in the CRM: that is nobody's problem."""
    text = changed(ACME, "principals: [maria.k, desk]", "principals: [maria.k]")
    text = text.replace("      kind: human\n", "      kind: human\n      title: Maria Klein\n", 1)
    world.commit({"guestlist.yaml": CREATES, "vendors/acme.yaml": text, "vendors/beta.yaml": None})
    assert not said(world.load())
    assert claim(world, "desk", "crm").attributes == {}


NETWORKS = [
    ("[192.0.2.0/24, 2001:db8::/32, 198.51.100.7]", []),
    ("[10.0.0.0/33]", ["8:14: networks: '10.0.0.0/33' is no network: "]),
    ("[0.0.0.0/0]", ["8:14: networks: '0.0.0.0/0' is every address there is; name the networks that the vendor's"]),
    ("['::/0']", ["8:14: networks: '::/0' is every address there is; name the networks that the vendor's"]),
    ("[192.0.2.1/24]", ["8:14: networks: '192.0.2.1/24' is no network: 192.0.2.1/24 has host bits set; write it like"]),
    ("[office]", ["8:14: networks: 'office' is no network: "]),
]


@pytest.mark.parametrize(("written", "expected"), NETWORKS)
def test_networks_are_networks(written: str, expected: list[str]) -> None:
    text = changed(ACME, "  tier: high\n", f"  tier: high\n  networks: {written}\n")
    if expected:
        matches(problems(Kind.VENDOR, text), expected)
        return
    vendor = read(File("vendors/acme.yaml", text, 1), text.encode(), Kind.VENDOR, KINDS)
    assert isinstance(vendor, Declared)
    assert vendor.spec.networks == ("192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32")


TARGET = [
    ("unremovable: freez", ["11:20: unremovable: found 'freez', expected one of 'hold', 'freeze'"]),
    ("accounts: make", ["11:17: accounts: found 'make', expected one of 'existing', 'create'"]),
    ("deactivateAfter: -1", ["11:24: deactivateAfter: found -1, expected a whole number of 1 to 3650"]),
    ("deactivateAfter: soon", ["11:24: deactivateAfter: found 'soon', expected a whole number of 1 to 3650"]),
]


@pytest.mark.parametrize(("words", "expected"), TARGET)
def test_a_target_says_what_it_does_with_accounts(words: str, expected: list[str]) -> None:
    text = changed(SETTINGS, "      mode: enforce\n", f"      mode: enforce\n      {words}\n")
    matches(problems(Kind.SETTINGS, text), expected)


def test_a_target_leaves_accounts_alone_unless_told(world: World) -> None:
    target = world.load().settings.spec.targets["crm"]
    assert (target.unremovable, target.accounts, target.deactivate_after) == ("hold", "existing", None)


UNDECIDED = [
    ("title: Acme GmbH", "title: 'undecided: whose'", "3:31: a human must still decide: vendor (whose)", 3),
    ("sponsor: {name: dana.reyes", "sponsor: {name: undecided", "5:19: a human must still decide: sponsor", 3),
    ("{id: C-1", "{id: 'undecided: which'", "8:18: a human must still decide: contract (id)", 3),
    ("scope: support", "scope: 'undecided: what for'", "8:30: a human must still decide: contract (scope)", 3),
    ("by: dana.reyes", "by: undecided", "14:17: a human must still decide: proofing of maria.k", 2),
    ("evidence: HR-1", "evidence: 'undecided: where'", "14:17: a human must still decide: proofing of maria.k", 2),
    ("onBehalfOf: maria.k", "onBehalfOf: undecided", "16:73: a human must still decide: for whom desk acts", 2),
    ("owner: maria.k", "owner: undecided", "17:44: a human must still decide: owner of bot", 1),
    (
        "reason: first response",
        "reason: 'undecided: why'",
        "24:15: a human must still decide: reason of triage (why)",
        2,
    ),
    (
        REASON,
        f"{REASON}      unscoped: 'undecided:'\n",
        "25:17: a human must still decide: unscoped of triage",
        2,
    ),
    ("business: liam.ford", "business: undecided", "6:22: a human must still decide: business owner", 0),
    ("technical: liam.ford", "technical: undecided", "6:44: a human must still decide: technical owner", 0),
]


@pytest.mark.parametrize(("old", "new", "gap", "doubted"), UNDECIDED)
def test_what_nobody_has_decided_is_valid_and_holds_what_rests_on_it(
    world: World, old: str, new: str, gap: str, doubted: int
) -> None:
    world.commit({"vendors/acme.yaml": changed(ACME, old, new)})
    loaded = world.load()
    assert not said(loaded)
    assert [str(one).removeprefix("desired-state/") for one in loaded.gaps] == [HERE + gap]
    asked = settled(loaded)
    resting = [one for one in asked.grants if one.doubt]
    assert len(resting) == doubted
    assert {one.vendor for one in resting} <= {"acme"}
    for one in resting:
        assert one.doubt is not None
        assert one.doubt.code is ReasonCode.BROKEN_DECLARATION
        assert one.doubt.text == gap.partition(": ")[2]
        assert one.native is not None
    held = {(one.principal, one.target) for one in asked.claims if one.doubt}
    assert held >= {(one.principal.name, one.target) for one in resting}
    assert bool(held) is bool(resting)


def test_several_gaps_are_said_together(world: World) -> None:
    text = changed(
        changed(ACME, "{name: dana.reyes, since", "{name: undecided, since"), "first response", "'undecided: a'"
    )
    world.commit({"vendors/acme.yaml": text})
    doubts = {one.name: one.doubt.text for one in world.resolve().grants if one.doubt}
    assert doubts == {
        "triage": "a human must still decide: sponsor, reason of triage (a)",
        "rotation": "a human must still decide: sponsor",
    }


def test_a_role_to_be_reviewed_is_a_gap_that_holds_nothing(world: World) -> None:
    text = role("triage", "{connector: salesforce, uses: {permissionSet: Triage}}")
    world.commit(
        {"roles/triage.yaml": text.replace("{name: triage}", "{name: triage, title: 'undecided: look at it'}")}
    )
    loaded = world.load()
    assert [str(one) for one in loaded.gaps] == [
        "desired-state/roles/triage.yaml:3:33: a human must still decide: the role triage: look at it"
    ]
    assert not any(one.doubt for one in settled(loaded).grants)


def test_nobody_may_be_called_undecided(world: World) -> None:
    acme = ACME.replace("name: desk", "name: undecided").replace("maria.k, desk", "maria.k, undecided")
    world.commit({"people/undecided.yaml": person("undecided"), "vendors/acme.yaml": acme})
    assert said(world.load()) == [
        "people/undecided.yaml:3:18: name: 'undecided' is the word for a gap: give the person another name",
        HERE + "16:14: 'undecided' is the word for a gap: give the principal its own name",
    ]


def live_policy(until: datetime) -> Live:
    """A vault in which acme's bot has the policy of its grant."""
    native = Native("policy", "vendor_acme_bot_rotate")
    account = Account(
        "e1", "vendor_acme_bot", frozenset({AccountKey("entity", "vendor_acme_bot")}), inside=True, enabled=True
    )
    bindings = (LiveBinding(BindingKey("e1", native), until),)
    return Live("vault", "cluster", NOW, accounts={"e1": account}, bindings=bindings, existing=frozenset({native}))


def planned(world: World, live: Live) -> tuple[list[AnyChange], list[ReasonCode]]:
    """The changes, and the codes of what is held."""
    memory = TargetMemory(live.stable_id)
    demand = weigh(world.resolve(), live, memory, NOW)
    changes, held = diff(demand, live, memory)
    return changes, [hold.reason.code for hold in (*demand.held, *held)]


def test_what_the_contract_stopped_covering_is_revoked_for_that_reason(world: World) -> None:
    world.commit({"roles/rotate.yaml": role("rotate", TENANTS)})
    (change,), held = planned(world, live_policy(datetime(2027, 6, 30, 16, tzinfo=UTC)))
    assert isinstance(change, RevokeBinding)
    assert change.reason.code is ReasonCode.OUT_OF_CONTRACT_SCOPE
    assert change.reason.at == "desired-state/vendors/acme.yaml:25"
    assert not held


@pytest.mark.parametrize(
    "vendor",
    [
        changed(ACME, "      reason: weekly rotation", "      reason: weekly rotation\n      scope: {cases: ['1']}"),
        changed(ACME, "reason: weekly rotation", "reason: 'undecided: why'"),
        changed(ACME, "sponsor: {name: dana.reyes", "sponsor: {name: undecided"),
    ],
)
def test_what_is_impossible_or_undecided_takes_nothing_away(world: World, vendor: str) -> None:
    """Neither what the grant gave nor what stands beside it on the account."""
    world.commit({"vendors/acme.yaml": vendor})
    live = live_policy(datetime(2027, 6, 30, 16, tzinfo=UTC))
    more = LiveBinding(BindingKey("e1", Native("policy", "by_hand")))
    changes, held = planned(world, replace(live, bindings=(*live.bindings, more)))
    assert not changes
    assert set(held) == {ReasonCode.BROKEN_DECLARATION}


def test_what_ended_ends_although_somebody_must_still_decide(world: World) -> None:
    text = changed(ACME, "reason: weekly rotation", "reason: 'undecided: why'")
    world.commit({"vendors/acme.yaml": changed(text, "{until: 2027-06-30T18:00:00+02:00}", "{until: 2026-06-30}")})
    (change,), _ = planned(world, live_policy(datetime(2027, 6, 30, 16, tzinfo=UTC)))
    assert change.reason.code is ReasonCode.EXPIRED
