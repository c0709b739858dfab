"""Rows that share records, and teams: who else gets at an account or a case."""

from connectors.salesforce.sandbox.errors import OrgError, bad_value, integrity, out_of_reach, read_only
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.trail import CASES
from connectors.salesforce.sandbox.store import Row, Value

_ORDER = {"None": 0, "Read": 1, "Edit": 2, "All": 3}
_DEFAULTS = {
    "AccountAccessLevel": "DefaultAccountAccess",
    "CaseAccessLevel": "DefaultCaseAccess",
    "OpportunityAccessLevel": "DefaultOpportunityAccess",
}


class ShareRules(Rules):
    """Only manual shares are written by hand, never with full control (object reference, AccountShare, CaseShare)."""

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._field = f"{parent}Id"
        self._level = f"{parent}AccessLevel"

    def existing(self, change: Change) -> str | None:
        """A repeated manual share answers with the one that is there, at the level now asked for."""
        values = change.new
        if values.get("RowCause", "Manual") != "Manual":
            return None
        same = change.org.store.find(
            change.kind,
            **{self._field: values[self._field], "UserOrGroupId": values["UserOrGroupId"], "RowCause": "Manual"},
        )
        if not same:
            return None
        self._check_reach(change)
        self._check_level(change)
        levels = {name: value for name, value in values.items() if name.endswith("AccessLevel")}
        change.org.store.update(change.kind, str(same[0]["Id"]), levels)
        return str(same[0]["Id"])

    def before_create(self, change: Change) -> None:
        """Refuses rows that the org alone writes, and rows that give nothing."""
        if change.new.get("RowCause") != "Manual":
            raise integrity("Row cause can only be Manual", "RowCause")
        self._check_reach(change)
        self._check_level(change)

    def before_update(self, change: Change) -> None:
        """Refuses rows that the org alone writes, and rows that give nothing."""
        self._only_manual(change)
        self._check_level(change)

    def before_delete(self, change: Change) -> None:
        """Refuses rows that the org alone writes."""
        self._only_manual(change)

    def _only_manual(self, change: Change) -> None:
        if change.old["RowCause"] != "Manual":
            raise read_only()
        self._check_reach(change)

    def _only_some(self, level: Value) -> None:
        """Full control is the owner's, and shared with nobody."""
        if str(level).lower() == "all":
            raise bad_value(self._level, "All")

    def _check_reach(self, change: Change) -> None:
        """Sharing by hand is for people with full access to the record: owner, whoever is above, administrators."""
        parent = change.find(self._parent, change.value(self._field))
        if not change.actor.reaches(change.org.schema[self._parent], parent, "delete"):
            raise out_of_reach()

    def _check_level(self, change: Change) -> None:
        self._only_some(change.new.get(self._level))
        organization = change.org.store.get(change.org.schema["Organization"], change.org.org_id) or {}
        ranks = [
            (_rank(change.value(level)), _rank(organization.get(default)))
            for level, default in _DEFAULTS.items()
            if level in change.kind.fields
        ]
        if all(given <= everybody for given, everybody in ranks):
            message = f"{self._level}: the level must be higher than the organization's default access level"
            raise OrgError("FIELD_FILTER_VALIDATION_EXCEPTION", message, fields=[self._level])


