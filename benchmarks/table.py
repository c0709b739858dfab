"""Small Markdown tables that can also be read as they are."""

from collections.abc import Sequence


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its head and whose first column is text; everything else is numbers."""
    widths = [max(3, *(len(row[at]) for row in rows)) for at in range(len(rows[0]))]
    head, *rest = (
        "| " + " | ".join(f"{cell:<{width}}" if at == 0 else f"{cell:>{width}}" for at, (cell, width) in enumerate(zip(row, widths, strict=True))) + " |"
        for row in rows
    )
    rule = "| " + " | ".join("-" * width if at == 0 else "-" * (width - 1) + ":" for at, width in enumerate(widths)) + " |"
    return "\n".join((head, rule, *rest))
