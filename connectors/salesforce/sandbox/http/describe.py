"""What describe answers, from the object tables."""

from collections.abc import Sequence

from connectors.salesforce.sandbox.access import User
from connectors.salesforce.sandbox.schema import Field, ObjectType, Schema

_TYPES = {"ref": "reference"}
_DIGITS = {"int": (8, 0, 0), "double": (0, 18, 2), "currency": (0, 18, 2)}


def summary(kind: ObjectType, base: str, asker: User) -> dict[str, object]:
    """An object without its fields, as far as the asker may write it."""
    address = f"{base}/sobjects/{kind.name}"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": kind.createable and asker.can(kind, "create"),
        "custom": kind.name.endswith("__c"),
        "customSetting": False,
        "deepCloneable": False,
        "deletable": kind.deletable and asker.can(kind, "delete"),
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": kind.prefix or None,
        "label": kind.name,
        "labelPlural": f"{kind.name}s",
        "layoutable": not kind.setup,
        "mergeable": kind.name in {"Account", "Contact", "Case"},
        "mruEnabled": False,
        "name": kind.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": not kind.setup,
        "triggerable": not kind.setup,
        "undeletable": not kind.setup,
        "updateable": kind.updateable and asker.can(kind, "edit"),
        "urls": {
            "sobject": address,
            "describe": f"{address}/describe",
            "rowTemplate": f"{address}/{{ID}}",
        },
    }


def describe(schema: Schema, kind: ObjectType, base: str, known: Sequence[Field], asker: User) -> dict[str, object]:
    """An object with its ways down, and those of its fields that the asker and the version asked through know.

    What may be written is what the asker may write (SOAP API Developer Guide, describeSObjects: in the context of the
    logged-in user).
    """
    children: list[dict[str, object]] = [
        {
            "cascadeDelete": False,
            "childSObject": owner.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.children,
            "restrictedDelete": False,
        }
        for owner in schema.objects.values()
        for field in owner.fields.values()
        if field.type == "ref" and kind.name in field.targets
    ]
    create, edit = asker.can(kind, "create"), asker.can(kind, "edit")
    fields = [
        _field(field)
        | {
            "createable": field.createable and create and asker.may_write(kind, field),
            "updateable": field.updateable and edit and asker.may_write(kind, field),
        }
        for field in known
    ]
    scopes = [{"label": "All", "name": "everything"}]
    if "OwnerId" in kind.fields:
        scopes.append({"label": "Mine", "name": "mine"})
    return summary(kind, base, asker) | {
        "actionOverrides": [],
        "childRelationships": children,
        "compactLayoutable": not kind.setup,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": fields,
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [],
        "searchLayoutable": not kind.setup,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": scopes,
    }


def _field(field: Field) -> dict[str, object]:
    digits, precision, scale = _DIGITS.get(field.type, (0, 0, 0))
    return {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": field.name == "CaseNumber",
        "byteLength": field.length * (1 if field.is_id else 3),
        "calculated": False,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": False,
        "compoundFieldName": None,
        "controllerName": None,
        "custom": field.name.endswith("__c"),
        "defaultValue": field.default == "true" if field.type == "boolean" else field.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.default is not None or field.filled or field.type == "boolean",
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": digits,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external,
        "extraTypeInfo": None,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.external or field.name == "Id",
        "inlineHelpText": None,
        "label": field.name,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.is_name,
        "namePointing": len(field.targets) > 1 and field.relationship is not None,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": [
            {"active": True, "defaultValue": value == field.default, "label": value, "validFor": None, "value": value}
            for value in field.values
        ],
        "polymorphicForeignKey": len(field.targets) > 1,
        "precision": precision,
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": list(field.targets) if field.type == "ref" else [],
        "relationshipName": field.relationship,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": bool(field.values),
        "scale": scale,
        "searchPrefilterable": False,
        "soapType": field.soap_type,
        "sortable": field.sortable,
        "type": _TYPES.get(
            field.type, "id" if field.name == "Id" else "reference" if field.type == "id" else field.type
        ),
        "unique": field.unique,
        "writeRequiresMasterRead": False,
    }
