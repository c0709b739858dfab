"""The laws of the strict YAML reader, with libyaml's parser and with PyYAML's own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path as FilePath
from unittest.mock import patch

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.desired import strict_yaml
from reconciler.desired.strict_yaml import Document, Limits, Path, Position, Problem, Value, parse

BROKEN = FilePath(__file__).parent / "broken"
PARSERS = [yaml.CBaseLoader, yaml.BaseLoader] if yaml.__with_libyaml__ else [yaml.BaseLoader]
Parser = type[yaml.BaseLoader | yaml.CBaseLoader]


@contextmanager
def using(parser: Parser) -> Iterator[None]:
    with patch.object(strict_yaml, "_PARSER", parser):
        yield


@pytest.fixture(params=PARSERS, autouse=True, ids=lambda parser: parser.__name__)
def _parser(request: pytest.FixtureRequest) -> Iterator[None]:
    with using(request.param):
        yield


def read(text: str | bytes, limits: Limits | None = None) -> Document:
    result = parse(text.encode() if isinstance(text, str) else text, file="f.yaml", limits=limits or Limits())
    assert isinstance(result, Document), [str(problem) for problem in result]
    return result


def refuse(text: str | bytes, limits: Limits | None = None) -> list[str]:
    result = parse(text.encode() if isinstance(text, str) else text, file="f.yaml", limits=limits or Limits())
    assert isinstance(result, tuple), result.value
    assert result == tuple(sorted(result))
    return [str(problem) for problem in result]


def everything(result: Document | tuple[Problem, ...]) -> object:
    """What two results must share to be the same."""
    if isinstance(result, tuple):
        return result
    return repr(result.value), dict(result.positions), dict(result.key_positions)


# --- properties -----------------------------------------------------------------------------------------------------

PIECES = ["\n", "\n  ", "\n- ", ": ", " #", "&a ", "*a", "!!str ", "<<: ", "---\n", "...\n", "? ", "\\u202e", "\\x"]
PIECES += ["é", "😀", "\u202e", "\x00", "1:30", "2026-01-02", "a: b\n", "{a: b}", "[a, b]"]
FRAGMENTS = st.sampled_from([*"abyn01:-?[]{},&*!|>'\"%@#=~. \n\r\t\\", *PIECES])
YAMLISH = st.lists(FRAGMENTS, max_size=30).map("".join)


@settings(deadline=None)
@given(st.binary(max_size=200) | YAMLISH.map(str.encode))
@example(b'a: "\\U00110000"')
@example(b"a: 1\n...\n%YAML 1." + b"9" * 5000 + b"\n---\n")
@example(b"%TAG ! tag:example.com,2000:\n---\na: !b 1\n")
def test_any_bytes_are_a_document_or_problems_inside_the_file(data: bytes) -> None:
    """No bytes raise, and every problem lies on a line of the file, or right behind its last."""
    result = parse(data, file="f.yaml")
    if isinstance(result, tuple):
        assert result
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        for problem in result:
            assert 1 <= problem.at.line <= len(lines)
            assert 1 <= problem.at.column <= len(lines[problem.at.line - 1]) + 1
            assert problem.text
            assert "\n" not in problem.text


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="there is only one parser here")
@settings(max_examples=150, deadline=None)
@given(YAMLISH)
@example("a: 'b\n---\nc'")
@example('a: "\\q"')
@example("a: |x\n  b")
@example("a: |#x\n  b")
@example("a: &b >-2#x\n  b")
@example("a: [b?c, http://d.example/?e]")
@example("a:")
@example("a: [b")
def test_both_parsers_agree(text: str) -> None:
    """Both parsers refuse the same files, and give the others the same values and positions."""
    with using(yaml.CBaseLoader):
        fast = parse(text.encode(), file="f.yaml")
    with using(yaml.BaseLoader):
        pure = parse(text.encode(), file="f.yaml")
    assert everything(fast) == everything(pure) or (isinstance(fast, tuple) and isinstance(pure, tuple))


PLAIN_TEXTS = st.from_regex(r"[A-Za-z][A-Za-z0-9 @/._-]{5,20}[a-z0-9]", fullmatch=True)
QUOTED_TEXTS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_characters="\x7f\xa0\xad", exclude_categories=["Cc"])
)
DATES = st.dates(date(1000, 1, 1))
INSTANTS = st.datetimes(
    datetime(1000, 1, 2),  # noqa: DTZ001  # the strategy adds the offset
    datetime(9998, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=30))]),
)
SCALARS = (
    PLAIN_TEXTS
    | QUOTED_TEXTS
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.booleans()
    | st.none()
    | DATES
    | st.integers(-(10**6), 10**6).map(lambda number: number / 8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXTS | QUOTED_TEXTS.filter(bool), inner, max_size=4)
    ),
    max_leaves=20,
)
MAPPINGS = st.dictionaries(PLAIN_TEXTS, VALUES, min_size=1, max_size=4)


class Unaliased(yaml.SafeDumper):
    """A dumper that writes every value out, and what our reader wants quoted in quotes."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the overridden method's shape
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        style = None if re.fullmatch(r"[A-Za-z][A-Za-z0-9 @/._-]{5,20}[a-z0-9]", data) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


