"""How vendors' principals come in, as Settings declare it: login mounts, second factors, and how far to look.

Sources: https://openbao.org/api-docs/auth/jwt/ , https://openbao.org/api-docs/auth/approle/ ,
https://openbao.org/api-docs/secret/identity/mfa/login-enforcement/
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from connectors.vault.auth import plain_mount
from connectors.vault.durations import Duration, seconds
from connectors.vault.names import mount_name
from reconciler.desired.basics import Many, Strict

_LONGEST_TOKEN = 24 * 3600
_LONGEST_SECRET_ID = 90 * 24 * 3600
_TAKEN = frozenset({"role", "role_name", "vendor", "principal", "kind", "sponsor", "login"})
"""Metadata that the server or guestlist itself writes."""


def _vendors_mount(value: str) -> str:
    return plain_mount(mount_name(value))


VendorMount = Annotated[str, AfterValidator(_vendors_mount), Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=500)]


class _Login(Strict):
    """What every login of vendors has in common.

    Tokens carry no policy of their own, so that everything they may do hangs on the identity and can be taken away.
    """

    ttl: Annotated[Duration, Field(description="How long a token lives that is not renewed.")] = "15m"
    max_ttl: Annotated[Duration, Field(description="How long a token lives at most; no more than 24h.")] = "1h"
    default_policy: Annotated[
        bool, Field(description="Whether tokens also get the server's `default` policy (look at and renew oneself).")
    ] = False

    @model_validator(mode="after")
    def _short(self) -> "_Login":
        if seconds(self.max_ttl) > _LONGEST_TOKEN:
            raise ValueError(f"maxTtl {self.max_ttl} is more than a day; a vendor's token lives 24h at most")
        if seconds(self.ttl) > seconds(self.max_ttl):
            raise ValueError(f"ttl {self.ttl} is longer than maxTtl {self.max_ttl}")
        return self


class _TokenLogin(_Login):
    """What a JWT and an OIDC login have in common: who the identity provider says somebody is."""

    user_claim: Annotated[Word, Field(description="The claim that an account's `alias` is: `sub`, `email`.")] = "sub"
    groups_claim: Annotated[Word | None, Field(description="The claim that external groups come from.")] = None
    claims: Annotated[
        dict[Word, Word],
        Field(default_factory=dict, description="Claims to be written on the token, by the key of its metadata."),
    ]

    @model_validator(mode="after")
    def _own_words(self) -> "_TokenLogin":
        if taken := sorted(_TAKEN.intersection(self.claims.values())):
            raise ValueError(f"claims may not write {', '.join(taken)}: the server and guestlist do; take another key")
        return self


class JwtLogin(_TokenLogin):
    """Humans, personas and automations that bring a JWT of a trusted issuer (workload identity)."""

    type: Literal["jwt"]
    bound_audiences: Annotated[tuple[Word, ...], Field(strict=False, min_length=1)]


class OidcLogin(_TokenLogin):
    """Humans and personas who log in with a browser."""

    type: Literal["oidc"]
    redirect_uris: Annotated[tuple[Word, ...], Field(strict=False, min_length=1)]
    bound_audiences: Many[Word] = ()
    scopes: Many[Word] = ()


class AppRoleLogin(_Login):
    """Automations that have no identity provider: an AppRole each. guestlist never sees a secret id."""

    type: Literal["approle"]
    secret_id_ttl: Annotated[Duration, Field(description="How long a secret id can be used; no more than 90d.")] = "24h"  # noqa: S105 - a length of time
    secret_id_num_uses: Annotated[int, Field(ge=1, description="How often a secret id can be used.")] = 10

    @model_validator(mode="after")
    def _ends(self) -> "AppRoleLogin":
        if seconds(self.secret_id_ttl) > _LONGEST_SECRET_ID:
            raise ValueError(f"secretIdTtl {self.secret_id_ttl} is more than 90 days")
        return self


VendorLogin = Annotated[JwtLogin | OidcLogin | AppRoleLogin, Field(discriminator="type")]
Logins = Annotated[
    dict[VendorMount, VendorLogin],
    Field(
        default_factory=dict,
        description="The mounts where vendors alone log in, and how. guestlist keeps one login role there for each "
        "principal and removes every other.",
    ),
]


class MfaSettings(Strict):
    """Whose logins ask for a second factor of the server's own, beside what the identity provider asks."""

    tiers: Annotated[
        tuple[Literal["critical", "high", "medium", "low"], ...],
        Field(strict=False, min_length=1, description="The tiers of vendors whose humans and personas need it."),
    ]
    methods: Annotated[
        tuple[Word, ...],
        Field(strict=False, min_length=1, description="Names or ids of existing MFA methods; one of them is enough."),
    ]


MostTokens = Annotated[
    int,
    Field(
        ge=0,
        description="How many tokens the vault may have for each to be looked at, to find those of vendors that no "
        "declared login gave: one call each, because there is no index. With more, none is, and the plan says so.",
    ),
]
