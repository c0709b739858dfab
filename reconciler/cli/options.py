"""The options that commands share, each with one meaning everywhere."""

from pathlib import Path

import click

from reconciler.cli.output import FORMATS

repository = click.option(
    "--repository",
    "-C",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The Git repository (default: the one around the current directory).",
)
directory = click.option(
    "--directory",
    default="desired-state",
    show_default=True,
    help="The folder of the declarations in the repository.",
)
revision = click.option("--revision", default="HEAD", show_default=True, help="The commit whose declarations count.")
worktree = click.option("--worktree", is_flag=True, help="Read the files as they are on disk instead of a commit.")
targets = click.option(
    "--target", "targets", multiple=True, help="Only this target; may be repeated. Nothing else is changed."
)
vendors = click.option(
    "--vendor", "vendors", multiple=True, help="Only this vendor; may be repeated. Nothing else is changed."
)
output_format = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print the result.",
)
out = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the result to this file instead of standard output.",
)
detailed_exitcode = click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are differences.")
