"""What the ledger tells the plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from git import Repo
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ExitCode, LedgerError
from reconciler.ledger import Ledger, Reading, history, records, state
from reconciler.ledger.state import DefinitionMemory, TargetState
from reconciler.ledger.store import Snapshot, Store
from reconciler.model import AccountKey, BindingKey, Definition, Live, Native, Reason, ReasonCode, provisional
from reconciler.plan.changes import AnyChange, CreateAccount, UpdateAccount
from reconciler.plan.memory import AccountMemory, Memory, binding_mark
from reconciler.ports import Outcome, OutcomeStatus
from tests.ledger.worlds import (
    BECAUSE,
    NOW,
    ORG,
    POLICY,
    clean,
    disable,
    done,
    grant,
    holds,
    live,
    native,
    plan,
    revoke,
    update,
    whole_run,
)

TEXT = st.text(max_size=20)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
CHANGES = st.lists(
    st.builds(lambda make, number: make(number), st.sampled_from([revoke, grant]), st.integers(0, 9)),
    max_size=5,
    unique_by=lambda change: change.id,
)


def write(repo: Repo, path: str, content: bytes) -> None:
    """Put a file on the branch, as a stranger would."""

    def build(_: Snapshot) -> dict[str, bytes]:
        return {path: content}

    Store(repo).append(build, message="tamper", at=NOW)


@settings(deadline=None, max_examples=60)
@given(changes=CHANGES, at=INSTANTS, ended=st.booleans(), text=TEXT, data=st.data())
def test_a_record_reads_back_as_it_was_written(
    changes: list[AnyChange], at: datetime, *, ended: bool, text: str, data: st.DataObject
) -> None:  # fmt: skip
    record = records.begin("abc", plan(changes), at)
    some = data.draw(st.lists(st.sampled_from(changes), unique_by=lambda c: c.id)) if changes else []
    statuses = [Outcome(change, data.draw(st.sampled_from(OutcomeStatus)), text) for change in some]
    record = replace(record, results=records.results(statuses, at))
    if ended:
        record = replace(record, end=records.End(at=at, counts={"done": 1}, exit=0, targets={}))
    assert records.read("x", records.write(record)) == record


@settings(deadline=None, max_examples=60)
@given(content=st.binary(max_size=60), cut=st.integers(0, 2000))
def test_what_is_not_a_whole_record_is_said(content: bytes, cut: int) -> None:
    """No bytes in place of a record, and no torn line, are taken for one."""
    with pytest.raises(LedgerError, match="somewhere"):
        records.read("somewhere", content)
    whole = records.write(records.begin("abc", plan([revoke(1)]), NOW))
    torn = whole[: cut % len(whole)]
    if not torn.endswith(b"\n"):
        with pytest.raises(LedgerError, match="somewhere"):
            records.read("somewhere", torn)


MARKED = [binding_mark(BindingKey("a", native(n))) for n in range(5)]
MARKS = st.frozensets(st.sampled_from(MARKED))
SECONDS = INSTANTS.map(lambda at: at.replace(microsecond=0))
STATES = st.builds(
    TargetState,
    stable_id=TEXT,
    accounts=st.dictionaries(
        TEXT,
        st.builds(
            AccountMemory,
            TEXT,
            st.booleans(),
            st.booleans(),
            MARKS,
            closed_at=st.none() | SECONDS,
            attributes=st.none() | MARKS,
            revoked=st.dictionaries(st.sampled_from(sorted(MARKED)), st.lists(SECONDS, min_size=1).map(tuple)),
        ),
        max_size=5,
    ),
    definitions=st.none()
    | st.dictionaries(
        st.builds(Native, st.sampled_from(["policy", "permissionSet"]), TEXT),
        st.builds(
            DefinitionMemory,
            st.lists(TEXT, max_size=2).map(tuple),
            st.none() | SECONDS,
        ),
        max_size=3,
    ),
)


@settings(deadline=None, max_examples=60)
@given(known=STATES)
def test_a_state_reads_back_as_it_was_written(known: TargetState) -> None:
    assert state.read("x", state.write(known)) == known


@settings(deadline=None, max_examples=60)
@given(known=STATES, changes=CHANGES)
def test_what_we_are_about_to_give_is_never_an_intruders(known: TargetState, changes: list[AnyChange]) -> None:
    """After a run has begun, a binding that it gives is not one that somebody added to a clean account."""
    expected = known.expecting(records.begin("abc", plan(changes), NOW).intents, {})
    for change in changes:
        assert change.account in expected.accounts
        if change.action == "grant" and change.native is not None:
            assert not expected.memory.added_since(BindingKey(change.account, change.native, change.scope))


@settings(deadline=None, max_examples=60)
@given(
    runs=st.lists(st.tuples(CHANGES, st.timedeltas(timedelta(days=-3), timedelta(days=3)), st.booleans()), max_size=4),
    earlier=st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_spending_is_what_was_written_within_a_day(
    runs: list[tuple[list[AnyChange], timedelta, bool]], earlier: timedelta
) -> None:
    """A change counts when it was, or may have been, written less than 24 hours before now, or after; never twice."""
    made, expected = [], set[str]()
    for changes, offset, ended in runs:
        record = records.begin("abc", plan(changes), NOW + offset)
        results = records.results(done(changes[:1]), NOW + offset)
        end = records.End(at=NOW + offset, counts={}, exit=0, targets={}) if ended else None
        made.append(replace(record, results=results, end=end))
        if offset > timedelta(hours=-24):
            expected |= {change.id for change in (changes[:1] if ended else changes)}
    spent = history.spent(made, NOW)
    assert frozenset().union(*spent.values()) == expected
    before = history.spent(made, NOW - earlier)
    assert all(ids <= before.get(key, frozenset()) for key, ids in spent.items())


AGES = st.timedeltas(timedelta(days=-4), timedelta(days=4)) | st.timedeltas(timedelta(days=-800), timedelta(days=800))


@settings(deadline=None, max_examples=60)
@given(now=INSTANTS, ages=st.lists(AGES, max_size=8))
def test_every_run_that_can_count_is_found_by_its_path(now: datetime, ages: list[timedelta]) -> None:
    """Listing a few folders finds all runs that began in the last two days or later, and none three days old."""
    paths = [(records.path("abc", now - age), age) for age in ages]
    listed = {
        path[: len(folder) + path[len(folder) :].index("/")]
        for path, _ in paths
        for folder in history.folders(now)
        if path.startswith(folder)
    }
    read = history.recent(listed, now)
    for path, age in paths:
        found = any(path.startswith(f"{folder}/") for folder in read)
        assert found or age > timedelta(days=2)
        assert not (found and age > timedelta(days=3))


def test_a_failed_change_may_have_been_written_and_one_that_was_so_was_not(repo: Repo) -> None:
    ledger = Ledger.open(repo)
    run = ledger.begin(plan([revoke(1), revoke(2), revoke(3)]), now=NOW)
    run.record([Outcome(revoke(1), OutcomeStatus.FAILED, "locked"), Outcome(revoke(2), OutcomeStatus.ALREADY)], now=NOW)
    assert ledger.memory(["crm"], NOW).spent == {(ORG, "revocations"): {revoke(1).id, revoke(3).id}}
    run.end(exit_code=ExitCode.ERROR, readings={}, now=NOW)
    assert ledger.memory(["crm"], NOW).spent == {(ORG, "revocations"): {revoke(1).id}}


def test_a_binding_added_to_a_clean_account_is_an_intruders(repo: Repo) -> None:
    """After a verified run only what was there then is ours; an unverified one cleans nothing."""
    ledger = Ledger.open(repo)
    whole_run(ledger, [revoke(1)], NOW, replace(clean(live(holds(2))), verified=False))
    assert not ledger.memory(["crm"], NOW).targets["crm"].added_since(BindingKey("005A", native(3)))
    whole_run(ledger, [revoke(1)], NOW, clean(live(holds(2))))
    known = ledger.memory(["crm"], NOW).targets["crm"]
    assert known.added_since(BindingKey("005A", native(3)))
    assert not known.added_since(BindingKey("005A", native(2)))


def test_what_a_killed_run_gave_is_not_an_intruders(repo: Repo) -> None:
    """Not at once, not after another run ended without seeing it, and not when days have passed."""
    ledger, key = Ledger.open(repo), BindingKey("005A", native(5))
    whole_run(ledger, [], NOW, clean(live()))
    ledger.begin(plan([grant(5)]), now=NOW)
    assert not ledger.memory(["crm"], NOW + timedelta(days=9)).targets["crm"].added_since(key)
    whole_run(ledger, [], NOW, clean(live()))
    assert not ledger.memory(["crm"], NOW).targets["crm"].added_since(key)
    whole_run(ledger, [], NOW + timedelta(hours=2), clean(live()))
    assert ledger.memory(["crm"], NOW + timedelta(hours=2)).targets["crm"].added_since(key)


def test_who_closed_an_account_is_remembered_from_before_it_is_closed(repo: Repo) -> None:
    ledger = Ledger.open(repo)
    ledger.begin(plan([disable()]), now=NOW)
    assert ledger.memory(["crm"], NOW + timedelta(days=9)).targets["crm"].closed("005A")
    later = NOW + timedelta(hours=2)
    whole_run(ledger, [], later, clean(live(enabled=True)))
    assert not ledger.memory(["crm"], later).targets["crm"].closed("005A")


def test_an_open_definition_exempts_no_definition(repo: Repo) -> None:
    """Between a run that changes a definition and the next verification nobody can say who edited what."""
    ledger, old, new = Ledger.open(repo), Definition(POLICY, "a", "a"), Definition(POLICY, "b", "b")
    assert ledger.memory(["crm"], NOW).targets == {}
    whole_run(ledger, [], NOW, clean(live(definition=old)))
    assert ledger.memory(["crm"], NOW).targets["crm"].definitions == {POLICY: old.digest}
    run = ledger.begin(plan([update(new)]), now=NOW)
    assert ledger.memory(["crm"], NOW).targets["crm"].definitions is None
    run.record(done([update(new)]), now=NOW)
    run.end(exit_code=ExitCode.OK, readings={"crm": clean(live(definition=new))}, now=NOW)
    assert ledger.memory(["crm"], NOW).targets["crm"].definitions == {POLICY: new.digest}


def test_a_narrowed_run_says_nothing_of_what_it_did_not_examine(repo: Repo) -> None:
    ledger, edited = Ledger.open(repo), Definition(POLICY, "b", "b")
    part = Reading(live(holds(2), definition=edited), verified=True)
    whole_run(ledger, [], NOW, part)
    known = ledger.memory(["crm"], NOW).targets["crm"]
    assert (known.definitions, known.accounts["005A"].clean) == (None, False)
    before = Definition(POLICY, "a", "a")
    whole_run(ledger, [], NOW, clean(live(holds(1), definition=before)))
    whole_run(ledger, [], NOW, part)
    known = ledger.memory(["crm"], NOW).targets["crm"]
    assert known.definitions == {POLICY: before.digest}
    assert known.added_since(BindingKey("005A", native(2)))


def test_another_system_under_the_same_name_is_another_state(repo: Repo) -> None:
    ledger = Ledger.open(repo)
    whole_run(ledger, [], NOW, clean(live(holds(2))))
    other = replace(live(), stable_id="00D2")
    assert ledger.memory(["crm"], NOW).of(other).accounts == {}
    whole_run(ledger, [], NOW, clean(replace(other, accounts={})))
    assert ledger.memory(["crm"], NOW).targets["crm"].accounts == {}


BROKEN: Sequence[tuple[str, bytes]] = (
    ("runs/2026/11/21/x.jsonl", b"{\n"),
    ("runs/2026/11/20/x.jsonl", b""),
    ("runs/2026/11/21/x.jsonl", b'{"format":"guestlist.run/v2","event":"begin"}\n'),
    ("runs/2027/01/01/x.jsonl", b"\xff\n"),
    ("state/crm.json", b"{}"),
    ("state/crm.json", b'{"format":"guestlist.state/v2","stableId":"1","definitions":null,"accounts":{}}'),
)


@pytest.mark.parametrize(("path", "content"), BROKEN)
def test_what_cannot_be_read_exempts_nothing_and_hides_no_account(repo: Repo, path: str, content: bytes) -> None:
    """The rest is still known, the next run can append, and it writes to no other run's file."""
    ledger = Ledger.open(repo)
    whole_run(ledger, [revoke(1)], NOW, clean(live(holds(2))))
    write(repo, path, content)
    seen = ledger.recall(["crm"], NOW)
    assert not seen.memory.readable
    assert seen.problems[0].startswith(path)
    assert seen.memory.spent == {(ORG, "revocations"): {revoke(1).id}}
    assert seen.memory.governed("crm") == {"005A"}
    whole_run(ledger, [revoke(2)], NOW, clean(live(holds(2))))
    after = ledger.memory(["crm"], NOW)
    assert after.spent == {(ORG, "revocations"): {revoke(1).id, revoke(2).id}}
    assert after.readable is path.startswith("state/")
    if path.startswith("runs/"):
        tip = Store(repo).snapshot()
        assert tip.read(path) == {path: content}


