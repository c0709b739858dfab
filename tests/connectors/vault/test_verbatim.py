"""A policy word for word: garbage is refused where it is written, and full power is never held standing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.vault.compile import compile_role
from connectors.vault.declarations import VaultRole
from connectors.vault.policies import meaning
from connectors.vault.shape import no_policy
from reconciler.model import Risk
from tests.contract.vault_world import VaultWorld

ADMIN = 'capabilities = ["create", "read", "update", "delete", "list", "sudo"]'


def risks(text: str) -> tuple[Risk, ...]:
    role = VaultRole.model_validate({"connector": "vault", "policy": text})
    made = compile_role("r", role, vendor="v", principal="p").definition
    assert made is not None
    return made.risks


ADMINISTRATORS = [
    f'path "*" {{ {ADMIN} }}',
    f'path "*" {{ {ADMIN}\n min_wrapping_ttl = "0s" }}',
    f'path "*" {{ {ADMIN}\n allowed_parameters = {{ "*" = [] }} }}',
    f'path "*" {{ {ADMIN}\n expiration = "2999-01-01T00:00:00Z" }}',
    f'path "*" {{ {ADMIN} }}\npath "a" {{ capabilities = ["read"]\n denied_parameters = {{ "x" = [] }} }}',
    f'path "*" {{ capabilities = ["read"]\n {ADMIN} }}',
    'path "*" { policy = "sudo" }',
    'path "/*" {\n  capabilities = ["create", "sudo", "update"]\n}\n',
    'path "s\\u0079s/*" { capabilities = ["update"] }',
    '{"path": {"*": {"capabilities": ["sudo"], "min_wrapping_ttl": "0s"}}}',
    '{"path": {"*": {"capabilities": ["sudo"]}}}',
]


@pytest.mark.parametrize("text", ADMINISTRATORS)
def test_full_power_is_high_however_it_is_written(text: str) -> None:
    """Nothing that stands beside it, and no way to write it, makes it something that may be held standing."""
    assert any(risk.high for risk in risks(text))


_words = st.lists(st.sampled_from(["read", "list", "update", "sudo"]), min_size=1, unique=True)
_more = st.sampled_from(["", 'max_wrapping_ttl = "9h"', 'required_parameters = ["a"]', "denied_parameters = {}"])


@settings(max_examples=60)
@given(st.sampled_from(["secret/data/a", "sys/policies/acl/a", "*"]), _words, _more)
def test_what_is_not_read_with_certainty_is_high_and_what_is_has_the_risks_of_its_content(
    path: str, words: list[str], more: str
) -> None:
    """Either the content is known and speaks for itself, or the policy may allow anything."""
    quoted = ", ".join(f'"{word}"' for word in words)
    text = f'path "{path}" {{\n capabilities = [{quoted}]\n {more}\n}}'
    found = risks(text)
    assert ("verbatim", False) in {(risk.flag, risk.high) for risk in found}
    high = {risk.flag for risk in found if risk.high}
    if meaning(text).startswith("text:"):
        assert high == {"anything"}
    else:
        assert ("sudo" in high) == ("sudo" in words)
        assert ("administer" in high) == ("update" in words and path != "secret/data/a")


@pytest.mark.parametrize(
    "text",
    ["hello world", "read everything", 'path "a" { capabilities = ["read"]', "{", '{"path": ', "[]", "# nothing", "{}"],
)
def test_what_is_no_policy_is_refused_where_it_is_written(text: str) -> None:
    """Neither HCL nor JSON, or without a path: nobody can have meant it."""
    with pytest.raises(ValidationError, match="this is no policy"):
        VaultRole.model_validate({"connector": "vault", "policy": text})


@pytest.mark.parametrize("text", ADMINISTRATORS)
def test_what_the_server_takes_is_not_refused(vault: VaultWorld, text: str) -> None:
    """Odd as it is, it is a policy for the server, and for the declaration too."""
    if vault.raw.status("POST", "sys/policies/acl/odd", {"policy": text}) == 204:
        assert no_policy(text) is None
