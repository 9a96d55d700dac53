"""Dicts are written as JSON in C++: compared with json.dumps."""

import collections
import datetime
import decimal
import enum
import json
import math
import random
import uuid

import pytest

import crm
from conftest import member, run_python


def stored(tenant, payload, number=[0]):
    """What a payload has become."""
    number[0] += 1
    tenant.append(member(number[0], payload=payload))
    with tenant.replay(backward=True) as cursor:
        return next(cursor).payload_json


def dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Colour(str, enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    TWO = 2


class Index:
    def __index__(self):
        return 7


@pytest.mark.parametrize("value", [
    {}, {"a": []}, {"a": {}}, {"a": None, "b": True, "c": False},
    {"a": 0, "b": -1, "c": 2 ** 63 - 1, "d": -2 ** 63, "e": 2 ** 64},
    {"a": 10 ** 300}, {"a": 0.1, "b": 1e16, "c": -0.0, "d": 5e-324, "e": 1.0},
    {"a": "", "b": "\"\\/\b\f\n\r\t", "c": "".join(map(chr, range(1, 32)))},
    {"\u00fc\u4e2d\U0001f600": "\u00fc\u4e2d\U0001f600\u2028\x7f"},
    {"a": (1, 2, [3, (4,)])}, collections.OrderedDict(b=1, a=2),
], ids=lambda value: ascii(value)[:40])
def test_as_json_dumps(tenant, value):
    got = stored(tenant, value)
    assert json.loads(got) == json.loads(dumps(value))
    # Control characters may be written in more ways than one.
    if "\\" not in dumps(value):
        assert got == dumps(value)


def test_numbers_keep_all_their_digits(tenant):
    value = {"a": decimal.Decimal("0.10"), "b": decimal.Decimal("1E+400"),
             "c": decimal.Decimal("-12345678901234567890.000000001")}
    assert stored(tenant, value) == (
        '{"a":0.10,"b":1E+400,"c":-12345678901234567890.000000001}')


def test_types_of_the_standard_library(tenant):
    some_id = uuid.uuid4()
    value = {"u": some_id, "d": datetime.date(2026, 1, 2), "e": Colour.RED,
             "n": Number.TWO, "i": Index()}
    assert json.loads(stored(tenant, value)) == {
        "u": str(some_id), "d": "2026-01-02", "e": "red", "n": 2, "i": 7}


@pytest.mark.parametrize("value", [
    math.nan, math.inf, -math.inf, decimal.Decimal("nan"),
    decimal.Decimal("-Infinity"), object(), {1, 2}, b"bytes", 1j,
    {1: 2}, {None: 2}, {("a",): 2}, "\ud800", {"\udfff": 1},
    datetime.time(1), range(3)], ids=ascii)
def test_what_json_cannot_hold(tenant, value):
    with pytest.raises(crm.InputError):
        tenant.append(member(1, payload={"a": value}))
    assert tenant.snapshot().stats().events == 0


def test_too_deep_and_endless(tenant):
    endless = {}
    endless["self"] = endless
    with pytest.raises(crm.InputError, match="levels") as caught:
        tenant.append(member(1, payload=endless))
    assert caught.value.code is crm.StatusCode.TOO_LARGE
    deep = value = {}
    for _ in range(crm.MAX_JSON_DEPTH - 2):
        value["d"] = value = {}
    assert json.loads(stored(tenant, deep)) == deep
    value["d"] = {}
    with pytest.raises(crm.InputError):
        tenant.append(member(2, payload=deep))


def test_huge_int(tenant):
    with pytest.raises(crm.InputError, match="digits"):
        tenant.append(member(1, payload={"n": 10 ** 5000}))


def test_exceptions_of_index_pass_through(tenant):
    class Broken:
        def __index__(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tenant.append(member(1, payload={"n": Broken()}))


def test_a_dict_that_changes_while_it_is_written(tenant):
    class Changing(datetime.tzinfo):
        def utcoffset(self, _):
            payload.clear()
            payload.update({str(n): n for n in range(100)})
            return datetime.timedelta(0)

    payload = {"inner": {"at": datetime.datetime(2026, 1, 1,
                                                 tzinfo=Changing())}}
    with pytest.raises(crm.InputError, match="changed"):
        tenant.append(member(1, payload=payload))


def random_value(rng, depth=0):
    kind = rng.randrange(8 if depth < 4 else 6)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.randrange(-2 ** rng.randrange(80), 2 ** rng.randrange(80))
    if kind == 2:
        return rng.uniform(-1, 1) * 10 ** rng.randrange(-300, 300)
    if kind < 6:
        return "".join(chr(rng.choice([rng.randrange(1, 0xd800),
                                       rng.randrange(1, 128),
                                       rng.randrange(0xe000, 0x110000)]))
                       for _ in range(rng.randrange(12)))
    if kind == 6:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(5))]
    return {f"k{n}\u00e9": random_value(rng, depth + 1)
            for n in range(rng.randrange(5))}


def test_random_values_come_back(tenant):
    rng = random.Random(1815)
    values = [{"v": random_value(rng)} for _ in range(2000)]
    tenant.append_many(member(n, payload=v) for n, v in enumerate(values))
    got = [event.payload for event in tenant.replay()]
    assert got == [json.loads(json.dumps(v)) for v in values]


def test_first_uses_by_many_threads_do_not_wait_for_each_other_for_ever():
    done = run_python("""
import threading
import crm
tenant = crm.Store.open_in_memory().tenant("t")
tenant.append({"id": "a", "type": "t", "source": "s", "payload": {"n": 1}})
event, = tenant.replay()
start = threading.Barrier(8)

def read():
    start.wait()
    assert event.payload == {"n": 1}

threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
""", timeout=60)
    assert done.stdout == "done\n", done.stderr


def test_a_decimal_that_writes_itself_otherwise_is_a_number_still(tenant):
    class Money(decimal.Decimal):
        def __str__(self):
            return '5,"more":6'

    tenant.append(member(1, payload={"price": Money("1.50")}))
    event, = tenant.replay()
    assert event.payload_json == '{"price":1.50}'


def test_what_a_value_raises_passes_through(tenant):
    class Broken(uuid.UUID):
        def __str__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tenant.append(member(1, payload={"id": Broken(int=1)}))


def test_a_numpy_bool_is_no_number(tenant):
    numpy = pytest.importorskip("numpy")
    tenant.append(member(1, payload={"yes": numpy.bool_(True),
                                     "no": numpy.bool_(False),
                                     "n": numpy.int64(1)}))
    event, = tenant.replay()
    assert event.payload_json == '{"yes":true,"no":false,"n":1}'