class TeamRules(Rules):
    """A member of an account's team sees it through a share row that the org keeps."""

    _LEVELS = ("AccountAccessLevel", "CaseAccessLevel", "ContactAccessLevel", "OpportunityAccessLevel")

    def before_create(self, change: Change) -> None:
        """Whoever may edit the account may add to its team, each user once."""
        _check_edits(change, "Account", change.new["AccountId"])
        user = change.new["UserId"]
        if change.org.store.find(change.kind, AccountId=change.new["AccountId"], UserId=user):
            raise OrgError("DUPLICATE_VALUE", "duplicate value found: this user is in the team already", fields=())

    def after_create(self, change: Change) -> None:
        """Adds the share row."""
        change.org.add(
            "AccountShare",
            {level: change.new.get(level) for level in self._LEVELS},
            AccountId=change.new["AccountId"],
            UserOrGroupId=change.new["UserId"],
            RowCause="Team",
        )

    def after_update(self, change: Change) -> None:
        """Keeps the share row at the member's levels."""
        levels = {level: change.value(level) for level in self._LEVELS}
        for share in self._shares(change):
            change.org.store.update(change.org.schema["AccountShare"], str(share["Id"]), levels)

    def after_delete(self, change: Change) -> None:
        """Takes the share row away."""
        for share in self._shares(change):
            change.org.store.delete(change.org.schema["AccountShare"], str(share["Id"]))

    def _shares(self, change: Change) -> list[Row]:
        kind = change.org.schema["AccountShare"]
        account, user = change.old["AccountId"], change.old["UserId"]
        return change.org.store.find(kind, AccountId=account, UserOrGroupId=user, RowCause="Team")


class CaseTeamRules(Rules):
    """Whoever may edit a case may add to its team."""

    def before_create(self, change: Change) -> None:
        """Asks for the case; each member is in its team once."""
        case, member = change.new["ParentId"], change.new["MemberId"]
        _check_edits(change, "Case", case)
        if change.org.store.find(change.kind, ParentId=case, MemberId=member):
            raise OrgError("DUPLICATE_VALUE", "duplicate value found: this member is in the team already", fields=())


class CaseTeamRoleRules(Rules):
    """What members of case teams are; no published row of the setup audit trail for one is known."""

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        change.audit("createdcaseteamrole", CASES, f"Created case team role {change.value('Name')}")

    def after_update(self, change: Change) -> None:
        """Leaves a trail."""
        change.audit("changedcaseteamrole", CASES, f"Changed case team role {change.value('Name')}")


class CaseTeamTemplateRules(Rules):
    """A predefined team on a case: its members become members of the case's team, and leave it together."""

    def before_create(self, change: Change) -> None:
        """Whoever may edit the case may put a predefined team on it, once."""
        _check_edits(change, "Case", change.new["ParentId"])
        case, team = change.new["ParentId"], change.new["TeamTemplateId"]
        if change.org.store.find(change.kind, ParentId=case, TeamTemplateId=team):
            raise OrgError("DUPLICATE_VALUE", "duplicate value found: this team is on the case already", fields=())

    def after_create(self, change: Change) -> None:
        """Adds the members, unless they are in the case's team already."""
        org, case, team = change.org, change.value("ParentId"), change.value("TeamTemplateId")
        for member in org.store.find(org.schema["CaseTeamTemplateMember"], TeamTemplateId=team):
            if not org.store.find(org.schema["CaseTeamMember"], ParentId=case, MemberId=member["MemberId"]):
                row: Row = {"ParentId": case, "MemberId": member["MemberId"], "TeamRoleId": member["TeamRoleId"]}
                row |= {"TeamTemplateId": team, "TeamTemplateMemberId": member["Id"]}
                org.add("CaseTeamMember", row, by=change.actor.user_id)

    def before_delete(self, change: Change) -> None:
        """Whoever may edit the case may take the team away again."""
        _check_edits(change, "Case", change.old["ParentId"])

    def after_delete(self, change: Change) -> None:
        """Takes the members away that came with it."""
        kind = change.org.schema["CaseTeamMember"]
        case, team = change.old["ParentId"], change.old["TeamTemplateId"]
        for row in change.org.store.find(kind, ParentId=case, TeamTemplateId=team):
            change.org.store.delete(kind, str(row["Id"]))


def _check_edits(change: Change, kind: str, record_id: Value) -> None:
    if not change.actor.reaches(change.org.schema[kind], change.find(kind, record_id), "edit"):
        raise out_of_reach()


def _rank(level: Value) -> int:
    return _ORDER.get(str(level), 0)
