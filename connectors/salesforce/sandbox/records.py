"""Creating, changing and deleting records through the API: the rules that hold for every object, then its own."""

from collections.abc import Callable, Mapping

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.errors import OrgError, deleted, invalid_reference
from connectors.salesforce.sandbox.org import Org, default_of
from connectors.salesforce.sandbox.rules import Actor, Change, rules_for
from connectors.salesforce.sandbox.schema import Field, ObjectType
from connectors.salesforce.sandbox.store import DELETED, Row
from connectors.salesforce.sandbox.values import taken

Payload = Mapping[str, object]


class Records:
    """Writes on behalf of somebody."""

    def __init__(self, org: Org, actor: Actor) -> None:
        self._org = org
        self._actor = actor

    def create(self, kind: ObjectType, payload: Payload) -> str:
        """Creates a record and returns its id (or the id of the one that is there, where an object works like that).

        Raises:
            OrgError: A rule refuses it.
        """
        if not kind.createable:
            raise _unsupported(kind, "create")
        self._actor.may(kind, "create")
        values = self._values(kind, payload, lambda field: field.createable)
        self._count(kind, "create", values)
        missing = [field.name for field in kind.fields.values() if field.required and values.get(field.name) is None]
        rules = rules_for(kind.name)
        repeated = Change(self._org, self._actor, kind, {}, values)
        present = rules.existing(repeated) if not missing else None
        if present is not None:
            return present
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise OrgError("REQUIRED_FIELD_MISSING", message, fields=missing)
        row: Row = {name: default_of(field) for name, field in kind.fields.items() if field.default is not None}
        row |= values
        self._check(kind, None, values)
        with self._org.store.transaction():
            change = Change(self._org, self._actor, kind, {}, row)
            rules.before_create(change)
            row["Id"] = self._org.add(kind.name, row, by=self._actor.user_id)
            rules.after_create(change)
        return str(row["Id"])

    def update(self, kind: ObjectType, record_id: str, payload: Payload) -> None:
        """Changes a record.

        Raises:
            OrgError: A rule refuses it, or there is no such record.
        """
        if not kind.updateable:
            raise _unsupported(kind, "update")
        old = self._require(kind, record_id)
        self._actor.may(kind, "edit", old)
        values = self._values(kind, payload, lambda field: field.updateable)
        self._count(kind, "update", values)
        emptied = [name for name, value in values.items() if value is None and kind.fields[name].required]
        if emptied:
            message = f"Required fields are missing: [{', '.join(emptied)}]"
            raise OrgError("REQUIRED_FIELD_MISSING", message, fields=emptied)
        self._check(kind, record_id, values)
        with self._org.store.transaction():
            change = Change(self._org, self._actor, kind, old, values)
            rules = rules_for(kind.name)
            rules.before_update(change)
            values |= self._org.touch(kind, self._actor.user_id)
            self._org.store.update(kind, record_id, values)
            rules.after_update(change)

    def delete(self, kind: ObjectType, record_id: str) -> None:
        """Deletes a record.

        Raises:
            OrgError: A rule refuses it, or there is no such record.
        """
        if not kind.deletable:
            raise _unsupported(kind, "delete")
        old = self._require(kind, record_id)
        self._actor.may(kind, "delete", old)
        self._count(kind, "delete", {})
        with self._org.store.transaction():
            change = Change(self._org, self._actor, kind, old, {})
            rules = rules_for(kind.name)
            rules.before_delete(change)
            self._org.store.delete(kind, record_id)
            rules.after_delete(change)

    def _count(self, kind: ObjectType, operation: str, values: Row) -> None:
        """Refuses to mix Setup objects and others where several writes are one transaction."""
        if self._org.mixture is not None:
            given = [name for name, value in values.items() if operation == "update" or value is not None]
            self._org.mixture.add(kind, operation, given)

    def _require(self, kind: ObjectType, record_id: str) -> Row:
        """The record, or the refusal that belongs to its absence."""
        found = self._org.store.get(kind, record_id)
        if found is None or not self._actor.sees(kind, found):
            raise invalid_reference()
        lapsed = not self._org.store.alive(kind, self._org.now(), Id=record_id)
        if found[DELETED] or (lapsed and not rules_for(kind.name).finds_lapsed):
            raise deleted()
        return found

    def _values(self, kind: ObjectType, payload: Payload, writable: Callable[[Field], bool]) -> Row:
        values: Row = {}
        refused = []
        for name, sent in payload.items():
            if name == "attributes":
                continue
            field = kind.field(name)
            if field is None:
                values |= self._by_external_id(kind, name, sent, writable)
            elif not writable(field) or not self._actor.may_write(kind, field):
                refused.append(field.name)
            else:
                values[field.name] = taken(self._org.schema, field, sent)
        if refused:
            message = (
                f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set."
            )
            raise OrgError("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=refused)
        return values

    def _by_external_id(self, kind: ObjectType, name: str, sent: object, writable: Callable[[Field], bool]) -> Row:
        reference = kind.parent(name)
        if reference is None or not writable(reference) or not isinstance(sent, dict):
            raise no_column(kind, name)
        target = self._org.schema.target(reference)
        keys = [key for key in sent if key != "attributes"]
        key = target.field(keys[0]) if len(keys) == 1 else None
        if key is None or not (key.external or key.name == "Id" or (target.name == "User" and key.name == "Username")):
            raise no_column(kind, name)
        found = self._org.store.find(target, **{key.name: taken(self._org.schema, key, sent[keys[0]])})
        if not found:
            message = f"Foreign key external ID: {sent[keys[0]]} not found for field {key.name} in entity {target.name}"
            raise OrgError("INVALID_FIELD", message, fields=())
        return {reference.name: found[0]["Id"]}

    def _check(self, kind: ObjectType, record_id: str | None, values: Row) -> None:
        for name, value in values.items():
            field = kind.fields[name]
            if value is None:
                continue
            if field.is_id:
                self._check_reference(field, str(value))
            elif field.unique:
                self._check_unique(kind, record_id, field, str(value))

    def _check_reference(self, field: Field, value: str) -> None:
        target = self._org.schema.of_id(value)
        deleted_already = self._org.store.deleted(target, value) if target else None
        if deleted_already is None:
            raise OrgError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[field.name], status=400)
        if deleted_already:
            raise OrgError("ENTITY_IS_DELETED", "entity is deleted", fields=(), status=400)

    def _check_unique(self, kind: ObjectType, record_id: str | None, field: Field, value: str) -> None:
        others = [row["Id"] for row in self._org.store.find(kind, **{field.name: value}) if row["Id"] != record_id]
        if not others:
            return
        if field.name == "Username":
            message = (
                "Duplicate Username.<br>The username already exists in this or another Salesforce organization. "
                "Usernames must be unique across all Salesforce organizations. To resolve, use a different username "
                "(it doesn't need to match the user's email address)."
            )
            raise OrgError("DUPLICATE_USERNAME", message, fields=["Username"])
        message = (
            f"duplicate value found: {field.name} duplicates value on record with id: {str(others[0])[: ids.SHORT]}"
        )
        raise OrgError("DUPLICATE_VALUE", message, fields=())


def no_column(kind: ObjectType, name: str) -> OrgError:
    """The refusal for a field that the object does not have."""
    return OrgError("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")


def _unsupported(kind: ObjectType, operation: str) -> OrgError:
    message = f"entity type {kind.name} does not support {operation}"
    return OrgError("INVALID_TYPE_FOR_OPERATION", message, fields=())
