"""`/actions/standard/…`: activating permission sets for the session that asks.

Actions Developer Guide, "Session-Based Permission Set Actions": the permission set must be assigned to the user, and
the activation counts for the current session only. What is answered to a name that is not assigned is not written.
"""

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http.exchange import Answer, Call
from connectors.salesforce.sandbox.store import Row

_ACTIVATE, _DEACTIVATE = "activateSessionPermSet", "deactivateSessionPermSet"


def run(call: Call) -> Answer:
    """Runs an action for each of its inputs, and says of each what came of it."""
    name = call.params["action"]
    if name not in {_ACTIVATE, _DEACTIVATE}:
        raise OrgError("NOT_FOUND", "The requested resource does not exist")
    inputs = call.request.record().get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise OrgError("REQUIRED_FIELD_MISSING", "inputs is required")
    results = [_one(call, name, str(one.get("PermSetName"))) for one in inputs if isinstance(one, dict)]
    return Answer(results, status=200 if all(result["isSuccess"] for result in results) else 400)


def _one(call: Call, action: str, name: str) -> dict[str, object]:
    role = _assigned(call, name)
    if role is None:
        message = f"The permission set {name} isn't assigned to the user"
        errors = [{"statusCode": "INVALID_INPUT", "message": message, "fields": []}]
        return {"actionName": action, "errors": errors, "isSuccess": False, "outputValues": None}
    org, session = call.org, call.session
    kind = org.schema["SessionPermSetActivation"]
    present = org.store.find(kind, AuthSessionId=session.session_id, PermissionSetId=role["Id"])
    if action == _ACTIVATE and not present:
        values: Row = {"AuthSessionId": session.session_id, "UserId": session.user_id, "PermissionSetId": role["Id"]}
        org.add(kind.name, values, by=session.user_id)
    elif action == _DEACTIVATE:
        for row in present:
            org.store.delete(kind, str(row["Id"]))
    return {"actionName": action, "errors": None, "isSuccess": True, "outputValues": None}


def _assigned(call: Call, name: str) -> Row | None:
    org = call.org
    held = org.store.alive(org.schema["PermissionSetAssignment"], org.now(), AssigneeId=call.session.user_id)
    for row in held:
        role = org.store.get(org.schema["PermissionSet"], str(row["PermissionSetId"]))
        if role and str(role["Name"]).lower() == name.lower():
            return role
    return None