def test_a_broken_run_of_last_week_is_not_read(repo: Repo) -> None:
    write(repo, "runs/2026/11/14/x.jsonl", b"{\n")
    assert Ledger.open(repo).memory(["crm"], NOW).readable


def test_a_run_that_is_exactly_a_day_old_no_longer_counts(repo: Repo) -> None:
    ledger = Ledger.open(repo)
    run = ledger.begin(plan([revoke(1)]), now=NOW)
    run.record(done([revoke(1)]), now=NOW)
    run.end(exit_code=ExitCode.OK, readings={}, now=NOW)
    day = NOW + timedelta(hours=24)
    assert ledger.memory(["crm"], day - timedelta(seconds=1)).spent
    assert not ledger.memory(["crm"], day).spent


def test_twenty_thousand_accounts_are_remembered_exactly(repo: Repo) -> None:
    accounts = {
        f"005{number:015}": AccountMemory(
            f"u{number}@vendor.example",
            closed=False,
            clean=True,
            bindings=frozenset(binding_mark(BindingKey("", native(number * 5 + part))) for part in range(5)),
        )
        for number in range(20_000)
    }
    write(repo, "state/crm.json", state.write(TargetState(ORG, accounts, {})))
    assert Ledger.open(repo).memory(["crm"], NOW).targets["crm"].accounts == accounts


