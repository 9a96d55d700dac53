"""What the tests of the Python package share."""

import datetime
import itertools
import os
import pathlib
import subprocess
import sys

import pytest

import crm

UTC = datetime.timezone.utc
SOURCE = pathlib.Path(os.environ.get(
    "CRM_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("CRM_BUILD", SOURCE / "build" / "release"))


def at(*parts):
    return datetime.datetime(*parts, tzinfo=UTC)


def member(number, **more):
    """An event about one person, in the first JSON shape."""
    event = {
        "id": f"m-{number}", "type": "scl.member.created", "source": "scl",
        "timestamp": (at(2026, 1, 1) + datetime.timedelta(minutes=number)
                      ).isoformat(),
        "identity": {"sclMemberId": str(10_000 + number),
                     "email": f"p{number}@example.com"},
        "payload": {"firstName": f"Person {number}", "n": number},
    }
    event.update(more)
    return event


def run_python(code, *arguments, env=None, timeout=120):
    """Runs a program of its own; its CompletedProcess."""
    return subprocess.run(
        [sys.executable, "-B", "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, check=False,
        env={**os.environ, **(env or {})})


@pytest.fixture
def store():
    with crm.Store.open_in_memory(default_region="ZA") as opened:
        yield opened


@pytest.fixture
def tenant(store):
    return store.tenant("golf-club")


@pytest.fixture
def folder(tmp_path):
    """A directory that others cannot write to, as stores demand."""
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
def ticks():
    """A clock that goes a second further each time it is asked."""
    seconds = itertools.count()
    return lambda: at(2026, 2, 2) + datetime.timedelta(seconds=next(seconds))
