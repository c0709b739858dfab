"""What guestlist itself needs to be allowed in a vault: the table that the policy and the diagnosis are made from."""

from collections.abc import Iterator

from connectors.vault.declarations import VaultTarget
from connectors.vault.lifetimes import readable
from connectors.vault.policies import quoted
from connectors.vault.principal_rights import entity_rights, principal_rights, selects_any_name
from connectors.vault.right import Right
from reconciler.model import Mode


def enforced(target: VaultTarget) -> bool:
    """Whether guestlist may write there at all."""
    return Mode.ENFORCE in {target.mode, *target.vendor_modes.values()}


def needed(target: VaultTarget) -> Iterator[tuple[Right, tuple[str, ...]]]:
    """Every right that guestlist uses in this target, with the capabilities that its mode needs."""
    for right in _table(target):
        capabilities = (*right.reads, *(right.writes if enforced(target) else ()))
        if capabilities:
            yield right, capabilities


def policy_text(target: VaultTarget) -> str:
    """The policy in HCL. It reads no secret value, and changes only what the API can narrow to the population."""
    head = (
        "# The least rights of guestlist in this vault. No secret value can be read with them.\n"
        "# Whoever may write policies and attach them can, in the end, reach whatever a policy can reach:\n"
        "# keep this token as you keep an administrator's, and give vendors a namespace of their own.\n"
    )
    stanzas = (_stanza(right, capabilities, narrow=enforced(target)) for right, capabilities in needed(target))
    return head + "".join(f"\n{stanza}" for stanza in stanzas)


def _stanza(right: Right, capabilities: tuple[str, ...], *, narrow: bool) -> str:
    lines = [*(f"# {line}" for line in right.why.splitlines()), f"path {quoted(right.path)} {{"]
    lines.append(f"  capabilities = [{', '.join(map(quoted, capabilities))}]")
    if right.fields and narrow:
        fields = "".join(f"    {quoted(field)} = {right.values.get(field, '[]')}\n" for field in right.fields)
        lines.append(f"  allowed_parameters = {{\n{fields}  }}")
    return "\n".join([*lines, "}\n"])


def _entities(target: VaultTarget) -> Iterator[Right]:
    """Whom a mount or metadata selects may have any name; rights are given by name alone, so they are for all."""
    why = "Attach and detach policies, disable and enable; nothing else of an entity."
    anybody = selects_any_name(target)
    if anybody:
        why += (
            "\nThe population's mounts, `logins` or metadata select entities of any name, and rights know only names:"
            "\nso this reaches EVERY entity of the namespace, employees' and administrators' too, to disable it or"
            "\nto give it any policy. That only vendors' are written is guestlist's own check, made of each entity"
            "\njust before."
        )
    yield from entity_rights(target, anybody=anybody, why=why)


def _session(target: VaultTarget) -> Iterator[Right]:
    """A given token is neither renewed nor ended, so that its policy need not allow it."""
    if target.auth.mount is not None:
        yield Right("auth/token/renew-self", "Live as long as the run.", reads=("update",))
        yield Right("auth/token/revoke-self", "End our own session after the run.", reads=("update",))


def _offboarding(target: VaultTarget) -> Iterator[Right]:
    """Looking at a departed vendor needs no mode; rotating does."""
    for mount in target.offboarding.leases:
        yield Right(
            f"sys/leases/lookup/{mount}/*",
            "See which leases outlive their holder; the server asks for sudo, and shows no credential.",
            reads=("list", "sudo"),
        )
    for path, why in rotations(target):
        yield Right(path, why, writes=("update",))


def _lifetimes(target: VaultTarget) -> Iterator[Right]:
    """Only where Settings name the mounts: elsewhere the plan says that it cannot be seen."""
    for path in readable(tuple(target.paths.items())):
        yield Right(path, "See for how long what an engine hands out is valid; no credential is shown.", ("read",))


def rotations(target: VaultTarget) -> Iterator[tuple[str, str]]:
    """The paths below which `offboard --rotate` may rotate, and what that does."""
    for mount in target.offboarding.rotate.database:
        yield f"{mount}/rotate-role/*", "Rotate the passwords that a departed vendor could read; none is read."
    for mount in target.offboarding.rotate.transit:
        yield f"{mount}/keys/+/rotate", "Rotate the keys that a departed vendor could export; none is read."


def _table(target: VaultTarget) -> tuple[Right, ...]:
    prefix = target.population.any_.prefix
    return (
        *_session(target),
        *_offboarding(target),
        *_lifetimes(target),
        *principal_rights(target),
        Right("sys/mounts", "See which engine is mounted where, for `import`; no content of any.", reads=("read",)),
        Right("auth/token/lookup-self", "Know who we are, so that we never change ourselves.", reads=("read",)),
        Right("sys/capabilities-self", "See whether these rights suffice.", reads=("update",)),
        Right("sys/policies/detailed/acl", "Read all policies in one call (OpenBao).", reads=("list",)),
        Right("sys/policies/acl", "List policies where there is no detailed listing (HashiCorp).", reads=("list",)),
        Right(
            f"sys/policies/acl/{prefix}*",
            "The population's policies: one for each binding, with its end.",
            reads=("read",),
            writes=("create", "update", "delete"),
            fields=("policy", "expiration", "cas"),
        ),
        Right("identity/entity/id", "Find the population among the entities.", reads=("list",)),
        Right("identity/entity/id/*", "An entity's policies and groups: listings do not show them.", reads=("read",)),
        *_entities(target),
        Right("identity/group/id", "Find the groups that vendors' entities are in.", reads=("list",)),
        Right(
            "identity/group/id/*",
            "Take a vendor out of any group, also an employees' one: so every group, but its members alone.",
            reads=("read",),
            writes=("update",),
            fields=("member_entity_ids",),
        ),
        Right(
            f"identity/group/name/{prefix}*",
            "Remove groups that claim to be the population's.",
            writes=("delete",),
        ),
        Right(
            "auth/token/accessors",
            "Find the tokens of a closed account; the server has no index by account, and asks for sudo.",
            reads=("list", "sudo"),
        ),
        Right("auth/token/lookup-accessor", "Whose a token is; the token itself is not shown.", reads=("update",)),
        Right(
            "auth/token/revoke-accessor",
            "End the tokens of a closed account, and with them their leases. The API cannot narrow it to vendors.",
            writes=("update",),
        ),
    )