def test_no_secret_and_no_name_stands_in_a_record(repo: Repo) -> None:
    """A record names an account by the target's own id."""
    path = whole_run(Ledger.open(repo), [revoke(1)], NOW)
    assert b"m@x" not in Store(repo).snapshot().read(path)[path]
    assert Path(path).name.startswith("20261121T100000Z-")


@settings(deadline=None, max_examples=60)
@given(
    days=st.lists(st.floats(0, 80), max_size=12).map(sorted),
    given_on=st.none() | st.floats(0, 80),
    later=st.floats(0, 40),
)
def test_what_was_taken_away_is_counted_for_a_month_and_from_the_last_grant(
    days: list[float], given_on: float | None, later: float
) -> None:
    """Revocations of the last 30 days count, up to a few, and a grant of ours ends the count."""
    known = TargetState(ORG).expecting(records.begin("abc", plan([revoke(1)]), NOW).intents, {})
    revocation, giving = (records.begin("abc", plan([make(1)]), NOW).intents for make in (revoke, grant))
    events = sorted([(day, False) for day in days] + ([] if given_on is None else [(given_on, True)]))
    expected: list[float] = []
    for day, is_grant in events:
        expected = [] if is_grant else [*expected, day]
        at = NOW + timedelta(days=day)
        known = known.expecting(giving, {}) if is_grant else known.revoking(revocation, at)
    now = NOW + timedelta(days=max((day for day, _ in events), default=0) + later)
    recent = sum(now - (NOW + timedelta(days=day)) < timedelta(days=30) for day in expected)
    assert known.memory.taken_away(BindingKey("005A", native(1)), now) == min(recent, state.REVOCATIONS)
    assert known.memory.taken_away(BindingKey("005A", native(2)), now) == 0


