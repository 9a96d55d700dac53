"""Tenant.import_file and ImportMap."""

import gzip
import json

import pytest

import crm
from conftest import SOURCE, member


@pytest.fixture
def ndjson(folder):
    path = folder / "events.ndjson"
    path.write_text("".join(json.dumps(member(n)) + "\n" for n in range(1000)))
    return path


def test_ndjson(tenant, ndjson):
    seen = []
    report = tenant.import_file(ndjson, progress=seen.append)
    assert (report.read, report.appended, report.rejected) == (1000, 1000, 0)
    assert report.customers_created == 1000
    assert report.rejected_rows == ()
    assert seen[-1].read == 1000
    assert seen[-1].bytes == seen[-1].total_bytes == ndjson.stat().st_size
    again = tenant.import_file(str(ndjson), threads=1)
    assert (again.appended, again.duplicates) == (0, 1000)
    assert all(e.backfill for e in tenant.replay())


def test_gzip_and_dry_run(tenant, ndjson, folder):
    path = folder / "events.ndjson.gz"
    path.write_bytes(gzip.compress(ndjson.read_bytes()))
    report = tenant.import_file(path, dry_run=True)
    assert report.appended == 1000
    assert tenant.snapshot().stats().events == 0
    assert tenant.import_file(path, durability="os").appended == 1000


def test_bad_rows(tenant, folder):
    path = folder / "bad.ndjson"
    path.write_text(json.dumps(member(1)) + "\n{broken\n"
                    + json.dumps(member(2)) + "\n{}\n")
    rows = []
    report = tenant.import_file(path, on_rejected=rows.append, max_rejected=1)
    assert (report.appended, report.rejected) == (2, 2)
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].code is crm.StatusCode.MALFORMED and rows[0].message
    assert report.rejected_rows == (rows[0],)
    with pytest.raises(crm.InputError):
        tenant.import_file(path, strict=True)


def test_cancel_and_exceptions(tenant, ndjson, folder):
    with pytest.raises(crm.RetryableError) as caught:
        tenant.import_file(ndjson, progress=lambda _: False)
    assert caught.value.code is crm.StatusCode.CANCELLED
    with pytest.raises(ZeroDivisionError):
        tenant.import_file(ndjson, progress=lambda _: 1 / 0)
    bad = folder / "bad.ndjson"
    bad.write_text("{broken\n")
    with pytest.raises(ZeroDivisionError):
        tenant.import_file(bad, on_rejected=lambda _: 1 / 0)
    # What was cut off goes on.
    report = tenant.import_file(ndjson)
    assert report.appended + report.duplicates == 1000


def test_errors(tenant, folder):
    with pytest.raises(crm.NotFoundError):
        tenant.import_file(folder / "nothing")
    path = folder / "a.ndjson"
    path.write_text("")
    for bad in ({"threads": 0}, {"durability": "fast"}):
        with pytest.raises(crm.InputError):
            tenant.import_file(path, **bad)
    with pytest.raises(TypeError):
        tenant.import_file(path, map={"not": "an ImportMap"})


def test_formats(tenant, folder):
    path = folder / "calls.ndjson.gz"
    call = {"messageId": "1", "type": "track", "event": "Order Completed",
            "userId": "u", "properties": {"total": 27.5}}
    path.write_bytes(gzip.compress(json.dumps({"batch": [call, {}]}).encode()))
    report = tenant.import_file(path, format=crm.ImportFormat.SEGMENT,
                                source="site")
    assert (report.appended, report.rejected) == (1, 1)
    [event] = tenant.replay()
    assert (event.type, event.payload) == ("OrderPlaced", {"total": 27.5})
    assert event.metadata == {"type": "track", "event": "Order Completed"}
    path = folder / "others.json"
    path.write_text(json.dumps([{"specversion": "1.0", "id": "1",
                                 "source": "/s", "type": "t"}]))
    assert tenant.import_file(path, format="cloudevents").appended == 1
    path.write_text(json.dumps({"event": "x", "distinct_id": "u"}))
    assert tenant.import_file(path, format="posthog",
                              source="app").appended == 1
    assert tenant.import_file(path, format="native").rejected == 1
    for bad in ({"format": "segment"}, {"format": "other"}, {"format": 1}):
        with pytest.raises(crm.InputError):
            tenant.import_file(path, **bad)


