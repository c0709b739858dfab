"""What every part of planting shares: the org, and the ids of what the seed has named so far."""

from collections.abc import Mapping

from connectors.salesforce.sandbox.access import User as Actor
from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.records import Records
from connectors.salesforce.sandbox.seeds.model import SeedError
from connectors.salesforce.sandbox.sessions import Sessions


class Planter:
    """An org that is being filled, and what is in it by the names that the seed uses."""

    def __init__(self, org: Org, sessions: Sessions) -> None:
        self.org = org
        self.sessions = sessions
        self._made: dict[tuple[str, str], str] = {}

    def create(self, kind: str, what: str, values: Mapping[str, object]) -> str:
        """Creates a record as the administrator does, by the org's own rules, and returns its id.

        Raises:
            SeedError: The org refuses it; the message calls it `what`.
        """
        try:
            return Records(self.org, Actor(self.org, self.org.admin_id)).create(self.org.schema[kind], values)
        except OrgError as error:
            raise SeedError(f"the seed's {what} cannot be: {error.message}") from None

    def named(self, kind: str, name: str) -> str:
        """The id of what the seed calls so.

        Raises:
            SeedError: It defines none.
        """
        found = self._made.get((kind, name))
        if found is None:
            raise SeedError(f"the seed names the {kind} {name}, but defines none")
        return found

    def keep(self, kind: str, name: str, record_id: str) -> None:
        """Remembers a record by name."""
        self._made[kind, name] = record_id

    def holder(self, name: str) -> str:
        """The id of a user (by username), a group (by name), or the group of a role (`role:NAME`, `role+:NAME`)."""
        sort, _, role = name.partition(":")
        if sort in _ROLE_GROUPS and role:
            found = self.org.store.find(
                self.org.schema["Group"], RelatedId=self.named("role", role), Type=_ROLE_GROUPS[sort]
            )
            return str(found[0]["Id"])
        return self.named("user" if "@" in name else "group", name)


_ROLE_GROUPS = {"role": "Role", "role+": "RoleAndSubordinates"}
