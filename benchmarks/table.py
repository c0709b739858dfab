"""Small Markdown tables that can also be read as they are."""

from collections.abc import Sequence


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its head and whose first column is text; everything else is numbers."""
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = (
        [
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    )
    rule = ["-" * (width - 1) + (":" if at else "-") for at, width in enumerate(widths)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))
