"""`guestlist explain`: why a binding is there, or is not."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.output import emit
from reconciler.cli.watching import watched
from reconciler.cli.workspace import SystemClock, Workspace
from reconciler.errors import ExitCode
from reconciler.model import utc
from reconciler.plan.explain import explain
from reconciler.plan.plan import Narrowing
from reconciler.reports.convert import binding_shapes, held_shape
from reconciler.reports.markdown import explain_markdown
from reconciler.reports.shapes import ExplainShape
from reconciler.reports.text import explain_text
from reconciler.survey import survey


@click.command(name="explain", short_help="Say why a binding is there, or is not.")
@click.argument("name")
@options.repository
@options.directory
@options.revision
@options.worktree
@options.output_format
@options.out
def command(
    *, name: str, repository: Path, directory: str, revision: str, worktree: bool, format_: str, out: Path | None
) -> int:
    """Say for each binding of NAME: live or not, declared where, why admitted or not, until when.

    NAME is an account (maria.k@acme-support.example), a principal, a vendor, a grant (acme-support/triage), a role, or
    target/… of one of these or of what the target calls the role (crm/Vendor_Case_Triage).
    """
    workspace = Workspace.open(repository, directory=directory, revision=revision, on_disk=worktree)
    clock = SystemClock()
    question = workspace.question(clock.now(), Narrowing())
    with workspace.connected(question.narrowed) as connections, watched("reading", connections) as progress:
        seen = survey(question, connections, clock, progress)
    explained = explain(name, workspace.asked, seen.live, seen.demands, now=question.at, memory=question.memory)
    unread = [hold for hold in seen.plan.held if hold.target not in seen.live]
    match format_:
        case "json":
            shape = ExplainShape(
                query=name,
                revision=seen.plan.revision,
                at=utc(question.at),
                bindings=binding_shapes(explained),
                held=[held_shape(hold) for hold in unread],
            )
            emit(shape.json_text(), out)
        case "markdown":
            emit(explain_markdown(name, explained), out)
        case _:
            emit(explain_text(name, explained, unread), out)
    return ExitCode.HELD if unread else ExitCode.OK
