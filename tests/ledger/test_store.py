import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from git import Repo

from reconciler.errors import ExitCode, LedgerError, Refused
from reconciler.ledger import APPLIED, BRANCH, Ledger, refs
from tests.ledger.conftest import commit, sha
from tests.ledger.worlds import NOW, ORG, clean, done, holds, live, plan, revoke, whole_run

LOOK = ["for-each-ref", "--format=%(refname)"]


def runs_in(repo: Repo) -> list[str]:
    return str(repo.git.execute(["git", "ls-tree", "-r", "--name-only", BRANCH, "runs/"])).splitlines()


def record_of(repo: Repo, path: str) -> str:
    return str(repo.git.execute(["git", "show", f"{BRANCH}:{path}"]))


def test_nothing_but_the_branch_is_touched(repo: Repo) -> None:
    """HEAD, the index, the work tree and every other ref are the same after a run."""
    (Path(repo.working_dir) / "staged").write_text("x")
    repo.git.add("staged")
    (Path(repo.working_dir) / "loose").write_text("y")
    before = repo.git.status("--porcelain"), sha(repo), Path(repo.git_dir, "index").read_bytes()
    whole_run(Ledger.open(repo), [revoke(1)], NOW)
    assert before == (
        repo.git.status("--porcelain"),
        sha(repo),
        Path(repo.git_dir, "index").read_bytes(),
    )
    assert str(repo.git.execute(["git", *LOOK])).splitlines() == [BRANCH, "refs/heads/main"]
    assert repo.git.fsck("--strict", "--no-dangling") == ""


def test_a_run_is_readable_at_every_step(repo: Repo) -> None:
    """What is about to be written stands there first, outcomes follow, and the last line tells how it ended."""
    ledger, changes = Ledger.open(repo), [revoke(1), revoke(2)]
    run = ledger.begin(plan(changes), now=NOW)
    assert [line.split('"event":"')[1].split('"')[0] for line in record_of(repo, run.path).splitlines()] == [
        "begin",
        "intend",
        "intend",
    ]
    run.record(done(changes[:1]), now=NOW)
    run.end(exit_code=ExitCode.ERROR, readings={"crm": None}, now=NOW)
    last = record_of(repo, run.path).splitlines()[-1]
    assert '"counts":{"done":1,"already":0,"failed":0,"unsent":1}' in last
    assert '"exit":1,"targets":{"crm":{"verified":false}}' in last
    with pytest.raises(LedgerError, match="has ended"):
        run.record(done(changes), now=NOW)


def test_history_only_grows(repo: Repo) -> None:
    """Each commit has the one before as its only parent, and no run changes another's file."""
    ledger = Ledger.open(repo)
    first = whole_run(ledger, [revoke(1)], NOW)
    content, tip = record_of(repo, first), sha(repo, BRANCH)
    whole_run(ledger, [revoke(2)], NOW + timedelta(minutes=1))
    assert record_of(repo, first) == content
    assert sha(repo, f"{BRANCH}~3") == tip
    assert str(repo.git.execute(["git", "rev-list", "--count", "--max-parents=1", BRANCH])) == "6"


def test_the_committer_is_guestlist_unless_git_is_configured(repo: Repo) -> None:
    whole_run(Ledger.open(repo), [], NOW)
    assert repo.git.log("-1", "--format=%cn %ce", BRANCH) == "guestlist guestlist@localhost"
    with repo.config_writer() as config:
        config.set_value("user", "name", "Bot <the> bot").set_value("user", "email", "bot@example.com")
    whole_run(Ledger.open(repo), [], NOW)
    assert repo.git.log("-1", "--format=%cn %ce", BRANCH) == "Bot the bot bot@example.com"


@pytest.mark.parametrize("options", [[], ["--object-format=sha256"]])
def test_a_bare_repository_without_a_commit_keeps_a_ledger(tmp_path: Path, options: list[str]) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", *options, str(tmp_path / "bare")], check=True)
    ledger = Ledger.open(Repo(tmp_path / "bare"))
    whole_run(ledger, [revoke(1)], NOW)
    assert ledger.memory(["crm"], NOW).spent == {(ORG, "revocations"): frozenset({revoke(1).id})}


