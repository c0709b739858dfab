"""The group of commands, and the one place where errors become sentences and exit codes."""

import gc
import importlib
import os
import sys
from itertools import pairwise

import click

from reconciler.cli.output import say
from reconciler.errors import DeclarationError, ExitCode, GuestlistError
from reconciler.reports.shapes import ErrorShape

DEBUG = "GUESTLIST_DEBUG"
"""When set, an error that guestlist does not know is raised with its traceback instead of one sentence."""

COMMANDS = (
    "init",
    "doctor",
    "validate",
    "plan",
    "apply",
    "drift",
    "explain",
    "import",
    "offboard",
    "generate",
    "sandbox",
)


class _Commands(click.Group):
    """Imports a command when it is used: `--help` and completion answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """The command of this name, from the module of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"reconciler.cli.{cmd_name}_command").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="guestlist")
def guestlist() -> None:
    """Vendor access, declared in Git and reconciled with what is live. Not on the list? Not in.

    Vendors, their people and their grants are YAML in a Git repository. `guestlist plan` says what differs from what
    is live in Salesforce and OpenBao or Vault, `guestlist apply` makes it so, and revokes whatever nobody declared.

    \b
    Try it:       guestlist sandbox demo
    Begin:        guestlist init, guestlist doctor, guestlist plan
    Completion:   eval "$(_GUESTLIST_COMPLETE=bash_source guestlist)"   (also zsh_source, fish_source)

    \b
    Exit codes:   0 done or nothing to do    1 error
                  2 there are differences (drift, --detailed-exitcode)
                  3 refused by a guard       4 incomplete: something is held, because it is in doubt
    """  # noqa: D301 - \b is click's own mark, and has to be the character


def main() -> None:
    """Run the command and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code. Every known error is a sentence on standard error."""
    gc.set_threshold(100_000, 50, 100)  # a run makes many values and drops few: looking for garbage finds none
    try:
        result = guestlist.main(args=arguments, prog_name="guestlist", standalone_mode=False)
    except GuestlistError as error:
        problems = list(error.problems) if isinstance(error, DeclarationError) else []
        if _wants_json(arguments):
            click.echo(ErrorShape(error=str(error), problems=problems).json_text(), nl=False)
        say(f"error: {error}", style="red")
        for problem in problems:
            say(f"  {problem}")
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.ERROR  # click's own 2 would read as "there are differences"
    except (click.Abort, KeyboardInterrupt):
        say("interrupted", style="red")
        return ExitCode.ERROR
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        at = "" if where is None else f" at {where.tb_frame.f_globals.get('__name__')}:{where.tb_lineno}"
        say(f"error: guestlist failed in a way it does not know ({type(error).__name__}{at}).", style="red")
        say(f"This is a bug. Please report it; {DEBUG}=1 shows where it happened.")
        return ExitCode.ERROR
    return int(result) if isinstance(result, int) else ExitCode.OK


def _wants_json(arguments: list[str]) -> bool:
    """Whether a program reads standard output: an error is then said there too, in its published shape."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
