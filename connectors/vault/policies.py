"""ACL policies: what their text means, in a form that can be compared.

The reading is deliberately narrower than the server's. OpenBao and Vault accept HCL 1, where a repeated attribute adds
to the first one (a reader that keeps the last would overlook `capabilities = ["sudo"]` before the declared line). What
is not plainly a list of paths with capabilities has no meaning but its own text, and so differs from what is declared.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

Rules = Mapping[str, frozenset[str]]
"""Capabilities by path."""

_GRAMMAR = r"""
start: stanza*
stanza: "path" STRING "{" (capabilities | legacy) "}"
capabilities: "capabilities" "=" "[" [STRING ("," STRING)* [","]] "]"
legacy: "policy" "=" STRING
STRING: /"[^"\\$%\r\n]*"/
COMMENT: /#[^\r\n]*/ | /\/\/[^\r\n]*/ | /\/\*([^*]|\*(?!\/))*\*\//
BLANK: /([ \t\n]|\r\n)+/
%ignore COMMENT
%ignore BLANK
"""
_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)

_LEGACY: Mapping[str, frozenset[str]] = {
    "deny": frozenset({"deny"}),
    "read": frozenset({"read", "list"}),
    "write": frozenset({"create", "read", "update", "delete", "list"}),
    "sudo": frozenset({"create", "read", "update", "delete", "list", "sudo"}),
}
"""The older attribute `policy`, as the server translates it."""

_STANZA = re.compile(r'path "([^"\\$%\r\n]*)" \{\n  capabilities = \[((?:"[a-z]+"(?:, )?)*)\]\n\}\n')
_WORD = re.compile(r"[a-z]+")
_LONGEST = re.compile(r"(?:# [^\r\n]*\n)*?# What it hands out is valid for at most ([1-9][0-9]*[smhd])\.\n")


def render(rules: Rules) -> str:
    """The canonical HCL text: paths and capabilities sorted."""
    return "\n".join(
        f'path "{path}" {{\n  capabilities = [{", ".join(quoted(word) for word in sorted(rules[path]))}]\n}}\n'
        for path in sorted(rules)
    )


def quoted(word: str) -> str:
    """A word as HCL writes it."""
    return f'"{word}"'


def canonical(rules: Rules) -> str:
    """The meaning of rules as one line of JSON: `[[path, [capability, …]], …]`, sorted."""
    return json.dumps([[path, sorted(rules[path])] for path in sorted(rules)], separators=(",", ":"))


def header(role: str, longest: str | None) -> str:
    """What stands above the rules of a policy that guestlist writes: comments, which mean nothing to the server."""
    lines = [f"# Made by guestlist from the role {role}; what is changed here is undone."]
    if longest is not None:
        lines.append(f"# What it hands out is valid for at most {longest}.")
    return "".join(f"{line}\n" for line in lines)


def longest_in(text: str) -> str | None:
    """For how long at most what a policy hands out is declared to be valid, as its header says; None without one."""
    found = _LONGEST.match(text)
    return found[1] if found else None


@lru_cache(maxsize=4096)
def meaning(text: str) -> str:
    """The canonical form of a live policy; `text:` and the text itself where it cannot be read with certainty."""
    rules = rules_in(text)
    return f"text:{text}" if rules is None else canonical(rules)


@lru_cache(maxsize=4096)
def rules_in(text: str) -> Rules | None:
    """The rules of a live policy, without a parser where guestlist wrote it; None as `parse` says."""
    rules = _as_rendered(text)
    return parse(text) if rules is None else rules


def parse(text: str) -> Rules | None:
    """The rules of a policy in HCL or JSON; None when it says anything that is not a path with capabilities."""
    # Escapes and lone carriage returns are where readers disagree; no policy that we write has either.
    if "\\" in text or "\r" in text.replace("\r\n", "\n"):
        return None
    pairs = _json(text) if text.lstrip().startswith("{") else _hcl(text)
    if pairs is None:
        return None
    rules: dict[str, frozenset[str]] = {}
    for path, capabilities in pairs:
        # The server drops one leading slash, adds up what stands at the same path, and lets `deny` win.
        plain = path.removeprefix("/")
        rules[plain] = rules.get(plain, frozenset()) | capabilities
    return {path: frozenset({"deny"}) if "deny" in words else words for path, words in rules.items()}


def _as_rendered(text: str) -> Rules | None:
    """The rules of a text that `render` wrote, below comment lines; proved by writing it again, without a parser."""
    body = text
    while body.startswith("# "):
        body = body.partition("\n")[2]
    rules = {path: frozenset(_WORD.findall(words)) for path, words in _STANZA.findall(body)}
    plain = not any(path.startswith("/") or "deny" in words for path, words in rules.items())
    return rules if plain and render(rules) == body and "\r" not in text else None


def _hcl(text: str) -> Iterable[tuple[str, frozenset[str]]] | None:
    try:
        tree = _PARSER.parse(text)
    except LarkError:
        return None
    pairs = []
    for stanza in tree.find_data("stanza"):
        path, rule = stanza.children
        if not isinstance(path, Token) or not isinstance(rule, Tree):
            return None
        words = frozenset(str(word)[1:-1] for word in rule.children)
        if rule.data == "legacy":
            (word,) = words
            if word not in _LEGACY:
                return None
            words = _LEGACY[word]
        pairs.append((str(path)[1:-1], words))
    return pairs


def _json(text: str) -> Iterable[tuple[str, frozenset[str]]] | None:
    try:
        document = json.loads(text, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError):
        return None
    match document:
        case {"path": dict(paths)} if len(document) == 1:
            pairs = []
            for path, rule in paths.items():
                match rule:
                    case {"capabilities": list(words)} if len(rule) == 1 and all(isinstance(w, str) for w in words):
                        pairs.append((path, frozenset(words)))
                    case {"policy": str(word)} if len(rule) == 1 and word in _LEGACY:
                        pairs.append((path, _LEGACY[word]))
                    case _:
                        return None
            return pairs
        case _:
            return None


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a repeated key: the server adds both up")
    return found
