"""Whether a text is a policy at all: HCL or JSON that names paths. Pure.

Wider than `policies.parse`, which reads only what is certain: this knows the whole notation (HCL 1 without here
documents, https://github.com/hashicorp/hcl/tree/hcl1) and nothing of what it means, so that a slip of the pen is found
where it was made, and not by the server in the middle of a run.
"""

import json

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

_GRAMMAR = r"""
start: item*
item: key "=" value ","? | key+ "{" item* "}" ","?
key: NAME | STRING
value: STRING | NAME | NUMBER | "[" [value ("," value)* [","]] "]" | "{" item* "}"
NAME: /[A-Za-z_][A-Za-z0-9_.-]*/
NUMBER: /-?[0-9][0-9a-fA-FxX.+-]*/
STRING: /"(\\.|[^"\\\r\n])*"/
COMMENT: /#[^\n]*/ | /\/\/[^\n]*/ | /\/\*([^*]|\*(?!\/))*\*\//
BLANK: /\s+/
%ignore COMMENT
%ignore BLANK
"""
_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def no_policy(text: str) -> str | None:
    """Why a text is no policy, a sentence; None where it may be one."""
    try:
        keys = _json_keys(text) if text.lstrip().startswith("{") else _hcl_keys(text)
    except (LarkError, ValueError, RecursionError) as error:
        where = "".join(f", at {word} {at}" for word in ("line", "lineno") if (at := getattr(error, word, 0)))
        return f"it is neither HCL nor JSON{where.replace('lineno', 'line')}"
    if "path" not in keys:
        return 'it names no path: write path "secret/data/..." { capabilities = [...] }'
    return None


def _hcl_keys(text: str) -> set[str]:
    keys = set()
    for item in _PARSER.parse(text).children:
        first = item.children[0] if isinstance(item, Tree) else None
        if isinstance(first, Tree) and isinstance(first.children[0], Token):
            keys.add(str(first.children[0]).strip('"'))
    return keys


def _json_keys(text: str) -> set[str]:
    document = json.loads(text)
    return set(document) if isinstance(document, dict) else set()
