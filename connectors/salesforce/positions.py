"""Writes what a user has besides assignments and shares: a place in the role hierarchy, licences, OAuth tokens."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.closing import TOGETHER
from connectors.salesforce.mapping import identifier, optional, text
from connectors.salesforce.outcomes import NO_END, already, done, failed, looked_again, revoked
from connectors.salesforce.reading import Row, read, whole
from connectors.salesforce.records import Records, Result
from connectors.salesforce.soql import Query, select
from connectors.salesforce.words import OAUTH_TOKEN, PERMISSION_SET_LICENSE, USER_ROLE
from reconciler.errors import TargetError
from reconciler.model import Native
from reconciler.plan.changes import GrantBinding, RevokeBinding
from reconciler.ports import Outcome

USER = "User"
ASSIGN = "PermissionSetLicenseAssign"

Changed = GrantBinding | RevokeBinding
NOT_OURS = "guestlist never gives or takes this away; see the plan for what to do in Setup"


class Positions:
    """Writes bindings of these kinds; one outcome for each change, or raises before it wrote any of its kind."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._records = Records(client)

    def grant(self, changes: Sequence[GrantBinding]) -> Iterator[Outcome]:
        """Put users into roles and give them licences."""
        yield from self._enter([change for change in changes if _kind(change) == USER_ROLE])
        yield from self._license([change for change in changes if _kind(change) == PERMISSION_SET_LICENSE])
        for change in changes:
            if _kind(change) not in (USER_ROLE, PERMISSION_SET_LICENSE):
                yield failed(change, NOT_OURS)

    def revoke(self, changes: Sequence[RevokeBinding]) -> Iterator[Outcome]:
        """Take users out of roles, licences from them, and end the tokens of an application."""
        yield from self._leave([change for change in changes if _kind(change) == USER_ROLE])
        yield from self._unlicense([change for change in changes if _kind(change) == PERMISSION_SET_LICENSE])
        yield from self._end([change for change in changes if _kind(change) == OAUTH_TOKEN])
        for change in changes:
            if _kind(change) not in (USER_ROLE, PERMISSION_SET_LICENSE, OAUTH_TOKEN):
                yield failed(change, NOT_OURS)

    def _enter(self, changes: Sequence[GrantBinding]) -> Iterator[Outcome]:
        if not changes:
            return
        users, ids = self._roles(changes)
        ready = []
        for change in changes:
            role = ids.get(_name(change))
            if role is None:
                yield failed(change, "the org has no such role (any more); plan again")
            elif change.account not in users:
                yield failed(change, "the org has no such user; plan again")
            elif users[change.account] == role:
                yield already(change, "it was so before")
            elif users[change.account]:
                yield failed(change, "the user is in another role by now, and has one only; plan again")
            else:
                ready.append((change, role))
        records = [{"id": change.account, "UserRoleId": role} for change, role in ready]
        for (change, _), result in zip(ready, self._records.update(USER, records), strict=True):
            yield done(change, NO_END) if result.done else failed(change, result.text)

    def _leave(self, changes: Sequence[RevokeBinding]) -> Iterator[Outcome]:
        if not changes:
            return
        users, ids = self._roles(changes)
        ready = []
        for change in changes:
            role = ids.get(_name(change))
            if role is None or users.get(change.account) != role:
                yield already(change, "it was gone")
            else:
                ready.append(change)
        records = [{"id": change.account, "UserRoleId": None} for change in ready]
        results = self._records.update(USER, records)
        yield from revoked([(change, [result]) for change, result in zip(ready, results, strict=True)], self._inside)

    def _inside(self, changes: Sequence[RevokeBinding]) -> Callable[[RevokeBinding], bool]:
        users, ids = self._roles(changes)
        return lambda change: users.get(change.account, "") == ids.get(_name(change))

    def _license(self, changes: Sequence[GrantBinding]) -> Iterator[Outcome]:
        if not changes:
            return
        ids, held = self._licenses(changes)
        ready = []
        for change in changes:
            if _name(change) not in ids:
                yield failed(change, "the org has no such permission set licence (any more); plan again")
            elif held.get((change.account, _name(change))):
                yield already(change, "it was so before")
            else:
                ready.append(change)
        records = [{"AssigneeId": one.account, "PermissionSetLicenseId": ids[_name(one)]} for one in ready]
        doubtful: list[tuple[GrantBinding, Result]] = []
        for change, result in zip(ready, self._records.create(ASSIGN, records), strict=True):
            if result.done:
                yield done(change, NO_END)
            else:
                doubtful.append((change, result))
        if doubtful:
            _, now = self._licenses([change for change, _ in doubtful])
            yield from looked_again(doubtful, lambda change: bool(now.get((change.account, _name(change)))))

    def _unlicense(self, changes: Sequence[RevokeBinding]) -> Iterator[Outcome]:
        if not changes:
            return
        _, held = self._licenses(changes)
        rows = {change.id: held.get((change.account, _name(change)), ()) for change in changes}
        ids = [row for some in rows.values() for row in some]
        results = dict(zip(ids, self._records.delete(ASSIGN, ids), strict=True))
        written = [(change, [results[row] for row in rows[change.id]]) for change in changes]
        yield from revoked(written, self._licensed)

    def _licensed(self, changes: Sequence[RevokeBinding]) -> Callable[[RevokeBinding], bool]:
        _, held = self._licenses(changes)
        return lambda change: bool(held.get((change.account, _name(change))))

    def _end(self, changes: Sequence[RevokeBinding]) -> Iterator[Outcome]:
        """Revoke every token that an application holds for the user."""
        if not changes:
            return
        tokens: dict[tuple[str, str], list[str]] = {}
        for row in self._rows(_tokens({change.account for change in changes})):
            tokens.setdefault((identifier(row, "UserId"), text(row, "AppName")), []).append(text(row, "DeleteToken"))
        for change in changes:
            there = tokens.get((change.account, _name(change)), ())
            trouble = next(filter(None, [self._revoked(token) for token in there]), "")
            if trouble:
                yield failed(change, trouble)
            elif there:
                yield done(change)
            else:
                yield already(change, "it was gone")

    def _revoked(self, token: str) -> str:
        """Why a token could not be revoked; empty when it was."""
        try:
            fault = self._client.revoke(token)
        except TargetError as error:
            return str(error)
        return "" if fault is None else f"an OAuth token cannot be revoked: {fault.text}"

    def _roles(self, changes: Sequence[Changed]) -> tuple[dict[str, str], dict[str, str]]:
        """The roles of the accounts, and the ids of the roles that are named; portal roles are nobody's to give."""
        queries = [
            Query("users' roles", select("Id,UserRoleId", USER, soql.one_of("Id", ids)))
            for ids in soql.chunks(change.account for change in changes)
        ]
        queries += [
            Query("roles", select("Id,DeveloperName", "UserRole", f"{soql.one_of('DeveloperName', names)}"))
            for names in soql.chunks(_name(change) for change in changes)
        ]
        users: dict[str, str] = {}
        ids: dict[str, str] = {}
        for reading in read(self._client, queries):
            for row in whole([reading]):
                if reading.query.topic == "roles":
                    ids[text(row, "DeveloperName")] = identifier(row, "Id")
                else:
                    held = optional(row, "UserRoleId")
                    users[identifier(row, "Id")] = identifier(row, "UserRoleId") if held else ""
        return users, ids

    def _licenses(self, changes: Sequence[Changed]) -> tuple[dict[str, str], dict[tuple[str, str], list[str]]]:
        """The ids of the licences that are named, and which rows give them to the accounts."""
        key = "PermissionSetLicense.PermissionSetLicenseKey"
        queries = [
            Query("licences", select("Id,PermissionSetLicenseKey", "PermissionSetLicense", where))
            for names in soql.chunks(_name(change) for change in changes)
            if (where := soql.one_of("PermissionSetLicenseKey", names))
        ]
        queries += [
            Query("assigned licences", select(f"Id,AssigneeId,{key}", ASSIGN, soql.one_of("AssigneeId", ids)))
            for ids in soql.chunks(change.account for change in changes)
        ]
        ids_: dict[str, str] = {}
        held: dict[tuple[str, str], list[str]] = {}
        for reading in read(self._client, queries):
            for row in whole([reading]):
                if reading.query.topic == "licences":
                    ids_[text(row, "PermissionSetLicenseKey")] = identifier(row, "Id")
                    continue
                of = row.get("PermissionSetLicense")
                name = optional(of, "PermissionSetLicenseKey") if isinstance(of, Mapping) else ""
                held.setdefault((identifier(row, "AssigneeId"), name), []).append(identifier(row, "Id"))
        return ids_, held

    def _rows(self, queries: Sequence[Query]) -> list[Row]:
        return list(whole(read(self._client, queries)))


def _tokens(accounts: Iterable[str]) -> list[Query]:
    names = sorted(accounts)
    return [
        Query(
            "OAuth tokens",
            select("UserId,AppName,DeleteToken", "OauthToken", soql.one_of("UserId", names[at : at + TOGETHER])),
            keyed=False,
        )
        for at in range(0, len(names), TOGETHER)
    ]


def _kind(change: Changed) -> str:
    return "" if change.native is None else change.native.kind


def _name(change: Changed) -> str:
    return (change.native or Native("", "")).name
