"""The parsers' errors in our words: libyaml and PyYAML word them differently, and for people who know the grammar."""

import yaml
from yaml.error import MarkedYAMLError

from reconciler.desired.strict_document import Mark, mark_at
from reconciler.desired.strict_scalars import echo

_AT_CONTEXT = (
    ("quoted scalar", "end of stream", "this quoted text never ends; close it with the quote that it begins with"),
    (
        "quoted scalar",
        "unexpected document",
        "this quoted text never ends; close it with the quote that it begins with",
    ),
    ("quoted scalar", "unknown escape", "found an escape that YAML does not know in this text; double the backslash"),
    ("", "',' or ']'", "this list in brackets is not closed or lacks a ','; write it as [a, b]"),
    ("", "',' or '}'", "this mapping in braces is not closed or lacks a ','; write it as {a: b, c: d}"),
    ("simple key", "':'", "found no ': ' after this; write it as 'key: value', or indent it below what it belongs to"),
)
"""What the context and the problem contain, and the sentence; the context's mark is where it began to go wrong."""

_AT_PROBLEM = (
    ("mapping values are not allowed", "found ':' where no key can stand; quote a text with ': ', or indent as above"),
    ("sequence entries are not allowed", "found '-' where no list can begin; begin the list on a line of its own"),
    ("hex", "found an incomplete escape; double the backslash, or use single quotes"),
    (
        "<block end>",
        "this does not continue what stands before it; line it up with its neighbours, or quote the whole text",
    ),
    (
        "expected key",
        "this does not continue what stands before it; line it up with its neighbours, or quote the whole text",
    ),
    (
        "'-' indicator",
        "this does not continue what stands before it; line it up with its neighbours, or quote the whole text",
    ),
    ("<document start>", "found more after the end of the document; one document per file"),
    ("node content", "found no value where one is due; write one, or quote it"),
    ("alphabetic or numeric", "found an anchor or alias without a proper name; quote a text that begins with & or *"),
    ("chomping or indentation", "found a text right after '|' or '>'; begin it on the next line"),
    ("comment or", "found a text right after '|' or '>'; begin it on the next line"),
    ("tag", "found a tag; leave it out, or quote a text that begins with '!'"),
)
"""What the problem contains, and the sentence; its mark is the place."""

_OTHERWISE = "this is not YAML; check the quotes, brackets and indentation here and above"


def explain(error: yaml.YAMLError, text: str) -> tuple[Mark, str]:
    """Where a parser's error is, and a sentence about what to do."""
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return mark_at(0, 0), _OTHERWISE
    context, problem = error.context or "", error.problem or ""
    mark = error.problem_mark
    if error.context_mark is not None:
        for began, lacks, sentence in _AT_CONTEXT:
            if began in context and lacks in problem:
                return mark_at(error.context_mark.line, error.context_mark.column), sentence
    return mark_at(mark.line, mark.column), _sentence(problem, text[mark.index : mark.index + 1])


def _sentence(problem: str, found: str) -> str:
    if "cannot start any token" in problem:
        return f"found {echo(found)}, with which no unquoted value can begin; quote it"
    return next((sentence for part, sentence in _AT_PROBLEM if part in problem), _OTHERWISE)
