"""The connection to one Salesforce org: the engine's port over the client, and how to open one."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from connectors.salesforce.auth import ClientCredentialsLogin, JwtLogin, Login
from connectors.salesforce.bindings import Bindings
from connectors.salesforce.client import Client, Session
from connectors.salesforce.closing import Accounts
from connectors.salesforce.declarations import JwtBearer, Population, SalesforceSchema, SalesforceTarget
from connectors.salesforce.diagnosis import diagnose
from connectors.salesforce.mapping import is_user_id
from connectors.salesforce.rights import permission_set
from connectors.salesforce.survey import Survey
from reconciler.desired.kinds import TargetSchema
from reconciler.desired.models import TargetSpec
from reconciler.errors import DeclarationError, TargetError
from reconciler.model import Live
from reconciler.plan.changes import AnyChange, DisableAccount, EnableAccount, GrantBinding, RevokeBinding, SetEnd
from reconciler.ports import Connector, Credentials, Finding, Outcome, OutcomeStatus, Sought


class SalesforceConnector:
    """One org, for one run."""

    def __init__(self, name: str, population: Population, client: Client) -> None:
        self._name = name
        self._population = population
        self._client = client
        self._survey = Survey(client, name, population)
        self._bindings = Bindings(client, self._survey)
        self._accounts = Accounts(client)

    def observe(self, sought: Sought) -> Live:
        """Read the population; see the port."""
        return self._survey.observe(sought)

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """Write the changes; see the port. Whatever fails is the outcome of the changes it concerns."""
        mine: list[AnyChange] = []
        try:
            org, own = self._client.token.org, self._client.token.user
        except TargetError as error:
            yield from (_failed(change, str(error)) for change in changes)
            return
        for change in changes:
            if change.stable_id != org:
                yield _failed(change, f"it was planned for the org {change.stable_id}, and this is {org}")
            elif not is_user_id(change.account):
                yield _failed(change, "it names no user of a Salesforce org")
            elif change.account == own:
                yield _failed(change, "it would change guestlist's own user")
            else:
                mine.append(change)
        for kind in dict.fromkeys(type(change) for change in mine):
            yield from self._each([change for change in mine if type(change) is kind])

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        """Logins, sessions and OAuth tokens left of closed accounts; see the port."""
        return self._accounts.residue(accounts)

    def diagnose(self) -> Sequence[Finding]:
        """What the doctor says; see the port."""
        return list(diagnose(self._client, self._population, datetime.now(UTC)))

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _each(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """The outcomes of changes of one kind; those that an error left without one fail with it."""
        left = {id(change): change for change in changes}
        try:
            for outcome in self._write(changes):
                left.pop(id(outcome.change))
                yield outcome
        except TargetError as error:
            yield from (_failed(change, str(error)) for change in left.values())

    def _write(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        match changes[0]:
            case GrantBinding():
                return self._bindings.grant([change for change in changes if isinstance(change, GrantBinding)])
            case RevokeBinding():
                return self._bindings.revoke([change for change in changes if isinstance(change, RevokeBinding)])
            case SetEnd():
                return self._bindings.set_end([change for change in changes if isinstance(change, SetEnd)])
            case DisableAccount():
                return self._accounts.disable([change for change in changes if isinstance(change, DisableAccount)])
            case EnableAccount():
                return self._accounts.enable([change for change in changes if isinstance(change, EnableAccount)])
            case _:
                return iter([_failed(change, "roles are not defined in Salesforce by guestlist") for change in changes])


def _failed(change: AnyChange, why: str) -> Outcome:
    return Outcome(change, OutcomeStatus.FAILED, why)


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
        )
        return SalesforceConnector(name, target.population, client)

    def least_rights(self, spec: TargetSpec) -> str:
        """A permission set for guestlist's user, as Metadata API XML."""
        _mine(spec)
        return permission_set()


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
