"""Subscriptions: iterating, acknowledging, ending."""

import datetime
import os
import signal
import threading
import time

import pytest

import crm
from conftest import member, run_python


@pytest.fixture
def store():
    with crm.Store.open_in_memory() as opened:
        yield opened


@pytest.fixture
def tenant(store):
    return store.tenant("club")


def ids(subscription):
    """Of the events up to the first time that nothing is there."""
    found = []
    while (message := subscription.next(0)) is not None:
        if message.event is not None:
            found.append(message.event.id)
    return found


def test_for_message_in(tenant):
    tenant.append([member(1), member(2)])
    kinds = []
    with tenant.subscribe("mailer", timeout=0.05) as mailer:
        for message in mailer:
            kinds.append(message.kind)
            if message.kind is crm.MessageKind.EVENT:
                assert message.event.position == message.position
                assert message.event.payload["n"] in (1, 2)
            else:
                assert message.event is None
            mailer.acknowledge(message.position)
        assert mailer.acknowledged == mailer.position
    assert kinds == ["event", "event", "caught_up"]
    with tenant.subscribe("mailer") as mailer:
        assert ids(mailer) == []
        tenant.append(member(3))
        assert ids(mailer) == ["m-3"]
    # Not acknowledged: again.
    with tenant.subscribe("mailer") as mailer:
        assert ids(mailer) == ["m-3"]


def test_merges_and_splits(tenant):
    for number, identity in enumerate([
            {"sclMemberId": "1"}, {"email": "ada@example.com"},
            {"sclMemberId": "1", "email": "ada@example.com"}]):
        tenant.append({"id": str(number), "type": "t", "source": "s",
                       "identity": identity})
    with tenant.subscribe(types=["none"], timeout=0) as feed:
        merged, caught_up = list(feed)
    assert caught_up.change is None
    assert merged.kind is crm.MessageKind.MERGED
    assert merged.event is None
    change = merged.change
    assert isinstance(change, crm.IdentityChange)
    assert (change.kind, change.position, change.from_customer,
            change.to_customer, change.records) == (
        crm.IdentityChangeKind.MERGED, merged.position, 2, 1, ())
    assert tenant.customer(2).id == 1
    with tenant.subscribe(types=["none"], skip_identity=True,
                          timeout=0) as feed:
        assert [message.kind for message in feed] == ["caught_up"]


def test_a_message_outlives_the_next_one(tenant):
    tenant.append([member(1), member(2)])
    with tenant.subscribe() as subscription:
        first = subscription.next()
        second = subscription.next()
        event = first.event
        del first
        assert event.id == "m-1" and second.event.id == "m-2"
    assert event.payload["firstName"] == "Person 1"
    assert set(second.to_dict()) == {"kind", "position", "event", "change"}


def test_options(tenant):
    tenant.append([member(1), member(2, type="other"),
                   member(3, source="web")])
    tenant.append(member(4), backfill=True)
    assert ids(tenant.subscribe(types=["other"])) == ["m-2"]
    assert ids(tenant.subscribe(sources=["web"])) == ["m-3"]
    assert ids(tenant.subscribe(skip_backfill=True)) == ["m-1", "m-2", "m-3"]
    assert ids(tenant.subscribe(after=crm.FROM_NOW)) == []
    message = tenant.subscribe(open_parts_only=True).next()
    assert not message.event.opened and message.event.payload is None
    shares = [ids(tenant.subscribe(consumers=3, consumer=i))
              for i in range(3)]
    assert sorted(sum(shares, [])) == ["m-1", "m-2", "m-3", "m-4"]
    with pytest.raises(TypeError):
        tenant.subscribe(types="other")
    with pytest.raises(TypeError):
        tenant.subscribe(sources=[1])
    with pytest.raises(crm.InputError):
        tenant.subscribe(consumers=crm.MAX_CONSUMERS + 1)
    with pytest.raises(crm.InputError):
        tenant.subscribe(timeout=-1)
    with pytest.raises(crm.FatalError) as raised:
        tenant.subscribe(after=1000)
    assert raised.value.code is crm.StatusCode.ROLLED_BACK


