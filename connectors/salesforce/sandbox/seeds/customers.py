"""Accounts with their contacts, cases, teams and shares."""

from typing import TYPE_CHECKING

from connectors.salesforce.sandbox.seeds import model

if TYPE_CHECKING:
    from connectors.salesforce.sandbox.seeds.planting import Planter


def plant_accounts(planter: "Planter", seed: model.Seed) -> None:
    """Writes the seed's accounts and all below them."""
    for account in seed.accounts:
        account_id = planter.records.create(
            planter.org.schema["Account"],
            {
                "Name": account.name,
                "Industry": account.industry,
                "BillingCountry": account.country,
                "OwnerId": planter.holder(account.owner) if account.owner else None,
            },
        )
        for contact in account.contacts:
            values = {
                "AccountId": account_id,
                "FirstName": contact.first_name,
                "LastName": contact.last_name,
                "Email": contact.email,
            }
            planter.keep("contact", contact.email, planter.records.create(planter.org.schema["Contact"], values))
        for case in account.cases:
            _case(planter, account_id, case)
        for name, level in account.team.items():
            values = {
                "AccountId": account_id,
                "UserId": planter.named("user", name),
                "AccountAccessLevel": level,
                "CaseAccessLevel": level,
            }
            planter.records.create(planter.org.schema["AccountTeamMember"], values)
        for name, level in account.shares.items():
            values = {
                "AccountId": account_id,
                "UserOrGroupId": planter.holder(name),
                "AccountAccessLevel": level,
                "OpportunityAccessLevel": "None",
            }
            planter.records.create(planter.org.schema["AccountShare"], values)


def _case(planter: "Planter", account_id: str, case: model.Case) -> None:
    records, schema = planter.records, planter.org.schema
    case_id = records.create(
        schema["Case"],
        {
            "AccountId": account_id,
            "ContactId": planter.named("contact", case.contact) if case.contact else None,
            "Subject": case.subject,
            "Status": case.status,
            "Priority": case.priority,
            "Origin": case.origin,
            "OwnerId": planter.holder(case.owner) if case.owner else None,
        },
    )
    planter.keep("case", case.subject, case_id)
    for comment in case.comments:
        values = {"ParentId": case_id, "CommentBody": comment.body, "IsPublished": comment.published}
        records.create(schema["CaseComment"], values)
    for name, role in case.team.items():
        values = {
            "ParentId": case_id,
            "MemberId": planter.named("user", name),
            "TeamRoleId": planter.named("team role", role),
        }
        records.create(schema["CaseTeamMember"], values)
    for name, level in case.shares.items():
        values = {"CaseId": case_id, "UserOrGroupId": planter.holder(name), "CaseAccessLevel": level}
        records.create(schema["CaseShare"], values)
