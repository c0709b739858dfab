"""Values and marks from a parser's events: one event at a time, without recursion, within limits.

No composer runs: libyaml's crashes the process at some ten thousand open brackets, and aliases of aliases unfold
without end (https://en.wikipedia.org/wiki/Billion_laughs_attack). Here every limit holds before anything grows.
"""

from dataclasses import dataclass, field

from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from reconciler.desired.strict_document import Mark, Node, Scalar, Value
from reconciler.desired.strict_scalars import Ambiguous, echo, read_plain
from reconciler.desired.strict_text import hidden_in

_MOST_PROBLEMS = 100
"""Nobody mends more at once, and a hostile file could hold a million."""

_YAML_TAGS = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may hold.

    Attributes:
        bytes: size of the file.
        depth: lists and mappings inside each other, aliases followed.
        nodes: keys, values, lists and mappings; what an alias repeats counts each time.
        scalar: characters of one key or text.
        aliases: uses of an anchor.
    """

    bytes: int = 1_000_000
    depth: int = 32
    nodes: int = 100_000
    scalar: int = 10_000
    aliases: int = 100


class Stopped(Exception):
    """Nothing more of this file is read."""


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an anchor names: a value with its marks, how many nodes it holds and how deep it goes."""

    value: Value
    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _List:
    """A list that is being read.

    Attributes:
        before: nodes counted ahead of it.
        is_key: it stands where a key should, so it is read for its problems only.
        height: how deep its finished children go.
    """

    mark: Mark
    anchor: str | None = None
    before: int = 0
    is_key: bool = False
    height: int = 0
    value: list[Value] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    def add(self, value: Value, node: Node) -> None:
        self.value.append(value)
        self.children.append(node)


@dataclass(slots=True)
class _Mapping:
    """A mapping that is being read, like `_List`; `key` is the one that waits for its value."""

    mark: Mark
    anchor: str | None
    before: int
    is_key: bool
    height: int = 0
    value: dict[str, Value] = field(default_factory=dict)
    children: dict[str, tuple[Mark, Node]] = field(default_factory=dict)
    key: str | None = None
    key_mark: Mark = (0, 0)

    def add(self, value: Value, node: Node) -> None:
        if self.key is not None:
            self.value[self.key] = value
            self.children[self.key] = (self.key_mark, node)
        self.key = None


