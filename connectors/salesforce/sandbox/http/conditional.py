"""Requests on a record that hold only while it is as the asker knows it.

REST API Developer Guide, "Conditional Request Headers": for rows of accounts only, and not for deleting; what cannot be
read in a header is ignored on reading and refused on writing. The codes of the refusals are not written.
"""

import hashlib
import json
import re
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http.exchange import Answer, Call
from connectors.salesforce.sandbox.schema import ObjectType
from connectors.salesforce.sandbox.store import Row

_KIND = "Account"
_TAG = r'(?:W/)?"[^"]*"'
_TAGS = re.compile(rf"\s*(?:\*|{_TAG}(?:\s*,\s*{_TAG})*)\s*")


def read(call: Call, kind: ObjectType, record_id: str, record: object) -> Answer:
    """Answers with a record, or that it is as the asker knows it (304).

    Raises:
        OrgError: It is not as the asker wants it (412).
    """
    row = _row(call, kind, record_id)
    if row is None:
        return Answer(record)
    tag, changed = _tag(row), _changed(row)
    headers = {"ETag": tag, "Last-Modified": format_datetime(changed, usegmt=True)}
    sent = call.request.headers
    _require(call, row, strict=False)
    if "if-none-match" in sent:
        same = _named(sent["if-none-match"], tag)
    else:
        since = _instant(sent.get("if-modified-since", ""))
        same = since is not None and changed <= since
    return Answer(status=304, headers=headers) if same else Answer(record, headers=headers)


def check(call: Call, kind: ObjectType, record_id: str) -> None:
    """Refuses to change a record that is not as the asker wants it (412)."""
    row = _row(call, kind, record_id)
    if row is None:
        return
    _require(call, row, strict=True)
    known = call.request.headers.get("if-none-match")
    if known is not None and _named(known, _tag(row)):
        raise _failed()


def _require(call: Call, row: Row, *, strict: bool) -> None:
    sent = call.request.headers
    for name in ("if-match", "if-none-match"):
        if strict and name in sent and not _TAGS.fullmatch(sent[name]):
            raise OrgError("INVALID_HEADER", f"the header {name} holds no entity tags")
    if "if-match" in sent:
        if not _named(sent["if-match"], _tag(row)):
            raise _failed()
    elif "if-unmodified-since" in sent:
        until = _instant(sent["if-unmodified-since"])
        if until is None and strict:
            raise OrgError("INVALID_HEADER", "the header if-unmodified-since holds no HTTP date")
        if until is not None and _changed(row) > until:
            raise _failed()


def _row(call: Call, kind: ObjectType, record_id: str) -> Row | None:
    return call.org.store.get(kind, record_id) if kind.name == _KIND else None


def _tag(row: Row) -> str:
    return '"' + b64encode(hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest()[:20]).decode() + '"'


def _changed(row: Row) -> datetime:
    return datetime.fromisoformat(str(row["LastModifiedDate"])).astimezone(UTC).replace(microsecond=0)


def _named(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in re.findall(r'"[^"]*"', header)


def _instant(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _failed() -> OrgError:
    return OrgError("PRECONDITION_FAILED", "The record is not as the request requires", status=412)
