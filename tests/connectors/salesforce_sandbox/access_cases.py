"""Who has what, and what comes of it: the org, the questions, and where the documentation answers them."""

from datetime import UTC, datetime, timedelta

PAST, LATER = "2020-01-01T00:00:00Z", (datetime.now(UTC) + timedelta(days=3)).isoformat()
READERS = ("shared", "editor.read", "later", "plain", "frozen", "blind", "frozen.later", "group.later", "group.over",
           "share.team", "share.only.read", "deep.shared", "all.over")  # fmt: skip
EDITORS = (
    "editor",
    "deleter",
    "muted",
    "muted.edit",
    "both",
    "narrow",
    "two.groups",
    "group.over.set",
    "set.over.group",
)
SEED = {
    "profiles": [{"name": "Bare", "license": "Salesforce", "permissions": ["ApiEnabled"]}],
    "permissionSets": [
        {"name": "Read", "label": "Read", "objects": {"Case": "R"}, "fields": {"Case.Subject": "r"}},
        {"name": "Edit", "label": "Edit", "objects": {"Case": "RE"}, "fields": {"Case.Subject": "rw"}},
        {"name": "Delete", "label": "Delete", "objects": {"Case": "RED"}, "fields": {"Case.Subject": "rw"}},
        {"name": "All", "label": "All", "objects": {"Case": "RV"}, "fields": {"Case.Subject": "r"}},
        {"name": "Modify", "label": "Modify", "objects": {"Case": "REDVM"}, "fields": {"Case.Subject": "rw"}},
        {"name": "Data", "label": "Data", "permissions": ["ViewAllData"],
         "objects": {"Case": "R"}, "fields": {"Case.Subject": "r"}},
        {"name": "All_Data", "label": "All data", "permissions": ["ViewAllData"]},
        {"name": "Mute_Data", "label": "Mute data", "permissions": ["ViewAllData"]},
        {"name": "Priority", "label": "Priority", "objects": {"Case": "R"}, "fields": {"Case.Priority": "r"}},
        {"name": "Assigner", "label": "Assigner", "permissions": ["AssignPermissionSets"]},
        {"name": "Manager", "label": "Manager", "permissions": ["ManageUsers"]},
        {"name": "Freezer", "label": "Freezer", "permissions": ["FreezeUsers"]},
        {"name": "Viewer", "label": "Viewer", "permissions": ["ViewSetup"]},
        {"name": "Customizer", "label": "Customizer", "permissions": ["CustomizeApplication"]},
    ],
    "permissionSetGroups": [
        {"name": "Muted", "label": "Muted", "permissionSets": ["Edit", "Priority"],
         "muting": {"objects": {"Case": "E"}, "fields": {"Case.Priority": "r"}}},
        {"name": "Plain", "label": "Plain", "permissionSets": ["Read", "Priority"]},
        {"name": "Blind", "label": "Blind", "permissionSets": ["Edit"], "muting": {"objects": {"Case": "R"}}},
        {"name": "Narrow", "label": "Narrow", "permissionSets": ["Edit"], "muting": {"fields": {"Case.Subject": "rw"}}},
        {"name": "Muted_Data", "label": "Muted data", "permissionSets": ["Mute_Data"],
         "muting": {"permissions": ["ViewAllData"]}},
        {"name": "Assigning", "label": "Assigning", "permissionSets": ["Assigner"],
         "muting": {"permissions": ["AssignPermissionSets"]}},
    ],
    "roles": [{"name": "Top"}, {"name": "Middle", "parent": "Top"}, {"name": "Low", "parent": "Middle"},
              {"name": "Chief"}, {"name": "Deep", "parent": "Chief"}, {"name": "Lead"},
              {"name": "Crew", "parent": "Lead"},
              {"name": "Books"}],
    "users": [
        {"username": f"{name}@x.example", "lastName": name, "profile": "Bare"} | more
        for name, more in {
            "bare": {},
            "reader": {"permissionSets": ["Read"]},
            "shared": {"permissionSets": ["Read"]},
            "editor": {"permissionSets": ["Edit"]},
            "editor.read": {"permissionSets": ["Edit"]},
            "deleter": {"permissionSets": ["Delete"]},
            "owner": {"permissionSets": ["Delete"], "role": "Low"},
            "boss": {"permissionSets": ["Edit"], "role": "Top"},
            "peer": {"permissionSets": ["Read"], "role": "Low"},
            "member": {"permissionSets": ["Edit"]},
            "nested": {"permissionSets": ["Read"]},
            "team.worker": {"permissionSets": ["Edit"]},
            "team.reader": {"permissionSets": ["Edit"]},
            "team.observer": {"permissionSets": ["Edit"]},
            "account.team": {"permissionSets": ["Edit"]},
            "all": {"permissionSets": ["All"]},
            "modify": {"permissionSets": ["Modify"]},
            "data": {"permissionSets": ["Data"]},
            "all.data": {"permissionSets": ["All_Data"]},
            "all.data.over": {"permissionSets": [{"name": "All_Data", "until": PAST}]},
            "all.data.mute": {"permissionSetGroups": ["Muted_Data"]},
            "expired": {"permissionSets": [{"name": "Read", "until": PAST}]},
            "later": {"permissionSets": [{"name": "Read", "until": LATER}]},
            "both": {"permissionSets": [{"name": "Edit", "until": LATER}, "Read"]},
            "muted": {"permissionSetGroups": ["Muted"]},
            "muted.edit": {"permissionSetGroups": ["Muted"], "permissionSets": ["Edit"]},
            "plain": {"permissionSetGroups": ["Plain"]},
            "blind": {"permissionSetGroups": ["Blind"]},
            "frozen": {"permissionSets": ["Read"], "frozen": True},
            "assigner": {"permissionSets": ["Assigner"]},
            "manager": {"permissionSets": ["Manager"]},
            "freezer": {"permissionSets": ["Freezer"]},
            "viewer": {"permissionSets": ["Viewer"]},
            "customizer": {"permissionSets": ["Customizer"]},
            "narrow": {"permissionSetGroups": ["Narrow"]},
            "mute.assigner": {"permissionSetGroups": ["Assigning"]},
            "two.groups": {"permissionSetGroups": ["Muted", "Plain"]},
            "group.later": {"permissionSetGroups": [{"name": "Plain", "until": LATER}]},
            "group.over": {"permissionSetGroups": [{"name": "Plain", "until": PAST}]},
            "group.over.set": {"permissionSetGroups": [{"name": "Muted", "until": PAST}], "permissionSets": ["Edit"]},
            "set.over.group": {"permissionSetGroups": ["Muted"], "permissionSets": [{"name": "Edit", "until": PAST}]},
            "all.over": {"permissionSets": [{"name": "All", "until": PAST}, "Read"]},
            "frozen.later": {"permissionSets": [{"name": "Read", "until": LATER}], "frozen": True},
            "gone": {"permissionSets": ["Read"], "active": False},
            "share.team": {"permissionSets": ["Edit"]},
            "group.team": {"permissionSets": ["Edit"]},
            "share.only.read": {"permissionSets": ["Edit"]},
            "deep.shared": {"permissionSets": ["Read"], "role": "Deep"},
            "chief": {"permissionSets": ["Edit"], "role": "Chief"},
            "crew.worker": {"permissionSets": ["Read"], "role": "Crew"},
            "lead": {"permissionSets": ["Edit"], "role": "Lead"},
            "books": {"permissionSets": ["Edit"], "role": "Books"},
            "roleless": {"permissionSets": ["Edit"]},
            "tokens": {"applications": ["Data Loader"], "sessions": 1},
        }.items()
    ],
    "groups": [
        {"name": "Queue", "label": "Queue", "type": "Queue", "objects": ["Case"], "members": ["member@x.example"]},
        {"name": "Outer", "label": "Outer", "members": ["Inner"]},
        {"name": "Inner", "label": "Inner", "members": ["nested@x.example", "group.team@x.example"]},
    ],
    "accounts": [
        {"name": "A", "team": {"account.team@x.example": "Edit"}, "cases": [
            {"subject": "queue", "owner": "Queue"},
            {"subject": "admins",
             "shares": {f"{name}@x.example": "Read" for name in READERS}
             | {f"{name}@x.example": "Edit" for name in EDITORS} | {"Outer": "Read"},
             "team": {"team.worker@x.example": "Case Worker", "team.reader@x.example": "Case Reader",
                      "team.observer@x.example": "Observer", "share.team@x.example": "Case Worker",
                      "group.team@x.example": "Case Worker", "crew.worker@x.example": "Case Worker"}}]},
        {"name": "B", "cases": [{"subject": "owners", "owner": "owner@x.example"}]},
        {"name": "C", "owner": "books@x.example", "cases": [{"subject": "theirs"}]},
        {"name": "D", "owner": "roleless@x.example", "cases": [{"subject": "lonely"}]},
    ],
}  # fmt: skip

