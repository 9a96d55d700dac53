"""Replay, snapshots, profiles and timelines."""

import datetime
import json
import random

import pytest

import crm
from conftest import at, member

TYPES = ["scl.member.created", "shop.order.placed", "teetime.booking.created"]


def random_events(rng, count):
    """Events of a few people, late ones too."""
    for number in range(count):
        person = rng.randrange(8)
        yield {
            "id": f"e-{number}", "type": rng.choice(TYPES),
            "source": rng.choice(["scl", "shop"]),
            "timestamp": (at(2026, 1, 1) + datetime.timedelta(
                minutes=rng.randrange(500))).isoformat(),
            "identity": {} if person == 0 else {
                "email": f"p{person}@example.com"},
            "payload": {"n": number},
        }


def matches(event, query):
    return ((not query.get("types") or event.type in query["types"])
            and event.position >= query.get("first", 1)
            and event.position <= (query.get("last") or event.position)
            and (not query.get("since") or event.occurred_at >= query["since"])
            and (not query.get("until") or event.occurred_at < query["until"])
            and (not query.get("record") or event.record == query["record"])
            and (not query.get("customer")
                 or event.customer == query["customer"]))


def test_replays_give_what_a_loop_would_give(tenant):
    rng = random.Random(42)
    tenant.append_many(random_events(rng, 400))
    everything = list(tenant.replay())
    assert len(everything) == 400
    moments = [at(2026, 1, 1) + datetime.timedelta(minutes=m)
               for m in range(0, 501, 50)]
    for _ in range(300):
        query = {
            "types": rng.sample(TYPES, rng.randrange(3)),
            "first": rng.randrange(1, 420), "last": rng.choice([0, 100, 300]),
            "since": rng.choice(moments + [None]),
            "until": rng.choice(moments + [None]),
        }
        who = rng.randrange(3)
        if who == 1:
            query["customer"] = rng.randrange(1, 8)
        elif who == 2:
            query["record"] = rng.randrange(1, 12)
        order = rng.choice(list(crm.Order))
        backward = rng.random() < 0.5
        wanted = [e for e in everything if matches(e, query)]
        if order is crm.Order.OCCURRED_AT:
            wanted.sort(key=lambda e: (e.occurred_at, e.position))
        if backward:
            wanted.reverse()
        with tenant.replay(order=order, backward=backward, **query) as got:
            assert list(got) == wanted


def test_order_as_text(tenant):
    tenant.append([member(2), member(1)])
    assert [e.id for e in tenant.replay(order="occurred_at")] == ["m-1", "m-2"]
    with pytest.raises(crm.InputError, match="Order"):
        tenant.replay(order="alphabet")


def test_what_an_event_holds(tenant):
    given = {
        "eventType": "CustomerCreated", "eventId": "d-1",
        "timestamp": "2026-02-02T09:15:00.250Z", "aggregateId": "c-7",
        "tenantId": "golf-club", "source": "crm",
        "payload": {"n": 1.50, "big": 2 ** 70}, "extra": [1],
    }
    text = json.dumps(given)
    tenant.append([text, member(1, metadata={"user": "u"}, version="2.1",
                                correlationId="conv", causationId="m-0")])
    domain, event = tenant.replay()
    assert domain.shape is crm.EnvelopeShape.DOMAIN
    assert domain.payload_json == '{"n":1.5,"big":1180591620717411303424}'
    assert json.loads(domain.to_json("golf-club")) == given
    assert domain.extra["extra"] == [1]
    assert domain.occurred_at == at(2026, 2, 2, 9, 15, 0, 250_000)
    assert (event.version, event.correlation_id, event.causation_id) == (
        "2.1", "conv", "m-0")
    assert event.identity == member(1)["identity"]
    assert event.metadata == {"user": "u"}
    assert event.extra is None and event.extra_json == ""
    assert event.recorded_at >= domain.recorded_at
    assert event.opened and not event.backfill
    as_dict = event.to_dict()
    assert as_dict["id"] == "m-1" and as_dict["shape"] == "crm"
    assert "payload" not in as_dict and "payload_json" in as_dict


def test_an_event_without_a_time_keeps_that_it_had_none(tenant):
    given = member(1)
    given.pop("timestamp", None)
    tenant.append([given, member(2, timestamp="2026-02-02T09:15:00Z")])
    untimed, timed = tenant.replay()
    assert not untimed.timed and timed.timed
    assert untimed.occurred_at == untimed.recorded_at
    line = untimed.to_json("golf-club", as_given=True)
    assert "timestamp" not in json.loads(line)
    assert tenant.append(line).duplicates == 1
    assert "timestamp" in json.loads(untimed.to_json("golf-club"))
    assert timed.to_json("golf-club", as_given=True) == timed.to_json(
        "golf-club")


def test_open_parts_only(tenant):
    tenant.append(member(1))
    [event] = tenant.replay(open_parts_only=True)
    assert (event.type, event.opened, event.id) == (
        "scl.member.created", False, "")
    assert event.payload is None and event.payload_json == ""
    with pytest.raises(crm.InputError, match="sealed part"):
        event.to_json("golf-club")


def test_types_must_be_several(tenant):
    for wrong in ("scl.member.created", b"x", [5], 5):
        with pytest.raises(TypeError):
            tenant.replay(types=wrong)


