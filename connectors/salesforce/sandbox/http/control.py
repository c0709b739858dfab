"""`/__sandbox__/…`: what only a sandbox has. Faults, the clock, counters, and a session of anybody's.

It answers only who sends the secret that was made when the org was started, is on this machine and is no web page: the
server listens on the loopback address alone, and what a browser asks on a page's behalf, or by a name that is not this
machine's, is refused.
"""

import json
import secrets
from urllib.parse import urlsplit

from connectors.salesforce.sandbox.faults import fault_of
from connectors.salesforce.sandbox.http.exchange import Answer, Request, Site
from connectors.salesforce.sandbox.store import Row
from connectors.salesforce.sandbox.values import parse_instant

CONTROL = "sandbox-control"
_THIS_MACHINE = {"localhost", "127.0.0.1"}


def control(site: Site, request: Request) -> Answer:  # noqa: PLR0911 (one return per resource)
    """Answers a control request; what cannot be read is refused with a sentence."""
    if _by_a_page(request):
        return _refused("the sandbox's controls are not for web pages", 403)
    if not secrets.compare_digest(request.headers.get(CONTROL, "").encode(), site.control.encode()):
        return _refused(f"the sandbox's controls need the header {CONTROL}: control_token of sandbox.json", 401)
    try:
        match request.path.split("/")[2:]:
            case ["faults"]:
                return _faults(site, request)
            case ["clock"]:
                return _clock(site, request)
            case ["calls"]:
                return _calls(site, request)
            case ["login"] if request.method == "POST":
                return _login(site, _body(request))
            case ["switches"]:
                return _switches(site, request)
            case _:
                return _refused("there is faults, clock, calls, switches and login", 404)
    except ValueError as error:
        return _refused(str(error), 400)


def _by_a_page(request: Request) -> bool:
    """Whether a browser sent it for some page, perhaps by a name that was made to lead here."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return "origin" in request.headers or "sec-fetch-site" in request.headers or host not in _THIS_MACHINE


def _faults(site: Site, request: Request) -> Answer:
    if request.method == "POST":
        site.faults.all.append(fault_of(_body(request)))
    elif request.method == "DELETE":
        site.faults.clear()
    return Answer([fault.shown() for fault in site.faults.all])


def _clock(site: Site, request: Request) -> Answer:
    if request.method == "POST":
        text = str(_body(request).get("now"))
        instant = parse_instant(text)
        if instant is None:
            raise ValueError(f"now is {text!r}: give an instant such as 2026-12-01T00:00:00Z")
        site.sessions.outlast(lambda: site.org.clock.set(instant))
    elif request.method == "DELETE":
        site.sessions.outlast(site.org.clock.reset)
    return Answer({"now": site.org.clock.now().isoformat(timespec="milliseconds"), "shifted": site.org.clock.shifted})


def _calls(site: Site, request: Request) -> Answer:
    if request.method == "DELETE":
        site.calls.clear()
        site.inner.clear()
    return Answer({"total": site.calls.total(), "endpoints": dict(site.calls), "inside": dict(site.inner)})


_SWITCHES = {
    "assignmentExpiry": "assignment_expiry",
    "regrantAfterExpiry": "regrant_after_expiry",
    "dailyApiRequests": "daily_api_requests",
    "recalculationSeconds": "recalculation_seconds",
    "caseTeams": "case_teams",
    "accountTeams": "account_teams",
}
_AUTOMATION = {
    "defaultCaseOwner": "default_case_owner",
    "automatedCaseUser": "automated_case_user",
    "defaultWorkflowUser": "default_workflow_user",
}


def _switches(site: Site, request: Request) -> Answer:
    """Shows what is set up differently, or sets some of it: switches by value, automation by username."""
    org = site.org
    if request.method == "POST":
        for name, value in _body(request).items():
            if name in _SWITCHES:
                _switch(site, name, value)
            elif name in _AUTOMATION:
                setattr(org.automation, _AUTOMATION[name], None if value is None else str(_user(site, value)["Id"]))
            else:
                raise ValueError(f"there is no switch {name}; there is {', '.join([*_SWITCHES, *_AUTOMATION])}")
    shown: dict[str, object] = {name: getattr(org.switches, attribute) for name, attribute in _SWITCHES.items()}
    for name, attribute in _AUTOMATION.items():
        user = org.store.get(org.schema["User"], getattr(org.automation, attribute) or org.admin_id)
        shown[name] = user["Username"] if user else None
    return Answer(shown)


def _switch(site: Site, name: str, value: object) -> None:
    present = getattr(site.org.switches, _SWITCHES[name])
    if isinstance(present, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")  # noqa: TRY004 (one kind of refusal, as for the body)
        setattr(site.org.switches, _SWITCHES[name], value)
    else:
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ValueError(f"{name} is a number, 0 or more")
        setattr(site.org.switches, _SWITCHES[name], type(present)(value))


def _user(site: Site, username: object) -> Row:
    user = site.sessions.user_named(str(username))
    if user is None:
        raise ValueError(f"nobody is called {username}")
    return user


def _login(site: Site, body: dict[str, object]) -> Answer:
    user_id, answer = str(_user(site, body.get("username"))["Id"]), {}
    name = body.get("application")
    app = next((app for app in site.sessions.apps.values() if app.name == name), None)
    if name is not None and app is None:
        raise ValueError(
            f"there is no application {name}; there is {', '.join(app.name for app in site.sessions.apps.values())}"
        )
    if app is not None:
        answer["refresh_token"] = site.sessions.remember(app, user_id)
        access = site.sessions.open(
            user_id, session_type="Oauth2", login_type="Remote Access 2.0", application=app.name
        )
    else:
        access = site.sessions.open(user_id, session_type="UI", login_type="Application", application="Browser")
    return Answer(answer | {"access_token": access, "user_id": user_id})


def _body(request: Request) -> dict[str, object]:
    body = json.loads(request.body)
    if not isinstance(body, dict):
        raise ValueError("the body is a JSON object")  # noqa: TRY004 (one kind of refusal for whatever cannot be read)
    return body


def _refused(sentence: str, status: int) -> Answer:
    return Answer({"error": sentence}, status=status)
