"""What ends sessions, and what is activated in one."""

from connectors.salesforce.sandbox.errors import OrgError, integrity
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules


def end_sessions(org: Org, user_id: str, *, session_type: str | None = None) -> None:
    """Deletes a user's sessions, of one type or all."""
    kind = org.schema["AuthSession"]
    for session in org.store.find(kind, UsersId=user_id):
        if session_type in {None, session["SessionType"]}:
            org.store.delete(kind, str(session["Id"]))


class ActivationRules(Rules):
    """A permission set or group activated in one session of a user who holds it."""

    def before_create(self, change: Change) -> None:
        """Asks for a session of that user, and for an assignment; activates once."""
        new, org = change.new, change.org
        role, group = new.get("PermissionSetId"), new.get("PermissionSetGroupId")
        if role is None and group is None:
            raise OrgError("REQUIRED_FIELD_MISSING", "Required fields are missing: [PermissionSetId]", fields=())
        if change.find("AuthSession", new["AuthSessionId"]).get("UsersId") != new["UserId"]:
            raise integrity("The session isn't one of the user's", "AuthSessionId")
        wanted = {"PermissionSetGroupId": group} if role is None else {"PermissionSetId": role}
        held = org.store.alive(org.schema["PermissionSetAssignment"], org.now(), AssigneeId=new["UserId"], **wanted)
        if not held:
            raise integrity("The permission set isn't assigned to the user", "PermissionSetId")
        if org.store.find(change.kind, AuthSessionId=new["AuthSessionId"], **wanted):
            raise OrgError("DUPLICATE_VALUE", "duplicate value found: it is activated already", fields=())
