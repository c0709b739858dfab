"""Differences of structured attributes, in words: never silent, never long, and nothing where nothing is structured.

Connectors leave out what is not set, so their structures hold no nulls.
"""

import json

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.differing import difference

LEAVES = st.booleans() | st.integers(-5, 200_000) | st.text(max_size=200)
KEYS = st.sampled_from(["token_ttl", "mount", "role", "bound_audiences", "a", "type"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))
STRUCTURES = st.dictionaries(KEYS, VALUES, max_size=4) | st.lists(VALUES, max_size=4)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_whatever_differs_is_said_and_short(was: dict[str, object], becomes: dict[str, object]) -> None:
    """Every key that differs is named, up to as many as fit, and no line grows with what the values hold."""
    said = difference(json.dumps(was), json.dumps(becomes))
    assert said
    assert len(said) < 1500
    differing = [key for key in {*was, *becomes} if was.get(key) != becomes.get(key)]
    if " more" not in said:
        assert all(key in said for key in differing)


@given(STRUCTURES, STRUCTURES)
def test_any_two_structures_have_words_or_are_left_to_the_plain_ones(was: object, becomes: object) -> None:
    said = difference(json.dumps(was), json.dumps(becomes))
    assert said is None or said
    if type(was) is type(becomes) and (was or becomes):
        assert said


@given(st.text(max_size=20).filter(lambda text: not text.startswith(("{", "["))), st.text(max_size=20))
def test_plain_values_are_left_to_plain_words(was: str, becomes: str) -> None:
    assert was == "" or difference(was, becomes) is None


def test_it_reads_as_a_person_would_say_it() -> None:
    role = {"mount": "vendor-oidc", "role": "vendor_acme_m", "type": "jwt", "bound_audiences": ["a"]}
    was = json.dumps([role | {"token_ttl": 86400}])
    becomes = json.dumps([role | {"token_ttl": 3600, "bound_audiences": ["a", "x"], "token_num_uses": 3}])
    assert difference(was, becomes) == 'bound_audiences +"x", token_num_uses +3, token_ttl 24h → 1h'
    other = role | {"mount": "else"}
    two = json.dumps([role | {"token_ttl": 60}, other])
    assert difference(two, json.dumps([role | {"token_ttl": 90}])) == (
        "vendor-oidc/vendor_acme_m.token_ttl 1m → 90s, -else/vendor_acme_m"
    )
    assert difference('{"sponsor":"dana","vendor":"a"}', '{"sponsor":"liam"}') == 'sponsor "dana" → "liam", vendor -"a"'
    assert difference(None, '["totp"]') == '+"totp"'
    assert difference("", "") is None
    assert difference('["totp"] and for others', '["totp"]') is None
