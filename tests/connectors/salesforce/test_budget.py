"""How many API calls an observation takes of an org of a company's size, by the org's own counters."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.salesforce.declarations import Population
from connectors.salesforce.sandbox.process import start
from reconciler.model import Native
from reconciler.ports import Sought
from tests.connectors.salesforce.conftest import Org, entitle

VENDORS, SETS, PROFILES, ROLES, GROUPS, BUNDLES = 500, 300, 60, 40, 150, 20
MOST = 3
PAGE = 2_000
POPULATION = Population.model_validate({"any": {"profiles": ["Vendor Support"]}})


def company() -> dict[str, object]:
    """A seed: vendors in groups, some of them within others, beside everything else that an org has."""
    sets = [{"name": f"Set_{n}", "label": f"Set {n}", "objects": {"Case": "R"}} for n in range(SETS - 12)]
    groups = [
        {
            "name": f"Group_{n}",
            "label": f"Group {n}",
            "type": "Queue" if n % 3 == 0 else "Regular",
            "members": [f"Group_{n + 1}"] if n % 10 == 0 else [],
        }
        for n in range(GROUPS)
    ]
    users = [
        {
            "username": f"vendor{n}@northwind-msp.example",
            "lastName": f"Vendor {n}",
            "profile": "Vendor Support",
            "permissionSets": [f"Set_{n}", {"name": f"Set_{n + 1}", "until": "2027-12-31T23:00:00Z"}],
            "permissionSetGroups": [f"Bundle_{n % BUNDLES}"],
            "groups": [f"Group_{n % GROUPS}", f"Group_{(n + 7) % GROUPS}"],
        }
        for n in range(60)
    ]
    return {
        "profiles": [
            {"name": "Vendor Support", "license": "Salesforce"},
            *(
                {"name": f"Profile {n}", "license": "Salesforce", "objects": {"Case": "CRE"}}
                for n in range(PROFILES - 8)
            ),
        ],
        "permissionSets": sets,
        "permissionSetGroups": [
            {"name": f"Bundle_{n}", "label": f"Bundle {n}", "permissionSets": [f"Set_{n}", f"Set_{n + 20}"]}
            for n in range(BUNDLES)
        ],
        "roles": [{"name": f"Role {n}", **({"parent": f"Role {n // 3}"} if n else {})} for n in range(ROLES)],
        "groups": groups,
        "users": users,
        "accounts": [
            {
                "name": f"Customer {n}",
                "shares": {f"vendor{n}@northwind-msp.example": "Read"},
                "cases": [
                    {"subject": "Help", "owner": "Group_0", "shares": {f"vendor{n}@northwind-msp.example": "Edit"}}
                ],
            }
            for n in range(60)
        ],
    }


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    directory = Path(tmp_path_factory.mktemp("big"))
    seed = directory / "seed.json"
    seed.write_text(json.dumps(company()), encoding="utf-8")
    started = start(directory, seed=str(seed), accounts=VENDORS - 60)
    try:
        org = Org(
            started.instance_url,
            started.access_token,
            str(started.ca_file),
            started.client_id,
            started.client_secret,
            directory / "jwt.key",
            started.control_token,
        )
        entitle(org)
        yield org
    finally:
        started.stop()


SOUGHT = {
    "nothing but the population": Sought(),
    "all that can be sought": Sought(
        natives=frozenset(
            {
                *(Native("permissionSet", f"Set_{n}") for n in range(200)),
                *(Native("permissionSetGroup", f"Bundle_{n}") for n in range(BUNDLES)),
                *(Native("group", f"Group_{n}") for n in range(1, 100)),
                Native("userRole", "Role_3"),
                Native("permissionSetLicense", "SalesConsoleUser"),
            }
        ),
        scoped=frozenset(
            {
                (Native("caseShare", "Read"), (("cases", ("assignedTo:Group_0",)),)),
                (Native("accountShare", "Read"), (("accounts", ("Customer 1",)),)),
                (Native("caseTeamRole", "Case Worker"), (("cases", ("00001001",)),)),
            }
        ),
        labelled=frozenset({"Case", "Case.Subject", "Contact", "Account.Phone"}),
    ),
}


@pytest.mark.parametrize("sought", SOUGHT.values(), ids=SOUGHT.keys())
def test_an_observation_of_a_company_takes_three_calls_at_most(big: Org, sought: Sought) -> None:
    """One batch, one more for what only its answer tells to ask, and one for each further 2,000 rows of an object."""
    counts = {
        kind: int(str(big.query(f"SELECT COUNT(Id) n FROM {kind} {where}")[0]["n"]))
        for kind, where in {
            "User": "WHERE Profile.Name = 'Vendor Support'",
            "PermissionSet": "WHERE Type != 'Profile'",
            "Profile": "",
            "UserRole": "",
            "Group": "WHERE Type IN ('Regular','Queue')",
        }.items()
    }
    assert counts["User"] == VENDORS
    assert counts["PermissionSet"] >= SETS
    assert counts["Profile"] >= PROFILES
    assert (counts["UserRole"], counts["Group"]) == (ROLES, GROUPS)
    big.calls()
    live = big.connect(POPULATION).observe(sought)
    calls = big.calls()
    assert live.complete, live.gaps
    assert {"permissionSet", "permissionSetGroup", "group", "queue", "caseShare", "accountShare"} <= {
        one.key.native.kind for one in live.bindings
    }
    held = sum(one.key.native.kind.startswith("permissionSet") for one in live.bindings)
    assert calls <= MOST
    assert calls <= 2 + held // PAGE
