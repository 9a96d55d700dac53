"""Exceptions: grouped by remedy, with their codes, without personal data."""

import io
import os
import pickle

import pytest

import crm
from conftest import member

BASES = {
    crm.InputError: ValueError, crm.NotFoundError: KeyError,
    crm.ConsentError: PermissionError, crm.ConflictError: crm.Error,
    crm.RetryableError: crm.Error, crm.FatalError: crm.Error,
    crm.CorruptionError: crm.FatalError,
    crm.FormatTooNewError: crm.FatalError,
}


def test_classes_have_the_bases_of_their_remedies():
    for error, base in BASES.items():
        assert issubclass(error, base)
        assert issubclass(error, crm.Error)
        assert error.__module__ == "crm"


def test_every_code_has_a_class_and_a_remedy():
    from crm._types import error_class
    wanted = {-1: crm.InputError, -2: crm.NotFoundError,
              -3: crm.ConflictError, -4: crm.ConsentError,
              -5: crm.RetryableError, -6: crm.FatalError}
    for code in crm.StatusCode:
        if code is crm.StatusCode.OK:
            assert code.remedy is crm.Remedy.NONE
            continue
        assert issubclass(error_class(code), wanted[-(-code // 100)])
    assert error_class(crm.StatusCode.CORRUPTION) is crm.CorruptionError
    assert error_class(crm.StatusCode.ROLLED_BACK) is crm.CorruptionError
    assert error_class(crm.StatusCode.FORMAT_TOO_NEW) is crm.FormatTooNewError


def test_the_codes_are_those_of_the_header():
    from conftest import SOURCE
    import re
    header = (SOURCE / "include/crm/status.h").read_text()
    found = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): int(number)
             for name, number in re.findall(r"\bk(\w+) = (-?\d+),", header)}
    assert found == {code.name: int(code) for code in crm.StatusCode}


def test_input_error(tenant):
    with pytest.raises(crm.InputError) as caught:
        tenant.append({"id": "x"})
    assert caught.value.code is crm.StatusCode.INVALID_ARGUMENT
    assert not caught.value.retryable
    assert "type" in str(caught.value)
    with pytest.raises(ValueError):
        tenant.append("{not json")


def test_not_found_error_shows_its_text_without_quotes(tenant):
    with pytest.raises(KeyError) as caught:
        tenant.customer(99)
    assert caught.value.code is crm.StatusCode.NOT_FOUND
    assert str(caught.value) == "no customer 99"


def test_conflict_error(tenant):
    tenant.append(member(1))
    with pytest.raises(crm.ConflictError) as caught:
        tenant.append(member(1, payload={"other": 1}))
    assert caught.value.code is crm.StatusCode.ID_CONFLICT


def test_retryable_error(tenant):
    with pytest.raises(crm.RetryableError) as caught:
        tenant.append_many([member(1)], progress=lambda done, total: False)
    assert caught.value.code is crm.StatusCode.CANCELLED
    assert caught.value.retryable


def test_fatal_error(folder):
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        key = store.key_file
    with pytest.raises(crm.FatalError) as caught:
        crm.Store.open(folder / "s", key_file=key + ".gone")
    assert caught.value.code is crm.StatusCode.KEY_MISSING


def test_corruption_error(folder):
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        store.tenant("t").append(member(1))
    (folder / "s" / "STORE").unlink()
    with pytest.raises(crm.CorruptionError):
        crm.Store.open(folder / "s")


def test_errors_can_be_pickled(tenant):
    with pytest.raises(crm.NotFoundError) as caught:
        tenant.profile(5)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is crm.NotFoundError
    assert (str(again), again.code) == (str(caught.value), caught.value.code)
    assert str(crm.InputError("text")) == "text"


SECRET = "ada.lovelace@example.com"


@pytest.mark.parametrize("call", [
    lambda t: t.find_customer("email", [SECRET]),
    lambda t: t.find_customer(SECRET),
    lambda t: t.append({"x": SECRET}, place="no"),
    lambda t: t.append_many([{"x": SECRET}], batch_size="no"),
    lambda t: t.append({"x": SECRET}, unknown=1),
    lambda t: t.append({"id": SECRET}),
    lambda t: t.append({SECRET: float("nan")}),
    lambda t: t.append({"x": object(), "y": SECRET}),
    lambda t: t.append([{"id": SECRET}, SECRET]),
    lambda t: t.find_customer("email", SECRET),
    lambda t: t.find_customer("email", SECRET + "\n"),
    lambda t: crm.Identifier(SECRET, 5),
    lambda t: crm.Event(id=SECRET, type=5, source="s"),
    lambda t: crm.Condition.no_customer(("email", SECRET, 1)),
    lambda t: t.append({"x": SECRET}, offset=(SECRET, 5)),
    lambda t: crm.event_from_json({"id": SECRET}),
    lambda t: t.timeline(1, cursor=SECRET),
])
def test_no_argument_comes_into_an_error_text(tenant, call):
    with pytest.raises((crm.Error, TypeError)) as caught:
        call(tenant)
    assert SECRET not in str(caught.value)
    assert "Invoked with" not in str(caught.value)


def test_a_type_error_still_says_what_was_wanted(tenant):
    with pytest.raises(TypeError) as caught:
        tenant.find_customer("email")
    assert "find_customer" in str(caught.value)


SURROGATE = "a\ud800"


@pytest.mark.parametrize("call", [
    lambda t: t.find_customer("email", SURROGATE),
    lambda t: t.append(SURROGATE), lambda t: t.append_many(SURROGATE),
    lambda t: t.append_many([SURROGATE]),
    lambda t: t.append_many(io.StringIO(SURROGATE)),
    lambda t: t.append(member(1), offset=("name", SURROGATE)),
    lambda t: t.offset(SURROGATE), lambda t: t.replay(types=[SURROGATE]),
    lambda t: t.timeline(1, cursor=SURROGATE),
    lambda t: crm.Event(id=SURROGATE, type="t", source="s"),
    lambda t: crm.Event(id="i", type="t", source="s", payload=SURROGATE),
    lambda t: crm.Event(id="i", type="t", source="s",
                        identifiers={"email": SURROGATE}),
    lambda t: crm.Identifier("email", SURROGATE),
    lambda t: crm.Condition.no_customer(("email", SURROGATE)),
    lambda t: crm.ImportMap.from_json(SURROGATE),
    lambda t: crm.event_from_json(SURROGATE)])
def test_a_lone_surrogate_is_an_input_error(tenant, call):
    with pytest.raises(crm.InputError) as caught:
        call(tenant)
    assert caught.value.code is crm.StatusCode.MALFORMED


def test_a_lone_surrogate_is_one_rejected_event(tenant):
    summary = tenant.append_many([SURROGATE, member(1)], partial=True)
    assert (summary.appended, summary.rejected) == (1, 1)


def test_bytes_are_no_names(store):
    tenant = store.tenant("t")
    for call in (lambda: store.tenant(b"t"), lambda: tenant.offset(b"o"),
                 lambda: tenant.find_customer("email", b"a@b.example"),
                 lambda: crm.Identifier("email", b"\xff"),
                 lambda: crm.Event(id=b"\xff", type="t", source="s")):
        with pytest.raises(TypeError):
            call()


def test_a_record_of_bytes_that_are_no_text_is_not_made():
    with pytest.raises(crm.InputError):
        crm.Event(id="i", type="t", source="s", payload=b'{"a":"\xff"}')


def test_paths_that_are_not_utf8_keep_their_error(folder):
    path = os.fsdecode(os.fsencode(folder) + b"/\xff")
    with pytest.raises(crm.NotFoundError, match=r"\\xff"):
        crm.Store.open(path)
    with crm.Store.open(path, create_if_missing=True) as store:
        assert store.key_file == path + ".key"
        with pytest.raises(crm.NotFoundError):
            store.tenant("t").import_file(path + "-")


@pytest.mark.parametrize("conditions", [
    ["x"], [5], "x", crm.Condition.no_customer(("email", "a@b.example"))])
def test_wrong_conditions_are_a_type_error(tenant, conditions):
    with pytest.raises(TypeError, match="conditions"):
        tenant.append(member(1), conditions=conditions)


@pytest.mark.parametrize("number", [-1, 2 ** 64])
def test_numbers_of_no_customer(tenant, number):
    with pytest.raises(TypeError):
        tenant.profile(number)
    with pytest.raises(crm.InputError, match="who"):
        crm.Condition.customer_version(number, 0)


def test_what_is_no_member_of_an_enumeration_names_those_that_are(tenant):
    with pytest.raises(crm.InputError, match="sync os"):
        tenant.append(member(1), durability="fsync")


def test_a_subclass_that_forgets_its_base_can_be_shown():
    class Forgetful(crm.InputError):
        def __init__(self):
            pass

    assert str(Forgetful()) == ""