Unaliased.add_representer(str, Unaliased.text)


@settings(max_examples=40, deadline=None)
@given(MAPPINGS, st.sampled_from([True, False, None]), st.booleans())
def test_what_is_dumped_reads_back(value: dict[str, Value], flow: bool | None, unicode: bool) -> None:  # noqa: FBT001
    """A value that was dumped is read back equal, of the same types, and not otherwise than PyYAML reads it."""
    text = yaml.dump(
        value, Dumper=Unaliased, default_flow_style=flow, allow_unicode=unicode, width=10**6, sort_keys=False
    )
    found = read(text).value
    assert repr(found) == repr(value)
    assert found == yaml.safe_load(text)


@settings(max_examples=50, deadline=None)
@given(INSTANTS)
def test_an_instant_reads_back(instant: datetime) -> None:
    """An instant in ISO 8601 with an offset is read as exactly that instant."""
    found = read(f"at: {instant.isoformat()}\n").value
    assert found == {"at": instant}
    assert isinstance(found, dict)
    assert isinstance(found["at"], datetime)
    assert found["at"].tzinfo is not None


def leaves(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))
    else:
        yield path, value


@settings(max_examples=40, deadline=None)
@given(MAPPINGS, st.sampled_from([True, False, None]))
def test_positions_point_at_their_text(value: dict[str, Value], flow: bool | None) -> None:  # noqa: FBT001
    """At every value's and key's position stands its text, and positions list exactly the paths that exist."""
    text = yaml.dump(value, Dumper=Unaliased, default_flow_style=flow, allow_unicode=True, width=10**6)
    document = read(text)
    lines = text.split("\n")

    def here(position: Position) -> str:
        return lines[position.line - 1][position.column - 1 :]

    for path, leaf in leaves(value):
        if isinstance(leaf, list | dict):
            continue
        rest = here(document.positions[path])
        if isinstance(leaf, str) and not rest.startswith('"'):
            assert rest.startswith(leaf)
        elif isinstance(leaf, bool | None):
            assert rest.startswith({True: "true", False: "false", None: "null"}[leaf])
        elif not isinstance(leaf, str):
            assert rest.startswith(str(leaf))
    for path, position in document.key_positions.items():
        assert here(position).startswith((str(path[-1]), '"', "? "))
        assert document.at(path) == document.positions[path]
    assert set(document.key_positions) == {path for path in document.positions if path and isinstance(path[-1], str)}
    assert {path for path, _ in leaves(value)} <= set(document.positions)


# --- positions ------------------------------------------------------------------------------------------------------

SMALL = """\
# a comment
kind: Vendor
spec:
  regions: [emea, "ä", b]
  window: &w {from: 2026-01-02}
  again: *w
"""


def test_positions_of_a_small_file() -> None:
    document = read(SMALL)
    assert str(document.at(())) == "f.yaml:2:1"
    assert str(document.at(("spec",))) == "f.yaml:4:3"
    assert str(document.key_positions[("spec",)]) == "f.yaml:3:1"
    assert str(document.at(("spec", "regions", 2))) == "f.yaml:4:24"
    assert str(document.at(("spec", "again"))) == "f.yaml:6:10"
    assert document.at(("spec", "again", "from")) == document.at(("spec", "window", "from"))


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        (("spec", "missing"), ("spec",)),
        (("spec", "regions", 7, "x"), ("spec", "regions")),
        (("spec", "regions", -1), ("spec", "regions")),
        (("spec", "regions", True), ("spec", "regions")),
        (("nope",), ()),
        ((0,), ()),
    ],
)
def test_what_is_not_there_is_at_its_nearest_ancestor(path: Path, nearest: Path) -> None:
    document = read(SMALL)
    assert path not in document.positions
    assert path not in document.key_positions
    assert document.at(path) == document.positions[nearest]


