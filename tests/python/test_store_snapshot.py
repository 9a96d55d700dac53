"""Store.snapshot: all tenants at one position; times that the caller gives."""

import datetime
import json

import pytest

import crm
from conftest import at, member, run_python


@pytest.fixture
def clubs(store):
    """Two tenants that take turns."""
    one, other = store.tenant("one"), store.tenant("other")
    one.append(member(1))
    other.append(member(2))
    one.append(member(3))
    return one, other


def test_all_tenants_at_one_position(store, clubs):
    with store.snapshot() as everything:
        last = clubs[1].append(member(4)).position
        assert 0 < everything.position < last
        assert everything.tenants == ("one", "other")
        assert [(e.tenant, e.event.id) for e in everything.replay()] == [
            ("one", "m-1"), ("other", "m-2"), ("one", "m-3")]
        assert store.stats().events == 4
    assert len(list(store.snapshot().replay())) == 4


def test_one_tenant_of_it(store, clubs):
    everything = store.snapshot()
    clubs[1].append(member(4))
    one = everything.tenant("other")
    # What came from it lives on.
    walk = everything.replay()
    everything.close()
    everything.close()
    assert one.position > 0 and one.stats().events == 1
    assert [e.id for e in one.replay()] == ["m-2"]
    assert len(list(walk)) == 3
    for question in (lambda: everything.position, lambda: everything.tenants,
                     lambda: everything.tenant("one"), everything.replay,
                     everything.count_definitions):
        with pytest.raises(crm.InputError, match="snapshot is closed"):
            question()


def test_a_tenant_that_is_none_is_not_made(store, clubs):
    with store.snapshot() as everything:
        with pytest.raises(crm.NotFoundError):
            everything.tenant("third")
        assert store.tenant_names() == ["one", "other"]
        # One that came later is none, either.
        store.tenant("third").append(member(9))
        with pytest.raises(crm.NotFoundError):
            everything.tenant("third")
        assert everything.tenants == ("one", "other")


def test_a_store_in_which_nothing_is(store):
    with store.snapshot() as everything:
        assert everything.tenants == ()
        assert list(everything.replay()) == []


def test_what_a_walk_gives_is_a_record(store, clubs):
    walk = store.snapshot().replay()
    first = next(walk)
    assert isinstance(first, crm.StoreEvent)
    assert first.event == next(iter(clubs[0].replay()))
    assert first == next(store.snapshot().replay()) != next(walk)
    assert first.to_dict() == {"tenant": "one", "event": first.event,
                               "definition": None, "choice": None}
    assert not first.is_definition
    assert not first.is_choice
    assert hash(first) == hash(next(store.snapshot().replay()))
    assert repr(first).startswith("StoreEvent(tenant='one'")


def test_definitions_stand_where_they_were_made(store, clubs):
    one, other = clubs
    one.register_schema("scl.member.created", {"type": "object"},
                        compatibility="full")
    one.append(member(4))
    one.register_upcaster({"type": "scl.member.created", "from": "0.9",
                           "to": "1.0", "steps": [{"remove": "/n"}]})
    other.set_validation("warn")
    with store.snapshot() as everything:
        assert everything.count_definitions() == {"one": 2, "other": 1}
        found = list(everything.replay())
    assert [e.is_definition for e in found] == [False] * 3 + [
        True, False, True, True]
    assert all((e.event is None) == e.is_definition for e in found)
    schema, upcaster, rule = (e.definition for e in found if e.is_definition)
    kinds = crm.DefinitionKind
    assert (schema.kind, schema.type, schema.version, schema.to, schema.json,
            schema.compatibility, schema.mode) == (
        kinds.SCHEMA, "scl.member.created", "1.0", "", '{"type":"object"}',
        crm.Compatibility.FULL, None)
    assert (upcaster.kind, upcaster.version, upcaster.to,
            upcaster.compatibility, upcaster.mode) == (
        kinds.UPCASTER, "0.9", "1.0", None, None)
    assert (rule.kind, rule.type, rule.mode, rule.json) == (
        "validation", "", crm.Validation.WARN, "")
    assert found[-1].tenant == "other"
    assert schema.position < found[4].event.position < upcaster.position


def test_choices_stand_where_they_were_made(store):
    tenant = store.tenant("merged")
    for number, identity in enumerate([
            {"sclMemberId": "1"}, {"email": "ada@example.com"},
            {"sclMemberId": "1", "email": "ada@example.com"}]):
        tenant.append({"id": str(number), "type": "t", "source": "s",
                       "identity": identity})
    found = list(store.snapshot().replay())
    assert [one.is_choice for one in found] == [False, False, True, False]
    choice = found[2].choice
    assert found[2].event is None and found[2].definition is None
    assert (choice.kind, choice.origin) == ("merge", crm.ChoiceOrigin.EVENT)
    assert found[1].event.position < choice.position
    said = json.loads(choice.json)
    assert (said["choice"], said["customer"], said["retired"]) == (
        "merge", 1, 2)
    assert "ada" not in choice.json


