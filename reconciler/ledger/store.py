"""The branch `guestlist-ledger`: commits are only ever added to it, each on top of the one before.

With a remote `origin` the remote's branch is the ledger, and the local one follows it: a commit counts once the remote
has it. Nothing here looks at the work tree, HEAD or the index.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from git import Repo

from reconciler.errors import LedgerError, RepositoryError
from reconciler.ledger.git import Git
from reconciler.ledger.refs import Overtaken, Refs, persistently

BRANCH = "refs/heads/guestlist-ledger"
NOBODY = "guestlist <guestlist@localhost>"
"""Who commits where Git does not know who we are."""

Files = Mapping[str, bytes]
"""Contents by path."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder of the ledger: its path, and the object that holds its content."""

    path: str
    id: str
    folder: bool


class Snapshot:
    """The ledger as it stood at one commit; `tip` is None when there is none.

    Attributes:
        local: what the local branch points at; `remote` what the remote's does.
        aside: the local branch, where it and the remote's have both gone on without the other.
    """

    def __init__(self, git: Git, tip: str | None, local: str | None, remote: str | None, aside: str | None) -> None:
        self.tip = tip
        self.local = local
        self.remote = remote
        self.aside = aside
        self._git = git

    def entries(self, *paths: str, deep: bool = False) -> tuple[Entry, ...]:
        """What is at the given paths (`x/` means: what is in the folder `x`); `deep` also looks into folders."""
        if self.tip is None or not paths:
            return ()
        answer = self._git.run("ls-tree", "-z", *(["-r"] if deep else []), self.tip, "--", *paths)
        if not answer.ok:
            raise LedgerError(f"cannot read the ledger at {self.tip[:12]}: {answer.text}")
        entries = []
        for record in answer.output.decode("utf-8", "replace").split("\0")[:-1]:
            head, path = record.split("\t", 1)
            _, kind, name = head.split()
            entries.append(Entry(path, name, kind == "tree"))
        return tuple(entries)

    def contents(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """The contents of the given objects, by id."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        answer = self._git.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in wanted).encode())
        found: dict[str, bytes] = {}
        rest = memoryview(answer.output)
        for name in wanted:
            head, _, _ = bytes(rest[:200]).partition(b"\n")
            parts = head.split()
            if not answer.ok or len(parts) != 3 or parts[1] != b"blob":  # noqa: PLR2004 - id, kind, size
                raise LedgerError(f"the ledger is damaged: {name[:12]} cannot be read; restore the branch from a clone")
            start = len(head) + 1
            end = start + int(parts[2])
            found[name] = bytes(rest[start:end])
            rest = rest[end + 1 :]
        return found

    def read(self, *paths: str) -> Files:
        """The contents of the given files; one that is not there is left out."""
        entries = {entry.path: entry.id for entry in self.entries(*paths) if not entry.folder}
        contents = self.contents(entries.values())
        return {path: contents[name] for path, name in entries.items()}

    def versions(self, path: str, most: int) -> list[str]:
        """The commits that changed a file, newest first."""
        if self.tip is None:
            return []
        answer = self._git.run("rev-list", f"--max-count={most}", self.tip, "--", path)
        return answer.lines if answer.ok else []

    def at(self, commit: str) -> "Snapshot":
        """The ledger as it stood at an earlier commit."""
        return Snapshot(self._git, commit, self.local, self.remote, self.aside)


class Store:
    """The ledger of one repository."""

    def __init__(self, repo: Repo) -> None:
        self._refs = Refs(repo)
        self._git = self._refs.git
        self._committer: str | None = None

    def here(self) -> Snapshot:
        """The ledger as far as this repository knows it, without asking the remote."""
        local = self._refs.here(BRANCH).get(BRANCH)
        return Snapshot(self._git, local, local, None, None)

    def snapshot(self) -> Snapshot:
        """The ledger now; asks the remote first, where there is one. RepositoryError when it does not answer."""
        local = self._refs.here(BRANCH).get(BRANCH)
        remote = self._refs.there(BRANCH).get(BRANCH) if self._refs.remote else None
        if remote is None or remote == local:
            return Snapshot(self._git, local, local, remote, None)
        self._refs.fetch(BRANCH, remote)
        if local is None or self._refs.descends(remote, local):
            self._follow(remote, local)
            return Snapshot(self._git, remote, remote, remote, None)
        if self._refs.descends(local, remote):
            return Snapshot(self._git, local, local, remote, None)
        return Snapshot(self._git, remote, local, remote, local)

    def append(self, build: Callable[[Snapshot], Files], *, message: str, at: datetime) -> Snapshot:
        """Add one commit with the files that `build` makes for the tip it is given, and return once it is safe.

        When another run was faster, `build` is called again with the new tip.

        Raises:
            LedgerError: the commit could not be made or did not reach the remote; then nothing may be written.
        """
        try:
            return persistently()(self._append, build, message, at)
        except RepositoryError as error:
            raise LedgerError(f"the ledger cannot be appended to: {error}") from error

    def _append(self, build: Callable[[Snapshot], Files], message: str, at: datetime) -> Snapshot:
        base = self.snapshot()
        commit = self._commit(base, build(base), message, at)
        if self._refs.remote:
            self._refs.push(BRANCH, commit, base.remote)
            self._follow(commit, base.local)
        else:
            self._refs.move(BRANCH, commit, base.local)
        return Snapshot(self._git, commit, commit, commit if self._refs.remote else None, None)

    def _follow(self, commit: str, local: str | None) -> None:
        """Let the local branch follow the remote's; another process may already have taken it further."""
        try:
            self._refs.move(BRANCH, commit, local)
        except Overtaken:
            return

    def _commit(self, base: Snapshot, files: Files, message: str, at: datetime) -> str:
        """Write the commit's objects; no ref points at it yet."""
        text = message.encode()
        parts = [f"commit {_UNBORN}\nmark :1\ncommitter {self.who} {int(at.timestamp())} +0000\n".encode()]
        parts.append(b"data %d\n%s\n" % (len(text), text))
        if base.tip is not None:
            parts.append(f"from {base.tip}\n".encode())
        if base.aside is not None:
            parts.append(f"merge {base.aside}\n".encode())
            parts.append(self._rescued(base, base.aside))
        for path, content in files.items():
            parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
        parts.append(f"\nget-mark :1\nreset {_UNBORN}\n\ndone\n".encode())
        answer = self._git.run("fast-import", "--quiet", "--done", stdin=b"".join(parts))
        if not answer.ok or not answer.lines:
            raise RepositoryError(f"git fast-import failed: {answer.text}")
        return answer.lines[0]

    def _rescued(self, base: Snapshot, aside: str) -> bytes:
        """The files that only the local branch has, as lines for fast-import."""
        known = {entry.path for entry in base.entries("runs", "state", deep=True)}
        lost = (entry for entry in base.at(aside).entries("runs", "state", deep=True) if entry.path not in known)
        return "".join(f"M 100644 {entry.id} {entry.path}\n" for entry in lost).encode()

    @property
    def who(self) -> str:
        """Who commits, as Git knows them: `Dana Reyes <dana.reyes@example.com>`."""
        if self._committer is None:
            answer = self._git.run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
            self._committer = answer.lines[0].rsplit(" ", 2)[0] if answer.ok and answer.lines else NOBODY
        return self._committer


_UNBORN = "refs/guestlist/unborn"
"""The name fast-import works on; it is reset before it ends, so that no such ref ever exists."""
