"""Turns seeds into records."""

import secrets

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.seeds.catalogue import define_objects
from connectors.salesforce.sandbox.seeds.customers import (
    plant_accounts,
    plant_service,
    plant_sharing_rules,
    plant_teams,
)
from connectors.salesforce.sandbox.seeds.model import Seed, baseline
from connectors.salesforce.sandbox.seeds.people import plant_first_users, plant_groups, plant_members, plant_users
from connectors.salesforce.sandbox.seeds.planter import Planter
from connectors.salesforce.sandbox.seeds.population import make_up
from connectors.salesforce.sandbox.seeds.structure import connect, plant_structure
from connectors.salesforce.sandbox.sessions import App, Sessions

_APP = "Guestlist"


def plant(seed: Seed, org: Org, sessions: Sessions, *, jwt_public_key: str) -> App:
    """Fills an empty org: first the baseline, then the seed.

    Returns:
        The connected application that guestlist comes in through.

    Raises:
        SeedError: The seed names something that it does not define, or that the org would not have.
    """
    with org.store.transaction():
        planter = Planter(org, sessions)
        _found(planter, seed)
        define_objects(org)
        plant_structure(planter, baseline())
        plant_first_users(planter, seed)
        plant_structure(planter, seed)
        plant_users(planter, [user for user in seed.users if user.contact is None])
        plant_accounts(planter, seed.accounts)
        plant_users(planter, [user for user in seed.users if user.contact is not None])
        plant_groups(planter, seed)
        plant_members(planter, seed.users)
        plant_teams(planter, seed.case_teams)
        plant_sharing_rules(planter, seed.sharing_rules)
        plant_service(planter, seed.accounts)
        make_up(planter, seed.made_up)
        org.switches.case_teams = seed.features.case_teams
        org.switches.account_teams = seed.features.account_teams
        app = App(
            name=_APP,
            client_id=f"3MVG9{secrets.token_hex(24)}",
            client_secret=secrets.token_hex(32).upper(),
            run_as=planter.named("user", f"guestlist@{seed.domain}"),
            public_key=jwt_public_key,
        )
        connect(planter, app)
        return app


def _found(planter: Planter, seed: Seed) -> None:
    """Founds the organisation."""
    org = planter.org
    org.org_id = org.ids.new("00D")
    org.admin_id = org.ids.new("005")
    org.add(
        "Organization",
        Id=org.org_id,
        Name=seed.organization,
        Country="DE",
        DefaultLocaleSidKey="en_US",
        TimeZoneSidKey="Europe/Berlin",
        LanguageLocaleKey="en_US",
        DefaultAccountAccess=seed.sharing.account if seed.sharing.account != "Private" else "None",
        DefaultCaseAccess=seed.sharing.case if seed.sharing.case != "Private" else "None",
        DefaultContactAccess="ControlledByParent",
        DefaultOpportunityAccess="None",
        DefaultLeadAccess="ReadEditTransfer",
        DefaultCalendarAccess="HideDetailsInsert",
        DefaultPricebookAccess="ReadSelect",
        DefaultCampaignAccess="All",
        OrganizationType="Developer Edition",
        InstanceName="GL0",
        IsSandbox=1,
        IsReadOnly=0,
    )
    org.add("Group", DeveloperName="AllInternalUsers", Type="Organization", OwnerId=org.org_id)
