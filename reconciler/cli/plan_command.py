"""`guestlist plan`: what differs between what is declared and what is live. Changes nothing."""

from datetime import datetime
from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.results import emit_plan, plan_exit_code
from reconciler.cli.watching import watched
from reconciler.cli.workspace import SystemClock, Workspace
from reconciler.errors import GuestlistError
from reconciler.survey import survey

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""What declarations may speak of."""


@click.command(name="plan", short_help="Say what apply would change, and why.")
@options.repository
@options.directory
@options.revision
@options.worktree
@options.targets
@options.vendors
@click.option("--at", help="Judge another moment: an instant with an offset, like 2026-12-01T00:00:00Z.")
@click.option("--definitions", is_flag=True, help="Show roles' definitions in the target's own language too.")
@options.output_format
@options.out
@options.detailed_exitcode
def command(
    *,
    repository: Path,
    directory: str,
    revision: str,
    worktree: bool,
    targets: tuple[str, ...],
    vendors: tuple[str, ...],
    at: str | None,
    definitions: bool,
    format_: str,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Say what `apply` would change, and why. Changes nothing.

    Every change carries its reason, and `file:line` of the declaration that decides. Exits with 3 when a guard would
    stop it, with 4 when something is held because it is in doubt.
    """
    workspace = Workspace.open(repository, directory=directory, revision=revision, on_disk=worktree)
    narrowed = workspace.narrowing(targets, vendors)
    clock = SystemClock()
    question = workspace.question(clock.now() if at is None else _instant(at), narrowed)
    with workspace.connected(narrowed) as connections, watched("reading", connections) as progress:
        seen = survey(question, connections, clock, progress)
    emit_plan(seen.plan, format_, out, definitions=definitions)
    return plan_exit_code(seen.plan, detailed=detailed_exitcode)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise GuestlistError(f"--at {text}: not an instant; write it like 2026-12-01T00:00:00Z") from None
    if instant.tzinfo is None:
        raise GuestlistError(f"--at {text}: has no offset; add Z or +01:00")
    if not FIRST_YEAR <= instant.year < LAST_YEAR:
        raise GuestlistError(f"--at {text}: name a moment between {FIRST_YEAR} and {LAST_YEAR}")
    return instant
