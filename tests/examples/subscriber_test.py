#!/usr/bin/env python3
"""The example of an outbox: each event is handed on, in order."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop(1)


def event(number):
    return json.dumps({
        "id": f"e-{number}", "type": "booked", "source": "test",
        "identity": {"email": f"p{number % 7}@example.com"},
        "payload": {"number": number}}) + "\n"


class SubscriberTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.store = os.path.join(self.folder.name, "store")

    def tearDown(self):
        self.folder.cleanup()

    def start(self):
        return subprocess.Popen([PROGRAM, self.store], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def run_with(self, text):
        with self.start() as program:
            out, error = program.communicate(text, timeout=60)
        self.assertEqual(program.returncode, 0, error)
        return self.numbers(out), error

    def numbers(self, out):
        return [json.loads(line.split(" ", 2)[2])["number"]
                for line in out.splitlines()]

    def test_each_event_once_over_restarts(self):
        numbers, _ = self.run_with("".join(map(event, range(250))))
        self.assertEqual(numbers, list(range(250)))
        numbers, _ = self.run_with("".join(map(event, range(240, 260))))
        self.assertEqual(numbers, list(range(250, 260)))
        self.assertEqual(self.run_with("")[0], [])

    def test_a_bad_line_is_said(self):
        numbers, error = self.run_with(event(1) + "none\n" + event(2))
        self.assertEqual(numbers, [1, 2])
        self.assertIn("MALFORMED", error)

    def test_nothing_is_lost_when_it_is_killed(self):
        with self.start() as program:
            program.stdin.write("".join(map(event, range(300))))
            program.stdin.flush()
            first = program.stdout.readline()
            time.sleep(0.05)
            program.kill()
            seen = self.numbers(first + program.stdout.read().rpartition(
                "\n")[0])
        numbers, _ = self.run_with("".join(map(event, range(300))))
        # What was handed on before comes again at most from there on.
        self.assertEqual(seen, list(range(len(seen))))
        self.assertLessEqual(numbers[0], len(seen))
        self.assertEqual(numbers, list(range(numbers[0], 300)))


if __name__ == "__main__":
    unittest.main()
