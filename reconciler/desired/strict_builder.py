"""Values and marks from a parser's events: one event at a time, without recursion, within limits.

No composer runs: libyaml's crashes the process at some ten thousand open brackets, and aliases of aliases unfold
without end (https://en.wikipedia.org/wiki/Billion_laughs_attack). Here every limit holds before anything grows.
"""

import re
from dataclasses import dataclass

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

from reconciler.desired.strict_document import Mark, Node, Scalar, Value, line_and_column, mark_at
from reconciler.desired.strict_frames import Anchored, ListFrame, MappingFrame
from reconciler.desired.strict_scalars import Ambiguous, echo, read_plain
from reconciler.desired.strict_text import hidden_in

_MOST_PROBLEMS = 100
"""Nobody mends more at once, and a hostile file could hold a million."""

_GLUED_COMMENT = re.compile(r"(?:&\S+\s+)?[|>][-+0-9]*#")
"""At the start of a block text; libyaml takes the rest of the line for a comment, PyYAML for a mistake."""

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


class Builder:
    """Takes events, keeps the value that they make and what is wrong with it.

    Attributes:
        found: marks and sentences, in no order.
    """

    def __init__(self, text: str, limits: Limits) -> None:
        self.found: list[tuple[Mark, str]] = []
        self._text = text
        self._limits = limits
        self._top = ListFrame(mark_at(0, 0))
        self._open: list[ListFrame | MappingFrame] = [self._top]
        self._anchors: dict[str, tuple[Mark, Anchored | None]] = {}
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
        is_key = isinstance(frame, MappingFrame) and frame.key is None
        value = self._value(event, mark, is_key=is_key, flow=frame.flow)
        if event.anchor is not None:
            self._name(event, mark, Anchored(value, mark, 1, 0))
        if isinstance(frame, MappingFrame) and frame.key is None:
            self._key(frame, value, event, mark)
        else:
            frame.add(value, mark)

    def _value(self, event: ScalarEvent, mark: Mark, *, is_key: bool, flow: bool) -> Scalar:
        text = event.value
        if len(text) > self._limits.scalar:
            self._object(mark, f"found a text of {len(text)} characters; at most {self._limits.scalar} are allowed")
        elif event.tag is not None:
            self._tag(event.tag, mark)
        elif event.style:
            self._styled(event, mark)
        elif flow and "?" in text:
            self._object(mark, f"found {echo(text)} between brackets, which some read differently; quote it")
        elif not (is_key and text in {"", "<<"}):
            try:
                return read_plain(text)
            except Ambiguous as ambiguous:
                self._object(mark, str(ambiguous))
        return text

    def _styled(self, event: ScalarEvent, mark: Mark) -> None:
        hidden = hidden_in(event.value) if event.style == '"' else None
        if hidden:
            self._object(mark, hidden)
        start = event.start_mark
        if event.style in {"|", ">"} and start and _GLUED_COMMENT.match(self._text, start.index):
            self._object(mark, f"found '#' glued to '{event.style}'; put a space before the comment")

    def _key(self, frame: MappingFrame, value: Scalar, event: ScalarEvent, mark: Mark) -> None:
        text = event.value
        frame.key, frame.key_mark = text, mark
        if text == "":
            self._object(mark, "found an empty key; write the key's name before ':'")
        elif text == "<<" and not event.style:
            self._object(mark, "found a merge key '<<'; write out the keys that it would bring")
        elif not isinstance(value, str):
            self._object(mark, f"found the key {echo(text)}, which is not a text; quote it")
        elif text in frame.value:
            first = _first(frame.keys[text])
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
        self._open.append(
            (MappingFrame if is_mapping else ListFrame)(
                mark, event.anchor, self._nodes - 1, bool(event.flow_style), is_key
            )
        )

    def _end(self) -> None:
        done = self._open.pop()
        frame = self._open[-1]
        height = done.height + 1
        frame.height = max(frame.height, height)
        if done.anchor is not None:
            named = self._anchors[done.anchor][0]
            self._anchors[done.anchor] = (named, Anchored(done.value, done.node, self._nodes - done.before, height))
        if not done.is_key:
            frame.add(done.value, done.node)
        elif isinstance(frame, MappingFrame):
            frame.key = ""

    def _alias(self, name: str, mark: Mark) -> None:
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            self._stop(mark, f"found more than {self._limits.aliases} aliases; write the values out")
        frame = self._open[-1]
        if self._refuse_as_key(mark, f"the alias {echo('*' + name)}") and isinstance(frame, MappingFrame):
            frame.key = ""
            return
        anchored = self._anchors[name][1] if name in self._anchors else None
        if anchored is None:
            inside = "stands for what contains it" if name in self._anchors else "has no anchor above"
            self._object(mark, f"found the alias {echo('*' + name)}, which {inside}; write the value out")
            frame.add(None, mark)
            return
        self._count(mark, anchored.size)
        if len(self._open) - 1 + anchored.height > self._limits.depth:
            self._too_deep(mark)
        frame.height = max(frame.height, anchored.height)
        node = anchored.node
        frame.add(anchored.value, mark if isinstance(node, int) else (mark, *node[1:]))

    def _name(self, event: NodeEvent, mark: Mark, anchored: Anchored | None) -> None:
        name = event.anchor or ""
        if name in self._anchors:
            first = _first(self._anchors[name][0])
            self._object(mark, f"found the anchor {echo('&' + name)} twice; {first}: rename one")
        self._anchors[name] = (mark, anchored)

    def _refuse_as_key(self, mark: Mark, what: str) -> bool:
        frame = self._open[-1]
        if isinstance(frame, MappingFrame) and frame.key is None:
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
    return mark_at(mark.line, mark.column) if mark else mark_at(0, 0)


def _first(mark: Mark) -> str:
    line, column = line_and_column(mark)
    return f"it stands first at line {line}, column {column}"
