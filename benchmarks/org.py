"""What the simulated org itself costs, so that it is never what the other measurements measure.

An org with many accounts and assignments is started, and asked over HTTPS for pages and for writes as a connector asks.
Next to the time that the client waits stands the processor time that the server took.
"""

import json
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import httpx
import psutil

from benchmarks.table import markdown
from connectors.salesforce.sandbox.process import Started, start

FORMAT = "guestlist.benchmark.org/v1"

_API = "/services/data/v62.0"
_AT_ONCE = 200
_PAGE = 2000
_USERS = (
    "SELECT Id, Username, FederationIdentifier, IsActive, UserType, ProfileId, Profile.Name, "
    "Profile.UserLicense.LicenseDefinitionKey, UserRoleId, ContactId, AccountId, IsPortalEnabled, LastLoginDate, "
    "SystemModstamp FROM User WHERE Profile.Name = 'Vendor Support'"
)
_ASSIGNMENTS = (
    "SELECT Id, AssigneeId, PermissionSetId, PermissionSet.Name, PermissionSet.Type, PermissionSet.IsOwnedByProfile, "
    "PermissionSetGroupId, ExpirationDate, IsActive FROM PermissionSetAssignment "
    "WHERE Assignee.Profile.Name = 'Vendor Support'"
)
_ROLE = {"Name": "Benchmark", "Label": "Benchmark"}
_END, _LATER = "2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"


@dataclass(frozen=True)
class Cost:
    """What one kind of request costs.

    Attributes:
        name: which one; `runs` how often it was made.
        seconds: the median of the time from asking to having read the answer; `most` the longest.
        processor: seconds of processor time that the server took for one, on average.
        bytes: the size of an answer.
    """

    name: str
    runs: int
    seconds: float
    most: float
    processor: float
    bytes: int


@dataclass(frozen=True)
class Measured:
    """One size of org: how long it took to answer for the first time, and what requests cost then.

    Attributes:
        accounts: users made up; `assignments` the permission sets and profiles that all users hold.
        start_seconds: from starting the process to its being ready; `start_processor` its processor time until then.
        memory: bytes that the process holds when all requests have been made.
    """

    accounts: int
    assignments: int
    start_seconds: float
    start_processor: float
    memory: int
    costs: tuple[Cost, ...]


class Bench:
    """A running org, and a stopwatch on both sides of the wire."""

    def __init__(self, org: Started, client: httpx.Client) -> None:
        self._client = client
        self._server = psutil.Process(org.pid)

    def spent(self) -> float:
        """Processor seconds of the server so far."""
        times = self._server.cpu_times()
        return times.user + times.system

    def memory(self) -> int:
        """Bytes that the server holds now."""
        return int(self._server.memory_info().rss)

    def asked(self, method: str, path: str, **more: object) -> httpx.Response:
        """One request, which must succeed."""
        return self._client.request(method, f"{_API}{path}", **more).raise_for_status()  # type: ignore[arg-type] # passed on as they came

    def query(self, soql: str) -> httpx.Response:
        """The first page of a query."""
        return self.asked("GET", "/query", params={"q": soql})

    def cost(self, name: str, requests: Sequence[Callable[[], httpx.Response]]) -> Cost:
        """Make requests of one kind, one after the other."""
        before, seconds, size = self.spent(), [], 0
        for request in requests:
            began = time.perf_counter()
            size = len(request().content)
            seconds.append(time.perf_counter() - began)
        processor = (self.spent() - before) / len(requests)
        return Cost(name, len(requests), statistics.median(seconds), max(seconds), processor, size)


def measure(accounts: int, runs: int) -> Measured:
    """Start an org of that size, and make every kind of request `runs` times."""
    with tempfile.TemporaryDirectory(prefix="guestlist-bench-") as place:
        began = time.perf_counter()
        org = start(Path(place), seed="demo", accounts=accounts)
        started = time.perf_counter() - began
        try:
            with _client(org) as client:
                bench = Bench(org, client)
                processor = bench.spent()
                count = "SELECT COUNT() FROM PermissionSetAssignment"
                assignments = int(bench.query(count).json()["totalSize"])
                costs = (*_reads(bench, runs), *_writes(bench, runs))
                return Measured(accounts, assignments, started, processor, bench.memory(), costs)
        finally:
            org.stop()


