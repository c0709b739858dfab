"""How many calls a plan and an apply make to each target of a sandbox: nothing to do, one grant, and many.

The simulated org counts for itself; in front of the real OpenBao stands a counting proxy.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.sandboxed import INSIDE, VENDOR, bench, vendor
from benchmarks.table import markdown

FORMAT = "guestlist.benchmark.calls/v1"


@dataclass(frozen=True)
class Counted:
    """What one command called.

    Attributes:
        command: `plan` or `apply`; `grants` how many more (or, below zero, fewer) each target was to have.
        changes: how many changes the plan had, by target.
        targets: calls by target and endpoint.
    """

    command: str
    grants: int
    changes: dict[str, int]
    targets: dict[str, dict[str, int]]

    def total(self, target: str) -> int:
        """Calls over the network to one target."""
        return sum(count for endpoint, count in self.targets[target].items() if not endpoint.startswith(INSIDE))


def measure(people: int, many: int) -> list[Counted]:
    """Count a plan and an apply in every situation: nothing to do, one grant in each target, `many`, and their end."""
    counts: list[Counted] = []
    with bench(people) as ready:
        before = 0
        for granted in (0, 1, 1 + many, 1):
            if granted != before:
                ready.commit(f"{granted} have access", **{f"vendors__{VENDOR}": vendor(people, granted)})
            ready.taken()
            changes = dict(Counter(change["target"] for change in ready.guestlist("plan")["changes"]))
            counts.append(Counted("plan", granted - before, changes, ready.taken()))
            ready.guestlist("apply", "--yes")
            counts.append(Counted("apply", granted - before, changes, ready.taken()))
            before = granted
    return counts


def rows(counts: Sequence[Counted], target: str) -> list[list[str]]:
    """The table of one target: a line for each endpoint, a column for each command."""
    endpoints = dict.fromkeys(name for one in counts for name in one.targets[target])
    return [
        [target, *(f"{one.command} {one.grants:+d}" if one.grants else f"{one.command} 0" for one in counts)],
        ["changes in the plan", *(str(one.changes.get(target, 0)) for one in counts)],
        ["**calls**", *(f"**{one.total(target)}**" for one in counts)],
        *([name, *(str(one.targets[target].get(name, "")) for one in counts)] for name in endpoints),
    ]


def report(counts: Sequence[Counted], people: int) -> str:
    """The figures as JSON."""
    return json.dumps({"format": FORMAT, "people": people, "counts": [asdict(one) for one in counts]}, indent=2) + "\n"


@click.command()
@click.option("--people", type=click.IntRange(2), default=60, show_default=True, help="A vendor's accounts per target.")
@click.option("--many", type=click.IntRange(1), default=50, show_default=True, help="How many grants are many.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(*, people: int, many: int, out: Path | None) -> None:
    """How many calls a plan and an apply make to each target of a sandbox."""
    if many >= people:
        raise click.UsageError(f"--many {many} needs more --people than that; there are {people}")
    counts = measure(people, many)
    click.echo("\n\n".join(markdown(rows(counts, target)) for target in ("crm", "vault")))
    if out is not None:
        out.write_text(report(counts, people), encoding="utf-8")


if __name__ == "__main__":
    main()