# Where the documentation gives the answer.
SOURCES = {
    "object": "object reference, ObjectPermissions; INVALID_TYPE as recorded from orgs",
    "field": "object reference, FieldPermissions; GrantTests of a JDBC driver against an org: No such column",
    "explicit": "Record-Level Access: Under the Hood, Explicit Grants; object reference, CaseShare",
    "written": "GrantTests of a JDBC driver against an org: entity type cannot be updated",
    "owner": "Apex Developer Guide, Understanding Sharing: owners and members of owning queues have full access",
    "hierarchy": "Apex Developer Guide, Understanding Sharing: as records owned by or shared with users below",
    "groups": "Record-Level Access: Under the Hood, Group Membership Grants",
    "team": "Record-Level Access: Under the Hood, Explicit Grants (teams); object reference, CaseTeamRole",
    "implicit": "Designing Record Access for Enterprise Scale, Implicit Sharing: by the account owner's role",
    "all": "object reference, ObjectPermissions: View All and Modify All regardless of sharing; help, View All Data",
    "expiry": "object reference, PermissionSetAssignment; help, Set Assignment Expiration Details",
    "muting": "help, Muting Permission Sets: within its group only; object reference, FieldPermissions, Muting",
    "freeze": "help, Freeze or Unfreeze User Accounts: stops logging in; object reference, UserLogin",
    "setup": "object reference, Special Access Rules; help, Freeze or Unfreeze User Accounts: needed permissions",
}
# Why; who; what; what comes of it. `sees` lists the cases, `field` asks for a field of any case, the rest tries.
TABLE = """
object     bare            object                  INVALID_TYPE
object     bare            describe                404
object     reader          object                  ok
field      reader          field Subject           ok
field      reader          field Priority          INVALID_FIELD
field      reader          field CaseNumber        ok
field      shared          field Status            INVALID_FIELD
field      editor          write Priority          INVALID_FIELD_FOR_INSERT_UPDATE
field      muted           field Subject           ok
field      muted           field Priority          INVALID_FIELD
field      muted.edit      field Priority          INVALID_FIELD
field      plain           field Priority          ok
explicit   reader          sees                    -
explicit   reader          edit admins             INVALID_CROSS_REFERENCE_KEY
explicit   shared          sees                    admins
explicit   shared          edit queue              INVALID_CROSS_REFERENCE_KEY
explicit   editor          sees                    admins
explicit   editor          edit admins             ok
explicit   editor          delete admins           INSUFFICIENT_ACCESS_OR_READONLY
explicit   editor.read     sees                    admins
explicit   editor.read     edit admins             INSUFFICIENT_ACCESS_OR_READONLY
explicit   deleter         edit admins             ok
explicit   deleter         delete admins           INSUFFICIENT_ACCESS_OR_READONLY
explicit   share.only.read edit admins             INSUFFICIENT_ACCESS_OR_READONLY
written    shared          edit admins             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
written    nested          edit admins             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
written    all             edit admins             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
written    data            edit owners             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
written    muted           edit admins             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
owner      owner           sees                    owners
owner      owner           edit owners             ok
owner      owner           delete owners           ok
owner      member          sees                    queue
owner      member          edit queue              ok
owner      member          edit admins             INVALID_CROSS_REFERENCE_KEY
hierarchy  boss            sees                    owners
hierarchy  boss            edit owners             ok
hierarchy  peer            sees                    -
hierarchy  chief           sees                    admins
hierarchy  chief           edit admins             INSUFFICIENT_ACCESS_OR_READONLY
hierarchy  deep.shared     sees                    admins
hierarchy  lead            sees                    admins
hierarchy  lead            edit admins             ok
groups     nested          sees                    admins
team       team.worker     sees                    admins
team       team.worker     edit admins             ok
team       team.reader     sees                    admins
team       team.reader     edit admins             INSUFFICIENT_ACCESS_OR_READONLY
team       team.observer   sees                    -
team       account.team    sees                    admins queue
team       account.team    edit admins             ok
team       account.team    edit owners             INVALID_CROSS_REFERENCE_KEY
team       share.team      sees                    admins
team       share.team      edit admins             ok
team       group.team      edit admins             ok
implicit   books           sees                    theirs
implicit   books           edit theirs             ok
implicit   books           delete theirs           INSUFFICIENT_ACCESS_OR_READONLY
implicit   roleless        sees                    -
all        all             sees                    admins lonely owners queue theirs
all        modify          sees                    admins lonely owners queue theirs
all        modify          edit owners             ok
all        modify          delete queue            ok
all        data            sees                    admins lonely owners queue theirs
all        all.data        object                  ok
all        all.data        describe                200
all        all.data        field CaseNumber        ok
all        all.data        field Subject           INVALID_FIELD
all        all.data        sees numbers            5
all        all.data        accounts                4
all        all.data        edit owners             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
all        all.data        delete owners           INSUFFICIENT_ACCESS_OR_READONLY
all        all.data.over   object                  INVALID_TYPE
all        all.data.mute   object                  INVALID_TYPE
expiry     expired         object                  INVALID_TYPE
expiry     expired         sees                    INVALID_TYPE
expiry     later           object                  ok
expiry     later           sees                    admins
expiry     both            edit admins             ok
expiry     group.later     field Priority          ok
expiry     group.later     sees                    admins
expiry     group.over      object                  INVALID_TYPE
expiry     group.over.set  edit admins             ok
expiry     group.over.set  field Priority          INVALID_FIELD
expiry     set.over.group  edit admins             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
expiry     set.over.group  field Subject           ok
expiry     all.over        sees                    admins
muting     muted           object                  ok
muting     muted           sees                    admins
muting     muted.edit      edit admins             ok
muting     plain           sees                    admins
muting     blind           object                  INVALID_TYPE
muting     narrow          object                  ok
muting     narrow          field Subject           INVALID_FIELD
muting     narrow          write Subject           INVALID_FIELD_FOR_INSERT_UPDATE
muting     two.groups      field Priority          ok
muting     two.groups      edit admins             CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY
muting     mute.assigner   assign                  INSUFFICIENT_ACCESS_OR_READONLY
freeze     frozen          sees                    admins
freeze     frozen          login                   User is Frozen
freeze     frozen.later    login                   User is Frozen
freeze     frozen.later    sees                    admins
freeze     gone            login                   User is Inactive
freeze     shared          login                   ok
setup      reader          others assignments      0
setup      reader          others sessions         0
setup      reader          assign                  INSUFFICIENT_ACCESS_OR_READONLY
setup      reader          join                    INSUFFICIENT_ACCESS_OR_READONLY
setup      assigner        assign                  ok
setup      assigner        join                    INSUFFICIENT_ACCESS_OR_READONLY
setup      manager         join                    ok
setup      manager         assign                  INSUFFICIENT_ACCESS_OR_READONLY
setup      manager         others sessions         some
setup      freezer         freeze                  ok
setup      manager         freeze                  ok
setup      assigner        freeze                  INVALID_CROSS_REFERENCE_KEY
setup      viewer          others assignments      some
setup      viewer          others sessions         0
setup      manager         others assignments      some
setup      manager         others tokens           0
setup      customizer      others tokens           some
setup      customizer      others sessions         0
"""
CASES = [
    (line[:11].strip(), line[11:27].strip(), line[27:51].strip(), line[51:]) for line in TABLE.strip().splitlines()
]
