"""The tokens of entities: found by going through all accessors, ended by accessor, which ends their leases too.

There is no index by entity, so a search costs one call for each token of the vault. Batch tokens have no accessor:
they are neither found nor ended, and live as long as they were made for, unless their entity is disabled.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from connectors.vault.client import VaultClient
from connectors.vault.reading import Reader
from reconciler.errors import Conflict, Missing, Rejected, TargetError, Unauthorized

_GONE = ("invalid accessor", "bad token", "failed to find accessor")
_SWEEPS = 3


class Tokens:
    """Finds and ends tokens by the entity that they belong to."""

    def __init__(self, client: VaultClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def of(self, entities: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The accessors of each entity's live tokens; raises when one token cannot be looked at."""
        found: dict[str, list[str]] = defaultdict(list)
        if not entities:
            return found
        accessors = self._client.list("auth/token/accessors").keys
        for accessor, entity in zip(accessors, self._reader.spread(self._entity_of, accessors), strict=True):
            if isinstance(entity, TargetError):
                raise entity
            if entity in entities:
                found[entity].append(accessor)
        return found

    def end(self, entities: Collection[str]) -> Mapping[str, int]:
        """End every token of these entities and look again until none is left; how many there were, by entity."""
        ended: dict[str, int] = defaultdict(int)
        for _ in range(_SWEEPS):
            left = self.of(entities)
            if not left:
                return ended
            for entity, accessors in left.items():
                ended[entity] += len(accessors)
                for accessor in accessors:
                    self._client.write("auth/token/revoke-accessor", {"accessor": accessor})
        if self.of(entities):
            raise Conflict(f"{self._client.target}: new tokens appear as fast as they are ended; disable the account")
        return ended

    def _entity_of(self, accessor: str) -> str | TargetError:
        try:
            data = self._client.write("auth/token/lookup-accessor", {"accessor": accessor})
        except (Missing, Rejected, Unauthorized) as error:
            # A token that ended since the listing: OpenBao says 400, HashiCorp Vault 403 or 404.
            return "" if any(word in str(error) for word in _GONE) else error
        except TargetError as error:
            return error
        return str(data.get("entity_id", ""))
