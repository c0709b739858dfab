"""The values everything else speaks in: frozen, comparable, and without any input or output.

A target is described twice in the same words: `Live` is what it says now, desired bindings and `Definition`s are what
the admitted grants ask of it. The unit of both is the binding: an account holds a role within a scope until an instant.
"""

from reconciler.model.asked import (
    SHOWN_BY_DEFAULT,
    Claim,
    DefinedRole,
    Entitlements,
    Grant,
    Label,
    Principal,
    Sponsorship,
)
from reconciler.model.instants import utc
from reconciler.model.live import (
    FOLLOWED,
    PROVISIONAL,
    Account,
    AccountKey,
    BindingKey,
    Definition,
    Exposure,
    Live,
    LiveBinding,
    Native,
    Risk,
    Scope,
    is_pattern,
    is_provisional,
    provisional,
)
from reconciler.model.reasons import Mode, Reason, ReasonCode

__all__ = [
    "FOLLOWED",
    "PROVISIONAL",
    "SHOWN_BY_DEFAULT",
    "Account",
    "AccountKey",
    "BindingKey",
    "Claim",
    "DefinedRole",
    "Definition",
    "Entitlements",
    "Exposure",
    "Grant",
    "Label",
    "Live",
    "LiveBinding",
    "Mode",
    "Native",
    "Principal",
    "Reason",
    "ReasonCode",
    "Risk",
    "Scope",
    "Sponsorship",
    "is_pattern",
    "is_provisional",
    "provisional",
    "utc",
]
