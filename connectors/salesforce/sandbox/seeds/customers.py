"""Accounts with their contacts; and, once everybody is there, their cases, teams and shares."""

from collections.abc import Mapping, Sequence

from connectors.salesforce.sandbox.org import SharingRule
from connectors.salesforce.sandbox.rules.ruled import share_by_rules
from connectors.salesforce.sandbox.seeds import model
from connectors.salesforce.sandbox.seeds.planter import Planter


def plant_accounts(planter: Planter, accounts: Sequence[model.Account]) -> None:
    """Writes the accounts and their contacts, whom portal users need."""
    for account in accounts:
        values = {
            "Name": account.name,
            "Industry": account.industry,
            "BillingCountry": account.country,
            "OwnerId": planter.named("user", account.owner) if account.owner else None,
        }
        account_id = planter.create("Account", f"account {account.name}", values)
        planter.keep("account", account.name, account_id)
        for contact in account.contacts:
            who = {
                "AccountId": account_id,
                "FirstName": contact.first_name,
                "LastName": contact.last_name,
                "Email": contact.email,
            }
            made = planter.create("Contact", f"contact {contact.email}", who)
            planter.keep("contact", contact.email, made)


def plant_service(planter: Planter, accounts: Sequence[model.Account]) -> None:
    """Writes the accounts' cases, and who sees what of them by team or share."""
    for account in accounts:
        account_id = planter.named("account", account.name)
        for case in account.cases:
            _case(planter, account_id, case)
        for name, level in account.team.items():
            values = {
                "AccountId": account_id,
                "UserId": planter.named("user", name),
                "AccountAccessLevel": level,
                "CaseAccessLevel": level,
            }
            planter.create("AccountTeamMember", f"team of {account.name}", values)
        for name, level in account.shares.items():
            values = {
                "AccountId": account_id,
                "UserOrGroupId": planter.holder(name),
                "AccountAccessLevel": level,
                "OpportunityAccessLevel": "None",
            }
            planter.create("AccountShare", f"share of {account.name}", values)


def plant_teams(planter: Planter, teams: Mapping[str, Mapping[str, str]]) -> None:
    """Writes predefined case teams with their members."""
    for name, members in teams.items():
        made = planter.create("CaseTeamTemplate", f"case team {name}", {"Name": name})
        planter.keep("case team", name, made)
        for username, role in members.items():
            values = {
                "TeamTemplateId": made,
                "MemberId": planter.named("user", username),
                "TeamRoleId": planter.named("team role", role),
            }
            planter.create("CaseTeamTemplateMember", f"case team {name}", values)


def plant_sharing_rules(planter: Planter, rules: Sequence[model.SharingRule]) -> None:
    """Sets the sharing rules, and shares by them the accounts that there are."""
    org = planter.org
    for rule in rules:
        owners, holders = planter.holder(rule.owned_by), planter.holder(rule.shared_with)
        org.sharing_rules.append(SharingRule(rule.object, owners, holders, rule.level))
    for account in org.store.find(org.schema["Account"]):
        share_by_rules(org, "Account", str(account["Id"]), account["OwnerId"])


def _case(planter: Planter, account_id: str, case: model.Case) -> None:
    case_id = planter.create(
        "Case",
        f"case {case.subject!r}",
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
    for comment in case.comments:
        values = {"ParentId": case_id, "CommentBody": comment.body, "IsPublished": comment.published}
        planter.create("CaseComment", f"comment on {case.subject!r}", values)
    for name, role in case.team.items():
        values = {
            "ParentId": case_id,
            "MemberId": planter.named("user", name),
            "TeamRoleId": planter.named("team role", role),
        }
        planter.create("CaseTeamMember", f"team of {case.subject!r}", values)
    for name in case.teams:
        values = {"ParentId": case_id, "TeamTemplateId": planter.named("case team", name)}
        planter.create("CaseTeamTemplateRecord", f"team of {case.subject!r}", values)
    for name, level in case.shares.items():
        values = {"CaseId": case_id, "UserOrGroupId": planter.holder(name), "CaseAccessLevel": level}
        planter.create("CaseShare", f"share of {case.subject!r}", values)
