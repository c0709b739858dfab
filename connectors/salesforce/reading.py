"""Queries to whole answers: batched, paged to the end, counted; what is not whole says so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.salesforce.client import Client
from connectors.salesforce.faults import LOST_CURSOR, Fault
from connectors.salesforce.soql import Query
from reconciler.errors import Conflict, Rejected, TargetError, Unreachable, Unreadable

Row = Mapping[str, object]
"""A record as it came over the wire."""

NAMED = 4
"""Topics that an error about a whole batch names."""
PARTS = 25
"""Sub-requests of one composite batch (REST API guide, Composite Batch)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one query.

    Attributes:
        rows: all of its records when it is whole, otherwise whatever came.
        error: why it is not whole; None when it is.
        fault: what the org said, where it refused the query itself.
    """

    query: Query
    rows: tuple[Row, ...] = ()
    error: TargetError | None = None
    fault: Fault | None = None

    @property
    def gap(self) -> str | None:
        """A sentence when it is not whole."""
        return None if self.error is None else str(self.error)


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[Row]
    total: int
    following: str | None


def read(client: Client, queries: Sequence[Query]) -> list[Reading]:
    """Ask all queries, up to 25 in one call, and follow each to its end.

    Raises:
        TargetError: a batch as a whole was not answered. What concerns one query is in its Reading.
    """
    answers: list[Reading] = []
    for some in _batches(queries):
        what = _topics(some)
        parts = client.batch([query.path for query in some], what)
        answers.extend(_finish(client, query, part) for query, part in zip(some, parts, strict=True))
    return answers


def whole(readings: Iterable[Reading]) -> Iterator[Row]:
    """The rows of all readings; raises what kept one of them from being whole."""
    for reading in readings:
        if reading.error is not None:
            raise reading.error
        yield from reading.rows


def _topics(queries: Sequence[Query]) -> str:
    """What a batch reads, in words that fit into a sentence."""
    topics = list(dict.fromkeys(query.topic for query in queries))
    if len(topics) <= NAMED:
        return f"reading {', '.join(topics)}"
    return f"reading {', '.join(topics[:NAMED])} and {len(topics) - NAMED} other kinds"


def _batches(queries: Sequence[Query]) -> Iterator[Sequence[Query]]:
    for start in range(0, len(queries), PARTS):
        yield queries[start : start + PARTS]


def _finish(client: Client, query: Query, part: object) -> Reading:
    """Follow one query from its first page to its last."""
    what = f"reading {query.topic}"
    if isinstance(part, Fault):
        error = part.error(what)
        if not isinstance(error, Unreachable | Conflict):
            return Reading(query, error=error, fault=part)
        return _again(client, query)
    try:
        return _follow(client, query, part)
    except Rejected as error:
        return _again(client, query) if error.code == LOST_CURSOR else Reading(query, error=error)
    except TargetError as error:
        return Reading(query, error=error)


def _again(client: Client, query: Query) -> Reading:
    """Ask on its own what failed in passing within a batch, or lost its place on a later page."""
    try:
        return _follow(client, query, client.get(query.path, f"reading {query.topic}"))
    except TargetError as error:
        return Reading(query, error=error)


def _follow(client: Client, query: Query, first: object) -> Reading:
    what = f"reading {query.topic}"
    if query.resource:
        if not isinstance(first, Mapping):
            raise Unreadable(f"{what}: the org's answer is not in the documented shape")
        return Reading(query, (first,))
    page = _page(first, what)
    rows = page.rows
    total = page.total
    while page.following is not None:
        page = _page(client.more(page.following, what), what)
        if not page.rows:
            raise Unreadable(f"{what}: the org sent an empty page in the middle of an answer")
        rows.extend(page.rows)
    if len(rows) != total:
        raise Unreadable(f"{what}: the org counts {total} records and sent {len(rows)}")
    if query.keyed and len({str(row.get("Id")) for row in rows}) != total:
        raise Unreadable(f"{what}: the org sent a record twice, so another may be missing")
    return Reading(query, tuple(rows))


def _page(body: object, what: str) -> _Page:
    if not isinstance(body, Mapping):
        raise Unreadable(f"{what}: the org's answer is not in the documented shape")
    total, done, records, following = (body.get(name) for name in ("totalSize", "done", "records", "nextRecordsUrl"))
    shaped = (
        type(total) is int
        and isinstance(done, bool)
        and isinstance(records, list)
        and all(isinstance(record, dict) for record in records)
    )
    if not shaped or not isinstance(records, list) or not isinstance(total, int):
        raise Unreadable(f"{what}: the org's answer is not in the documented shape")
    if not done and not isinstance(following, str):
        raise Unreadable(f"{what}: the org says that there is more, and not where")
    return _Page(records, total, following if not done and isinstance(following, str) else None)
