"""What the pure core costs, from a commit to a plan, as multiples of what bare libraries cost for as much.

Loading (`committed` and `load`) is held against bare `yaml.load(…, CSafeLoader)` of the same bytes, already in memory.
Resolving, admitting and planning are held against a bare set difference, both ways, of as many tuples as there are
grants. The floors are measured between the runs of what they are compared with.
"""

import json
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click
import yaml

from benchmarks.company import NOW, commit, declarations
from benchmarks.live import standing
from benchmarks.table import markdown
from benchmarks.timing import Ratio, against
from reconciler.admission.judge import judge
from reconciler.cli.workspace import schemas
from reconciler.desired import documents
from reconciler.desired.load import Declarations, load
from reconciler.desired.repository import open_repository
from reconciler.desired.resolve import resolve
from reconciler.desired.source import committed
from reconciler.model import Entitlements
from reconciler.survey import Question, survey

FORMAT = "guestlist.benchmark.core/v1"


@dataclass(frozen=True)
class Measured:
    """One size of company: how much there is of what, and what each step costs."""

    vendors: int
    files: int
    bytes: int
    principals: int
    grants: int
    bindings: int
    changes: int
    steps: dict[str, Ratio]


def measure(vendors: int, *, runs: int, seed: int) -> Measured:
    """Make a company and time every step from its commit to its plan."""
    with tempfile.TemporaryDirectory(prefix="guestlist-bench-") as place:
        directory = Path(place) / "repo"
        commit(directory, declarations(vendors, seed))
        kinds = schemas()
        repo = open_repository(directory)
        source = committed(repo)
        contents = [data for _, data in source.read(source.files)]

        def loading() -> Declarations:
            documents._read_before.clear()  # noqa: SLF001 - a process remembers what it parsed; the cold cost is asked
            return load(committed(repo), kinds)

        steps = against(
            lambda: [yaml.load(data, Loader=yaml.CSafeLoader) for data in contents],
            {"load": loading, "load again": lambda: load(committed(repo), kinds)},
            max(1, runs - 1),  # it takes most of the time, and thousands of files steady the figure by themselves
        )
        loaded = load(committed(repo), kinds)
        assert not loaded.problems, loaded.problems[:3]
        resolving = partial(resolve, loaded, kinds)
        asked = resolving()
        planning, full = _planning(loaded, asked, seed=seed, empty=False)
        giving, _ = _planning(loaded, asked, seed=seed, empty=True)
        wanted, found = _tuples(asked)
        steps |= against(
            lambda: (set(wanted) - set(found), set(found) - set(wanted)),
            {
                "resolve": resolving,
                "admit": lambda: [judge(grant, NOW) for grant in asked.grants],
                "plan": planning,
                "plan, nothing live yet": giving,
            },
            runs,
        )
        return Measured(
            vendors=vendors,
            files=len(contents),
            bytes=sum(map(len, contents)),
            principals=sum(len(vendor.spec.principals) for vendor in loaded.vendors.values()),
            grants=len(asked.grants),
            bindings=full,
            changes=planning(),
            steps=steps,
        )


def _planning(loaded: Declarations, asked: Entitlements, *, seed: int, empty: bool) -> tuple[Callable[[], int], int]:
    """What makes the plan and its digest and tells how many changes it has; and how many bindings are live."""
    live = standing(asked, NOW, seed=seed, empty=empty)
    question = Question(revision=loaded.revision, at=NOW, targets=loaded.settings.spec.targets, asked=asked)

    def planning() -> int:
        plan = survey(question, live, next(iter(live.values()))).plan
        assert plan.digest
        return len(plan.changes)

    return planning, sum(len(one.live.bindings) for one in live.values())


def _tuples(asked: Entitlements) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Two lists of tuples, one for each grant, of which one in fifty differs."""
    wanted: list[tuple[str, ...]] = [
        (grant.target, grant.vendor, grant.principal.name, grant.name, grant.role, grant.until.isoformat())
        for grant in asked.grants
    ]
    found = [(*one[:-1], "moved") if n % 50 == 0 else one for n, one in enumerate(wanted)]
    return wanted, found


def rows(measured: Sequence[Measured]) -> list[list[str]]:
    """The table: a line for each step, a column for each size."""
    first = measured[0]
    return [
        ["", *(f"{one.vendors:,} vendors, {one.grants:,} grants" for one in measured)],
        *(
            [step, *(f"{r.times:.1f} ({r.least:.1f} to {r.most:.1f})" for one in measured for r in (one.steps[step],))]
            for step in first.steps
        ),
    ]


def report(measured: Sequence[Measured]) -> str:
    """The figures as JSON, with what they were measured on."""
    machine = {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "pyyaml": str(yaml.__version__),
    }
    return (
        json.dumps({"format": FORMAT, "machine": machine, "sizes": [asdict(one) for one in measured]}, indent=2) + "\n"
    )


@click.command()
@click.option("--vendors", "sizes", multiple=True, type=click.IntRange(1), default=(1000, 10_000), show_default=True)
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="One less for loading.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(*, sizes: tuple[int, ...], runs: int, seed: int, out: Path | None) -> None:
    """What the core costs, as multiples of bare YAML parsing (loading) and of a bare set difference (the rest)."""
    measured = [measure(vendors, runs=runs, seed=seed) for vendors in sizes]
    click.echo(markdown(rows(measured)))
    if out is not None:
        out.write_text(report(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
