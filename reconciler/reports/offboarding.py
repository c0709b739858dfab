"""A vendor's leaving, as text, as Markdown and in its published JSON shape."""

from typing import Literal

from rich.text import Text

from reconciler.model import utc
from reconciler.offboard import Offboarding, Status, Stray, Task
from reconciler.reports.markdown import escape
from reconciler.reports.shapes import Instant, Shape

_BOX = {Status.OPEN: "[ ]", Status.ROTATED: "[x]", Status.FAILED: "[!]"}


class RemainShape(Shape):
    """Something still there: `doubt` when it could not be looked at, `shared` when it may be somebody else's."""

    target: str
    text: str
    doubt: bool
    shared: bool


class TaskShape(Shape):
    """One thing that the vendor could learn, which is to be replaced."""

    target: str
    kind: str
    name: str
    roles: list[str]
    principals: list[str]
    advice: str
    owner: str
    due: str
    rotates: bool
    status: Literal["open", "rotated", "failed"]
    text: str


class StrayShape(Shape):
    """Something that was held and that nobody had declared, until a run took it away."""

    target: str
    principal: str
    native: dict[str, str]
    until: Instant


class OffboardShape(Shape):
    """What a vendor leaves behind: what is left of it, and what it could learn."""

    format: Literal["guestlist.offboard/v1"] = "guestlist.offboard/v1"
    vendor: str
    ended: bool
    since: Instant
    why: str
    owner: str
    remains: list[RemainShape]
    tasks: list[TaskShape]
    strays: list[StrayShape]


def offboard_shape(found: Offboarding) -> OffboardShape:
    """The whole of it, for programs."""
    left = found.departure
    return OffboardShape(
        vendor=left.vendor,
        ended=left.ended,
        since=utc(left.since),
        why=left.why,
        owner=left.owner,
        remains=[
            RemainShape(target=one.target, text=one.text, doubt=one.doubt, shared=one.shared) for one in found.remains
        ],
        tasks=[
            TaskShape(
                target=task.target,
                kind=task.item.kind,
                name=task.item.name,
                roles=list(task.roles),
                principals=list(task.principals),
                advice=task.item.advice,
                owner=left.owner,
                due=task.due.isoformat(),
                rotates=task.item.rotates,
                status=task.status.value,
                text=task.text,
            )
            for task in found.tasks
        ],
        strays=[
            StrayShape(target=one.target, principal=one.principal, native={one.kind: one.name}, until=utc(one.until))
            for one in found.strays
        ],
    )


def offboard_text(found: Offboarding) -> Text:
    """What is left, then the checklist, then one line of counts."""
    left = found.departure
    out = Text()
    out.append(left.vendor, "bold").append(f"  {_state(found)}: {left.why}\n\n")
    if found.remains:
        out.append("Left\n", "bold red")
        for remain in found.remains:
            out.append(f"  {remain.target}: ").append(f"{remain.text}\n", "magenta" if remain.doubt else "")
        out.append("\n")
    if found.tasks:
        out.append("To be rotated ", "bold").append("(it could be read, or was handed out)\n", "dim")
        for task in found.tasks:
            out.append(f"  {_BOX[task.status]} {task.target}  {task.item.kind} {task.item.name}\n")
            out.append(f"      {_detail(found, task)}\n", "dim")
        out.append("\n")
    if found.strays:
        out.append("Undeclared ", "bold").append("(held until a run took it away: find out what it opened)\n", "dim")
        for stray in found.strays:
            out.append(f"  {_stray(stray)}\n")
        out.append("\n")
    out.append(f"{_counts(found)}\n", "bold")
    return out


def offboard_markdown(found: Offboarding) -> str:
    """The same as a checklist for an issue or a ticket."""
    left = found.departure
    lines = [f"### guestlist offboard {escape(left.vendor)}: {_counts(found)}", ""]
    lines += [f"{_state(found)}: {escape(left.why)}.", ""]
    if found.remains:
        lines += ["**Left**", "", *(f"- {escape(one.target)}: {escape(one.text)}" for one in found.remains), ""]
    if found.tasks:
        lines += ["**To be rotated**", ""]
        for task in found.tasks:
            box = "[x]" if task.status is Status.ROTATED else "[ ]"
            what = f"{task.target}: {task.item.kind} {task.item.name}"
            lines.append(f"- {box} {escape(what)} — {escape(_detail(found, task))}")
        lines.append("")
    if found.strays:
        lines += ["**Undeclared**, held until a run took it away: find out what it opened", ""]
        lines += [*(f"- [ ] {escape(_stray(stray))}" for stray in found.strays), ""]
    return "\n".join(lines)


def _stray(stray: Stray) -> str:
    who = f" by {stray.principal}" if stray.principal else ""
    return f"{stray.target}  {stray.kind} {stray.name}, held{who} until {utc(stray.until)}"


def _state(found: Offboarding) -> str:
    verb = "has left" if found.departure.ended else "is still here"
    return f"{verb}, since {utc(found.departure.since)}" if found.departure.ended else verb


def _detail(found: Offboarding, task: Task) -> str:
    who = ", ".join(task.principals)
    if task.status is Status.ROTATED:
        return f"rotated; {who} could have it by {', '.join(task.roles)}"
    does = f"{found.departure.owner}, by {task.due}: {task.item.advice}"
    return "; ".join(filter(None, [does, f"{who} could have it by {', '.join(task.roles)}", task.text]))


def _counts(found: Offboarding) -> str:
    remains = sum(not remain.doubt for remain in found.remains)
    doubts = len(found.remains) - remains
    rotated = sum(task.status is Status.ROTATED for task in found.tasks)
    said = [f"{remains} left" if remains else "nothing left"]
    said += [f"{doubts} in doubt"] if doubts else []
    said.append(f"{len(found.tasks) - rotated} to be rotated")
    said += [f"{rotated} rotated"] if rotated else []
    return ", ".join(said)
