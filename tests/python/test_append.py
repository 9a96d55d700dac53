"""Tenant.append: what an event may be, outcomes, conditions, offsets."""

import itertools
import json
import threading

import pytest

import crm
from conftest import at, member


def as_event(number):
    dictionary = member(number)
    return crm.Event(
        id=dictionary["id"], type=dictionary["type"],
        source=dictionary["source"],
        occurred_at=at(2026, 1, 1, 0, number),
        identifiers=dictionary["identity"], payload=dictionary["payload"])


@pytest.mark.parametrize("form", [
    lambda e: e, json.dumps, lambda e: json.dumps(e).encode(),
    lambda e: bytearray(json.dumps(e).encode()),
    lambda e: memoryview(json.dumps(e).encode()),
    lambda e: [e], lambda e: (e,), lambda e: iter([json.dumps(e)]),
    lambda e: as_event(1), lambda e: [as_event(1)]])
def test_forms_of_an_event(tenant, form):
    result = tenant.append(form(member(1)))
    assert (result.appended, result.customers_created) == (1, 1)
    [outcome] = result.events
    assert outcome.outcome is crm.Outcome.APPENDED
    assert outcome.outcome == "appended"
    assert outcome.new_customer and outcome.new_record
    assert outcome.confidence == 100
    assert outcome.position == result.position
    assert outcome.code is crm.StatusCode.OK and outcome.message == ""
    [event] = tenant.replay()
    assert event.payload == member(1)["payload"]
    # The same content in any form is the same event.
    assert tenant.append(member(1)).duplicates == 1


def test_a_struct_and_json_do_not_mix(tenant):
    with pytest.raises(crm.InputError, match="crm.Event only"):
        tenant.append([member(1), as_event(2)])


@pytest.mark.parametrize("wrong", [5, None, [5], [None], object()])
def test_what_is_no_event(tenant, wrong):
    with pytest.raises(TypeError):
        tenant.append(wrong)


def test_an_empty_request(tenant):
    assert tenant.append([]).events == ()


def test_requests_are_atomic(tenant):
    with pytest.raises(crm.InputError, match="event 1: "):
        tenant.append([member(1), {"id": "x"}, member(2)])
    with pytest.raises(crm.InputError, match="event 2: "):
        tenant.append([member(1), member(2), {"id": float("inf")}])
    assert tenant.snapshot().stats().events == 0


def test_partial(tenant):
    result = tenant.append([member(1), {"id": "x"}, member(1)], partial=True)
    assert [o.outcome for o in result.events] == [
        "appended", "invalid", "duplicate"]
    assert result.events[1].code is crm.StatusCode.INVALID_ARGUMENT
    assert "type" in result.events[1].message
    assert (result.appended, result.rejected, result.duplicates) == (1, 1, 1)


def test_withheld_identifiers(tenant):
    tenant.append(member(1))
    tenant.append(member(2))
    result = tenant.append(member(3, identity={
        "sclMemberId": "10001", "email": "p2@example.com"}))
    [outcome] = result.events
    assert outcome.customer == tenant.find_customer("sclMemberId", "10001")
    [withheld] = outcome.withheld
    assert outcome.contested and withheld.namespace == "email"
    assert withheld.owner == tenant.find_customer("email", "p2@example.com")


def test_matched_by_outlives_the_store():
    with crm.Store.open_in_memory() as store:
        tenant = store.tenant("t")
        tenant.append(member(1))
        result = tenant.append(member(2, source="other", identity={
            "email": "p1@example.com"}))
    assert result.events[0].matched_by == "email"
    assert result.events[0].confidence == 95


def test_conditions(tenant):
    email = ("email", "p1@example.com")
    tenant.append(member(1), conditions=[
        crm.Condition.no_customer(email),
        crm.Condition.identifier_absent(crm.Identifier(*email)),
        crm.Condition.customer_version(email, 0)])
    ada = tenant.find_customer(*email)
    version = tenant.customer(ada).version
    for broken in (crm.Condition.no_customer(email),
                   crm.Condition.identifier_absent(email),
                   crm.Condition.customer_exists(("email", "no@example.com")),
                   crm.Condition.customer_version(ada, version - 1),
                   crm.Condition.customer_version(email, version + 1),
                   crm.Condition.no_event_since(ada, "scl.member.created", 0)):
        with pytest.raises(crm.ConflictError):
            tenant.append(member(2), conditions=[broken])
    tenant.append(member(2), conditions=(
        crm.Condition.customer_exists(email),
        crm.Condition.customer_version(ada, version),
        crm.Condition.no_event_since(email, "scl.member.created", version)))
    condition = crm.Condition.customer_version(ada, version)
    assert condition.kind is crm.ConditionKind.CUSTOMER_VERSION
    assert (condition.customer, condition.version) == (ada, version)


