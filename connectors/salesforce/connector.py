"""The connection to one Salesforce org: the engine's port over the client, and how to open one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from connectors.salesforce.adoption import adoption
from connectors.salesforce.auth import ClientCredentialsLogin, JwtLogin, Login
from connectors.salesforce.client import Client, Session
from connectors.salesforce.declarations import JwtBearer, Population, SalesforceSchema, SalesforceTarget
from connectors.salesforce.diagnosis import diagnose
from connectors.salesforce.mapping import is_user_id
from connectors.salesforce.outcomes import failed
from connectors.salesforce.rights import permission_set
from connectors.salesforce.survey import Survey
from connectors.salesforce.writing import Writers
from reconciler.desired.kinds import TargetSchema
from reconciler.desired.models import TargetSpec
from reconciler.errors import DeclarationError, TargetError
from reconciler.model import Live, is_provisional
from reconciler.plan.changes import AnyChange, CreateAccount, CreateRole, DeleteRole, UpdateRole
from reconciler.ports import Adoption, Connector, Credentials, Finding, Outcome, Sought


class SalesforceConnector:
    """One org, for one run; `target` is what Settings say of it, where they say more than its population."""

    def __init__(
        self, name: str, population: Population, client: Client, target: SalesforceTarget | None = None
    ) -> None:
        self._population = population
        self._client = client
        self._writes = target is None or target.writes
        self._survey = Survey(client, name, population, target)
        self._writers = Writers(client, self._survey, None if target is None else target.new_accounts)

    def observe(self, sought: Sought) -> Live:
        """Read the population; see the port."""
        return self._survey.observe(sought)

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """Write the changes; see the port. Whatever fails is the outcome of the changes it concerns."""
        try:
            org, own = self._client.token.org, self._client.token.user
        except TargetError as error:
            yield from (failed(change, str(error)) for change in changes)
            return
        mine: list[AnyChange] = []
        planned: dict[int, AnyChange] = {}
        for change in changes:
            real = self._real(change)
            trouble = _refusal(real, org, own)
            if trouble:
                yield failed(change, trouble)
            else:
                planned[id(real)] = change
                mine.append(real)
        for kind in dict.fromkeys(type(change) for change in mine):
            for outcome in self._each([change for change in mine if type(change) is kind]):
                yield replace(outcome, change=planned[id(outcome.change)])

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        """Logins, sessions and OAuth tokens left of closed accounts, and whatever retired ones hold; see the port."""
        return self._writers.accounts.residue(accounts)

    def adopt(self, live: Live) -> Adoption:
        """The population in the words of declarations; see the port. Reads nothing more."""
        return adoption(live)

    def diagnose(self) -> Sequence[Finding]:
        """What the doctor says; see the port."""
        return list(diagnose(self._client, self._population, datetime.now(UTC), writes=self._writes))

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _real(self, change: AnyChange) -> AnyChange:
        """The change with the id of the account that this run made, where the plan only knew a provisional one."""
        made = self._writers.people.made.get(change.account)
        return change if made is None or isinstance(change, CreateAccount) else replace(change, account=made)

    def _each(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """The outcomes of changes of one kind; those that an error left without one fail with it."""
        left = {id(change): change for change in changes}
        try:
            for outcome in self._writers.write(changes):
                left.pop(id(outcome.change))
                yield outcome
        except TargetError as error:
            yield from (failed(change, str(error)) for change in left.values())


def _refusal(change: AnyChange, org: str, own: str) -> str:
    """Why a change is not for this org or not for anybody to make; empty when it is."""
    if change.stable_id != org:
        return f"it was planned for the org {change.stable_id}, and this is {org}"
    if isinstance(change, CreateRole | UpdateRole | DeleteRole):
        return ""
    if isinstance(change, CreateAccount):
        return "" if is_provisional(change.account) else "it would make an account that there is already"
    if is_provisional(change.account):
        return "its account could not be made"
    if not is_user_id(change.account):
        return "it names no user of a Salesforce org"
    return "it would change guestlist's own user" if change.account == own else ""


class SalesforceKind:
    """Salesforce as a kind of target."""

    @property
    def schema(self) -> TargetSchema:
        """How its targets are declared."""
        return SalesforceSchema()

    def connect(self, name: str, spec: TargetSpec, credentials: Credentials) -> Connector:
        """A connection to the org; logs in with its first call."""
        target = _mine(spec)
        trusted = None if target.ca_file is None else str(credentials.path(target.ca_file))
        client = Client(
            credentials.text(target.url).strip(),
            _login(target, credentials),
            target.api_version,
            Session(trusted),
            percent=target.daily_calls,
        )
        return SalesforceConnector(name, target.population, client, target)

    def least_rights(self, spec: TargetSpec) -> str:
        """A permission set for guestlist's user, as Metadata API XML; less where no vendor's mode lets it write."""
        return permission_set(writes=_mine(spec).writes)


def _mine(spec: TargetSpec) -> SalesforceTarget:
    if not isinstance(spec, SalesforceTarget):
        raise DeclarationError("not the declaration of a Salesforce target")
    return spec


def _login(target: SalesforceTarget, credentials: Credentials) -> Login:
    auth = target.auth
    client_id = credentials.text(auth.client_id).strip()
    if isinstance(auth, JwtBearer):
        return JwtLogin(client_id, auth.username, credentials.text(auth.private_key), auth.audience)
    return ClientCredentialsLogin(client_id, credentials.text(auth.client_secret).strip())