def test_closing(store, clubs):
    everything = store.snapshot()
    walk = everything.replay()
    with store.snapshot().replay() as closed:
        next(closed)
    with pytest.raises(crm.InputError, match="cursor is closed"):
        next(closed)
    next(walk)
    # Closing the store closes both.
    store.close()
    with pytest.raises(crm.InputError, match="closed"):
        next(walk)
    with pytest.raises(crm.InputError, match="closed"):
        everything.replay()
    with pytest.raises(crm.InputError, match="closed"):
        store.snapshot()


def test_many_events_of_many_tenants(store):
    names = [f"t{n}" for n in range(20)]
    for n in range(500):
        store.tenant(names[n % 20]).append(member(n))
    walked = [(e.tenant, e.event.id) for e in store.snapshot().replay()]
    assert walked == [(names[n % 20], f"m-{n}") for n in range(500)]


def test_in_a_forked_child():
    done = run_python("""
import os, crm
store = crm.Store.open_in_memory()
store.tenant("t").append({"id": "1", "type": "t", "source": "s"})
everything = store.snapshot()
walk = everything.replay()
child = os.fork()
if child == 0:
    wrong = 0
    for question in (lambda: everything.position, everything.replay,
                     lambda: next(walk), store.snapshot):
        try:
            question()
            wrong += 1
        except crm.InputError:
            pass
    everything.close(); walk.close()
    os._exit(wrong)
assert os.waitpid(child, 0)[1] == 0
assert [e.event.id for e in walk] == ["1"]
""")
    assert done.returncode == 0, done.stderr


# --- recorded_at -------------------------------------------------------------

def test_recorded_at_is_what_the_caller_says(store, tenant):
    times = [at(2024, 1, 1), at(2024, 1, 1, 0, 0, 0, 5)]
    tenant.append([member(1), member(2)], recorded_at=times)
    assert [e.recorded_at for e in tenant.replay()] == times
    # Another zone, the same instant; any iterable.
    east = datetime.timezone(datetime.timedelta(hours=2))
    tenant.append(member(3), recorded_at=iter(
        [datetime.datetime(2024, 1, 1, 3, tzinfo=east)]))
    assert [e.recorded_at for e in tenant.replay()][2] == at(2024, 1, 1, 1)
    with pytest.raises(crm.InputError) as caught:
        tenant.append(member(4), recorded_at=[at(2024, 1, 1)])
    assert caught.value.code is crm.StatusCode.FAILED_PRECONDITION
    assert store.stats().events == 3


def test_a_store_is_copied_with_its_times(store, clubs):
    with crm.Store.open_in_memory() as copy:
        for one in store.snapshot().replay():
            copy.tenant(one.tenant).append(
                one.event.to_json(one.tenant),
                recorded_at=[one.event.recorded_at])
        assert [(e.tenant, e.event.id, e.event.recorded_at)
                for e in copy.snapshot().replay()] == [
            (e.tenant, e.event.id, e.event.recorded_at)
            for e in store.snapshot().replay()]


@pytest.mark.parametrize("wrong", [
    [at(2024, 1, 1)], [at(2024, 1, 1)] * 3,
    [at(2024, 1, 2), at(2024, 1, 1)],
    [datetime.datetime(2024, 1, 1)] * 2,
    [datetime.datetime(1800, 1, 1, tzinfo=datetime.timezone.utc)] * 2])
def test_recorded_at_that_cannot_be(store, tenant, wrong):
    with pytest.raises(crm.InputError):
        tenant.append([member(1), member(2)], recorded_at=wrong)
    assert store.stats().events == 0


@pytest.mark.parametrize("wrong", [
    5, None, at(2024, 1, 1), [None, None], "2024-01-01", [0, 1]])
def test_recorded_at_that_is_no_time(tenant, wrong):
    with pytest.raises(TypeError):
        tenant.append([member(1), member(2)], recorded_at=wrong)


def test_recorded_at_without_an_end(tenant):
    def for_ever():
        while True:
            yield at(2024, 1, 1)
    with pytest.raises(crm.InputError) as caught:
        tenant.append(member(1), recorded_at=for_ever())
    assert caught.value.code is crm.StatusCode.TOO_LARGE
