"""Handles that are forgotten, interpreters that end, forks, pickles."""

import copy
import gc
import multiprocessing
import os
import pickle
import resource
import shutil
import subprocess
import sys
import weakref

import pytest

import crm
from crm import _crm
from conftest import member, run_python


def test_handles_keep_the_store_alive(folder):
    cursor = crm.Store.open(folder / "s",
                            create_if_missing=True).tenant("t").replay()
    gc.collect()
    assert list(cursor) == []
    with pytest.raises(crm.RetryableError):
        crm.Store.open(folder / "s")
    del cursor
    gc.collect()
    crm.Store.open(folder / "s").close()


def test_a_forgotten_store_is_closed(folder):
    def use():
        tenant = crm.Store.open(folder / "s",
                                create_if_missing=True).tenant("t")
        tenant.append(member(1))
        return len(list(tenant.replay()))

    assert use() == 1
    gc.collect()
    assert use() == 1


def test_cursors_take_little_memory(tenant):
    payload = {"text": "x" * 2000}
    tenant.append_many(member(n, payload=payload) for n in range(20_000))
    for _ in tenant.replay(last=1000):
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in tenant.replay()) == 20_000
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 32 << 10  # KiB; the events are 45 MiB.


def test_many_cursors_are_not_kept(store, tenant):
    tenant.append(member(1))
    for _ in range(2000):
        next(tenant.replay())
        tenant.snapshot()
    store.close()  # None of them is in the way.


OPEN_AT_EXIT = """
import sys, threading
import crm
log = []
kept = crm.Store.open(sys.argv[1], create_if_missing=True,
                      log=lambda level, text: log.append(text),
                      clock=lambda: __import__("datetime").datetime.now(
                          __import__("datetime").timezone.utc))
tenant = kept.tenant("t")
tenant.append_many({"id": str(n), "type": "t", "source": "s",
                    "identity": {"email": f"p{n}@example.com"}}
                   for n in range(3000))
cursor, snapshot = tenant.replay(), tenant.snapshot()
next(cursor)
class Cycle: pass
cycle = Cycle(); cycle.me = cycle; cycle.store = kept; cycle.cursor = cursor
memory = crm.Store.open_in_memory()
def wait():
    memory.tenant("t").wait_for_events(10 ** 9)
def read():
    while True:
        for _ in tenant.replay():
            pass
for work in (wait, read):
    threading.Thread(target=work, daemon=True).start()
print("ready")
ENDING
"""


@pytest.mark.parametrize("ending,code", [
    ("", 0), ("sys.exit(3)", 3), ("raise SystemExit(4)", 4), ("1 / 0", 1),
    ("del kept, tenant", 0), ("cycle = None", 0)])
def test_interpreter_exit_with_open_stores(folder, ending, code):
    done = run_python(OPEN_AT_EXIT.replace("ENDING", ending), folder / "s")
    assert done.returncode == code, done.stderr
    assert done.stdout == "ready\n"
    noise = [line for line in done.stderr.splitlines()
             if line and "closed" not in line]
    if ending != "1 / 0":
        # Daemon threads are told that the store is closed.
        assert not any("Fatal" in line or "terminate" in line
                       for line in noise), done.stderr
    # It was closed: the next open has nothing to fold.
    with crm.Store.open(folder / "s") as store:
        assert store.stats().events == 3000
        assert store.verify().sound


FORKED = """
import os, sys
import crm
store = crm.Store.open(sys.argv[1], create_if_missing=True)
tenant = store.tenant("t")
tenant.append({"id": "1", "type": "t", "source": "s"})
cursor, snapshot = tenant.replay(), tenant.snapshot()
child = os.fork()
if child == 0:
    for call in (store.stats, lambda: tenant.append({}), tenant.replay,
                 lambda: next(cursor), lambda: snapshot.position,
                 store.__enter__, lambda: tenant.append_many(b"{}"),
                 lambda: tenant.import_file("-"),
                 lambda: tenant.wait_for_events(0)):
        try:
            call()
            os._exit(11)
        except crm.InputError as error:
            if "fork" not in str(error):
                os._exit(12)
    for call in (lambda: crm.Store.open(sys.argv[1]), lambda:
                 crm.Store.open_in_memory()):
        try:
            call()
            os._exit(13)
        except crm.InputError as error:
            if "spawn" not in str(error):
                os._exit(14)
    store.close(); cursor.close(); snapshot.close()
    del cursor, snapshot, tenant, store
    ENDING
_, status = os.waitpid(child, 0)
assert status == 0, status
tenant.append({"id": "2", "type": "t", "source": "s"})
assert [e.id for e in cursor] == ["1"]
cursor.close(); snapshot.close()
assert store.verify().sound
store.close()
print("fine")
"""


