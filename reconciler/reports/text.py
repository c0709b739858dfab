"""Reports for a terminal: values in, styled text out; readable without colour."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from reconciler.plan.changes import AnyChange
from reconciler.plan.demand import Hold, Refusal
from reconciler.plan.explain import Explanation
from reconciler.plan.memory import CONTESTED_AFTER, CONTESTED_WITHIN
from reconciler.plan.plan import Plan, TargetView
from reconciler.reports import words

DETAILS = {"+ ": "green", "- ": "red"}
"""How lines below a change are shown, by how they begin."""

STYLES = {"+": "green", "~": "yellow", "-": "red", "x": "bold red"}


def plan_text(plan: Plan, *, definitions: bool = False) -> Text:
    """A plan: per target what changes and why, then what is refused and held, the guards, and one line of counts.

    With `definitions`, roles' definitions are shown in the target's own language too.
    """
    out = Text()
    for view in plan.targets:
        _target(out, plan, view, definitions=definitions)
    if plan.refused:
        out.append("Refused ", "bold").append("(declared, not given)\n", "dim")
        for refusal in plan.refused:
            out.append(f"  {_refusal(refusal)}\n")
        out.append("\n")
    if plan.held:
        out.append("Held ", "bold magenta").append("(in doubt, left exactly as it is)\n", "dim")
        holds_text(out, plan.held)
        out.append("\n")
    for line in words.guard_lines(plan):
        out.append("Guard  ", "bold red").append(f"{line}\n\n")
    out.append("Plan: ", "bold").append(words.headline(plan)).append(".\n")
    if plan.changes:
        out.append(f"{plan.digest}\n", "dim")
    return out


def _target(out: Text, plan: Plan, view: TargetView, *, definitions: bool) -> None:
    out.append(view.name, "bold")
    seen = f"{view.accounts} accounts, {view.bindings} bindings" if view.complete else "not read completely"
    out.append(f"  {view.kind}, {view.mode.value}, {seen}\n", "dim")
    changes = [change for change in plan.changes if change.target == view.name]
    if not changes:
        out.append("  no change\n" if view.complete else "  nothing is changed here\n", "dim")
    wide = max((len(words.subject(change)) for change in changes if change.kind != "role"), default=0)
    for change in changes:
        _change(out, plan, change, wide)
        if definitions and change.kind == "role" and change.definition is not None:
            for line in change.definition.text.splitlines():
                out.append(f"             │ {line}\n")
    for note in view.notes:
        out.append(f"  note: {note}\n", "dim")
    out.append("\n")


def _change(out: Text, plan: Plan, change: AnyChange, wide: int) -> None:
    sign = words.SIGNS[change.action]
    note = words.note(plan, change)
    out.append(f"  {sign} {change.action:<8}", "dim" if note else STYLES[sign])
    out.append(
        words.what(change) if change.kind == "role" else f"{words.subject(change):<{wide}}  {words.what(change)}"
    )
    if ends := words.ends(change):
        out.append(f"  {ends}", "cyan")
    if note:
        out.append(f"  [{note}]", "bold magenta")
    out.append(f"\n             {words.why(change)}\n", "dim")
    if loud := words.warning(change):
        out.append(f"             CONTESTED: {loud}\n", "bold red")
    for line in words.details(change):
        out.append(f"             {line}\n", DETAILS.get(line[:2], "bold yellow" if line.startswith("risk") else ""))


def _refusal(refusal: Refusal) -> str:
    where = f" ({refusal.reason.at})" if refusal.reason.at else ""
    return (
        f"{refusal.grant} for {refusal.principal} in {refusal.target}:"
        f" {refusal.reason.code.value}: {refusal.reason.text}{where}"
    )


def holds_text(out: Text, held: Iterable[Hold]) -> None:
    """What is held, appended to `out`: one line per reason with whom it holds below, so that a cause is said once."""
    causes: dict[str, list[str]] = {}
    for hold in held:
        where = f" ({hold.reason.at})" if hold.reason.at else ""
        cause = f"{hold.target}: {hold.reason.code.value}: {hold.reason.text}{where}"
        whom = " ".join(part for part in (hold.vendor, hold.account or hold.principal, hold.role) if part)
        causes.setdefault(cause, []).extend([whom] if whom else [])
    for cause, subjects in causes.items():
        out.append(f"  {cause}\n")
        for subject in dict.fromkeys(subjects):
            out.append(f"      {subject}\n", "dim")


def _account(out: Text, each: Explanation) -> None:
    out.append(each.account, "bold").append(f"  in {each.target}, ")
    out.append("open" if each.live else "closed", "green" if each.live else "dim")
    for reason in each.verdict:
        where = f" ({reason.at})" if reason.at else ""
        out.append(f"  {reason.code.value}: {reason.text}{where}", "dim" if each.principal else "red")
    out.append("\n")
    _content(out, each)


def _content(out: Text, each: Explanation) -> None:
    """What a binding or an account really allows and shows, and whether it keeps coming back."""
    for risk in each.risks:
        said = f"    risk: {risk.flag} ({risk.permission}) by {risk.via}"
        out.append(f"{said}{', high' if risk.high else ''}\n", "bold yellow" if risk.high else "yellow")
    for shown in each.exposures:
        out.append(f"    shows {shown.item} by {shown.via}\n", "yellow")
    if each.taken_away:
        contested = each.taken_away >= CONTESTED_AFTER
        times = f"{each.taken_away} time{'' if each.taken_away == 1 else 's'} in {CONTESTED_WITHIN.days} days"
        out.append(f"    {'CONTESTED: ' if contested else ''}taken away {times}\n", "bold red" if contested else "dim")


def _binding(out: Text, each: Explanation) -> None:
    out.append("● " if each.live else "○ ", "green" if each.live else "dim")
    out.append(each.account or each.principal or "?", "bold")
    out.append(f"  {each.role or each.native}{words.scope(each.scope)}", "bold")
    out.append(f"  in {each.target}")
    out.append("  live" if each.live else "  not live", "green" if each.live else "dim")
    out.append(f", until {words.day(each.until)}\n" if each.until else ", no end\n")
    if each.native and each.native != each.role:
        out.append(f"    {each.native_kind} {each.native}\n", "dim")
    _content(out, each)
    for cause in each.causes:
        out.append(f"    {cause.verdict:<9}", "green" if cause.verdict == "admitted" else "red")
        out.append(f"{cause.grant}", "bold").append(f"  {cause.at}\n", "dim")
        ticket = f", {cause.ticket}" if cause.ticket else ""
        out.append(f"             for: {cause.why}{ticket}; sponsor {cause.sponsor}\n")
        if cause.verdict != "admitted":
            for reason in cause.reasons:
                out.append(f"             {reason.code.value}: {reason.text}\n")
    declared = {reason for cause in each.causes for reason in cause.reasons}
    for reason in each.verdict:
        if reason not in declared:
            out.append(f"    {reason.code.value}: {reason.text}\n", "red")


def explain_text(query: str, explained: Sequence[Explanation], held: Iterable[Hold]) -> Text:
    """Why each binding that `query` names is as it is."""
    out = Text()
    for each in explained:
        if each.native_kind == "account":
            _account(out, each)
        else:
            _binding(out, each)
    if unread := tuple(held):
        out.append("Held\n", "bold magenta")
        holds_text(out, unread)
    if not explained:
        out.append(f"Nothing live or declared is called {query}.\n")
        out.append(
            "Ask for an account, a principal, a vendor, a grant (vendor/grant), a role, or target/… of these.\n", "dim"
        )
    return out
