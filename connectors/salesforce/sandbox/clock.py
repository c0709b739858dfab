"""The org's clock: real time, or real time shifted to an instant that a test chose."""

from datetime import UTC, datetime, timedelta


class OrgClock:
    """Tells the org's time; after `set` it goes on ticking from there."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """The org's present instant, in UTC."""
        return datetime.now(UTC) + self._shift

    def set(self, instant: datetime) -> None:
        """Makes it that instant now."""
        self._shift = instant - datetime.now(UTC)

    def reset(self) -> None:
        """Returns to real time."""
        self._shift = timedelta()

    @property
    def shifted(self) -> bool:
        """Whether it tells another time than the machine's."""
        return self._shift != timedelta()


def stored(instant: datetime) -> str:
    """The form in which instants are stored and compared: UTC, milliseconds, `2022-03-17T16:21:26.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def whole(instant: datetime) -> str:
    """As `stored`, without the fraction: the platform keeps its date-times to the second."""
    return stored(instant.replace(microsecond=0))
