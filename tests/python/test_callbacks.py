"""What a program lends to a store: clock, keys, log, progress."""

import datetime
import logging
import os
import pathlib
import sys
import threading

import pytest

import crm
from conftest import UTC, at, member, run_python


def test_clock(ticks):
    with crm.Store.open_in_memory(clock=ticks) as store:
        tenant = store.tenant("t")
        tenant.append([member(1), {"id": "n", "type": "t", "source": "s"}])
        tenant.append(member(2))
        first, now, last = tenant.replay()
        assert first.recorded_at >= at(2026, 2, 2)
        assert last.recorded_at > first.recorded_at
        assert now.occurred_at == now.recorded_at


@pytest.fixture
def watch(monkeypatch):
    """Begins to note unraisable exceptions, inside of the test."""
    def begin():
        caught = []
        monkeypatch.setattr(sys, "unraisablehook",
                            lambda info: caught.append(info.exc_type))
        return caught
    return begin


def break_views(store):
    """The next open says that it makes the views again."""
    for path in (store / "views").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damage")


@pytest.mark.parametrize("broken,error", [
    (lambda: 1 / 0, ZeroDivisionError), (lambda: "now", TypeError),
    (lambda: datetime.datetime(2026, 1, 1), crm.InputError)])
def test_a_clock_that_fails_stands_still(watch, broken, error):
    unraisable = watch()
    answers = [at(2026, 4, 4)]

    def clock():
        return answers[0] if answers else broken()

    with crm.Store.open_in_memory(clock=clock) as store:
        tenant = store.tenant("t")
        tenant.append(member(1))
        answers.clear()
        tenant.append(member(2))
        assert {e.recorded_at for e in tenant.replay()} == {at(2026, 4, 4)}
    assert error in unraisable


def test_wrong_callbacks():
    for wrong in ({"clock": 5}, {"log": "x"}, {"key_provider": object()}):
        with pytest.raises(TypeError):
            crm.Store.open_in_memory(**wrong)


def test_log(folder):
    seen = []
    with crm.Store.open(folder / "s", create_if_missing=True,
                        log=lambda level, text: seen.append((level, text))
                        ) as store:
        store.tenant("t").append(member(1))
        store.flush()
    break_views(folder / "s")
    with crm.Store.open(folder / "s",
                        log=lambda level, text: seen.append((level, text))):
        pass
    assert seen
    for level, text in seen:
        assert isinstance(level, crm.LogLevel) and isinstance(text, str)
        assert "example.com" not in text
        assert getattr(logging, level.name) > 0


def test_a_log_that_fails_is_reported(folder, watch):
    unraisable = watch()
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        store.tenant("t").append(member(1))
    break_views(folder / "s")
    with crm.Store.open(folder / "s", log=lambda *_: 1 / 0) as store:
        assert store.stats().events == 1
    assert ZeroDivisionError in unraisable


class Vault:
    """A key provider such as one over a KMS would be."""

    def __init__(self):
        self.secret = os.urandom(32)
        self.calls = []
        self.fails_with = None

    def mix(self, tenant, data):
        self.calls.append((tenant, threading.get_ident()))
        if self.fails_with is not None:
            raise self.fails_with
        assert isinstance(data, bytes)
        return bytes(a ^ b for a, b in zip(data, self.secret))

    def wrap(self, tenant, key):
        assert len(key) == 32
        return b"v1" + self.mix(tenant, key)

    def unwrap(self, tenant, wrapped):
        assert wrapped[:2] == b"v1"
        return self.mix(tenant, wrapped[2:])


def test_key_provider(folder):
    vault = Vault()
    with crm.Store.open(folder / "s", create_if_missing=True,
                        key_provider=vault) as store:
        assert store.key_file == ""
        store.tenant("golf-club").append(member(1))
    assert {tenant for tenant, _ in vault.calls} == {"golf-club"}
    with crm.Store.open(folder / "s", key_provider=vault) as store:
        assert [e.id for e in store.tenant("golf-club").replay()] == ["m-1"]


def read(folder, vault):
    with crm.Store.open(folder / "s", key_provider=vault) as store:
        tenant = store.tenant("golf-club")
        tenant.append(member(2))
        return list(tenant.replay())


