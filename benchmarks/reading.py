"""What it takes to read a Salesforce org: calls and processor time, beside bare code that fetches the same bytes.

The floor sends exactly the requests that an observation sent, with the same session, and decodes every answer: what is
above it is what guestlist itself costs. Both talk to the simulated org over TLS, and take turns.
"""

import gc
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click
import requests
from requests.adapters import HTTPAdapter

from benchmarks.table import markdown
from benchmarks.timing import Ratio, against
from connectors.salesforce.auth import ClientCredentialsLogin
from connectors.salesforce.client import Client, Session
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import Population
from connectors.salesforce.sandbox.process import Started, start
from reconciler.model import Live
from reconciler.ports import Sought

FORMAT = "guestlist.benchmark.reading/v1"
SIZES = (500, 5_000, 20_000)
POPULATION = Population.model_validate({"any": {"profiles": ["Vendor Support"]}})


@dataclass(frozen=True)
class Measured:
    """One org.

    Attributes:
        accounts: of vendors; `bindings` what they hold.
        calls: over the network, for one observation, the login not counted.
        octets: of all answers, as they are once decompressed.
        elapsed: seconds that one observation took, the org's own time included.
        against_floor: processor time, as a multiple of the floor's.
    """

    accounts: int
    bindings: int
    calls: int
    octets: int
    elapsed: float
    against_floor: Ratio


@dataclass
class Recorder(HTTPAdapter):
    """Sends as it is told, and remembers what it sent."""

    sent: list[requests.PreparedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def send(self, request: requests.PreparedRequest, *rest: object, **options: object) -> requests.Response:
        """Send one request."""
        self.sent.append(request.copy())
        return super().send(request, *rest, **options)  # type: ignore[arg-type]  # requests' own, passed on


def connector(org: Started, adapter: HTTPAdapter | None = None) -> SalesforceConnector:
    """A connection to the org, of its own."""
    session = Session(str(org.ca_file))
    if adapter is not None:
        session.mount("https://", adapter)
    login = ClientCredentialsLogin(org.client_id, org.client_secret)
    return SalesforceConnector("crm", POPULATION, Client(org.instance_url, login, "64.0", session))


def observe(org: Started, adapter: HTTPAdapter | None = None) -> Live:
    """One observation, from the login on."""
    live = connector(org, adapter).observe(Sought())
    assert live.complete, live.gaps
    return live


def replay(org: Started, sent: Sequence[requests.PreparedRequest]) -> Callable[[], int]:
    """Bare code that sends the same requests and decodes the answers; gives how many octets it decoded."""

    def fetch() -> int:
        octets = 0
        kept = []
        with requests.Session() as session:
            for request in sent:
                answer = session.send(request, verify=str(org.ca_file))
                answer.raise_for_status()
                octets += len(answer.content)
                kept.append(json.loads(answer.content))
        return octets

    return fetch


def measure(accounts: int, runs: int) -> Measured:
    """Read an org with so many vendors' accounts."""
    with tempfile.TemporaryDirectory(prefix="guestlist-reading-") as place:
        org = start(Path(place), seed="demo", accounts=accounts)
        try:
            recorder = Recorder()
            live = observe(org, recorder)
            calls = [request for request in recorder.sent if "oauth2/token" not in str(request.url)]
            fetch = replay(org, recorder.sent)
            octets = fetch()
            gc.collect()
            began = time.perf_counter()
            observe(org)
            elapsed = time.perf_counter() - began
            ratio = against(fetch, {"observe": lambda: observe(org)}, runs)["observe"]
        finally:
            org.stop()
    return Measured(
        accounts=sum(1 for _ in live.population()),
        bindings=len(live.bindings),
        calls=len(calls),
        octets=octets,
        elapsed=elapsed,
        against_floor=ratio,
    )


def rows(measured: Sequence[Measured]) -> list[list[str]]:
    """The table: a line for each org."""
    head = ["accounts", "bindings", "calls", "MB", "elapsed", "processor", "floor", "times", "from", "to"]
    return [
        head,
        *(
            [
                f"{one.accounts:,}",
                f"{one.bindings:,}",
                str(one.calls),
                f"{one.octets / 1e6:.1f}",
                f"{one.elapsed:.2f} s",
                f"{one.against_floor.seconds:.2f} s",
                f"{one.against_floor.floor_seconds:.2f} s",
                f"{one.against_floor.times:.2f}",
                f"{one.against_floor.least:.2f}",
                f"{one.against_floor.most:.2f}",
            ]
            for one in measured
        ),
    ]


def report(measured: Sequence[Measured]) -> str:
    """The figures as JSON."""
    return json.dumps({"format": FORMAT, "orgs": [asdict(one) for one in measured]}, indent=2) + "\n"


@click.command()
@click.option("--accounts", type=click.IntRange(1), multiple=True, default=SIZES, show_default=True)
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="How often each takes its turn.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(*, accounts: Sequence[int], runs: int, out: Path | None) -> None:
    """What it takes to read a Salesforce org."""
    measured = [measure(number, runs) for number in accounts]
    click.echo(markdown(rows(measured)))
    if out is not None:
        out.write_text(report(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
