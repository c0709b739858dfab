"""Login conditions: what Settings ask and what a profile says are the same words exactly when they mean the same."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.salesforce.conditions import FIXED, Conditions, networks, profile_attributes, unread
from reconciler.errors import Unreadable

EVERYTHING = {
    "loginIpRanges": ["192.0.2.0/24", "198.51.100.7"],
    "loginHours": {"monday": {"from": "08:00", "until": "18:00"}, "sunday": {"from": "00:00", "until": "24:00"}},
    "mfa": "required",
    "sessionLevel": "HIGH_ASSURANCE",
}
PROFILE = {
    "loginIpRanges": [
        {"startAddress": "198.51.100.7", "endAddress": "198.51.100.7", "description": "the bastion"},
        {"startAddress": "192.0.2.0", "endAddress": "192.0.2.127"},
        {"startAddress": "192.0.2.128", "endAddress": "192.0.2.255"},
    ],
    "loginHours": {"mondayStart": "480", "mondayEnd": "1080", "sundayStart": "0", "sundayEnd": "1440"},
}


def test_a_profile_that_asks_for_what_is_declared_is_no_drift() -> None:
    """Also where it holds a network in two halves and in another order."""
    asked = Conditions.model_validate(EVERYTHING).attributes
    assert profile_attributes(PROFILE, mfa=True) == asked
    assert set(FIXED) - {"federated"} == asked.keys()


def test_one_address_more_is_drift() -> None:
    asked = Conditions.model_validate(EVERYTHING).attributes
    wider = [*PROFILE["loginIpRanges"], {"startAddress": "203.0.113.1", "endAddress": "203.0.113.1"}]
    assert profile_attributes({"loginIpRanges": wider}, mfa=True)["loginIpRanges"] != asked["loginIpRanges"]


def test_a_profile_without_restrictions_lets_in_from_anywhere_at_any_time() -> None:
    """No ranges and no hours are wide open, so they differ from every condition."""
    live = profile_attributes({}, mfa=False)
    asked = Conditions.model_validate(EVERYTHING).attributes
    assert live["loginIpRanges"] == "any"
    assert live["loginHours"] != asked["loginHours"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"loginIpRanges": "everywhere"},
        {"loginIpRanges": [{"startAddress": "192.0.2.0"}]},
        {"loginIpRanges": [{"startAddress": "nowhere", "endAddress": "192.0.2.0"}]},
        {"loginIpRanges": [{"startAddress": "192.0.2.0", "endAddress": "2001:db8::1"}]},
        {"loginHours": "always"},
        {"loginHours": {"mondayStart": "eight", "mondayEnd": "1080"}},
        {"loginHours": {"mondayStart": "480"}},
    ],
)
def test_what_a_profile_says_in_no_known_shape_is_doubt(metadata: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        profile_attributes(metadata, mfa=False)


@pytest.mark.parametrize(
    "said",
    [
        {"loginIpRanges": ["0.0.0.0/0"]},
        {"loginIpRanges": ["not a network"]},
        {"loginHours": {"monday": {"from": "18:00", "until": "08:00"}}},
        {"loginHours": {"monday": {"from": "8", "until": "18:00"}}},
        {"mfa": "optional"},
        {"sessionLevel": "LOW"},
    ],
)
def test_a_condition_that_restricts_nothing_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Conditions.model_validate(said)


def test_what_cannot_be_read_is_said_and_not_compared() -> None:
    conditions = {"high": Conditions.model_validate({"sessionLevel": "HIGH_ASSURANCE"})}
    assert not conditions["high"].attributes
    (sentence,) = unread(conditions)
    assert "high" in sentence


ADDRESSES = st.integers(0, 2**16 - 1).map(lambda number: IPv4Address(0xC0000000 + number))


@given(st.lists(st.tuples(ADDRESSES, ADDRESSES).map(lambda pair: tuple(sorted(pair))), max_size=4), st.randoms())
def test_the_order_of_ranges_means_nothing(ranges: list[tuple[IPv4Address, IPv4Address]], dice: object) -> None:
    said = [(str(first), str(last)) for first, last in ranges]
    shuffled = list(said)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert networks(said) == networks(shuffled)
