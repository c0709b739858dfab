"""Quoted strings: their escapes (SOQL and SOSL Reference, "Quoted String Escape Sequences")."""

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_WILD = "%_"
_HEXADECIMALS = 4


class IllegalStringError(Exception):
    """An escape that there is none; `place` is where the string starts."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


def read_string(text: str, place: int) -> tuple[str, str]:
    r"""What a quoted string says, and the pattern that it is for LIKE.

    A wildcard that is escaped, and a backslash that is, stay escaped in the pattern: LIKE takes both as they are.
    For other operators `\%` and `\_` are the plain characters.

    Raises:
        IllegalStringError: It holds an escape that there is none.
    """
    said, pattern, at = [], [], 0
    while at < len(text):
        char = text[at]
        at += 1
        if char != "\\":
            said.append(char)
            pattern.append(char)
            continue
        name = text[at]
        at += 1
        if name == "u":
            char = _unicode(text, at, place)
            at += _HEXADECIMALS
        elif name in _WILD:
            char = name
        elif name.lower() in _ESCAPES:
            char = _ESCAPES[name.lower()]
        else:
            raise _illegal(text, f"Illegal character sequence '\\{name}'", place)
        said.append(char)
        pattern.append("\\" + char if name in _WILD or char in "\\" + _WILD else char)
    return _joined(said), _joined(pattern)


def _joined(characters: list[str]) -> str:
    """The text; halves of a character that were escaped one by one become one."""
    return "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unicode(text: str, at: int, place: int) -> str:
    digits = text[at : at + _HEXADECIMALS]
    try:
        if len(digits) == _HEXADECIMALS and digits.isalnum():
            return chr(int(digits, 16))
    except ValueError:
        pass
    raise _illegal(text, f"Illegal unicode sequence. '\\u{digits}'", place)


def _illegal(text: str, what: str, place: int) -> IllegalStringError:
    return IllegalStringError(f"Invalid string literal '{text}'. {what} in string literal.", place)
