"""Whatever happens to a valid file: no exception but DeclarationError, and every problem says where it is."""

import hashlib
import re
from collections.abc import Mapping

import pytest
import yaml
from git import Repo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.desired.load import Declarations, load
from reconciler.desired.repository import open_repository
from reconciler.desired.resolve import resolve
from reconciler.desired.source import File, Source
from reconciler.errors import DeclarationError
from tests.desired.kinds import KINDS
from tests.desired.world import FILES, World, override

VALID = {**FILES, "overrides/wave.yaml": override("crm", "dana.reyes")}
PROBLEM = re.compile(r"desired-state/[a-z./-]+:[1-9]\d*:[1-9]\d*: \S.*", re.DOTALL)
UNHURRIED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

BITS = st.sampled_from(
    [
        *(b"", b" ", b"\n", b"\t", b":", b": ", b"- ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"!!x ", b"'", b'"'),
        *(
            b"#",
            b"|",
            b"\xff",
            b"\0",
            b"~",
            b"no",
            b"1:30",
            b"2026-13-01",
            b"2026-02-01",
            b"9999-12-31",
            b"1e9",
            b"---\n",
        ),
        *(b"<<: ", b"name", b"maria.k", b"tom.b@beta.example", b"acme", b"crm", b"vault", b"triage"),
    ]
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.text(max_size=8),
    st.sampled_from(["", "maria.k", "tom.b@beta.example", "crm", "vault", "triage", "beta", "salesforce", "required"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return open_repository(World.make(tmp_path_factory.mktemp("valid") / "repo", VALID).root)


@st.composite
def scratched(draw: st.DrawFn, names: tuple[str, ...]) -> tuple[str, bytes]:
    """A file with some bytes replaced, inserted or removed."""
    name = draw(st.sampled_from(names))
    data = VALID[name].encode()
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        data = data[:start] + draw(BITS) + data[end:]
    return name, data


@st.composite
def bent(draw: st.DrawFn, names: tuple[str, ...]) -> tuple[str, bytes]:
    """A file that is good YAML and says something else at one place: an odd value, nothing, or one thing twice."""
    name = draw(st.sampled_from(names))
    tree = yaml.safe_load(VALID[name])
    node = tree
    while True:
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 4)) == 0:
            break
        node = inner
    match draw(st.sampled_from(["odd", "gone", "renamed", "twice"])):
        case "odd":
            node[key] = draw(ODD)
        case "gone":
            del node[key]
        case "renamed" if isinstance(node, dict):
            node[f"{key}{draw(st.sampled_from('sx1_'))}"] = node.pop(key)
        case _ if isinstance(node, list):
            node.append(node[key])
        case _:
            node["more"] = node[key]
    return name, yaml.safe_dump(tree, sort_keys=False).encode()


def mutations(*names: str) -> st.SearchStrategy[tuple[str, bytes]]:
    return st.one_of(scratched(names), bent(names))


def in_memory(repo: Repo, files: Mapping[str, bytes]) -> Source:
    contents = {f"desired-state/{name}": data for name, data in files.items()}
    listed = (File(path, hashlib.sha256(data).hexdigest(), len(data)) for path, data in contents.items())
    return Source(repo, "desired-state", repo.head.commit.hexsha, True, tuple(sorted(listed)), (), contents)


def loaded(repo: Repo, mutation: tuple[str, bytes]) -> Declarations | tuple[str, ...]:
    name, data = mutation
    files = {file: text.encode() for file, text in VALID.items()} | {name: data}
    try:
        return load(in_memory(repo, files), KINDS)
    except DeclarationError as error:
        assert name == "guestlist.yaml"
        return error.problems


@UNHURRIED
@given(mutation=mutations(*sorted(VALID)))
def test_a_mutation_is_harmless_or_a_problem_with_a_place(repo: Repo, mutation: tuple[str, bytes]) -> None:
    found = loaded(repo, mutation)
    problems = found if isinstance(found, tuple) else tuple(map(str, found.problems))
    assert all(PROBLEM.fullmatch(problem) for problem in problems), problems
    if isinstance(found, tuple):
        assert problems
    else:
        resolve(found, KINDS)
        assert bool(found.broken) <= bool(problems)


@UNHURRIED
@given(mutation=mutations("vendors/acme.yaml"))
def test_one_failure_stays_one_failure(repo: Repo, mutation: tuple[str, bytes]) -> None:
    """Whatever stands in one vendor's file, another vendor keeps exactly what it had."""
    found = loaded(repo, mutation)
    before = loaded(repo, ("vendors/acme.yaml", VALID["vendors/acme.yaml"].encode()))
    assert isinstance(found, Declarations)
    assert isinstance(before, Declarations)
    now, then = resolve(found, KINDS), resolve(before, KINDS)
    assert [one for one in now.grants if one.vendor == "beta"] == [one for one in then.grants if one.vendor == "beta"]
    assert [one for one in now.claims if one.vendor == "beta"] == [one for one in then.claims if one.vendor == "beta"]


@UNHURRIED
@given(mutation=mutations("vendors/acme.yaml"))
def test_a_broken_file_neither_grants_nor_forgets(repo: Repo, mutation: tuple[str, bytes]) -> None:
    """Every account of a broken file's last valid version is still claimed, and nothing of it is without doubt."""
    found = loaded(repo, mutation)
    before = loaded(repo, ("vendors/acme.yaml", VALID["vendors/acme.yaml"].encode()))
    assert isinstance(found, Declarations)
    assert isinstance(before, Declarations)
    if "acme" in found.vendors:
        return
    now, then = resolve(found, KINDS), resolve(before, KINDS)
    held = [claim for claim in now.claims if claim.vendor == "acme"]
    assert [claim.key for claim in held] == [claim.key for claim in then.claims if claim.vendor == "acme"]
    assert all(claim.doubt for claim in held)
    assert all(grant.doubt for grant in now.grants if grant.vendor == "acme")
