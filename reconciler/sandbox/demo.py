"""The demonstration: guestlist's own commands, run one after the other as a user would."""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from reconciler.sandbox.lifecycle import environment

STORY: tuple[tuple[str, tuple[str, ...], frozenset[int]], ...] = (
    ("Is what we declare in order?", ("validate",), frozenset({0})),
    ("Who has access, and what differs from what their sponsors vouched for?", ("plan",), frozenset({0})),
    ("Make it so: give what is granted, take away what nobody declared.", ("apply", "--yes"), frozenset({0})),
    ("And again? Nothing is left to do.", ("plan", "--detailed-exitcode"), frozenset({0})),
    ("Why does Maria have access, and until when?", ("explain", "maria.k@acme-support.example"), frozenset({0})),
)
"""What is asked, the command that answers, and the exit codes that are no failure."""


def run(directory: Path) -> int:
    """Tell the story on the sandbox in `directory`; 0 when every command ended as it should, else 1."""
    console = Console(highlight=False, soft_wrap=True)
    variables = {**os.environ, **environment(directory)}
    if console.is_terminal:
        variables["FORCE_COLOR"] = "1"
    for question, arguments, fine in STORY:
        console.print(Text(f"\n# {question}", "bold cyan"))
        console.print(Text(f"$ guestlist {' '.join(arguments)}", "bold"))
        ended = subprocess.run(  # noqa: S603 - our own program with our own words
            [sys.executable, "-m", "reconciler", *arguments], cwd=directory / "repo", env=variables, check=False
        )
        if ended.returncode not in fine:
            console.print(Text(f"guestlist {arguments[0]} ended with {ended.returncode}", "red"))
            return 1
    console.print(Text("\nNot on the list? Not in.", "bold green"))
    return 0
