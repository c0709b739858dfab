"""On which revision `apply` may run: the head of the branch that counts, and never behind what was applied last."""

from git import Repo

from reconciler.errors import RepositoryError
from reconciler.ledger.refs import REMOTE, Overtaken, Refs, persistently

APPLIED = "refs/guestlist/applied"
"""The revision last applied."""

VERIFIED = "refs/guestlist/verified"
"""The revision whose apply was last verified."""


class Branches:
    """The rules of one repository. With a remote `origin`, what counts is what the remote says."""

    def __init__(self, repo: Repo) -> None:
        self._refs = Refs(repo)

    def head(self, branch: str) -> str:
        """The commit at the head of the branch, fetched when there is a remote.

        Raises:
            RepositoryError: there is no such branch, or the remote does not answer.
        """
        name = f"refs/heads/{branch}"
        found = self._current(name).get(name)
        if found is None:
            where = f"the remote {REMOTE}" if self._refs.remote else "this repository"
            raise RepositoryError(f"{where} has no branch {branch}; create it, or correct `branch` in the Settings")
        return found

    def last(self, ref: str) -> str | None:
        """The revision that `APPLIED` or `VERIFIED` names; None before the first time."""
        return self._later(ref, self._current(ref).get(ref))

    def check_applicable(self, revision: str, branch: str) -> None:
        """Let a revision pass that may be applied now. Cheap without a remote; asked again before the first write.

        Raises:
            RepositoryError: it is not the head of the branch, or the branch lost what was applied last.
        """
        name = f"refs/heads/{branch}"
        current = self._current(name, APPLIED)
        head = current.get(name) or self.head(branch)
        if revision != head:
            raise RepositoryError(
                f"revision {_short(revision)} is not the head of {branch}, which is {_short(head)}; apply accepts the"
                f" head only: check out {branch}, bring it up to date, and plan again"
            )
        applied = self._later(APPLIED, current.get(APPLIED))
        if applied is not None and not self._descends(revision, applied):
            raise self._rewritten(revision, applied, branch)

    def advance(self, ref: str, revision: str) -> None:
        """Let `APPLIED` or `VERIFIED` name a revision; where it already names a later one, it stays.

        Raises:
            RepositoryError: the revision does not descend from the one named, or the ref cannot be moved.
        """
        persistently()(self._advance, ref, revision)

    def _advance(self, ref: str, revision: str) -> None:
        here = self._refs.here(ref).get(ref)
        there = self._refs.there(ref).get(ref) if self._refs.remote else None
        if there is not None:
            self._refs.fetch(ref, there)
        for old in {here, there} - {None, revision}:
            if not self._descends(revision, str(old)):
                if self._descends(str(old), revision):
                    return
                raise RepositoryError(
                    f"{ref} names {_short(str(old))}, from which {_short(revision)} does not descend; it only moves"
                    " forward: merge what was applied last into the branch"
                )
        if self._refs.remote and there != revision:
            self._refs.push(ref, revision, there)
        if here != revision:
            self._keep(ref, revision, here)

    def _keep(self, ref: str, revision: str, old: str | None) -> None:
        try:
            self._refs.move(ref, revision, old)
        except Overtaken:
            if not self._refs.remote:
                raise

    def _current(self, *names: str) -> dict[str, str]:
        """What the names point at where it counts, with the commits in this repository."""
        if not self._refs.remote:
            return dict(self._refs.here(*names))
        found = dict(self._refs.there(*names))
        for name, commit in found.items():
            self._refs.fetch(name, commit)
        return found

    def _later(self, ref: str, there: str | None) -> str | None:
        """The later of what this repository and the remote remember: neither may be made to forget by the other."""
        here = self._refs.here(ref).get(ref)
        if here is None or there is None or here == there:
            return here or there
        return here if self._refs.has(here) and self._refs.descends(here, there) else there

    def _descends(self, revision: str, ancestor: str) -> bool:
        """Whether it does; RepositoryError when this clone does not show it."""
        known = self._refs.has(ancestor)
        if known and self._refs.descends(revision, ancestor):
            return True
        if self._refs.git.shallow and not (known and self._refs.descends(ancestor, revision)):
            raise RepositoryError(
                f"this clone is shallow, so it does not show whether {_short(revision)} descends from"
                f" {_short(ancestor)}, which was applied last; fetch the whole history (`git fetch --unshallow`, or"
                " `fetch-depth: 0` in a workflow)"
            )
        if not known:
            raise RepositoryError(
                f"{_short(ancestor)}, which was applied last, is not in this repository; fetch it from a clone that"
                " has it, and merge it into the branch"
            )
        return False

    def _rewritten(self, revision: str, applied: str, branch: str) -> RepositoryError:
        if self._refs.descends(applied, revision):
            what = f"{branch} was moved back to {_short(revision)}, which is older than {_short(applied)}, applied last"
        else:
            what = f"{branch} was rewritten: {_short(revision)} does not descend from {_short(applied)}, applied last"
        return RepositoryError(
            f"{what}; bring that revision back with `git merge {_short(applied)}`, and undo what was wrong in it with"
            " a commit on top"
        )


def _short(revision: str) -> str:
    return revision[:12]


def head_of(repo: Repo, branch: str) -> str:
    """The commit at the head of the branch, fetched when the repository has a remote `origin`."""
    return Branches(repo).head(branch)


def check_applicable(repo: Repo, revision: str, branch: str) -> None:
    """RepositoryError unless `revision` may be applied now: see `Branches.check_applicable`."""
    Branches(repo).check_applicable(revision, branch)
