"""`guestlist apply`: make what is live what is declared, and prove it."""

import json
import re
import sys
from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.output import emit, say
from reconciler.cli.watching import Progress, watched
from reconciler.cli.workspace import SystemClock, Workspace
from reconciler.errors import ExitCode, GuestlistError, Refused
from reconciler.ledger import Branches
from reconciler.plan.plan import Plan
from reconciler.ports import Outcome, OutcomeStatus
from reconciler.reports import words
from reconciler.reports.applied import applied_markdown, applied_shape, applied_text
from reconciler.reports.text import plan_text
from reconciler.run import Apply
from reconciler.survey import survey

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@click.command(name="apply", short_help="Grant what is admitted, revoke the rest, and look again.")
@options.repository
@options.directory
@options.revision
@options.targets
@options.vendors
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A plan in JSON: refuse to write anything when what would be written is not exactly that.",
)
@click.option("--digest", help="The digest of a plan: likewise.")
@click.option("--yes", is_flag=True, help="Do not ask. Required where there is no terminal.")
@options.output_format
@options.out
@options.detailed_exitcode
def command(
    *,
    repository: Path,
    directory: str,
    revision: str,
    targets: tuple[str, ...],
    vendors: tuple[str, ...],
    plan_file: Path | None,
    digest: str | None,
    yes: bool,
    format_: str,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Grant what is admitted, revoke what nobody declared, and look again.

    Shows the plan and asks. Writes only in targets whose mode is `enforce`, only from the head of the branch that the
    Settings name, and only what is in the ledger by then. Exits with 1 when a write failed or the second look found
    something left, with 3 when a guard or the digest stopped something, with 4 when something is held.
    """
    pinned = _pinned(plan_file, digest)
    workspace = Workspace.open(repository, directory=directory, revision=revision)
    narrowed = workspace.narrowing(targets, vendors)
    clock = SystemClock()
    question = workspace.question(clock.now(), narrowed)
    with workspace.connected(narrowed) as connections:
        apply = Apply(
            question,
            connections,
            workspace.ledger,
            Branches(workspace.repo),
            workspace.declarations.settings.spec.branch,
            clock,
        )
        apply.check_revision()
        with watched("reading", connections) as progress:
            seen = survey(question, connections, clock, progress)
        _check_pins(seen.plan, pinned)
        if seen.plan.writable and not yes:
            _ask(seen.plan)
        with watched("writing", [change.id for change in seen.plan.writable]) as progress:
            applied = apply.run(seen, lambda outcome: _tell(outcome, progress))
    match format_:
        case "json":
            emit(applied_shape(applied).json_text(), out)
        case "markdown":
            emit(applied_markdown(applied), out)
        case _:
            emit(applied_text(applied), out)
    different = bool(seen.plan.observed) and detailed_exitcode
    return ExitCode.worst(applied.exit_code, ExitCode.DIFFERENT if different else ExitCode.OK)


def _pinned(plan_file: Path | None, digest: str | None) -> frozenset[str]:
    """The digests that the plan must have; Refused when one is none."""
    pinned = set() if digest is None else {digest}
    if plan_file is not None:
        try:
            plan = json.loads(plan_file.read_text(encoding="utf-8"))
            pinned.add(str(plan["digest"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise Refused(f"{plan_file} is not a plan that `guestlist plan --format json` wrote") from None
    for one in pinned:
        if not _DIGEST.fullmatch(one):
            raise Refused(f"{one[:80]!r} is not the digest of a plan; nothing was written")
    return frozenset(pinned)


def _check_pins(plan: Plan, pinned: frozenset[str]) -> None:
    if pinned - {plan.digest}:
        raise Refused(
            f"what would be written now is {plan.digest}, not what was asked for; nothing was written. Plan again."
        )


def _ask(plan: Plan) -> None:
    """Show the plan and ask; GuestlistError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise GuestlistError("there is no terminal to ask on; say --yes to apply without asking")
    emit(plan_text(plan), None)
    click.confirm("Write this?", abort=True, err=True)


def _tell(outcome: Outcome, progress: Progress) -> None:
    progress(outcome.change.id)
    if outcome.status is OutcomeStatus.FAILED:
        change = outcome.change
        what = " ".join(filter(None, (change.account_name, words.what(change))))
        say(f"failed: {change.action} {what} in {change.target}: {outcome.text}", style="red")
