"""A person's own data: exported, checked, and erased after that."""

import datetime
import hashlib
import io
import json

import pytest

import crm
from conftest import member

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def lines_of(path):
    with open(path, encoding="utf-8") as text:
        return [json.loads(line) for line in text]


def test_export_and_check(tenant, tmp_path):
    ada = tenant.append(member(1)).events[0].customer
    tenant.append(member(2))
    path = tmp_path / "ada.ndjson"
    report = tenant.export_person(ada, path, at=NOW)
    assert report.customer == ada and report.events == 1
    assert report.mode is crm.PersonExportMode.ACCESS
    assert report.at == NOW and report.left_out == report.redacted == 0
    lines = lines_of(path)
    assert [part.name for part in report.parts] == list(
        dict.fromkeys(line["part"] for line in lines))[:-1]
    body = b"".join(path.read_bytes().splitlines(keepends=True)[:-1])
    assert report.sha256 == hashlib.sha256(body).hexdigest()
    assert report.bytes == len(body) and report.lines == len(lines) - 1
    assert crm.check_person_export(path) == report
    path.write_bytes(path.read_bytes().replace(b'"events":1', b'"events":2'))
    with pytest.raises(crm.InputError):
        crm.check_person_export(path)
    with pytest.raises(crm.NotFoundError):
        crm.check_person_export(tmp_path / "none")


def test_pieces_and_portability(tenant):
    ada = tenant.append(member(1)).events[0].customer
    event_type = next(iter(tenant.replay())).type
    out = io.BytesIO()
    report = tenant.export_person(ada, out, at=NOW, mode="portability",
                                  leave_out=[event_type], redact=["x"])
    assert report.left_out == 1 and report.events == 0
    assert out.getvalue().count(b"\n") == report.lines + 1
    with pytest.raises(crm.InputError):
        tenant.export_person(ada, out, at=NOW, leave_out=["t"])
    with pytest.raises(TypeError):
        tenant.export_person(ada, out)
    with pytest.raises(TypeError):
        tenant.export_person(ada, 7, at=NOW)

    def stop(done, total):
        return False

    with pytest.raises(crm.RetryableError):
        tenant.export_person(ada, out, at=NOW, progress=stop)

    class Full:
        def write(self, piece):
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        tenant.export_person(ada, Full(), at=NOW)


def test_erase_behind_the_export(tenant, tmp_path):
    ada = tenant.append(member(1)).events[0].customer
    with pytest.raises(crm.FatalError):
        tenant.export_and_erase(ada, tmp_path / "no" / "folder", at=NOW)
    assert tenant.profile(ada).events == 1
    exported, erasure = tenant.export_and_erase(
        ada, tmp_path / "ada", at=NOW, by="desk", why="gdpr-request")
    assert exported.events == erasure.events == 1
    assert erasure.complete and erasure.why == "gdpr-request"
    assert crm.check_person_export(tmp_path / "ada").events == 1
    with pytest.raises(crm.ConsentError):
        tenant.export_person(ada, tmp_path / "again", at=NOW)
    assert not (tmp_path / "again").exists()
