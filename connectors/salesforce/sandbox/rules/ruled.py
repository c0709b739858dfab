"""Share rows that sharing rules keep (`RowCause` is `Rule`): what members of one group own, another group has.

The rules themselves are metadata (Metadata API, SharingRules) and not to be queried; their rows are (object reference,
AccountShare and CaseShare: RowCause).
"""

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.store import Row, Value


def share_by_rules(org: Org, kind: str, record_id: str, owner: Value) -> None:
    """Adds the rows that the org's sharing rules give for a record and its owner."""
    if not any(rule.kind == kind for rule in org.sharing_rules):
        return
    # Who is in a group is for the access rules to say, and they are built on these: so not at the top of the module.
    from connectors.salesforce.sandbox.access.sharing import groups_of  # noqa: PLC0415

    groups = groups_of(org, str(owner)) | {str(owner)}
    for rule in org.sharing_rules:
        if rule.kind == kind and rule.owners in groups:
            levels: Row = {"CaseAccessLevel": rule.level}
            if kind == "Account":
                levels = {"AccountAccessLevel": rule.level, "CaseAccessLevel": "None", "OpportunityAccessLevel": "None"}
            share: Row = {f"{kind}Id": record_id, "UserOrGroupId": rule.holders, "RowCause": "Rule"}
            org.add(f"{kind}Share", levels | share)
