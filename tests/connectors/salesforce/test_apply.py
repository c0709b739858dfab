"""Writing, against scripted answers: what only a hand-made answer can show. The rest is in test_org."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests

from reconciler.model import Native, Reason, ReasonCode
from reconciler.plan.changes import AnyChange, CreateRole, DisableAccount, GrantBinding, RevokeBinding, SetEnd
from reconciler.ports import Outcome, OutcomeStatus
from tests.connectors.salesforce.wire import (
    ORG,
    OWN,
    Answer,
    Wire,
    assignment_row,
    batch,
    connector,
    error,
    records,
    user_id,
    user_row,
)

TRIAGE = Native("permissionSet", "Triage")
END = datetime(2027, 2, 1, tzinfo=UTC)
WIRE_END = "2027-02-01T00:00:00.000+0000"


def change(kind: type[AnyChange], user: int = 1, native: Native | None = TRIAGE, **other: object) -> AnyChange:
    given = {"target": "crm", "stable_id": ORG, "account": user_id(user), "native": native, "until": END}
    return kind(**(given | {"reasons": (Reason(ReasonCode.DECLARED, "declared"),)} | other))  # type: ignore[arg-type]


class Org:
    """Rows that reads see, what writes answer in turn, and what was written."""

    def __init__(self, standing: list[dict[str, object]], *writes: Answer) -> None:
        self.standing = standing
        self.lapsed: list[dict[str, object]] = []
        self.writes = list(writes)
        self.written: list[tuple[str, object]] = []

    def __call__(self, method: str, path: str, body: object) -> Answer:
        if path == "composite/batch":
            return batch(self._read, body)
        self.written.append((method, body if body is not None else urlsplit(path).query))
        return self.writes.pop(0)

    def _read(self, resource: str, soql: str) -> Answer:
        if "FROM PermissionSet " in soql:
            return 200, records({"Id": "0PS000000000001AAA", "Name": "Triage", "NamespacePrefix": None})
        if "FROM PermissionSetAssignment" in soql:
            return 200, records(*(self.lapsed if resource.endswith("queryAll") else self.standing))
        return 200, records()


def apply(org: Org, *changes: AnyChange) -> tuple[list[Outcome], Wire]:
    made, wire = connector(org)
    outcomes = list(made.apply(changes))
    assert sorted(id(outcome.change) for outcome in outcomes) == sorted(id(one) for one in changes)
    return outcomes, wire


def one(*results: dict[str, object]) -> Answer:
    return 200, list(results)


DONE = {"id": "0Pa000000000001AAA", "success": True, "errors": []}


def no(code: str) -> dict[str, object]:
    return {"success": False, "errors": [{"statusCode": code, "message": "maria.k 005", "fields": []}]}


def test_two_hundred_grants_are_one_creation() -> None:
    org = Org([], one(*[DONE] * 200), one(DONE))
    outcomes, wire = apply(org, *(change(GrantBinding, user) for user in range(1, 202)))
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.DONE}
    assert [method for method, _ in wire.calls] == ["POST", "POST", "POST", "POST"]


def test_one_failure_stops_no_other() -> None:
    """Each record has its own outcome, with the org's code and none of its words."""
    org = Org([], one(DONE, no("FIELD_INTEGRITY_EXCEPTION"), DONE, no("LICENSE_LIMIT_EXCEEDED")))
    outcomes, _ = apply(org, *(change(GrantBinding, user) for user in range(1, 5)))
    assert [outcome.status.value for outcome in outcomes] == ["done", "failed", "done", "failed"]
    assert "FIELD_INTEGRITY_EXCEPTION" in outcomes[1].text
    assert "maria" not in outcomes[1].text


def test_a_locked_record_is_tried_again_alone() -> None:
    org = Org([], one(DONE, no("UNABLE_TO_LOCK_ROW")), one(DONE))
    outcomes, _ = apply(org, change(GrantBinding, 1), change(GrantBinding, 2))
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.DONE}
    assert len(org.written[1][1]["records"]) == 1  # type: ignore[index]


