"""Every published JSON Schema: of what people write, and of what commands print."""

from collections.abc import Mapping

from reconciler.desired.schema import documents_schema
from reconciler.discovery import connector_kinds
from reconciler.reports.offboarding import OffboardShape
from reconciler.reports.shapes import RESULTS, Shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def declared_schemas() -> Mapping[str, Mapping[str, object]]:
    """The schemas of what people write, by file name."""
    return documents_schema({name: kind.schema for name, kind in connector_kinds().items()})


def all_schemas() -> Mapping[str, Mapping[str, object]]:
    """The schemas by file name."""
    results: Mapping[str, type[Shape]] = {**RESULTS, "offboard": OffboardShape}
    printed = {
        f"{name}.schema.json": {"$schema": DIALECT, **shape.model_json_schema(by_alias=True, mode="serialization")}
        for name, shape in results.items()
    }
    return {**declared_schemas(), **printed}
