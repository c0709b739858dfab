"""What another reader of the same org asks of it: forcehound's REST collector, as PyPI has it.

forcehound is no dependency of guestlist. Install it anywhere, and name the Python that can import it:

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install forcehound==0.1.0
    python -m benchmarks.peer --python /tmp/peer/bin/python

It reads the whole org, whoever is in it, and draws a graph; it knows nothing of when an assignment ends.
"""

import json
import os
import ssl
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import httpx

from benchmarks.table import markdown
from connectors.salesforce.sandbox.process import Started, start

FORMAT = "guestlist.benchmark.peer/v1"


@dataclass(frozen=True)
class Read:
    """One collection of one org.

    Attributes:
        accounts: vendor users made up.
        calls: requests that the org counted, by endpoint in `endpoints`.
        seconds: from starting the command to its end, its own start and its graph included.
    """

    accounts: int
    calls: int
    endpoints: dict[str, int]
    seconds: float


def collect(python: str, accounts: int) -> Read:
    """Start an org of that size, and have forcehound read it once.

    Raises:
        click.ClickException: forcehound did not end well; what it said is in the message.
    """
    with tempfile.TemporaryDirectory(prefix="guestlist-bench-") as place:
        org = start(Path(place), seed="demo", accounts=accounts)
        try:
            began = time.perf_counter()
            ended = _run(python, org, Path(place) / "graph.json")
            seconds = time.perf_counter() - began
            if ended.returncode:
                raise click.ClickException(f"forcehound failed: {(ended.stdout + ended.stderr).strip()[-2000:]}")
            trusted = ssl.create_default_context(cafile=org.ca_file)
            headers = {"Sandbox-Control": org.control_token}
            counted = httpx.get(f"{org.instance_url}/__sandbox__/calls", headers=headers, verify=trusted).json()
        finally:
            org.stop()
    return Read(accounts, counted["total"], counted["endpoints"], seconds)


def _run(python: str, org: Started, out: Path) -> "subprocess.CompletedProcess[str]":
    command = [python, "-m", "forcehound", "--collector", "api", "--instance-url", org.instance_url]
    command += ["--session-id", org.access_token, "--output", str(out)]
    env = {**os.environ, "REQUESTS_CA_BUNDLE": org.ca_file}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@click.command()
@click.option("--python", required=True, help="A Python that can import forcehound.")
@click.option("--accounts", multiple=True, type=click.IntRange(0, 100_000), default=(500, 5_000), show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(*, python: str, accounts: tuple[int, ...], out: Path | None) -> None:
    """How many calls and seconds forcehound takes to read the simulated org."""
    found = [collect(python, number) for number in accounts]
    table = [["accounts", "calls", "seconds"]]
    table += [[f"{one.accounts:,}", f"{one.calls:,}", f"{one.seconds:.1f}"] for one in found]
    click.echo(markdown(table))
    if out is not None:
        text = json.dumps({"format": FORMAT, "sizes": [asdict(one) for one in found]}, indent=2)
        out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
