import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.reading import read
from connectors.salesforce.soql import Query
from tests.connectors.salesforce.wire import Answer, batch, client, error, records

QUERY = Query("users", "SELECT Id FROM User")
NEXT = "/services/data/v64.0/query/01g000-2"


def reading(first: Answer, *later: Answer) -> tuple[list[dict[str, object]], str | None, int]:
    """The rows, the gap and the number of calls, when the org answers like this."""
    following = list(later)

    def answer(method: str, path: str, body: object) -> Answer:
        del method
        if path == "composite/batch":
            return batch(lambda *_: first, body)
        return following.pop(0) if len(following) > 1 else following[0]

    made, wire = client(answer)
    (result,) = read(made, [QUERY])
    return [dict(row) for row in result.rows], result.gap, len(wire.calls)


def rows(*numbers: int) -> list[dict[str, object]]:
    return [{"Id": str(number)} for number in numbers]


def test_an_answer_of_one_page_costs_one_call() -> None:
    assert reading((200, records(*rows(1, 2)))) == (rows(1, 2), None, 1)


def test_every_further_page_costs_one_more() -> None:
    first = (200, records(*rows(1, 2), total=5, following=NEXT))
    second = (200, records(*rows(3, 4), total=5, following=NEXT))
    assert reading(first, second, (200, records(*rows(5), total=5))) == (rows(1, 2, 3, 4, 5), None, 3)


def test_an_empty_answer_is_whole() -> None:
    assert reading((200, records())) == ([], None, 1)


HALF = (200, records(*rows(1, 2), total=4, following=NEXT))


@pytest.mark.parametrize(
    "answers",
    [
        [(200, records(*rows(1, 2), total=3))],
        [(200, records(*rows(1, 1), total=2))],
        [HALF, (500, b"")],
        [HALF, (200, b'{"totalSize": 4, "done": true, "rec')],
        [HALF, (200, records(*rows(3), total=4))],
        [HALF, (200, records(*rows(1, 2), total=4))],
        [HALF, (200, records(total=4, following=NEXT))],
        [HALF, (401, error("INVALID_SESSION_ID"))],
        [HALF, (403, error("REQUEST_LIMIT_EXCEEDED"))],
        [HALF, (400, error("INVALID_QUERY_LOCATOR"))],
        [(200, {"totalSize": 1, "done": False, "records": rows(1)})],
        [(200, {"totalSize": 1, "records": rows(1)})],
        [(200, {"done": True, "records": []})],
        [(200, {"totalSize": 0, "done": True, "records": None})],
        [(200, {"totalSize": True, "done": True, "records": rows(1)})],
        [(200, {"totalSize": 1, "done": True, "records": ["x"]})],
        [(200, None)],
        [(400, error("INVALID_FIELD"))],
        [(500, error("SERVER_UNAVAILABLE")), (503, b"")],
    ],
)
def test_whatever_is_not_whole_is_a_gap_and_never_a_shorter_list(answers: list[Answer]) -> None:
    """A page cut half-way, a wrong count or an unknown shape: the reading says so."""
    found, gap, _ = reading(*answers)
    assert gap is not None
    assert gap.startswith("reading users")
    assert found == []


def test_a_lost_cursor_starts_the_query_again() -> None:
    again = (200, records(*rows(1, 2, 3)))
    assert reading(HALF, (400, error("INVALID_QUERY_LOCATOR")), again) == (rows(1, 2, 3), None, 3)


def test_what_fails_in_passing_inside_a_batch_is_asked_again_alone() -> None:
    assert reading((503, error("SERVER_UNAVAILABLE")), (200, records(*rows(1)))) == (rows(1), None, 2)


@given(st.integers(0, 60))
def test_queries_share_calls(count: int) -> None:
    """Up to 25 queries are one call."""
    made, wire = client(lambda _, __, body: batch(lambda *_: (200, records()), body))
    assert len(read(made, [QUERY] * count)) == count
    assert len(wire.calls) == -(-count // 25)
