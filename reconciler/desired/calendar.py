"""Declared dates as instants: a date as an end is inclusive, as a start it begins the day, in Settings' time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


class Calendar:
    """The calendar of one time zone (an IANA name)."""

    def __init__(self, time_zone: str) -> None:
        self.zone = ZoneInfo(time_zone)

    def start(self, declared: date | datetime) -> datetime:
        """The first instant of a date, or the instant itself; UTC."""
        if isinstance(declared, datetime):
            return declared.astimezone(UTC)
        return datetime.combine(declared, time.min, self.zone).astimezone(UTC)

    def end(self, declared: date | datetime) -> datetime:
        """The first instant after a date, or the instant itself; UTC."""
        return self.start(declared if isinstance(declared, datetime) else declared + _DAY)
