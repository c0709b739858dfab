"""What the profiles of the population ask of whoever logs in, read where Settings set conditions.

A profile's `Metadata` is shown by the Tooling API, for one profile a query and in no batch, so each profile in use is
one call (https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_profile.htm).
Where no condition asks for addresses or hours, none is made.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from connectors.salesforce.client import Client
from connectors.salesforce.conditions import Conditions
from connectors.salesforce.soql import one_of, select
from connectors.salesforce.words import A_LOGIN_HOURS, A_LOGIN_RANGES
from reconciler.errors import Unreadable

_IN_METADATA = frozenset({A_LOGIN_RANGES, A_LOGIN_HOURS})


def asks_for_metadata(conditions: Mapping[str, Conditions]) -> bool:
    """Whether any vendor tier's conditions are about what only the metadata says."""
    return any(_IN_METADATA & one.attributes.keys() for one in conditions.values())


def read_metadata(client: Client, profiles: Iterable[str]) -> dict[str, Mapping[str, object]]:
    """The `Metadata` of profiles by name.

    Raises:
        TargetError: one of them could not be read.
    """
    return {name: _metadata(client, name) for name in sorted(set(profiles))}


def _metadata(client: Client, name: str) -> Mapping[str, object]:
    what = f"reading the login conditions of the profile {name}"
    query = select("Id,Metadata", "Profile", one_of("Name", [name]))
    answer = client.get(f"tooling/query?{urlencode({'q': query})}", what)
    records = answer.get("records") if isinstance(answer, Mapping) else None
    first = records[0] if isinstance(records, list) and len(records) == 1 else None
    found = first.get("Metadata") if isinstance(first, Mapping) else None
    if not isinstance(found, Mapping):
        raise Unreadable(f"{what}: the org's answer is not in the documented shape")
    return found
