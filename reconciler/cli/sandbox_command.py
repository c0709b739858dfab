"""`guestlist sandbox`: a real vault, a simulated org and a repository on this machine, to try and to rehearse."""

import json
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from reconciler.cli.output import emit, say
from reconciler.cli.workspace import Workspace
from reconciler.desired.models import TargetSpec
from reconciler.discovery import connector_kinds, sandbox_parts
from reconciler.errors import ExitCode, GuestlistError

try:
    from reconciler.sandbox import demo, lifecycle
except ModuleNotFoundError as missing:
    raise GuestlistError(
        f"the sandbox needs more than is installed here ({missing.name}): pip install 'guestlist[sandbox]'"
    ) from None

_directory = click.option(
    "--dir",
    "directory",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The directory of the sandbox.",
)
_seed = click.option(
    "--seed",
    metavar="demo|empty|FILE",
    default="demo",
    show_default=True,
    help="What is live: a believable mess, nothing but the employees, or the org that a JSON file describes.",
)
_accounts = click.option(
    "--accounts",
    type=click.IntRange(0, 100_000),
    default=0,
    show_default=True,
    help="How many vendor users to make up in the org besides, the same each time.",
)


@click.group(name="sandbox", short_help="A whole little company on this machine, to try it on.")
def command() -> None:
    """A whole little company on this machine, to try guestlist on and to rehearse declarations."""


@command.command()
@_directory
@_seed
@_accounts
def up(directory: Path, seed: str, accounts: int) -> None:
    """Start a real OpenBao and a simulated Salesforce org on free loopback ports, and a repository for them.

    Writes DIR/sandbox.json (what is where, with throw-away credentials) and DIR/env (to source), and returns when both
    answer. The vault token in there has just the rights that guestlist needs; the root token and the org's
    administrator are for playing the intruder.
    """
    with _interruptible():
        _up(directory, seed, accounts)
    say(f"The sandbox answers. To use it:  source {directory}/env  and work in  {directory}/repo")
    say(f"To end it:                       guestlist sandbox down --dir {directory}")


@command.command()
@_directory
def down(directory: Path) -> None:
    """End exactly what `sandbox up` started. The files stay."""
    ended = lifecycle.down(directory)
    say(f"{ended} {'process' if ended == 1 else 'processes'} ended" if ended else "nothing was running any more")


@command.command()
@_directory
def status(directory: Path) -> int:
    """Say what runs. Exits with 1 when something of the sandbox does not run."""
    description, running = lifecycle.status(directory)
    emit(
        json.dumps({**description, "running": {str(pid): alive for pid, alive in running.items()}}, indent=2) + "\n",
        None,
    )
    return ExitCode.OK if running and all(running.values()) else ExitCode.ERROR


@command.command(name="demo")
def demo_() -> int:
    """Show the whole job on a sandbox of its own: a mess, the plan, the apply, and a second plan that is empty."""
    with _interruptible(), tempfile.TemporaryDirectory(prefix="guestlist-demo-") as place:
        directory = Path(place) / "sandbox"
        try:
            _up(directory, "demo")
            return demo.run(directory)
        finally:
            if directory.exists():
                lifecycle.down(directory)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Being told to end (a closed terminal, a service manager) is like Ctrl-C: what was started is ended first."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _up(directory: Path, seed: str, accounts: int = 0) -> Mapping[str, object]:
    say("Starting a real OpenBao and a simulated Salesforce org …", style="dim")
    return lifecycle.up(
        directory,
        seed=seed,
        accounts=accounts,
        parts=sandbox_parts(),
        kinds=connector_kinds(),
        targets=_targets,
    )


def _targets(repository: Path) -> Mapping[str, TargetSpec]:
    return Workspace.open(repository, directory="desired-state").targets
