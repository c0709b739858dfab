"""Tenant walls: nothing that a role for one tenant says, or its holder tries, reaches another tenant's objects."""

import json
import time
from collections.abc import Iterator, Mapping

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.vault import CONNECTOR
from connectors.vault.declarations import VaultRole, VaultTarget
from connectors.vault.objects import DIMENSIONS, VaultObject
from connectors.vault.tenants import PathTemplate, check_templates, place
from reconciler.errors import DeclarationError
from tests.contract.vault_world import VaultWorld, target_spec

PATHS = {
    "kv": {"mount": "walls-kv", "path": "{tenant}/{environment}/{application}"},
    "kv-v1": {"mount": "walls-plain-{tenant}"},
    "transit": {"mount": "walls-transit", "path": "{tenant}_{application}"},
    "pki": {"namespace": "{tenant}", "mount": "pki"},
    "database": {"mount": "walls-db/{tenant}"},
}
ACME = {"tenant": "acme", "environment": "prod", "application": "db"}
VALUE = "northwind's own"


def target(paths: object = PATHS) -> VaultTarget:
    return VaultTarget.model_validate({**target_spec().model_dump(by_alias=True, mode="json"), "paths": paths})


def rules(spec: VaultRole, where: VaultTarget) -> dict[str, list[str]]:
    """The compiled policy of a role: capabilities by path."""
    (made,) = CONNECTOR.schema.compile("r", spec, target=where, vendor="v", principal="p", scope=())
    assert made.definition is not None
    return dict(json.loads(made.definition.meaning))


def role(*objects: Mapping[str, object], actions: tuple[str, ...] = ("read",), **more: object) -> VaultRole:
    return VaultRole.model_validate(
        {"connector": "vault", "objects": list(objects), "actions": list(actions), **more}, by_alias=True
    )


def kv(**said: object) -> dict[str, object]:
    return {"engine": "kv", **ACME, **said}


DECLARED: Mapping[str, dict[str, object]] = {
    "another tenant's path": kv(path="northwind/prod/db"),
    "climbing": kv(path="acme/../northwind/prod/db"),
    "climbing from its own place": kv(path="acme/prod/db/../../../northwind/prod/db"),
    "a dot in front": kv(path="./acme/prod/db"),
    "a glob below": kv(path="acme/prod/db/*"),
    "a glob beside": kv(path="acme/prod/*"),
    "a glob in a segment": kv(path="acme/+/db"),
    "a glob as the tenant": kv(path="+/prod/db"),
    "a template of the server": kv(path="{{identity.entity.metadata.tenant}}/prod/db"),
    "a template of ours": kv(path="{tenant}/prod/db"),
    "capitals": kv(path="Acme/prod/db"),
    "encoded climbing": kv(path="acme/prod/db/%2e%2e/%2e%2e/%2e%2e/northwind/prod/db"),
    "an encoded slash": kv(path="acme%2fprod%2fdb"),
    "a leading slash": kv(path="/northwind/prod/db"),
    "a trailing slash": kv(path="acme/prod/db/"),
    "an empty segment": kv(path="acme//prod/db"),
    "a backslash": kv(path="acme\\..\\northwind"),
    "a letter that looks alike": kv(path="аcme/prod/db"),  # noqa: RUF001  that is the point
    "a slash that looks alike": kv(path="acme／..／northwind"),  # noqa: RUF001  likewise
    "a line break": kv(path="acme/prod/db\nnorthwind"),
    "a query": kv(path="acme/prod/db?list=true"),
    "a name that only begins alike": kv(path="acme/prod/db-admin"),
    "a tenant that only begins alike": kv(path="acme-north/prod/db"),
    "another environment": kv(path="acme/test/db"),
    "the folder above its own": kv(path="acme"),
    "a deeper mount": kv(mount="walls-kv/northwind"),
    "the engine's own word as a mount": kv(mount="walls-kv/data", path="acme/prod/db"),
    "another mount": kv(mount="secret", path="acme/prod/db"),
    "capitals in the mount": kv(mount="Walls-kv"),
    "no tenant": {"engine": "kv", "environment": "prod", "application": "db"},
    "no environment": {"engine": "kv", "tenant": "acme", "application": "db"},
    "a tenant with a slash": kv(tenant="acme/../northwind"),
    "a tenant that is a glob": kv(tenant="*"),
    "an environment with a slash": kv(environment="prod/db", application="x"),
    "an application that climbs": kv(application=".."),
    "an empty tenant": kv(tenant=""),
    "the other key-value engine on the mount": {
        "engine": "kv-v1", **ACME, "mount": "walls-kv", "path": "data/northwind/prod/db"
    },
    "another tenant's mount": {"engine": "kv-v1", **ACME, "mount": "walls-plain-northwind", "path": "db"},
    "the server's own place": {"engine": "kv-v1", **ACME, "path": "sys/policies/acl/x"},
    "another tenant's key": {"engine": "transit", **ACME, "path": "northwind_db"},
    "a call below a key": {"engine": "transit", **ACME, "path": "acme_db/rotate"},
    "another tenant's namespace": {"engine": "pki", **ACME, "mount": "northwind/pki", "path": "web"},
    "the namespace above": {"engine": "pki", **ACME, "mount": "pki", "path": "web"},
    "a tenant called like the server's own place": {"engine": "pki", "tenant": "sys", "path": "web"},
    "another tenant's database": {"engine": "database", **ACME, "mount": "walls-db/northwind", "path": "app"},
    "an engine that has no template": {"engine": "ssh", **ACME, "mount": "ssh", "path": "people"},
}  # fmt: skip


