"""Login roles on the vendors' mounts: what is declared, what is live, in one canonical form. Pure.

A role is compared with everything that it may say, not only with what guestlist would write: a field that somebody set
is drift too. Fields that a server does not know are ignored by it. Sources: https://openbao.org/api-docs/auth/jwt/ ,
https://openbao.org/api-docs/auth/approle/ ; defaults as OpenBao 2.7.2 shows them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from types import MappingProxyType

from connectors.vault.durations import seconds
from connectors.vault.mapping import Json
from connectors.vault.principals import AppRoleLogin, JwtLogin, OidcLogin

LOGIN_ROLE = "loginRole"
"""The kind of native that a login role is: `Native("loginRole", "vendor-oidc/vendor_acme_maria")`."""

_TOKEN: Mapping[str, object] = {
    "token_bound_cidrs": [],
    "token_explicit_max_ttl": 0,
    "token_max_ttl": 0,
    "token_no_default_policy": False,
    "token_num_uses": 0,
    "token_period": 0,
    "token_policies": [],
    "token_policies_template_claims": False,
    "token_strictly_bind_ip": False,
    "token_ttl": 0,
    "token_type": "default",
}
_JWT: Mapping[str, object] = {
    **_TOKEN,
    "allowed_redirect_uris": [],
    "bound_audiences": [],
    "bound_claims": {},
    "bound_claims_type": "string",
    "bound_subject": "",
    "claim_mappings": {},
    "clock_skew_leeway": 0,
    "expiration_leeway": 0,
    "groups_claim": "",
    "max_age": 0,
    "not_before_leeway": 0,
    "oidc_disable_confirmation": False,
    "oidc_scopes": [],
    "role_type": "oidc",
    "user_claim": "",
    "user_claim_json_pointer": False,
    "verbose_oidc_logging": False,
}
_APPROLE: Mapping[str, object] = {
    **_TOKEN,
    "bind_secret_id": True,
    "role_id": "",
    "secret_id_bound_cidrs": [],
    "secret_id_num_uses": 0,
    "secret_id_ttl": 0,
}
FIELDS: Mapping[str, Mapping[str, object]] = MappingProxyType({"jwt": _JWT, "oidc": _JWT, "approle": _APPROLE})
"""Every field of a role that is compared and written, with what it is when nobody sets it, by the type of login."""

_OUTLIVING = "secret_ids_that_outlive_it"
_BATCH = ("batch", "default-batch")


@dataclass(frozen=True, slots=True)
class LoginRole:
    """One role of a login mount, as far as it differs from an empty one.

    Attributes:
        fields: what it says, canonical, without what is as it would be if nobody had set it.
        outliving: how many secret ids there are that can be used for longer, or more often, than it says now.
    """

    mount: str
    name: str
    type: str
    fields: Mapping[str, object]
    outliving: int = 0

    @property
    def path(self) -> str:
        """`vendor-oidc/vendor_acme_maria`: what people and plans call it."""
        return f"{self.mount}/{self.name}"

    @property
    def value(self) -> Mapping[str, object]:
        """Everything, as JSON."""
        extra = {_OUTLIVING: self.outliving} if self.outliving else {}
        return {"mount": self.mount, "role": self.name, "type": self.type, **self.fields, **extra}

    @property
    def text(self) -> str:
        """The canonical form: equal means the same."""
        return _dumped(self.value)

    @property
    def body(self) -> Json:
        """What to send so that the role says exactly this, whatever it said before.

        The period goes as a text, because a policy cannot compare numbers, and ours allows no other period.
        """
        body = {**FIELDS[self.type], **self.fields}
        return {**body, "token_period": f"{body['token_period']}s"}

    @property
    def users(self) -> frozenset[str]:
        """The aliases that it lets in, lower-case; empty where it does not name them."""
        if self.type == "approle":
            return frozenset({str(self.fields.get("role_id", "")).lower()} - {""})
        claim = self.fields.get("user_claim")
        bound = self.fields.get("bound_claims")
        named = bound.get(claim, []) if isinstance(bound, Mapping) else []
        if not named and claim == "sub" and (subject := self.fields.get("bound_subject")):
            named = [subject]
        return frozenset(str(user).lower() for user in named)

    @property
    def escapes(self) -> bool:
        """Whether its tokens carry what identity cannot take away: policies of their own, no end, no accessor."""
        own = self.fields.get("token_policies") or self.fields.get("token_policies_template_claims")
        return bool(own or self.fields.get("token_period")) or self.fields.get("token_type") in _BATCH


def live_role(mount: str, name: str, type_: str, wire: Json) -> LoginRole:
    """A role as the server shows it; `type_` is that of its login."""
    table = FIELDS.get(type_, _TOKEN)
    merged = dict(wire)
    if "token_policies" not in merged and "policies" in merged:
        merged["token_policies"] = merged["policies"]
    return LoginRole(mount, name, type_, _canonical(table, merged))


def declared_role(
    login: JwtLogin | OidcLogin | AppRoleLogin,
    *,
    mount: str,
    name: str,
    alias: str,
    subject: str | None,
    networks: Sequence[str],
) -> LoginRole:
    """The role that lets in the one principal whose alias is `alias`, and gives tokens nothing of their own."""
    wanted: dict[str, object] = {
        "token_ttl": seconds(login.ttl),
        "token_max_ttl": seconds(login.max_ttl),
        "token_no_default_policy": not login.default_policy,
        "token_bound_cidrs": list(networks),
        "token_type": "service",
    }
    match login:
        case AppRoleLogin():
            wanted |= {
                "role_id": alias,
                "secret_id_ttl": seconds(login.secret_id_ttl),
                "secret_id_num_uses": login.secret_id_num_uses,
                "secret_id_bound_cidrs": list(networks),
            }
        case JwtLogin() | OidcLogin():
            wanted |= {
                "role_type": login.type,
                "user_claim": login.user_claim,
                "bound_claims": {login.user_claim: [alias]},
                "bound_subject": subject or "",
                "bound_audiences": list(login.bound_audiences),
                "groups_claim": login.groups_claim or "",
                "claim_mappings": dict(login.claims),
            }
            if isinstance(login, OidcLogin):
                wanted |= {
                    "allowed_redirect_uris": list(login.redirect_uris),
                    "oidc_scopes": list(login.scopes),
                }
    return LoginRole(mount, name, login.type, _canonical(FIELDS[login.type], wanted))


def as_attribute(roles: Iterable[LoginRole]) -> str:
    """Login roles as the value of an account's attribute."""
    return _dumped([role.value for role in sorted(roles, key=lambda role: role.path)])


