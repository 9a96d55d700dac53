"""Criteria: who is meant, as Python programs ask."""

import datetime

import pytest

import crm
from crm.criteria import (ago, bucket, consent, event, field, prop, sequence,
                          start_of)

MARCH = datetime.datetime(2026, 3, 15, tzinfo=datetime.timezone.utc)


def order(number, customer, day, **payload):
    return {"id": f"o-{number}", "type": "shop.order", "source": "web",
            "timestamp": f"2026-03-{day:02}T10:00:00Z",
            "identity": {"memberId": f"m{customer}"},
            "payload": payload or {"total": 10 * number, "sku": f"s{number}"}}


@pytest.fixture(name="shop")
def fixture_shop(tenant):
    tenant.append([order(1, 1, 1), order(2, 1, 9), order(3, 2, 5),
                   dict(order(4, 3, 2, traits={"country": "ZA"}),
                        type="shop.profile")])
    return tenant


def test_evaluate(shop):
    often = {"event": "shop.order", "operator": "gte", "value": 2}
    answer = shop.evaluate(1, often, as_of=MARCH)
    assert answer.matches and answer.truth is crm.Truth.TRUE
    assert answer.customer == 1 and answer.as_of == MARCH
    assert answer.proof["matching"] == 2
    assert [one["id"] for one in answer.proof["events"]] == ["o-1", "o-2"]
    assert answer.text.startswith("customer 1, as of 2026-03-15T00:00:00Z")
    assert answer == shop.evaluate(1, often, as_of=MARCH)
    assert hash(answer) == hash(shop.evaluate(1, often, as_of=MARCH))
    assert "Truth.TRUE" in repr(answer)
    before = shop.evaluate(1, often, as_of=MARCH.replace(day=5))
    assert before.truth is crm.Truth.FALSE and not before.matches
    maybe = shop.evaluate(1, field("country") == "ZA")
    assert maybe.truth is crm.Truth.UNKNOWN and not maybe.matches
    assert maybe.proof["reason"] == "missing"
    assert not crm.Truth.UNKNOWN and not crm.Truth.FALSE and crm.Truth.TRUE
    with shop.snapshot() as then:
        shop.append(order(9, 2, 6))
        assert not then.evaluate(2, often, as_of=MARCH).matches
        assert shop.evaluate(2, often, as_of=MARCH).matches
    with pytest.raises(crm.NotFoundError):
        shop.evaluate(99, often)


def test_preview(shop):
    found = shop.preview({"event": "shop.order"}, as_of=MARCH, sample=1)
    assert (found.customers, found.matching, found.unknown, found.sample) == (
        3, 2, 0, (1,))
    assert shop.preview('{"event": "shop.order"}', as_of=MARCH).sample == (1, 2)
    day = {"event": "shop.order", "window": {"calendar": "day"}}
    night = MARCH.replace(day=9, hour=22)
    assert shop.preview(day, as_of=night).matching == 1
    assert shop.preview(day, as_of=night,
                        time_zone="Pacific/Auckland").matching == 0
    steps = []
    shop.preview(day, progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (3, 3)
    with pytest.raises(crm.RetryableError):
        shop.preview(day, progress=lambda done, total: False)
    with pytest.raises(ZeroDivisionError):
        shop.preview(day, progress=lambda done, total: 1 / 0)
    with pytest.raises(crm.InputError):
        shop.preview(day, sample=10_001)
    with shop.snapshot() as then:
        assert then.preview(day, as_of=night).matching == 1


def test_made_of_expressions(shop):
    def who(criteria):
        return shop.preview(criteria, as_of=MARCH).sample

    orders = event("shop.order")
    assert who(orders.count() >= 2) == (1,)
    assert who(orders.never()) == (3,)
    assert who(~orders.happened()) == (3,)
    assert who(orders.where(prop("total") > 15).happened()) == (1, 2)
    assert who(orders.where((prop("sku") == "s1") | (prop("sku") == "s3"))
               .last(days=30).happened()) == (1, 2)
    assert who(orders.calendar("month", -1).happened()) == ()
    assert who(orders.within(MARCH.replace(day=4), MARCH).count() == 1) == (
        1, 2)
    assert who(orders.sum("total") == 30) == (1, 2)
    assert who(orders.avg("total") < 20) == (1,)
    assert who(orders.unique("sku").between(2, 5)) == (1,)
    assert who(orders.last_time() >= ago(days=7)) == (1,)
    assert who(orders.first_time() < start_of("week", -1)) == (1,)
    assert who(orders.last_has(prop("sku").starts_with("S3"))) == (2,)
    assert who(sequence(orders, event(), within={"days": 8})) == (1,)
    assert who(field("country").is_in("ZA", "NA") & event().happened()) == (3,)
    assert who(field("country").missing()) == (1, 2)
    assert who(consent("marketing", "email", verdict="deny")) == (1, 2, 3)
    halves = [who(bucket("a", of=2, since=part, until=part + 1))
              for part in (0, 1)]
    assert sorted(halves[0] + halves[1]) == [1, 2, 3]


def test_of_criteria():
    made = (field("age") > 17) & ~field("/address/city").contains("x")
    assert made.to_dict() == {"and": [
        {"field": "age", "operator": "gt", "value": 17},
        {"not": {"field": "/address/city", "operator": "contains",
                 "value": "x"}}]}
    assert crm.describe_criteria(made) == (
        'age is more than 17 and not (address/city contains "x")')
    assert crm.criteria_schema()["title"] == "Criteria of libcrm"
    for wrong in (lambda: bool(made), lambda: made and made,
                  lambda: bool(field("a")), lambda: ago(days=1, hours=2),
                  lambda: field("a") > MARCH.replace(tzinfo=None)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(crm.InputError) as caught:
        crm.describe_criteria({"and": [{"event": "a", "window": {}}]})
    assert "/and/0/window" in str(caught.value)