def test_exceptions_of_a_key_provider_are_the_cause(folder):
    vault = Vault()
    with crm.Store.open(folder / "s", create_if_missing=True,
                        key_provider=vault) as store:
        store.tenant("golf-club").append(member(1))
    vault.fails_with = ConnectionError("secret address")
    with pytest.raises(crm.FatalError) as caught:
        read(folder, vault)
    assert caught.value.code is crm.StatusCode.KEY_MISSING
    assert "ConnectionError" in str(caught.value)
    assert "secret address" not in str(caught.value)
    assert caught.value.__cause__ is vault.fails_with
    vault.fails_with = crm.FatalError("no", crm.StatusCode.IO_ERROR)
    with pytest.raises(crm.FatalError) as caught:
        read(folder, vault)
    assert caught.value.code is crm.StatusCode.IO_ERROR
    vault.fails_with = None
    assert len(read(folder, vault)) == 2


def test_a_key_provider_that_gives_no_bytes():
    class Wrong(Vault):
        def wrap(self, tenant, key):
            return "text"

    with pytest.raises(crm.InputError, match="bytes"):
        with crm.Store.open_in_memory(key_provider=Wrong()) as store:
            store.tenant("t").append(member(1))


def test_rotation_by_a_provider_in_python(folder):
    class Turning:
        def __init__(self):
            self.inner = crm.EphemeralKeyProvider()
            self.calls = []

        def wrap(self, tenant, key):
            return self.inner.wrap(tenant, key)

        def unwrap(self, tenant, wrapped):
            return self.inner.unwrap(tenant, wrapped)

        def begin_rotation(self):
            self.calls.append("begin")
            self.inner.begin_rotation()

        def end_rotation(self):
            self.calls.append("end")
            if len(self.calls) == 2:
                raise ConnectionError("secret address")
            self.inner.end_rotation()

    provider = Turning()
    with crm.Store.open(folder / "s", create_if_missing=True,
                        key_provider=provider) as store:
        store.tenant("t").append(member(1))
        with pytest.raises(crm.FatalError, match="end_rotation") as caught:
            store.rotate_keys()
        assert isinstance(caught.value.__cause__, ConnectionError)
        done = store.rotate_keys()
        assert done.old_destroyed and done.tenants == 1 and done.keys > 0
        assert not store.rotate_keys(keep_old=True).old_destroyed
    assert provider.calls == ["begin", "end", "begin", "end", "begin"]
    with crm.Store.open(folder / "s", key_provider=provider) as store:
        assert len(list(store.tenant("t").replay())) == 1


def test_rotation_by_a_provider_that_cannot():
    with crm.Store.open_in_memory(key_provider=Vault()) as store:
        store.tenant("t").append(member(1))
        with pytest.raises(crm.Error) as caught:
            store.rotate_keys()
        assert caught.value.code is crm.StatusCode.UNSUPPORTED
        assert len(list(store.tenant("t").replay())) == 1


def test_rotation_of_a_key_file(folder):
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        store.tenant("t").append(member(1))
        key = pathlib.Path(store.key_file)
        before = key.read_bytes()
        with pytest.raises(crm.RetryableError) as caught:
            store.rotate_keys(progress=lambda done, total: False)
        assert caught.value.code is crm.StatusCode.CANCELLED
        seen = []
        store.rotate_keys(progress=lambda done, total: seen.append(
            (done, total)))
        assert seen and all(done <= total for done, total in seen)
        assert before not in key.read_bytes()
    with crm.Store.open(folder / "s") as store:
        assert len(list(store.tenant("t").replay())) == 1
    key.write_bytes(before)
    with pytest.raises(crm.FatalError, match="before a rotation"):
        crm.Store.open(folder / "s")


def test_own_key_providers(folder):
    with pytest.raises(crm.FatalError):
        crm.FileKeyProvider(folder / "key")
    file = crm.FileKeyProvider(folder / "key", create=True)
    again = crm.FileKeyProvider(str(folder / "key"))
    key = os.urandom(32)
    assert again.unwrap("t", file.wrap("t", key)) == key
    with pytest.raises(crm.CorruptionError):
        again.unwrap("other", file.wrap("t", key))
    (folder / "key").chmod(0o644)
    with pytest.raises(crm.InputError):
        crm.FileKeyProvider(folder / "key")
    (folder / "key").chmod(0o600)
    for provider in (file, crm.EphemeralKeyProvider()):
        with crm.Store.open_in_memory(key_provider=provider) as store:
            store.tenant("t").append(member(1))
            assert len(list(store.tenant("t").replay())) == 1
    one, other = crm.EphemeralKeyProvider(), crm.EphemeralKeyProvider()
    assert one.unwrap("t", one.wrap("t", key)) == key
    with pytest.raises(crm.CorruptionError):
        other.unwrap("t", one.wrap("t", key))


