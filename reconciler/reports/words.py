"""The words that every report shares, whatever its format."""

from datetime import datetime

from reconciler.plan.changes import AnyChange
from reconciler.plan.plan import Plan
from reconciler.reports.convert import status_of

SIGNS = {
    "grant": "+",
    "create": "+",
    "enable": "+",
    "set-end": "~",
    "update": "~",
    "revoke": "-",
    "delete": "-",
    "disable": "x",
}
"""One sign per action, so that a plan can be skimmed."""

COUNTED = {
    "grant": ("to grant", "to grant"),
    "revoke": ("to revoke", "to revoke"),
    "extend": ("end to set", "ends to set"),
    "create": ("role to define", "roles to define"),
    "update": ("role to repair", "roles to repair"),
    "delete": ("role to delete", "roles to delete"),
    "enable": ("account to open", "accounts to open"),
    "disable": ("account to close", "accounts to close"),
}
"""How one, and how several, of what a plan's summary counts are said."""


def day(instant: datetime) -> str:
    """An instant for people: `31 Jan 2027 23:00 UTC`."""
    return f"{instant.day} {instant:%b %Y %H:%M} UTC"


def subject(change: AnyChange) -> str:
    """Whom or what a change concerns: the account, or the role itself."""
    return change.account_name or (change.native.name if change.native is not None else "")


def what(change: AnyChange) -> str:
    """What is given, taken or written: the role as declared, or what the target calls it."""
    if change.kind == "account":
        return "account"
    native = "" if change.native is None else change.native.name
    if change.kind == "role":
        return native
    kind = "" if change.native is None else change.native.kind
    return change.role or f"{kind} {native}"


def ends(change: AnyChange) -> str:
    """When the access that a change gives will end; empty for changes that give none."""
    return f"until {day(change.until)}" if change.until is not None and change.action in {"grant", "set-end"} else ""


def why(change: AnyChange) -> str:
    """The deciding reason, with the place that declares it."""
    reason = change.reason
    return f"{reason.code.value}: {reason.text}" + (f" ({reason.at})" if reason.at else "")


def note(plan: Plan, change: AnyChange) -> str:
    """A word where a change is not simply going to be written."""
    return {"planned": "", "blocked": "stopped by a guard", "observed": "only observed"}[status_of(plan, change)]


def headline(plan: Plan) -> str:
    """The counts of a plan in one sentence."""
    summary = plan.summary
    counts = [
        f"{summary[key]} {one if summary[key] == 1 else more}" for key, (one, more) in COUNTED.items() if summary[key]
    ]
    parts = [", ".join(counts) if counts else "nothing to do"]
    if plan.refused:
        parts.append(f"{len(plan.refused)} refused")
    if plan.held:
        parts.append(f"{len(plan.held)} held")
    return "; ".join(parts)


def guard_lines(plan: Plan) -> list[str]:
    """What the guards have to say: a sentence for each limit that is passed or lifted."""
    said = []
    for line in plan.guard:
        if line.exceeded:
            said.append(
                f"{line.target}: {line.found} {line.limit.value} within 24 hours, {line.allowed} allowed"
                f" ({line.found - line.allowed} too many). Nothing that guards count is written there."
                f" If this is meant, add an Override with target: {line.target}, limit: {line.limit.value},"
                f" max: {line.found}."
            )
        elif line.override is not None:
            said.append(f"{line.target}: {line.limit.value} lifted to {line.allowed} by the override {line.override}")
    return said