def test_two_clones_record_on_one_branch(clones: tuple[Repo, Repo]) -> None:
    """Each run's commits reach the remote, on top of what the other clone pushed in between."""
    one, two = (Ledger.open(clone) for clone in clones)
    first, second = one.begin(plan([revoke(1)]), now=NOW), two.begin(plan([revoke(2)]), now=NOW)
    first.record(done([revoke(1)]), now=NOW)
    second.record(done([revoke(2)]), now=NOW)
    first.end(exit_code=ExitCode.OK, readings={}, now=NOW)
    second.end(exit_code=ExitCode.OK, readings={}, now=NOW)
    both = {(ORG, "revocations"): frozenset({revoke(1).id, revoke(2).id})}
    assert one.memory(["crm"], NOW).spent == two.memory(["crm"], NOW).spent == both


def test_a_fetch_that_was_killed_half_way_is_done_again(clones: tuple[Repo, Repo]) -> None:
    """A commit that came without its files is not taken for the ledger."""
    one, two = clones
    path = whole_run(Ledger.open(one), [revoke(1)], NOW)
    for number in range(3):
        commit_text = subprocess.run(
            ["git", "-C", one.git_dir, "cat-file", "commit", f"{BRANCH}~{number}"], check=True, capture_output=True
        ).stdout
        subprocess.run(
            ["git", "-C", two.git_dir, "hash-object", "-t", "commit", "-w", "--literally", "--stdin"],
            input=commit_text,
            check=True,
            capture_output=True,
        )
    seen = Ledger.open(two).recall(["crm"], NOW)
    assert (seen.problems, bool(seen.memory.spent)) == ((), True)
    assert record_of(two, path) == record_of(one, path)


def test_a_limit_holds_for_runs_that_began_at_once(clones: tuple[Repo, Repo]) -> None:
    """Two plans that each keep to a limit are not both begun when together they pass it; the same plan twice is."""
    one, two = (Ledger.open(clone) for clone in clones)
    one.begin(plan([revoke(1), revoke(2)], allowed=3), now=NOW)
    two.begin(plan([revoke(1), revoke(2)], allowed=3), now=NOW)
    with pytest.raises(Refused, match=r"crm: .* together 4 revocations .* allowed are 3"):
        two.begin(plan([revoke(3), revoke(4)], allowed=3), now=NOW)


def test_a_push_that_fails_records_nothing(clones: tuple[Repo, Repo], remote: Path) -> None:
    """What the remote refuses is an error at once, in Git's words without credentials, and stands nowhere."""
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho protected, see https://bot:hunter2@forge.example/x >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(LedgerError, match=r"protected, see https://forge\.example/x"):
        Ledger.open(clones[0]).begin(plan([revoke(1)]), now=NOW)
    assert not clones[0].git.execute(["git", *LOOK, BRANCH])


def test_an_unreachable_remote_is_said_without_its_credential(clones: tuple[Repo, Repo]) -> None:
    """Nothing is appended, planning goes on with a memory that exempts nothing, and no secret is shown."""
    ledger = Ledger.open(clones[0])
    whole_run(ledger, [revoke(1)], NOW)
    clones[0].remotes.origin.set_url("http://user:hunter2@127.0.0.1:1/x.git")
    seen = ledger.recall(["crm"], NOW)
    assert not seen.memory.readable
    assert seen.memory.spent
    with pytest.raises(LedgerError) as caught:
        ledger.begin(plan([]), now=NOW)
    assert "hunter2" not in str(caught.value) + str(seen.problems)


def test_a_remote_that_was_set_back_gets_the_ledger_again(clones: tuple[Repo, Repo], remote: Path) -> None:
    ledger = Ledger.open(clones[0])
    whole_run(ledger, [revoke(1)], NOW)
    Repo(remote).git.execute(["git", "update-ref", "-d", BRANCH])
    assert ledger.memory(["crm"], NOW).spent
    whole_run(ledger, [revoke(2)], NOW)
    assert len(runs_in(Repo(remote))) == 2


