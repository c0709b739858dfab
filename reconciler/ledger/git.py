"""Git as a program: one call, one answer. Neither the work tree nor HEAD nor the index is ever involved."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from git import Repo
from git.exc import GitCommandNotFound

from reconciler.errors import RepositoryError

NETWORK_SECONDS = 120.0
"""How long Git may talk to the remote before it is stopped."""

_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")
_SETTINGS = (
    *("-c", "core.fsync=committed,reference"),  # what is recorded has to outlive a power cut
    *("-c", "remote.origin.mirror=false"),  # a mirror's configuration forbids pushing single refs
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What Git said; `text` is its complaint, without anything secret that a remote's address may carry."""

    status: int
    output: bytes
    text: str

    @property
    def ok(self) -> bool:
        """Whether Git did what was asked."""
        return self.status == 0

    @property
    def lines(self) -> list[str]:
        """The output, line by line."""
        return self.output.decode("utf-8", "replace").splitlines()


class Git:
    """Runs Git in one repository, bare or not, whatever is checked out there."""

    def __init__(self, repo: Repo) -> None:
        self.common_dir = Path(repo.common_dir)
        self._command = repo.git
        self._prefix = ("git", f"--git-dir={repo.git_dir}", *_SETTINGS)

    @property
    def shallow(self) -> bool:
        """Whether the clone leaves out older commits."""
        return (self.common_dir / "shallow").exists()

    def run(self, *arguments: str, stdin: bytes | None = None) -> Answer:
        """Run a command that works on this machine only."""
        return self._run(arguments, stdin, None)

    def talk(self, *arguments: str) -> Answer:
        """Run a command that speaks with the remote: it never asks anybody for a password, and never hangs."""
        return self._run(arguments, None, NETWORK_SECONDS)

    def _run(self, arguments: tuple[str, ...], stdin: bytes | None, seconds: float | None) -> Answer:
        with _stream(stdin) as stream:
            try:
                status, output, text = self._command.execute(
                    [*self._prefix, *arguments],
                    istream=stream,
                    with_extended_output=True,
                    with_exceptions=False,
                    stdout_as_string=False,
                    strip_newline_in_stdout=False,
                    kill_after_timeout=seconds,
                    env={"GIT_TERMINAL_PROMPT": "0"},
                )
            except GitCommandNotFound as error:
                raise RepositoryError("the program git was not found; install it, or put it on the PATH") from error
        return Answer(status, output, _USER_INFO.sub("", text.strip()))


@contextmanager
def _stream(content: bytes | None) -> Iterator[BinaryIO | None]:
    """The content as a file: Git has all of it even when this process dies at once."""
    if content is None:
        yield None
        return
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file
