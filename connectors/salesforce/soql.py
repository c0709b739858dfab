"""SOQL as text: quoting that cannot be broken out of, lists cut to what a query may hold, and every query we ask.

Limits are those of the SOQL and SOSL reference: 100,000 characters a query, 4,000 a string in a WHERE; lists of ids are
cut at 250, so that a query fits into a URL of 16 KB.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from simple_salesforce.format import quote_soql_value, soql_like_escapes

from connectors.salesforce import words
from connectors.salesforce.declarations import Population
from reconciler.errors import DeclarationError
from reconciler.model import Native

LONGEST_QUERY = 100_000
LONGEST_STRING = 4_000
MOST_VALUES = 250
LONGEST_LIST = 12_000
"""Characters of one list once they stand in a URL; the rest of its 16 KB is for the query around it."""

USER_FIELDS = ",".join(
    ("Id,Username,IsActive,UserType,Profile.Name,UserRoleId,ContactId", *words.ATTRIBUTES.values()),
)
USERS = "users"
ASSIGNMENTS = "permission set assignments"
MEMBERSHIPS = "group and queue memberships"
FROZEN = "frozen users"
SESSIONS = "sessions"
"""Topics of queries, by which their answers are told apart."""
MEMBER_TYPES = "('Regular','Queue')"


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the org.

    Attributes:
        topic: what it reads, in people's words, for when it could not be read.
        all_rows: whether soft-deleted rows are wanted too (`queryAll`).
        keyed: whether each row has an Id of its own.
        resource: what to read instead of a query, below the version; its content is then the only row.
    """

    topic: str
    soql: str
    all_rows: bool = False
    keyed: bool = True
    resource: str = ""

    def __post_init__(self) -> None:
        if len(self.soql) > LONGEST_QUERY:
            raise DeclarationError(
                f"the query for {self.topic} has {len(self.soql)} characters, Salesforce takes {LONGEST_QUERY}; "
                "select the population by profile, user type or e-mail domain instead of naming its users"
            )

    @property
    def path(self) -> str:
        """The resource below `/services/data/vXX.X/`."""
        return self.resource or f"{'queryAll' if self.all_rows else 'query'}?{urlencode({'q': self.soql})}"


def quote(value: str) -> str:
    """A string literal."""
    literal = str(quote_soql_value(value))
    if len(literal) > LONGEST_STRING:
        raise DeclarationError(f"a name of {len(value)} characters is longer than Salesforce compares")
    return literal


def ends_with(field: str, suffix: str) -> str:
    """A condition that the field ends with exactly this text, whatever wildcards it holds."""
    literal = quote(suffix)[1:-1].translate(soql_like_escapes)
    return f"{field} LIKE '%{literal}'"


def one_of(field: str, values: Iterable[str], *, negated: bool = False) -> str:
    """A condition that the field is, or is not, one of the values."""
    return f"{field} {'NOT IN' if negated else 'IN'} ({','.join(quote(value) for value in values)})"


