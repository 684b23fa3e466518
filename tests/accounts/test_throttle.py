from datetime import UTC, datetime, timedelta

import pytest

from webmail.accounts.throttle import forget_failures, network_of, note_failure, wait_for

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def fail(times, address="mara@example.org", network="192.0.2.1", now=NOON):
    for _ in range(times):
        note_failure(address, network, now=now)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (19, 15)]
)
def test_the_wait_of_an_address_doubles_up_to_fifteen_minutes(failures, minutes):
    fail(failures)
    assert wait_for("mara@example.org", "198.51.100.9", now=NOON) == timedelta(minutes=minutes)


def test_another_address_of_another_network_does_not_wait():
    fail(12)
    assert wait_for("jonas@example.org", "198.51.100.9", now=NOON) == timedelta(0)


def test_twenty_failures_from_one_network_stop_it_for_every_address():
    for n in range(20):
        fail(1, address=f"guess{n}@example.org")
    assert wait_for("jonas@example.org", "192.0.2.1", now=NOON) == timedelta(minutes=15)


def test_a_wait_ends_by_itself():
    fail(5)
    assert wait_for("mara@example.org", "192.0.2.1", now=NOON + timedelta(minutes=1)) == timedelta(
        0
    )


def test_a_good_sign_in_clears_the_count_of_its_address():
    fail(8)
    forget_failures("mara@example.org")
    assert wait_for("mara@example.org", "198.51.100.9", now=NOON) == timedelta(0)


@pytest.mark.parametrize(
    ("remote", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix:", "unknown"),
    ],
)
def test_a_network_is_what_one_household_has(remote, network):
    assert network_of(remote) == network
