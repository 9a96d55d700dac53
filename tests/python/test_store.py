"""Store: opening, upkeep, verify, closing."""

import datetime
import pathlib

import pytest

import crm
from conftest import member


def test_open_options(folder):
    path = folder / "store"
    with pytest.raises(crm.NotFoundError):
        crm.Store.open(path)
    with crm.Store.open(str(path), create_if_missing=True,
                        durability=crm.Durability.OS, background_threads=0,
                        checkpoint_bytes=1 << 20, checkpoint_records=1000,
                        resident_bytes=16 << 20, block_cache_bytes=8 << 20,
                        default_region="ZA") as store:
        assert store.key_file == str(path) + ".key"
        store.tenant("t").append(member(1))
    with pytest.raises(crm.ConflictError):
        crm.Store.open(path, create_if_missing=True, error_if_exists=True)
    with pytest.raises(crm.InputError):
        crm.Store.open(path, default_region="GB")
    for bad in ({"background_threads": 5}, {"checkpoint_bytes": 1},
                {"durability": "fast"}, {"seal": False}):
        with pytest.raises(crm.InputError):
            crm.Store.open(path, **bad)
    with pytest.raises(TypeError):
        crm.Store.open(path, True)
    with pytest.raises(TypeError):
        crm.Store()


def test_a_store_has_one_owner(folder):
    with crm.Store.open(folder / "s", create_if_missing=True):
        with pytest.raises(crm.RetryableError) as caught:
            crm.Store.open(folder / "s")
        assert caught.value.code is crm.StatusCode.BUSY
    crm.Store.open(folder / "s").close()


def test_key_file(folder):
    with crm.Store.open(folder / "s", create_if_missing=True,
                        key_file=folder / "elsewhere") as store:
        assert pathlib.Path(store.key_file) == folder / "elsewhere"
    crm.Store.open(folder / "s", key_file=folder / "elsewhere").close()


def test_what_was_appended_is_there_again(folder):
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        store.tenant("t").append_many(member(n) for n in range(100))
        before = list(store.tenant("t").replay())
    with crm.Store.open(folder / "s") as store:
        assert list(store.tenant("t").replay()) == before
        assert store.stats().events == 100


def test_stats(store, tenant):
    tenant.append([member(1), member(2), {"id": "a", "type": "t",
                                          "source": "s"}])
    stats = store.stats()
    assert (stats.events, stats.customers, stats.unattributed) == (3, 2, 1)
    assert stats.head == stats.events + stats.derived
    assert [t.tenant for t in stats.tenants] == ["golf-club"]
    assert stats.tenants[0].records == 2
    assert stats.memory_bytes > 0 and stats.prepare_ns > 0


def test_verify(store, tenant):
    tenant.append_many(member(n) for n in range(200))
    calls = []
    report = store.verify(progress=lambda done, total: calls.append(done))
    assert report.sound and report.findings == ()
    assert report.log_records >= 200 and report.view_rows > 0
    assert calls == sorted(calls) and calls
    with pytest.raises(crm.RetryableError):
        store.verify(progress=lambda done, total: False)
    with pytest.raises(ZeroDivisionError):
        store.verify(progress=lambda done, total: 1 / 0)
    assert store.verify().sound


def test_upkeep():
    with crm.Store.open_in_memory(background_threads=0) as store:
        store.tenant("t").append_many(member(n) for n in range(50))
        store.sync()
        for budget in (0.01, 1, datetime.timedelta(milliseconds=5)):
            assert store.maintain(budget) in (True, False)
        store.flush()
        assert store.stats().checkpoint == store.stats().head
        with pytest.raises(crm.InputError):
            store.maintain(-1)


def test_checkpoint(folder):
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        store.tenant("t").append(member(1))
        store.checkpoint(folder / "copy")
        with pytest.raises(crm.ConflictError):
            store.checkpoint(folder / "copy")
        with crm.Store.open(folder / "copy",
                            key_file=store.key_file) as copy:
            assert copy.stats().events == 1
    with crm.Store.open_in_memory() as store:
        with pytest.raises(crm.InputError):
            store.checkpoint(folder / "other")


def test_close(folder):
    store = crm.Store.open(folder / "s", create_if_missing=True)
    tenant = store.tenant("t")
    tenant.append_many(member(n) for n in range(500))
    cursor, snapshot = tenant.replay(), tenant.snapshot()
    inner = snapshot.replay()
    next(cursor), next(inner)
    assert not store.closed
    store.close()
    store.close()
    assert store.closed
    for call in (
            store.stats, store.sync, store.flush, store.verify,
            lambda: store.maintain(0), lambda: store.tenant("t"),
            store.tenant_names, store.__enter__,
            lambda: store.checkpoint(folder / "c"),
            lambda: tenant.append(member(1)),
            lambda: tenant.append_many([member(1)]),
            lambda: tenant.import_file("f"), tenant.replay, tenant.snapshot,
            lambda: tenant.offset("o"), lambda: tenant.profile(1),
            lambda: tenant.wait_for_events(0, 0), lambda: next(cursor),
            lambda: next(inner), lambda: snapshot.position,
            lambda: snapshot.profile(1)):
        with pytest.raises(crm.InputError, match="closed") as caught:
            call()
        assert caught.value.code is crm.StatusCode.FAILED_PRECONDITION
    cursor.close()
    snapshot.close()
    assert tenant.name == "t"
    crm.Store.open(folder / "s").close()


def test_with_closes_also_after_an_exception(folder):
    with pytest.raises(ZeroDivisionError):
        with crm.Store.open(folder / "s", create_if_missing=True) as store:
            cursor = store.tenant("t").replay()
            1 / 0
    assert store.closed
    with pytest.raises(crm.InputError):
        next(cursor)


def test_closed_cursor(tenant):
    tenant.append(member(1))
    with tenant.replay() as cursor:
        assert iter(cursor) is cursor
    cursor.close()
    with pytest.raises(crm.InputError, match="cursor is closed"):
        next(cursor)
