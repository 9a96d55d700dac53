"""Datetimes. Run under several TZ: local time must not matter."""

import datetime
import time

import pytest

import crm
from conftest import UTC, at, member

try:
    import zoneinfo
    NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
except Exception:  # No zone database.
    NEW_YORK = None

ZONES = ["UTC", "America/New_York", "Asia/Kolkata"]
INSTANTS = [
    at(1900, 1, 1), at(1969, 12, 31, 23, 59, 59, 999999), at(1970, 1, 1),
    at(1969, 7, 20, 20, 17, 40), at(2000, 2, 29, 12), at(1900, 3, 1),
    at(2026, 3, 8, 6, 59, 59), at(2026, 3, 8, 7), at(2026, 11, 1, 5, 30),
    at(2026, 11, 1, 6, 30), at(2038, 1, 19, 3, 14, 8), at(2100, 2, 28, 23),
    at(2100, 3, 1), at(2199, 12, 31, 23, 59, 59, 999999),
]


@pytest.fixture(params=["as it is"] + ZONES)
def zone(request, monkeypatch):
    if request.param != "as it is":
        monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def round_trip(tenant, instant):
    event = crm.Event(id="e", type="t", source="s", occurred_at=instant)
    tenant.append(event)
    with tenant.replay() as cursor:
        return next(cursor).occurred_at


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_instants_come_back(zone, tenant, instant):
    event = crm.Event(id="e", type="t", source="s", occurred_at=instant)
    assert event.occurred_at == instant
    assert event.occurred_at.tzinfo is UTC
    assert round_trip(tenant, instant) == instant


def test_every_day_of_four_centuries_of_leap_years(zone):
    day = at(1900, 1, 1)
    while day.year < 2199:
        made = crm.Event(id="e", type="t", source="s", occurred_at=day)
        assert made.occurred_at == day
        day += datetime.timedelta(days=29, hours=13, microseconds=77_777)


@pytest.mark.parametrize("offset", [-12, -5, 0, 5.5, 14])
def test_other_zones_are_converted(zone, tenant, offset):
    there = datetime.timezone(datetime.timedelta(hours=offset))
    instant = datetime.datetime(2026, 7, 1, 12, tzinfo=there)
    assert round_trip(tenant, instant) == instant


@pytest.mark.skipif(NEW_YORK is None, reason="no zone database")
@pytest.mark.parametrize("parts,fold,hour", [
    ((2026, 3, 8, 1, 59), 0, 6), ((2026, 3, 8, 3, 0), 0, 7),
    # In the gap: fold says by which offset.
    ((2026, 3, 8, 2, 30), 0, 7), ((2026, 3, 8, 2, 30), 1, 6),
    # Twice.
    ((2026, 11, 1, 1, 30), 0, 5), ((2026, 11, 1, 1, 30), 1, 6),
])
def test_daylight_saving(zone, tenant, parts, fold, hour):
    local = datetime.datetime(*parts, tzinfo=NEW_YORK, fold=fold)
    got = round_trip(tenant, local)
    assert (got.hour, got.minute) == (hour, parts[-1])
    assert got == local.astimezone(UTC)


@pytest.mark.parametrize("naive", [
    datetime.datetime(2026, 1, 1), datetime.datetime.min,
    datetime.datetime.max])
def test_naive_is_refused(zone, tenant, naive):
    with pytest.raises(crm.InputError, match="time zone"):
        crm.Event(id="e", type="t", source="s", occurred_at=naive)
    with pytest.raises(crm.InputError, match="time zone"):
        tenant.replay(since=naive)
    with pytest.raises(crm.InputError, match="time zone"):
        tenant.append(member(1, payload={"when": naive}))


@pytest.mark.parametrize("outside", [
    at(1, 1, 1), at(1899, 12, 31, 23, 59, 59, 999999), at(2200, 1, 1),
    at(9999, 12, 31, 23, 59, 59, 999999),
    datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(
        datetime.timedelta(hours=14))),
    datetime.datetime(9999, 12, 31, 23, tzinfo=datetime.timezone(
        datetime.timedelta(hours=-12)))], ids=str)
