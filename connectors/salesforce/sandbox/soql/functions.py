"""Functions of SOQL, as SQL. Aggregates need groups; date functions work on an instant in UTC."""

AGGREGATES = {
    "COUNT": "count({0})",
    "COUNT_DISTINCT": "count(DISTINCT {0})",
    "SUM": "sum(CAST({0} AS REAL))",
    "AVG": "avg({0})",
    "MIN": "min({0})",
    "MAX": "max({0})",
}

_MONTH = "CAST(strftime('%m', {0}) AS INTEGER)"
_DAY = "CAST(strftime('%d', {0}) AS INTEGER)"
_DAY_OF_YEAR = "CAST(strftime('%j', {0}) AS INTEGER)"

DATES = {
    "CALENDAR_MONTH": _MONTH,
    "CALENDAR_QUARTER": f"(({_MONTH} + 2) / 3)",
    "CALENDAR_YEAR": "CAST(strftime('%Y', {0}) AS INTEGER)",
    "FISCAL_MONTH": _MONTH,
    "FISCAL_QUARTER": f"(({_MONTH} + 2) / 3)",
    "FISCAL_YEAR": "CAST(strftime('%Y', {0}) AS INTEGER)",
    "DAY_IN_MONTH": _DAY,
    "DAY_IN_WEEK": "(CAST(strftime('%w', {0}) AS INTEGER) + 1)",
    "DAY_IN_YEAR": _DAY_OF_YEAR,
    "DAY_ONLY": "substr({0}, 1, 10)",
    "HOUR_IN_DAY": "CAST(strftime('%H', {0}) AS INTEGER)",
    "WEEK_IN_MONTH": f"(({_DAY} - 1) / 7 + 1)",
    "WEEK_IN_YEAR": f"(({_DAY_OF_YEAR} - 1) / 7 + 1)",
}

SHOWN = {"TOLABEL", "FORMAT", "CONVERTCURRENCY"}
NUMERIC_ONLY = {"SUM", "AVG"}
