"""The examples, and the Python block of README.md."""

import ast
import asyncio
import json
import re
import subprocess
import sys

import pytest

import crm
from conftest import BUILD, SOURCE, member


def run(*arguments, **more):
    done = subprocess.run([sys.executable, "-B", *map(str, arguments)],
                          capture_output=True, text=True, timeout=120,
                          check=False, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_quickstart():
    printed = run(SOURCE / "examples/quickstart.py")
    assert "firstName = Ada\n" in printed
    assert "teetime.booking.created {'course': 'Links', 'greenFee': 325.0}" \
        in printed


def test_consent():
    printed = run(SOURCE / "examples/consent.py").splitlines()
    assert printed == [
        "allow (consent)", "News for Ada", "deny (denied)",
        "allow (message-class)", "grant -> given", "withdraw -> withdrawn",
        "ISO/IEC TS 27560:2023"]


def test_erase():
    printed = run(SOURCE / "examples/erase.py")
    assert "complete: True\n" in printed
    assert "customer 1 was erased\n" in printed
    assert "refused: 1\n" in printed
    assert "erased: customer 1 of golf-club\n" in printed


def test_match_records():
    assert run(SOURCE / "examples/match_records.py").splitlines() == [
        "one person: club:1, A-4", "one person: club:2",
        "one person: club:3", "one person: A-5",
        "perhaps: club:2 and A-5",
        "  given_name: nickname", "  surname: exact", "  birth_date: exact",
        "  email: exact", "3 persons"]


def test_segment():
    printed = run(SOURCE / "examples/segment.py").splitlines()
    assert printed[1] == "2 of 4: (1, 2)"
    assert printed[2] == "lapsed: (4,)"
    assert printed[4].startswith("true     or")
    assert "[found 1100; event o-1 of" in printed[5]


def test_block_of_readme(folder):
    code = run(SOURCE / "tests/style/check_style.py", "--root", SOURCE,
               "--extract", "quickstart", "--language", "python")
    assert code == (SOURCE / "examples/quickstart.py").read_text()
    (folder / "main.py").write_text(code)
    assert run(folder / "main.py", cwd=folder) == run(
        SOURCE / "examples/quickstart.py")


def test_same_story_as_in_cpp():
    program = BUILD / "examples" / "crm_quickstart"
    if not program.exists():
        pytest.skip("the C++ example is not built")
    cpp = subprocess.run([program], capture_output=True, text=True,
                         check=True).stdout
    python = run(SOURCE / "examples/quickstart.py")

    def names(text):
        return [line.split(" ")[0] for line in text.splitlines()]

    assert names(cpp) == names(python)


def blocks_of_manual():
    text = (SOURCE / "bindings/python/README.md").read_text()
    return re.findall(r"```python\n(.*?)```", text, re.S)


def test_blocks_of_the_manual_are_python():
    assert len(blocks_of_manual()) >= 4
    for code in blocks_of_manual():
        compile(code, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_tour_of_the_manual(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "events.ndjson").write_text(
        "".join(json.dumps(member(n)) + "\n" for n in range(10, 19)))
    (folder / "orders.csv").write_text("who,day\n7,2026-01-02\n")
    (folder / "calls.ndjson").write_text(
        '{"type":"track","event":"Call","userId":"u"}\n')
    (folder / "orders.json").write_text(json.dumps({
        "format": "csv", "event": {
            "type": "OrderPlaced", "source": "shop",
            "occurred_at": {"column": "day", "format": "%Y-%m-%d"},
            "identity": {"customerId": {"column": "who"}}}}))
    (folder / "main.py").write_text(blocks_of_manual()[0])
    printed = run("main.py", cwd=folder)
    assert "appended=9" in printed and "scl.member.created" in printed


def test_following_the_log(tenant):
    names = {"asyncio": asyncio}
    [code] = [code for code in blocks_of_manual() if "def follow" in code]
    exec(compile(code, "README.md", "exec"), names)
    tenant.append_many(member(n) for n in range(5))

    async def main():
        seen = []
        async for event in names["follow"](tenant):
            seen.append(event.id)
            if len(seen) == 5:
                tenant.append(member(5))
            if len(seen) == 6:
                return seen

    assert asyncio.run(main()) == [f"m-{n}" for n in range(6)]


def test_pandas_reader(folder):
    pytest.importorskip("pandas")
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        store.tenant("default").append_many(member(n) for n in range(20))
        store.tenant("empty")
        key = store.key_file
    printed = run(SOURCE / "examples/pandas_reader.py", folder / "s")
    assert printed.startswith("20 events, 20 customers\n")
    assert "scl.member.created" in printed and "Person 3" in printed
    printed = run(SOURCE / "examples/pandas_reader.py", folder / "s", "empty",
                  "--key-file", key)
    assert printed.startswith("0 events, 0 customers\n")


def test_frames(tenant):
    pandas = pytest.importorskip("pandas")
    sys.path.insert(0, str(SOURCE / "examples"))
    try:
        import pandas_reader
    finally:
        sys.path.pop(0)
    tenant.append_many(member(n) for n in range(5))
    tenant.append({"id": "a", "type": "other", "source": "s"})
    events = pandas_reader.events_frame(tenant)
    assert list(events["payload.n"])[:5] == [0, 1, 2, 3, 4]
    assert str(events["occurred_at"].dt.tz) in ("UTC", "utc")
    assert pandas.isna(events["customer"].iloc[-1])
    assert len(pandas_reader.events_frame(tenant, ["other"])) == 1
    profiles = pandas_reader.profiles_frame(tenant)
    assert list(profiles["firstName"]) == [f"Person {n}" for n in range(5)]
    # Whoever was merged away is no row of her own, and hides nobody.
    tenant.merge(1, 3, force=True, by="test", why="a second account")
    profiles = pandas_reader.profiles_frame(tenant)
    assert sorted(profiles.index) == [1, 2, 4, 5]


def test_numpy_and_pandas_values_in_dicts(tenant):
    pandas = pytest.importorskip("pandas")
    numpy = pytest.importorskip("numpy")
    tenant.append(member(1, payload={
        "n": numpy.int64(7), "x": numpy.float64(0.5),
        "t": pandas.Timestamp("2026-01-01T00:00:00Z")}))
    [event] = tenant.replay()
    assert event.payload == {"n": 7, "x": 0.5,
                             "t": "2026-01-01T00:00:00.000000Z"}
