from pathlib import Path

import pytest
from git import Git

from reconciler.desired import source as source_module
from reconciler.desired.load import load
from reconciler.desired.repository import open_repository
from reconciler.desired.source import Source, committed, dirty, worktree
from reconciler.errors import RepositoryError
from tests.desired.kinds import KINDS
from tests.desired.world import FILES, World


def contents(source: Source) -> dict[str, bytes]:
    return {file.path: data for file, data in source.read(source.files)}


def complaints(source: Source) -> dict[str, str]:
    return {problem.at.file.removeprefix("desired-state/"): problem.text for problem in source.problems}


def test_a_clean_work_tree_and_its_commit_are_the_same_value(world: World) -> None:
    """Committed or on disk, the same files have the same paths, ids, sizes and bytes."""
    there, here = world.source(), world.on_disk()
    assert there.files == here.files
    assert [file.path for file in here.files] == sorted(f"desired-state/{name}" for name in FILES)
    assert contents(there) == contents(here)
    assert there.revision == here.revision == world.git("rev-parse", "HEAD")
    assert (there.worktree, here.worktree) == (False, True)


def test_the_commit_is_read_and_not_the_work_tree(world: World) -> None:
    """What is not committed does not count, and is named by `dirty`."""
    world.write({"vendors/new.yaml": "x: 1\n", "vendors/acme.yaml": "y: 1\n", "vendors/beta.yaml": None})
    paths = {file.path for file in world.source().files}
    assert "desired-state/vendors/new.yaml" not in paths
    assert "desired-state/vendors/beta.yaml" in paths
    on_disk = contents(world.on_disk())
    assert on_disk["desired-state/vendors/acme.yaml"] == b"y: 1\n"
    assert "desired-state/vendors/beta.yaml" not in on_disk
    expected = tuple(f"desired-state/vendors/{name}.yaml" for name in ("acme", "beta", "new"))
    assert dirty(open_repository(world.root)) == expected


def test_a_clean_work_tree_is_not_dirty_and_what_lies_outside_does_not_count(world: World) -> None:
    (world.root / "other.txt").write_text("x")
    assert dirty(open_repository(world.root)) == ()


def test_what_git_ignores_does_not_count(world: World) -> None:
    world.commit({"../.gitignore": "*.swp\n"})
    world.write({"vendors/acme.yaml.swp": "x"})
    assert world.on_disk().files == world.source().files


def test_an_older_revision_can_be_read(world: World) -> None:
    before = world.git("rev-parse", "HEAD")
    world.commit({"vendors/beta.yaml": None})
    assert world.source(before).revision == before
    assert len(world.source("HEAD~1").files) == len(world.source().files) + 1


def test_readme_and_dot_files_are_no_declarations(world: World) -> None:
    world.commit({"README.md": "x", "people/README.md": "x", "overrides/.gitkeep": "", ".hidden/x.yaml": "x"})
    assert len(world.source().files) == len(FILES)


@pytest.mark.parametrize("at", ["committed", "on disk"])
def test_links_are_problems(world: World, at: str) -> None:
    """A link is never followed, wherever it leads; one that leaves the folder is called that."""
    folder = world.root / "desired-state"
    (folder / "vendors" / "far.yaml").symlink_to("../../../etc/passwd")
    (folder / "vendors" / "near.yaml").symlink_to("acme.yaml")
    (folder / "vendors" / "absolute.yaml").symlink_to(folder / "vendors" / "acme.yaml")
    (folder / "more").symlink_to("vendors", target_is_directory=True)
    if at == "committed":
        world.commit({})
    source = world.source() if at == "committed" else world.on_disk()
    found = complaints(source)
    assert set(found) == {"vendors/far.yaml", "vendors/near.yaml", "vendors/absolute.yaml", "more"}
    assert found["vendors/far.yaml"].startswith("is a symbolic link that leaves the folder, to '../../../etc/passwd'")
    assert found["vendors/absolute.yaml"].startswith("is a symbolic link that leaves the folder")
    assert found["vendors/near.yaml"].startswith("is a symbolic link, to 'acme.yaml'")
    assert found["more"].startswith("is a symbolic link, to 'vendors'")
    assert len(source.files) == len(FILES)


def test_the_folder_itself_may_not_be_a_link(world: World) -> None:
    (world.root / "desired-state").rename(world.root / "elsewhere")
    (world.root / "desired-state").symlink_to("elsewhere", target_is_directory=True)
    assert not world.on_disk().files
    assert [problem.at.file for problem in world.on_disk().problems] == ["desired-state"]
    world.commit({})
    assert not world.source().files
    assert [problem.at.file for problem in world.source().problems] == ["desired-state"]


def test_tracked_files_behind_a_new_link_are_not_read(world: World) -> None:
    """A folder that was replaced by a link is a link, not the files that lie behind it."""
    folder = world.root / "desired-state"
    (folder / "vendors").rename(world.root / "outside")
    (folder / "vendors").symlink_to(world.root / "outside", target_is_directory=True)
    assert not [file for file in world.on_disk().files if "vendors" in file.path]
    assert "vendors" in complaints(world.on_disk())


