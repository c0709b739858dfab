"""The words that every report shares, whatever its format."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from reconciler.model import ReasonCode, Scope
from reconciler.plan.changes import AnyChange, CreateAccount, DisableAccount, UpdateAccount
from reconciler.plan.differing import difference
from reconciler.plan.plan import SUMMARY, Plan
from reconciler.reports.convert import status_of, worded

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

COUNTED: Mapping[str, tuple[str, str]] = {
    "grant": ("to grant", "to grant"),
    "revoke": ("to revoke", "to revoke"),
    "extend": ("end to set", "ends to set"),
    "create role": ("role to define", "roles to define"),
    "create account": ("account to create", "accounts to create"),
    "update role": ("role to repair", "roles to repair"),
    "update account": ("account to put right", "accounts to put right"),
    "delete": ("{} to delete", "{} to delete"),
    "enable": ("account to open", "accounts to open"),
    "disable": ("account to close", "accounts to close"),
}
"""How one, and how several, of what a plan changes are said; by action, and where that is not enough by kind too.

What is deleted is not always a role: it is counted as what the target calls it (`permission set`, `login role`).
"""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def day(instant: datetime) -> str:
    """An instant for people: `31 Jan 2027 23:00 UTC`."""
    return f"{instant.day} {instant:%b %Y %H:%M} UTC"


def subject(change: AnyChange) -> str:
    """Whom or what a change concerns: the account, or the role itself."""
    return change.account_name or (change.native.name if change.native is not None else "")


def what(change: AnyChange) -> str:
    """What is given, taken or written: the role as declared, or what the target calls it, and within which scope."""
    if change.kind == "account":
        return "account, for good" if isinstance(change, DisableAccount) and change.retire else "account"
    native = "" if change.native is None else change.native.name
    if change.kind == "role":
        return native
    kind = "" if change.native is None else change.native.kind
    return (change.role or f"{kind} {native}") + scope(change.scope, kind)


def scope(narrowed: Scope, kind: str = "") -> str:
    """What a binding is narrowed to, and by which means: ` on cases 00001042 (caseShare)`; empty where it is not."""
    if not narrowed:
        return ""
    named = "; ".join(f"{name} {', '.join(values)}" for name, values in narrowed)
    return f" on {named}" + (f" ({kind})" if kind else "")


def details(change: AnyChange) -> list[str]:
    """What a sponsor reads below a change, a line each.

    Of an account what it will be and was (`profile: Vendor Support, was Standard User`), of a structured attribute what
    differs (`login: token_ttl 24h → 1h`), of a role's definition what it
    allows more (`+`) and less (`-`), of anything which dangers it has.
    """
    lines = []
    if isinstance(change, CreateAccount | UpdateAccount):
        for name, value in sorted((change.after or {}).items()):
            was = (change.before or {}).get(name)
            differs = difference(_text(was), _text(value))
            plain = f"{value or 'none'}" + (f", was {was or 'none'}" if change.before else "")
            lines.append(f"{name}: {plain if differs is None else differs}")
    if change.kind == "role":
        added, removed = worded(change)
        lines += [f"+ {word}" for word in added] + [f"- {word}" for word in removed]
    if change.risk:
        lines.append(f"risk: {', '.join(change.risk)}")
    return lines


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def warning(change: AnyChange) -> str:
    """What is to be loud about a change: that what it takes away keeps coming back. Empty for most."""
    return next((reason.text for reason in change.reasons if reason.code is ReasonCode.CONTESTED), "")


def ends(change: AnyChange) -> str:
    """When the access that a change gives will end; empty for changes that give none."""
    return f"until {day(change.until)}" if change.until is not None and change.action in {"grant", "set-end"} else ""


def why(change: AnyChange) -> str:
    """The deciding reason, with the place that declares it."""
    reason = change.cause
    return f"{reason.code.value}: {reason.text}" + (f" ({reason.at})" if reason.at else "")


def note(plan: Plan, change: AnyChange) -> str:
    """A word where a change is not simply going to be written."""
    return {"planned": "", "blocked": "stopped by a guard", "observed": "only observed"}[status_of(plan, change)]


def headline(plan: Plan) -> str:
    """The counts of a plan in one sentence."""
    found = Counter(_counted(change) for change in plan.changes)
    counts = []
    for key, (one, more) in COUNTED.items():
        for (counted, kind), number in sorted(found.items()):
            if counted == key:
                counts.append(f"{number} {(one if number == 1 else more).format(_several(kind, number))}")
    parts = [", ".join(counts) if counts else "nothing to do"]
    if contested := sum(bool(warning(change)) for change in plan.changes):
        parts.append(f"{contested} CONTESTED")
    if plan.refused:
        parts.append(f"{len(plan.refused)} refused")
    if plan.held:
        parts.append(f"{len(plan.held)} held")
    return "; ".join(parts)


def _counted(change: AnyChange) -> tuple[str, str]:
    """As what a change is counted in the headline; of what is deleted, with what the target calls it."""
    name = SUMMARY[change.action]
    if name == "delete":
        return name, "role" if change.native is None else _HUMP.sub(" ", change.native.kind).lower()
    return (f"{name} {change.kind}" if f"{name} {change.kind}" in COUNTED else name), ""


def _several(kind: str, number: int) -> str:
    """One or more of a kind: `policy`, `policies`."""
    if number == 1:
        return kind
    return f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"


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