def test_a_duplicate_that_expired_gets_its_new_end() -> None:
    """An org that keeps the expired row refuses a second one; granting again moves the old one's end."""
    org = Org([], one(no("DUPLICATE_VALUE")), one(DONE))
    org.lapsed = [assignment_row(7, 1, "Triage", "2026-01-01T00:00:00.000+0000", IsActive=False)]
    (outcome,), _ = apply(org, change(GrantBinding))
    assert outcome.status is OutcomeStatus.DONE
    method, body = org.written[1]
    assert method == "PATCH"
    assert body["records"][0]["ExpirationDate"] == "2027-02-01T00:00:00Z"  # type: ignore[index]


def test_a_duplicate_that_nobody_can_see_is_a_failure() -> None:
    (outcome,), _ = apply(Org([], one(no("DUPLICATE_VALUE"))), change(GrantBinding))
    assert outcome.status is OutcomeStatus.FAILED


@pytest.mark.parametrize(("there", "status"), [(True, OutcomeStatus.DONE), (False, OutcomeStatus.FAILED)])
def test_a_creation_without_an_answer_is_looked_for_and_not_repeated(there: bool, status: OutcomeStatus) -> None:  # noqa: FBT001  cases
    org = Org([])

    def cut(method: str, path: str, body: object) -> Answer:
        if path == "composite/sobjects":
            org.written.append((method, body))
            org.standing = [assignment_row(7, 1, "Triage", WIRE_END)] if there else []
            return requests.ConnectionError()
        return org(method, path, body)

    made, _ = connector(cut)
    (outcome,) = made.apply([change(GrantBinding)])
    assert outcome.status is status
    assert len(org.written) == 1


def test_a_role_that_is_gone_is_a_failure_of_its_grants_only() -> None:
    org = Org([], one(DONE))
    outcomes, _ = apply(org, change(GrantBinding), change(GrantBinding, 2, Native("permissionSet", "Gone")))
    assert sorted(outcome.status.value for outcome in outcomes) == ["done", "failed"]


def _forgetting(org: Org, method: str, path: str, body: object, *, gone: bool) -> Answer:
    answer = org(method, path, body)
    if method == "DELETE" and gone:
        org.standing = []
    return answer


@pytest.mark.parametrize("code", ["ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"])
def test_revoking_what_is_gone_is_already_done(code: str) -> None:
    """It is looked for again: an org says the same of what our user may not see."""
    for gone, status in ((True, OutcomeStatus.ALREADY), (False, OutcomeStatus.FAILED)):
        org = Org([assignment_row(7, 1, "Triage")], one(no(code)))
        made, _ = connector(lambda *call, org=org, gone=gone: _forgetting(org, *call, gone=gone))
        (outcome,) = made.apply([change(RevokeBinding)])
        assert outcome.status is status


def test_only_rows_of_the_changed_account_and_role_are_ever_touched() -> None:
    """A handle that now belongs to somebody else's row is not followed."""
    org = Org([assignment_row(7, 2, "Triage"), assignment_row(8, 1, "Other")])
    outcomes, _ = apply(org, change(RevokeBinding, handle="0Pa000000000007AAA"), change(SetEnd, native=TRIAGE))
    assert [outcome.status.value for outcome in outcomes] == ["already", "failed"]
    assert not org.written


def test_every_row_of_a_revoked_binding_goes() -> None:
    org = Org([assignment_row(7, 1, "Triage"), assignment_row(8, 1, "Triage", WIRE_END)], one(DONE, DONE))
    (outcome,), _ = apply(org, change(RevokeBinding))
    assert outcome.status is OutcomeStatus.DONE
    assert org.written == [("DELETE", "ids=0Pa000000000007AAA,0Pa000000000008AAA&allOrNone=false")]


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "REQUEST_LIMIT_EXCEEDED"), (400, "INSUFFICIENT_ACCESS"), (401, "INVALID_SESSION_ID"), (503, "X")],
)
def test_a_call_that_fails_as_a_whole_fails_each_of_its_changes(status: int, code: str) -> None:
    org = Org([assignment_row(7, 1, "Triage")], *[(status, error(code))] * 9)
    (outcome,), _ = apply(org, change(RevokeBinding))
    assert outcome.status is OutcomeStatus.FAILED