@pytest.mark.parametrize("way", DECLARED)
def test_no_declaration_reaches_another_tenant(way: str) -> None:
    """Every way out of a tenant's place is an error before any server is asked."""
    thing = DECLARED[way]
    action = "view-metadata" if thing["engine"] in {"pki", "ssh", "database", "transit"} else "read"
    with pytest.raises((ValidationError, DeclarationError)):
        rules(role(thing, actions=(action,)), target())


def test_what_stays_inside_is_compiled_to_its_own_place() -> None:
    """Left out, mount and path follow from whose the object is; what lies below may be named."""
    assert rules(role(kv(), kv(path="acme/prod/db/replica")), target()) == {
        "walls-kv/data/acme/prod/db": ["read"],
        "walls-kv/data/acme/prod/db/replica": ["read"],
    }
    issued = role({"engine": "pki", "tenant": "acme", "path": "web"}, actions=("issue",), longest="1h")
    assert rules(issued, target()) == {"acme/pki/issue/web": ["update"]}
    key = role({"engine": "transit", **ACME}, actions=("write",))
    assert rules(key, target()) == {"walls-transit/encrypt/acme_db": ["update"]}


def test_a_listing_that_shows_every_tenant_is_refused() -> None:
    """Where tenants share a mount without folders, its one list of names is not one tenant's."""
    listing = role({"engine": "transit", **ACME}, actions=("list",))
    with pytest.raises(DeclarationError, match="shows every name of the mount walls-transit, other tenants' too"):
        rules(listing, target())
    own = role({"engine": "database", "tenant": "acme", "path": "app"}, actions=("list",))
    assert rules(own, target()) == {"walls-db/acme/roles": ["list"], "walls-db/acme/static-roles": ["list"]}


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ({"kv": {"mount": "secret", "path": "{environment}"}}, "no part of it contains {tenant}"),
        ({"kv": {"mount": "secret", "path": "{tenat}"}}, "did you mean {tenant}"),
        ({"kv": {"mount": "secret", "path": "{tenant}{environment}"}}, "cannot be read back"),
        ({"kv": {"mount": "secret", "path": "{tenant}-{environment}"}}, "cannot be read back"),
        ({"kv": {"mount": "secret", "path": "{tenant}.x.{environment}"}}, "cannot be read back"),
        ({"kv": {"mount": "secret", "path": "{{tenant}}"}}, "only contain"),
        ({"kv": {"mount": "secret", "path": "{tenant}/*"}}, "a glob"),
        ({"kv": {"mount": "secret", "path": "{tenant}/.."}}, "climbs"),
        ({"kv": {"mount": "secret", "path": "{tenant}/"}}, "a slash too many"),
        ({"kv": {"mount": "sys/{tenant}"}}, "the server's own"),
        ({"kv": {"namespace": "auth/{tenant}", "mount": "kv"}}, "the server's own"),
        ({"transit": {"mount": "transit", "path": "{tenant}/{application}"}}, "has a slash"),
        ({"keys": {"mount": "transit", "path": "{tenant}"}}, "says no engine"),
        ({"keys": {"engine": "kv-v2", "mount": "kv", "path": "{tenant}"}}, "did you mean 'kv'"),
        (
            {"kv": {"mount": "kv", "path": "{tenant}"}, "kv-v1": {"mount": "kv", "path": "{tenant}"}},
            "have the same mount",
        ),
    ],
)
def test_a_template_that_keeps_nobody_apart_is_refused(paths: object, said: str) -> None:
    """Settings whose walls have a hole are an error where they stand."""
    with pytest.raises(ValidationError) as refused:
        target(paths)
    assert said in str(refused.value)


