"""`guestlist init`: a first desired state, in `observe`, that validates."""

import json
from pathlib import Path

import click

from reconciler.adopt.names import name_from
from reconciler.cli.output import say
from reconciler.cli.schemas import declared_schemas
from reconciler.desired.layout import FOLDERS, SETTINGS_FILE
from reconciler.errors import GuestlistError

_SETTINGS = """\
# yaml-language-server: $schema=.schemas/settings.schema.json
apiVersion: guestlist/v1
kind: Settings
metadata: {name: SETTINGS_NAME}
spec:
  branch: main
  timeZone: UTC
  targets:
    crm:
      connector: salesforce
      mode: observe            # plan and report only; `enforce` grants and revokes
      url: {env: GUESTLIST_CRM_URL}
      auth: {clientId: {env: GUESTLIST_CRM_ID}, clientSecret: {env: GUESTLIST_CRM_SECRET}}
      population:              # the accounts that guestlist answers for; nothing else is ever touched
        any: {profiles: [Vendor Support], userTypes: [PowerPartner], emailDomains: [], usernames: []}
        except: {profiles: [System Administrator], usernames: []}
      guard:                   # how much 24 hours may change: a number and a share of what is live
        grants: {max: 50, percent: 30}
        revocations: {max: 20, percent: 20}
        disabled: {max: 5, percent: 20}
    vault:
      connector: vault
      mode: observe
      url: {env: GUESTLIST_VAULT_URL}
      auth: {token: {env: GUESTLIST_VAULT_TOKEN}}
      population:
        any: {prefix: vendor_, mounts: []}
        except: {names: []}
      guard:
        grants: {max: 50, percent: 30}
        revocations: {max: 20, percent: 20}
        disabled: {max: 5, percent: 20}
"""

SCHEMAS = ".schemas"
"""Where the JSON Schemas for editors are put; what begins with a dot is no declaration."""


@click.command(name="init", short_help="Write a first desired state, in observe.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("desired-state"))
def command(directory: Path) -> None:
    """Write a first desired state to DIRECTORY (default: desired-state): settings in `observe`, and the folders.

    The JSON Schemas for editors stand in .schemas/ there; `guestlist generate schema --out` brings them up to date.
    Nothing that exists is overwritten.
    """
    if directory.exists() and any(directory.iterdir()):
        raise GuestlistError(f"{directory} is not empty; name a new directory, or edit what is there")
    name = name_from(directory.resolve().parent.name) or "guestlist"
    try:
        for folder in FOLDERS:
            (directory / folder).mkdir(parents=True)
            (directory / folder / ".gitkeep").touch()
        (directory / SCHEMAS).mkdir()
        for file, schema in declared_schemas().items():
            (directory / SCHEMAS / file).write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
        (directory / SETTINGS_FILE).write_text(_SETTINGS.replace("SETTINGS_NAME", name), encoding="utf-8")
    except OSError as error:
        raise GuestlistError(f"{directory} cannot be written: {error.strerror}") from None
    say(f"{directory}/guestlist.yaml is written, in observe: guestlist will report and change nothing.")
    say("Next: set the GUESTLIST_… variables that it names, commit, and run `guestlist doctor`, then `guestlist plan`.")
