"""Where declarations come from: the committed tree of a Git revision, or the work tree, as the same value."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import new as new_hash
from pathlib import Path, PurePosixPath

from git import Repo

from reconciler.desired.layout import ignored
from reconciler.desired.repository import read_blobs, repository_name, resolve_revision, run_git
from reconciler.desired.strict_yaml import Limits, Position, Problem
from reconciler.errors import RepositoryError

DIRECTORY = "desired-state"
"""Where the declarations stand in the repository, unless somebody says otherwise."""

_LINK, _SUBMODULE = "120000", "160000"
_FILES_AT_ONCE, _BYTES_AT_ONCE = 2000, 32_000_000
_MOST_BYTES = Limits().bytes


@dataclass(frozen=True, slots=True, order=True)
class File:
    """A file of declarations: its path relative to the repository's root, its content's blob id and size in bytes."""

    path: str
    sha: str
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """The files of declarations of one revision or work tree; what they contain is read when somebody asks.

    Attributes:
        repo: the repository, which also has the history.
        directory: the desired-state folder, relative to the repository's root; empty when it is the root.
        revision: the commit; for a work tree the one it stands on, or empty before the first.
        worktree: whether the files are the work tree's and not the commit's.
        problems: what stands there and can be no declaration: links, submodules and files over the size limit.
    """

    repo: Repo = field(compare=False, repr=False)
    directory: str
    revision: str
    worktree: bool
    files: tuple[File, ...]
    problems: tuple[Problem, ...]
    _contents: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    def read(self, files: Iterable[File]) -> Iterator[tuple[File, bytes]]:
        """Each file with its content, in the given order."""
        if self.worktree:
            yield from ((file, self._contents[file.path]) for file in files)
            return
        for batch in _batches(files):
            yield from zip(batch, read_blobs(self.repo, [file.sha for file in batch]), strict=True)

    def below(self, path: str) -> str:
        """A path of the repository as seen from the desired-state folder."""
        return path[len(self.directory) :].lstrip("/")

    def path(self, below: str) -> str:
        """The other way round: a path below the desired-state folder as seen from the repository's root."""
        return f"{self.directory}/{below}" if self.directory else below


def committed(repo: Repo, revision: str = "HEAD", directory: str = DIRECTORY) -> Source:
    """The declarations that were committed with `revision`; the work tree is not looked at.

    Raises:
        RepositoryError: nothing is committed yet, or there is no such revision.
    """
    commit = resolve_revision(repo, revision)
    folder = _normal(directory)
    files: list[File] = []
    problems: list[Problem] = []
    listing = run_git(repo, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, *_only(folder))
    for record in filter(None, listing.split(b"\0")):
        facts, _, raw = record.partition(b"\t")
        mode, _, sha, size = facts.decode().split()
        path = _readable(raw)
        if mode == _LINK:
            problems.append(_link(path, folder, next(read_blobs(repo, [sha]))))
        elif mode == _SUBMODULE:
            problems.append(_submodule(path))
        elif ignored(path):
            continue
        elif int(size) > _MOST_BYTES:
            problems.append(_too_big(path, int(size)))
        else:
            files.append(File(path, sha, int(size)))
    return Source(repo, folder, commit, worktree=False, files=tuple(sorted(files)), problems=tuple(problems))


def worktree(repo: Repo, directory: str = DIRECTORY) -> Source:
    """The declarations as they stand in the work tree, committed or not; what Git ignores does not count.

    Raises:
        RepositoryError: the repository is bare and has no work tree.
    """
    if repo.working_tree_dir is None:
        raise RepositoryError(f"{repository_name(repo)} is bare and has no work tree: leave out --worktree.")
    root = Path(repo.working_tree_dir)
    folder = _normal(directory)
    algorithm = run_git(repo, "rev-parse", "--show-object-format").decode().strip()
    contents: dict[str, bytes] = {}
    files: list[File] = []
    problems: list[Problem] = []
    for raw, path, facts in _listed(repo, root, folder):
        place = root / os.fsdecode(raw)
        mode = facts.st_mode
        if stat.S_ISLNK(mode):
            problems.append(_link(path, folder, os.fsencode(place.readlink())))
        elif stat.S_ISDIR(mode):
            problems.append(_submodule(path))
        elif not stat.S_ISREG(mode):
            problems.append(Problem(_start(path), "is not a regular file: remove it"))
        elif ignored(path):
            continue
        elif facts.st_size > _MOST_BYTES:
            problems.append(_too_big(path, facts.st_size))
        else:
            contents[path] = data = place.read_bytes()
            files.append(File(path, _blob_id(algorithm, data), len(data)))
    return Source(repo, folder, _head(repo), True, tuple(sorted(files)), tuple(problems), contents)