def test_a_mount_that_names_could_make_anothers_is_refused() -> None:
    """A tenant's name must not turn one template's mount into another's."""
    paths = {"kv-v1": {"mount": "{tenant}"}, "kv": {"mount": "secret", "path": "{tenant}"}}
    with pytest.raises(DeclarationError, match="cannot be told from those of the template 'kv'"):
        rules(role({"engine": "kv-v1", "tenant": "secret", "path": "data/northwind"}), target(paths))


def test_several_mounts_of_an_engine_are_told_by_the_mount() -> None:
    """An object of an engine with two templates names its mount, and is held to that template."""
    paths = {"old": {"engine": "kv", "mount": "old-{tenant}"}, "kv": {"mount": "secret", "path": "{tenant}"}}
    with pytest.raises(DeclarationError, match="write which mount, one of old-acme, secret"):
        rules(role({"engine": "kv", "tenant": "acme"}), target(paths))
    assert rules(role({"engine": "kv", "tenant": "acme", "mount": "secret"}), target(paths)) == {
        "secret/data/acme": ["read"]
    }


def test_without_templates_an_object_names_its_place() -> None:
    """Nothing is guessed: without `paths`, mount and path are needed."""
    with pytest.raises(DeclarationError, match="needs a mount and a path"):
        rules(role({"engine": "kv", "path": "acme"}), target({}))


def test_what_a_role_reaches_is_said_in_the_words_of_a_contract() -> None:
    """Each dimension that the objects name is compared; what none names is not there."""
    spec = role(kv(), kv(tenant="northwind"), kv(environment="test"))
    assert CONNECTOR.schema.reach(spec) == {
        "tenants": {"acme", "northwind"},
        "environments": {"prod", "test"},
        "applications": {"db"},
    }
    whose = {word: f"the-{word.lower()}" for word in DIMENSIONS}
    everything = role({"engine": "kv", "mount": "m", "path": "x", **whose})
    assert set(CONNECTOR.schema.reach(everything)) == set(DIMENSIONS.values())


@pytest.mark.parametrize("word", DIMENSIONS)
def test_whose_objects_are_is_said_of_all_or_none(word: str) -> None:
    """An object that keeps silent would slip past the contract behind one that does not."""
    there: dict[str, object] = {"engine": "kv", "mount": "m", "path": "x"}
    with pytest.raises(ValidationError, match=f"{word} is said of some objects, and not of"):
        role({**there, word: "a"}, there)


names = st.sampled_from(["a", "a-a", "aa", "a-a-a"])
between = st.sampled_from(["", "-", "a", "-a-", "_", "/", "-_", "~a"])
templates = st.tuples(st.permutations(["{tenant}", "{environment}", "{application}"]), between, between).map(
    lambda parts: f"{parts[0][0]}{parts[1]}{parts[0][1]}{parts[2]}{parts[0][2]}"
)
nasty = st.lists(
    st.sampled_from(["acme", "northwind", "prod", "db", "/", "//", "..", ".", "*", "+", "{{x}}", "%2e", "_", "-", "~"]),
    max_size=9,
).map("".join)
pieces = st.sampled_from(["{tenant}", "{environment}", "{application}", "-", ".", "_", "/", "a", "x_", "Z"])