def test_another_repository_inside_is_a_problem(world: World, tmp_path: Path) -> None:
    inner = World.make(tmp_path / "inner")
    world.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "desired-state/inner")
    world.commit({})
    assert complaints(world.source())["inner"].startswith("is another repository")
    assert complaints(world.on_disk())["inner"].startswith("is another repository")


def test_an_over_long_file_is_a_problem_and_is_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "_MOST_BYTES", 1000)
    world.commit({"vendors/beta.yaml": "#" * 1001})
    for source in (world.source(), world.on_disk()):
        assert complaints(source)["vendors/beta.yaml"].startswith("has 1,001 bytes; a declaration has 1,000 at most")
        assert "desired-state/vendors/beta.yaml" not in {file.path for file in source.files}


def test_names_that_cannot_be_printed_are_escaped(world: World) -> None:
    (world.root / "desired-state" / "vendors" / "a\nb\x1b.yaml").write_text("x")
    world.commit({})
    for source in (world.source(), world.on_disk()):
        assert "desired-state/vendors/a\\nb\\x1b.yaml" in {file.path for file in source.files}
        assert all(problem.at.file.isprintable() for problem in load(source, KINDS).problems)


@pytest.mark.parametrize(
    ("revision", "hint"),
    [("mian", "did you mean 'main'?"), ("0" * 40, "there are main"), ("--all", "there are main"), ("", "there are")],
)
def test_an_unknown_revision_says_what_exists(world: World, revision: str, hint: str) -> None:
    with pytest.raises(RepositoryError, match="has no revision") as caught:
        world.source(revision)
    assert hint in str(caught.value)
    assert repr(revision) in str(caught.value)


def test_a_folder_without_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="is not in a Git repository"):
        open_repository(tmp_path)
    with pytest.raises(RepositoryError, match="is not in a Git repository"):
        open_repository(tmp_path / "nowhere")


def test_before_the_first_commit_only_the_work_tree_can_be_read(tmp_path: Path) -> None:
    world = World.make(tmp_path / "repo", {})
    world.write(FILES)
    with pytest.raises(RepositoryError, match="nothing is committed"):
        world.source()
    assert world.on_disk().revision == ""
    assert len(world.on_disk().files) == len(FILES)


def test_a_bare_repository_has_commits_and_no_work_tree(world: World, tmp_path: Path) -> None:
    world.git("clone", "-q", "--bare", str(world.root), str(tmp_path / "bare.git"))
    repo = open_repository(tmp_path / "bare.git")
    assert committed(repo).files == world.source().files
    assert dirty(repo) == ()
    with pytest.raises(RepositoryError, match="is bare"):
        worktree(repo)


def test_the_repository_is_found_from_a_folder_inside(world: World) -> None:
    repo = open_repository(world.root / "desired-state" / "vendors")
    assert committed(repo).files == world.source().files
    assert worktree(repo).files == world.source().files


@pytest.mark.parametrize("directory", [".", "", "config/live"])
def test_the_folder_may_stand_elsewhere(tmp_path: Path, directory: str) -> None:
    world = World.make(tmp_path / "repo", {})
    folder = world.root / directory
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "guestlist.yaml").write_text("x: 1\n")
    world.git("add", "--all")
    world.git("commit", "-qm", "x")
    repo = open_repository(world.root)
    for source in (committed(repo, "HEAD", directory), worktree(repo, directory)):
        (file,) = source.files
        assert source.below(file.path) == "guestlist.yaml"
        assert source.path("guestlist.yaml") == file.path


@pytest.mark.parametrize("directory", ["/etc", "../other", "a/../../b"])
def test_the_folder_may_not_leave_the_repository(world: World, directory: str) -> None:
    with pytest.raises(RepositoryError, match="relative to the repository's root"):
        committed(open_repository(world.root), "HEAD", directory)


def test_a_local_replacement_does_not_stand_in_for_what_was_committed(world: World) -> None:
    """`git replace` cannot change what a revision says."""
    before = contents(world.source())
    old = world.git("rev-parse", "HEAD:desired-state/vendors/acme.yaml")
    new = world.git("rev-parse", "HEAD:desired-state/vendors/beta.yaml")
    world.git("replace", old, new)
    assert contents(world.source()) == before


def test_git_is_asked_in_bulk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files there are, the number of Git processes stays the same."""
    world.commit({f"vendors/v{number}.yaml": f"x: {number}\n" for number in range(300)})
    source = world.source()
    calls: list[object] = []
    execute = Git.execute

    def counted(self: Git, *args: object, **kwargs: object) -> object:
        calls.append(args)
        return execute(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Git, "execute", counted)
    assert len(contents(source)) == 308
    assert len(calls) == 1


def test_content_that_the_repository_lost_is_said(world: World) -> None:
    source = world.source()
    sha = next(file.sha for file in source.files)
    (world.root / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    with pytest.raises(RepositoryError, match=sha):
        contents(source)
