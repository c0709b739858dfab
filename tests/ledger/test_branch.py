"""The rules on what `apply` may run on."""

import threading
from pathlib import Path

import pytest
from git import Repo

from reconciler.errors import RepositoryError
from reconciler.ledger import APPLIED, VERIFIED, Branches, check_applicable, head_of
from tests.ledger.conftest import commit, sha


def force(repo: Repo, revision: str) -> None:
    repo.git.reset("--hard", revision)


def test_only_the_head_may_be_applied(repo: Repo) -> None:
    first, second = sha(repo), commit(repo, "second")
    check_applicable(repo, second, "main")
    with pytest.raises(RepositoryError, match=r"is not the head of main.*check out main"):
        check_applicable(repo, first, "main")
    with pytest.raises(RepositoryError, match="no branch trunk"):
        check_applicable(repo, second, "trunk")


def test_the_revision_applied_last_may_be_applied_again(repo: Repo) -> None:
    head = head_of(repo, "main")
    Branches(repo).advance(APPLIED, head)
    Branches(repo).advance(APPLIED, head)
    check_applicable(repo, head, "main")
    assert (Branches(repo).last(APPLIED), Branches(repo).last(VERIFIED)) == (head, None)


def test_a_branch_moved_back_is_refused(repo: Repo) -> None:
    first, second = sha(repo), commit(repo, "second")
    Branches(repo).advance(APPLIED, second)
    force(repo, first)
    with pytest.raises(RepositoryError, match=f"moved back .*git merge {second[:12]}"):
        check_applicable(repo, first, "main")


def test_a_rewritten_branch_is_refused_until_it_is_merged(repo: Repo) -> None:
    first, second = sha(repo), commit(repo, "second")
    Branches(repo).advance(APPLIED, second)
    force(repo, first)
    other = commit(repo, "other")
    with pytest.raises(RepositoryError, match=f"main was rewritten.*git merge {second[:12]}"):
        check_applicable(repo, other, "main")
    with pytest.raises(RepositoryError, match="only moves forward"):
        Branches(repo).advance(APPLIED, other)
    repo.git.execute(
        ["git", "-c", "user.name=d", "-c", "user.email=d@example.com", "merge", "--quiet", "-s", "ours", second]
    )
    check_applicable(repo, sha(repo), "main")


def test_a_ref_never_moves_back(repo: Repo) -> None:
    first, second = sha(repo), commit(repo, "second")
    Branches(repo).advance(APPLIED, second)
    Branches(repo).advance(APPLIED, first)
    assert Branches(repo).last(APPLIED) == second


def test_the_remotes_branch_counts(clones: tuple[Repo, Repo]) -> None:
    """What another clone pushed is the head, although nobody fetched it here."""
    one, two = clones
    old, new = sha(one), commit(two, "second")
    two.git.push("origin", "main")
    assert head_of(one, "main") == new
    assert sha(one, f"{new}^{{commit}}") == new
    with pytest.raises(RepositoryError, match="not the head"):
        check_applicable(one, old, "main")
    assert sha(one, "refs/remotes/origin/main") == old


def test_what_was_applied_from_one_clone_binds_the_other(clones: tuple[Repo, Repo]) -> None:
    one, two = clones
    first, second = sha(one), commit(two, "second")
    two.git.push("origin", "main")
    Branches(two).advance(APPLIED, second)
    two.git.push("--force", "origin", f"{first}:main")
    with pytest.raises(RepositoryError, match="moved back"):
        check_applicable(one, first, "main")
    assert Branches(one).last(APPLIED) == second


def test_a_clone_that_is_behind_knows_what_was_applied_since(clones: tuple[Repo, Repo]) -> None:
    """What this clone applied itself does not hide what another applied after it."""
    one, two = clones
    first, second = sha(one), commit(two, "second")
    Branches(one).advance(APPLIED, first)
    two.git.push("origin", "main")
    Branches(two).advance(APPLIED, second)
    two.git.push("--force", "origin", f"{first}:main")
    with pytest.raises(RepositoryError, match="moved back"):
        check_applicable(one, first, "main")


def test_a_remote_that_forgot_does_not_make_a_clone_forget(clones: tuple[Repo, Repo], remote: Path) -> None:
    one = clones[0]
    first, second = sha(one), commit(one, "second")
    one.git.push("origin", "main")
    Branches(one).advance(APPLIED, second)
    Repo(remote).git.execute(["git", "update-ref", "-d", APPLIED])
    one.git.push("--force", "origin", f"{first}:main")
    with pytest.raises(RepositoryError, match="moved back"):
        check_applicable(one, first, "main")


def test_what_a_shallow_clone_hides_is_said(clones: tuple[Repo, Repo], remote: Path, tmp_path: Path) -> None:
    one = clones[0]
    first = sha(one)
    Branches(one).advance(APPLIED, first)
    for text in ("second", "third"):
        last = commit(one, text)
    one.git.push("origin", "main")
    shallow = Repo.clone_from(f"file://{remote}", tmp_path / "shallow", depth=1)
    with pytest.raises(RepositoryError, match=r"shallow.*--unshallow.*fetch-depth: 0"):
        check_applicable(shallow, last, "main")
    shallow.git.fetch("--unshallow")
    check_applicable(shallow, last, "main")


def test_a_shallow_clone_that_hides_nothing_is_enough(clones: tuple[Repo, Repo], remote: Path, tmp_path: Path) -> None:
    commit(clones[0], "second")
    clones[0].git.push("origin", "main")
    last = sha(clones[0])
    shallow = Repo.clone_from(f"file://{remote}", tmp_path / "shallow", depth=1)
    check_applicable(shallow, last, "main")
    Branches(shallow).advance(APPLIED, last)
    check_applicable(shallow, last, "main")


def test_a_lost_revision_is_said(repo: Repo, tmp_path: Path) -> None:
    Path(repo.git_dir, "refs/guestlist").mkdir(parents=True)
    Path(repo.git_dir, APPLIED).write_text("1" * 40 + "\n")
    with pytest.raises(RepositoryError, match="111111111111"):
        check_applicable(repo, sha(repo), "main")
    assert tmp_path.exists()


def test_two_who_advance_at_once_end_at_the_later(clones: tuple[Repo, Repo]) -> None:
    one, two = clones
    first, second = sha(one), commit(two, "second")
    two.git.push("origin", "main")
    threads = [
        threading.Thread(target=Branches(repo).advance, args=(VERIFIED, revision))
        for repo, revision in ((one, first), (two, second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Branches(one).last(VERIFIED) == Branches(two).last(VERIFIED) == second
