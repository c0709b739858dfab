"""Ending many tokens in one stage: workers never wait for each other, and the vault is searched once for all."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import closing
from itertools import count

import pytest

from connectors.vault.connector import VaultConnector
from connectors.vault.reading import Reader
from reconciler.model import Native
from reconciler.plan.changes import DeleteRole, RevokeBinding
from reconciler.ports import OutcomeStatus, Sought
from tests.connectors.vault.partners import READ
from tests.contract.vault_world import WHY, VaultWorld

DONE, ALREADY = OutcomeStatus.DONE, OutcomeStatus.ALREADY
MANY = 8
_numbers = count(1)


def orphans(vault: VaultWorld, unique: str) -> list[str]:
    """Tokens of nobody with a policy each, so that each is of an origin of its own."""
    tokens = []
    for number in range(MANY):
        vault.raw("POST", f"sys/policies/acl/vendor_{unique}_{number}", {"policy": READ})
        body = {"policies": [f"vendor_{unique}_{number}"], "period": "1h"}
        tokens.append(vault.raw("POST", "auth/token/create-orphan", body)["client_token"])
    return tokens


def removals(vault: VaultWorld, connector: VaultConnector, unique: str) -> list[DeleteRole]:
    live = connector.observe(Sought())
    return [
        DeleteRole(
            target="vault",
            stable_id=vault.stable_id,
            reasons=WHY,
            native=native,
            before={"definition": seen.digest},
            definition=seen,
        )
        for native, seen in live.definitions.items()
        if native.kind == "token" and unique in native.name
    ]


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each time that the accessors of all tokens are listed."""
    seen: list[None] = []
    listed = Reader.accessors

    def accessors(reader: Reader) -> object:
        seen.append(None)
        return listed(reader)

    monkeypatch.setattr(Reader, "accessors", accessors)
    return seen


def test_more_kinds_of_tokens_than_workers_are_ended_by_one_search(
    vault: VaultWorld, connector: VaultConnector, searches: list[None]
) -> None:
    """Eight kinds and four workers: one search finds them, and a second one sees that none is left."""
    unique = f"many{next(_numbers)}"
    tokens = orphans(vault, unique)
    changes = removals(vault, connector, unique)
    assert len(changes) == MANY
    searches.clear()
    assert {outcome.status for outcome in connector.apply(changes)} == {DONE}
    assert len(searches) == 2
    assert {vault.raw.status("GET", "auth/token/lookup-self", token=token) for token in tokens} == {403}
    assert {outcome.status for outcome in connector.apply(changes)} == {ALREADY}


def test_tokens_of_many_accounts_are_ended_by_one_search(
    vault: VaultWorld, connector: VaultConnector, searches: list[None]
) -> None:
    """What one account loses is not another's, and nobody's search is repeated for the next."""
    keys = []
    for _ in range(MANY):
        account, _name, alias = vault.person()
        token = vault.login(alias)["client_token"]
        made = vault.raw("GET", "auth/token/lookup-self", token=token)
        keys.append((account, made["path"], token))
    connector.observe(Sought())
    asked = [
        RevokeBinding(
            target="vault", stable_id=vault.stable_id, reasons=WHY, account=account, native=Native("token", path)
        )
        for account, path, _ in keys[1:]
    ]
    searches.clear()
    outcomes = list(connector.apply(asked))
    assert [outcome.change.account for outcome in outcomes] == [account for account, _, _ in keys[1:]]
    assert len(searches) == 2
    assert vault.raw.status("GET", "auth/token/lookup-self", token=keys[0][2]) == 200
    assert {vault.raw.status("GET", "auth/token/lookup-self", token=token) for _, _, token in keys[1:]} == {403}


@pytest.mark.parametrize("depth", [1, 3])
def test_work_within_work_needs_no_worker_of_its_own(vault: VaultWorld, depth: int) -> None:
    """However deep and wide, everything comes back, in order."""
    with closing(vault.connector()) as connector:
        reader = connector._reader

        def below(level: int) -> int:
            return 1 if level == 0 else sum(reader.spread(below, [level - 1] * MANY))

        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(below, depth + 1)
            try:
                assert found.result(timeout=60) == MANY ** (depth + 1)
            except Late:  # let the waiting threads go, or the process would not end
                reader.close()
                raise
