"""Events as columns, read through the capsule by ctypes alone; by pyarrow too,
where it is there."""

import ctypes
import datetime

import pytest

import crm

NUMBER, TEXT = "L", "u"


class Schema(ctypes.Structure):
    pass


class Array(ctypes.Structure):
    pass


class Stream(ctypes.Structure):
    pass


Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(Schema))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))),
    ("private_data", ctypes.c_void_p)]
Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64), ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))),
    ("private_data", ctypes.c_void_p)]
Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Schema))),
    ("get_next", ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Array))),
    ("get_last_error", ctypes.CFUNCTYPE(
        ctypes.c_char_p, ctypes.POINTER(Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Stream))),
    ("private_data", ctypes.c_void_p)]

pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
pointer_of.restype = ctypes.c_void_p
pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]


def stream_of(capsule):
    return Stream.from_address(pointer_of(capsule, b"arrow_array_stream"))


def cell(kind, array, row):
    if array.buffers[0]:
        bits = ctypes.cast(array.buffers[0], ctypes.POINTER(ctypes.c_uint8))
        if not bits[row // 8] >> row % 8 & 1:
            return None
    if kind == TEXT:
        places = ctypes.cast(array.buffers[1], ctypes.POINTER(ctypes.c_int32))
        return ctypes.string_at(array.buffers[2] + places[row],
                                places[row + 1] - places[row]).decode()
    return ctypes.cast(array.buffers[1], ctypes.POINTER(ctypes.c_int64))[row]


def rows_of(capsule):
    """Everything, as dicts; RuntimeError with the error of the stream."""
    stream = stream_of(capsule)
    schema = Schema()
    assert stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)) == 0
    columns = [(schema.children[i].contents.name.decode(),
                schema.children[i].contents.format.decode())
               for i in range(schema.n_children)]
    schema.release(ctypes.byref(schema))
    rows = []
    while True:
        batch = Array()
        if stream.get_next(ctypes.byref(stream), ctypes.byref(batch)) != 0:
            raise RuntimeError(
                stream.get_last_error(ctypes.byref(stream)).decode())
        if not batch.release:
            return rows
        for row in range(batch.length):
            rows.append({name: cell(kind, batch.children[i].contents, row)
                         for i, (name, kind) in enumerate(columns)})
        batch.release(ctypes.byref(batch))


@pytest.fixture(name="club")
def fixture_club():
    with crm.Store.open_in_memory() as store:
        club = store.tenant("club")
        club.append([
            {"id": "m-1", "type": "joined", "source": "scl",
             "timestamp": "2026-01-02T03:04:05.000006Z",
             "identity": {"email": "ada@example.com"},
             "payload": {"firstName": "Ada"}},
            {"id": "v-1", "type": "visit", "source": "web", "payload": {}}])
        yield club


def test_rows_are_what_the_cursor_gives(club):
    rows = rows_of(club.replay().__arrow_c_stream__())
    events = list(club.replay())
    assert [row["id"] for row in rows] == [event.id for event in events]
    assert rows[0]["payload"] == '{"firstName":"Ada"}'
    assert rows[0]["customer"] == 1
    assert rows[1]["customer"] is None
    assert rows[0]["correlation_id"] is None
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    for row, event in zip(rows, events):
        assert (start + datetime.timedelta(microseconds=row["occurred_at"])
                == event.occurred_at)


def test_duckdb_reads_a_cursor(club):
    duckdb = pytest.importorskip("duckdb", minversion="1.2")
    events = club.replay()
    answer = duckdb.sql("SELECT type, payload->>'firstName' FROM events")
    assert answer.fetchall() == [("joined", "Ada"), ("visit", None)]
    assert events is not None


def test_open_parts_have_no_payload(club):
    rows = rows_of(club.replay(open_parts_only=True).__arrow_c_stream__())
    assert [row["payload"] for row in rows] == [None, None]
    assert [row["type"] for row in rows] == ["joined", "visit"]


def test_a_cursor_is_read_one_way_only(club):
    cursor = club.replay()
    next(cursor)
    with pytest.raises(crm.InputError, match="read from already"):
        cursor.__arrow_c_stream__()
    cursor = club.replay()
    # Who only looks at the columns takes nothing.
    cursor.__arrow_c_stream__()
    assert len(rows_of(cursor.__arrow_c_stream__(None))) == 2
    with pytest.raises(crm.InputError, match="Arrow stream"):
        next(cursor)
    with pytest.raises(crm.InputError, match="read from already"):
        cursor.__arrow_c_stream__()


def test_closing_the_store_is_an_error_of_the_stream():
    store = crm.Store.open_in_memory()
    club = store.tenant("club")
    club.append({"id": "1", "type": "t", "source": "s", "payload": {}})
    capsule = club.replay().__arrow_c_stream__()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        rows_of(capsule)


def test_a_capsule_that_nobody_reads_lets_go(club):
    capsule = club.replay().__arrow_c_stream__()
    del capsule


def test_pyarrow_makes_a_table(club):
    pyarrow = pytest.importorskip("pyarrow", minversion="14")
    table = pyarrow.table(club.replay())
    assert table.num_rows == 2
    assert table.schema.field("occurred_at").type == pyarrow.timestamp(
        "us", "UTC")
    assert table["customer"].to_pylist() == [1, None]
    table.validate(full=True)


def test_columns_are_appended(club):
    with crm.Store.open_in_memory() as store:
        copy = store.tenant("copy")
        summary = copy.append_many(club.replay(), batch_size=1)
        assert (summary.appended, summary.batches) == (2, 2)
        again = copy.append_many(club.replay())
        assert (again.appended, again.duplicates) == (0, 2)
        assert [event.payload for event in copy.replay()] == [
            event.payload for event in club.replay()]


def test_columns_of_pyarrow_and_polars_are_appended(club):
    pyarrow = pytest.importorskip("pyarrow", minversion="14")
    columns = {"id": ["p-1", "p-2"], "type": ["visit", "visit"],
               "source": ["frame", "frame"],
               "occurred_at": pyarrow.array(
                   [1, None], pyarrow.timestamp("ms", "UTC")),
               "payload": ['{"page": "/"}', None]}
    assert club.append_many(pyarrow.table(columns)).appended == 2
    polars = pytest.importorskip("polars")
    frame = polars.from_arrow(pyarrow.table(columns))
    assert club.append_many(frame).duplicates == 2


def test_a_column_that_would_be_lost_is_an_error(club):
    pyarrow = pytest.importorskip("pyarrow", minversion="14")
    table = pyarrow.table({"id": ["1"], "type": ["t"], "source": ["s"],
                           "email": ["ada@example.com"]})
    with pytest.raises(crm.InputError, match="column email"):
        club.append_many(table)


def test_rows_that_are_none_are_rejected(club):
    rows = club.replay(open_parts_only=True)  # Their ids are null.
    with pytest.raises(crm.InputError, match="row 0, column id: is null"):
        club.append_many(rows)
    rows = club.replay(open_parts_only=True)
    summary = club.append_many(rows, partial=True)
    assert (summary.rejected, summary.appended) == (2, 0)
    assert summary.rejected_events[1].index == 1


def test_what_gives_no_stream_is_an_error(club):
    class Wrong:
        def __arrow_c_stream__(self, requested_schema=None):
            return 7

    with pytest.raises((TypeError, ValueError)):
        club.append_many(Wrong())
