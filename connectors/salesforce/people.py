"""Makes and corrects accounts. An account that guestlist makes has no password: its person comes by single sign-on."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.conditions import FIXED
from connectors.salesforce.mapping import Row, identifier, optional, text
from connectors.salesforce.outcomes import already, done, failed
from connectors.salesforce.reading import read, whole
from connectors.salesforce.records import Record, Records, Result
from connectors.salesforce.soql import Query, select
from connectors.salesforce.targets import ADMINISTRATOR, NewAccounts
from connectors.salesforce.words import (
    A_EMAIL,
    A_FEDERATION_ID,
    A_LAST_NAME,
    A_PROFILE,
    ATTRIBUTES,
)
from reconciler.plan.changes import CreateAccount, UpdateAccount
from reconciler.ports import Outcome

USER = "User"
_FIELDS = f"Id,Username,Profile.Name,{','.join(ATTRIBUTES.values())}"
_LONGEST_ALIAS = 8
_WHY: Mapping[str, str] = {
    "LICENSE_LIMIT_EXCEEDED": "no user licence is left for its profile; free one or buy more",
    "DUPLICATE_USERNAME": "somebody has this Username already, perhaps in another org of Salesforce; declare another",
    "DUPLICATE_VALUE": "another user has this federation id; see who it is in Setup",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "the org does not know its time zone, locale, language or e-mail "
    "encoding; see newAccounts in Settings",
    "REQUIRED_FIELD_MISSING": "the org asks for more than guestlist gives a new user; make the account in Setup",
}
"""Refusals that somebody can do something about (Salesforce SOAP API developer guide, status codes)."""


class People:
    """Makes and corrects accounts of one org; one outcome for each change, or raises before it wrote any."""

    def __init__(self, client: Client, new_accounts: NewAccounts | None) -> None:
        self._client = client
        self._records = Records(client)
        self._new = new_accounts
        self.made: dict[str, str] = {}
        """The ids of accounts that this run made, by the provisional ids that its plan calls them by."""

    def create(self, changes: Sequence[CreateAccount]) -> Iterator[Outcome]:
        """Make the accounts that are not there; one that is by now belongs into a new plan, whoever made it."""
        if self._new is None:
            yield from (failed(change, "Settings do not say what new accounts begin with") for change in changes)
            return
        wanted = {change.id: _username(change) for change in changes}
        there = self._users(name for name in wanted.values() if name)
        profiles = self._profiles(_profile(change, self._new) for change in changes)
        ready: list[tuple[CreateAccount, Record]] = []
        for change in changes:
            username, profile = wanted[change.id], profiles.get(_profile(change, self._new).casefold())
            if not username:
                yield failed(change, "nobody has declared its Username; write accounts: {…: {username: …}}")
            elif username in there:
                yield failed(change, "it is there by now; plan again")
            elif profile is None:
                yield failed(change, f"the org has no profile {_profile(change, self._new)}; see newAccounts")
            else:
                ready.append((change, _record(change, username, profile, self._new)))
        results = self._records.create(USER, [record for _, record in ready])
        lost: list[tuple[CreateAccount, Result]] = []
        for (change, _), result in zip(ready, results, strict=True):
            if result.done and result.id:
                self.made[change.account] = result.id
                yield done(change)
            elif result.done or result.uncertain:
                lost.append((change, result))
            else:
                yield failed(change, _why(result))
        yield from self._look_again(lost, wanted)

    def update(self, changes: Sequence[UpdateAccount]) -> Iterator[Outcome]:
        """Write what differs, and nothing else."""
        users = self._by_id(change.account for change in changes)
        profiles = self._profiles(change.attributes[A_PROFILE] for change in changes if A_PROFILE in change.attributes)
        ready: list[tuple[UpdateAccount, Record]] = []
        for change in changes:
            fixed = next((FIXED[word] for word in sorted(change.attributes) if word in FIXED), None)
            profile = change.attributes.get(A_PROFILE)
            if change.account not in users:
                yield failed(change, "the org has no such user; plan again")
            elif fixed is not None:
                yield failed(change, fixed)
            elif profile is not None and profile.casefold() not in profiles:
                yield failed(change, f"the org has no profile {profile}")
            elif profile is not None and profile.casefold() == ADMINISTRATOR.casefold():
                yield failed(change, f"guestlist makes nobody a {ADMINISTRATOR}")
            elif record := _differing(change, users[change.account], profiles):
                ready.append((change, {"id": change.account, **record}))
            else:
                yield already(change, "it was so before")
        for (change, _), result in zip(ready, self._records.update(USER, [one for _, one in ready]), strict=True):
            yield done(change) if result.done else failed(change, _why(result))

    def _look_again(self, lost: Sequence[tuple[CreateAccount, Result]], wanted: Mapping[str, str]) -> Iterator[Outcome]:
        """No answer came to a creation: whoever is there now, and was not a moment ago, was made by it."""
        there = self._users(wanted[change.id] for change, _ in lost)
        for change, result in lost:
            found = there.get(wanted[change.id])
            if found is None:
                yield failed(change, result.text or "the org says that it made it, and does not show it; run again")
            else:
                self.made[change.account] = identifier(found, "Id")
                yield done(change, "its answer was lost; found by looking again")

    def _users(self, names: Iterable[str]) -> dict[str, Row]:
        queries = [Query("users", select(_FIELDS, USER, soql.one_of("Username", some))) for some in soql.chunks(names)]
        return {text(row, "Username").lower(): row for row in self._rows(queries)}

    def _by_id(self, ids: Iterable[str]) -> dict[str, Row]:
        queries = [Query("users", select(_FIELDS, USER, soql.one_of("Id", some))) for some in soql.chunks(ids)]
        return {identifier(row, "Id"): row for row in self._rows(queries)}

    def _profiles(self, names: Iterable[str]) -> dict[str, str]:
        queries = [
            Query("profiles", select("Id,Name", "Profile", soql.one_of("Name", some))) for some in soql.chunks(names)
        ]
        return {text(row, "Name").casefold(): identifier(row, "Id") for row in self._rows(queries)}

    def _rows(self, queries: Sequence[Query]) -> list[Row]:
        return list(whole(read(self._client, queries))) if queries else []


def _username(change: CreateAccount) -> str:
    """The Username to give: the declared one, or the e-mail of somebody whom only single sign-on knows."""
    if change.key is not None and change.key.kind == "username":
        return change.key.value
    return change.attributes.get(A_EMAIL, "")


def _profile(change: CreateAccount, new: NewAccounts) -> str:
    return change.attributes.get(A_PROFILE, new.profile)


def _record(change: CreateAccount, username: str, profile: str, new: NewAccounts) -> Record:
    asked = {ATTRIBUTES[word]: value for word, value in change.attributes.items() if word in ATTRIBUTES}
    key = change.key
    if key is not None and key.kind == A_FEDERATION_ID:
        asked.setdefault(ATTRIBUTES[A_FEDERATION_ID], key.value)
    principal = change.principal or username.partition("@")[0]
    return {
        "Username": username,
        "Email": username,
        ATTRIBUTES[A_LAST_NAME]: principal,
        "Alias": (re.sub(r"[^A-Za-z0-9]", "", principal) or "guest")[:_LONGEST_ALIAS],
        "ProfileId": profile,
        "TimeZoneSidKey": new.time_zone,
        "LocaleSidKey": new.locale,
        "LanguageLocaleKey": new.language,
        "EmailEncodingKey": new.email_encoding,
        "IsActive": True,
        **asked,
    }


def _differing(change: UpdateAccount, row: Row, profiles: Mapping[str, str]) -> dict[str, object]:
    """The fields of the user that are not what they are to be."""
    record: dict[str, object] = {}
    for word, value in change.attributes.items():
        if word == A_PROFILE:
            profile = row.get("Profile")
            if not isinstance(profile, Mapping) or optional(profile, "Name") != value:
                record["ProfileId"] = profiles[value.casefold()]
        elif word in ATTRIBUTES:
            now = optional(row, ATTRIBUTES[word])
            if (now.lower() if word == A_EMAIL else now) != value:
                record[ATTRIBUTES[word]] = value
    return record


def _why(result: Result) -> str:
    said = _WHY.get(result.code)
    return f"{result.code}: {said}" if said else result.text
