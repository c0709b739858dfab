from contextlib import closing

import pytest

from connectors.vault import CONNECTOR
from connectors.vault.policies import render
from tests.contract.vault_world import VaultWorld, target_spec

SECRET_READ = render({"secret/data/*": frozenset({"read"})})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "secret/data/acme/prod/db", None),
        ("LIST", "secret/metadata/acme", None),
        ("POST", "sys/policies/acl/platform", {"policy": SECRET_READ}),
        ("POST", "sys/policies/acl/guestlist-reconciler", {"policy": SECRET_READ}),
        ("DELETE", "sys/policies/acl/default", None),
        ("POST", "identity/entity/name/employee", {"policies": ["x"]}),
        ("POST", "identity/entity/name/vendor_x", {"metadata": {"a": "b"}}),
        ("POST", "identity/entity", {"name": "vendor_y", "policies": ["x"]}),
        ("POST", "identity/entity-alias", {}),
        ("POST", "auth/token/create", {"policies": ["root"]}),
        ("POST", "sys/auth/evil", {"type": "userpass"}),
        ("PUT", "sys/seal", None),
    ],
)
def test_our_own_token_cannot_do_what_guestlist_never_does(
    vault: VaultWorld, method: str, path: str, body: object
) -> None:
    """The generated policy reads no secret, and writes nothing outside the population."""
    assert vault.raw.status(method, path, body, token=vault.token) == 403


def test_our_own_token_cannot_give_a_group_anything(vault: VaultWorld) -> None:
    """Of a group, only who is in it can be changed."""
    id_ = vault.raw("POST", "identity/group", {"name": "rights-of-groups"})["id"]
    path = f"identity/group/id/{id_}"
    assert vault.raw.status("POST", path, {"policies": ["root"]}, token=vault.token) == 403
    assert vault.raw.status("POST", path, {"member_entity_ids": []}, token=vault.token) == 204


def test_observing_needs_no_right_to_write() -> None:
    """The policy of a target in observe cannot change anything."""
    spec = target_spec().model_copy(update={"mode": "observe"})
    text = CONNECTOR.least_rights(spec)
    assert not [word for word in ('"create"', '"delete"', "revoke-accessor", "entity/name") if word in text]


def test_a_root_token_is_told_off(vault: VaultWorld) -> None:
    """A token that may do everything works, and the diagnosis says that it is too much."""
    with closing(vault.connector(token=vault.raw.root)) as connector:
        findings = connector.diagnose()
    assert [finding.topic for finding in findings if finding.ok is False] == ["excess rights"]


def test_rights_that_are_missing_or_too_many_are_named(vault: VaultWorld) -> None:
    """Each lacking right is named with what it is for, and so is each that is too much."""
    text = vault.raw("GET", "sys/policies/acl/guestlist-reconciler")["policy"]
    text = text.replace('path "identity/entity/name/vendor_*"', 'path "identity/entity/name/other_*"')
    vault.raw("POST", "sys/policies/acl/crooked", {"policy": text + SECRET_READ})
    token = vault.raw("POST", "auth/token/create", {"policies": ["crooked"]})["client_token"]
    with closing(vault.connector(token=token)) as connector:
        said = {finding.topic: finding.text for finding in connector.diagnose() if finding.ok is False}
    assert "identity/entity/name/vendor_*" in said["rights"]
    assert "secret/data/" in said["excess rights"]


def test_a_wrong_token_is_said_without_it(vault: VaultWorld) -> None:
    """Who we are cannot be answered: the diagnosis says so and ends."""
    with closing(vault.connector(token="s.not-a-token")) as connector:
        findings = connector.diagnose()
    assert findings[-1].ok is False
    assert not [finding for finding in findings if "s.not-a-token" in finding.text]
