"""What reading a vault costs: calls, and time beside the same calls made barely; and beside Ansible's modules.

A real OpenBao is filled with vendors' entities, each with a policy of its own. Then the connector reads it, on the
least rights, as a plan does. The floor of the same run is the same calls, over as many kept-alive connections of the
same HTTP library, with each answer decoded from JSON and thrown away.
"""

import json
import os
import shutil
import signal
import ssl
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import httpx
import requests

from benchmarks.counting import counting
from benchmarks.table import markdown
from connectors.vault import CONNECTOR
from connectors.vault.client import Patience, VaultClient
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultTarget
from connectors.vault.policies import render
from connectors.vault.sandbox import SANDBOX
from reconciler.ports import Certificates, Sought, Started
from reconciler.sandbox.certificates import issue

FORMAT = "guestlist.benchmark.vault/v1"

_CONNECTIONS = Patience().connections
_END = "2090-01-01T00:00:00Z"
_ANSIBLE_POLICIES = 200
_RIGHTS = render({"secret/data/acme/prod/db": frozenset({"read"}), "secret/metadata/acme/prod/db": frozenset({"read"})})


@dataclass(frozen=True)
class Size:
    """What reading one vault took.

    Attributes:
        entities: how many there are, and as many policies.
        calls: how many calls a reading makes; `policies` how many of them for policies.
        seconds: the median time of a reading; `floor` that of the same calls made barely.
        times: the median of the ratios of neighbouring runs; `least` and `most` of them.
    """

    entities: int
    calls: int
    policies: int
    seconds: float
    floor: float
    times: float
    least: float
    most: float


@dataclass(frozen=True)
class Beside:
    """The same policies, all as they should be, looked at by both.

    Attributes:
        ours: seconds of one reading that compares every policy's meaning and end; `ansible` seconds of one
            playbook with a task in a loop that changes nothing.
    """

    policies: int
    ours: float
    ansible: float


def target() -> VaultTarget:
    """A target whose population is the prefix's."""
    return VaultTarget.model_validate(
        {
            "connector": "vault",
            "mode": "enforce",
            "url": {"env": "GUESTLIST_VAULT_URL"},
            "auth": {"token": {"env": "GUESTLIST_VAULT_TOKEN"}},
            "population": {"any": {"prefix": "vendor_"}},
        }
    )


@contextmanager
def server() -> Iterator[tuple[Started, Certificates]]:
    """An empty server for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="guestlist-bench-") as place:
        certificates = issue(Path(place))
        started = SANDBOX.start(
            Path(place) / "vault", seed="empty", certificates=certificates, rights=CONNECTOR.least_rights(target())
        )
        try:
            yield started, certificates
        finally:
            os.kill(started.pid, signal.SIGTERM)
            os.waitpid(started.pid, 0)


def fill(started: Started, certificates: Certificates, first: int, last: int) -> None:
    """Make the entities from `first` up to `last`, each with a policy of its own attached, by raw HTTP."""
    headers = {"X-Vault-Token": str(started.facts["root_token"])}
    trusted = ssl.create_default_context(cafile=str(certificates.ca))
    with httpx.Client(
        base_url=f"{started.facts['address']}/v1/", headers=headers, verify=trusted, trust_env=False, timeout=60
    ) as http:

        def make(number: int) -> None:
            name = f"vendor_busy-partner_p{number}"
            body = {"policy": _RIGHTS, "expiration": _END}
            http.post(f"sys/policies/acl/{name}_db-read", json=body).raise_for_status()
            http.post("identity/entity", json={"name": name, "policies": [f"{name}_db-read"]}).raise_for_status()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(first, last)))


def connector(started: Started, certificates: Certificates, address: str | None = None) -> VaultConnector:
    """A connection with guestlist's own token of the least rights."""
    client = VaultClient(
        "vault",
        address or str(started.facts["address"]),
        str(started.facts["token"]),
        namespace=None,
        ca=certificates.ca,
        patience=Patience(answer=120),
    )
    return VaultConnector(target(), client)


def counted(started: Started, certificates: Certificates) -> dict[str, int]:
    """The calls of one reading, by endpoint."""
    keys = {"ca": certificates.ca, "certificate": certificates.certificate, "key": certificates.key}
    with (
        counting(str(started.facts["address"]), lambda path: path.removeprefix("/v1"), **keys) as (address, calls),
        closing(connector(started, certificates, address)) as ours,
    ):
        assert ours.observe(Sought()).complete
        return dict(calls.taken())


class Floor:
    """The same calls, made barely."""

    def __init__(self, started: Started, certificates: Certificates, calls: Sequence[str]) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(certificates.ca)
        self._session.headers["X-Vault-Token"] = str(started.facts["token"])
        self._session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=_CONNECTIONS, pool_block=True))
        self._address = f"{started.facts['address']}/v1"
        self._many = [call for call in calls if "/id/" in call]
        self._few = [call for call in calls if "/id/" not in call]
        self._pool = ThreadPoolExecutor(_CONNECTIONS)

    def __call__(self) -> None:
        """All of it, once."""
        for call in self._few:
            self._call(call)
        for _ in self._pool.map(self._call, self._many):
            pass

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown()
        self._session.close()

    def _call(self, call: str) -> None:
        method, _, path = call.partition(" ")
        self._session.request(method, f"{self._address}{path}", timeout=120).json()


