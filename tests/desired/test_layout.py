import pytest

from reconciler.desired.layout import Kind, ignored, kind_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("guestlist.yaml", Kind.SETTINGS),
        ("people/dana.reyes.yaml", Kind.PERSON),
        ("roles/a-b.yaml", Kind.ROLE),
        ("vendors/acme.yaml", Kind.VENDOR),
        ("overrides/2026-11.yaml", Kind.OVERRIDE),
    ],
)
def test_the_folder_says_the_kind(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("vendor/acme.yaml", "did you mean vendors/?"),
        ("stuff/acme.yaml", "there are guestlist.yaml, people/, roles/, vendors/, overrides/"),
        ("guestlist.yml", "did you mean guestlist.yaml?"),
        ("acme.yaml", "there are guestlist.yaml"),
        ("vendors/emea/acme.yaml", "move it to vendors/acme.yaml"),
        ("vendors/acme.yml", "rename it to acme.yaml"),
        ("vendors/acme.yaml.orig", "rename it to acme.yaml.yaml"),
        ("vendors/Acme.yaml", "lower-case"),
        ("vendors/acme_support.yaml", "lower-case"),
        (f"vendors/{'a' * 64}.yaml", "63 at most"),
        ("vendors/-.yaml", "lower-case"),
        ("people", "there are guestlist.yaml"),
    ],
)
def test_nothing_is_declared_elsewhere(path: str, hint: str) -> None:
    """A file in a wrong place is told where the right one is."""
    found = kind_of(path)
    assert not isinstance(found, Kind)
    assert hint in found


@pytest.mark.parametrize(
    ("path", "expected"), [("README.md", True), ("a/.gitkeep", True), (".x/a.yaml", True), ("a/b.yaml", False)]
)
def test_what_may_stand_among_declarations(path: str, expected: object) -> None:
    assert ignored(path) is expected
