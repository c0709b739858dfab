"""What a strictly read file is: plain values, and where each of them stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeAlias

Scalar: TypeAlias = str | int | float | bool | date | datetime | None
Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"
"""What a file can say; an instant always carries its offset."""

Path = tuple[str | int, ...]
"""The keys and indexes that lead from the top of a document to a value."""

Mark = tuple[int, int]
"""Line and column, counted from 0 as the parser does."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1, columns in characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What was found at a place that cannot stay, and what would be right."""

    at: Position
    text: str

    def __str__(self) -> str:
        return f"{self.at}: {self.text}"


class Node(NamedTuple):
    """Where a value stands and, of a list or mapping, its children: a mapping's with the mark of their key."""

    mark: Mark
    children: "list[Node] | dict[str, tuple[Mark, Node]] | None" = None


@dataclass(frozen=True, slots=True)
class Positions(Mapping[Path, Position]):
    """The positions of all values; made when asked for, from marks that aliases may share.

    Args:
        file: the name that positions carry.
        root: the top of the document.
        of_keys: give the positions of mapping keys instead, under the path of the key's value.
    """

    file: str
    root: Node
    of_keys: bool = False

    def __getitem__(self, path: Path) -> Position:
        node = self.root
        mark = None if self.of_keys else node.mark
        for step in path:
            children = node.children
            if isinstance(children, dict) and isinstance(step, str) and step in children:
                key_mark, node = children[step]
                mark = key_mark if self.of_keys else node.mark
            elif isinstance(children, list) and type(step) is int and 0 <= step < len(children):
                node = children[step]
                mark = None if self.of_keys else node.mark
            else:
                raise KeyError(path)
        if mark is None:
            raise KeyError(path)
        return Position(self.file, mark[0] + 1, mark[1] + 1)

    def __iter__(self) -> Iterator[Path]:
        todo: list[tuple[Path, bool, Node]] = [((), False, self.root)]
        while todo:
            path, keyed, node = todo.pop()
            if keyed or not self.of_keys:
                yield path
            if isinstance(node.children, dict):
                todo += [((*path, key), True, child) for key, (_, child) in reversed(node.children.items())]
            elif node.children:
                todo += [((*path, i), False, child) for i, child in reversed(list(enumerate(node.children)))]

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class Document:
    """One file's content.

    Attributes:
        value: dicts with text keys, lists and scalars; what an alias repeats is the same object.
        positions: where each value stands. Where an alias stands for a value, the alias; for what is inside that
            value, the place where it is written out.
        key_positions: where the key stands, under the path of the value; lists and the top have none.
    """

    value: Value
    positions: Mapping[Path, Position]
    key_positions: Mapping[Path, Position]

    def at(self, path: Path) -> Position:
        """Where the value at `path` stands, or, where there is none, the nearest value that would contain it."""
        for length in range(len(path), 0, -1):
            found = self.positions.get(path[:length])
            if found is not None:
                return found
        return self.positions[()]
