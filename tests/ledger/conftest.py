"""Real repositories, untouched by the Git configuration of whoever runs the tests."""

import os
from pathlib import Path

import pytest
from git import Repo


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Git without anybody's configuration, identity or hooks."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with a branch main and no remote."""
    return make(tmp_path / "repo")


def make(directory: Path) -> Repo:
    made = Repo.init(directory, initial_branch="main")
    commit(made, "first")
    return made


def commit(repo: Repo, text: str) -> str:
    """An empty commit on what is checked out; its id."""
    who = ("-c", "user.name=Dana Reyes", "-c", "user.email=dana.reyes@example.com")
    repo.git.execute(["git", *who, "commit", "--quiet", "--allow-empty", "-m", text])
    return sha(repo)


def sha(repo: Repo, name: str = "HEAD") -> str:
    """What a name points at; asked of a process that ends, unlike those that GitPython keeps for its objects."""
    return str(repo.git.rev_parse("--verify", name))


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository with one commit on main."""
    first = make(tmp_path / "seed")
    bare = tmp_path / "origin.git"
    Repo.init(bare, bare=True, initial_branch="main")
    first.create_remote("origin", str(bare))
    first.git.push("origin", "main")
    return bare


@pytest.fixture
def clones(remote: Path, tmp_path: Path) -> tuple[Repo, Repo]:
    """Two clones of it."""
    return Repo.clone_from(str(remote), tmp_path / "one"), Repo.clone_from(str(remote), tmp_path / "two")
