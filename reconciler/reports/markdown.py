"""Reports for pull requests and job summaries. Everything that came from a file or a target is escaped."""

import re
from collections.abc import Sequence

from reconciler.plan.changes import AnyChange
from reconciler.plan.explain import Explanation
from reconciler.plan.memory import CONTESTED_WITHIN
from reconciler.plan.plan import Plan
from reconciler.reports import words

_SPECIAL = re.compile(r"([\\`*_\[\]#|~])")
_HTML = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", "\n": " ", "\r": " "})


def escape(text: str) -> str:
    """`text` as plain words in Markdown: no markup, no HTML, no mention of anybody."""
    return _SPECIAL.sub(r"\\\1", text).translate(_HTML)


def plan_markdown(plan: Plan, *, definitions: bool = False) -> str:
    """A plan: the verdict first, then a table per target, then what is refused and held.

    With `definitions`, roles' definitions are shown in the target's own language too.
    """
    lines = [f"### guestlist plan: {escape(words.headline(plan))}", ""]
    lines += [f"> **Guard.** {escape(line)}\n" for line in words.guard_lines(plan)]
    for view in plan.targets:
        changes = [change for change in plan.changes if change.target == view.name]
        seen = f"{view.accounts} accounts, {view.bindings} bindings" if view.complete else "**not read completely**"
        lines += [f"#### {escape(view.name)} ({escape(view.kind)}, {view.mode.value}; {seen})", ""]
        notes = [f"- note: {escape(note)}" for note in view.notes]
        if not changes:
            lines += ["No change.", "", *notes, *([""] if notes else [])]
            continue
        lines += ["| | account | role | until | why |", "|---|---|---|---|---|"]
        for change in changes:
            note = words.note(plan, change)
            cells = (
                f"{change.action}" + (f" ({note})" if note else ""),
                escape(change.account_name),
                escape(words.what(change)),
                "" if change.until is None else words.day(change.until),
                _why(change),
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines += ["", *notes, *([""] if notes else [])]
        for change in changes if definitions else ():
            if change.kind == "role" and change.definition is not None:
                lines += [f"Definition of {escape(words.subject(change))}:", "", *_fenced(change.definition.text), ""]
    if plan.refused:
        lines += ["#### Refused (declared, not given)", ""]
        lines += [
            f"- {escape(refusal.grant)} for {escape(refusal.principal)} in {escape(refusal.target)}:"
            f" {escape(refusal.reason.code.value)}: {escape(refusal.reason.text)}"
            for refusal in plan.refused
        ] + [""]
    if plan.held:
        lines += ["#### Held (in doubt, left exactly as it is)", ""]
        lines += [
            "- "
            + " ".join(escape(part) for part in (hold.target, hold.vendor, hold.account or hold.principal) if part)
            + f": {escape(hold.reason.code.value)}: {escape(hold.reason.text)}"
            for hold in plan.held
        ] + [""]
    lines.append(f"`{plan.digest}` at `{plan.revision}`")
    return "\n".join(lines) + "\n"


def _why(change: AnyChange) -> str:
    """The reason of a change with what is to be read below it, as one cell."""
    loud = words.warning(change)
    parts = [f"**CONTESTED: {escape(loud)}**"] if loud else []
    return "<br>".join((*parts, escape(words.why(change)), *(escape(line) for line in words.details(change))))


def _fenced(text: str) -> list[str]:
    """Text as it is, indented: no fence that it could close itself."""
    return [f"    {line}" for line in text.splitlines()]


def explain_markdown(query: str, explained: Sequence[Explanation]) -> str:
    """Explained bindings as a table."""
    lines = [f"### guestlist explain {escape(query)}", ""]
    if not explained:
        return "\n".join([*lines, "Nothing live or declared has this name.", ""])
    lines += ["| account | role | target | live | until | why |", "|---|---|---|---|---|---|"]
    for each in explained:
        said = [f"{reason.code.value}: {reason.text}" for reason in each.verdict]
        said += [f"risk: {risk.flag} ({risk.permission}) by {risk.via}" for risk in each.risks]
        said += [f"shows {shown.item} by {shown.via}" for shown in each.exposures]
        if each.taken_away:
            said.append(f"taken away {each.taken_away} times in {CONTESTED_WITHIN.days} days")
        why = "; ".join(said)
        places = ", ".join(cause.at for cause in each.causes)
        cells = (
            escape(each.account),
            escape(f"{each.role or each.native}{words.scope(each.scope)}"),
            escape(each.target),
            "yes" if each.live else "no",
            "no end" if each.until is None else words.day(each.until),
            escape(f"{why} ({places})" if places else why),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
