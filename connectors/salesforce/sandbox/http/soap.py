"""`login()` and `logout()` of the SOAP API, which user-and-password clients come and go by."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.http.exchange import Answer, Request, Site

_PARTNER = "urn:partner.soap.sforce.com"
_FAULTS = "urn:fault.partner.soap.sforce.com"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_TWO_HOURS = 7200


def answer(site: Site, request: Request, version: str) -> Answer:
    """Answers a call: of the SOAP API there is `login` and `logout`."""
    if b"<!DOCTYPE" in request.body:
        return _fault("INVALID_OPERATION", "document types are not accepted")
    try:
        root = ET.fromstring(request.body)  # noqa: S314 (no document type, so no entities to expand)
    except ET.ParseError:
        return _fault("INVALID_OPERATION", "the request is no XML")
    asked = {one.tag.rpartition("}")[2] for one in root.iter()}
    if "login" in asked:
        return _login(site, root, version)
    if "logout" in asked:
        return _logout(site, root)
    return _fault("INVALID_OPERATION", "there is login and logout; everything else is asked of the REST API")


def _login(site: Site, root: ET.Element, version: str) -> Answer:
    """A session id and where to go on, or the fault `INVALID_LOGIN`."""
    username, password = (_text(root, name) for name in ("username", "password"))
    token = site.sessions.log_in(username, password)
    if token is None:
        return _fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
    user = site.sessions.user_named(username) or {}
    where = f"{site.url}/services/Soap/u/{version}/{site.org.org_id[: ids.SHORT]}"
    info = {
        "organizationId": site.org.org_id,
        "organizationName": _organization(site),
        "sessionSecondsValid": _TWO_HOURS,
        "userEmail": user.get("Email"),
        "userFullName": user.get("Name"),
        "userId": user.get("Id"),
        "userLanguage": user.get("LanguageLocaleKey"),
        "userLocale": user.get("LocaleSidKey"),
        "userName": user.get("Username"),
        "userTimeZone": user.get("TimeZoneSidKey"),
        "userType": user.get("UserType"),
    }
    result = {
        "metadataServerUrl": where.replace("/u/", "/m/"),
        "passwordExpired": "false",
        "sandbox": "true",
        "serverUrl": where,
        "sessionId": token,
        "userId": user.get("Id"),
    }
    inner = _elements(result) + f"<userInfo>{_elements(info)}</userInfo>"
    return _enveloped(f'<loginResponse xmlns="{_PARTNER}"><result>{inner}</result></loginResponse>')


def _logout(site: Site, root: ET.Element) -> Answer:
    """Ends the session that the header names."""
    token = _text(root, "sessionId")
    if site.sessions.resolve(token) is None:
        return _fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
    site.sessions.revoke(token)
    return _enveloped(f'<logoutResponse xmlns="{_PARTNER}"/>')


def _organization(site: Site) -> object:
    row = site.org.store.get(site.org.schema["Organization"], site.org.org_id) or {}
    return row.get("Name")


def _text(root: ET.Element, name: str) -> str:
    found = next((one for one in root.iter() if one.tag.rpartition("}")[2] == name), None)
    return (found.text or "") if found is not None else ""


def _elements(values: Mapping[str, object]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())


def _fault(code: str, message: str) -> Answer:
    """A fault as SOAP has it, and in its detail as clients look for it (SOAP API Developer Guide, API faults)."""
    said = f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{escape(message)}</sf:exceptionMessage>"
    kind = "LoginFault" if code == "INVALID_LOGIN" else "UnexpectedErrorFault"
    detail = f'<sf:{kind} xmlns:sf="{_FAULTS}" xsi:type="sf:{kind}">{said}</sf:{kind}>'
    top = f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {escape(message)}</faultstring>"
    made = _enveloped(f'<soapenv:Fault xmlns:sf="{_FAULTS}">{top}<detail>{detail}</detail></soapenv:Fault>')
    made.status = 500
    return made


def _enveloped(body: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
    return Answer(text.encode(), media="text/xml;charset=UTF-8")
