"""`guestlist doctor`: whether guestlist can do its work here, target by target."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.text import Text

from reconciler.cli import options
from reconciler.cli.output import emit
from reconciler.cli.watching import watched
from reconciler.cli.workspace import SystemClock, Workspace
from reconciler.errors import ExitCode, TargetError
from reconciler.ledger import APPLIED, Branches
from reconciler.ports import Connector, Finding
from reconciler.reports.markdown import escape
from reconciler.reports.shapes import DiagnosisShape, DoctorShape, FindingShape

_MARKS = {True: ("✓", "green"), False: ("!", "bold red"), None: ("·", "dim")}


@click.command(name="doctor", short_help="Can guestlist do its work here? Target by target.")
@options.repository
@options.directory
@options.revision
@options.worktree
@options.targets
@options.output_format
@options.out
def command(
    *,
    repository: Path,
    directory: str,
    revision: str,
    worktree: bool,
    targets: tuple[str, ...],
    format_: str,
    out: Path | None,
) -> int:
    """Say for each target: reachable, who we are there, whether our rights suffice and are not too many, and more.

    Also whether the target can end access by itself and what is weaker without, how far its clock is from ours, and
    how much the population holds. Changes nothing. Exits with 1 when something needs attention.
    """
    workspace = Workspace.open(repository, directory=directory, revision=revision, on_disk=worktree)
    narrowed = workspace.narrowing(targets, ())
    subjects = [DiagnosisShape(name="repository", findings=_shapes(_repository(workspace)))]
    with workspace.connected(narrowed) as connections, watched("examining", connections) as progress:
        for name, connector in connections.items():
            subjects.append(DiagnosisShape(name=name, findings=_shapes(list(_target(connector)))))
            progress(name)
    result = DoctorShape(subjects=subjects)
    match format_:
        case "json":
            emit(result.json_text(), out)
        case "markdown":
            emit(_markdown(result), out)
        case _:
            emit(_text(result), out)
    worried = any(finding.ok is False for subject in result.subjects for finding in subject.findings)
    return ExitCode.ERROR if worried else ExitCode.OK


def _repository(workspace: Workspace) -> Sequence[Finding]:
    problems = workspace.declarations.problems
    ledger = workspace.ledger.recall(workspace.targets, SystemClock().now())
    applied = Branches(workspace.repo).last(APPLIED)
    return (
        Finding(
            "declarations",
            not problems,
            f"{len(problems)} problems; see `guestlist validate`" if problems else "valid",
        ),
        Finding(
            "ledger",
            ledger.memory.readable,
            "; ".join(ledger.problems) or "readable",
        ),
        Finding("last applied", None, applied or "never"),
    )


def _target(connector: Connector | TargetError) -> Iterator[Finding]:
    if isinstance(connector, TargetError):
        yield Finding("reachable", False, str(connector))
        return
    try:
        yield from connector.diagnose()
    except TargetError as error:
        yield Finding("readable", False, str(error))


def _shapes(findings: Sequence[Finding]) -> list[FindingShape]:
    return [FindingShape(topic=one.topic, ok=one.ok, text=one.text) for one in findings]


def _text(result: DoctorShape) -> Text:
    out = Text()
    for subject in result.subjects:
        out.append(f"{subject.name}\n", "bold")
        wide = max((len(finding.topic) for finding in subject.findings), default=0)
        for finding in subject.findings:
            mark, style = _MARKS[finding.ok]
            out.append(f"  {mark} ", style).append(f"{finding.topic:<{wide}}  {finding.text}\n")
        out.append("\n")
    return out


def _markdown(result: DoctorShape) -> str:
    lines = ["### guestlist doctor", ""]
    for subject in result.subjects:
        lines += [f"#### {escape(subject.name)}", ""]
        for finding in subject.findings:
            mark, _ = _MARKS[finding.ok]
            lines.append(f"- {mark} {escape(finding.topic)}: {escape(finding.text)}")
        lines.append("")
    return "\n".join(lines)
