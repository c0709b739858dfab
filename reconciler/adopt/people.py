"""Which accounts are to be written down, whose they are, and as which principals."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from reconciler.adopt.drafts import Left
from reconciler.adopt.names import UNKNOWN_VENDOR, free_name, name_from, vendors_of_domains
from reconciler.desired.basics import EMAIL_PATTERN
from reconciler.desired.gaps import UNDECIDED, UNDECIDED_TEXT
from reconciler.desired.kinds import TargetSchema
from reconciler.desired.strict_text import hidden_in
from reconciler.model import Account, AccountKey, Live
from reconciler.ports import AdoptedAccount

_EMAIL = re.compile(EMAIL_PATTERN)
_LONGEST_EMAIL, _LONGEST_TITLE = 254, 500


@dataclass(eq=False, slots=True)
class Principal:
    """One outsider as a vendor's file will declare it, with its account in each target where it has one."""

    vendor: str
    name: str
    kind: str
    title: str | None
    email: str | None
    accounts: dict[str, "Person"] = field(default_factory=dict)

    def entry(self, today: date) -> dict[str, object]:
        """The principal as the file declares it, with gaps for what a human must decide."""
        entry: dict[str, object] = {"name": self.name, "kind": self.kind}
        if self.title is not None:
            entry["title"] = self.title
        if self.email is not None:
            entry["email"] = self.email
        named = {target: one.declared for target, one in self.accounts.items() if one.declared is not None}
        if named:
            entry["accounts"] = named
        if self.kind == "automation":
            return {**entry, "owner": UNDECIDED}
        if self.kind == "persona":
            entry["onBehalfOf"] = UNDECIDED
        entry["proofing"] = {
            "method": "sponsor-statement",
            "by": UNDECIDED,
            "date": today,
            "evidence": f"{UNDECIDED_TEXT} how it was made sure who this is",
        }
        return {**entry, "mfa": "required"}


@dataclass(frozen=True, eq=False, slots=True)
class Person:
    """A principal's account in one target; `declared` is None where the kind's default names it."""

    who: Principal
    target: str
    account: Account
    declared: str | Mapping[str, str] | None
    schema: TargetSchema

    def unnameable(self) -> str | None:
        """Why no declaration can name the account, or None."""
        values = self.declared.values() if isinstance(self.declared, Mapping) else [self.declared or ""]
        if not all(map(_writable, values)):
            return "its name there has characters that cannot be seen, which no declaration may hold"
        declared: object | None = self.declared
        if declared is not None:
            adapter: TypeAdapter[Any] = TypeAdapter(cast("type", self.schema.account_model))
            try:
                declared = adapter.validate_python(declared)
            except ValidationError:
                return "its name there is none that a declaration could hold"
        key = self.schema.account_key(declared, vendor=self.who.vendor, principal=self.who.name, email=self.who.email)
        if key is None:
            return "it has no key by which a declaration could name it"
        return None if key in self.account.keys else "what declarations would call it is not what the target does"


def unowned(live: Live, claimed: Iterable[AccountKey]) -> tuple[list[Account], int]:
    """The accounts of the population that nobody declares and that are in use; and how many somebody does declare.

    A closed account that holds nothing is nobody's concern: no plan would touch it.
    """
    keys = frozenset(claimed)
    holding = {binding.key.account for binding in live.bindings}
    everybody = sorted(live.population(), key=lambda account: (account.name, account.id))
    mine = [account for account in everybody if not keys & account.keys]
    used = [account for account in mine if account.enabled or account.lingering or account.id in holding]
    return used, len(everybody) - len(mine)


@dataclass(slots=True)
class Roll:
    """The principals of each vendor, entered target by target; `left` are the accounts that cannot be written down.

    `emails` are those of principals that are declared already: two never share one.
    """

    emails: set[str]
    vendors: dict[str, dict[str, Principal]] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    def enter(
        self, target: str, accounts: Iterable[Account], adopted: Mapping[str, AdoptedAccount], schema: TargetSchema
    ) -> list[Person]:
        """Enter a target's accounts; the people that they are."""
        accounts = tuple(accounts)
        said = {account.id: adopted[account.id] for account in accounts if account.id in adopted}
        vendors = _vendors(said)
        people: list[Person] = []
        for account in accounts:
            if account.id not in said:
                why = "the connector cannot say this account in declarations"
                self.left.append(Left(target, account.name, "", why))
                continue
            found = self._enter(target, account, said[account.id], vendors[account.id], schema)
            people += [] if found is None else [found]
        return people

    def strike(self, person: Person, why: str) -> None:
        """Take a person's account out again, and the principal where it was the only one."""
        del person.who.accounts[person.target]
        if not person.who.accounts:
            del self.vendors[person.who.vendor][person.who.name]
        self.left.append(Left(person.target, person.account.name, "", why))

    def _enter(
        self, target: str, account: Account, one: AdoptedAccount, vendor: str, schema: TargetSchema
    ) -> Person | None:
        known = self.vendors.setdefault(vendor, {})
        email = _email(one)
        who = next((other for other in known.values() if _same(other, one, email, target)), None)
        if who is None:
            free = None if email is None or email.lower() in self.emails else email
            who = Principal(vendor, free_name(_name(one, account), known), one.kind, _title(one), free)
        if who.email is None and email is not None and email.lower() not in self.emails:
            who.email = email
            if any(person.unnameable() for person in who.accounts.values()):
                who.email = None  # it would name another account than the one that was found
        person = Person(who, target, account, one.declared, schema)
        why = person.unnameable()
        if why is not None:
            self.left.append(Left(target, account.name, "", why))
            return None
        known[who.name] = who
        who.accounts[target] = person
        who.title = who.title or _title(one)
        if who.email is not None:
            self.emails.add(who.email.lower())
        return person


def _same(other: Principal, one: AdoptedAccount, email: str | None, target: str) -> bool:
    """Whether an account is a principal's who was found in another target: by its e-mail, or by its name there."""
    if target in other.accounts:
        return False
    if email is not None and other.email is not None:
        return email.lower() == other.email.lower()
    return bool(one.name_hint) and name_from(one.name_hint or "") == other.name


def _vendors(said: Mapping[str, AdoptedAccount]) -> Mapping[str, str]:
    """The vendor of each account: as the target says it, or after the e-mail's domain."""
    domains = {one.email.rpartition("@")[2].lower() for one in said.values() if one.email}
    named = vendors_of_domains(sorted(domains))

    def vendor(one: AdoptedAccount) -> str:
        hint = name_from(one.vendor_hint or "")
        domain = (one.email or "").rpartition("@")[2].lower()
        return hint or named.get(domain) or UNKNOWN_VENDOR

    return {account: vendor(one) for account, one in said.items()}


def _name(one: AdoptedAccount, account: Account) -> str:
    candidates = (one.name_hint, (one.email or "").partition("@")[0], account.name.partition("@")[0], account.id)
    return next((name for text in candidates if (name := name_from(text or ""))), "principal")


def _email(one: AdoptedAccount) -> str | None:
    if one.email is None or not _writable(one.email) or len(one.email) > _LONGEST_EMAIL:
        return None
    return one.email if _EMAIL.fullmatch(one.email) else None


def _title(one: AdoptedAccount) -> str | None:
    title = " ".join((one.title or "").split())[:_LONGEST_TITLE]
    return title if title and _writable(title) else None


def _writable(text: str) -> bool:
    """Whether declarations may hold the text: nothing in it hides."""
    return text.isprintable() and hidden_in(text) is None