def test_checkpoints(tenant):
    tenant.append([member(1), member(2), member(3)])
    with tenant.subscribe("mailer") as mailer:
        with pytest.raises(crm.RetryableError):
            tenant.subscribe("mailer")
        with pytest.raises(crm.RetryableError):
            tenant.drop_subscription("mailer")
        position = mailer.next().position
        with pytest.raises(crm.InputError):
            mailer.acknowledge(position + 1)
        mailer.acknowledge(position, durability="sync")
        lag = mailer.lag()
        assert lag.events == 2 and lag.positions >= 2
        assert isinstance(lag.time, datetime.timedelta)
        assert lag.oldest is not None
        [info] = tenant.list_subscriptions()
        assert info.live and not info.rolled_back
        assert (info.name, info.position, info.lag.events) == (
            "mailer", position, 2)
    assert not tenant.list_subscriptions()[0].live
    with pytest.raises(crm.ConflictError):
        tenant.subscribe("mailer", consumers=2)
    tenant.drop_subscription("mailer")
    with pytest.raises(crm.NotFoundError):
        tenant.drop_subscription("mailer")
    with tenant.subscribe() as unnamed, pytest.raises(crm.InputError):
        unnamed.next()
        unnamed.acknowledge(1)


def test_waiting(tenant):
    subscription = tenant.subscribe()
    assert subscription.next(0).kind is crm.MessageKind.CAUGHT_UP
    start = time.monotonic()
    assert subscription.next(datetime.timedelta(milliseconds=120)) is None
    assert 0.12 <= time.monotonic() - start < 5
    timer = threading.Timer(0.1, tenant.append, [member(1)])
    timer.start()
    assert subscription.next().event.id == "m-1"
    timer.join()


def test_cancel_from_another_thread(tenant):
    subscription = tenant.subscribe()
    assert subscription.next(0) is not None
    timer = threading.Timer(0.1, subscription.cancel)
    timer.start()
    with pytest.raises(crm.RetryableError) as raised:
        subscription.next()
    assert raised.value.code is crm.StatusCode.CANCELLED
    timer.join()


def test_closing_the_store_ends_it(store, tenant):
    subscription = tenant.subscribe("mailer")
    assert subscription.next(0) is not None
    timer = threading.Timer(0.1, store.close)
    timer.start()
    with pytest.raises(crm.InputError):
        subscription.next()
    timer.join()
    with pytest.raises(crm.InputError):
        subscription.acknowledge(0)
    with pytest.raises(crm.InputError):
        subscription.position
    subscription.close()


def test_closed(tenant):
    subscription = tenant.subscribe()
    subscription.close()
    subscription.close()
    with pytest.raises(crm.InputError):
        subscription.next(0)


def test_other_threads_run_while_it_waits(tenant):
    subscription = tenant.subscribe()
    assert subscription.next(0) is not None
    ticks = []

    def tick():
        for _ in range(20):
            ticks.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    assert subscription.next(0.3) is None
    assert len(ticks) == 20
    thread.join()


def test_threads_share_one(tenant):
    tenant.append([member(i) for i in range(300)])
    subscription = tenant.subscribe(timeout=0)
    found = []

    def run():
        for message in subscription:
            if message.event is not None:
                found.append(message.event.id)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"m-{i}" for i in range(300))


def test_keyboard_interrupt(tenant):
    subscription = tenant.subscribe()
    assert subscription.next(0) is not None
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in subscription:
            pass
    timer.join()


def test_left_open_at_exit():
    done = run_python("""
import crm
store = crm.Store.open_in_memory()
subscription = store.tenant("t").subscribe("mailer")
subscription.next(0)
print("end")
""")
    assert done.returncode == 0 and done.stdout == "end\n", done.stderr