def test_positions_count_what_they_list() -> None:
    document = read(SMALL)
    assert len(document.positions) == 11
    assert len(document.key_positions) == 7 == len(list(document.key_positions))
    assert () not in document.key_positions
    assert ("spec", "regions", 0) not in document.key_positions


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("true", True),
        ("null", None),
        ("0", 0),
        ("-12", -12),
        ("9" * 18, 10**18 - 1),
        ("1.50", 1.5),
        ("2026-01-02", date(2026, 1, 2)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.5+02:00", datetime(2026, 1, 2, 1, 4, 5, 500_000, tzinfo=UTC)),
        ("1.2.3", "1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("12-34", "12-34"),
        ("2026-01", "2026-01"),
        ("v1:30", "v1:30"),
        ("nobody", "nobody"),
        ("once", "once"),
        ("'no'", "no"),
        ('"C:\\\\Users\\\\udo"', "C:\\Users\\udo"),
        ("'C:\\Users'", "C:\\Users"),
        ('"\\U0001F600 \\u00e4"', "😀 ä"),
        ('"010"', "010"),
        ('"tab\\tand\\nline"', "tab\tand\nline"),
        ("|\n  no\n  yes", "no\nyes"),
        (">-\n  two\n  lines", "two lines"),
    ],
)
def test_plain_values(text: str, value: Value) -> None:
    """What is plainly one thing is read as that thing."""
    found = read(f"a: {text}").value
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(value)


SURPRISES = {
    **dict.fromkeys(["yes", "Yes", "YES", "on", "On", "ON", "y", "Y"], "write true"),
    **dict.fromkeys(["no", "No", "NO", "off", "Off", "OFF", "n", "N"], "write false"),
    "True": "write true",
    "FALSE": "write false",
    "Null": "write null",
    "NULL": "write null",
    "~": "write null",
    "": "found nothing",
    "1:30": "base 60",
    "12:30:45": "base 60",
    "-1:30.5": "base 60",
    "010": "leading zero",
    "-08": "leading zero",
    "00": "leading zero",
    "0o17": "octal",
    "0x1F": "hexadecimal",
    "0b1": "binary",
    "1_000": "'_'",
    "1_0.5": "'_'",
    "1.0_5": "'_'",
    ".inf": "finite",
    "-.INF": "finite",
    ".NaN": "finite",
    "1e5": "exponent",
    "1.5E-3": "exponent",
    "+5": "sign",
    "+1.5": "0.5",
    ".5": "0.5",
    "5.": "0.5",
    "00.5": "0.5",
    "9" * 19: "19 digits",
    "9" * 5000: "5000 digits",
    "0." + "1" * 30: "31 digits",
    "2026-13-01": "no calendar",
    "2026-02-30": "no calendar",
    "0000-01-01": "no calendar",
    "2026-1-2": "2026-01-02",
    "2026-02-30T00:00:00Z": "no calendar",
    "2026-01-02T03:04:05": "add Z or an offset",
    "2026-01-02 03:04:05": "add Z or an offset",
    "2026-01-02T03:04": "add Z or an offset",
    "2026-01-02 03:04:05 +2": "2026-01-02T03:04:05Z",
    "2026-01-02t03:04:05z": "2026-01-02T03:04:05Z",
    "2026-01-02T25:00:00Z": "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05+99:00": "2026-01-02T03:04:05Z",
    "=": "quote it",
    "<<": "quote it",
}


@pytest.mark.parametrize(("text", "advice"), SURPRISES.items(), ids=lambda text: text[:20])
def test_surprises_are_refused_and_their_quotation_is_not(text: str, advice: str) -> None:
    """What YAML's versions read differently is refused where it stands, as a key too; in quotes it is a text."""
    (problem,) = refuse(f"ok: 1\na: {text}\n")
    assert re.match(r"f\.yaml:2:(4|3): found ", problem)
    assert advice in problem
    if text:
        assert refuse(f"a: [{text}]")
    assert refuse(f"{text}: a")
    assert read(f"a: '{text}'").value == {"a": text}


def test_a_long_hexadecimal_number_is_not_repeated() -> None:
    """A key that somebody wrote down by mistake does not get into messages."""
    (problem,) = refuse(f"a: 0x{'5ec2e7' * 8}")
    assert "5ec2e7" not in problem


