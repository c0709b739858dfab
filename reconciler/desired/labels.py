"""What data is: declarations of kind DataLabel, and the words that roles use of them."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.desired.basics import ITEM_PATTERN, Many, Strict

Tier = Literal["internal", "vendor-visible", "customer-visible", "restricted"]
"""Who may see something: nobody from outside, vendors, customers too; or nobody without a role that says so."""

DataClass = Literal["pii", "phi", "payment", "financial", "secret"]
"""What kind of data it is: about persons, about their health, of payments, of the company's money, or a secret."""

Item = Annotated[
    str, Field(pattern=ITEM_PATTERN, max_length=255, description="An object or a field: Case, Case.SSN__c.")
]


class LabelSpec(Strict):
    """What one object or field is."""

    tier: Annotated[Tier, Field(description="Who may see it.")]
    classes: Annotated[Many[DataClass], Field(description="What kind of data it is.")] = ()


class DataLabelSpec(Strict):
    """What objects and fields of one kind of target are. Each stands in one place only, whatever its case."""

    connector: str
    labels: Annotated[dict[Item, LabelSpec], Field(min_length=1, description="By object or field.")]
