"""How names of an org are spelled in declarations: the types of the models' fields."""

from typing import Annotated, Literal

from pydantic import Field

UserType = Literal["PowerPartner", "PowerCustomerSuccess", "CustomerSuccess", "CspLitePortal", "CsnOnly", "SelfService"]
"""`User.UserType` of people outside the company (Salesforce object reference, User). `Standard` is everybody inside."""

Label = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]
Domain = Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+$")]
Username = Annotated[
    str,
    Field(
        max_length=80,
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$",
        description="A Salesforce Username: looks like an e-mail, is unique in all of Salesforce, ignores case.",
    ),
]
DeveloperName = Annotated[
    str,
    Field(
        max_length=96,
        pattern=r"^([A-Za-z][A-Za-z0-9]{0,14}__)?[A-Za-z](_?[A-Za-z0-9])*$",
        description="An API name; a managed package's begins with its namespace and two underscores.",
    ),
]
FederationIdentifier = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f]+$")]
