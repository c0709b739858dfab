from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.calendar import Calendar

ZONES = st.sampled_from(sorted(available_timezones())).map(Calendar)
DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))


@given(calendar=ZONES, day=DAYS)
def test_a_day_ends_where_the_next_one_starts(calendar: Calendar, day: date) -> None:
    """Dates are half-open intervals without gap or overlap, also where the clocks change at midnight."""
    assert calendar.end(day) == calendar.start(day + timedelta(days=1))
    assert calendar.start(day) <= calendar.end(day) <= calendar.start(day) + timedelta(hours=26)
    assert calendar.start(day).tzinfo is UTC


@given(calendar=ZONES, instant=st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 -- bounds without zone
def test_an_instant_is_itself_in_every_zone(calendar: Calendar, instant: datetime) -> None:
    assert calendar.start(instant) == calendar.end(instant) == instant.astimezone(UTC)