def test_out_of_range_is_refused(zone, tenant, outside):
    with pytest.raises(crm.InputError, match="out of range"):
        crm.Event(id="e", type="t", source="s", occurred_at=outside)
    with pytest.raises(crm.InputError, match="out of range"):
        tenant.timeline(1, until=outside)


@pytest.mark.parametrize("other", [
    datetime.date(2026, 1, 1), "2026-01-01T00:00:00Z", 1767225600, 1.5])
def test_other_types_are_refused(tenant, other):
    with pytest.raises(TypeError):
        tenant.replay(since=other)


def test_datetimes_in_dicts(zone, tenant):
    instant = at(2026, 5, 5, 5, 5, 5, 55555)
    tenant.append(member(1, timestamp=instant, payload={"when": instant}))
    with tenant.replay() as cursor:
        event = next(cursor)
    assert event.occurred_at == instant
    assert event.payload == {"when": "2026-05-05T05:05:05.055555Z"}


def test_ranges_are_half_open(zone, tenant):
    tenant.append_many(member(n) for n in range(10))
    begin = at(2026, 1, 1, 0, 3)
    got = [e.payload["n"] for e in tenant.replay(
        since=begin, until=begin + datetime.timedelta(minutes=4))]
    assert got == [3, 4, 5, 6]


def test_a_bad_tzinfo_passes_its_exception():
    class Broken(datetime.tzinfo):
        def utcoffset(self, _):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crm.Event(id="e", type="t", source="s",
                  occurred_at=datetime.datetime(2026, 1, 1, tzinfo=Broken()))


@pytest.mark.parametrize("timeout", [0, 0.0, datetime.timedelta(0)])
def test_durations(tenant, timeout):
    head = tenant.append(member(1)).position
    assert tenant.wait_for_events(head, timeout) == head
    for bad in (-1, datetime.timedelta(-1), float("nan")):
        with pytest.raises(crm.InputError):
            tenant.wait_for_events(0, bad)
    with pytest.raises(TypeError):
        tenant.wait_for_events(0, "1")


@pytest.mark.parametrize("offset,error", [
    (5, TypeError), ("abc", TypeError), (10 ** 30, TypeError),
    (datetime.timedelta(days=400), crm.InputError),
    (datetime.timedelta.max, crm.InputError),
    (datetime.timedelta.min, crm.InputError), (None, crm.InputError)])
def test_an_offset_that_is_none_is_not_read_as_one(tenant, offset, error):
    class Odd(datetime.datetime):
        def utcoffset(self):
            return offset

    with pytest.raises(error):
        tenant.replay(since=Odd(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(error):
        tenant.append(member(1, payload={"at": Odd(2026, 1, 1, tzinfo=UTC)}))


def test_offsets_of_microseconds():
    there = datetime.timezone(datetime.timedelta(hours=-23, microseconds=7))
    instant = datetime.datetime(2026, 1, 1, tzinfo=there)
    assert crm.Event(id="e", type="t", source="s",
                     occurred_at=instant).occurred_at == instant


def test_a_missing_time_of_pandas_is_an_input_error(tenant):
    pandas = pytest.importorskip("pandas")
    with pytest.raises(crm.InputError, match="NaT"):
        tenant.replay(since=pandas.NaT)
    summary = tenant.append_many(
        [member(1), member(2, timestamp=pandas.NaT)], partial=True)
    assert (summary.appended, summary.rejected) == (1, 1)


def test_the_longest_timeout_is_not_negative(tenant):
    tenant.append(member(1))
    assert tenant.wait_for_events(0, datetime.timedelta.max) > 0
    with pytest.raises(crm.InputError, match="negative"):
        tenant.wait_for_events(0, datetime.timedelta.min)
    with pytest.raises(crm.InputError, match="range"):
        tenant.wait_for_events(0, 10 ** 400)
