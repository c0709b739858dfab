"""What data is, from all files that label it: one label for each object and field, whatever its case."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.desired.compiling import connector_of
from reconciler.desired.declared import DataLabel, Role, line_of
from reconciler.desired.kinds import Schemas
from reconciler.desired.strict_yaml import Position, Problem
from reconciler.model import SHOWN_BY_DEFAULT, Label

Labels = Mapping[tuple[str, str], Label]
"""Labels by the word in `connector:` and the item's `str.casefold`."""

_STRICTEST_FIRST = ("restricted", "internal", "vendor-visible", "customer-visible")


def labels_of(files: Iterable[DataLabel]) -> Labels:
    """Every label. What is labelled twice is an error; until it is mended the stricter tier and all classes count."""
    found: dict[tuple[str, str], Label] = {}
    for file in files:
        for item, label in file.spec.labels.items():
            key = (file.spec.connector, item.casefold())
            made = Label(label.tier, frozenset(label.classes), line_of(_place(file, item)), item)
            found[key] = _stricter(found[key], made) if key in found else made
    return found


def check_labels(files: Iterable[DataLabel]) -> Iterator[Problem]:
    """A problem at each place where an object or field is labelled that is labelled elsewhere too."""
    places: dict[tuple[str, str], list[tuple[str, Position]]] = {}
    for file in files:
        for item in file.spec.labels:
            places.setdefault((file.spec.connector, item.casefold()), []).append((item, _place(file, item)))
    for found in places.values():
        for at, (item, place) in enumerate(found):
            if len(found) > 1:
                other = found[1 if at == 0 else 0][1]
                yield Problem(place, f"'{item}' is labelled in {line_of(other)} too: label it in one place only")


def check_roles(roles: Iterable[Role], labels: Labels, schemas: Schemas) -> Iterator[Problem]:
    """A problem at each role that by its own words shows data of a tier that it may not show."""
    for role in roles:
        for text in violations(role, labels, schemas):
            yield role.problem(text)


def violations(role: Role, labels: Labels, schemas: Schemas) -> Iterator[str]:
    """A sentence for each labelled object or field that the role by its own words shows, and may not."""
    connector, shows = connector_of(role), shown_tiers(role)
    for item in sorted(schemas[connector].exposes(role.spec)):
        label = labels.get((connector, item.casefold()))
        if label is not None and label.tier not in shows:
            yield (
                f"the role '{role.name}' shows {item}, which is {label.tier} ({label.at}): "
                f"leave it out, or write {label.tier} into `shows` and let the data's owner approve it"
            )


def shown_tiers(role: Role) -> frozenset[str]:
    """The tiers of labelled data that a role may show."""
    return frozenset(getattr(role.spec, "shows", SHOWN_BY_DEFAULT))


def _place(file: DataLabel, item: str) -> Position:
    return file.key_position("labels", item)


def _stricter(one: Label, other: Label) -> Label:
    first, _ = sorted((one, other), key=lambda label: _STRICTEST_FIRST.index(label.tier))
    return Label(first.tier, one.classes | other.classes, first.at, first.item)