@pytest.mark.parametrize("ending", ["os._exit(0)", "sys.exit(0)"])
def test_forked_child_is_told(folder, ending):
    done = run_python(FORKED.replace("ENDING", ending), folder / "s")
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


def child_of_pool(_):
    try:
        inherited.stats()
    except crm.InputError as error:
        return str(error)
    return "no error"


inherited = None


def test_multiprocessing_by_fork(folder):
    global inherited
    inherited = crm.Store.open(folder / "s", create_if_missing=True)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for answer in pool.map(child_of_pool, range(4)):
            assert "forked child" in answer
    inherited.tenant("t").append(member(1))
    inherited.close()
    inherited = None


def child_by_spawn(path):
    with crm.Store.open(path) as store:
        return store.stats().events


def test_multiprocessing_by_spawn(folder):
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        store.tenant("t").append(member(1))
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        assert pool.apply(child_by_spawn, (str(folder / "s"),)) == 1


def test_a_fork_before_the_first_open(folder):
    done = run_python("""
import os, sys, crm
child = os.fork()
if child == 0:
    with crm.Store.open(sys.argv[1], create_if_missing=True) as store:
        store.tenant("t").append({"id": "1", "type": "t", "source": "s"})
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
with crm.Store.open(sys.argv[1]) as store:
    print(store.stats().events)
""", folder / "s")
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_pickling_is_refused(store, tenant):
    tenant.append(member(1))
    [event] = tenant.replay()
    for handle in (store, tenant, tenant.replay(), tenant.snapshot(), event,
                   tenant.profile(1), crm.DryRun(), crm.AppendOrder(),
                   crm.EphemeralKeyProvider(), crm.Identifier("a", "b")):
        name = type(handle).__name__
        for refused in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match=f"crm.{name} cannot be"):
                refused(handle)
    assert pickle.loads(pickle.dumps(event.to_dict()))["id"] == "m-1"
    for member_of in (crm.Outcome.APPENDED, crm.StatusCode.OK):
        assert pickle.loads(pickle.dumps(member_of)) is member_of


def test_callbacks_are_released(folder):
    class Log:
        def __call__(self, level, text):
            pass

    log = Log()
    gone = weakref.ref(log)
    store = crm.Store.open(folder / "s", create_if_missing=True, log=log)
    store.close()
    del store, log
    gc.collect()
    assert gone() is None


def test_the_extension_exports_its_entry_and_nothing_else():
    if shutil.which("nm") is None:
        pytest.skip("no nm")
    names = subprocess.run(["nm", "-D", "--defined-only", _crm.__file__],
                           capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in names.splitlines()] == ["PyInit__crm"]
    assert os.path.getsize(_crm.__file__) < 20 << 20


def test_nothing_leaks(tenant):
    """Blocks of the interpreter, before and after many calls of each kind."""
    tenant.append_many(member(n) for n in range(50))
    event = crm.Event(id="e", type="t", source="s", identifiers={"email": "a"})

    def use():
        for call in (
                lambda: tenant.append([member(1), member(2)]).to_dict(),
                lambda: tenant.append({"id": "x"}, partial=True).events,
                lambda: tenant.append_many([member(1), "{", {"a": {1}}],
                                           partial=True).rejected_events,
                lambda: [hash(e) for e in tenant.replay()],
                lambda: repr(tenant.profile(1)), lambda: tenant.profile(1)["n"],
                lambda: tenant.timeline(1).entries[0].payload,
                lambda: tenant.customer(1).records,
                lambda: tenant.snapshot().stats(),
                lambda: tenant.append(event, dry_run=crm.DryRun()),
                lambda: tenant.append(member(1), conditions=[
                    crm.Condition.customer_exists(("email", "no@x.com"))]),
                lambda: tenant.find_customer("email", 5),
                lambda: tenant.append(5), lambda: tenant.offset("none")):
            try:
                call()
            except (crm.Error, TypeError):
                pass

    # Free lists fill first.
    for _ in range(500):
        use()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(1500):
        use()
    gc.collect()
    # One block for each call of one kind would be 1,500.
    assert sys.getallocatedblocks() - before < 750