def test_maps(tenant, folder):
    text = (SOURCE / "examples/maps/cdnow.json").read_text()
    for made in (crm.ImportMap.from_file(SOURCE / "examples/maps/cdnow.json"),
                 crm.ImportMap.from_json(text),
                 crm.ImportMap.from_json(text.encode()),
                 crm.ImportMap.from_json(json.loads(text))):
        path = folder / "cdnow.txt"
        path.write_text("customer date number value\n"
                        " 00001 19970101  1   11.77\n"
                        " 00002 19970112  5   77.00\n")
        assert tenant.import_file(path, map=made, dry_run=True).appended == 2
    report = tenant.import_file(path, map=made)
    assert (report.appended, report.customers_created) == (2, 2)
    assert [e.occurred_at.year for e in tenant.replay()] == [1997, 1997]
    for bad in ("{", "{}", {"unknown": 1}):
        with pytest.raises(crm.InputError):
            crm.ImportMap.from_json(bad)
    with pytest.raises(crm.Error):
        crm.ImportMap.from_file(folder / "nothing")


def test_source_batch_and_tenant(tenant, folder):
    path = folder / "rows.ndjson"
    row = {"id": "1", "type": "t", "tenantId": "other", "payload": {"n": 1}}
    path.write_text(json.dumps(row) + "\n")
    assert tenant.import_file(path).rejected == 1
    made = {"source": "s", "ignore_tenant": True, "backfill": False}
    assert tenant.import_file(path, **made).appended == 1
    assert tenant.import_file(path, **made).duplicates == 1
    lines = folder / "lines.txt"
    lines.write_text("header\n 00001 19970101  1   11.77\n")
    made = {"map": crm.ImportMap.from_file(
        SOURCE / "examples/maps/cdnow.json")}
    # Equal rows are the same event, unless they are of another batch.
    assert tenant.import_file(lines, **made).appended == 1
    assert tenant.import_file(lines, **made).duplicates == 1
    assert tenant.import_file(lines, batch="b", **made).appended == 1


def test_presets(tenant, folder):
    presets = crm.ImportMap.presets()
    assert list(presets) == ["hubspot", "klaviyo", "mailchimp", "marketo"]
    assert all(presets.values())
    path = folder / "contacts.csv"
    path.write_text("Email,First Name,Unsubscribed from all email\n"
                    "ada@example.com,Ada,TRUE\n"
                    "nobody,,\n")
    preset = crm.ImportMap.preset("hubspot")
    report = tenant.import_file(path, map=preset)
    assert (report.read, report.appended, report.rejected) == (2, 2, 1)
    row = report.rejected_rows[0]
    assert row.reason is crm.RejectReason.INVALID_EMAIL
    assert (row.line, row.column) == (3, "Email")
    assert [e.type for e in tenant.replay()] == [
        "contact.imported", "ConsentRevoked"]
    # What it shows is a map, too.
    assert json.loads(preset.to_json())["contact"]["source"] == "hubspot"
    again = crm.ImportMap.from_json(preset.to_json())
    assert tenant.import_file(path, map=again).duplicates == 2
    with pytest.raises(crm.NotFoundError, match="hubspot"):
        crm.ImportMap.preset("rolodex")


@pytest.mark.parametrize("encoding, codec", [
    ("utf-8", "utf-8-sig"), (crm.TextEncoding.UTF_16, "utf-16"),
    ("utf-16le", "utf-16-le"), ("utf-16be", "utf-16-be"),
    ("windows-1252", "cp1252"), (crm.TextEncoding.MAC_ROMAN, "mac-roman")])
def test_encodings(tenant, folder, encoding, codec):
    path = folder / "names.csv"
    path.write_bytes("id,name\r1,Zo\u00eb \u20ac\r".encode(codec))
    names = crm.ImportMap.from_json(
        {"format": "csv", "event": {
            "type": "t", "source": "s", "id": {"column": "id"},
            "payload": {"name": {"column": "name"}}}})
    report = tenant.import_file(path, map=names, encoding=encoding)
    assert report.appended == 1
    event = next(iter(tenant.replay()))
    assert event.payload["name"] == "Zo\u00eb \u20ac"


def test_a_wrong_encoding(tenant, folder):
    path = folder / "names.csv"
    names = crm.ImportMap.from_json(
        {"format": "csv", "event": {
            "type": "t", "source": "s", "id": {"column": "id"}}})
    path.write_bytes("id\n1\n".encode("utf-16"))
    with pytest.raises(crm.InputError, match="utf-16"):
        tenant.import_file(path, map=names)
    with pytest.raises(crm.InputError, match="TextEncoding"):
        tenant.import_file(path, map=names, encoding="ebcdic")
    path.write_bytes(b"id\n\xe9\n2\n")
    row = tenant.import_file(path, map=names).rejected_rows[0]
    assert row.reason == "BAD_ENCODING"
    assert row.column == "id"


def test_canonical_event_type():
    assert crm.canonical_event_type("scl.member.created") == "CustomerCreated"
    assert crm.canonical_event_type("EmailSent") == "MessageSent"
    assert crm.canonical_event_type("order.placed") == "order.placed"
