"""`guestlist drift`: what somebody changed outside since the last apply. Changes nothing."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.output import say
from reconciler.cli.results import emit_plan, plan_exit_code
from reconciler.cli.watching import watched
from reconciler.cli.workspace import SystemClock, Workspace
from reconciler.desired.repository import open_repository
from reconciler.errors import GuestlistError
from reconciler.ledger import APPLIED, Branches
from reconciler.survey import survey


@click.command(name="drift", short_help="Say what was changed outside since the last apply.")
@options.repository
@options.directory
@options.targets
@options.vendors
@options.output_format
@options.out
def command(
    *,
    repository: Path,
    directory: str,
    targets: tuple[str, ...],
    vendors: tuple[str, ...],
    format_: str,
    out: Path | None,
) -> int:
    """Say what differs from the revision that was last applied.

    A freshly merged grant is not drift; an assignment that somebody made by hand is. Exits with 2 when there is drift.
    """
    applied = Branches(open_repository(repository)).last(APPLIED)
    if applied is None:
        raise GuestlistError("nothing was applied here yet, so nothing can have drifted; run `guestlist plan`")
    workspace = Workspace.open(repository, directory=directory, revision=applied)
    say(f"note: what is live against {applied[:12]}, applied last")
    narrowed = workspace.narrowing(targets, vendors)
    clock = SystemClock()
    question = workspace.question(clock.now(), narrowed)
    with workspace.connected(narrowed) as connections, watched("reading", connections) as progress:
        seen = survey(question, connections, clock, progress)
    emit_plan(seen.plan, format_, out)
    return plan_exit_code(seen.plan, detailed=True)