def chunks(values: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The distinct values in order, cut into lists that one query can hold; together they are exactly the values."""
    chunk: list[str] = []
    size = 0
    for value in sorted(set(values)):
        length = len(quote_plus(quote(value))) + 3
        if chunk and (len(chunk) == MOST_VALUES or size + length > LONGEST_LIST):
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(value)
        size += length
    if chunk:
        yield tuple(chunk)


def selected(population: Population, user: str = "") -> str:
    """The population's predicate; `user` is the path to the User (`Assignee.`), empty on User itself."""
    chosen = population.any
    anyhow = [
        *([one_of(f"{user}Profile.Name", chosen.profiles)] if chosen.profiles else ()),
        *([one_of(f"{user}UserType", chosen.user_types)] if chosen.user_types else ()),
        *(ends_with(f"{user}Email", f"@{domain}") for domain in chosen.email_domains),
        *([one_of(f"{user}Username", chosen.usernames)] if chosen.usernames else ()),
    ]
    never = population.except_
    conditions = [
        f"({' OR '.join(anyhow)})",
        *([one_of(f"{user}Profile.Name", never.profiles, negated=True)] if never.profiles else ()),
        *([one_of(f"{user}Username", never.usernames, negated=True)] if never.usernames else ()),
    ]
    return " AND ".join(conditions)


def select(fields: str, kind: str, where: str = "") -> str:
    """A whole query; every value in `where` has been through `quote`."""
    return f"SELECT {fields} FROM {kind}{' WHERE ' if where else ''}{where}"  # noqa: S608  what this module is for


def members(population: Population) -> str:
    """The population as a sub-select of User ids."""
    return select("Id", "User", selected(population))


def users(where: str) -> Query:
    """Users, with what tells whether they belong to the population."""
    return Query(USERS, select(USER_FIELDS, "User", where))


def assignments(where: str, *, expiry: bool, lapsed: bool = False, own: str = "") -> Query:
    """Assignments of permission sets and groups, without those that are a profile in disguise.

    `lapsed` reads the expired ones instead, which the org keeps as soft-deleted rows. `own` is a user whose assignments
    are read besides, with the profile's.
    """
    fields = (
        "Id,AssigneeId,PermissionSetId,PermissionSet.Name,PermissionSet.NamespacePrefix,PermissionSetGroupId,"
        "PermissionSetGroup.DeveloperName,PermissionSetGroup.NamespacePrefix,IsActive"
        + (",ExpirationDate" if expiry else "")
    )
    # A condition on a permission set says nothing of a row that names only a group.
    where += " AND (PermissionSet.IsOwnedByProfile = false OR PermissionSetGroupId != null)"
    if own:
        where = f"({where}) OR AssigneeId = {quote(own)}"
    if lapsed:
        query = select(fields, "PermissionSetAssignment", f"{where} AND IsActive = false")
        return Query("expired permission set assignments", query, all_rows=True)
    return Query(ASSIGNMENTS, select(fields, "PermissionSetAssignment", where))


DESCRIBED_ASSIGNMENT = Query(
    "what an assignment can carry", "", keyed=False, resource="sobjects/PermissionSetAssignment/describe"
)
"""The description of PermissionSetAssignment, as the org and our user's rights make it."""


def memberships(where: str) -> Query:
    """Direct memberships in public groups and queues."""
    fields = "Id,GroupId,Group.DeveloperName,Group.Type,UserOrGroupId"
    where += f" AND Group.Type IN {MEMBER_TYPES}"
    return Query(MEMBERSHIPS, select(fields, "GroupMember", where))


def frozen(where: str) -> Query:
    """Who is frozen."""
    return Query(FROZEN, select("Id,UserId,IsFrozen", "UserLogin", f"{where} AND IsFrozen = true"))


def logins(ids: Sequence[str]) -> Query:
    """Whether the given users are frozen, and the rows to freeze them by."""
    return Query("user logins", select("Id,UserId,IsFrozen", "UserLogin", one_of("UserId", ids)))


def sessions(where: str) -> Query:
    """Sessions."""
    return Query(SESSIONS, select("Id,UsersId", "AuthSession", where))


def tokens(ids: Sequence[str]) -> Query:
    """OAuth tokens; their Id is always null (object reference, OauthToken)."""
    return Query("OAuth tokens", select("UserId,DeleteToken", "OauthToken", one_of("UserId", ids)), keyed=False)


def bare(name: str) -> str:
    """An API name without its package's namespace, as the org's name fields hold it."""
    return name.rpartition("__")[2]


def roles(natives: Iterable[Native]) -> list[Query]:
    """The rows behind the given roles, where they exist."""
    names: dict[str, set[str]] = {}
    for native in natives:
        names.setdefault("group" if native.kind == "queue" else native.kind, set()).add(bare(native.name))
    asked = []
    for chunk in chunks(names.get("permissionSet", ())):
        where = f"{one_of('Name', chunk)} AND IsOwnedByProfile = false"
        asked.append(Query("permission sets", select("Id,Name,NamespacePrefix", "PermissionSet", where)))
    for chunk in chunks(names.get("permissionSetGroup", ())):
        query = select("Id,DeveloperName,NamespacePrefix", "PermissionSetGroup", one_of("DeveloperName", chunk))
        asked.append(Query("permission set groups", query))
    for chunk in chunks(names.get("group", ())):
        where = f"{one_of('DeveloperName', chunk)} AND Type IN {MEMBER_TYPES}"
        asked.append(Query("groups and queues", select("Id,DeveloperName,Type", "Group", where)))
    return asked
