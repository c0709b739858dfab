"""guestlist's own login: once a run, renewed while it lasts, revoked at its end."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.vault import CONNECTOR
from connectors.vault.auth import VaultAuth
from connectors.vault.client import VaultClient
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultTarget
from connectors.vault.session import Given, Login, Session
from reconciler.credentials import OutsideCredentials
from reconciler.errors import CredentialError, TargetError, Unauthorized, Unreachable
from reconciler.ports import Sought
from tests.contract.vault_world import IMPATIENT, VaultWorld, target_spec
from tests.contract.worlds import Fault, FaultProxy

_numbers = count(1)
MOUNT = "ci-oidc"


@dataclass
class Ci:
    """A CI whose OIDC tokens the vault trusts, and an AppRole, both with the least rights and short lives."""

    vault: VaultWorld
    key: EllipticCurvePrivateKey

    def token(self, **claims: object) -> str:
        now = int(time.time())
        body = {"sub": "repo:example/guestlist:ref:refs/heads/main", "aud": "vault", "iat": now, "exp": now + 300}
        return jwt.encode({**body, **claims}, self.key, algorithm="ES256")

    def by_jwt(self, **claims: object) -> Login:
        return Login(f"auth/{MOUNT}/login", {"role": "guestlist", "jwt": self.token(**claims)}, "the CI")

    def by_approle(self) -> Login:
        body = {
            "role_id": self.vault.raw("GET", "auth/guestlist/role/guestlist/role-id")["role_id"],
            "secret_id": self.vault.raw("POST", "auth/guestlist/role/guestlist/secret-id", {})["secret_id"],
        }
        return Login("auth/guestlist/login", body, "the AppRole")

    def tokens(self) -> set[str]:
        """The accessors of everybody's live tokens."""
        return set(self.vault.raw("LIST", "auth/token/accessors")["keys"])


