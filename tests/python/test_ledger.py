"""The ledger through Python."""

import json

import pytest

import crm

from conftest import SOURCE, member, run_python


def act(number, **more):
    return member(number, type="ConsentGranted",
                  payload={"purpose": "marketing", "channel": "email"}, **more)


@pytest.fixture
def ledger(tenant):
    for number in range(7):
        tenant.append(act(number))
        tenant.append(member(100 + number))
    return tenant


def test_records(ledger):
    head = ledger.ledger_head()
    assert head["size"] == 7
    records = ledger.ledger()
    assert [record["index"] for record in records] == list(range(7))
    assert records[0]["kind"] == "event"
    assert records[0]["type"] == "ConsentGranted"
    assert records[-1]["root"] == head["root"]
    assert ledger.ledger(first=5) == records[5:]
    assert ledger.ledger(first=1, limit=2) == records[1:3]
    assert ledger.ledger(record=records[3]["record"]) == [records[3]]
    with pytest.raises(crm.InputError):
        ledger.ledger(limit=0)


def test_proofs(ledger):
    key = ledger.ledger_key()
    old = ledger.ledger_checkpoint(size=3)
    note = ledger.ledger_checkpoint()
    assert crm.verify_checkpoint(note, key) == ledger.ledger_head()
    proof = ledger.prove_inclusion(source="scl", id="m-4")
    crm.verify_ledger_proof(proof)
    crm.verify_ledger_proof(json.dumps(proof), note=note, key=key)
    opening = ledger.open_ledger_record(source="scl", id="m-4")
    assert b'"purpose":"marketing"' in bytes.fromhex(opening["plain"])
    crm.verify_ledger_proof(proof, note=note, key=key, opening=opening)
    crm.verify_ledger_proof(ledger.prove_consistency(3), note=old, key=key)
    assert proof == ledger.prove_inclusion(
        position=proof["record"]["position"])
    smaller = ledger.prove_inclusion(source="scl", id="m-4", size=5)
    assert smaller["head"]["size"] == 5
    crm.verify_ledger_proof(smaller)


def test_what_is_refused(ledger):
    key = ledger.ledger_key()
    proof = ledger.prove_inclusion(source="scl", id="m-4")
    with pytest.raises(crm.FatalError) as refused:
        crm.verify_ledger_proof({**proof, "path": proof["path"][1:]})
    assert refused.value.code == crm.StatusCode.CORRUPTION
    opening = ledger.open_ledger_record(source="scl", id="m-3")
    with pytest.raises(crm.FatalError):
        crm.verify_ledger_proof(proof, opening=opening)
    with pytest.raises(crm.FatalError):
        crm.verify_ledger_proof(
            proof, note=ledger.ledger_checkpoint(size=3), key=key)
    with pytest.raises(crm.InputError):
        crm.verify_ledger_proof({"proof": "inclusion"})
    with pytest.raises(crm.InputError):
        crm.verify_checkpoint("nothing", key)
    with pytest.raises(crm.NotFoundError):
        ledger.prove_inclusion(source="scl", id="m-101")
    with pytest.raises(crm.InputError):
        ledger.prove_inclusion()
    with pytest.raises(crm.InputError):
        ledger.ledger_checkpoint(size=8)
    with pytest.raises(TypeError):
        crm.verify_ledger_proof(7)


def test_verify(ledger):
    seen = []
    report = ledger.verify_ledger(
        checkpoints=[ledger.ledger_checkpoint(size=3)], key=ledger.ledger_key(),
        open=True, progress=lambda done, total: seen.append((done, total)))
    assert report.sound and report.ledger_records == 7
    assert report.opened == 7 and report.erased == 0
    assert seen[-1][0] == seen[-1][1] == report.log_records
    with pytest.raises(crm.InputError):
        ledger.verify_ledger(checkpoints=["nothing"])
    with pytest.raises(crm.RetryableError):
        ledger.verify_ledger(progress=lambda done, total: False)
    with pytest.raises(ZeroDivisionError):
        ledger.verify_ledger(progress=lambda done, total: 1 / 0)


def test_export_is_checked_without_libcrm(ledger, folder):
    path = folder / "ledger.ndjson"
    old = ledger.ledger_checkpoint(size=3)
    (folder / "old.txt").write_text(old, encoding="utf-8")
    assert ledger.export_ledger(path) == ledger.ledger_head()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 9
    assert json.loads(lines[0])["tenant"] == "golf-club"
    program = SOURCE / "examples" / "ledger_verify.py"
    done = run_python(
        "import runpy, sys; sys.argv = sys.argv[1:];"
        "runpy.run_path(sys.argv[0], run_name='__main__')",
        program, "export", path, "--key", ledger.ledger_key(),
        "--checkpoint", folder / "old.txt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("7 records")
