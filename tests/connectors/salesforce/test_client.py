import logging

import pytest
import requests

from connectors.salesforce.auth import ClientCredentialsLogin, JwtLogin, long_id
from connectors.salesforce.client import PATIENT, Client, Patience, Session, Usage
from connectors.salesforce.faults import Fault, fault
from reconciler import errors
from reconciler.errors import TargetError
from tests.connectors.salesforce.wire import OWN, SECRET, TOKEN, URL, Answer, Wire, client, error, login_answer, records

CODES = [
    (401, "INVALID_SESSION_ID", errors.Unauthorized),
    (403, "REQUEST_LIMIT_EXCEEDED", errors.RateLimited),
    (400, "UNABLE_TO_LOCK_ROW", errors.Conflict),
    (500, "UNABLE_TO_LOCK_ROW", errors.Conflict),
    (400, "DUPLICATE_VALUE", errors.Rejected),
    (404, "INVALID_CROSS_REFERENCE_KEY", errors.Missing),
    (400, "ENTITY_IS_DELETED", errors.Missing),
    (400, "FIELD_INTEGRITY_EXCEPTION", errors.Rejected),
    (400, "LICENSE_LIMIT_EXCEEDED", errors.Rejected),
    (400, "INVALID_TYPE", errors.Rejected),
    (400, "INVALID_FIELD", errors.Rejected),
    (400, "MALFORMED_QUERY", errors.Rejected),
    (400, "INVALID_FIELD_FOR_INSERT_UPDATE", errors.Rejected),
    (400, "INSUFFICIENT_ACCESS", errors.Unauthorized),
    (400, "INSUFFICIENT_ACCESS_OR_READONLY", errors.Unauthorized),
    (400, "INVALID_QUERY_LOCATOR", errors.Rejected),
    (404, "NOT_FOUND", errors.Missing),
    (503, "SERVER_UNAVAILABLE", errors.Unreachable),
]
STATUSES = [
    (301, errors.Unreadable),
    (400, errors.Rejected),
    (401, errors.Unauthorized),
    (403, errors.Unauthorized),
    (404, errors.Missing),
    (405, errors.Rejected),
    (409, errors.Conflict),
    (429, errors.RateLimited),
    (500, errors.Unreachable),
    (503, errors.Unreachable),
]


def asking(answer: Answer) -> tuple[Client, Wire]:
    return client(lambda *_: answer)


@pytest.mark.parametrize(("status", "code", "kind"), CODES)
def test_every_code_is_one_of_our_errors_and_repeats_nothing(status: int, code: str, kind: type[TargetError]) -> None:
    """Salesforce's code decides; its message, which quotes ids and names, is never repeated."""
    made, _ = asking((status, error(code)))
    with pytest.raises(TargetError) as caught:
        made.get("query?q=x", "reading users")
    assert type(caught.value) is kind
    assert code in str(caught.value)
    for word in ("maria", "00500000", SECRET, TOKEN):
        assert word not in f"{caught.value!r}{caught.value}"


@pytest.mark.parametrize(("status", "kind"), STATUSES)
@pytest.mark.parametrize("body", [b"<html>", b"", [], {"message": "x"}, [{"errorCode": "x; DROP"}]])
def test_an_answer_without_a_code_goes_by_its_status(status: int, kind: type[TargetError], body: object) -> None:
    made, _ = asking((status, body))
    with pytest.raises(TargetError) as caught:
        made.get("limits", "reading limits")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "broken",
    [requests.ConnectionError(TOKEN), requests.Timeout(TOKEN), requests.exceptions.ChunkedEncodingError(TOKEN)],
)
def test_no_answer_is_unreachable_after_a_few_tries(broken: Exception) -> None:
    made, wire = asking(broken)
    with pytest.raises(errors.Unreachable) as caught:
        made.get("limits", "reading limits")
    assert len(wire.calls) == PATIENT.attempts
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"5"])
def test_an_answer_that_is_not_json_is_unreadable(body: bytes) -> None:
    made, _ = asking((200, body))
    with pytest.raises(errors.Unreadable):
        made.get("limits", "reading limits")


def test_a_lost_session_is_renewed_once_and_never_in_a_loop() -> None:
    """A persistent 401 ends after one new login, whatever the call."""
    made, wire = asking((401, error("INVALID_SESSION_ID")))
    with pytest.raises(errors.Unauthorized):
        made.create([{}], "creating")
    assert (len(wire.calls), wire.logins) == (2, 2)


def test_a_call_whose_session_was_lost_is_made_again_with_a_new_one() -> None:
    answers: list[Answer] = [(401, error("INVALID_SESSION_ID")), (200, {"ok": True})]
    made, wire = client(lambda *_: answers.pop(0))
    assert made.get("limits", "reading limits") == {"ok": True}
    assert wire.logins == 2


def test_what_went_wrong_in_passing_is_tried_again_when_that_is_safe() -> None:
    answers: list[Answer] = [(503, b""), (400, error("UNABLE_TO_LOCK_ROW")), (429, b"", {"Retry-After": "3"})]
    slept: list[float] = []
    made, wire = client(lambda *_: answers.pop(0) if answers else (200, [{"id": "1", "success": True, "errors": []}]))
    made._patience = Patience(sleep=slept.append)
    assert made.update([{"id": "1"}], "freezing")[0]
    assert len(wire.calls) == 4
    assert slept[-1] == 3.0