class Builder:
    """Takes events, keeps the value that they make and what is wrong with it.

    Attributes:
        found: marks and sentences, in no order.
    """

    def __init__(self, limits: Limits) -> None:
        self.found: list[tuple[Mark, str]] = []
        self._limits = limits
        self._top = _List((0, 0))
        self._open: list[_List | _Mapping] = [self._top]
        self._anchors: dict[str, tuple[Mark, _Anchored | None]] = {}
        self._documents = self._nodes = self._aliases = 0

    def take(self, event: Event) -> None:
        """Add one event.

        Raises:
            Stopped: a limit is passed, or what follows cannot be judged.
        """
        if isinstance(event, ScalarEvent):
            self._scalar(event, _mark(event))
        elif isinstance(event, CollectionStartEvent):
            self._begin(event, _mark(event))
        elif isinstance(event, CollectionEndEvent):
            self._end()
        elif isinstance(event, AliasEvent):
            self._alias(event.anchor or "", _mark(event))
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(_mark(event), "found a second document; one document per file: move it to a file of its own")

    def result(self) -> tuple[Value, Node] | None:
        """The document's value and marks, or None when there was no document."""
        return (self._top.value[0], self._top.children[0]) if self._top.value else None

    def _object(self, mark: Mark, text: str) -> None:
        self.found.append((mark, text))
        if len(self.found) >= _MOST_PROBLEMS:
            raise Stopped

    def _stop(self, mark: Mark, text: str) -> None:
        self.found.append((mark, text))
        raise Stopped

    def _count(self, mark: Mark, nodes: int = 1) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            text = f"found more than {self._limits.nodes} keys and values, aliases unfolded; split the file"
            self._stop(mark, text)

    def _scalar(self, event: ScalarEvent, mark: Mark) -> None:
        self._count(mark)
        frame = self._open[-1]
        is_key = isinstance(frame, _Mapping) and frame.key is None
        value = self._value(event, mark, is_key=is_key)
        node = Node(mark)
        if event.anchor is not None:
            self._name(event, mark, _Anchored(value, node, 1, 0))
        if isinstance(frame, _Mapping) and frame.key is None:
            self._key(frame, value, event, mark)
        else:
            frame.add(value, node)

    def _value(self, event: ScalarEvent, mark: Mark, *, is_key: bool) -> Scalar:
        text = event.value
        if len(text) > self._limits.scalar:
            self._object(mark, f"found a text of {len(text)} characters; at most {self._limits.scalar} are allowed")
        elif event.tag is not None:
            self._tag(event.tag, mark)
        elif event.style:
            hidden = hidden_in(text) if event.style == '"' else None
            if hidden:
                self._object(mark, hidden)
        elif not (is_key and text in {"", "<<"}):
            try:
                return read_plain(text)
            except Ambiguous as ambiguous:
                self._object(mark, str(ambiguous))
        return text

    def _key(self, frame: _Mapping, value: Scalar, event: ScalarEvent, mark: Mark) -> None:
        text = event.value
        frame.key, frame.key_mark = text, mark
        if text == "":
            self._object(mark, "found an empty key; write the key's name before ':'")
        elif text == "<<" and not event.style:
            self._object(mark, "found a merge key '<<'; write out the keys that it would bring")
        elif not isinstance(value, str):
            self._object(mark, f"found the key {echo(text)}, which is not a text; quote it")
        elif text in frame.value:
            line, column = frame.children[text][0]
            first = f"it stands first at line {line + 1}, column {column + 1}"
            self._object(mark, f"found the key {echo(text)} twice; {first}: remove or rename one")

    def _begin(self, event: CollectionStartEvent, mark: Mark) -> None:
        self._count(mark)
        if len(self._open) > self._limits.depth:
            self._too_deep(mark)
        if event.tag is not None:
            self._tag(event.tag, mark)
        is_key = self._refuse_as_key(mark, "a list or mapping")
        if event.anchor is not None:
            self._name(event, mark, None)
        is_mapping = isinstance(event, MappingStartEvent)
        self._open.append((_Mapping if is_mapping else _List)(mark, event.anchor, self._nodes - 1, is_key))

    def _end(self) -> None:
        done = self._open.pop()
        frame = self._open[-1]
        node = Node(done.mark, done.children)
        height = done.height + 1
        frame.height = max(frame.height, height)
        if done.anchor is not None:
            named = self._anchors[done.anchor][0]
            self._anchors[done.anchor] = (named, _Anchored(done.value, node, self._nodes - done.before, height))
        if not done.is_key:
            frame.add(done.value, node)
        elif isinstance(frame, _Mapping):
            frame.key = ""

    def _alias(self, name: str, mark: Mark) -> None:
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            self._stop(mark, f"found more than {self._limits.aliases} aliases; write the values out")
        frame = self._open[-1]
        if self._refuse_as_key(mark, f"the alias {echo('*' + name)}") and isinstance(frame, _Mapping):
            frame.key = ""
            return
        anchored = self._anchors[name][1] if name in self._anchors else None
        if anchored is None:
            inside = "stands for what contains it" if name in self._anchors else "has no anchor above"
            self._object(mark, f"found the alias {echo('*' + name)}, which {inside}; write the value out")
            frame.add(None, Node(mark))
            return
        self._count(mark, anchored.size)
        if len(self._open) - 1 + anchored.height > self._limits.depth:
            self._too_deep(mark)
        frame.height = max(frame.height, anchored.height)
        frame.add(anchored.value, Node(mark, anchored.node.children))

    def _name(self, event: NodeEvent, mark: Mark, anchored: _Anchored | None) -> None:
        name = event.anchor or ""
        if name in self._anchors:
            line, column = self._anchors[name][0]
            first = f"it stands first at line {line + 1}, column {column + 1}"
            self._object(mark, f"found the anchor {echo('&' + name)} twice; {first}: rename one")
        self._anchors[name] = (mark, anchored)

    def _refuse_as_key(self, mark: Mark, what: str) -> bool:
        frame = self._open[-1]
        if isinstance(frame, _Mapping) and frame.key is None:
            self._object(mark, f"found {what} as a key; keys are texts: write the key's name before ':'")
            return True
        return False

    def _tag(self, tag: str, mark: Mark) -> None:
        written = f"!!{tag.removeprefix(_YAML_TAGS)}" if tag.startswith(_YAML_TAGS) else tag
        self._object(mark, f"found the tag {echo(written)}; leave it out, or quote a text that begins with '!'")

    def _too_deep(self, mark: Mark) -> None:
        self._stop(mark, f"found more than {self._limits.depth} lists and mappings inside each other; flatten them")


def _mark(event: Event) -> Mark:
    mark = event.start_mark
    return (mark.line, mark.column) if mark else (0, 0)