def test_taking_away_makes_no_account_governed() -> None:
    """What was a vendor's may have been on an employee's account: the run's own reading says whom guestlist has."""
    known = TargetState(ORG).expecting(records.begin("abc", plan([revoke(1)]), NOW).intents, {})
    memory = Memory(targets={"crm": state.read("crm", state.write(known)).memory})
    assert memory.targets["crm"].accounts.keys() == {"005A"}
    assert memory.governed("crm") == frozenset()
    given = known.expecting(records.begin("abc", plan([grant(1)]), NOW).intents, {})
    assert Memory(targets={"crm": given.memory}).governed("crm") == {"005A"}


def test_revocations_of_many_bindings_stay_few() -> None:
    """The memory of one account is bounded; what was taken away last is what is remembered."""
    known = TargetState(ORG).expecting(records.begin("abc", plan([revoke(1)]), NOW).intents, {})
    for number in range(state.REVOKED + 10):
        intents = records.begin("abc", plan([revoke(number)]), NOW).intents
        known = known.revoking(intents, NOW + timedelta(minutes=number))
    assert len(known.accounts["005A"].revoked) == state.REVOKED
    assert known.memory.taken_away(BindingKey("005A", native(state.REVOKED + 9)), NOW + timedelta(days=1)) == 1
    assert known.memory.taken_away(BindingKey("005A", native(0)), NOW + timedelta(days=1)) == 0


