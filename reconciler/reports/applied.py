"""What a run did, in every format."""

from collections.abc import Sequence

from rich.text import Text

from reconciler.model import ReasonCode
from reconciler.ports import Outcome, OutcomeStatus
from reconciler.reports import words
from reconciler.reports.convert import plan_shape, status_of
from reconciler.reports.markdown import escape, plan_markdown
from reconciler.reports.shapes import ApplyShape, OutcomeShape, VerifiedShape
from reconciler.reports.text import STYLES, holds_text, plan_text
from reconciler.run import Applied

_WORDS = {OutcomeStatus.DONE: "done", OutcomeStatus.ALREADY: "already so", OutcomeStatus.FAILED: "failed"}


def applied_shape(applied: Applied) -> ApplyShape:
    """The run as `guestlist.apply/v1`: one outcome for each change of the plan."""
    written = {outcome.change.id: outcome for outcome in applied.outcomes}
    outcomes = []
    for change in applied.plan.changes:
        if change.id in written:
            outcome = written[change.id]
            outcomes.append(OutcomeShape(id=change.id, status=outcome.status.value, text=outcome.text))
        else:
            status = "observed" if status_of(applied.plan, change) == "observed" else "blocked"
            outcomes.append(OutcomeShape(id=change.id, status=status, text=words.note(applied.plan, change)))
    return ApplyShape(
        run=applied.run,
        plan=plan_shape(applied.plan),
        outcomes=outcomes,
        verified=[
            VerifiedShape(target=each.target, clean=each.clean, left=list(each.left)) for each in applied.verified
        ],
    )


def applied_text(applied: Applied) -> Text:
    """What was written, change by change, and what the second look found."""
    if not applied.outcomes:
        return plan_text(applied.plan)
    out = Text()
    _outcomes(out, applied.outcomes)
    out.append("\n")
    for each in applied.verified:
        out.append(f"{each.target}: ", "bold")
        if each.clean:
            out.append("read again, and it is as planned\n", "green")
        for left in each.left:
            out.append(f"{left}\n", "red")
    rest = [change for change in applied.plan.changes if change.id not in {o.change.id for o in applied.outcomes}]
    for change in rest:
        out.append(
            f"not written: {change.action} {words.subject(change)} in {change.target}"
            f" ({words.note(applied.plan, change)})\n",
            "magenta",
        )
    for line in words.guard_lines(applied.plan):
        out.append("Guard  ", "bold red").append(f"{line}\n")
    if applied.plan.held:
        out.append("Held\n", "bold magenta")
        holds_text(out, applied.plan.held)
    counts = {status: sum(o.status is status for o in applied.outcomes) for status in OutcomeStatus}
    said = ", ".join(f"{count} {_WORDS[status]}" for status, count in counts.items() if count)
    return out.append("Applied: ", "bold").append(f"{said}. ").append(f"Recorded as run {applied.run}.\n", "dim")


def _outcomes(out: Text, outcomes: Sequence[Outcome]) -> None:
    """Per target what was written, as a plan shows it."""
    wide = max(len(words.subject(outcome.change)) for outcome in outcomes)
    for target in dict.fromkeys(outcome.change.target for outcome in outcomes):
        out.append(f"{target}\n", "bold")
        for outcome in outcomes:
            if outcome.change.target == target:
                _outcome(out, outcome, wide)


def _outcome(out: Text, outcome: Outcome, wide: int) -> None:
    change = outcome.change
    sign = words.SIGNS[change.action]
    failed = outcome.status is OutcomeStatus.FAILED
    out.append(f"  {sign} {change.action:<8}", STYLES[sign])
    out.append(
        words.what(change) if change.kind == "role" else f"{words.subject(change):<{wide}}  {words.what(change)}"
    )
    if outcome.status is not OutcomeStatus.DONE:
        out.append(f"  {_WORDS[outcome.status]}", "bold red" if failed else "dim")
        out.append(f": {outcome.text}" if outcome.text else "", "red" if failed else "dim")
    elif outcome.text and change.kind == "account" and change.action in {"create", "update"}:
        out.append(f"\n             {outcome.text}", "cyan")
    if change.reason.code is ReasonCode.CONTESTED:
        # Whoever runs apply unattended sees no plan, and something in the target works against every run.
        out.append(f"\n             {change.reason.code}: {change.reason.text}", "bold red")
    out.append("\n")


def applied_markdown(applied: Applied) -> str:
    """The plan, what became of it, and what the second look found."""
    lines = [plan_markdown(applied.plan), "#### Applied", ""]
    lines += [
        f"- {_WORDS[outcome.status]}: {outcome.change.action} {escape(words.subject(outcome.change))}"
        f" {escape(words.what(outcome.change))}" + (f": {escape(outcome.text)}" if outcome.text else "")
        for outcome in applied.outcomes
    ] or ["Nothing was written."]
    for each in applied.verified:
        left = "; ".join(escape(one) for one in each.left)
        lines.append(f"- **{escape(each.target)}** read again: {'as planned' if each.clean else left}")
    return "\n".join(lines) + "\n"