# --- rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: 1\nb: 2\na: 3\n", ["3:1: found the key 'a' twice; it stands first at line 1, column 1"]),
        ("a: 1\nb: {c: 2, 'c': 3}\n", ["2:11: found the key 'c' twice; it stands first at line 2, column 5"]),
        ("a:\n\tb: 1\n\tc: 2", ["2:1: found a tab; use spaces", "3:1: found a tab"]),
        ("a: 1 \t\t# x\n", ["1:6: found a tab"]),
        ("a: 1\n---\nb: 2\n", ["2:1: found a second document"]),
        ("a: 1\n...\nb: 2\n", ["3:1: found more after the end of the document"]),
        ("a: !!python/object:os.system x\n", ["1:4: found the tag '!!python/object:os.system'"]),
        ("a: !foo [1]\nb: ! x\n", ["1:4: found the tag '!foo'", "2:4: found the tag '!'"]),
        ("a: {<<: {b: 1}}\n", ["1:5: found a merge key '<<'"]),
        (
            "1: a\nnull: b\n2026-01-02: c\n",
            ["1:1: found the key '1'", "2:1: found the key 'null'", "3:1: found the key"],
        ),
        ("'': a\n", ["1:1: found an empty key"]),
        ("? \n: a\n", ["1:2: found an empty key"]),
        ("[a]: b\nc: yes\n", ["1:1: found a list or mapping as a key", "2:4: found 'yes'"]),
        ("{a: b}: c\nd: e\n", ["1:1: found a list or mapping as a key"]),
        ("a: &x b\n? *x\n: c\n", ["2:3: found the alias '*x' as a key"]),
        ("a: *x\nb: no\n", ["1:4: found the alias '*x', which has no anchor above", "2:4: found 'no'"]),
        ("a: &x [*x]\n", ["1:8: found the alias '*x', which stands for what contains it"]),
        ("a: &x b\nc: &x d\n", ["2:4: found the anchor '&x' twice; it stands first at line 1, column 4"]),
        (b"a: b\nc: \xc3\xa4 \xfc\n", ["2:6: found the byte 0xFC, which is not UTF-8"]),
        (b"a: \xed\xa0\x80\n", ["1:4: found the byte 0xED"]),
        (b"\xef\xbb\xbfa: b\n", ["1:1: found a byte-order mark"]),
        ("a: b".encode("utf-16"), ["1:1: found the byte 0xFF"]),
        ("a: \x00\n", ["1:4: found a NUL character"]),
        ("a: b\n# \x1b[2K\n", ["2:3: found the invisible character U+001B"]),
        ("a: b\rc: d\n", ["1:5: found a carriage return"]),
        (
            "a: x\u202ey\nb: z\u200b\n",
            ["1:5: found the invisible character U+202E", "2:5: found the invisible character U+200B"],
        ),
        ("# \u2066\na: b", ["1:3: found the invisible character U+2066"]),
        ('a: "\\u202e"\n', ["1:4: found an escape for the invisible character U+202E"]),
        ('"\\0": a\n', ["1:1: found an escape for a NUL character"]),
        ('a: "\\ud83d\\ude00"\n', [r"1:5: found \ud83d,", r"1:11: found \ude00,"]),
        ("", ["1:1: found an empty file"]),
        ("# nothing\n\n", ["1:1: found an empty file"]),
        ("---\n", ["2:1: found nothing at the top"]),
        ("- a\n- no\n", ["1:1: found a list at the top, expected a mapping", "2:3: found 'no'"]),
        ("no\n", ["1:1: found a single value at the top"]),
        ("a: |#b\n  c\n", ["1:"]),
        ("a: [b?c]\n", ["1:"]),
        ("%YAML 1.2\n---\na: b\n", ["1:1: found a directive"]),
        (
            "a:\n<<<<<<< HEAD\n  b: 1\n=======\n",
            ["2:1: found '<<<<<<<', a mark of a merge conflict", "4:1: found '======='"],
        ),
    ],
)
def test_rules(text: str | bytes, problems: list[str]) -> None:
    """Each rule names line, column, what was found and what would be right; problems of a file come together."""
    found = refuse(text)
    assert len(found) == len(problems), found
    for one, expected in zip(found, problems, strict=True):
        assert one.startswith(f"f.yaml:{expected}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [b, c\nd: e\n", "1:4: this list in brackets is not closed"),
        ("a: {b: c\nd: e\n", "1:4: this mapping in braces is not closed"),
        ("a: 'b\nc: d\n", "1:4: this quoted text never ends"),
        ("a: 'b\n---\nc'\n", "1:4: this quoted text never ends"),
        ("a: b: c\n", "1:5: found ':' where no key can stand"),
        ("a: - b\n", "1:4: found '-' where no list can begin"),
        ("a:\n  b: c\n d: e\n", "3:2: this does not continue what stands before it"),
        ("a: @b\n", "1:4: found '@'"),
        ("a: b\nc\n", "2:1: found no ': ' after this"),
        ('a: "\\q"\n', "1:4: found an escape that YAML does not know"),
        ('a: "\\xg"\n', "1:7: found an incomplete escape"),
        ("a: |b\n  c\n", "1:5: found a text right after '|' or '>'"),
        ("a: & b\n", "1:5: found an anchor or alias without a proper name"),
        ("a: }\n", "1:4: found no value where one is due"),
        ("a: !x!y z\n", "1:4: found a tag"),
    ],
)
def test_syntax_errors_are_said_in_our_words(text: str, problem: str) -> None:
    """A syntax error says the same with both parsers, and what was wrong before it is said too."""
    assert refuse(text)[-1].startswith(f"f.yaml:{problem}")
    first, last = refuse(f"zero: no\n{text}")
    assert first.startswith("f.yaml:1:7: found 'no'")
    assert last.partition(": ")[2] == refuse(text)[-1].partition(": ")[2]


