"""Reports for pull requests and job summaries. Everything that came from a file or a target is escaped."""

import re
from collections.abc import Sequence

from reconciler.plan.explain import Explanation
from reconciler.plan.plan import Plan
from reconciler.reports import words

_SPECIAL = re.compile(r"([\\`*_\[\]#|~])")
_HTML = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", "\n": " ", "\r": " "})


def escape(text: str) -> str:
    """`text` as plain words in Markdown: no markup, no HTML, no mention of anybody."""
    return _SPECIAL.sub(r"\\\1", text).translate(_HTML)


def plan_markdown(plan: Plan) -> str:
    """A plan: the verdict first, then a table per target, then what is refused and held."""
    lines = [f"### guestlist plan: {escape(words.headline(plan))}", ""]
    lines += [f"> **Guard.** {escape(line)}\n" for line in words.guard_lines(plan)]
    for view in plan.targets:
        changes = [change for change in plan.changes if change.target == view.name]
        seen = f"{view.accounts} accounts, {view.bindings} bindings" if view.complete else "**not read completely**"
        lines += [f"#### {escape(view.name)} ({escape(view.kind)}, {view.mode.value}; {seen})", ""]
        if not changes:
            lines += ["No change.", ""]
            continue
        lines += ["| | account | role | until | why |", "|---|---|---|---|---|"]
        for change in changes:
            note = words.note(plan, change)
            cells = (
                f"{change.action}" + (f" ({note})" if note else ""),
                escape(change.account_name),
                escape(words.what(change)),
                "" if change.until is None else words.day(change.until),
                escape(words.why(change)),
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
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


def explain_markdown(query: str, explained: Sequence[Explanation]) -> str:
    """Explained bindings as a table."""
    lines = [f"### guestlist explain {escape(query)}", ""]
    if not explained:
        return "\n".join([*lines, "Nothing live or declared has this name.", ""])
    lines += ["| account | role | target | live | until | why |", "|---|---|---|---|---|---|"]
    for each in explained:
        why = "; ".join(f"{reason.code.value}: {reason.text}" for reason in each.verdict)
        places = ", ".join(cause.at for cause in each.causes)
        cells = (
            escape(each.account),
            escape(each.role or each.native),
            escape(each.target),
            "yes" if each.live else "no",
            "no end" if each.until is None else words.day(each.until),
            escape(f"{why} ({places})" if places else why),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
