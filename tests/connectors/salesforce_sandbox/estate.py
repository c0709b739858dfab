"""An org with every way in that there is beside permission sets, and a client that asks it over HTTPS."""

from dataclasses import dataclass

import httpx

DATA = "/services/data/v63.0"
SEED = {
    "profiles": [
        {
            "name": "Vendor Support",
            "license": "Salesforce",
            "permissions": ["ApiEnabled"],
            "objects": {"Account": "R", "Case": "R"},
            "fields": {"Case.Subject": "r"},
            "loginIpRanges": [{"start": "203.0.113.0", "end": "203.0.113.255", "description": "office"}],
            "loginHours": {"monday": [480, 1080], "tuesday": [480, 1080]},
        },
        {"name": "Bare", "license": "Salesforce", "permissions": ["ApiEnabled"]},
    ],
    "permissionSets": [
        {"name": "Exporter", "label": "Exporter", "permissions": ["DataExport"], "activationRequired": True},
        {"name": "Editor", "label": "Editor", "objects": {"Case": "RE"}, "fields": {"Case.Subject": "rw"}},
        {"name": "All_Fields", "label": "All fields", "objects": {"Case": "RF"}},
    ],
    "permissionSetGroups": [
        {"name": "Holds_Exporter", "label": "Holds exporter", "permissionSets": ["Exporter"]},
        {"name": "Asks", "label": "Asks", "permissionSets": ["Editor"], "activationRequired": True},
    ],
    "roles": [{"name": "Lead"}, {"name": "Agents", "parent": "Lead"}],
    "groups": [
        {"name": "Inner", "label": "Inner", "members": ["nested@v.example"]},
        {"name": "Outer", "label": "Outer", "members": ["Inner", "role:Agents"]},
        {"name": "Below", "label": "Below", "members": ["role+:Lead"]},
        {"name": "Ruled", "label": "Ruled", "members": ["ruled@v.example"]},
        {"name": "Desk", "label": "Desk", "type": "Queue", "objects": ["Case"]},
    ],
    "users": [
        {"username": f"{name}@v.example", "lastName": name, "profile": "Vendor Support"} | more
        for name, more in {
            "boss": {"role": "Lead"},
            "agent": {"role": "Agents", "manager": "boss@v.example", "delegatedApprover": "boss@v.example"},
            "nested": {},
            "ruled": {},
            "teamed": {},
            "owner": {},
            "plain": {},
            "exporter": {"profile": "Bare", "permissionSets": ["Exporter"]},
            "grouped": {"profile": "Bare", "permissionSetGroups": ["Holds_Exporter"]},
            "asked": {"profile": "Bare", "permissionSetGroups": ["Asks"]},
            "allfields": {"profile": "Bare", "permissionSets": ["All_Fields"]},
        }.items()
    ],
    "caseTeams": {"Second line": {"teamed@v.example": "Case Worker"}},
    "sharingRules": [
        {"object": "Case", "ownedBy": "Desk", "sharedWith": "Ruled", "level": "Edit"},
        {"object": "Account", "ownedBy": "role:Agents", "sharedWith": "Ruled"},
    ],
    "accounts": [
        {
            "name": "A",
            "owner": "owner@v.example",
            "cases": [
                {"subject": "outer", "shares": {"Outer": "Read"}},
                {"subject": "below", "shares": {"Below": "Edit"}},
                {"subject": "desk", "owner": "Desk"},
                {"subject": "team", "teams": ["Second line"]},
                {"subject": "free"},
            ],
        },
        {"name": "B", "owner": "agent@v.example"},
    ],
}


@dataclass
class Asker:
    """A served org, and somebody who asks it."""

    client: httpx.Client
    token: str

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        address = path if path.startswith("/services") else DATA + path
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.request(method, address, headers=headers, **more)  # type: ignore[arg-type] # as they come

    def rows(self, soql: str, resource: str = "query") -> list[dict[str, object]]:
        answer = self.ask("GET", f"/{resource}", params={"q": soql})
        assert answer.status_code == 200, answer.text
        return [
            {name: value for name, value in row.items() if name != "attributes"} for row in answer.json()["records"]
        ]

    def one(self, soql: str) -> str:
        (row,) = self.rows(soql)
        return str(row["Id"])

    def refused(self, method: str, path: str, **more: object) -> str:
        answer = self.ask(method, path, **more)
        assert answer.status_code >= 400, answer.text
        return str(answer.json()[0]["errorCode"])

    def create(self, kind: str, **values: object) -> str:
        answer = self.ask("POST", f"/sobjects/{kind}", json=values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def user(self, name: str) -> str:
        return self.one(f"SELECT Id FROM User WHERE Username = '{name}@v.example'")

    def as_user(self, name: str) -> "Asker":
        """The same org, asked in a new session of somebody else's."""
        login = self.client.post("/__sandbox__/login", json={"username": f"{name}@v.example"}).json()
        return Asker(self.client, login["access_token"])

    def switch(self, **switches: object) -> None:
        assert self.client.post("/__sandbox__/switches", json=switches).status_code == 200