@pytest.fixture(scope="module")
def ci(vault: VaultWorld) -> Ci:
    key = generate_private_key(SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    vault.raw("POST", f"sys/auth/{MOUNT}", {"type": "jwt"})
    vault.raw("POST", f"auth/{MOUNT}/config", {"jwt_validation_pubkeys": [public.decode()]})
    login = {"token_policies": ["guestlist-login"], "token_no_default_policy": True, "token_ttl": "10m"}
    login["token_max_ttl"] = "15m"
    who = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault"]}
    who["bound_subject"] = "repo:example/guestlist:ref:refs/heads/main"
    vault.raw("POST", f"auth/{MOUNT}/role/guestlist", {**who, **login})
    vault.raw("POST", "sys/auth/guestlist", {"type": "approle"})
    vault.raw("POST", "auth/guestlist/role/guestlist", {**login, "secret_id_num_uses": 1})
    vault.raw("POST", "sys/policies/acl/guestlist-login", {"policy": CONNECTOR.least_rights(logging_in())})
    return Ci(vault, key)


def logging_in() -> VaultTarget:
    spec = target_spec().model_dump(by_alias=True, mode="json", exclude_none=True)
    auth = {"jwt": {"mount": MOUNT, "role": "guestlist", "token": {"env": "GUESTLIST_VAULT_JWT"}}}
    return VaultTarget.model_validate({**spec, "auth": auth})


def connector(ci: Ci, proof: Login, address: str, seconds: Mapping[str, float] | None = None) -> VaultConnector:
    clock = seconds or {"now": 0.0}
    patience = replace(IMPATIENT, monotonic=lambda: clock["now"])
    client = VaultClient("vault", address, proof, namespace=None, ca=ci.vault.certificates.ca, patience=patience)
    return VaultConnector(logging_in(), client)


@pytest.mark.parametrize("way", ["jwt", "approle"])
def test_one_login_serves_a_run_and_is_revoked_at_its_end(ci: Ci, proxy: FaultProxy, way: str) -> None:
    """Two readings and a diagnosis are one login, on the generated rights alone; afterwards no token of it is left."""
    before = ci.tokens()
    proof = ci.by_jwt() if way == "jwt" else ci.by_approle()
    with closing(connector(ci, proof, proxy.address)) as made:
        assert made.observe(Sought()).complete
        assert made.observe(Sought()).complete
        assert not [finding for finding in made.diagnose() if finding.ok is False]
        assert len(ci.tokens() - before) == 1
    assert ci.tokens() <= before
    assert [call for call in proxy.calls if call.endswith("/login")] == [f"POST /v1/{proof.path}"]
    assert proxy.calls[-1] == "POST /v1/auth/token/revoke-self"


def test_a_token_that_was_given_is_not_ended(vault: VaultWorld, proxy: FaultProxy) -> None:
    """What somebody else made is somebody else's to end."""
    with closing(vault.connector(proxy.address)) as made:
        made.observe(Sought())
    assert not [call for call in proxy.calls if "revoke" in call or "renew" in call]
    assert vault.raw.status("GET", "auth/token/lookup-self", token=vault.token) == 200


def test_a_long_run_renews_and_past_the_longest_life_logs_in_anew(ci: Ci, proxy: FaultProxy) -> None:
    """Half of its life over, the token is renewed, not made again; when that gains too little, there is a new login."""
    seconds = {"now": 0.0}
    before = ci.tokens()
    with closing(connector(ci, ci.by_jwt(), proxy.address, seconds)) as made:
        made.observe(Sought())
        seconds["now"] = 301
        made.observe(Sought())
        seconds["now"] = 302
        made.observe(Sought())
        assert sum(call.endswith("renew-self") for call in proxy.calls) == 1
        proxy.fault = Fault("renew-self|/login", status=403, body=b'{"errors":["permission denied"]}')
        seconds["now"] = 700
        made.observe(Sought())  # what still holds is used on
        proxy.fault = Fault("renew-self", status=403, body=b'{"errors":["permission denied"]}')
        made.observe(Sought())
        assert sum(call.endswith("/login") for call in proxy.calls) > 2
        assert len(ci.tokens() - before) == 2
    assert ci.tokens() <= before


def test_a_refused_login_holds_the_target_and_is_tried_once(ci: Ci, proxy: FaultProxy) -> None:
    """A wrong audience: nothing is read, nothing secret is said, and nobody is locked out by repetition."""
    proof = ci.by_jwt(aud="somebody-else")
    with closing(connector(ci, proof, proxy.address)) as made:
        for _ in range(3):
            with pytest.raises(TargetError, match="logging in as the CI") as caught:
                made.observe(Sought())
            assert proof.body["jwt"] not in str(caught.value)
    assert sum(call.endswith("/login") for call in proxy.calls) == 1


def test_a_login_without_an_answer_is_tried_again_in_the_next_reading(ci: Ci, proxy: FaultProxy) -> None:
    """A cut is no refusal."""
    proxy.fault = Fault("/login", manner="cut", times=IMPATIENT.attempts)
    with closing(connector(ci, ci.by_jwt(), proxy.address)) as made:
        with pytest.raises(Unreachable):
            made.observe(Sought())
        assert made.observe(Sought()).complete


@pytest.mark.parametrize("manner", ["cut", "status"])
def test_a_session_that_cannot_be_revoked_ends_quietly(ci: Ci, proxy: FaultProxy, manner: str) -> None:
    """Its time to live ends it; the run's result stays the run's result."""
    with closing(connector(ci, ci.by_jwt(), proxy.address)) as made:
        made.observe(Sought())
        proxy.fault = Fault("revoke-self", manner=manner, status=403)  # type: ignore[arg-type]


def test_no_message_and_no_repr_shows_what_proves_us(ci: Ci) -> None:
    proof = ci.by_approle()
    client = VaultClient(
        "vault", ci.vault.address, proof, namespace=None, ca=ci.vault.certificates.ca, patience=IMPATIENT
    )
    with closing(client):
        assert proof.body["secret_id"] not in repr(client) + repr(proof)
    assert "secret" not in repr(Given("secret"))


class TestDeclared:
    """What Settings may say."""

    def test_each_way_is_connected_with(self, ci: Ci) -> None:
        """From `auth:` to a session, by the ordinary way."""
        variables = {
            "GUESTLIST_VAULT_URL": ci.vault.address,
            "GUESTLIST_VAULT_CA_FILE": str(ci.vault.certificates.ca),
            "GUESTLIST_VAULT_JWT": ci.token(),
        }
        credentials = OutsideCredentials(variables, ci.vault.certificates.ca.parent / "repo")
        with closing(CONNECTOR.connect("vault", logging_in(), credentials)) as made:
            assert made.observe(Sought()).complete

    def test_a_missing_variable_is_named(self, ci: Ci) -> None:
        variables = {"GUESTLIST_VAULT_URL": ci.vault.address}
        credentials = OutsideCredentials(variables, ci.vault.certificates.ca.parent / "repo")
        with pytest.raises(CredentialError, match="GUESTLIST_VAULT_JWT"):
            CONNECTOR.connect("vault", logging_in(), credentials)

    @pytest.mark.parametrize(
        ("auth", "said"),
        [
            ({}, "there is none"),
            (
                {
                    "token": {"env": "GUESTLIST_T"},
                    "approle": {"roleId": {"env": "GUESTLIST_R"}, "secretId": {"env": "GUESTLIST_S"}},
                },
                "token and approle",
            ),
            ({"jwt": {"mount": "ci", "role": "vendor_x", "token": {"env": "GUESTLIST_T"}}}, "outside that prefix"),
            ({"jwt": {"mount": "../sys", "role": "x", "token": {"env": "GUESTLIST_T"}}}, "no mount"),
        ],
    )
    def test_what_is_no_way_in_is_said(self, auth: object, said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            VaultAuth.model_validate(auth)

    def test_guestlist_does_not_log_in_where_vendors_do(self) -> None:
        """Its own role would be one that guestlist governs."""
        spec = target_spec().model_dump(by_alias=True, mode="json", exclude_none=True)
        auth = {"jwt": {"mount": "vendor-oidc", "role": "guestlist", "token": {"env": "GUESTLIST_T"}}}
        with pytest.raises(ValidationError, match="mount of its own"):
            VaultTarget.model_validate({**spec, "auth": auth})


@dataclass
class Server:
    """A server's tokens as arithmetic: each login or renewal gives `life`, never past `longest` after the login."""

    life: int
    longest: int
    now: float = 0.0
    born: dict[str, float] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)

    def __call__(self, path: str, body: Mapping[str, object], token: str) -> Mapping[str, object]:  # noqa: ARG002
        if path.endswith("/login"):
            token = f"t{next(_numbers)}"
            self.born[token] = self.now
        elif path.endswith("revoke-self"):
            del self.until[token]
            return {}
        elif self.until.get(token, -1.0) <= self.now:
            raise Unauthorized("permission denied")
        left = min(self.life, self.longest - (self.now - self.born[token]))
        self.until[token] = self.now + left
        return {"auth": {"client_token": token, "lease_duration": int(left), "renewable": True}}


@given(
    life=st.integers(4, 3600),
    longest=st.integers(4, 7200),
    steps=st.lists(st.floats(0, 1, allow_nan=False), max_size=60),
)
def test_a_token_that_is_sent_is_alive(life: int, longest: int, steps: list[float]) -> None:
    """However long a run takes, and whenever it asks: no dead token is sent, and none is left at the end."""
    server = Server(life, max(life, longest))
    session = Session(Login("auth/x/login", {}, "somebody"), server, "vault", lambda: server.now)
    for step in steps:
        server.now += step * life / 2  # a call at least every half life; past it a token is dead whatever we do
        assert server.until[session.token()] > server.now
    session.end()
    assert not [token for token, until in server.until.items() if until > server.now]
    with pytest.raises(Unauthorized):
        session.token()