def dirty(repo: Repo, directory: str = DIRECTORY) -> tuple[str, ...]:
    """The paths below the desired-state folder that differ from the last commit or are not in it; none when bare."""
    if repo.working_tree_dir is None:
        return ()
    options = ("--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")
    listing = run_git(repo, "status", *options, *_only(_normal(directory)))
    return tuple(sorted(_readable(record[3:]) for record in listing.split(b"\0") if record))


def _listed(repo: Repo, root: Path, folder: str) -> Iterator[tuple[bytes, str, os.stat_result]]:
    """What Git sees in the work tree: raw path, readable path and what it is; nothing that lies behind a link."""
    options = ("-z", "--cached", "--others", "--exclude-standard", "--full-name", "--deduplicate")
    links: dict[PurePosixPath, bool] = {}

    def behind_a_link(file: PurePosixPath) -> bool:
        parent = file.parent
        if parent == file:
            return False
        if parent not in links:
            links[parent] = (root / parent).is_symlink() or behind_a_link(parent)
        return links[parent]

    listing = run_git(repo, "ls-files", *options, *_only(folder))
    for record in sorted(filter(None, listing.split(b"\0"))):
        raw = record.rstrip(b"/")
        name = os.fsdecode(raw)
        try:
            facts = (root / name).lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue  # deleted in the work tree, still in the index
        if not behind_a_link(PurePosixPath(name)):
            yield raw, _readable(raw), facts


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    """The files in portions that Git can be asked for at once without filling the memory."""
    batch: list[File] = []
    size = 0
    for file in files:
        if batch and (len(batch) == _FILES_AT_ONCE or size + file.size > _BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def _head(repo: Repo) -> str:
    try:
        return resolve_revision(repo, "HEAD")
    except RepositoryError:
        return ""  # nothing is committed yet; the work tree can be looked at all the same


def _normal(directory: str) -> str:
    path = PurePosixPath(directory)
    if path.is_absolute() or ".." in path.parts:
        raise RepositoryError(
            f"the desired-state folder {directory!r} must be given relative to the repository's root."
        )
    return "" if path == PurePosixPath() else str(path)


def _only(folder: str) -> tuple[str, ...]:
    return ("--", folder) if folder else ()


def _readable(raw: bytes) -> str:
    """A path as text that can be printed: what is not, is escaped (and can then be no declaration's name)."""
    text = raw.decode(errors="backslashreplace")
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _blob_id(algorithm: str, data: bytes) -> str:
    return new_hash(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _start(path: str) -> Position:
    return Position(path, 1, 1)


def _link(path: str, folder: str, to: bytes) -> Problem:
    target = to.decode(errors="backslashreplace")
    where = os.path.normpath(os.path.join(os.path.dirname(path), target))  # noqa: PTH118,PTH120 -- text, not files
    inside = not folder or where == folder or where.startswith(f"{folder}/")
    leaves = os.path.isabs(target) or where.startswith("..") or not inside  # noqa: PTH117 -- text, not a file
    what = "is a symbolic link that leaves the folder" if leaves else "is a symbolic link"
    return Problem(_start(path), f"{what}, to {_readable(to)!r}: put the declaration itself here, or remove the link")


def _too_big(path: str, size: int) -> Problem:
    text = f"has {size:,} bytes; a declaration has {_MOST_BYTES:,} at most: split it"
    return Problem(_start(path), text)


def _submodule(path: str) -> Problem:
    return Problem(_start(path), "is another repository: declarations are read from this one only; remove it")