def test_ledgers_that_parted_are_joined(clones: tuple[Repo, Repo], remote: Path) -> None:
    """Until a run has joined them nothing is exempt; then both histories and every run are there."""
    one, two = clones
    whole_run(Ledger.open(one), [revoke(1)], NOW)
    url = two.remotes.origin.url
    two.delete_remote(two.remotes.origin)
    whole_run(Ledger.open(two), [revoke(2)], NOW)
    two.create_remote("origin", url)
    ledger = Ledger.open(two)
    assert not ledger.memory(["crm"], NOW).readable
    whole_run(ledger, [revoke(3)], NOW)
    seen = ledger.memory(["crm"], NOW)
    assert seen.readable
    assert seen.spent[ORG, "revocations"] == {revoke(number).id for number in (1, 2, 3)}
    assert len(runs_in(Repo(remote))) == 3


def test_a_lock_that_was_left_behind_is_an_error_in_the_end(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refs, "PATIENCE_SECONDS", 0.2)
    Path(repo.git_dir, f"{BRANCH}.lock").touch()
    with pytest.raises(LedgerError, match=r"lock was left behind .*\.lock"):
        Ledger.open(repo).begin(plan([]), now=NOW)


def test_a_missing_branch_is_doubt_only_after_a_first_run(repo: Repo) -> None:
    ledger = Ledger.open(repo)
    assert ledger.memory(["crm"], NOW).readable
    whole_run(ledger, [revoke(1)], NOW, clean(live(holds(1))))
    repo.git.execute(["git", "update-ref", APPLIED, commit(repo, "second")])
    repo.git.execute(["git", "update-ref", "-d", BRANCH])
    seen = ledger.recall(["crm"], NOW)
    assert (seen.memory.readable, dict(seen.memory.spent)) == (False, {})
    assert "missing" in seen.problems[0]
    whole_run(ledger, [revoke(2)], NOW)
    assert ledger.memory(["crm"], NOW).readable


WORKER = textwrap.dedent(
    """
    import sys, time
    from datetime import timedelta
    from git import Repo
    from reconciler.ledger import Ledger
    from tests.ledger.worlds import NOW, clean, done, holds, live, plan, revoke, whole_run
    from reconciler.errors import ExitCode

    ledger, number, until = Ledger.open(Repo(sys.argv[1])), int(sys.argv[2]), sys.argv[3]
    if until == "all":
        whole_run(ledger, [revoke(number, f"005{number}")], NOW + timedelta(seconds=number))
        sys.exit()
    run = ledger.begin(plan([revoke(number)]), now=NOW)
    if until == "record":
        run.record(done([revoke(number)]), now=NOW)
    if until == "end":
        run.end(exit_code=ExitCode.OK, readings={"crm": clean(live(holds(1)))}, now=NOW)
    print("ready", flush=True)
    if until == "torn":
        while True:
            run.record(done([revoke(number)]), now=NOW)
    time.sleep(60)
    """
)


def start(repo: Repo, number: int, until: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WORKER, str(repo.git_dir), str(number), until]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE)


@pytest.mark.parametrize(("shared", "many"), [(False, 8), (True, 4)])
def test_runs_at_once_lose_nothing(repo: Repo, clones: tuple[Repo, Repo], many: int, *, shared: bool) -> None:
    """Every run of every process is whole, whether they share a repository or only its remote."""
    places = clones if shared else (repo, repo)
    workers = [start(places[number % 2], number, "all") for number in range(many)]
    for worker in workers:
        worker.communicate(timeout=120)
    assert [worker.returncode for worker in workers] == [0] * many
    seen = Ledger.open(places[0]).recall(["crm"], NOW)
    assert seen.problems == ()
    assert seen.memory.spent[ORG, "revocations"] == {revoke(n, f"005{n}").id for n in range(many)}
    assert set(seen.memory.targets["crm"].accounts) == {f"005{n}" for n in range(many)}


@pytest.mark.parametrize(("until", "counts"), [("begin", True), ("record", True), ("end", False), ("torn", True)])
def test_a_run_that_is_killed_leaves_a_valid_ledger(repo: Repo, until: str, *, counts: bool) -> None:
    """What it may have written counts, unless it ended and says that it was not sent; the next run goes on."""
    worker = start(repo, 7, until)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"ready\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate()
    ledger = Ledger.open(repo)
    seen = ledger.recall(["crm"], NOW)
    assert seen.problems == ()
    assert bool(seen.memory.spent) is counts
    whole_run(ledger, [revoke(8)], NOW)
    assert repo.git.fsck("--strict", "--no-dangling") == ""
