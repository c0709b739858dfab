"""Where results go: standard output or `--out`, in the asked format; everything else is said on standard error."""

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from reconciler.errors import GuestlistError

FORMATS = ("text", "json", "markdown")


def say(text: str, *, style: str | None = None) -> None:
    """A remark for people, on standard error, so that a result on standard output stays whole."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text, style=style or ""))


def emit(result: Text | str, out: Path | None) -> None:
    """Print a result, coloured when it is text on a terminal; with `out`, write it there whole or not at all."""
    if out is None:
        if isinstance(result, Text):
            Console(highlight=False, soft_wrap=True).print(result, end="")
        else:
            click.echo(result, nl=False)
        return
    draft = out.with_name(out.name + ".part")
    try:
        draft.write_text(result.plain if isinstance(result, Text) else result, encoding="utf-8")
        draft.replace(out)
    except OSError as error:
        raise GuestlistError(f"{out} cannot be written: {error.strerror}") from None
