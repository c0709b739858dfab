"""Results that did not fit into one page, kept for two days."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.ids import SHORT, Ids
from connectors.salesforce.sandbox.soql.runner import Paged

_KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A result to go on with."""

    result: Paged
    user_id: str
    made: datetime
    size: int


@dataclass(slots=True)
class Cursors:
    """The open cursors, by id."""

    _ids: Ids = field(default_factory=Ids)
    _open: dict[str, Cursor] = field(default_factory=dict)

    def keep(self, cursor: Cursor) -> str:
        """Keeps a result; returns its id."""
        locator = self._ids.new("01g")
        self._open = {key: kept for key, kept in self._open.items() if cursor.made - kept.made < _KEPT}
        self._open[locator] = cursor
        return locator

    def find(self, locator: str, user_id: str, now: datetime) -> tuple[str, Cursor, int]:
        """The id, the cursor and the position of `<id>-<position>`.

        Raises:
            OrgError: There is none, it is another user's, or it is too old.
        """
        key, _, position = locator.partition("-")
        found = next((one for one in self._open.items() if one[0][:SHORT] == key[:SHORT]), None)
        if found is None or not position.isdigit() or found[1].user_id != user_id or now - found[1].made >= _KEPT:
            raise OrgError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return found[0], found[1], int(position)

    def broken(self) -> str:
        """An id that leads nowhere."""
        return self._ids.new("01g")
