"""Lists and mappings while they are being read."""

from dataclasses import dataclass, field

from reconciler.desired.strict_document import Mark, Node, Value


@dataclass(frozen=True, slots=True)
class Anchored:
    """What an anchor names: a value with its marks, how many nodes it holds and how deep it goes."""

    value: Value
    node: Node
    size: int
    height: int


@dataclass(slots=True)
class ListFrame:
    """A list that is being read.

    Attributes:
        before: nodes counted ahead of it.
        flow: it is written in brackets.
        is_key: it stands where a key should, so it is read for its problems only.
        height: how deep its finished children go.
    """

    mark: Mark
    anchor: str | None = None
    before: int = 0
    flow: bool = False
    is_key: bool = False
    height: int = 0
    value: list[Value] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def node(self) -> Node:
        """Where it and its children stand."""
        return self.mark, self.children, {}

    def add(self, value: Value, node: Node) -> None:
        """Append a value."""
        self.value.append(value)
        self.children.append(node)


@dataclass(slots=True)
class MappingFrame:
    """A mapping that is being read, like `ListFrame`; `key` is the one that waits for its value."""

    mark: Mark
    anchor: str | None
    before: int
    flow: bool
    is_key: bool
    height: int = 0
    value: dict[str, Value] = field(default_factory=dict)
    children: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)
    key: str | None = None
    key_mark: Mark = 0

    @property
    def node(self) -> Node:
        """Where it, its children and its keys stand."""
        return self.mark, self.children, self.keys

    def add(self, value: Value, node: Node) -> None:
        """Give the waiting key its value."""
        if self.key is not None:
            self.value[self.key] = value
            self.children[self.key] = node
            self.keys[self.key] = self.key_mark
        self.key = None
