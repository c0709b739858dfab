"""What ends sessions: deleting them, revoking the token they came from, deactivating the user."""

from connectors.salesforce.sandbox.org import Org


def end_sessions(org: Org, user_id: str, *, session_type: str | None = None) -> None:
    """Deletes a user's sessions, of one type or all."""
    kind = org.schema["AuthSession"]
    for session in org.store.find(kind, UsersId=user_id):
        if session_type in {None, session["SessionType"]}:
            org.store.delete(kind, str(session["Id"]))
