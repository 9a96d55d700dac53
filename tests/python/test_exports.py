"""Exports, the way back, and reconciling."""

import io
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
        assert len(report.tenants[0].checksums) == 9
        back = other.import_store(path)
        assert back.identical and back.events == 21
        assert back.differences == ()
        assert other.checksums().tenants == report.tenants
        assert len(store.checksums(views=False).tenants[0].checksums) == 3
        with pytest.raises(crm.InputError, match="has events"):
            other.import_store(path)


class Slow:
    """Takes a little at a time, as a raw file may."""

    def __init__(self):
        self.taken = b""

    def write(self, text):
        self.taken += bytes(text[:1000])
        return min(len(text), 1000)


def test_a_store_goes_to_whoever_takes_it(tmp_path):
    path = tmp_path / "store.ndjson"
    with crm.Store.open_in_memory() as store:
        fill(store)
        report = store.export(path)
        memory, slow = io.BytesIO(), Slow()
        assert store.export(memory) == report
        assert memory.getvalue() == path.read_bytes()
        store.export(slow)
        assert slow.taken == memory.getvalue()

        class Full:
            def write(self, text):
                raise OSError("no more")
        with pytest.raises(OSError, match="no more"):
            store.export(Full())

        class Closes:
            def write(self, text):
                store.close()
        with pytest.raises(crm.InputError):
            store.export(Closes())
        with pytest.raises(TypeError):
            store.export(5)


def test_an_import_may_be_durable_event_by_event(tmp_path):
    path = tmp_path / "store.ndjson"
    with crm.Store.open_in_memory() as store, \
            crm.Store.open_in_memory() as other:
        fill(store)
        store.export(path)
        with pytest.raises(crm.InputError, match="Durability"):
            other.import_store(path, durability="never")
        assert other.import_store(path, durability="sync").identical


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
        assert {one.kind for one in report.differences} == {
            "missing", crm.ReconcileKind.EXTRA}
        assert [count.type for count in report.counts] == ["t", "u"]
        assert report.customers[0].customer == 1
        path.write_text("".join(text.splitlines(keepends=True)[:5]))
        assert club.reconcile(path, partial=True).same
        assert club.reconcile(path, max_listed=1).differences_total == 15
        with pytest.raises(crm.NotFoundError):
            club.reconcile(tmp_path / "none")


def test_reconcile_reads_as_an_import_does(tmp_path):
    path = tmp_path / "till.csv"
    path.write_bytes("who,what\nada@example.com,caf\u00e9\n,balls\n".encode(
        "utf-16"))
    till = crm.ImportMap.from_json({
        "format": "csv", "header": True, "event": {
            "type": "Bought", "source": "till", "identity": {
                "email": {"column": "who", "empty": "reject"}},
            "payload": {"what": {"column": "what"}}}})
    with crm.Store.open_in_memory() as store:
        club = store.tenant("golf-club")
        assert club.import_file(path, map=till,
                                encoding="utf-16").appended == 1
        rejected = []
        report = club.reconcile(path, map=till, encoding="utf-16",
                                on_rejected=rejected.append)
        assert report.total.found == 1 and report.rejected == 1
        assert [row.line for row in rejected] == [3]

        def raises(row):
            raise LookupError("seen")
        with pytest.raises(LookupError, match="seen"):
            club.reconcile(path, map=till, encoding="utf-16",
                           on_rejected=raises)
        with pytest.raises(crm.InputError):
            club.reconcile(path, map=till)


def test_exports_of_events_as_they_were_appended(tmp_path):
    path = tmp_path / "out.csv"
    with crm.Store.open_in_memory() as store:
        club = fill(store)
        club.register_upcaster({
            "type": "t", "from": "1.0", "to": "2.0",
            "steps": [{"rename": "/n", "to": "/number"}]})
        names = dict(format="csv", types=["t"], first=1,
                     columns=["version", "/payload/n", "/payload/number"])
        club.export_events(path, **names)
        assert "2.0,,1" in path.read_text()
        club.export_events(path, as_appended=True, **names)
        assert "1.0,1," in path.read_text()
