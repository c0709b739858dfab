"""What a revision says of its targets whoever is granted it: names, lasting definitions, labels."""

from collections.abc import Iterator, Mapping

from reconciler.desired.declared import Role, line_of
from reconciler.desired.history import History
from reconciler.desired.kinds import Compiled
from reconciler.desired.labelling import Labels, labels_of
from reconciler.desired.layout import Kind
from reconciler.desired.load import Declarations
from reconciler.errors import DeclarationError
from reconciler.model import DefinedRole, Label, Native, Reason, ReasonCode


class Standing:
    """What counts of one revision: of a file that is broken now, its last valid version."""

    def __init__(self, declarations: Declarations, history: History) -> None:
        self._declarations = declarations
        self._roles: list[_RoleInForce] = [(role, None) for role in declarations.roles.values()]
        self._roles += _past_roles(declarations, history)
        self._labels = _labels(declarations, history)
        self._compiled = list(self._compile())

    @property
    def by_connector(self) -> Labels:
        """Every label, by connector and item."""
        return self._labels

    @property
    def labels(self) -> Mapping[tuple[str, str], Label]:
        """Every label, by target and item."""
        return {
            (target, item): label
            for target, connector in self._declarations.known.targets.items()
            for (kind, item), label in self._labels.items()
            if kind == connector
        }

    @property
    def named(self) -> Mapping[tuple[str, Native], str]:
        """What each declared role is called in each target, where everybody who holds it holds the same."""
        return {
            (target, made.native): role.name
            for target, role, made, _ in self._compiled
            if made.definition is None or made.definition.lasting
        }

    @property
    def definitions(self) -> tuple[DefinedRole, ...]:
        """The roles that are kept in a target as long as they are declared."""
        return tuple(
            DefinedRole(target, role.name, made.definition, role.at(), doubt)
            for target, role, made, doubt in self._compiled
            if made.definition is not None and made.definition.lasting
        )

    def _compile(self) -> Iterator[tuple[str, Role, Compiled, Reason | None]]:
        """Every role in every target of its kind that can have it, as for nobody in particular."""
        compiler = self._declarations.compiler
        for target in self._declarations.known.targets:
            for role, doubt in self._roles:
                if compiler.fits(target, role):
                    found = compiler.compile(target, role, vendor=role.name, principal=role.name)
                    if not isinstance(found, DeclarationError):
                        yield from ((target, role, made, doubt) for made in found)


_RoleInForce = tuple[Role, Reason | None]
"""A role, and why it cannot be relied on."""


def _past_roles(declarations: Declarations, history: History) -> Iterator[_RoleInForce]:
    for broken in declarations.broken:
        if broken.kind is Kind.ROLE and broken.name and broken.name not in declarations.roles:
            past = history.role(declarations.source.path(f"roles/{broken.name}.yaml"))
            if past is not None:
                text = f"its file cannot be used ({broken.problems[0].text}): what it said last is held as it is"
                yield past, Reason(ReasonCode.BROKEN_DECLARATION, text, line_of(broken.problems[0].at))


def _labels(declarations: Declarations, history: History) -> Labels:
    files = list(declarations.data.values())
    for broken in declarations.broken:
        if broken.kind is Kind.DATA_LABEL and broken.name and broken.name not in declarations.data:
            past = history.data_label(declarations.source.path(f"data/{broken.name}.yaml"))
            files += [] if past is None else [past]
    return labels_of(files)
