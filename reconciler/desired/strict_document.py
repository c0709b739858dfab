"""What a strictly read file is: plain values, and where each of them stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | date | datetime | None
Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"
"""What a file can say; an instant always carries its offset."""

Path = tuple[str | int, ...]
"""The keys and indexes that lead from the top of a document to a value."""

Mark: TypeAlias = int
"""Line and column, from 0, as one number: numbers cost the garbage collector nothing."""

Collection: TypeAlias = "tuple[Mark, list[Node] | dict[str, Node], dict[str, Mark]]"
Node: TypeAlias = "Mark | Collection"
"""Where a value stands; of a list or mapping also its children, and of a mapping its keys."""

_COLUMN_BITS = 32


def mark_at(line: int, column: int) -> Mark:
    """The mark of a line and column, from 0."""
    return line << _COLUMN_BITS | column


def line_and_column(mark: Mark) -> tuple[int, int]:
    """What people call a mark: line and column, from 1."""
    return (mark >> _COLUMN_BITS) + 1, (mark & (1 << _COLUMN_BITS) - 1) + 1


def mark_of(node: Node) -> Mark:
    """Where a value stands."""
    return node if isinstance(node, int) else node[0]


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
        mark = None if self.of_keys else mark_of(node)
        for step in path:
            _, children, keys = (0, [], {}) if isinstance(node, int) else node
            if isinstance(children, dict) and isinstance(step, str) and step in children:
                node = children[step]
                mark = keys[step] if self.of_keys else mark_of(node)
            elif isinstance(children, list) and type(step) is int and 0 <= step < len(children):
                node = children[step]
                mark = None if self.of_keys else mark_of(node)
            else:
                raise KeyError(path)
        if mark is None:
            raise KeyError(path)
        return Position(self.file, *line_and_column(mark))

    def __iter__(self) -> Iterator[Path]:
        todo: list[tuple[Path, Node]] = [((), self.root)]
        while todo:
            path, node = todo.pop()
            if not self.of_keys or (path and isinstance(path[-1], str)):
                yield path
            if isinstance(node, int):
                continue
            children = node[1]
            steps = children.items() if isinstance(children, dict) else enumerate(children)
            todo += [((*path, step), child) for step, child in reversed(list(steps))]

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