def from_attribute(text: str) -> tuple[LoginRole, ...]:
    """The login roles that an attribute's value says; the reverse of `as_attribute`."""
    return tuple(
        LoginRole(
            item["mount"],
            item["role"],
            item["type"],
            {key: value for key, value in item.items() if key not in {"mount", "role", "type", _OUTLIVING}},
            item.get(_OUTLIVING, 0),
        )
        for item in json.loads(text or "[]")
    )


def secret_id_hint(role: LoginRole) -> str:
    """How the owner of an automation fetches its secret id, wrapped, so that nobody on the way can read it."""
    return f"bao write -wrap-ttl=5m -f auth/{role.mount}/role/{role.name}/secret-id"


def _canonical(table: Mapping[str, object], said: Mapping[str, object]) -> Mapping[str, object]:
    shown = {field: _plain(field, said[field]) for field in table if field in said}
    return {field: value for field, value in shown.items() if value is not None and value != table[field]}


def _plain(field: str, value: object) -> object:
    """Lists have no order here, networks are written in one way, and Go's null is what is empty."""
    match value:
        case None | "" | []:
            return None
        case dict() if not value:
            return None
        case list() if field.endswith("_cidrs"):
            return sorted(map(_network, value))
        case list():
            return sorted(map(str, value))
        case dict() if field == "bound_claims":
            return {
                key: sorted(map(str, bound if isinstance(bound, list) else [bound])) for key, bound in value.items()
            }
        case _:
            return value


def _network(value: object) -> str:
    try:
        return str(ip_network(str(value), strict=False))
    except ValueError:  # not how guestlist would write one, so it differs in any case
        return str(value)


def _dumped(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