def measure(sizes: Sequence[int], runs: int) -> list[Size]:
    """Read a server that grows from size to size; floor and reading take turns."""
    found: list[Size] = []
    with server() as (started, certificates):
        before = 0
        for entities in sizes:
            fill(started, certificates, before, entities)
            before = entities
            calls = counted(started, certificates)
            with (
                closing(Floor(started, certificates, [c for c, n in calls.items() for _ in range(n)])) as floor,
                closing(connector(started, certificates)) as ours,
            ):
                floor()
                live = ours.observe(Sought())
                assert (len(live.accounts), len(live.definitions)) == (entities, entities)
                times = [(seconds(floor), seconds(lambda ours=ours: ours.observe(Sought()))) for _ in range(runs)]
            ratios = [ours_ / bare for bare, ours_ in times]
            found.append(
                Size(
                    entities,
                    calls=sum(calls.values()),
                    policies=sum(count for call, count in calls.items() if "policies" in call),
                    seconds=statistics.median(ours_ for _, ours_ in times),
                    floor=statistics.median(bare for bare, _ in times),
                    times=statistics.median(ratios),
                    least=min(ratios),
                    most=max(ratios),
                )
            )
    return found


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def beside(playbook: Path) -> Beside:
    """One playbook of Ansible over policies that are all as they should be, and one reading of ours."""
    with server() as (started, certificates), tempfile.TemporaryDirectory() as place:
        fill(started, certificates, 0, _ANSIBLE_POLICIES)
        names = [f"vendor_busy-partner_p{number}_db-read" for number in range(_ANSIBLE_POLICIES)]
        task = {
            "hashivault_acl_policy": {"name": "{{ item }}", "state": "present", "rules": _RIGHTS},
            "loop": names,
        }
        book = Path(place) / "book.json"  # JSON is YAML
        book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]), encoding="utf-8")
        environment = {
            "PATH": f"{playbook.parent}:{os.environ['PATH']}",
            "HOME": place,
            "LANG": "C.UTF-8",
            "VAULT_ADDR": str(started.facts["address"]),
            "VAULT_TOKEN": str(started.facts["root_token"]),
            "VAULT_CACERT": str(certificates.ca),
            "ANSIBLE_PYTHON_INTERPRETER": str(playbook.parent / "python"),
        }
        command = [str(playbook), "-i", "localhost,", "-c", "local", str(book)]
        start = time.perf_counter()
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800, check=False)
        theirs = time.perf_counter() - start
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
        assert "changed=0" in ended.stdout, ended.stdout[-500:]
        with closing(connector(started, certificates)) as made:
            return Beside(_ANSIBLE_POLICIES, seconds(lambda: made.observe(Sought())), theirs)


def report(sizes: Sequence[Size], ansible: Beside | None) -> str:
    """The figures as JSON."""
    body = {"format": FORMAT, "sizes": [asdict(one) for one in sizes]}
    return json.dumps({**body, "ansible": None if ansible is None else asdict(ansible)}, indent=2) + "\n"


def rows(sizes: Sequence[Size]) -> list[list[str]]:
    """The table: a line for each size."""
    head = ["entities and policies", "calls", "of them for policies", "seconds", "the floor's seconds", "ratio"]
    return [
        head,
        *(
            [
                f"{one.entities:,}",
                f"{one.calls:,}",
                str(one.policies),
                f"{one.seconds:.2f}",
                f"{one.floor:.2f}",
                f"{one.times:.2f} ({one.least:.2f} to {one.most:.2f})",
            ]
            for one in sizes
        ),
    ]


@click.command()
@click.option("--entities", "sizes", multiple=True, type=click.IntRange(1), help="How many; may be repeated, rising.")
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="How often each is measured.")
@click.option(
    "--ansible",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ansible-playbook of an environment that has ansible-modules-hashivault (default: the one on the PATH).",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(*, sizes: tuple[int, ...], runs: int, ansible: Path | None, out: Path | None) -> None:
    """What reading a vault costs, beside its floor and beside Ansible's modules."""
    found = measure(sorted(sizes) or (500, 5_000, 20_000), runs)
    click.echo(markdown(rows(found)))
    playbook = ansible or _on_path()
    other = None if playbook is None else beside(playbook.absolute())
    if other is None:
        click.echo("\nNot measured beside Ansible: `pip install ansible-core ansible-modules-hashivault` somewhere.")
    else:
        ours, theirs = f"guestlist {other.ours:.2f} s", f"Ansible {other.ansible:.1f} s"
        click.echo(f"\n{other.policies} policies, nothing to change: {ours}, {theirs}")
    if out is not None:
        out.write_text(report(found, other), encoding="utf-8")


def _on_path() -> Path | None:
    found = shutil.which("ansible-playbook")
    return None if found is None else Path(found)


if __name__ == "__main__":
    main()
