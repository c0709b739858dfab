"""Date literals: names for spans of time, as of the org's now (UTC; weeks start on Sunday, as in the en_US locale)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

Span = tuple[date, date]
_MONTHS = 12


def span(name: str, count: int | None, now: datetime) -> Span | None:
    """The half-open span of days that a literal names, or None if it is no date literal.

    `LAST_N_DAYS:n` ends today, today included, as documented; `LAST_N_WEEKS:n` and its kin end before the present unit.
    """
    today = now.astimezone(UTC).date()
    upper = name.upper()
    simple = _simple(upper, today)
    if simple is not None:
        return simple if count is None else None
    if count is None:
        return None
    return _counted(upper, count, today)


def _simple(name: str, today: date) -> Span | None:
    if name in {"YESTERDAY", "TODAY", "TOMORROW"}:
        day = today + timedelta(days={"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}[name])
        return day, day + timedelta(days=1)
    if name == "LAST_90_DAYS":
        return today - timedelta(days=90), today + timedelta(days=1)
    if name == "NEXT_90_DAYS":
        return today + timedelta(days=1), today + timedelta(days=91)
    which, _, unit = name.partition("_")
    steps = {"LAST": -1, "THIS": 0, "NEXT": 1}
    step = _UNITS.get(unit.removeprefix("FISCAL_"))
    if which not in steps or step is None:
        return None
    return step(today, steps[which]), step(today, steps[which] + 1)


def _counted(name: str, count: int, today: date) -> Span | None:
    which, _, unit = f"_{name}".partition("_N_")
    which = which.removeprefix("_")
    unit = unit.removeprefix("FISCAL_")
    ago = unit.endswith("_AGO")
    unit = unit.removesuffix("_AGO").removesuffix("S")
    if unit == "DAY":
        return _days(which, count, today, ago=ago)
    step = _UNITS.get(unit)
    if step is None:
        return None
    if ago:
        bare = name.removesuffix("_AGO")
        return (step(today, -count), step(today, -count + 1)) if bare.startswith("N_") else None
    if which == "LAST":
        return step(today, -count), step(today, 0)
    return (step(today, 1), step(today, count + 1)) if which == "NEXT" else None


def _days(which: str, count: int, today: date, *, ago: bool) -> Span | None:
    day = timedelta(days=1)
    if ago:
        return today - count * day, today - (count - 1) * day
    if which == "LAST":
        return today - count * day, today + day
    return (today + day, today + (count + 1) * day) if which == "NEXT" else None


def _week(today: date, steps: int) -> date:
    return today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=steps)


def _month(today: date, steps: int) -> date:
    year, month = divmod(today.year * _MONTHS + today.month - 1 + steps, _MONTHS)
    return date(year, month + 1, 1)


def _quarter(today: date, steps: int) -> date:
    first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return _month(first, 3 * steps)


def _year(today: date, steps: int) -> date:
    return date(today.year + steps, 1, 1)


_UNITS: dict[str, Callable[[date, int], date]] = {
    "WEEK": _week,
    "MONTH": _month,
    "QUARTER": _quarter,
    "YEAR": _year,
}
