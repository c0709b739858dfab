"""`EntityDefinition`: a row for each object, with the sharing model that the organization's defaults come to."""

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import ObjectType
from connectors.salesforce.sandbox.store import Row

_MODELS = {"None": "Private", "Read": "Read", "Edit": "ReadWrite"}
_DEFAULTS = {"Account": "DefaultAccountAccess", "Case": "DefaultCaseAccess"}
_BY_PARENT = frozenset({"Contact", "CaseComment"})


def define_objects(org: Org) -> None:
    """Adds the rows; the organization must be there."""
    kinds = [kind for kind in org.schema.objects.values() if not kind.virtual]
    org.add_all("EntityDefinition", [_row(org, kind) for kind in kinds])


def _row(org: Org, kind: ObjectType) -> Row:
    label, model = kind.label, _sharing_model(org, kind)
    return {
        "DurableId": kind.name,
        "QualifiedApiName": kind.name,
        "DeveloperName": kind.name,
        "MasterLabel": label,
        "Label": label,
        "PluralLabel": f"{label}s",
        "KeyPrefix": kind.prefix or None,
        "IsCustomSetting": 0,
        "IsDeprecatedAndHidden": 0,
        "IsCustomizable": int(not kind.setup),
        "IsQueryable": 1,
        "IsRetrieveable": 1,
        "IsEverCreatable": int(kind.createable),
        "IsEverUpdatable": int(kind.updateable),
        "IsEverDeletable": int(kind.deletable),
        "InternalSharingModel": model,
        # Nobody outside has more than they: external defaults are not configured apart here.
        "ExternalSharingModel": "Private" if kind.name in _DEFAULTS else model,
    }


def _sharing_model(org: Org, kind: ObjectType) -> str:
    if kind.name in _BY_PARENT:
        return "ControlledByParent"
    default = _DEFAULTS.get(kind.name)
    if default is None:
        return "ReadWrite"
    organization = org.store.get(org.schema["Organization"], org.org_id) or {}
    return _MODELS.get(str(organization.get(default)), "Private")