def _reads(bench: Bench, runs: int) -> Iterator[Cost]:
    for name, soql in (("users", _USERS), ("assignments", _ASSIGNMENTS)):
        yield bench.cost(f"{name}, one page", [lambda soql=soql: bench.query(f"{soql} LIMIT {_PAGE}")] * runs)
        yield bench.cost(f"{name}, first page of all", [lambda soql=soql: bench.query(soql)] * runs)
        following = bench.query(soql).json().get("nextRecordsUrl")
        if following is not None:
            more = following.removeprefix(_API)
            yield bench.cost(f"{name}, a further page", [lambda more=more: bench.asked("GET", more)] * runs)


def _writes(bench: Bench, runs: int) -> Iterator[Cost]:
    """Give each of some users one more permission set, move its end, take it away: new ones every time."""
    found = bench.query(f"{_USERS} LIMIT {_AT_ONCE}").json()["records"]
    roles = [
        bench.asked("POST", "/sobjects/PermissionSet", json=_ROLE | {"Name": f"Benchmark_{n}"}).json()["id"]
        for n in range(runs)
    ]
    made: list[list[str]] = []

    def create(role: str) -> httpx.Response:
        wanted = [_assignment(AssigneeId=one["Id"], PermissionSetId=role, ExpirationDate=_END) for one in found]
        answer = bench.asked("POST", "/composite/sobjects", json={"allOrNone": True, "records": wanted})
        made.append([_done(one) for one in answer.json()])
        return answer

    def update(ids: list[str]) -> httpx.Response:
        changes = [_assignment(Id=one, ExpirationDate=_LATER) for one in ids]
        return bench.asked("PATCH", "/composite/sobjects", json={"allOrNone": True, "records": changes})

    def delete(ids: list[str]) -> httpx.Response:
        return bench.asked("DELETE", "/composite/sobjects", params={"ids": ",".join(ids), "allOrNone": "true"})

    size = len(found)
    yield bench.cost(f"{size} assignments made", [lambda role=role: create(role) for role in roles])
    yield bench.cost(f"{size} ends moved", [lambda ids=ids: update(ids) for ids in made])
    yield bench.cost(f"{size} assignments taken away", [lambda ids=ids: delete(ids) for ids in made])


def _assignment(**values: str) -> dict[str, object]:
    return {"attributes": {"type": "PermissionSetAssignment"}, **values}


def _done(result: dict[str, object]) -> str:
    assert result["success"], result
    return str(result["id"])


@contextmanager
def _client(org: Started) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=org.ca_file)
    headers = {"Authorization": f"Bearer {org.access_token}"}
    made = httpx.Client(base_url=org.instance_url, headers=headers, verify=trusted, timeout=60, trust_env=False)
    with closing(made) as client:
        yield client


def rows(measured: Measured) -> list[list[str]]:
    """The table: a line for each kind of request, in milliseconds."""
    return [
        ["request", "median ms", "longest ms", "server's processor ms", "answer kB"],
        *(
            [
                cost.name,
                f"{cost.seconds * 1000:,.0f}",
                f"{cost.most * 1000:,.0f}",
                f"{cost.processor * 1000:,.0f}",
                f"{cost.bytes / 1000:,.0f}",
            ]
            for cost in measured.costs
        ),
    ]


def sentence(measured: Measured) -> str:
    """The org's size, and what its start took."""
    return (
        f"{measured.accounts:,} accounts, {measured.assignments:,} assignments: started in "
        f"{measured.start_seconds:.1f} s ({measured.start_processor:.1f} s of processor time), "
        f"holds {measured.memory / 1e6:,.0f} MB."
    )


@click.command()
@click.option("--accounts", type=click.IntRange(1, 100_000), default=20_000, show_default=True, help="Vendor users.")
@click.option("--runs", type=click.IntRange(1), default=10, show_default=True, help="How often each request is made.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(*, accounts: int, runs: int, out: Path | None) -> None:
    """What a large simulated org costs: its start, pages of 2,000 rows, writes of 200 records."""
    measured = measure(accounts, runs)
    click.echo(f"{sentence(measured)}\n\n{markdown(rows(measured))}")
    if out is not None:
        out.write_text(json.dumps({"format": FORMAT, **asdict(measured)}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
