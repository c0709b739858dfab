"""`guestlist generate`: files made from the models, for editors and for other programs."""

import json
from pathlib import Path

import click

from reconciler.cli.generate_rights import rights_command
from reconciler.cli.output import emit, say
from reconciler.cli.reference import reference
from reconciler.cli.schemas import all_schemas, declared_schemas
from reconciler.errors import GuestlistError


@click.group(
    name="generate",
    help="Generate files from what guestlist knows.",
    short_help="Schemas for editors and programs; the reference.",
)
def command() -> None:
    """The group of generators."""


@command.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("schemas"),
    show_default=True,
    help="The directory to write them to.",
)
def schema(out: Path) -> None:
    """Write the JSON Schemas of the declarations (for editors) and of the results (for programs)."""
    schemas = all_schemas()
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in schemas.items():
            (out / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise GuestlistError(f"{out} cannot be written: {error.strerror}") from None
    say(f"{len(schemas)} schemas written to {out}")


@command.command(name="reference")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("docs/declarations.md"),
    show_default=True,
    help="The file to write it to.",
)
def reference_(out: Path) -> None:
    """Write the reference of the declarations, as Markdown: every kind, every key, what it holds and means."""
    emit(reference(declared_schemas()), out)
    say(f"the reference is written to {out}")


command.add_command(rights_command("vault-policy", "vault", what="a policy in HCL"))
command.add_command(rights_command("permission-set", "salesforce", what="a permission set in Metadata API XML"))
