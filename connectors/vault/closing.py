"""Closing accounts, opening them again, and what is left of closed ones.

Closed, in this order: the entity is disabled, so that nobody comes in; its login roles go, and the secret ids that they
gave; its tokens are ended, and with them their leases; its alias is taken off where only a role of its own lets anybody
in. Whatever fails, the rest is done all the same.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial

from connectors.vault.accounts import AccountWriter
from connectors.vault.attaching import together
from connectors.vault.client import segment
from connectors.vault.mapping import Entity
from connectors.vault.working import Workplace
from reconciler.errors import Missing, Rejected, TargetError
from reconciler.plan.changes import DisableAccount, EnableAccount
from reconciler.ports import Outcome, OutcomeStatus

_ALREADY, _DONE, _FAILED = OutcomeStatus.ALREADY, OutcomeStatus.DONE, OutcomeStatus.FAILED
_NO_ACCOUNT = "the account no longer exists"


class Closer:
    """Closes and opens accounts; `held` reads an entity and makes sure that it is one of the population."""

    def __init__(self, place: Workplace, accounts: AccountWriter, held: Callable[[str], Entity | None]) -> None:
        self._client = place.client
        self._reader = place.reader
        self._tokens = place.tokens
        self._accounts = accounts
        self._held = held

    def close(self, changes: Sequence[DisableAccount]) -> Iterator[Outcome]:
        """Disable, then take every way in and every token; one outcome for each account."""
        open_: dict[str, Entity] = {}
        problems: dict[str, list[str]] = {}
        shut: dict[str, int] = {}
        for change in changes:
            try:
                entity = self._held(change.account)
            except TargetError as error:
                yield Outcome(change, _FAILED, str(error))
                continue
            if entity is None:
                yield Outcome(change, _ALREADY, _NO_ACCOUNT)
                continue
            open_[change.account] = entity
            problems[change.account] = self._tried(entity, "it could not be disabled", self._disable)
            problems[change.account] += self._tried(
                entity, "its login roles could not be removed", lambda one: shut.update({one.id: self._shut(one)})
            )
        ended, left = self._end(open_.values())
        for change in changes:
            if change.account in open_:
                entity, wrong = open_[change.account], [*problems[change.account], *([left] if left else [])]
                if not wrong:
                    wrong += self._tried(
                        entity,
                        "its alias could not be taken off",
                        lambda one: shut.update({one.id: shut.get(one.id, 0) + self._accounts.unname(one)}),
                    )
                if not wrong and change.retire:
                    wrong += self._tried(entity, "it could not be deleted", self._delete)
                yield _closed(change, entity, ended.get(entity.id, 0), shut.get(entity.id, 0), wrong)

    def open(self, changes: Sequence[EnableAccount]) -> Iterator[Outcome]:
        """End what is left from before, and only then enable: enabling would give old tokens their power back."""
        for change in changes:
            yield from together([change], partial(self._open, change))

    def residue(self, accounts: Sequence[str]) -> Iterator[str]:
        """What is left of closed accounts, a sentence each."""
        entities = []
        for id_ in accounts:
            try:
                entities.append(self._reader.entity(id_))
            except Missing:
                continue
        for entity in entities:
            if not entity.disabled:
                yield f"{entity.name} is enabled"
            for role in self._accounts.login_roles(entity):
                secrets = len(self._reader.secret_ids(role.mount, role.name)) if role.type == "approle" else 0
                also = f", with {secrets} secret ids" if secrets else ""
                yield f"{entity.name} has the login role {role.path}{also}"
        for id_, accessors in self._tokens.of(entities).items():
            yield f"{len(accessors)} tokens of the entity {id_} are alive"

    def _open(self, change: EnableAccount) -> list[Outcome]:
        entity = self._held(change.account)
        if entity is None:
            return [Outcome(change, _FAILED, _NO_ACCOUNT)]
        if not entity.disabled:
            return [Outcome(change, _ALREADY)]
        try:
            self._accounts.forget_secret_ids(entity)
            self._tokens.end([entity])
        except TargetError as error:
            text = f"it stays disabled, because its old tokens could not all be ended: {error}"
            return [Outcome(change, _FAILED, text)]
        self._accounts.put(entity, {"disabled": False})
        return [Outcome(change, _DONE)]

    def _disable(self, entity: Entity) -> None:
        if not entity.disabled:
            self._accounts.put(entity, {"disabled": True})

    def _shut(self, entity: Entity) -> int:
        roles = self._accounts.login_roles(entity)
        for role in roles:
            self._accounts.shut(role)
        return len(roles)

    def _delete(self, entity: Entity) -> None:
        folded = entity.name.lower()
        if not self._accounts.named_as_ours(folded):
            raise Rejected(f"{entity.name} is not named as the population's are; delete it by hand")
        self._client.delete(f"identity/entity/name/{segment(folded)}")

    def _end(self, entities: Collection[Entity]) -> tuple[Mapping[str, int], str]:
        try:
            return self._tokens.end(entities), ""
        except TargetError as error:
            return {}, f"its tokens could not all be ended: {error}"

    @staticmethod
    def _tried(entity: Entity, sentence: str, work: Callable[[Entity], None]) -> list[str]:
        try:
            work(entity)
        except TargetError as error:
            return [f"{sentence}: {error}"]
        return []


def _closed(change: DisableAccount, entity: Entity, tokens: int, ways: int, wrong: Sequence[str]) -> Outcome:
    count = f"{tokens} of its tokens ended" if tokens else ""
    if wrong:
        disabled = "" if any("be disabled" in text for text in wrong) else "it is disabled, but "
        return Outcome(change, _FAILED, disabled + "; ".join(filter(None, [*wrong, count])))
    untouched = entity.disabled and not tokens and not ways and not change.retire
    return Outcome(change, _ALREADY if untouched else _DONE, count)
