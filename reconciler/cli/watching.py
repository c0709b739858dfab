"""Saying what is being waited for, when it takes longer than a moment."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console

Progress = Callable[[str], None]
"""To be told, from any thread, the name that is done."""


@contextmanager
def watched(doing: str, names: Iterable[str]) -> Iterator[Progress]:
    """Shows on a terminal's standard error which of `names` are still being waited for.

    Gives a function to be told, from any thread, the name that is done. Without a terminal nothing is shown.
    """
    waiting = list(names)
    lock = Lock()
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(f"{doing} {', '.join(waiting)} …") as status:

        def done(name: str) -> None:
            with lock:
                if name in waiting:
                    waiting.remove(name)
                status.update(f"{doing} {', '.join(waiting)} …" if waiting else "thinking …")

        yield done