def test_a_provider_in_python_around_one_of_ours(folder):
    class Counting:
        def __init__(self):
            self.inner = crm.FileKeyProvider(folder / "key", create=True)
            self.count = 0

        def wrap(self, tenant, key):
            self.count += 1
            return self.inner.wrap(tenant, key)

        def unwrap(self, tenant, wrapped):
            self.count += 1
            return self.inner.unwrap(tenant, wrapped)

    provider = Counting()
    with crm.Store.open_in_memory(key_provider=provider) as store:
        store.tenant("t").append(member(1))
    assert provider.count > 0


def test_callbacks_work_from_other_threads(ticks):
    """The maintenance thread of the store, and threads of Python."""
    vault, names = Vault(), set()

    def clock():
        names.add(threading.current_thread().name)
        return datetime.datetime.now(UTC)

    with crm.Store.open_in_memory(key_provider=vault, clock=clock) as store:
        def work(number):
            store.tenant(f"t-{number}").append(member(number))

        threads = [threading.Thread(target=work, args=(n,), name=f"w-{n}")
                   for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(vault.calls) >= 4 and names


def test_callbacks_that_call_their_store_are_refused():
    refused = []

    def refuse():
        for call in (store.stats, store.close, lambda: store.tenant("b"),
                     lambda: tenant.append(member(9))):
            with pytest.raises(crm.InputError, match="callback|clock"):
                call()
            refused.append(call)

    class Keys:
        def wrap(self, _tenant, key):
            if tenant is not None:
                refuse()
            return key

        unwrap = wrap

    def clock():
        if tenant is not None:
            refuse()
        return at(2026, 1, 1)

    store = tenant = None
    store = crm.Store.open_in_memory(key_provider=Keys(), clock=clock)
    made = store.tenant("t")
    made.append(member(1))
    refused.clear()
    tenant = made
    made.append(member(2))
    assert len(refused) >= 4
    refused.clear()
    store.tenant("new").append(member(3))
    assert len(refused) >= 8
    tenant = None
    store.close()


def test_a_callback_may_call_another_store(store):
    other = store.tenant("keys")

    class Keys:
        def wrap(self, tenant, key):
            other.append(member(1))
            return key

        unwrap = wrap

    with crm.Store.open_in_memory(key_provider=Keys()) as second:
        second.tenant("t").append(member(2))
    assert store.stats().events == 1


def test_closing_in_the_progress_of_verify_is_refused(store):
    store.tenant("t").append_many(member(n) for n in range(100))
    seen = []

    def progress(_done, _total):
        seen.append(store.stats().events)
        store.close()

    with pytest.raises(crm.InputError, match="must not close"):
        store.verify(progress=progress)
    assert seen == [100]
    assert store.verify().sound


class WithoutCode(crm.Error):
    def __init__(self):
        Exception.__init__(self, "no code")


def with_code(code):
    error = crm.Error("odd code")
    error.code = code
    return error


@pytest.mark.parametrize("error", [
    WithoutCode(), with_code(0), with_code("abc"), with_code(5),
    with_code(10 ** 30), with_code(None)])
def test_errors_of_a_key_provider_without_a_proper_code(error):
    vault = Vault()
    vault.fails_with = error
    with crm.Store.open_in_memory(key_provider=vault) as store:
        with pytest.raises(crm.FatalError) as caught:
            store.tenant("t").append(member(1))
        assert caught.value.code is crm.StatusCode.KEY_MISSING
        assert caught.value.__cause__ is error
        vault.fails_with = None
        store.tenant("t").append(member(1))


def test_ctrl_c_in_a_key_provider_is_no_fatal_error():
    vault = Vault()
    vault.fails_with = KeyboardInterrupt()
    with crm.Store.open_in_memory(key_provider=vault) as store:
        with pytest.raises(KeyboardInterrupt):
            store.tenant("t").append(member(1))


def test_ctrl_c_in_a_clock_is_not_lost():
    done = run_python("""
import datetime, signal, time
import crm
signal.signal(signal.SIGINT, signal.default_int_handler)
hits = []

def clock():
    if hits:
        hits.clear()
        signal.raise_signal(signal.SIGINT)
    return datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)

tenant = crm.Store.open_in_memory(clock=clock).tenant("t")
hits.append(1)
try:
    tenant.append({"id": "a", "type": "t", "source": "s"})
    time.sleep(1)
    print("lost")
except KeyboardInterrupt:
    print("interrupted")
""")
    assert done.stdout == "interrupted\n", done.stderr