def test_offsets(tenant):
    with pytest.raises(crm.NotFoundError):
        tenant.offset("topic/1")
    tenant.append(member(1), offset=("topic/1", b"\x00\xff17"))
    assert tenant.offset("topic/1") == b"\x00\xff17"
    # Also when all were duplicates; never when the request is refused.
    tenant.append(member(1), offset=("topic/1", "18"))
    assert tenant.offset("topic/1") == b"18"
    with pytest.raises(crm.InputError):
        tenant.append({"id": "x"}, offset=("topic/1", "19"))
    assert tenant.offset("topic/1") == b"18"
    for wrong in ("topic", ("a", 5), ("a",), 5):
        with pytest.raises(TypeError):
            tenant.append(member(2), offset=wrong)


def test_dry_run(tenant):
    run = crm.DryRun()
    first = tenant.append(member(1), dry_run=run)
    again = tenant.append(member(1), dry_run=run)
    assert (first.appended, first.events[0].position) == (1, 0)
    assert again.duplicates == 1
    assert tenant.snapshot().stats().events == 0
    assert tenant.append(member(1)).appended == 1


def test_order(tenant):
    order = crm.AppendOrder()
    places = [order.take_place() for _ in range(8)]
    threads = [threading.Thread(target=tenant.append, args=(member(place),),
                                kwargs={"order": order, "place": place})
               for place in reversed(places)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.id for e in tenant.replay()] == [f"m-{p}" for p in places]
    place = order.take_place()
    order.wait_for(place)
    order.pass_place(place)
    order.pass_place(place)


def test_tenant_in_the_event(tenant):
    with pytest.raises(crm.InputError):
        tenant.append(member(1, tenantId="other"))
    assert tenant.append(member(1, tenantId="other"),
                         ignore_tenant=True).appended == 1


def test_backfill_and_durability(tenant):
    tenant.append(member(1), backfill=True, durability=crm.Durability.OS)
    tenant.append(member(2), durability="sync")
    assert [e.backfill for e in tenant.replay()] == [True, False]
    with pytest.raises(crm.InputError, match="Durability"):
        tenant.append(member(3), durability="fast")


def test_event_record():
    event = as_event(1)
    assert event == as_event(1) and event != as_event(2)
    assert event != "event"
    assert hash(event) == hash(as_event(1))
    assert event.identifiers == (
        crm.Identifier("sclMemberId", "10001"),
        crm.Identifier("email", "p1@example.com"))
    assert event.payload == {"firstName": "Person 1", "n": 1}
    assert event.payload_json == '{"firstName":"Person 1","n":1}'
    assert event.metadata is None
    assert repr(event).startswith("Event(id='m-1', type='scl.member.created'")
    with pytest.raises(AttributeError):
        event.id = "other"
    with pytest.raises(TypeError):
        crm.Event("positional", "t", "s")
    raw = crm.Event(id="a", type="t", source="s", payload='{"n":1.10}',
                    metadata=b"{}")
    assert raw.payload_json == '{"n":1.10}'


def test_event_from_json():
    text = json.dumps(member(1, tenantId="golf-club"))
    event, tenant_name = crm.event_from_json(text)
    assert tenant_name == "golf-club"
    assert (event.id, event.occurred_at) == ("m-1", at(2026, 1, 1, 0, 1))
    assert crm.event_from_json(json.loads(text))[0] == event
    with pytest.raises(crm.InputError):
        crm.event_from_json("[]")


def test_a_dry_run_is_not_used_with_another_store():
    run = crm.DryRun()
    first = crm.Store.open_in_memory()
    first.tenant("t").append(member(1), dry_run=run)
    first.close()
    del first
    with crm.Store.open_in_memory() as second:
        for name in ("t", "u"):
            with pytest.raises(crm.InputError, match="another tenant"):
                second.tenant(name).append(member(1), dry_run=run)
        assert second.tenant("t").append(
            member(1), dry_run=crm.DryRun()).appended == 1


@pytest.mark.parametrize("bad", [
    {"n": float("nan")}, {"id": "x"}, [5], "a\ud800"], ids=repr)
def test_an_append_that_fails_passes_its_place(tenant, bad):
    order = crm.AppendOrder()
    first, second = order.take_place(), order.take_place()
    with pytest.raises((crm.InputError, TypeError)):
        tenant.append(bad, order=order, place=first)
    done = []
    thread = threading.Thread(daemon=True, target=lambda: done.append(
        tenant.append(member(1), order=order, place=second)))
    thread.start()
    thread.join(30)
    assert done and done[0].appended == 1


def test_an_endless_request_is_refused(tenant):
    with pytest.raises(crm.InputError, match="append_many") as caught:
        tenant.append("{}" for _ in itertools.count())
    assert caught.value.code is crm.StatusCode.TOO_LARGE


def test_the_wrong_type_of_one_event_names_the_event(tenant):
    with pytest.raises(TypeError, match="event 1.*NoneType"):
        tenant.append([member(1), None])
