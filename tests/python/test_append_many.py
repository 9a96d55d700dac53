"""Tenant.append_many: sources, batches, progress, bad events."""

import gzip
import io
import json
import mmap

import pytest

import crm
from conftest import member
from test_append import as_event

COUNT = 1203
EVENTS = [member(n) for n in range(COUNT)]
NDJSON = "".join(json.dumps(e) + "\n" for e in EVENTS).encode()


def as_mmap(folder):
    path = folder / "events.ndjson"
    path.write_bytes(NDJSON)
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


SOURCES = {
    "list of dicts": lambda _: EVENTS,
    "generator": lambda _: (e for e in EVENTS),
    "list of bytes": lambda _: NDJSON.splitlines(),
    "list of str": lambda _: NDJSON.decode().splitlines(keepends=True),
    "events": lambda _: [as_event(n % 60) for n in range(COUNT)],
    "bytes": lambda _: NDJSON,
    "no end of line": lambda _: NDJSON[:-1],
    "crlf": lambda _: NDJSON.replace(b"\n", b"\r\n"),
    "blank lines": lambda _: b"\n \n" + NDJSON.replace(b"\n", b"\n\n"),
    "byte order mark": lambda _: b"\xef\xbb\xbf" + NDJSON,
    "str": lambda _: NDJSON.decode(),
    "bytearray": lambda _: bytearray(NDJSON),
    "memoryview": lambda _: memoryview(NDJSON),
    "mmap": as_mmap,
    "binary file": lambda _: io.BytesIO(NDJSON),
    "text file": lambda _: io.StringIO(NDJSON.decode()),
    "gzip": lambda _: gzip.open(io.BytesIO(gzip.compress(NDJSON))),
    "file with a mark": lambda _: io.BytesIO(b"\xef\xbb\xbf" + NDJSON),
}


@pytest.mark.parametrize("name", SOURCES)
def test_sources(tenant, folder, name):
    summary = tenant.append_many(SOURCES[name](folder), batch_size=100)
    assert summary.events == COUNT
    assert summary.batches == 13
    assert summary.appended + summary.duplicates == COUNT
    if name != "events":
        assert summary.appended == COUNT
        assert [e.id for e in tenant.replay()] == [e["id"] for e in EVENTS]
    assert summary.position == tenant.snapshot().position
    assert tenant.append_many(SOURCES[name](folder)).duplicates == COUNT


def test_small_reads_of_a_file(tenant):
    class Dripping(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 7))

    part = NDJSON[:NDJSON.index(b"\n", 20_000)]
    summary = tenant.append_many(Dripping(part))
    assert summary.appended == part.count(b"\n") + 1


def test_mixed_events(tenant):
    mixed = [member(1), as_event(2), json.dumps(member(3)), as_event(4)]
    summary = tenant.append_many(mixed)
    assert (summary.appended, summary.batches) == (4, 4)


def test_nothing(tenant):
    for nothing in ([], b"", "", io.BytesIO(), b"\n\n", iter(())):
        assert tenant.append_many(nothing) == tenant.append_many([])


@pytest.mark.parametrize("wrong", [5, None, member(1), as_event(1), [5]])
def test_wrong_sources(tenant, wrong):
    with pytest.raises(TypeError):
        tenant.append_many(wrong)


@pytest.mark.parametrize("size", [0, 10_001, -1])
def test_wrong_batch_size(tenant, size):
    with pytest.raises((crm.InputError, TypeError)):
        tenant.append_many(EVENTS, batch_size=size)


def test_a_bad_event_stops_and_says_where(tenant):
    with pytest.raises(crm.InputError) as caught:
        tenant.append_many(EVENTS[:25] + [{"id": "x"}], batch_size=10)
    assert "batch from event 20 on: event 5: " in str(caught.value)
    assert tenant.snapshot().stats().events == 20
    with pytest.raises(crm.InputError, match="event 3: "):
        tenant.append_many(EVENTS[:3] + [{"id": float("nan")}])


def test_partial(tenant):
    source = [member(0), {"id": "x"}, {"id": {1}}, member(1), "{", member(2)]
    summary = tenant.append_many(source, partial=True, batch_size=2)
    assert (summary.events, summary.appended, summary.rejected) == (6, 3, 3)
    codes = {r.index: r.code.name for r in summary.rejected_events}
    assert codes == {1: "INVALID_ARGUMENT", 2: "INVALID_ARGUMENT",
                     4: "MALFORMED"}
    assert all(r.message for r in summary.rejected_events)
    again = tenant.append_many(source, partial=True, max_rejected=1)
    assert (again.duplicates, len(again.rejected_events)) == (3, 1)


def test_progress_and_batches(tenant):
    seen, batches = [], []
    tenant.append_many(
        EVENTS, batch_size=500,
        progress=lambda done, total: seen.append((done, total)),
        on_batch=lambda first, result: batches.append(
            (first, len(result.events), result.appended)))
    assert seen == [(500, COUNT), (1000, COUNT), (COUNT, COUNT)]
    assert batches == [(0, 500, 500), (500, 500, 500), (1000, 203, 203)]
    seen.clear()
    tenant.append_many(iter(EVENTS), progress=lambda *at: seen.append(at))
    assert seen[-1] == (COUNT, 0)


def test_cancelled_by_progress(tenant):
    with pytest.raises(crm.RetryableError, match="200 events") as caught:
        tenant.append_many(EVENTS, batch_size=100,
                           progress=lambda done, _: done < 200)
    assert caught.value.code is crm.StatusCode.CANCELLED
    assert tenant.snapshot().stats().events == 200


def test_exceptions_pass_through(tenant):
    def source():
        yield from EVENTS[:15]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tenant.append_many(source(), batch_size=10)
    assert tenant.snapshot().stats().events == 10
    for name in ("progress", "on_batch"):
        with pytest.raises(ZeroDivisionError):
            tenant.append_many(EVENTS, **{name: lambda *_: 1 / 0})

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        tenant.append_many(Broken())


def test_dry_run_and_options(tenant):
    run = crm.DryRun()
    summary = tenant.append_many(EVENTS + EVENTS[:7], dry_run=run)
    assert (summary.appended, summary.duplicates) == (COUNT, 7)
    assert tenant.snapshot().stats().events == 0
    tenant.append_many(
        [member(n, tenantId="other") for n in range(3)], ignore_tenant=True,
        backfill=True, durability="os")
    assert all(e.backfill for e in tenant.replay())


def test_a_file_that_is_no_ndjson(tenant):
    with pytest.raises(crm.InputError, match="a line of over"):
        tenant.append_many(io.BytesIO(b" " * (6 << 20)))


def test_large_events_make_small_batches(tenant):
    big = "x" * 200_000
    summary = tenant.append_many(
        member(n, payload={"text": big}) for n in range(100))
    assert summary.appended == 100
    assert 2 <= summary.batches <= 5


def test_an_event_that_cannot_be_written_says_what_was_not_appended(store):
    tenant = store.tenant("t")
    events = [member(n) for n in range(7)]
    events.append(member(7, payload={"n": float("nan")}))
    with pytest.raises(crm.InputError, match="event 7: .*from event 6 on"):
        tenant.append_many(iter(events), batch_size=3)
    assert store.stats().events == 6
