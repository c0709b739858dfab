"""What is asked of Git: always in bulk, never once per file, and always in Git's own words when it refuses.

Every command runs with `GIT_NO_REPLACE_OBJECTS`, so that a local replacement cannot stand in for what was committed
and reviewed, and with literal pathspecs, so that a folder's name is never a pattern.
"""

import difflib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from git import GitCommandError, InvalidGitRepositoryError, NoSuchPathError, Repo

from reconciler.errors import RepositoryError

_ENVIRONMENT = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_NAMES_SHOWN = 8


def open_repository(path: Path) -> Repo:
    """The Git repository that `path` stands in.

    Raises:
        RepositoryError: there is none.
    """
    try:
        repo = Repo(path, search_parent_directories=True)
    except (InvalidGitRepositoryError, NoSuchPathError) as error:
        raise RepositoryError(
            f"{path} is not in a Git repository: run guestlist in the repository that holds the declarations, "
            "or make one with `git init`."
        ) from error
    repo.git.update_environment(**_ENVIRONMENT)
    return repo


def repository_name(repo: Repo) -> str:
    """What a message calls the repository: its folder."""
    return str(repo.working_tree_dir or repo.git_dir)


def run_git(repo: Repo, *arguments: str, istream: BinaryIO | None = None) -> bytes:
    """What `git ARGUMENTS` prints.

    Raises:
        RepositoryError: Git refused; the text is Git's last word.
    """
    try:
        return repo.git.execute(
            ["git", "-c", "core.quotePath=false", *arguments],
            istream=istream,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    except GitCommandError as error:
        said = [line for line in str(error.stderr).strip(" \n'").splitlines() if line.strip(" '")]
        last = said[-1].strip(" '") if said else f"it ended with {error.status}"
        raise RepositoryError(f"git {arguments[0]} failed in {repository_name(repo)}: {last}") from error


def resolve_revision(repo: Repo, revision: str) -> str:
    """The full id of the commit that `revision` names.

    Raises:
        RepositoryError: there is no such revision; says which there are.
    """
    try:
        return run_git(repo, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except RepositoryError as error:
        names = run_git(repo, "for-each-ref", "--format=%(refname:short)", "--count=500").decode().split()
        if not names:
            raise RepositoryError(
                f"nothing is committed in {repository_name(repo)} yet: commit the declarations, "
                "or look at them with --worktree."
            ) from error
        near = difflib.get_close_matches(revision, names, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names[:_NAMES_SHOWN])}."
        raise RepositoryError(f"{repository_name(repo)} has no revision {revision!r}; {hint}") from error


def read_blobs(repo: Repo, shas: Sequence[str]) -> Iterator[bytes]:
    """The content of each blob, asked for in one command.

    Raises:
        RepositoryError: the repository does not have one of them (a partial clone, or a damaged one).
    """
    with tempfile.TemporaryFile() as wanted:  # pipes could fill up on both sides and wait for each other
        wanted.write("".join(f"{sha}\n" for sha in shas).encode())
        wanted.seek(0)
        answer = run_git(repo, "cat-file", "--batch", istream=wanted)
    start = 0
    for sha in shas:
        end = answer.index(b"\n", start)
        found, kind, *size = answer[start:end].decode().split()
        if found != sha or kind != "blob":
            raise RepositoryError(
                f"{repository_name(repo)} has lost the content {sha}: try `git fetch --refetch`, or clone it again."
            )
        start = end + 1 + int(size[0]) + 1
        yield answer[end + 1 : start - 1]
