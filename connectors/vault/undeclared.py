"""Removal of what lets in, or holds rights, without any account: login roles, MFA rules, tokens of nobody."""

from collections.abc import Sequence

from connectors.vault.accounts import AccountWriter
from connectors.vault.client import segment
from connectors.vault.definitions import login_definition, ownerless, rule_definition
from connectors.vault.enforcement import MFA, RULE
from connectors.vault.logins import LOGIN_ROLE
from connectors.vault.mapping import Issued
from connectors.vault.tokens import TOKEN, ended_outcome, origin
from connectors.vault.working import Workplace
from reconciler.errors import Conflict, Missing, Rejected
from reconciler.model import Definition, Native
from reconciler.plan.changes import DeleteRole
from reconciler.ports import Outcome

_KINDS = frozenset({LOGIN_ROLE, MFA, TOKEN})


class UndeclaredWriter:
    """Removes definitions that guestlist never makes by themselves; each is looked at once more before."""

    def __init__(self, place: Workplace, accounts: AccountWriter) -> None:
        self._client = place.client
        self._reader = place.reader
        self._target = place.target
        self._population = place.population
        self._tokens = place.tokens
        self._accounts = accounts

    def knows(self, change: DeleteRole) -> bool:
        """Whether it is a thing of this kind."""
        return change.native is not None and change.native.kind in _KINDS

    @staticmethod
    def ends(change: DeleteRole) -> bool:
        """Whether it is tokens of nobody."""
        return change.native is not None and change.native.kind == TOKEN

    def remove(self, change: DeleteRole) -> bool:
        """Remove a login role or an MFA rule; whether there was one. Conflict when it is not what the plan has seen."""
        native = change.native or Native("", "")
        try:
            if native.kind == LOGIN_ROLE:
                self._login(native, change)
            else:
                self._rule(native, change)
        except Missing:
            return False
        return True

    def end(self, changes: Sequence[DeleteRole]) -> list[Outcome]:
        """End the tokens of nobody of those origins, by one search for all of them."""
        asked = {change.native.name for change in changes if change.native is not None}

        def wrong(one: Issued) -> str | None:
            return origin(one) if ownerless(one, self._population) and origin(one) in asked else None

        ended = self._tokens.end_by(wrong)
        return [ended_outcome(change, ended.get(change.native.name if change.native else "", 0)) for change in changes]

    def _login(self, native: Native, change: DeleteRole) -> None:
        mount, _, name = native.name.rpartition("/")
        if mount not in self._population.mounts:
            raise Rejected(f"{mount} is no mount of vendors alone; its login roles are never changed")
        login = self._target.logins.get(mount)
        role = self._reader.login_role(mount, "other" if login is None else login.type, name)
        _expect(change, login_definition(role))
        self._accounts.shut(role)

    def _rule(self, native: Native, change: DeleteRole) -> None:
        if not self._population.owns(native.name) or native.name == RULE:
            raise Rejected(f"the MFA rule {native.name} is outside the population; it is never changed")
        found = self._reader.enforcements().get(native.name)
        if found is None:
            raise Missing(native.name)
        _expect(change, rule_definition(found))
        self._client.delete(f"identity/mfa/login-enforcement/{segment(native.name)}")


def _expect(change: DeleteRole, live: Definition) -> None:
    seen = (change.before or {}).get("definition")
    if seen is not None and seen != live.digest:
        raise Conflict(f"{live.native.name} was changed meanwhile; run again")
