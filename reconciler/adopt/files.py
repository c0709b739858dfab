"""The files of an import: what stands in each, besides what was found live."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reconciler.adopt.drafts import Draft
from reconciler.adopt.names import UNKNOWN_VENDOR
from reconciler.adopt.rendering import document
from reconciler.adopt.roles import RoleChoice
from reconciler.desired.gaps import UNDECIDED, UNDECIDED_TEXT
from reconciler.desired.layout import FOLDERS, Kind

_FOLDER = {kind: folder for folder, kind in FOLDERS.items()}
_TIER = "high"
"""What a vendor's risk is taken for until somebody says."""

_LONGEST_TITLE = 500


@dataclass(frozen=True, slots=True)
class Files:
    """Writes the files of one import of `targets`, on the day `today`; `editor` is where JSON Schemas are."""

    targets: tuple[str, ...]
    editor: str | None
    today: date

    def vendor_spec(
        self,
        principals: Sequence[Mapping[str, object]],
        grants: Sequence[Mapping[str, object]] = (),
        *,
        ends: date | None = None,
        reach: Mapping[str, Sequence[str]] | None = None,
    ) -> dict[str, object]:
        """A vendor's `spec`; `ends` is the last day of its contract, `reach` what that has to cover."""
        contract = {
            "id": f"{UNDECIDED_TEXT} which contract this is",
            "scope": f"{UNDECIDED_TEXT} what the vendor is here for",
            "starts": self.today,
            "ends": max(self.today, ends or self.today),
        }
        return {
            "sponsor": {"name": UNDECIDED, "since": self.today},
            "owners": {"business": UNDECIDED, "technical": UNDECIDED},
            "tier": _TIER,
            "contract": {**contract, **(reach or {})},
            "principals": list(principals),
            "grants": list(grants),
        }

    def vendor(self, name: str, spec: Mapping[str, object]) -> Draft:
        """A vendor's file."""
        remarks = [
            f"Written from what was live in {self._where} on {self.today}. Until every gap is filled, what stands here",
            "is held as it is: nothing is granted and nothing revoked by it. `guestlist validate` lists the gaps.",
            f"The tier is a guess ({_TIER}), and so are the dates of the contract: it ends when the last access does.",
        ]
        unknown = name == UNKNOWN_VENDOR
        title = f"{UNDECIDED_TEXT} whose people these are; move each to its vendor's file" if unknown else None
        return self._draft(Kind.VENDOR, name, title, spec, remarks)

    def role(self, role: RoleChoice) -> Draft:
        """The file of a new role."""
        source = role.source
        said = {} if source is None else source.spec
        review = None if source is None else source.review
        spec: dict[str, object] = {"connector": getattr(role.spec, "connector", ""), **said}
        title = None if review is None else f"{UNDECIDED_TEXT} {review}"[:_LONGEST_TITLE]
        return self._draft(Kind.ROLE, role.name, title, spec, [self._found])

    def labels(self, name: str, connector: str, labels: Mapping[str, Mapping[str, object]]) -> Draft:
        """A file of labels."""
        return self._draft(Kind.DATA_LABEL, name, None, {"connector": connector, "labels": labels}, [self._found])

    @property
    def _where(self) -> str:
        return " and ".join(self.targets)

    @property
    def _found(self) -> str:
        return f"As it was found in {self._where} on {self.today}."

    def _draft(
        self, kind: Kind, name: str, title: str | None, spec: Mapping[str, object], remarks: Iterable[str]
    ) -> Draft:
        schema = None if self.editor is None else f"{self.editor}/{kind.value.lower()}.schema.json"
        text = document(kind, name, title, spec, remarks=tuple(remarks), schema=schema)
        return Draft(f"{_FOLDER[kind]}/{name}.yaml", kind, name, text)
