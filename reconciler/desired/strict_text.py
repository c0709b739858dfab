"""What no declaration may contain, judged on its bytes and characters before any parser sees them."""

import re
from collections.abc import Iterator
from unicodedata import name as unicode_name

from reconciler.desired.strict_document import Mark, mark_at

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_INVISIBLE = (
    r"\u2028\u2029"  # line breaks that most editors do not show
    r"\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800"  # blanks that are not the space they look like
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they reorder what stands around them (CVE-2021-42574)
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # no width at all
)
_HIDDEN = re.compile(rf"[\r{_CONTROLS}{_INVISIBLE}]")
_FORBIDDEN = re.compile(rf"[\t{_CONTROLS}{_INVISIBLE}]|\r(?!\n)")
_LINE_STARTS = re.compile(r"^(?:%|<{7}|={7}$|>{7})", re.MULTILINE)
_HEX = "[0-9a-fA-F]"
_IMPOSSIBLE_ESCAPE = re.compile(
    rf"(?<!\\)(?:\\\\)*(\\(?:u[dD][89a-fA-F]{_HEX}{{2}}|U0000[dD][89a-fA-F]{_HEX}{{2}}|U(?!000|0010){_HEX}{{8}}))"
)


def decode(data: bytes) -> str | tuple[Mark, str]:
    """The text of a file, or the mark of what is not UTF-8 and a sentence about it."""
    if data.startswith(BYTE_ORDER_MARK):
        return mark_at(0, 0), "found a byte-order mark; save the file as UTF-8 without one"
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        found = data[error.start]
        return place(before, len(before)), f"found the byte 0x{found:02X}, which is not UTF-8; save the file as UTF-8"


def place(text: str, offset: int) -> Mark:
    """The mark of an offset in a text."""
    return mark_at(text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1)


def objections(text: str) -> Iterator[tuple[int, str]]:
    """Offset and sentence for the first character of each line that may not stand in a declaration.

    Directives and the escapes that stand for no character are here too: the parsers disagree about them.
    """
    next_line = 0
    for match in _FORBIDDEN.finditer(text):
        if match.start() >= next_line:
            yield match.start(), f"found {_called(match[0])}; {_instead(match[0])}"
            line_end = text.find("\n", match.start())
            next_line = line_end + 1 or len(text)
    for match in _LINE_STARTS.finditer(text):
        if match[0] == "%":
            yield (
                match.start(),
                "found a directive ('%' at the start of a line); leave it out, or quote a text with '%'",
            )
        else:
            yield match.start(), f"found '{match[0]}', a mark of a merge conflict; settle the conflict"
    for match in _IMPOSSIBLE_ESCAPE.finditer(text):
        yield match.start(1), f"found {match[1]}, an escape that stands for no character; write the character itself"


def hidden_in(value: str) -> str | None:
    """A sentence about the first character that an escape has put into a text, and that nobody could see there."""
    match = _HIDDEN.search(value)
    return match and f"found an escape for {_called(match[0])}; leave it out"


def _called(character: str) -> str:
    known = {"\t": "a tab", "\r": "a carriage return", "\x00": "a NUL character"}
    number = f"U+{ord(character):04X}"
    if character in known:
        return known[character]
    return f"the invisible character {number} ({unicode_name(character, 'a control character')})"


def _instead(character: str) -> str:
    match character:
        case "\t":
            return "use spaces"
        case "\r":
            return "end lines with a line feed"
        case _:
            return "leave it out, or write one that can be seen"
