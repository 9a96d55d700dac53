"""The interpreter's lock: calls let other threads run, callbacks too."""

import asyncio
import json
import signal
import threading
import time

import pytest

import crm
from conftest import at, member, run_python


class Meeting:
    """A clock that waits until two threads are inside of it, or gives up."""

    def __init__(self):
        self.inside = threading.Barrier(2, timeout=30)
        self.armed = False

    def __call__(self):
        if self.armed:
            self.inside.wait()
        return at(2026, 1, 1)


def test_two_calls_run_at_once():
    # Each store's clock waits for the other's: only when both appends are
    # under way together, each in a callback, do they end.
    meeting = Meeting()
    stores = [crm.Store.open_in_memory(clock=meeting) for _ in range(2)]
    tenants = [store.tenant("t") for store in stores]
    failures = []

    def append(tenant):
        try:
            tenant.append(member(1))
        except BaseException as error:
            failures.append(error)

    meeting.armed = True
    threads = [threading.Thread(target=append, args=(t,)) for t in tenants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    meeting.armed = False
    assert not failures and not meeting.inside.broken
    for store in stores:
        store.close()


@pytest.mark.parametrize("call", ["wait_for_events", "verify", "append_many",
                                  "import_file", "replay", "wait_for"])
def test_others_run_while_a_call_is_under_way(store, tenant, folder, call):
    """A Python thread counts while one long call is on its way."""
    source = [member(n) for n in range(3000)]
    text = "\n".join(json.dumps(e) for e in source)
    path = folder / "events.ndjson"
    path.write_text(text)
    if call in ("verify", "replay"):
        tenant.append_many(source)
    order = crm.AppendOrder()
    order.take_place()
    last = order.take_place()
    started, done, counted = threading.Event(), threading.Event(), []

    def count():
        started.wait()
        while not done.is_set():
            counted.append(1)
            time.sleep(0)

    def release():
        started.wait()
        while len(counted) < 100:
            time.sleep(0.001)
        order.pass_place(0)

    threads = [threading.Thread(target=count)]
    if call == "wait_for":
        threads.append(threading.Thread(target=release))
    for thread in threads:
        thread.start()
    started.set()
    if call == "wait_for_events":
        tenant.wait_for_events(10 ** 6, 0.3)
    elif call == "verify":
        store.verify()
    elif call == "append_many":
        tenant.append_many(text)
    elif call == "import_file":
        tenant.import_file(path)
    elif call == "replay":
        for _ in range(5):
            for _ in tenant.replay():
                pass
    else:
        order.wait_for(last)
    done.set()
    for thread in threads:
        thread.join()
    assert len(counted) > 10


def test_many_threads_write_and_read(store, tenant):
    failures = []

    def work(begin):
        try:
            for number in range(begin, begin + 100):
                tenant.append(member(number))
                who = tenant.find_customer("sclMemberId", str(10_000 + number))
                assert tenant.profile(who)["n"] == number
            list(tenant.replay(first=begin + 1))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(100 * n,))
               for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.stats().events == 800 and store.verify().sound


def test_threads_share_a_cursor(tenant):
    tenant.append_many(member(n) for n in range(2000))
    cursor, seen, lock = tenant.replay(), [], threading.Lock()

    def take():
        mine = [event.id for event in cursor]
        with lock:
            seen.extend(mine)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(f"m-{n}" for n in range(2000))


def test_close_while_others_work(folder):
    for round_number in range(5):
        store = crm.Store.open(folder / "s", create_if_missing=True)
        tenant = store.tenant("t")
        strange = []

        def work(begin, tenant=tenant, strange=strange):
            number = begin
            try:
                while True:
                    tenant.append(member(number), durability="os")
                    with tenant.snapshot() as snapshot:
                        for _ in snapshot.replay(backward=True, last=50):
                            pass
                    number += 1
            except crm.InputError as error:
                if "closed" not in str(error):
                    strange.append(error)
            except BaseException as error:
                strange.append(error)

        threads = [threading.Thread(
            target=work, args=(round_number * 10 ** 6 + n * 10 ** 5,))
            for n in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        store.close()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        assert not strange
    with crm.Store.open(folder / "s") as store:
        assert store.verify().sound


def test_close_ends_a_wait():
    store = crm.Store.open_in_memory()
    tenant, errors = store.tenant("t"), []

    def wait():
        try:
            tenant.wait_for_events(10 ** 6)
        except crm.InputError as error:
            errors.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    store.close()
    thread.join(30)
    assert errors == ["the store is closed"]


def test_wait_for_events(tenant):
    head = tenant.append(member(1)).position
    assert tenant.wait_for_events(0, 0) == head
    assert tenant.wait_for_events(head, timeout=0.05) == head
    thread = threading.Timer(0.1, tenant.append, args=(member(2),))
    thread.start()
    assert tenant.wait_for_events(head) > head
    thread.join()


@pytest.mark.parametrize("call", [
    "tenant.wait_for_events(10 ** 9)",
    "tenant.append_many(text)",
    "[store.verify() for _ in range(10 ** 6)]",
    "[tenant.import_file(sys.argv[1]) for _ in range(10 ** 6)]"])
def test_ctrl_c(folder, call):
    path = folder / "events.ndjson"
    path.write_text("")
    done = run_python(f"""
import os, signal, sys, threading, time
import crm
# A shell starts what is in the background without it.
signal.signal(signal.SIGINT, signal.default_int_handler)
store = crm.Store.open_in_memory()
tenant = store.tenant("t")
text = "".join('{{"id":"%d","type":"t","source":"s"}}\\n' % n
               for n in range(3_000_000 if "text" in {call!r} else 20_000))
tenant.append_many(text[:text.index(chr(10), 200_000)])
threading.Timer(0.5, os.kill, (os.getpid(), {int(signal.SIGINT)})).start()
begin = time.monotonic()
try:
    {call}
    print("not interrupted")
except KeyboardInterrupt:
    print("interrupted")
""", path)
    assert done.stdout == "interrupted\n", done.stderr


def test_asyncio(tenant):
    async def main():
        appends = [asyncio.to_thread(tenant.append, member(n))
                   for n in range(20)]
        waiting = asyncio.to_thread(tenant.wait_for_events, 0, 10)
        results = await asyncio.gather(*appends)
        assert sum(result.appended for result in results) == 20
        assert await waiting > 0

    asyncio.run(main())
