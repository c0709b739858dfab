"""`guestlist offboard`: what a vendor leaves behind, and what it could learn."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.output import emit, say
from reconciler.cli.watching import watched
from reconciler.cli.workspace import SystemClock, Workspace, schemas
from reconciler.desired.departure import departure
from reconciler.desired.history import History
from reconciler.discovery import connector_kinds
from reconciler.errors import ExitCode, GuestlistError
from reconciler.ledger import Branches
from reconciler.model import AccountKey, Mode, ReasonCode
from reconciler.offboard import Offboarding, Place, Stray, look, rotate
from reconciler.plan.plan import Narrowing
from reconciler.reports.offboarding import offboard_markdown, offboard_shape, offboard_text


@click.command(name="offboard", short_help="Say what a vendor leaves behind, and rotate what it could read.")
@click.argument("vendor")
@options.repository
@options.directory
@options.revision
@options.targets
@click.option(
    "--rotate",
    "rotates",
    is_flag=True,
    help="Rotate what the targets rotate by themselves and Settings allow; the rest stays a checklist.",
)
@click.option("--yes", is_flag=True, help="Do not ask before rotating. Required where there is no terminal.")
@options.output_format
@options.out
@options.detailed_exitcode
def command(
    *,
    vendor: str,
    repository: Path,
    directory: str,
    revision: str,
    targets: tuple[str, ...],
    rotates: bool,
    yes: bool,
    format_: str,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Say what is left of VENDOR in every target, and what its principals could read that is to be rotated.

    Every version of its file counts, also of a file that was removed, and every version of the roles that it named.
    Changes nothing without --rotate: taking access away is what `guestlist apply` does. With --rotate, what a target
    replaces by itself is replaced, once VENDOR has left and nothing of it is left in that target; the ledger says what,
    by whom and when, before and after.

    Exits with 4 when a target could not be read, with 1 when a rotation failed; with --detailed-exitcode with 2 when
    something is left or to be rotated.
    """
    workspace = Workspace.open(repository, directory=directory, revision=revision)
    clock = SystemClock()
    history = History(workspace.declarations.source, schemas())
    leaving = departure(vendor, workspace.declarations, history, clock.now())
    narrowed = Narrowing(workspace.narrowing(targets, ()).targets)
    memory = workspace.question(clock.now(), narrowed).memory
    others: dict[str, set[AccountKey]] = {}
    for claim in workspace.asked.claims:
        if claim.vendor != vendor and claim.refused is None:
            others.setdefault(claim.target, set()).add(claim.key)
    with workspace.connected(narrowed) as connections:
        place = Place(workspace.targets, connector_kinds(), connections)
        with watched("reading", ["the targets"]):
            found = look(
                leaving,
                place,
                governed={name: memory.governed(name) for name in workspace.targets},
                others={name: frozenset(keys) for name, keys in others.items()},
            )
        found = replace(found, strays=_strays(workspace, vendor))
        if rotates:
            _check(workspace, found)
            if not yes:
                _ask(found)
            with watched("rotating", ["what may be rotated"]):
                found = rotate(
                    found,
                    place,
                    lambda about: workspace.ledger.begin_rotation(
                        vendor, workspace.declarations.revision, about, clock.now
                    ),
                )
    match format_:
        case "json":
            emit(offboard_shape(found).json_text(), out)
        case "markdown":
            emit(offboard_markdown(found), out)
        case _:
            emit(offboard_text(found), out)
    different = bool(found.remains or found.tasks) and detailed_exitcode
    return ExitCode.worst(
        ExitCode.ERROR if found.failed else ExitCode.OK,
        ExitCode.HELD if found.doubtful else ExitCode.OK,
        ExitCode.DIFFERENT if different else ExitCode.OK,
    )


def _strays(workspace: Workspace, vendor: str) -> tuple[Stray, ...]:
    """What the vendor's accounts held undeclared, each once with the last time that it was taken away."""
    last: dict[tuple[str, ...], Stray] = {}
    for one in workspace.ledger.taken_from(vendor):
        if one.native is not None and one.reason == ReasonCode.UNDECLARED:
            what = (one.target, one.principal or "", *one.native)
            last[what] = Stray(*what, until=one.at)
    return tuple(sorted(last.values()))


def _check(workspace: Workspace, found: Offboarding) -> None:
    """RepositoryError unless the revision may be applied: who may not apply it may not rotate by it either."""
    targets = {task.target for task in found.tasks if task.item.rotates}
    specs = [workspace.targets[name] for name in targets]
    if any(Mode.ENFORCE in {spec.mode, *spec.vendor_modes.values()} for spec in specs):
        branch = workspace.declarations.settings.spec.branch
        Branches(workspace.repo).check_applicable(workspace.declarations.revision, branch)


def _ask(found: Offboarding) -> None:
    """Show what was found and ask; GuestlistError where there is nobody to ask."""
    rotating = [task.item.name for task in found.tasks if task.item.rotates]
    if not rotating:
        return
    if not sys.stdin.isatty():
        raise GuestlistError("there is no terminal to ask on; say --yes to rotate without asking")
    say(f"to be rotated: {', '.join(rotating)}")
    click.confirm("Rotate this?", abort=True, err=True)
