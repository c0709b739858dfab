from collections.abc import Mapping
from contextlib import closing

import pytest

from connectors.vault import CONNECTOR
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultTarget
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
        ("POST", "identity/entity/name/employee", {"metadata": {"a": "b"}}),
        ("POST", "identity/entity/id/employee", {"policies": ["x"]}),
        ("DELETE", "identity/entity/name/employee", None),
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


BY_NAME = {"any": {"prefix": "vendor_"}}
BY_MOUNT = {"any": {"mounts": ["vendor-oidc"]}}
BY_METADATA = {"any": {"metadata": {"kind": "vendor"}}}


def test_rights_by_name_are_narrow_where_the_prefix_alone_selects(vault: VaultWorld) -> None:
    """The server itself refuses a write of an entity outside the prefix."""
    token = vault.limited(target_spec(**BY_NAME))
    vault.entity("narrow-employee")
    vault.entity("vendor_narrow")
    write = {"policies": ["x"]}
    assert vault.raw.status("POST", "identity/entity/name/narrow-employee", write, token=token) == 403
    assert vault.raw.status("POST", "identity/entity/name/vendor_narrow", write, token=token) == 204


@pytest.mark.parametrize("population", [BY_MOUNT, BY_METADATA])
def test_the_policy_says_how_far_it_reaches(population: dict[str, object]) -> None:
    """Where entities of any name are selected, the right is for all of them, and the comment above it says so."""
    before, _ = CONNECTOR.least_rights(target_spec(**population)).split('path "identity/entity/name/*"')
    assert "EVERY entity" in before
    assert "EVERY entity" not in CONNECTOR.least_rights(target_spec(**BY_NAME))


@pytest.mark.parametrize("population", [BY_NAME, BY_MOUNT, BY_METADATA])
def test_the_generated_rights_suffice_for_the_population_they_were_made_for(
    vault: VaultWorld, population: dict[str, object]
) -> None:
    """The diagnosis and the policy come from one table."""
    spec = target_spec(**population)
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        found = [finding.text for finding in connector.diagnose() if finding.topic == "rights"]
    assert found == ["our rights suffice"]


@pytest.mark.parametrize("population", [BY_MOUNT, BY_METADATA])
def test_rights_for_the_prefix_do_not_suffice_for_a_wider_population(
    vault: VaultWorld, population: dict[str, object]
) -> None:
    """Whoever selects by mount or metadata and may only write the prefix is told before a run fails."""
    token = vault.limited(target_spec(**BY_NAME))
    with closing(vault.connector(spec=target_spec(**population), token=token)) as connector:
        lacking = [finding for finding in connector.diagnose() if finding.topic == "rights"]
    assert {finding.ok for finding in lacking} == {False}
    (one,) = [finding.text for finding in lacking if "identity/entity/name/* is missing" in finding.text]
    assert "update" in one
    assert "\n" not in one


LOGINS = {"vendor-oidc": {"type": "jwt", "boundAudiences": ["guestlist"]}}


def with_logins(population: Mapping[str, object]) -> VaultTarget:
    settings = target_spec(**population).model_dump(mode="json", by_alias=True, exclude_none=True)
    return VaultTarget.model_validate(settings | {"logins": LOGINS})


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (target_spec(**BY_NAME), False),
        (target_spec(**BY_MOUNT), True),
        (target_spec(**BY_METADATA), True),
        (with_logins(BY_NAME), True),
    ],
)
def test_the_diagnosis_says_where_entities_of_any_name_can_be_written(
    vault: VaultWorld,
    spec: VaultTarget,
    told: bool,  # noqa: FBT001
) -> None:
    """Exactly where the policy reaches beyond the prefix, whatever selects them."""
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        assert bool([one for one in connector.diagnose() if one.topic == "reach"]) is told
    assert ('path "identity/entity/name/*"' in CONNECTOR.least_rights(spec)) is told


def test_batch_tokens_are_named_as_what_cannot_be_revoked(connector: VaultConnector) -> None:
    """Everybody who asks learns that enabling an account gives its batch tokens their power back."""
    (finding,) = [finding for finding in connector.diagnose() if finding.topic == "batch tokens"]
    assert "cannot be revoked" in finding.text


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
    text = text.replace('path "identity/entity/name/*"', 'path "identity/entity/name/other_*"')
    vault.raw("POST", "sys/policies/acl/crooked", {"policy": text + SECRET_READ})
    token = vault.raw("POST", "auth/token/create", {"policies": ["crooked"]})["client_token"]
    with closing(vault.connector(token=token)) as connector:
        said = {finding.topic: finding.text for finding in connector.diagnose() if finding.ok is False}
    assert "identity/entity/name/*" in said["rights"]
    assert "secret/data/" in said["excess rights"]


def test_a_wrong_token_is_said_without_it(vault: VaultWorld) -> None:
    """Who we are cannot be answered: the diagnosis says so and ends."""
    with closing(vault.connector(token="s.not-a-token")) as connector:
        findings = connector.diagnose()
    assert findings[-1].ok is False
    assert not [finding for finding in findings if "s.not-a-token" in finding.text]