def test_line_ends_of_windows_are_fine() -> None:
    assert read("a: 1\r\nb:\r\n  - c\r\n").value == {"a": 1, "b": ["c"]}


def test_an_alias_repeats_its_value() -> None:
    assert read("a: &x {b: [1]}\nc: *x\nd: &y e\nf: *y\n").value == {
        "a": {"b": [1]},
        "c": {"b": [1]},
        "d": "e",
        "f": "e",
    }


def test_a_hundred_problems_are_enough() -> None:
    assert len(refuse("\n".join(f"k{i}: no" for i in range(500)))) == 100
    assert len(refuse("\t\n" * 500)) == 100


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_deep_nesting_is_a_problem_and_no_crash(opening: str) -> None:
    (*_, problem) = refuse(opening * 100_000)
    assert "inside each other" in problem


def test_brackets_alone_are_a_problem_and_no_crash() -> None:
    assert refuse("{" * 100_000)


def test_depth_is_counted_exactly_and_through_aliases() -> None:
    limits = Limits(depth=3)
    assert read("a: [[1]]", limits)
    assert "f.yaml:1:6" in refuse("a: [[[1]]]", limits)[0]
    assert read("a: &x [1]\nb: [*x]", limits)
    assert "f.yaml:2:6" in refuse("a: &x [1]\nb: [[*x]]", limits)[0]
    assert "f.yaml:3:5" in refuse("a: &x [1]\nb: &y [*x]\nc: [*y]", limits)[0]


def test_laughs_are_counted_unfolded() -> None:
    lines = ["l0: &l0 [ha]"] + [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 9)]
    (problem,) = refuse("\n".join(lines))
    assert "found more than 100000 keys and values" in problem


def test_nodes_are_counted_exactly() -> None:
    """A mapping, its keys and its values; an alias counts what it repeats."""
    text = "a: &x [1, 2]\nb: *x\n"
    assert read(text, Limits(nodes=9))
    assert "f.yaml:2:4: found more than 8" in refuse(text, Limits(nodes=8))[0]


def test_aliases_bytes_and_characters_are_limited() -> None:
    assert read("a: &x 1\nb: [*x, *x]", Limits(aliases=2))
    assert "f.yaml:2:13: found more than 2 aliases" in refuse("a: &x 1\nb: [*x, *x, *x]", Limits(aliases=2))[0]
    assert read("a: b\n", Limits(bytes=5))
    assert "f.yaml:1:1: found a file of 5 bytes; at most 4" in refuse("a: b\n", Limits(bytes=4))[0]
    assert read("a: bcd", Limits(scalar=3))
    assert [problem[:10] for problem in refuse("a: bcde\nbcde: |\n  bcde\n", Limits(scalar=3))] == [
        "f.yaml:1:4",
        "f.yaml:2:1",
        "f.yaml:2:7",
    ]


# --- broken files ---------------------------------------------------------------------------------------------------


def test_there_are_a_hundred_broken_files() -> None:
    assert len(list(BROKEN.glob("*.yaml"))) >= 100


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_broken_files(path: FilePath) -> None:
    """A broken file is refused with what it expects, or it is good YAML and left to the next judge."""
    data = path.read_bytes()
    result = parse(data, file=path.name)
    if isinstance(result, tuple):
        assert all(re.match(rf"{re.escape(path.name)}:\d+:\d+: \S", str(problem)) for problem in result)
        expected = re.search(rb"^# expect: (.+)$", data, re.MULTILINE)
        if expected:
            assert any(expected[1].decode() in str(problem) for problem in result)
    else:
        assert result.value == yaml.safe_load(data)
