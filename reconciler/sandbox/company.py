"""The sandbox's repository: the example organisation, committed."""

import shutil
from importlib.resources import files
from pathlib import Path

from git import Actor, Repo

ACTOR = Actor("guestlist sandbox", "sandbox@guestlist.example")


def example() -> Path:
    """The example `desired-state/`: installed beside the package, or in the checkout that it runs from."""
    installed = Path(str(files("reconciler"))) / "example"
    return installed if installed.is_dir() else Path(str(files("reconciler"))).parent / "desired-state"


def found(directory: Path, *, seed: str) -> Repo:
    """Make a repository with the example's `desired-state/` on the branch `main`, in `enforce`.

    With any seed but `demo` it declares targets, people and roles, but no vendor.
    """
    repo = Repo.init(directory, initial_branch="main")
    unwanted = shutil.ignore_patterns("vendors", "overrides") if seed != "demo" else None
    shutil.copytree(example(), directory / "desired-state", ignore=unwanted)
    with repo.config_writer() as config:
        config.set_value("user", "name", ACTOR.name or "")
        config.set_value("user", "email", ACTOR.email or "")
    repo.git.add("desired-state")
    repo.index.commit("Declare who is on the list", author=ACTOR, committer=ACTOR)
    return repo
