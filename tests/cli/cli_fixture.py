"""What the tests of the crm program share; standard library only."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

MEMBER = {
    "id": "m-1", "type": "scl.member.created", "version": "1.0",
    "timestamp": "2026-02-02T09:15:00.250Z", "source": "scl",
    "identity": {"sclMemberId": 10001, "email": "ada@example.com",
                 "phoneNumber": "+27821234567"},
    "payload": {"firstName": "Ada", "handicap": 12.50, "big": 2 ** 64},
}


def event(number, **members):
    result = {
        "id": f"e-{number}", "type": "teetime.booking.created",
        "timestamp": f"2026-03-{1 + number % 28:02}T10:00:00Z",
        "source": "teetime",
        "identity": {"teetimePlayerId": str(1 + number % 7)},
        "payload": {"n": number},
    }
    result.update(members)
    return result


def lines(events):
    return "".join(json.dumps(e) + "\n" for e in events)


class CliTest(unittest.TestCase):

    program = ""
    maps = ""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="crm-cli-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.store = self.path("store")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        pathlib.Path(self.path(name)).write_text(text, encoding="utf-8")
        return self.path(name)

    def crm(self, *arguments, code=0, stdin="", warns=False):
        """Runs the program; its standard output and error."""
        done = subprocess.run([self.program, *arguments], input=stdin, text=True,
                              capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code,
                         f"crm {arguments}\n{done.stdout}\n{done.stderr}")
        if code > 1:
            self.assertTrue(done.stderr.startswith("crm: "), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        elif warns:
            self.assertTrue(done.stderr.startswith("crm: warning: "))
        else:
            self.assertEqual(done.stderr, "")
        return done.stdout, done.stderr

    def last(self, *arguments, code=0, stdin=""):
        """The JSON on the last line of standard output."""
        out, _ = self.crm(*arguments, "--json", code=code, stdin=stdin)
        return json.loads(out.splitlines()[-1])

    def init(self):
        self.crm("init", self.store)

    def sums(self, report):
        return [report[name] for name in
                ("read", "appended", "duplicates", "rejected",
                 "customers_created", "unattributed")]


def main():
    """Runs the tests of the script: PROGRAM MAPS [unittest arguments]."""
    CliTest.program, CliTest.maps = sys.argv[1], sys.argv[2]
    unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[3:]])
