"""`guestlist generate vault-policy` and its like: the least rights of guestlist's own identity in a target."""

from pathlib import Path

import click

from reconciler.cli import options
from reconciler.cli.output import emit
from reconciler.cli.workspace import Workspace
from reconciler.discovery import connector_kinds
from reconciler.errors import GuestlistError
from reconciler.model import Mode


def rights_command(name: str, connector: str, *, what: str) -> click.Command:
    """The command that writes the rights for one kind of target; `what` is what they are there."""

    @click.command(name=name, help=_help(what), short_help=f"The least rights of guestlist itself: {what}.")
    @options.repository
    @options.directory
    @options.revision
    @options.worktree
    @click.option("--target", help="Which target, where several are of this kind.")
    @click.option(
        "--mode",
        type=click.Choice([mode.value for mode in Mode]),
        help="For this mode, also where Settings say another: `observe` only reads.",
    )
    @options.out
    def command(
        *,
        repository: Path,
        directory: str,
        revision: str,
        worktree: bool,
        target: str | None,
        mode: str | None,
        out: Path | None,
    ) -> None:
        workspace = Workspace.open(repository, directory=directory, revision=revision, on_disk=worktree)
        specs = {name: spec for name, spec in workspace.targets.items() if spec.connector == connector}
        if target is None and len(specs) == 1:
            (target,) = specs
        if target not in specs:
            there = ", ".join(sorted(specs)) or "none"
            asked = f"no {connector} target is called {target}" if target else "say which with --target"
            raise GuestlistError(f"{asked}; there are: {there}")
        spec = specs[target]
        if mode is not None:
            spec = spec.model_copy(update={"mode": Mode(mode), "vendor_modes": {}})
        emit(connector_kinds()[connector].least_rights(spec), out)

    return command


def _help(what: str) -> str:
    return (
        f"Write {what} with the least rights that guestlist needs in a target, from what its code needs for the"
        " target's settings. It is the same for the same settings, so a pipeline can keep it current."
    )