def test_only_what_was_certainly_taken_away_counts(repo: Repo) -> None:
    """Not what failed, what was so already, or what a killed run may have written; and it survives a blind end."""
    ledger = Ledger.open(repo)
    run = ledger.begin(plan([revoke(1), revoke(2), revoke(3), revoke(4)]), now=NOW)
    outcomes = [
        Outcome(revoke(1), OutcomeStatus.DONE),
        Outcome(revoke(2), OutcomeStatus.FAILED, "locked"),
        Outcome(revoke(3), OutcomeStatus.ALREADY),
    ]
    run.record(outcomes, now=NOW)
    run.end(exit_code=ExitCode.ERROR, readings={"crm": None}, now=NOW)
    known = ledger.memory(["crm"], NOW).targets["crm"]
    assert [known.taken_away(BindingKey("005A", native(number)), NOW) for number in (1, 2, 3, 4)] == [1, 0, 0, 0]


def test_when_an_account_was_closed_is_remembered_until_it_is_open(repo: Repo) -> None:
    """Closing it for good does not move the day; a state from before there was one begins when it is first seen."""
    ledger = Ledger.open(repo)
    whole_run(ledger, [disable()], NOW, clean(live(enabled=False)))
    retiring = replace(disable(), reasons=(Reason(ReasonCode.OFFBOARDED, "gone"),))
    later = NOW + timedelta(days=9)
    whole_run(ledger, [retiring], later, clean(replace(live(enabled=False), at=later)))
    assert ledger.memory(["crm"], later).targets["crm"].accounts["005A"].closed_at == NOW
    whole_run(ledger, [], later, clean(replace(live(enabled=True), at=later)))
    assert ledger.memory(["crm"], later).targets["crm"].accounts["005A"].closed_at is None
    old = (
        b'{"format":"guestlist.state/v1","stableId":"1","definitions":null,'
        b'"accounts":{"005A":{"name":"m","closed":true}}}'
    )
    assert state.read("x", old).seen(live(enabled=False)).accounts["005A"].closed_at == NOW


def test_an_attribute_that_somebody_edited_is_told_from_one_that_we_wrote(repo: Repo) -> None:
    ledger = Ledger.open(repo)

    def showing(profile: str) -> Live:
        shown = live()
        account = replace(shown.accounts["005A"], attributes={"profile": profile, "zone": "UTC"})
        return replace(shown, accounts={"005A": account})

    whole_run(ledger, [], NOW, clean(showing("Vendor")))
    known = ledger.memory(["crm"], NOW).targets["crm"]
    assert known.edited_since("005A", {"profile": "Admin"})
    assert not known.edited_since("005A", {"profile": "Vendor"})
    assert not known.edited_since("005A", {"profile": "Admin", "zone": "UTC"})
    assert not known.edited_since("005B", {"profile": "Admin"})
    ours = UpdateAccount(target="crm", stable_id=ORG, reasons=BECAUSE, account="005A", after={"profile": "Other"})
    ledger.begin(plan([ours]), now=NOW)
    assert not ledger.memory(["crm"], NOW).targets["crm"].edited_since("005A", {"profile": "Admin"})


def test_an_account_that_is_still_to_be_created_is_not_governed(repo: Repo) -> None:
    """Its provisional id is no account of the target's."""
    ledger = Ledger.open(repo)
    id_ = provisional(AccountKey("username", "n@x.example"))
    creation = CreateAccount(target="crm", stable_id=ORG, reasons=BECAUSE, account=id_, account_name="n@x.example")
    whole_run(ledger, [creation, grant(1, account=id_)], NOW)
    assert ledger.memory(["crm"], NOW).governed("crm") == frozenset()
