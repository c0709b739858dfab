"""Where the org's records live: one SQLite table per object, in memory, deletions soft."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from connectors.salesforce.sandbox import text
from connectors.salesforce.sandbox.schema import Field, ObjectType, Schema

Value = str | int | float | None
Row = dict[str, Value]
DELETED = "_deleted"
_NAMED = (
    "User",
    "Group",
    "Account",
    "Contact",
    "UserLicense",
    "PermissionSetLicense",
    "Organization",
    "PermissionSet",
    "MutingPermissionSet",
)


class Store:
    """Records by object. Values are as stored: booleans 0 or 1, instants as UTC text, ids of 18 characters."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        text.install(self._db)
        self._depth = 0
        for found in schema.objects.values():
            if not found.virtual:
                self._create_table(found)
        self._create_names()

    def close(self) -> None:
        """Forgets everything."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undoes what happens inside if it raises; may be nested."""
        self._depth += 1
        name = f"s{self._depth}"
        self._db.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._db.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._db.execute(f"RELEASE {name}")
            self._depth -= 1

    def insert(self, kind: ObjectType, rows: Sequence[Mapping[str, Value]]) -> None:
        """Adds records, each with the same fields; what they leave out is null."""
        names = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join("?" for _ in rows[0])
        sql = f'INSERT INTO "{kind.name}" ({names}) VALUES ({marks})'  # noqa: S608 (names come from the object tables)
        self._db.executemany(sql, [tuple(row.values()) for row in rows])

    def update(self, kind: ObjectType, record_id: str, changes: Mapping[str, Value]) -> None:
        """Changes some fields of a record."""
        if changes:
            sets = ", ".join(f'"{name}" = ?' for name in changes)
            self._db.execute(f'UPDATE "{kind.name}" SET {sets} WHERE "Id" = ?', [*changes.values(), record_id])  # noqa: S608 (names come from the object tables)

    def delete(self, kind: ObjectType, record_id: str) -> None:
        """Marks a record as deleted."""
        self.update(kind, record_id, {DELETED: 1})

    def get(self, kind: ObjectType, record_id: str) -> Row | None:
        """A record, deleted ones included (`DELETED` tells), or None."""
        found = self.select(f'SELECT * FROM "{kind.name}" WHERE "Id" = ?', [record_id])  # noqa: S608 (names come from the object tables)
        return found[0] if found else None

    def deleted(self, kind: ObjectType, record_id: str) -> bool | None:
        """Whether a record was deleted, or None if there never was one; cheaper than `get` where objects are wide."""
        found = self.tuples(f'SELECT {DELETED} FROM "{kind.name}" WHERE "Id" = ?', [record_id])  # noqa: S608 (names come from the object tables)
        return bool(found[0][0]) if found else None

    def find(self, kind: ObjectType, **equal: Value) -> list[Row]:
        """The records, none deleted, whose fields have these values; None asks for an empty field."""
        tests = [f'"{name}" IS ?' for name in equal] + [f"{DELETED} = 0"]
        return self.select(f'SELECT * FROM "{kind.name}" WHERE {" AND ".join(tests)}', list(equal.values()))  # noqa: S608 (names come from the object tables)

    def alive(self, kind: ObjectType, now: str, **equal: Value) -> list[Row]:
        """As `find`, without the records that have lapsed by that instant."""
        tests = [f'"{name}" IS :{name}' for name in equal] + [f"{DELETED} = 0", kind.alive_as()]
        sql = f'SELECT * FROM "{kind.name}" WHERE {" AND ".join(tests)}'  # noqa: S608 (names come from the object tables)
        return self.select(sql, equal | {"now": now})

    def count(self, kind: ObjectType, now: str) -> int:
        """How many records there are of a kind, without those deleted or lapsed by that instant."""
        sql = f'SELECT count(*) FROM "{kind.name}" WHERE {DELETED} = 0 AND {kind.alive_as()}'  # noqa: S608 (names come from the object tables)
        return int(self.tuples(sql, {"now": now})[0][0] or 0)

    def select(self, sql: str, values: Sequence[Value] | Mapping[str, Value] = ()) -> list[Row]:
        """The rows of a statement, by column name."""
        cursor = self._db.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def tuples(self, sql: str, values: Sequence[Value] | Mapping[str, Value] = ()) -> list[tuple[Value, ...]]:
        """The rows of a statement, as tuples."""
        return self._db.execute(sql, values).fetchall()

    def execute(self, sql: str, values: Sequence[Value] | Mapping[str, Value] = ()) -> None:
        """Runs a statement that gives no rows."""
        self._db.execute(sql, values)

    def _create_table(self, kind: ObjectType) -> None:
        columns = [_column(field) for field in kind.fields.values() if not field.computed]
        self._db.execute(f'CREATE TABLE "{kind.name}" ({", ".join(columns)}, {DELETED} INTEGER NOT NULL DEFAULT 0)')
        for field in kind.fields.values():
            if field.name != "Id" and (field.unique or (field.is_id and not field.name.endswith("ById"))):
                self._db.execute(f'CREATE INDEX "{kind.name}.{field.name}" ON "{kind.name}" ("{field.name}")')

    def _create_names(self) -> None:
        wanted = self._schema["Name"].fields
        parts = []
        for name in _NAMED:
            kind = self._schema[name]
            source = kind.name_field
            label = f'"{source.name}"' if source else "NULL"
            columns = [
                '"Id"',
                *(
                    f"'{name}'" if field == "Type" else label if field == "Name" else _same(kind, field)
                    for field in wanted
                ),
                DELETED,
            ]
            parts.append(f'SELECT {", ".join(columns)} FROM "{name}"')  # noqa: S608 (names come from the object tables)
        names = ", ".join(f'"{name}"' for name in ("Id", *wanted, DELETED))
        self._db.execute(f'CREATE VIEW "Name" ({names}) AS {" UNION ALL ".join(parts)}')


def _same(kind: ObjectType, field: str) -> str:
    return f'"{field}"' if field in kind.fields else "NULL"


def _column(field: Field) -> str:
    if field.name == "Id":
        return '"Id" TEXT PRIMARY KEY NOT NULL'
    if field.type == "boolean":
        return f'"{field.name}" INTEGER NOT NULL DEFAULT 0'
    if field.type == "int":
        return f'"{field.name}" INTEGER'
    if field.is_number:
        return f'"{field.name}" REAL'
    return f'"{field.name}" TEXT' + (" COLLATE NOCASE" if field.is_text else "")
