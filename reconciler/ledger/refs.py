"""Refs here and at the remote: what they point at, and moving them only from what they were."""

from collections.abc import Mapping

from git import Repo
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from reconciler.errors import RepositoryError
from reconciler.ledger.git import Answer, Git

REMOTE = "origin"
PATIENCE_SECONDS = 60.0
"""How long a run keeps trying to get in between others."""

_CROWDED = (
    "cannot lock ref",
    "file exists",
    "failed to update ref",
    "failed to lock",
    "incorrect old value",
    "reference already exists",
    "but expected",
    "unable to update local ref",
)
"""What Git says when another process holds or has just moved the same ref."""


class Overtaken(Exception):
    """Another run moved the ref first."""


def persistently() -> Retrying:
    """Tries again, after a random while, as long as another run was faster."""
    return Retrying(
        retry=retry_if_exception_type(Overtaken),
        wait=wait_random_exponential(multiplier=0.02, max=1.5),
        stop=stop_after_delay(PATIENCE_SECONDS),
        retry_error_callback=_give_up,
    )


def _give_up(state: RetryCallState) -> None:
    failure = None if state.outcome is None else state.outcome.exception()
    raise RepositoryError(
        f"gave up after {PATIENCE_SECONDS:g} seconds, because other runs kept moving the same ref, or a lock was left"
        f" behind ({failure}); see that no other run is active, then run again"
    ) from failure


class Refs:
    """The refs of one repository and, when it has one, of its remote `origin`."""

    def __init__(self, repo: Repo) -> None:
        self.git = Git(repo)
        self.remote = any(remote.name == REMOTE for remote in repo.remotes)

    def here(self, *names: str) -> Mapping[str, str]:
        """What the given full names point at in this repository; a name that is not there is left out."""
        answer = self.git.run("for-each-ref", "--format=%(objectname) %(refname)", *names)
        if not answer.ok:
            raise RepositoryError(f"cannot read the refs of {self.git.common_dir}: {answer.text}")
        return _exact(answer, names)

    def there(self, *names: str) -> Mapping[str, str]:
        """What the given full names point at in the remote."""
        answer = self.git.talk("ls-remote", "--quiet", REMOTE, *names)
        if not answer.ok:
            raise RepositoryError(f"the remote {REMOTE} does not answer: {answer.text}; nothing is done without it")
        return _exact(answer, names)

    def has(self, commit: str) -> bool:
        """Whether the commit itself is in this repository."""
        return self.git.run("cat-file", "-e", f"{commit}^{{commit}}").ok

    def fetch(self, name: str, commit: str) -> None:
        """Bring the remote's `name`, which points at `commit` or was moved since, into this repository; moves no ref.

        A commit that merely exists here is no proof that its files do: a fetch that is under way, or was killed, writes
        commits first. Git looks through everything that no ref reaches.

        Raises:
            RepositoryError: the remote does not give it.
        """
        if self._reached(commit):
            return
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--refmap=")
        answer = self.git.talk("fetch", *quiet, REMOTE, name)
        if not answer.ok or not self.has(commit):
            raise RepositoryError(f"cannot fetch {name} from {REMOTE}: {answer.text or 'it was rewritten meanwhile'}")

    def _reached(self, commit: str) -> bool:
        """Whether a ref here reaches the commit, so that all of it is here."""
        answer = self.git.run("rev-list", "--max-count=1", commit, "--not", "--all")
        return answer.ok and not answer.output

    def descends(self, commit: str, ancestor: str) -> bool:
        """Whether `ancestor` is `commit` or in its past, as far as this clone shows; both must be here."""
        if commit == ancestor:
            return True
        answer = self.git.run("merge-base", "--is-ancestor", ancestor, commit)
        if answer.status not in (0, 1):
            raise RepositoryError(f"cannot compare {ancestor[:12]} with {commit[:12]}: {answer.text}")
        return answer.ok

    def move(self, name: str, new: str, old: str | None) -> None:
        """Point `name` at `new`, provided that it still points at `old` (None: does not exist).

        Raises:
            Overtaken: it does not any more, or somebody is just moving it.
            RepositoryError: Git will not, for another reason.
        """
        answer = self.git.run("update-ref", "-m", "guestlist", name, new, old or "0" * len(new))
        if not answer.ok:
            _overtaken(answer)
            raise RepositoryError(f"cannot move {name}: {answer.text}")

    def push(self, name: str, new: str, old: str | None) -> None:
        """Point the remote's `name` at `new`, a descendant of `old`, which it pointed at; never by force.

        Raises:
            Overtaken: it does not point at `old` any more, or somebody is just moving it.
            RepositoryError: the remote does not take it.
        """
        answer = self.git.talk(
            "push", "--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", REMOTE, f"{new}:{name}"
        )
        if answer.ok:
            return
        now = self.there(name).get(name)
        if now == new:
            return
        _overtaken(answer)
        if now != old:
            raise Overtaken(answer.text)
        raise RepositoryError(
            f"{REMOTE} does not take {name}: {answer.text}; nothing may be written that is not recorded, so see that"
            " this run may push it"
        )


def _exact(answer: Answer, names: tuple[str, ...]) -> dict[str, str]:
    found = (line.split(maxsplit=1) for line in answer.lines)
    return {name: commit for commit, name in found if name in names}


def _overtaken(answer: Answer) -> None:
    text = answer.text.lower()
    if any(sign in text for sign in _CROWDED):
        raise Overtaken(answer.text)