def test_cursor_sees_its_own_instant(tenant):
    tenant.append_many(member(n) for n in range(300))
    cursor = tenant.replay()
    assert next(cursor).id == "m-0"
    tenant.append_many(member(n) for n in range(300, 400))
    assert len(list(cursor)) == 299
    with pytest.raises(StopIteration):
        next(cursor)


def test_no_such_customer(tenant):
    with pytest.raises(crm.NotFoundError):
        tenant.replay(customer=7)
    with pytest.raises(crm.NotFoundError):
        tenant.timeline(7)
    with pytest.raises(crm.NotFoundError):
        tenant.find_customer("email", "nobody@example.com")


def test_customer_and_profile(tenant):
    tenant.append(member(1))
    tenant.append({"id": "o-1", "type": "shop.order.placed", "source": "shop",
                   "timestamp": "2026-05-01T00:00:00Z",
                   "identity": {"email": "P1@example.com"},
                   "payload": {"traits": {"height": 1.80, "tags": ["a"]}}})
    number = tenant.find_customer("email", "p1@example.com")
    customer = tenant.customer(number)
    assert (customer.id, customer.events) == (number, 2)
    assert [r.source for r in customer.records] == ["scl", "shop"]
    assert [r.matched_by for r in customer.records] == ["", "email"]
    assert customer.records[1].linked_at == customer.version
    profile = tenant.profile(number)
    assert profile["firstName"] == "Person 1"
    assert profile["height"] == 1.8
    assert profile.find("height").value_json == "1.8"
    assert profile.find("height").source == "shop"
    assert profile.find("tags").value == ["a"]
    assert profile.find("nothing") is None
    assert "firstName" in profile and "nothing" not in profile
    with pytest.raises(KeyError):
        profile["nothing"]
    assert profile.values["tags"] == ["a"]
    assert len(profile) == len(profile.traits) == len(list(profile))
    assert [t.name for t in profile] == sorted(profile.values)
    assert profile.first_seen == at(2026, 1, 1, 0, 1)
    assert profile.last_seen == at(2026, 5, 1)
    assert (profile.customer, profile.events) == (number, 2)
    assert profile == tenant.profile(number)


def test_timeline_pages(tenant):
    for number in range(23):
        tenant.append({
            "id": f"b-{number}", "type": TYPES[number % 2], "source": "t",
            "timestamp": f"2026-01-{1 + number:02}T00:00:00Z",
            "identity": {"email": "p@example.com"}, "payload": {"n": number}})
    number = tenant.find_customer("email", "p@example.com")
    seen, cursor = [], ""
    while True:
        page = tenant.timeline(number, limit=5, cursor=cursor)
        assert page.total == 23 and len(page) == len(page.entries)
        seen += [entry.payload["n"] for entry in page]
        cursor = page.next
        if not cursor:
            break
        tenant.append({"id": f"new-{cursor}", "type": "other", "source": "t",
                       "identity": {"email": "q@example.com"}})
    assert seen == list(range(22, -1, -1))
    page = tenant.timeline(
        number, since=at(2026, 1, 3), until=at(2026, 1, 8), types=[TYPES[0]],
        oldest_first=True)
    assert [e.id for e in page] == ["b-2", "b-4", "b-6"]
    entry = page.entries[0]
    assert (entry.type, entry.source, entry.opened) == (TYPES[0], "t", True)
    assert entry.payload_json == '{"n":2}'
    for bad in ({"limit": 0}, {"limit": 1001}, {"cursor": "bad"}):
        with pytest.raises(crm.InputError):
            tenant.timeline(number, **bad)


def test_snapshot(tenant):
    tenant.append(member(1))
    with tenant.snapshot() as snapshot:
        tenant.append([member(2), member(1, id="m-9", payload={"n": 100})])
        number = snapshot.find_customer("email", "p1@example.com")
        assert snapshot.profile(number).version < tenant.profile(
            number).version
        assert snapshot.customer(number).events == 1
        assert tenant.customer(number).events == 2
        assert snapshot.timeline(number).total == 1
        assert [e.id for e in snapshot.replay()] == ["m-1"]
        assert snapshot.stats().events == 1
        assert snapshot.stats().tenant == "golf-club"
        with pytest.raises(crm.NotFoundError):
            snapshot.find_customer("email", "p2@example.com")
        assert snapshot.position < tenant.snapshot().position
    for call in (lambda: snapshot.position, snapshot.stats, snapshot.replay,
                 lambda: snapshot.customer(1)):
        with pytest.raises(crm.InputError, match="snapshot is closed"):
            call()
    snapshot.close()


def test_records_are_frozen_values(tenant):
    tenant.append(member(1))
    [one], [two] = tenant.replay(), tenant.replay()
    assert one == two and one is not two and hash(one) == hash(two)
    assert one != 5 and not one == None  # noqa: E711
    assert repr(one).startswith("StoredEvent(position=")
    with pytest.raises(AttributeError):
        one.id = "x"
    with pytest.raises(AttributeError):
        one.other = "x"
    with pytest.raises(TypeError):
        crm.StoredEvent()
    assert len({crm.Identifier("a", "b"), crm.Identifier("a", "b")}) == 1


def test_tenants_are_walls(store):
    one, two = store.tenant("one"), store.tenant("two")
    one.append(member(1))
    assert list(two.replay()) == []
    with pytest.raises(crm.NotFoundError):
        two.find_customer("email", "p1@example.com")
    assert store.tenant_names() == ["one", "two"]
    assert one.name == "one"
