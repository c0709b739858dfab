"""Who cannot be deactivated: oneself, whom the org's automation needs, and who stands in a custom hierarchy field.

Salesforce help: "Considerations for Deactivating Users", and the articles 000384586 (default owner of cases, default
workflow user), 000386275 and 000384962 (hierarchy fields), 000384761 (web-to-lead and others). What this org has
nothing of, such as approval processes and lead settings, stops nobody here.
"""

from collections.abc import Iterator

from connectors.salesforce.sandbox.errors import integrity
from connectors.salesforce.sandbox.rules.base import Change

_SENTENCES = {
    "default_case_owner": "You cannot deactivate a user who is the default owner of cases",
    "automated_case_user": "You cannot deactivate the Automated Case User",
    "default_workflow_user": "You cannot deactivate the Default Workflow User",
}


def check_leaving(change: Change) -> None:
    """Refuses a deactivation that something depends on."""
    if change.record_id == change.actor.user_id:
        raise integrity("Cannot de-activate self: Active", "IsActive")
    for sentence in _reasons(change):
        raise integrity(sentence, "IsActive")


def _reasons(change: Change) -> Iterator[str]:
    org = change.org
    for name, sentence in _SENTENCES.items():
        if change.record_id == (getattr(org.automation, name) or org.admin_id):
            yield sentence
    organization = org.store.get(org.schema["Organization"], org.org_id) or {}
    if organization.get("WebToCaseDefaultCreatorId") == change.record_id:
        yield "You cannot disable the Web to Case Default Creator"
    for field in change.kind.fields.values():
        for user in org.store.find(change.kind, **{field.name: change.record_id}) if field.hierarchy else ():
            yield f"Cannot inactivate user that is the value of a hierarchy field: {field.name}. : {user['Name']}"
