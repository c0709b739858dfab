"""Everything that was read of an org, put together, pure: who holds what, what that allows, what cannot be taken."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from connectors.salesforce import holdings, levels, mapping, permitted, queries, scopes, unremovable, words
from connectors.salesforce.conditions import profile_attributes
from connectors.salesforce.declarations import definition
from connectors.salesforce.definitions import Stored, stored
from connectors.salesforce.holdings import Hierarchy
from connectors.salesforce.mapping import Standing, User, identifier, text
from connectors.salesforce.observing import Found
from connectors.salesforce.permitted import PermissionSet
from connectors.salesforce.unremovable import Way
from connectors.salesforce.vocabulary import READ
from reconciler.errors import Unreadable
from reconciler.model import Account, BindingKey, Definition, Exposure, LiveBinding, Native, Reason, Risk, Scope

INTERNAL = (
    "whoever has an internal licence reads the internal comments of every case that they read; only portal users do not"
)
RESERVED = (
    "the permission set {} has a name as guestlist gives it to what it defines, and no mark of guestlist in its "
    f"Description: it is left alone; rename it in Setup, because names that begin with {words.PREFIX} are reserved"
)
OPEN_PROFILE = (
    "the profile {} reads accounts that are shared with it, so shares and teams of accounts do not end with an "
    "assignment; take Read on Account out of it"
)


@dataclass
class Picture:
    """Makes the parts of `Live` from what was found; each raises Unreadable where a row is not as documented."""

    found: Found
    _profiles: dict[str, tuple[tuple[Native, str], ...]] = field(default_factory=dict)
    _logins: dict[tuple[str, bool], Mapping[str, str]] = field(default_factory=dict)
    _types: dict[str, dict[str, str]] = field(default_factory=dict)

    # -- accounts --------------------------------------------------------------------------------------------------

    def accounts(self) -> dict[str, Account]:
        """Accounts of the population, and declared ones outside it."""
        found = self.found
        alive = found.in_session | {account for account, _ in self._tokens}
        return {
            someone.id: mapping.account(
                someone,
                inside=inside,
                frozen=someone.id in found.frozen,
                in_session=someone.id in alive,
                attributes=self._attributes(someone, inside=inside),
            )
            for someone, inside in found.accounts.values()
        }

    def _attributes(self, someone: User, *, inside: bool) -> Mapping[str, str]:
        if not inside:
            return someone.attributes
        mfa = someone.profile in self._asks_mfa or someone.id in self._asks_mfa
        key = (someone.profile, mfa)
        if key not in self._logins:
            metadata = self.found.profiles.get(someone.profile)
            plain = {words.A_MFA: "required"} if mfa else {}
            self._logins[key] = plain if metadata is None else profile_attributes(metadata, mfa=mfa)
        return {**someone.attributes, **self._logins[key]} if self._logins[key] else someone.attributes

    # -- bindings --------------------------------------------------------------------------------------------------

    def bindings(self) -> Iterator[LiveBinding]:
        """Everything that accounts inside the population hold, removable or not."""
        found = self.found
        inside = found.inside
        seen: set[str] = set()
        delegations = map(holdings.delegation, found.rows.get(queries.DELEGATES, ()))
        for standing in chain(found.held, self._records(), delegations):
            id_, account, native, until, active, scope, unremovable_ = standing
            if active and account in inside and id_ not in seen:
                seen.add(id_)
                yield LiveBinding(BindingKey(account, native, scope), until, id_, unremovable_)
        yield from (one for one in self._licenses() if one.key.account in inside)
        enabled = {
            someone.id
            for someone, ours in found.accounts.values()
            if ours and someone.active and someone.id not in found.frozen
        }
        yield from holdings.tokens(pair for pair in self._tokens if pair[0] in enabled)
        for someone, ours in found.accounts.values():
            if ours:
                role = self.roles.held(someone)
                if role is not None:
                    yield role.binding
                own = frozenset({Native(words.PROFILE, someone.profile)})
                yield from unremovable.left(someone.id, self._by_profile(someone.profile), own)
                yield from unremovable.left(someone.id, self._left(someone))

    def _records(self) -> Iterator[Standing]:
        """Shares and teams, with records called as declarations call them."""
        rows, everybody = self.found.rows, self.defaults.everybody
        yield from (holdings.case_share(row) for row in rows.get(queries.SHARED["Case"], ()))
        yield from (holdings.case_member(row) for row in rows.get(queries.TEAMS["Case"], ()))
        spelled = self.found.records.spelled(self.asked.accounts)
        for topic, make in (
            (queries.SHARED["Account"], holdings.account_share),
            (queries.TEAMS["Account"], holdings.account_member),
        ):
            for row in rows.get(topic, ()):
                account = identifier(row, "AccountId")
                yield make(row, everybody, spelled.get(account, account))

    def _licenses(self) -> Iterator[LiveBinding]:
        """Licences, each with the permission sets and groups that need it: an org assigns it along with them."""
        if not self.found.rows.get(queries.LICENSES):
            return
        parts: dict[str, set[str]] = {}
        for row in self.found.rows.get(queries.COMPONENTS, ()):
            parts.setdefault(identifier(row, "PermissionSetGroupId"), set()).add(identifier(row, "PermissionSetId"))
        needing: dict[tuple[str, str], set[Native]] = {}
        for standing in self.found.held:
            held = self.found.sets.of(standing.native)
            if standing.active and held is not None:
                for id_ in (held.id, *parts.get(held.group, ())):
                    one = self.found.sets.by_id.get(id_)
                    if one is not None and one.license:
                        needing.setdefault((standing.account, one.license), set()).add(standing.native)
        for row in self.found.rows.get(queries.LICENSES, ()):
            standing, licence = holdings.license_(row)
            along = frozenset(needing.get((standing.account, licence), ()))
            yield LiveBinding(standing.key, handle=standing.id, brought_by=along)

    @cached_property
    def _asks_mfa(self) -> frozenset[str]:
        """The profiles, by name, and the accounts, by id, of which multi-factor authentication is asked."""
        asking = {one.native for one in self.found.sets.by_id.values() if permitted.MFA in one.checked}
        profiles = {one.name for one in asking if one.kind == words.PROFILE}
        asking &= self._held_natives
        holders = (one.account for one in self.found.held if one.active and one.native in asking) if asking else ()
        return frozenset(profiles.union(holders))

    @cached_property
    def _held_natives(self) -> set[Native]:
        return {one.native for one in self.found.held if one.active}

    @cached_property
    def _tokens(self) -> list[tuple[str, str]]:
        rows = self.found.rows.get(queries.OAUTH, ())
        return [(identifier(row, "UserId"), text(row, "AppName")) for row in rows]

    def _left(self, someone: User) -> Iterator[tuple[Native, str]]:
        """What an account can do with what everybody may, or the org alone gives, whatever profile it is on."""
        if self._ways or any(self.defaults.open_to(kind) for kind in unremovable.SHARED):
            sets = self._held_sets(someone)
            yield from unremovable.by_default(sets, self.defaults)
            yield from unremovable.by_sharing(someone.id, sets, self._everybodys(someone.user_type), self._ways)

    def _everybodys(self, user_type: str) -> dict[str, str]:
        if user_type not in self._types:
            self._types[user_type] = self.found.groups.everybodys(user_type)
        return self._types[user_type]

    def _by_profile(self, profile: str) -> tuple[tuple[Native, str], ...]:
        if profile not in self._profiles:
            allowed = {name.casefold() for name in self.found.setting.profiles}
            held = self.found.sets.of(Native(words.PROFILE, profile))
            if allowed and profile.casefold() not in allowed:
                self._profiles[profile] = (unremovable.outside(profile),)
            elif held is None:
                raise Unreadable(f"reading {queries.PERMISSION_SETS}: a user's profile is not among them")
            else:
                self._profiles[profile] = tuple(unremovable.of_profile(held))
        return self._profiles[profile]

    @cached_property
    def _ways(self) -> dict[str, list[Way]]:
        """Share rows that the org alone writes, by whom they are for."""
        ways: dict[str, list[Way]] = {}
        for kind, topic in queries.STANDING.items():
            for row in self.found.rows.get(topic, ()):
                one = unremovable.way(kind, row)
                ways.setdefault(one.holder, []).append(one)
        return ways

    # -- what it means ---------------------------------------------------------------------------------------------

    @cached_property
    def roles(self) -> Hierarchy:
        """The role hierarchy."""
        return self.found.hierarchy()

    @cached_property
    def defaults(self) -> unremovable.Defaults:
        """Organisation-wide defaults."""
        return unremovable.share_defaults(self.found.rows.get(queries.DEFAULTS, []))

    @cached_property
    def asked(self) -> scopes.Asked:
        """What declarations narrow bindings to."""
        return scopes.asked(scope for _, scope in self.found.setting.sought.scoped)

    @cached_property
    def _inside(self) -> dict[str, User]:
        return {someone.id: someone for someone, inside in self.found.accounts.values() if inside}

    @cached_property
    def _sets(self) -> dict[str, list[PermissionSet]]:
        """The permission sets that accounts hold besides their profiles'; Unreadable when one was not shown."""
        held: dict[str, list[PermissionSet]] = {}
        for standing in self.found.held:
            if standing.active and standing.native.kind in words.ASSIGNED:
                one = self.found.sets.of(standing.native)
                if one is None:
                    raise Unreadable(f"reading {queries.PERMISSION_SETS}: one that somebody holds is not among them")
                held.setdefault(standing.account, []).append(one)
        return held

    def _held_sets(self, someone: User) -> list[PermissionSet]:
        own = self.found.sets.of(Native(words.PROFILE, someone.profile))
        return [*([own] if own is not None else ()), *self._sets.get(someone.id, ())]

    def natives(self, bindings: Iterable[LiveBinding]) -> frozenset[Native]:
        """What is held, sought or defined, and the profiles of everybody."""
        sought = self.found.setting.sought
        profiles = {Native(words.PROFILE, someone.profile) for someone in self._inside.values()}
        return frozenset(
            {binding.key.native for binding in bindings}
            | profiles
            | sought.natives
            | {native for native, _ in sought.scoped}
            | self.definitions.keys()
        )

    def risks(self, natives: Iterable[Native]) -> dict[Native, tuple[Risk, ...]]:
        """What natives really allow that is dangerous."""
        wanted = tuple(natives)
        rows = self.found.rows.get(queries.DELEGATES, ())
        approvers = {identifier(row, "DelegatedApproverId") for row in rows}
        found = self.found.sets.risks(wanted)
        for native in wanted:
            more: set[Risk] = set()
            if native.kind == words.USER_ROLE:
                more |= set(self.roles.risks(native))
            if native.kind in words.JOINED or native.kind == words.USER_ROLE:
                more |= set(self.found.groups.risks(native, self.roles, approvers))
            if native.kind == words.DELEGATED_APPROVER:
                via = f"delegated approver of {native.name}"
                more.add(Risk("approve", "User.DelegatedApproverId", via, high=True))
            if more:
                found[native] = tuple(sorted(more))
        return found

    def exposures(self, natives: Iterable[Native]) -> dict[Native, tuple[Exposure, ...]]:
        """Which labelled objects and fields natives really show."""
        labelled = self.found.setting.sought.labelled
        self.found.sets.show(self.found.rows.get(queries.FIELDS, ()))
        for native, one in self._stored.items():
            held = self.found.sets.of(native)
            if held is not None:
                held.fields |= one.content.shows
        return self.found.sets.exposures(natives, labelled)

    @cached_property
    def definitions(self) -> dict[Native, Definition]:
        """The roles that guestlist defines there; what only has such a name, and no declaration and no mark, is not."""
        declared = {one.native for one in self.found.setting.sought.definitions}
        return {
            native: definition(native, one.content)
            for native, one in self._stored.items()
            if one.content.mark is not None or native in declared
        }

    @cached_property
    def _stored(self) -> dict[Native, Stored]:
        return stored(self.found.defined) if self.found.defined else {}

    def existing(self) -> frozenset[Native]:
        """What of the sought natives exists."""
        found = self.found
        rows = found.rows
        there = {
            *found.sets.existing(),
            *found.groups.existing(),
            *(native for native, _ in self.roles.existing()),
            *(
                Native(words.PERMISSION_SET_LICENSE, text(row, "PermissionSetLicenseKey"))
                for row in rows.get(queries.KNOWN_LICENSES, ())
            ),
        }
        return frozenset(there & found.setting.sought.natives)

    def followed(self) -> dict[Scope, tuple[Scope, ...]]:
        """The concrete scopes that each sought pattern means now."""
        return self.found.records.followed(self.asked, self.found.queues)

    def parts(self, natives: Iterable[Native]) -> dict[Native, frozenset[Native]]:
        """Of shares, what each is made of."""
        return {native: levels.parts(native) for native in natives if native.kind in levels.SHARES}

    def obstacles(self) -> dict[tuple[Native, Scope], Reason]:
        """What of the sought scopes cannot be given here, and why."""
        found = self.found
        known = {text(row, "Name") for row in found.rows.get(queries.CASE_TEAM_ROLES, ())}
        return {
            **dict(found.records.obstacles(found.setting.sought.scoped, found.queues, self.defaults, self.asked)),
            **dict(scopes.teams(found.setting.sought.scoped, known, found.answered)),
        }

    def _reads_internal_comments(self) -> bool:
        internal = {id_: someone for id_, someone in self._inside.items() if someone.user_type == "Standard"}
        readers = {one.native for one in self.found.sets.by_id.values() if one.reads("Case")}
        profiles = {Native(words.PROFILE, someone.profile) for someone in internal.values()}
        if profiles & readers:
            return True
        readers &= self._held_natives
        holders = (one for one in self.found.held if one.native in readers) if readers else ()
        return any(one.active and one.account in internal for one in holders)

    def notes(self) -> tuple[str, ...]:
        """What the org lacks or cannot show, and what nobody can change about it."""
        said = list(self.found.notes)
        strange = sorted(native.name for native in self._stored.keys() - self.definitions.keys())
        said += [RESERVED.format(name) for name in strange]
        if self._reads_internal_comments():
            said.append(INTERNAL)
        for name in sorted({someone.profile for someone in self._inside.values()}):
            held = self.found.sets.of(Native(words.PROFILE, name))
            if held is not None and held.allows("Account") == {READ}:
                said.append(OPEN_PROFILE.format(name))
        return tuple(dict.fromkeys(said))