def test_a_creation_is_never_sent_twice() -> None:
    made, wire = asking(requests.Timeout())
    with pytest.raises(errors.Unreachable):
        made.create([{}], "granting")
    assert len(wire.calls) == 1


def test_once_the_days_calls_are_used_up_nothing_more_is_asked() -> None:
    made, wire = asking((403, error("REQUEST_LIMIT_EXCEEDED")))
    for _ in range(3):
        with pytest.raises(errors.RateLimited):
            made.get("limits", "reading limits")
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("login", "kind"),
    [
        ((400, {"error": "invalid_grant", "error_description": f"no user {SECRET}"}), errors.Unauthorized),
        ((401, {"error": SECRET.upper()}), errors.Unauthorized),
        ((400, b"<html>"), errors.Unauthorized),
        ((503, b""), errors.Unreachable),
        ((200, b"<html>"), errors.Unreadable),
        ((200, {"access_token": TOKEN, "instance_url": URL}), errors.Unreadable),
        ((200, login_answer(id="https://login.salesforce.com/id/x/y")), errors.Unreadable),
        ((302, b"", {"Location": "https://evil.example"}), errors.Unauthorized),
        (requests.exceptions.SSLError(SECRET), errors.Unreachable),
    ],
)
def test_a_login_that_fails_says_why_without_the_secret(login: Answer, kind: type[TargetError]) -> None:
    made, wire = asking((200, {}))
    wire.login = login
    with pytest.raises(kind) as caught:
        made.get("limits", "reading limits")
    assert SECRET not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert not wire.calls


def test_who_we_are_comes_from_the_login() -> None:
    made, _ = asking((200, {}))
    assert (made.token.org, made.token.user) == ("00D000000000001AAA", OWN)
    assert TOKEN not in repr(made.token)
    assert SECRET not in repr(ClientCredentialsLogin("id", SECRET))


def test_the_token_goes_to_the_declared_address_whatever_the_answer_names() -> None:
    made, wire = asking((200, {"ok": True}))
    wire.login = (200, login_answer(instance_url="https://evil.example"))
    made.get("limits", "reading limits")
    assert wire.hosts == {"example.my.salesforce.com"}


def test_a_jwt_login_signs_for_its_user_and_a_bad_key_is_a_credential_error() -> None:
    with pytest.raises(errors.CredentialError) as caught:
        JwtLogin("id", "g@x.example", SECRET, "https://login.salesforce.com").form()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://x.my.salesforce.com", "x.my.salesforce.com", "https://u:p@x", "https://x/y", ""]
)
def test_credentials_only_go_to_a_plain_https_address(url: str) -> None:
    with pytest.raises(errors.CredentialError):
        Client(url, ClientCredentialsLogin("i", "s"), "64.0", Session())


@pytest.mark.parametrize(
    "pointer", ["https://evil.example/services/data/v64.0/query/x", "@evil.example/query/x", "/query/", "/a/b", "x?y"]
)
def test_the_next_page_is_only_fetched_from_our_own_api(pointer: str) -> None:
    made, wire = asking((200, records()))
    with pytest.raises(errors.Unreadable):
        made.more(pointer, "reading users")
    assert not wire.calls


def test_a_batch_that_answers_less_than_was_asked_is_unreadable() -> None:
    for body in ({"results": []}, {"results": [{}]}, {}, [], {"results": [{"statusCode": "200"}]}):
        made, _ = asking((200, body))
        with pytest.raises(errors.Unreadable):
            made.batch(["query?q=x"], "reading")


def test_the_orgs_clock_and_use_are_read_from_the_headers() -> None:
    made, _ = asking((200, {"ok": True}))
    made.get("limits", "reading limits")
    assert made.clock.isoformat() == "2026-11-21T10:00:00+00:00"
    assert made.usage == Usage(18, 5000)


def test_every_call_has_a_timeout_and_the_declared_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the environment names another bundle: what is declared wins."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/elsewhere.pem")
    seen: list[dict[str, object]] = []
    wire = Wire(lambda *_: (200, {}))
    session = Session("/declared.pem")
    session.mount("https://", wire)
    monkeypatch.setattr(
        wire, "send", lambda request, **options: seen.append(options) or wire._response(request, (200, {}))
    )
    session.get(URL)
    assert seen[0]["verify"] == "/declared.pem"
    assert seen[0]["timeout"]


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made, _ = asking((200, {"ok": True}))
    made.get("limits", "reading limits")
    assert SECRET not in caplog.text
    assert TOKEN not in caplog.text


def test_a_faults_words_can_be_searched_and_are_not_shown() -> None:
    found = fault(400, error("INVALID_FIELD", "No such column 'ExpirationDate'"))
    assert found.mentions("expirationdate")
    assert "ExpirationDate" not in repr(found) + found.text
    assert fault(500, None) == Fault(500, "")


@pytest.mark.parametrize("short", ["001D000000K0fXO", "001D000000K0fXOIAZ"])
def test_short_ids_become_long_ones(short: str) -> None:
    """The last three characters say which letters are capitals (an example of the REST API guide)."""
    assert long_id(short) == "001D000000K0fXOIAZ"
