"""Whether what a vendor's grants name can be had: in the target, and under the vendor's contract."""

from collections.abc import Collection, Iterator, Mapping

from reconciler.desired.accounts import Accounts
from reconciler.desired.compiling import Compiler
from reconciler.desired.declared import Role, Vendor
from reconciler.desired.models import Contract, GrantSpec
from reconciler.desired.references import Verdict
from reconciler.desired.strict_yaml import Problem
from reconciler.errors import DeclarationError


def check_grants(vendor: Vendor, roles: Mapping[str, Role], compiler: Compiler, faulty: Collection[int]) -> Verdict:
    """What is wrong with the grants of a vendor whose names are right; those at `faulty` have wrong ones.

    A grant that its target cannot have is in doubt: nobody knows what of it is live. One that the contract does not
    cover is no doubt; it is known, and gives nothing.
    """
    doubts: dict[int, Problem] = {}
    notes: list[Problem] = []
    for position, grant in enumerate(vendor.spec.grants):
        role = roles.get(grant.role)
        if position in faulty or role is None or not compiler.fits(grant.target, role):
            continue
        wrong = list(_impossible(vendor, position, role, compiler))
        if wrong:
            doubts[position] = wrong[0]
        notes.extend(wrong)
        beyond = beyond_contract(role.name, compiler.reach(role), vendor.spec.contract)
        notes.extend(vendor.problem(text, "grants", position, "role") for text in beyond)
        if text := too_wide(role.name, compiler.needs_scope(role), grant):
            notes.append(vendor.problem(text, "grants", position, "role"))
    return Verdict((), doubts, tuple(notes))


def beyond_contract(role: str, reach: Mapping[str, frozenset[str]], contract: Contract) -> Iterator[str]:
    """A sentence for each dimension in which a role reaches further than a contract; silence covers nothing."""
    covered = contract.covers
    for dimension in sorted(reach):
        missing = sorted(reach[dimension] - covered.get(dimension, frozenset()))
        if missing:
            allowed = covered.get(dimension, frozenset())
            right = ", ".join(sorted({*allowed, *missing}))
            yield (
                f"the role '{role}' reaches {dimension} {', '.join(missing)}, and the contract names "
                f"{', '.join(sorted(allowed)) or 'none'}: write `{dimension}: [{right}]` into `contract` if that is "
                "what was agreed, or grant another role"
            )


def too_wide(role: str, needed: frozenset[str], grant: GrantSpec) -> str | None:
    """Why a grant needs a scope or a reason for having none; None when it has either."""
    if not needed or grant.unscoped is not None or needed.intersection(word for word, _ in grant.narrowed):
        return None
    words = " or ".join(f"{{{word}: [...]}}" for word in sorted(needed))
    return (
        f"the role '{role}' is about customers' records: narrow the grant with `scope: {words}`, "
        "or write with `unscoped` why it reaches all of them"
    )


def check_accounts(vendor: Vendor, accounts: Accounts) -> Iterator[Problem]:
    """A problem at each principal of whose account the declarations ask what its target cannot have."""
    for position, principal in enumerate(vendor.spec.principals):
        for target, _ in accounts.keys(vendor.name, principal):
            asked = accounts.attributes(target, vendor.name, vendor.spec, principal)
            if isinstance(asked, DeclarationError):
                word = ("accounts", target) if target in principal.accounts else ()
                yield vendor.problem(str(asked), "principals", position, *word)


def _impossible(vendor: Vendor, position: int, role: Role, compiler: Compiler) -> Iterator[Problem]:
    """Why the target cannot have the grant; each sentence once, where several principals have the same reason."""
    grant = vendor.spec.grants[position]
    word = "role" if grant.scope is None else "scope"
    said: set[str] = set()
    for name in dict.fromkeys(grant.principals):
        made = compiler.compile(grant.target, role, vendor=vendor.name, principal=name, scope=grant.narrowed)
        if isinstance(made, DeclarationError) and str(made) not in said:
            said.add(str(made))
            yield vendor.problem(str(made), "grants", position, word)
