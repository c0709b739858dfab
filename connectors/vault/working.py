"""What all writers of one vault share."""

from dataclasses import dataclass

from connectors.vault.client import VaultClient
from connectors.vault.declarations import VaultTarget
from connectors.vault.population import Population
from connectors.vault.reading import Reader
from connectors.vault.tokens import Tokens
from reconciler.ports import Sought


@dataclass(frozen=True, slots=True)
class Workplace:
    """One vault, whom guestlist answers for in it by the last reading, and what it has made in this run.

    Attributes:
        made: which real id a provisional one has become.
        unnamed: the ids of entities that guestlist has taken an alias off since the last reading. Where that alias was
            what selected them, they are the population's until the run has done with them.
    """

    client: VaultClient
    reader: Reader
    target: VaultTarget
    population: Population
    sought: Sought
    made: dict[str, str]
    unnamed: set[str]

    @property
    def tokens(self) -> Tokens:
        """The vault's tokens."""
        return Tokens(self.client, self.reader)
