from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.vault.client import Patience, VaultClient
from connectors.vault.failures import retry_after
from reconciler.errors import CredentialError, RateLimited, TargetError, Unreachable
from reconciler.plan.changes import DisableAccount
from reconciler.ports import OutcomeStatus
from tests.contract.vault_world import IMPATIENT, WHY, VaultWorld
from tests.contract.worlds import Fault, FaultProxy


def client(vault: VaultWorld, address: str, patience: Patience = IMPATIENT) -> VaultClient:
    return VaultClient("vault", address, vault.token, namespace=None, ca=vault.certificates.ca, patience=patience)


def test_a_token_is_never_sent_in_the_clear(vault: VaultWorld) -> None:
    """An address without TLS is refused before any call."""
    with pytest.raises(CredentialError, match="https"):
        client(vault, "http://vault.example")


def test_a_redirect_is_not_followed(vault: VaultWorld, proxy: FaultProxy) -> None:
    """The token goes to the declared address alone; that we are sent elsewhere is an error."""
    proxy.fault = Fault("lookup-self", status=307, headers={"Location": f"{proxy.address}/v1/sys/health"})
    with closing(client(vault, proxy.address)) as made, pytest.raises(Unreachable, match="elsewhere"):
        made.read("auth/token/lookup-self")
    assert proxy.calls == ["GET /v1/auth/token/lookup-self"]


def test_a_certificate_of_another_authority_is_refused_at_once(vault: VaultWorld) -> None:
    """Without the CA there is no connection, and the error says what to declare."""
    made = VaultClient("vault", vault.address, vault.token, namespace=None, ca=None, patience=IMPATIENT)
    with closing(made), pytest.raises(Unreachable, match="caFile"):
        made.health()


def test_the_server_says_how_long_to_wait(vault: VaultWorld, proxy: FaultProxy) -> None:
    """`Retry-After` is waited for, and then the call works."""
    pauses: list[float] = []
    proxy.fault = Fault("lookup-self", status=429, headers={"Retry-After": "3"}, times=2)
    patience = replace(IMPATIENT, attempts=5, total=30, sleep=pauses.append)
    with closing(client(vault, proxy.address, patience)) as made:
        assert made.read("auth/token/lookup-self")["orphan"] is True
    assert [round(pause) for pause in pauses] == [3, 3]


def test_waiting_has_an_end(vault: VaultWorld, proxy: FaultProxy) -> None:
    """A server that asks for more than the total time is not waited for, and its wish is told on."""
    pauses: list[float] = []
    proxy.fault = Fault("lookup-self", status=429, headers={"Retry-After": "3600"})
    patience = replace(IMPATIENT, attempts=50, total=10, sleep=pauses.append)
    with closing(client(vault, proxy.address, patience)) as made, pytest.raises(RateLimited) as caught:
        made.read("auth/token/lookup-self")
    assert caught.value.retry_after == 3600
    assert pauses == []


def test_the_clock_is_the_servers(vault: VaultWorld) -> None:
    """The present is what the server's answers say."""
    with closing(client(vault, vault.address)) as made:
        made.health()
        assert abs(made.now - datetime.now(UTC)) < timedelta(seconds=5)


def test_an_instant_to_wait_for_becomes_seconds() -> None:
    """`Retry-After` may be a number or a date; nonsense is nothing."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after({"Retry-After": "7"}) == 7
    assert 50 < (retry_after({"Retry-After": later}) or 0) <= 60
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({}) is None


@pytest.mark.parametrize("name", ["a/b", "a?b=c", "a#b", "a b", "ü", "%2e%2e"])
def test_a_name_stays_one_part_of_its_path(vault: VaultWorld, name: str) -> None:
    """Whatever somebody called an entity, it is that entity which is closed."""
    id_ = vault.entity(f"vendor_{name}")
    change = DisableAccount(target="vault", stable_id=vault.stable_id, reasons=WHY, account=id_)
    with closing(vault.connector()) as connector:
        (outcome,) = connector.apply([change])
    assert outcome.status is OutcomeStatus.DONE, outcome.text
    assert vault.raw("GET", f"identity/entity/id/{id_}")["disabled"] is True


def test_a_name_that_climbs_is_refused_and_said(vault: VaultWorld) -> None:
    """The server takes no name with `..` in a path: the account fails loudly, and nothing else is touched."""
    id_ = vault.entity("vendor_a/../../sys/seal")
    change = DisableAccount(target="vault", stable_id=vault.stable_id, reasons=WHY, account=id_)
    with closing(vault.connector()) as connector:
        (outcome,) = connector.apply([change])
    vault.raw("DELETE", f"identity/entity/id/{id_}")
    assert outcome.status is OutcomeStatus.FAILED
    assert "relative paths" in outcome.text


def test_no_error_shows_the_token(vault: VaultWorld, proxy: FaultProxy) -> None:
    """A server that repeats the token in its answer does not make us repeat it."""
    proxy.fault = Fault("lookup-self", status=400, body=vault.refusal(400))
    with closing(client(vault, proxy.address)) as made, pytest.raises(TargetError) as caught:
        made.read("auth/token/lookup-self")
    assert vault.token not in str(caught.value)
    assert vault.token not in repr(made)
