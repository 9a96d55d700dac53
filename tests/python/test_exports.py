"""Exports, the way back, and reconciling."""

import json
import os
import stat

import pytest

import crm


def fill(store):
    club = store.tenant("golf-club")
    club.append([
        {"id": f"e{n}", "type": "t" if n % 2 else "u", "source": "s",
         "timestamp": f"2026-01-0{1 + n % 9}T00:00:00Z",
         "identity": {"authUserId": str(n % 4), "email": f"p{n % 4}@x.org"},
         "payload": {"n": n, "text": "=1,\"2\""}} for n in range(20)])
    club.append({"id": "nobody", "type": "t", "source": "other",
                 "payload": {}})
    return club


def test_a_store_goes_out_and_comes_back(tmp_path):
    path = tmp_path / "store.ndjson.gz"
    with crm.Store.open_in_memory() as store, \
            crm.Store.open_in_memory() as other:
        fill(store)
        seen = []
        report = store.export(path, progress=lambda *a: seen.append(a))
        assert report.events == 21 and report.erased == 0
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert seen[-1] == (21, 21)
        assert len(report.tenants[0].checksums) == 8
        back = other.import_store(path)
        assert back.identical and back.events == 21
        assert back.differences == ()
        assert other.checksums().tenants == report.tenants
        assert len(store.checksums(views=False).tenants[0].checksums) == 2
        with pytest.raises(crm.InputError, match="has events"):
            other.import_store(path)


def test_damage_and_cancel(tmp_path):
    path = tmp_path / "store.ndjson"
    with crm.Store.open_in_memory() as store, \
            crm.Store.open_in_memory() as other:
        fill(store)
        with pytest.raises(crm.RetryableError):
            store.export(path, progress=lambda *a: False)
        with pytest.raises(ZeroDivisionError):
            store.export(path, progress=lambda *a: 1 // 0)
        assert not path.exists()
        store.export(path)
        path.write_text(path.read_text().replace("p1@x.org", "p2@x.org", 1))
        with pytest.raises(crm.InputError, match="^line 4: .*nothing was"):
            other.import_store(path)
        assert other.stats().events == 0
        with pytest.raises(crm.NotFoundError):
            store.export(path, tenant="none")


def test_events_and_profiles(tmp_path):
    path = tmp_path / "out"
    with crm.Store.open_in_memory() as store:
        club = fill(store)
        report = club.export_events(path, format="segment")
        assert (report.written, report.left_out) == (20, 1)
        first = json.loads(path.read_text().splitlines()[0])
        assert first["messageId"] == "e0" and first["userId"] == "0"
        report = club.export_events(
            path, format=crm.ExportFormat.CSV, types=["u"], sources=["s"],
            columns=["id", "/payload/n", "/payload/text"], formula_safe=True)
        assert report.written == 10
        rows = path.read_bytes().decode().split("\r\n")
        assert rows[:2] == ["id,/payload/n,/payload/text",
                            "e0,0,\"'=1,\"\"2\"\"\""]
        assert club.export_profiles(
            path, columns=["customer", "trait:email"]) == 4
        assert path.read_text().splitlines()[1] == "1,p0@x.org"
        with pytest.raises(crm.InputError):
            club.export_events(path, format="csv", columns=["nonsense"])
        with pytest.raises(crm.InputError):
            club.export_events(path, format="xml")


def test_reconcile(tmp_path):
    path = tmp_path / "in.ndjson"
    with crm.Store.open_in_memory() as store:
        club = fill(store)
        club.export_events(path, sources=["s"])
        assert club.reconcile(path).same
        text = path.read_text()
        path.write_text(text.replace('"e0"', '"e99"', 1))
        report = club.reconcile(path)
        assert not report.same
        assert (report.total.missing, report.total.extra) == (1, 1)
        assert {one.kind for one in report.differences} == {"missing", "extra"}
        assert [count.type for count in report.counts] == ["t", "u"]
        assert report.customers[0].customer == 1
        path.write_text("".join(text.splitlines(keepends=True)[:5]))
        assert club.reconcile(path, partial=True).same
        assert club.reconcile(path, max_listed=1).differences_total == 15
        with pytest.raises(crm.NotFoundError):
            club.reconcile(tmp_path / "none")
