"""Closes, opens and retires accounts. A freeze only stops logins: sessions and OAuth tokens end with it, read back.

To retire is to deactivate: the licence is free again, and nobody but an administrator brings the account back. A portal
user is deactivated like any other; `IsPortalEnabled` is never touched, because that cannot be undone and lets go of the
contact (Salesforce object reference, User).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.leftovers import leftovers
from connectors.salesforce.mapping import flag, identifier, text, user
from connectors.salesforce.reading import read, whole
from connectors.salesforce.records import Records
from connectors.salesforce.rights import SEES_TOKENS
from reconciler.errors import TargetError
from reconciler.plan.changes import DisableAccount, EnableAccount
from reconciler.ports import Outcome, OutcomeStatus

LOGIN = "UserLogin"
SESSION = "AuthSession"
USER = "User"
_NEEDED = frozenset({"FIELD_INTEGRITY_EXCEPTION", "CANNOT_DEACTIVATE_USER", "DEPENDENCY_EXISTS"})
"""How an org says that it needs a user (Salesforce Help, "Considerations for Deactivating Users")."""
_DEPENDED = (
    "the org does not let the user be deactivated, because something depends on it (it is a default owner, or stands "
    "in a hierarchy field); put somebody else there in Setup. It stays frozen"
)
TOGETHER = 20
"""Users whose tokens are read in one query, which shows at most 2,500 (object reference, OauthToken)."""


@dataclass(slots=True)
class _State:
    """One account, as far as it can be used."""

    name: str
    active: bool
    login: str | None = None
    frozen: bool = False
    sessions: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list, repr=False)

    @property
    def left(self) -> str:
        """What of it is still alive; empty when nothing."""
        parts = [
            f"{len(some)} {word}{'' if len(some) == 1 else 's'}"
            for some, word in ((self.sessions, "session"), (self.tokens, "OAuth token"))
            if some
        ]
        return " and ".join(parts)


class Accounts:
    """Closes and opens accounts of one org."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._records = Records(client)

    def disable(self, changes: Sequence[DisableAccount]) -> Iterator[Outcome]:
        """Freeze first, so that nobody logs in meanwhile; then end tokens, then sessions; then look; then retire."""
        before = self._logins({change.account for change in changes})
        thawed = {account: state for account, state in before.items() if not state.frozen}
        troubles = self._freeze(thawed, frozen=True)
        ended = self._swept(before, troubles)
        retiring = {change.account for change in changes if change.retire}
        leaving = [one for one, state in before.items() if one in retiring and state.active and one not in troubles]
        troubles |= self._deactivate(leaving)
        for change in changes:
            if change.account not in before:
                yield _failed(change, "the org has no such user; plan again")
            elif change.account in troubles:
                yield _failed(change, troubles[change.account])
            elif change.account in thawed or change.account in ended or change.account in leaving:
                yield Outcome(change, OutcomeStatus.DONE)
            else:
                yield Outcome(change, OutcomeStatus.ALREADY, "it was frozen, with nothing left alive")

    def enable(self, changes: Sequence[EnableAccount]) -> Iterator[Outcome]:
        """End everything from before, look, and only then unfreeze: a login that comes back would revive it."""
        before = self._logins({change.account for change in changes})
        closed = {account: state for account, state in before.items() if state.frozen}
        troubles: dict[str, str] = {}
        self._swept(closed, troubles)
        for account, state in before.items():
            if not state.active:
                troubles[account] = "the user is deactivated; whoever did so must activate it in Setup first"
        ready = {account: state for account, state in closed.items() if account not in troubles}
        troubles |= self._freeze(ready, frozen=False)
        for change in changes:
            if change.account not in before:
                yield _failed(change, "the org has no such user; plan again")
            elif change.account in troubles:
                yield _failed(change, troubles[change.account])
            elif change.account in closed:
                yield Outcome(change, OutcomeStatus.DONE)
            else:
                yield Outcome(change, OutcomeStatus.ALREADY, "it was not frozen")

    def residue(self, accounts: Sequence[str]) -> list[str]:
        """What of the given accounts is still alive, or cannot be seen, a sentence each."""
        states = self._logins(accounts)
        blind = self._look(states)
        found = [blind] if blind else []
        for state in states.values():
            if state.active and not state.frozen:
                found.append(f"{state.name} can log in: it is neither frozen nor deactivated")
            if state.left:
                found.append(f"{state.name} has {state.left} left")
        retired = {account: state.name for account, state in states.items() if not state.active}
        return [*found, *leftovers(self._client, retired)]

    def _logins(self, accounts: Iterable[str]) -> dict[str, _State]:
        """The given accounts that exist, and whether they are frozen."""
        queries = []
        for ids in soql.chunks(accounts):
            queries += [soql.users(soql.one_of("Id", ids)), soql.logins(ids)]
        states: dict[str, _State] = {}
        frozen = []
        for answer in read(self._client, queries):
            for row in whole([answer]):
                if answer.query.topic == "users":
                    someone = user(row)
                    states[someone.id] = _State(someone.username, someone.active)
                else:
                    frozen.append(row)
        for row in frozen:
            state = states.get(identifier(row, "UserId"))
            if state is not None:
                state.login, state.frozen = identifier(row, "Id"), flag(row, "IsFrozen")
        return states

    def _look(self, states: Mapping[str, _State]) -> str:
        """Find the sessions and tokens of the given accounts; why tokens cannot be seen, or nothing."""
        if not states:
            return ""
        names = sorted(states)
        queries = [soql.sessions(soql.one_of("UsersId", ids)) for ids in soql.chunks(names)]
        tokens = [soql.tokens(names[start : start + TOGETHER]) for start in range(0, len(names), TOGETHER)]
        sees, *answers = read(self._client, [SEES_TOKENS, *queries, *tokens])
        for state in states.values():
            state.sessions, state.tokens = [], []
        for row in whole(answers[: len(queries)]):
            states[identifier(row, "UsersId")].sessions.append(identifier(row, "Id"))
        try:
            for row in whole(answers[len(queries) :]):
                states[identifier(row, "UserId")].tokens.append(text(row, "DeleteToken"))
            if any(flag(row, "PermissionsCustomizeApplication") for row in whole([sees])):
                return ""
        except TargetError as error:
            return str(error)
        return "reading OAuth tokens: our user sees only its own; it needs Customize Application (`guestlist doctor`)"

    def _swept(self, states: Mapping[str, _State], troubles: dict[str, str]) -> set[str]:
        """End what is alive of these accounts and look again; adds to `troubles`, gives the accounts that had any."""
        try:
            blind = self._look(states)
            alive = {account: state for account, state in states.items() if state.left}
            wrong = self._end(alive)
            blind = self._look(alive) or blind
        except TargetError as error:
            alive, wrong, blind = {}, {}, str(error)
        for account, state in alive.items():
            if state.left:
                troubles.setdefault(account, f"{state.left} cannot be ended: {wrong.get(account, 'run again')}")
        if blind:
            for account in states:
                troubles.setdefault(account, f"whether everything has ended is not known: {blind}")
        return set(alive)

    def _freeze(self, states: Mapping[str, _State], *, frozen: bool) -> dict[str, str]:
        """Freeze or unfreeze; why not, by account."""
        known = [account for account, state in states.items() if state.login is not None]
        results = self._records.update(LOGIN, [{"id": states[account].login, "IsFrozen": frozen} for account in known])
        troubles = {account: result.text for account, result in zip(known, results, strict=True) if not result.done}
        for account in states.keys() - set(known):
            troubles[account] = "the org has no login record of this user, so it cannot be frozen"
        return troubles

    def _deactivate(self, accounts: Sequence[str]) -> dict[str, str]:
        """Deactivate; why not, by account. What depends on a user is somebody's to move in Setup first."""
        results = self._records.update(USER, [{"id": account, "IsActive": False} for account in accounts])
        return {
            account: f"{result.code}: {_DEPENDED}" if result.code in _NEEDED else result.text
            for account, result in zip(accounts, results, strict=True)
            if not result.done
        }

    def _end(self, states: Mapping[str, _State]) -> dict[str, str]:
        """Revoke tokens, then delete sessions; what went wrong, by account.

        Sessions last: a frozen account with a session is planned again, so what a killed run left is found by it.
        """
        troubles: dict[str, str] = {}
        for account, state in states.items():
            for token in state.tokens:
                trouble = self._revoke(token)
                if trouble:
                    troubles[account] = trouble
        ids = [(account, session) for account, state in states.items() for session in state.sessions]
        results = self._records.delete(SESSION, [session for _, session in ids])
        for (account, _), result in zip(ids, results, strict=True):
            if not result.done and not result.gone:
                troubles[account] = result.text
        return troubles

    def _revoke(self, token: str) -> str:
        try:
            fault = self._client.revoke(token)
        except TargetError as error:
            return str(error)
        return "" if fault is None else f"an OAuth token cannot be revoked: {fault.text}"


def _failed(change: DisableAccount | EnableAccount, why: str) -> Outcome:
    return Outcome(change, OutcomeStatus.FAILED, why)