@pytest.mark.parametrize("answer", [(200, []), (200, [DONE, DONE]), (200, {}), (200, [{"success": "yes"}])])
def test_an_answer_that_does_not_cover_every_record_is_a_failure(answer: Answer) -> None:
    (outcome,), _ = apply(Org([assignment_row(7, 1, "Triage")], answer), change(RevokeBinding))
    assert outcome.status is OutcomeStatus.FAILED


def test_reading_that_is_not_whole_writes_nothing() -> None:
    org = Org([])
    org._read = lambda *_: (200, {"totalSize": 3, "done": True, "records": []})  # type: ignore[method-assign]
    for kind in (GrantBinding, RevokeBinding, SetEnd, DisableAccount):
        (outcome,), _ = apply(org, change(kind))
        assert outcome.status is OutcomeStatus.FAILED
    assert not org.written


def test_a_plan_for_another_org_or_for_our_own_user_is_refused() -> None:
    org = Org([])
    other = change(GrantBinding, stable_id="00D000000000002AAA")
    outcomes, wire = apply(org, other, change(DisableAccount, account=OWN), change(CreateRole))
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.FAILED}
    assert not wire.calls


def test_a_login_that_fails_is_the_outcome_of_every_change() -> None:
    made, wire = connector(lambda *_: (200, {}))
    wire.login = (400, {"error": "invalid_grant"})
    outcomes = list(made.apply([change(GrantBinding), change(GrantBinding, 2)]))
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.FAILED}


class Closing(Org):
    """An org with one user, whose freezing, tokens and sessions answer as told."""

    def __init__(self, *writes: Answer, sees: bool = True) -> None:
        super().__init__([], *writes)
        self.sees = sees
        self.frozen = False
        self.sessions = ["0Ak000000000001AAA"]

    def _read(self, resource: str, soql: str) -> Answer:
        del resource
        if "FROM UserPermissionAccess" in soql:
            return 200, records({"PermissionsCustomizeApplication": self.sees})
        if "FROM UserLogin" in soql:
            return 200, records({"Id": "0Yw000000000001AAA", "UserId": user_id(1), "IsFrozen": self.frozen})
        if "FROM AuthSession" in soql:
            return 200, records(*({"Id": one, "UsersId": user_id(1)} for one in self.sessions))
        if "FROM User" in soql:
            return 200, records(user_row(1, "maria@acme.example"))
        return 200, records()

    def __call__(self, method: str, path: str, body: object) -> Answer:
        answer = super().__call__(method, path, body)
        if method == "DELETE" and answer[1] == [DONE]:  # type: ignore[index]
            self.sessions = []
        return answer


def test_a_session_that_cannot_be_ended_is_said() -> None:
    """Frozen is not enough: the outcome of a closing that left something alive is a failure."""
    org = Closing(one(DONE), one(no("INSUFFICIENT_ACCESS")))
    (outcome,), _ = apply(org, change(DisableAccount, native=None))
    assert outcome.status is OutcomeStatus.FAILED
    assert "1 session cannot be ended" in outcome.text


def test_sessions_end_even_where_tokens_cannot_be_seen_and_the_doubt_is_said() -> None:
    org = Closing(one(DONE), one(DONE), sees=False)
    (outcome,), _ = apply(org, change(DisableAccount, native=None))
    assert org.sessions == []
    assert outcome.status is OutcomeStatus.FAILED
    assert "Customize Application" in outcome.text


def test_a_freeze_that_fails_still_ends_what_is_alive() -> None:
    org = Closing(one(no("INSUFFICIENT_ACCESS")), one(DONE))
    (outcome,), _ = apply(org, change(DisableAccount, native=None))
    assert org.sessions == []
    assert outcome.status is OutcomeStatus.FAILED
