"""Which groups an entity is in, directly or through groups in groups, and whether guestlist can take it out. Pure."""

from collections.abc import Container, Iterator, Mapping

from connectors.vault.mapping import Entity, Group

GROUP = "group"


def memberships(
    entity: Entity, groups: Mapping[str, Group], used: Container[str] = ()
) -> Iterator[tuple[Group, str | None]]:
    """Every group whose policies act on the entity, and why guestlist cannot take it out of it, or None.

    A group above another one is left by leaving the one below. `groups` are those that could be read, by id; `used`
    the names of those that declared roles use: what such a group leads to comes and goes with it, and is one of its
    risks, not a right of its own.
    """
    direct = [groups[id_] for id_ in sorted(entity.direct_group_ids) if id_ in groups]
    for group in direct:
        yield group, _external(entity, (group,)) if group.external else None
    fixed = [path for group in direct if group.external for path in _above(group, groups)]
    part = {path[-1].id for group in direct if group.name in used for path in _above(group, groups)}
    for id_ in sorted(set(entity.inherited_group_ids) - set(entity.direct_group_ids)):
        if id_ in groups and (id_ not in part or groups[id_].name in used):
            path = next((path for path in fixed if path[-1].id == id_), None)
            yield groups[id_], None if path is None else _external(entity, path)


def _above(group: Group, groups: Mapping[str, Group]) -> Iterator[tuple[Group, ...]]:
    """The ways up from a group, each from it to a group that it is in."""
    ways: list[tuple[Group, ...]] = [(group,)]
    seen = {group.id}
    while ways:
        way = ways.pop()
        for parent in way[-1].parent_group_ids:
            if parent in groups and parent not in seen:
                seen.add(parent)
                longer = (*way, groups[parent])
                yield longer
                ways.append(longer)


def _external(entity: Entity, path: tuple[Group, ...]) -> str:
    first, *others = path
    through = "".join(f", and through it in {group.name}" for group in others)
    return f"{entity.name} is in the external group {first.name}{through}, by its identity provider; take it out there"