@settings(max_examples=300)
@given(templates, *(st.tuples(names, names, names) for _ in range(2)))
def test_the_places_of_two_tenants_never_meet(
    template: str, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    """Whatever template is accepted and whatever the names are: no place is another tenant's, or below it."""
    assume(one[0] != other[0])
    try:
        made = PathTemplate.model_validate({"mount": "secret", "path": template})
    except ValidationError:
        return

    def lies(whose: tuple[str, str, str]) -> str:
        said = dict(zip(("tenant", "environment", "application"), whose, strict=True))
        return place(VaultObject.model_validate({"engine": "kv", **said}), (("kv", made),)).path

    assert not f"{lies(one)}/".startswith(f"{lies(other)}/")


@settings(max_examples=300)
@given(*(st.tuples(st.lists(pieces, min_size=1, max_size=4).map("".join), names, names, names) for _ in range(2)))
def test_mounts_of_two_templates_never_meet(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Whatever the templates and the names are: no mount of one template is another's, or below it."""
    try:
        made = {
            engine: PathTemplate.model_validate({"mount": mount, "path": "{tenant}"})
            for engine, (mount, *_) in (("kv", one), ("kv-v1", other))
        }
        check_templates(made)
        placed = [
            place(
                VaultObject.model_validate(
                    {"engine": engine, "tenant": tenant, "environment": environment, "application": application}
                ),
                tuple(made.items()),
            )
            for engine, (_, tenant, environment, application) in (("kv", one), ("kv-v1", other))
        ]
    except (ValidationError, DeclarationError, ValueError):
        return
    first, second = (f"{found.mount}/" for found in placed)
    assert not first.startswith(second)
    assert not second.startswith(first)


@settings(max_examples=300)
@given(nasty, st.one_of(st.none(), nasty))
def test_no_path_leaves_its_tenants_place(path: str, mount: str | None) -> None:
    """Whatever somebody writes as path or mount is refused, or is compiled to the tenant's own place."""
    try:
        made = rules(role({"engine": "kv", **ACME, "path": path, "mount": mount}), target())
    except (ValidationError, DeclarationError):
        return
    assert all(f"{allowed}/".startswith("walls-kv/data/acme/prod/db/") for allowed in made)
    assert not any(sign in allowed for allowed in made for sign in ("*", "+", "..", "{"))


def test_templates_are_checked_one_by_one_and_together() -> None:
    """The check itself accepts what the settings of these tests say."""
    check_templates({name: PathTemplate.model_validate(said) for name, said in PATHS.items()})


@pytest.fixture(scope="module")
def estate(vault: VaultWorld) -> Iterator[str]:
    """Two tenants' objects on the real server, and the token of somebody who may do everything with one's."""
    raw = vault.raw
    mounts = {
        "walls-kv": {"type": "kv", "options": {"version": "2"}},
        "walls-plain-acme": {"type": "kv"},
        "walls-plain-northwind": {"type": "kv"},
        "walls-transit": {"type": "transit"},
    }
    for mount, kind in mounts.items():
        raw("POST", f"sys/mounts/{mount}", kind)
    for tenant in ("acme", "northwind"):
        end = time.monotonic() + 5
        while raw.status("POST", f"walls-kv/data/{tenant}/prod/db", {"data": {"value": f"{tenant}'s own"}}) >= 300:
            assert time.monotonic() < end
            time.sleep(0.02)
        raw("POST", f"walls-plain-{tenant}/db", {"value": f"{tenant}'s own"})
        raw("POST", f"walls-transit/keys/{tenant}_db", {"exportable": True})
        raw("POST", f"sys/namespaces/{tenant}")
        raw("POST", f"{tenant}/sys/mounts/pki", {"type": "pki"})
        raw("POST", f"{tenant}/pki/root/generate/internal", {"common_name": "authority", "key_type": "ec"})
        raw("POST", f"{tenant}/pki/roles/web", {"allow_any_name": True, "key_type": "ec", "ttl": "1h"})
    actions = {
        "kv": ("list", "view-metadata", "read", "rotate", "delete", "destroy"),
        "kv-v1": ("list", "read", "rotate", "destroy"),
        "transit": ("view-metadata", "read", "write", "rotate", "export", "destroy", "sign"),
        "pki": ("list", "view-metadata", "sign", "issue"),
    }
    named = {"kv-v1": {"path": "db"}, "pki": {"path": "web"}}
    id_, _, alias = vault.person()
    for engine, allowed in actions.items():
        thing = {"engine": engine, **ACME, **named.get(engine, {})}
        spec = role(thing, actions=allowed, **({"longest": "1h"} if engine == "pki" else {}))
        (made,) = CONNECTOR.schema.compile("r", spec, target=target(), vendor="v", principal="p", scope=())
        assert made.definition is not None
        raw("POST", f"sys/policies/acl/walls-{engine}", {"policy": made.definition.text})
        vault.attach(id_, f"walls-{engine}")
    yield str(vault.login(alias)["client_token"])
    for mount in mounts:
        raw("DELETE", f"sys/mounts/{mount}")
    for tenant in ("acme", "northwind"):
        raw("DELETE", f"{tenant}/sys/mounts/pki")
        raw("DELETE", f"sys/namespaces/{tenant}")


OWN = (
    ("GET", "walls-kv/data/acme/prod/db", None),
    ("GET", "walls-plain-acme/db", None),
    ("GET", "walls-transit/keys/acme_db", None),
    ("POST", "acme/pki/issue/web", {"common_name": "a.example"}),
)
TRIED = (
    ("GET", "walls-kv/data/northwind/prod/db", None),
    ("GET", "walls-kv/metadata/northwind/prod/db", None),
    ("LIST", "walls-kv/metadata", None),
    ("LIST", "walls-kv/metadata/northwind", None),
    ("GET", "walls-kv/metadata?list=true", None),
    ("SCAN", "walls-kv/metadata", None),
    ("GET", "walls-kv/subkeys/northwind/prod/db", None),
    ("GET", "walls-kv/data/acme/prod/db/../../../northwind/prod/db", None),
    ("GET", "walls-kv/data/acme/prod/db/%2e%2e/%2e%2e/%2e%2e/northwind/prod/db", None),
    ("GET", "walls-kv/data/acme/prod/db%2f..%2f..%2f..%2fnorthwind/prod/db", None),
    ("GET", "walls-kv//data//northwind//prod//db", None),
    ("GET", "walls-kv/data/Northwind/prod/db", None),
    ("GET", "WALLS-KV/data/northwind/prod/db", None),
    ("GET", "walls-kv/data/*", None),
    ("GET", "walls-kv/data/+/prod/db", None),
    ("POST", "walls-kv/data/northwind/prod/db", {"data": {"value": "mine"}}),
    ("PATCH", "walls-kv/data/northwind/prod/db", {"data": {"value": "mine"}}),
    ("DELETE", "walls-kv/metadata/northwind/prod/db", None),
    ("GET", "walls-kv/config", None),
    ("GET", "walls-plain-northwind/db", None),
    ("GET", "walls-plain-acme/../walls-plain-northwind/db", None),
    ("LIST", "walls-transit/keys", None),
    ("GET", "walls-transit/export/encryption-key/northwind_db", None),
    ("POST", "walls-transit/encrypt/northwind_db", {"plaintext": "eA=="}),
    ("GET", "walls-transit/backup/northwind_db", None),
    ("POST", "northwind/pki/issue/web", {"common_name": "a.example"}),
    ("POST", "acme/../northwind/pki/issue/web", {"common_name": "a.example"}),
    ("POST", "acme/pki/roles/web", {"allow_any_name": True, "ttl": "9999h"}),
    ("POST", "auth/token/create", {"policies": ["root"]}),
    ("POST", "sys/policies/acl/walls-kv", {"policy": 'path "*" { capabilities = ["sudo"] }'}),
    ("POST", "sys/remount", {"from": "walls-plain-northwind", "to": "walls-plain-acme/x"}),
    ("POST", "identity/entity", {"policies": ["root"]}),
    ("GET", "sys/mounts", None),
    ("LIST", "sys/namespaces", None),
    ("GET", "sys/raw/logical", None),
)
HEADERS = (
    {"X-Vault-Namespace": "northwind"},
    {"X-Vault-Namespace": "acme/../northwind"},
    {"X-HTTP-Method-Override": "GET"},
)


def attempt(vault: VaultWorld, token: str, method: str, path: str, body: object, **headers: str) -> httpx.Response:
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    sent = {"X-Vault-Token": token, "Content-Type": kind, **headers}
    return vault.raw._http.request(method, path, json=body, headers=sent, follow_redirects=True)


@pytest.mark.parametrize(("method", "path", "body"), OWN)
def test_the_holder_reaches_its_own_tenant(
    vault: VaultWorld, estate: str, method: str, path: str, body: object
) -> None:
    """The other tests would pass with a token that can do nothing."""
    assert attempt(vault, estate, method, path, body).is_success


@pytest.mark.parametrize(("method", "path", "body"), TRIED)
def test_no_call_reaches_another_tenant(vault: VaultWorld, estate: str, method: str, path: str, body: object) -> None:
    """The holder's own token, with everything that a role for its tenant can allow, is refused by the server."""
    answer = attempt(vault, estate, method, path, body)
    assert not answer.is_success, answer.text
    assert VALUE not in answer.text


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize(
    "path", ["pki/issue/web", "walls-kv/data/northwind/prod/db", "walls-plain-northwind/db", "sys/mounts"]
)
def test_no_header_reaches_another_tenant(
    vault: VaultWorld, estate: str, headers: Mapping[str, str], path: str
) -> None:
    """Neither does a namespace or a method that a header claims."""
    for method in ("GET", "POST", "LIST"):
        answer = attempt(
            vault, estate, method, path, {"common_name": "a.example"} if method == "POST" else None, **headers
        )
        assert not answer.is_success, answer.text
        assert VALUE not in answer.text
