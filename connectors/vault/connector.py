"""The port's implementation: one vault (or one namespace of it), one session, one clock."""

from collections.abc import Iterator, Sequence

from connectors.vault.adopting import adopt
from connectors.vault.client import VaultClient
from connectors.vault.declarations import VaultTarget
from connectors.vault.diagnosing import diagnose
from connectors.vault.leases import outliving
from connectors.vault.observing import observe
from connectors.vault.population import Population
from connectors.vault.reading import Reader
from connectors.vault.rotation import Rotation
from connectors.vault.working import Workplace
from connectors.vault.writing import Writer
from reconciler.errors import TargetError
from reconciler.model import Live
from reconciler.plan.changes import AnyChange
from reconciler.ports import Adoption, Finding, Learned, Outcome, OutcomeStatus, Rotated, Sought


class VaultConnector:
    """Observes and changes the vendors' population of one vault."""

    def __init__(self, target: VaultTarget, client: VaultClient) -> None:
        self._target = target
        self._client = client
        self._reader = Reader(client)
        self._sought = Sought()
        self._seen: Population | None = None
        self._live: Live | None = None
        self._made: dict[str, str] = {}
        self._unnamed: set[str] = set()
        self._here: str | None = None

    def observe(self, sought: Sought) -> Live:
        """Read the population; with a `metadata` selector that means a read of every entity (see `Population`)."""
        self._here = None
        stable_id = self._stable_id()
        live = Live(self._client.target, stable_id, self._client.now)
        self._sought = sought
        self._unnamed.clear()
        observed = observe(self._place(self._population()), live)
        self._seen, self._live = observed.population, observed.live
        return observed.live

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """Write the changes of one stage; changes that were planned for another vault are refused.

        Whoever is in the population only because it was governed before is known as such from `observe`; and which real
        id a provisional one has become, from the stage that created the account.
        """
        try:
            here = self._stable_id()
            writer = self._writer()
        except TargetError as error:
            yield from (Outcome(change, OutcomeStatus.FAILED, str(error)) for change in changes)
            return
        ours = [change for change in changes if change.stable_id == here]
        for change in changes:
            if change.stable_id != here:
                text = f"it was planned for {change.stable_id}, but this is {here}; plan again"
                yield Outcome(change, OutcomeStatus.FAILED, text)
        yield from writer.apply(ours)

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        """What is left of closed accounts: those that are enabled, ways in, and tokens that still are theirs."""
        return list(self._writer().residue(accounts))

    def diagnose(self) -> Sequence[Finding]:
        """Who we are, what we may do, what this server cannot."""
        return list(diagnose(self._client, self._reader, self._target, lambda: self.observe(Sought())))

    def adopt(self, live: Live) -> Adoption:
        """What was just observed, in the words of declarations; reads which engines are mounted where, no more."""
        return adopt(self._client, live)

    def valid(self, items: Sequence[Learned]) -> Sequence[str]:
        """The leases that are left of what was handed out."""
        return Rotation(self._client, self._target).valid(items)

    def rotate(self, items: Sequence[Learned]) -> Iterator[Rotated]:
        """Replace what the engines replace by themselves."""
        yield from Rotation(self._client, self._target).rotate(items)

    def outliving(self, changes: Sequence[AnyChange]) -> Sequence[str]:
        """The leases that outlive what is taken away, of the mounts where Settings let us list them."""
        if self._live is None or not self._target.offboarding.leases:
            return ()
        mounts = self._target.offboarding.leases
        return list(outliving(self._client, mounts, self._live, self._sought.definitions, changes))

    def close(self) -> None:
        """End the session where we logged in ourselves, and close the connections."""
        self._reader.close()
        self._client.close()

    def _writer(self) -> Writer:
        population = self._seen or self._population()
        return Writer(self._place(population))

    def _place(self, population: Population) -> Workplace:
        return Workplace(self._client, self._reader, self._target, population, self._sought, self._made, self._unnamed)

    def _population(self) -> Population:
        return Population(self._target.population, self._reader.own(), frozenset(self._target.logins))

    def _stable_id(self) -> str:
        """Which vault this is: asked at each reading, and again where a call went without an answer since."""
        if self._here is None or self._client.down:
            self._here = f"{self._client.health().cluster_id}/{self._target.namespace or ''}"
        return self._here
