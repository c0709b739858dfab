"""The port's implementation: one vault (or one namespace of it), one session, one clock."""

from collections.abc import Iterator, Sequence

from connectors.vault.client import VaultClient
from connectors.vault.declarations import VaultTarget
from connectors.vault.diagnosing import diagnose
from connectors.vault.observing import observe
from connectors.vault.population import Population
from connectors.vault.reading import Reader
from connectors.vault.tokens import Tokens
from connectors.vault.writing import Writer
from reconciler.errors import Missing, TargetError
from reconciler.model import Live
from reconciler.plan.changes import AnyChange
from reconciler.ports import Finding, Outcome, OutcomeStatus, Sought


class VaultConnector:
    """Observes and changes the vendors' population of one vault."""

    def __init__(self, target: VaultTarget, client: VaultClient) -> None:
        self._target = target
        self._client = client
        self._reader = Reader(client)
        self._sought = Sought()

    def observe(self, sought: Sought) -> Live:
        """Read the population; with a `metadata` selector that means a read of every entity (see `Population`)."""
        stable_id = self._stable_id()
        live = Live(self._client.target, stable_id, self._client.now)
        self._sought = sought
        return observe(self._reader, self._population(), live, sought)

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """Write the changes of one stage; changes that were planned for another vault are refused.

        Whoever is in the population only because it was governed before is known as such from `observe`.
        """
        try:
            here = self._stable_id()
            writer = Writer(self._client, self._reader, self._population(), self._sought)
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
        """What is left of closed accounts: those that are still enabled, and tokens that still are theirs."""
        left = []
        for id_ in accounts:
            try:
                entity = self._reader.entity(id_)
            except Missing:
                continue
            if not entity.disabled:
                left.append(f"{entity.name} is enabled")
        tokens = Tokens(self._client, self._reader).of(frozenset(accounts))
        left.extend(f"{len(accessors)} tokens of the entity {id_} are alive" for id_, accessors in tokens.items())
        return left

    def diagnose(self) -> Sequence[Finding]:
        """Who we are, what we may do, what this server cannot."""
        return list(diagnose(self._client, self._reader, self._target, lambda: self.observe(Sought())))

    def close(self) -> None:
        """Close the connections. The token was given to us, so it is not ended."""
        self._reader.close()
        self._client.close()

    def _population(self) -> Population:
        return Population(self._target.population, self._reader.own())

    def _stable_id(self) -> str:
        return f"{self._client.health().cluster_id}/{self._target.namespace or ''}"
