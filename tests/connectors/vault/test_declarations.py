import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.vault import CONNECTOR
from connectors.vault.declarations import VaultAlias
from reconciler.model import AccountKey
from tests.contract.vault_world import role, target_spec


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("acme/../northwind", "climbs"),
        ("./acme", "climbs"),
        ("acme/*", "glob"),
        ("acme/+/db", "glob"),
        ("acme/{{identity.entity.name}}", "template"),
        ("/acme", "slash"),
        ("acme//db", "slash"),
        ("acme/", "slash"),
        ('acme"x', "only contain"),
        ("acme\ndb", "only contain"),
        ("acme/${x}", "only contain"),
        ("acme/%2e%2e", "only contain"),
        ("", "at least 1"),
    ],
)
def test_a_path_that_is_not_one_object_is_refused_with_the_reason(path: str, said: str) -> None:
    """A role names objects, so nothing that could mean another one is accepted."""
    with pytest.raises(ValidationError, match=said):
        role("read", path=path)


@pytest.mark.parametrize(("prefix", "said"), [("", "too much"), ("ve", "too much"), ("ext_", "does not select")])
def test_a_prefix_that_selects_everything_or_not_our_own_is_refused(prefix: str, said: str) -> None:
    """The prefix must be narrow, and must select the names that guestlist makes."""
    with pytest.raises(ValidationError, match=said):
        target_spec(any={"prefix": prefix})


@pytest.mark.parametrize(
    ("declared", "key"),
    [
        (None, AccountKey("name", "vendor_acme_maria.k")),
        ("Entity_5", AccountKey("name", "entity_5")),
        ({"mount": "auth/vendor-oidc/", "alias": "Maria@X"}, AccountKey("alias", "vendor-oidc/maria@x")),
    ],
)
def test_an_account_is_named_by_what_an_outsider_cannot_change(declared: object, key: AccountKey) -> None:
    """Names and aliases fold case as the server does, and an e-mail address is never a key."""
    account: str | VaultAlias | None = None
    if declared is not None:
        account = TypeAdapter[str | VaultAlias](CONNECTOR.schema.account_model).validate_python(declared)
    assert CONNECTOR.schema.account_key(account, vendor="acme", principal="maria.k", email="a@b.c") == key
