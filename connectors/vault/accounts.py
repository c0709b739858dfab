"""Writes of what an account is: the entity, its alias, its login role, its second factor.

The server has no check-and-set for any of them. So each is read just before it is written, and nothing is written when
it is not what the plan has seen; and read again afterwards, so that what somebody else wrote over it is said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from connectors.vault.attributes import ALIAS, LOGINS, METADATA, MFA, lets_in, live_attributes, written_metadata
from connectors.vault.client import segment
from connectors.vault.enforcement import enforce
from connectors.vault.logins import LoginRole, from_attribute, secret_id_hint
from connectors.vault.mapping import Entity, Mount
from connectors.vault.names import entity_name
from connectors.vault.working import Workplace
from reconciler.errors import Conflict, Missing, Rejected, TargetError
from reconciler.plan.changes import CreateAccount, UpdateAccount
from reconciler.ports import Outcome, OutcomeStatus

AccountChange = CreateAccount | UpdateAccount


@dataclass(slots=True)
class _Task:
    """One change on its way: whose entity, whether anything was written, what went wrong, what to say."""

    change: AccountChange
    entity: Entity | None = None
    written: bool = False
    wrong: str = ""
    said: str = ""

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        if self.wrong:
            return Outcome(self.change, OutcomeStatus.FAILED, self.wrong)
        return Outcome(self.change, OutcomeStatus.DONE if self.written else OutcomeStatus.ALREADY, self.said)


class AccountWriter:
    """Creates accounts and puts them right; `made` keeps which real id a provisional one has become."""

    def __init__(self, place: Workplace) -> None:
        self._client = place.client
        self._reader = place.reader
        self._target = place.target
        self._population = place.population
        self._sought = place.sought
        self._made = place.made

    def write(self, changes: Sequence[AccountChange], held: Callable[[str], Entity | None]) -> Iterator[Outcome]:
        """One outcome for each; `held` reads an entity and makes sure that it is one of the population.

        The second factor is asked for before anybody is let in: the entity first, then the rule, then alias and role.
        """
        tasks = [_Task(change) for change in changes]

        def identify(task: _Task) -> None:
            match task.change:
                case CreateAccount():
                    self._create(task)
                case UpdateAccount():
                    self._compare(task, held)

        self._each(tasks, identify)
        self._ask(tasks)
        self._each(tasks, self._let_in)
        self._each(tasks, self._look_again)
        for task in tasks:
            if task.entity is not None and isinstance(task.change, CreateAccount) and not task.wrong:
                self._made[task.change.account] = task.entity.id
            yield task.outcome

    def login_roles(self, entity: Entity) -> tuple[LoginRole, ...]:
        """An account's own login roles, as they are now."""
        names = {
            entity.name.lower(),
            entity_name(entity.metadata.get("vendor", ""), entity.metadata.get("principal", "")),
        }
        found = []
        for mount, login in self._target.logins.items():
            for name in sorted(names):
                role = self._login_role(mount, login.type, name)
                if role is not None and lets_in(role, entity):
                    found.append(role)
        return tuple(found)

    def forget_secret_ids(self, entity: Entity) -> None:
        """Destroy every secret id that an account's AppRoles have given."""
        for role in self.login_roles(entity):
            self._forget(role)

    def named_as_ours(self, name: str) -> bool:
        """Whether a name is one that guestlist gives."""
        return self._population.owns(name)

    def shut(self, role: LoginRole) -> None:
        """Remove a login role, and destroy the secret ids that it has given."""
        self._forget(role)
        self._client.delete(f"auth/{role.mount}/role/{segment(role.name)}")

    def unname(self, entity: Entity) -> int:
        """Take off the aliases of a closed account, where nobody can log in any more without a role of its own.

        Elsewhere the alias stays: a login by it meets the disabled entity, and without it would make a fresh one.
        """
        gone = [alias for alias in entity.aliases if alias.mount in self._target.logins]
        for alias in gone:
            self.remove_alias(alias.id)
        return len(gone)

    def remove_alias(self, id_: str) -> None:
        """Take an alias off whoever has it."""
        self._client.delete(f"identity/entity-alias/id/{segment(id_)}")

    def put(self, entity: Entity, body: Mapping[str, object]) -> None:
        """Write fields of an entity; Conflict when it is another one than was read."""
        # By name, because rights by id cannot be narrowed; lower-case, because rights by name know no other case.
        folded = entity.name.lower()
        name = folded if folded.startswith(self._population.prefix) else entity.name
        made = self._client.write(f"identity/entity/name/{segment(name)}", body)
        if made.get("id", entity.id) != entity.id:
            raise Conflict(f"{entity.name} vanished meanwhile, and this write made an empty entity; run again")

    def _forget(self, role: LoginRole) -> None:
        if role.type == "approle":
            self._destroy(role, self._reader.secret_ids(role.mount, role.name))

    def _destroy(self, role: LoginRole, accessors: Sequence[str]) -> int:
        path = f"auth/{role.mount}/role/{segment(role.name)}/secret-id-accessor/destroy"
        for accessor in accessors:
            self._client.write(path, {"secret_id_accessor": accessor})
        return len(accessors)

    def _each(self, tasks: Sequence[_Task], work: Callable[[_Task], None]) -> None:
        def attempt(task: _Task) -> None:
            try:
                work(task)
            except TargetError as error:
                task.wrong = str(error)

        for _ in self._reader.spread(attempt, [task for task in tasks if not task.wrong]):
            pass

    def _create(self, task: _Task) -> None:
        name = self._new_name(task.change)
        metadata = written_metadata(task.change.attributes.get(METADATA, "{}"))
        try:
            entity = self._reader.entity_named(name)
        except Missing:
            self._client.write(f"identity/entity/name/{segment(name)}", {"metadata": metadata, "policies": []})
            task.entity, task.written = self._reader.entity_named(name), True
            return
        # A run that was killed half-way has left it; whoever else made it would have given it something of their own.
        if dict(entity.metadata) != metadata or entity.policies or entity.aliases or entity.disabled:
            raise Conflict(f"there is an entity {name} already that is not what would be made; run again")
        task.entity = entity

    def _new_name(self, change: AccountChange) -> str:
        key = change.key
        if key is not None and key.kind == "name":
            name = key.value
        elif change.vendor and change.principal:
            name = entity_name(change.vendor, change.principal)
        else:
            raise Rejected(f"nobody says whose account {change.account} is to be")
        if not self._population.owns(name):
            raise Rejected(f"{name} would be outside the population ({self._population.prefix}…); it is not made")
        return name

    def _compare(self, task: _Task, held: Callable[[str], Entity | None]) -> None:
        """Refuse to write over what the plan has not seen; what is right already needs nothing."""
        entity = held(task.change.account)
        if entity is None:
            raise Rejected("the account no longer exists")
        live = self._live(entity)
        for name, wanted in task.change.attributes.items():
            seen = (task.change.before or {}).get(name)
            if name in live and live[name] not in {wanted, seen}:
                raise Conflict(f"the {name} of {entity.name} was changed meanwhile; run again")
        metadata = task.change.attributes.get(METADATA)
        if metadata is not None and live[METADATA] != metadata:
            self.put(entity, {"metadata": written_metadata(metadata)})
            entity = self._reader.entity(entity.id)
            task.written = True
        task.entity = entity

    def _ask(self, tasks: Sequence[_Task]) -> None:
        asked = [task for task in tasks if MFA in task.change.attributes and not task.wrong]
        settings = self._target.mfa
        if not asked or settings is None:
            return
        ids = {task.entity.id: bool(task.change.attributes[MFA]) for task in asked if task.entity is not None}
        try:
            changed = enforce(
                self._client,
                self._reader,
                settings,
                wanted={id_ for id_, wanted in ids.items() if wanted},
                unwanted={id_ for id_, wanted in ids.items() if not wanted},
            )
        except TargetError as error:
            for task in asked:
                task.wrong = str(error)
            return
        for task in asked:
            task.written = task.written or changed

    def _let_in(self, task: _Task) -> None:
        entity, attributes = task.entity, task.change.attributes
        if entity is None:
            return
        if ALIAS in attributes and self._alias(entity, attributes[ALIAS]):
            task.written = True
        if LOGINS in attributes:
            for role in self._roles(entity, from_attribute(attributes[LOGINS])):
                task.written = True
                if role.type == "approle":
                    gone = self._destroy(role, self._reader.outliving(role))
                    ended = f"{gone} secret ids destroyed that outlived it; " if gone else ""
                    task.said = f"{ended}its owner fetches a secret id, wrapped, with: {secret_id_hint(role)}"

    def _alias(self, entity: Entity, wanted: str) -> bool:
        if any(alias.key.value == wanted for alias in entity.aliases):
            return False
        mount = next((mount for mount in sorted(self._population.mounts) if wanted.startswith(f"{mount}/")), None)
        found = None if mount is None else self._mounts.get(mount)
        if mount is None or found is None:
            raise Rejected(f"there is no auth method where {wanted} would log in; mount it, or correct the account")
        name = wanted.removeprefix(f"{mount}/")
        for alias in entity.aliases:
            if alias.mount == mount:  # an entity has one alias on a mount at most
                self.remove_alias(alias.id)
        # The server would move the alias without a word.
        if (owner := self._reader.entity_of(name, found.accessor)) not in {None, entity.id}:
            raise Conflict(f"the alias {wanted} belongs to another entity ({owner}) by now; run again")
        body = {"name": name, "canonical_id": entity.id, "mount_accessor": found.accessor}
        self._client.write("identity/entity-alias", body)
        return True

    def _roles(self, entity: Entity, wanted: Sequence[LoginRole]) -> Iterator[LoginRole]:
        """Write the login roles that differ, and remove what else there is; those that were written."""
        paths = {role.path for role in wanted}
        for role in self.login_roles(entity):
            if role.path not in paths:
                self.shut(role)
        for role in wanted:
            live = self._login_role(role.mount, role.type, role.name)
            if live is None or self._reader.weighed(live).text != role.text:
                self._client.write(f"auth/{role.mount}/role/{segment(role.name)}", role.body)
                yield role

    def _look_again(self, task: _Task) -> None:
        if task.entity is None or not task.written:
            return
        live = self._live(self._reader.entity(task.entity.id))
        for name, wanted in task.change.attributes.items():
            if name in live and live[name] != wanted:
                raise Conflict(f"somebody else changed the {name} of {task.entity.name} at the same time; run again")

    def _live(self, entity: Entity) -> Mapping[str, str]:
        return live_attributes(
            entity,
            selectors=self._target.population.any_.metadata,
            declared=self._sought.declared,
            roles=[self._reader.weighed(role) for role in self.login_roles(entity)],
            second=None,
        )

    def _login_role(self, mount: str, type_: str, name: str) -> LoginRole | None:
        try:
            return self._reader.login_role(mount, type_, name)
        except Missing:
            return None

    @cached_property
    def _mounts(self) -> Mapping[str, Mount]:
        return self._reader.mounts()
