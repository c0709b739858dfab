"""A vendor's person in the vault, from the declaration to the end, through the whole of guestlist."""

import io
import os
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from reconciler.cli.main import run
from tests.e2e.company import Company

MOUNT, ENTITY = "partners", "vendor_northwind-msp_kim.l"
SECRET = "secret/data/northwind/monitoring"
ALIAS = "kim.l@northwind-msp.example"
SETTINGS = """        any: {prefix: vendor_, mounts: [vendor-oidc]}
      accounts: create
      logins:
        partners: {type: jwt, boundAudiences: [partners], userClaim: email, ttl: 10m, maxTtl: 30m}
"""
KIM = f"""    - name: kim.l
      kind: human
      email: {ALIAS}
      proofing: {{method: in-person, by: mina.okafor, date: 2026-02-04, evidence: HR-910}}
      mfa: required
      accounts: {{vault: {{mount: partners, alias: {ALIAS}}}}}

  grants:
    - name: kims-monitoring
      target: vault
      role: vendor-monitoring-read
      principals: [kim.l]
      window: {{until: 2027-03-31}}
      reason: renews what the probes log in with
      ticket: CHG-4396
"""


class Kim:
    """Somebody declared, and the hands of everybody: the outsider's, the sponsor's and an intruder's."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.key = (company.directory / "vault" / "vendor-oidc-key.pem").read_text()
        desired = company.repository / "desired-state"
        self._settings = (desired / "guestlist.yaml").read_text()
        self._vendor = (desired / "vendors" / "northwind-msp.yaml").read_text()

    def declare(self) -> None:
        usual = "        any: {prefix: vendor_, mounts: [vendor-oidc]}\n"
        self.company.commit(
            "Let Kim in",
            guestlist=self._settings.replace(usual, SETTINGS),
            vendors__northwind_msp=self._vendor.replace("\n  grants:\n", "\n" + KIM),
        )

    def undeclare(self, *, settings: bool = False) -> None:
        files = {"guestlist": self._settings} if settings else {}
        self.company.commit("Let Kim go", vendors__northwind_msp=self._vendor, **files)

    def login(self) -> Any:  # noqa: ANN401 - an HTTP answer
        now = int(time.time())
        claims = {"email": ALIAS, "aud": "partners", "iat": now - 5, "nbf": now - 5, "exp": now + 600}
        body = {"role": ENTITY, "jwt": jwt.encode(claims, self.key, algorithm="ES256")}
        return self.company.vault.post(f"/v1/auth/{MOUNT}/login", json=body)


@pytest.fixture
def kim(company: Company) -> Iterator[Kim]:
    """A mount of its own for partners, and rights to keep its login roles; as before at the end."""
    made = Kim(company)
    before = company.read("sys/policies/acl/guestlist-reconciler")["policy"]
    company.write(f"sys/auth/{MOUNT}", type="jwt")
    public = serialization.load_pem_private_key(made.key.encode(), None).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    company.write(f"auth/{MOUNT}/config", jwt_validation_pubkeys=[pem.decode()])
    made.declare()
    company.write("sys/policies/acl/guestlist-reconciler", policy=_rights(company))
    try:
        yield made
    finally:
        made.undeclare(settings=True)
        assert company.apply().code == 0
        company.write("sys/policies/acl/guestlist-reconciler", policy=before)
        company.vault.delete(f"/v1/sys/auth/{MOUNT}").raise_for_status()


def _rights(company: Company) -> str:
    """The least rights for the Settings as they are now, as the command prints them."""
    printed = io.StringIO()
    arguments = ["generate", "vault-policy", "-C", str(company.repository), "--target", "vault"]
    with patch.dict(os.environ, company.variables), redirect_stdout(printed):
        assert run(arguments) == 0
    return printed.getvalue()


def test_a_person_comes_stays_and_goes(company: Company, kim: Kim) -> None:
    """One apply makes the account, its login and its rights; an edit is undone; leaving ends the token at once."""
    planned = company.plan()["changes"]
    kims = {(change["action"], change["kind"]) for change in planned if change["principal"] == "kim.l"}
    assert kims == {("create", "account"), ("create", "role"), ("grant", "binding")}
    # Who they are is now written on everybody who was there before.
    assert {change["action"] for change in planned if change["principal"] != "kim.l"} == {"update"}
    ended = company.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    assert company.plan()["changes"] == []
    auth = kim.login().json()["auth"]
    assert (auth["policies"], auth["lease_duration"]) == (auth["identity_policies"], 600)
    assert company.vault_as(auth["client_token"], SECRET).status_code == 200

    role = company.read(f"auth/{MOUNT}/role/{ENTITY}")
    company.write(f"auth/{MOUNT}/role/{ENTITY}", **{**role, "token_policies": ["platform-admin"]})
    company.write(f"auth/{MOUNT}/role/backdoor", **{**role, "token_policies": ["platform-admin"], "bound_claims": {}})
    company.write(f"identity/entity/name/{ENTITY}", metadata={"tenant": "acme"})
    changes = company.plan()["changes"]
    assert {(change["action"], change["kind"], change["reason"]["code"]) for change in changes} == {
        ("update", "account", "wrong-account"),
        ("delete", "role", "undeclared"),
    }
    assert company.apply().code == 0
    assert company.plan()["changes"] == []
    assert company.vault.get(f"/v1/auth/{MOUNT}/role/backdoor").status_code == 404
    again = kim.login().json()["auth"]
    assert again["policies"] == again["identity_policies"]

    kim.undeclare()
    ended = company.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    assert company.vault_as(auth["client_token"], "auth/token/lookup-self").status_code == 403
    assert kim.login().status_code == 400
    assert company.plan()["changes"] == []

    kim.declare()
    ended = company.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    assert company.plan()["changes"] == []
    token = kim.login().json()["auth"]["client_token"]
    assert company.vault_as(token, SECRET).status_code == 200
