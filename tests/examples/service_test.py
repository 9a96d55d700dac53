#!/usr/bin/env python3
"""The example of a service, as its clients and its supervisor see it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

SERVICE = sys.argv.pop(1)


def event(number, kind="booked"):
    return json.dumps({
        "id": f"e-{number}", "type": kind, "source": "test",
        "identity": {"email": f"p{number % 7}@example.com"},
        "payload": {"number": number}})


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.store = os.path.join(self.folder.name, "store")

    def tearDown(self):
        self.folder.cleanup()

    def start(self):
        return subprocess.Popen([SERVICE, self.store], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def run_with(self, lines, end="\n"):
        with self.start() as service:
            out, error = service.communicate("\n".join(lines) + end)
        self.assertEqual(service.returncode, 0, error)
        return [json.loads(line) for line in out.splitlines()]

    def ask(self, service, line):
        service.stdin.write(line + "\n")
        service.stdin.flush()
        return json.loads(service.stdout.readline())

    def test_one_answer_for_each_line(self):
        answers = self.run_with([event(1), "not JSON", event(2), event(1)])
        self.assertEqual([a["line"] for a in answers], [1, 2, 3, 4])
        self.assertEqual([a["status"] for a in answers],
                         ["OK", "MALFORMED", "OK", "OK"])
        self.assertEqual(answers[3]["outcome"], "duplicate")
        self.assertEqual(answers[3]["position"], answers[0]["position"])
        self.assertIn("customer", answers[0])

    def test_the_last_line_needs_no_end(self):
        self.assertEqual(len(self.run_with([event(1), event(2)], end="")), 2)

    def test_a_restart_goes_on_behind_what_is_done(self):
        lines = [event(number) for number in range(350)]
        self.assertEqual(len(self.run_with(lines[:250])), 250)
        answers = self.run_with(lines)
        self.assertEqual([a["line"] for a in answers],
                         list(range(251, 351)))
        self.assertEqual({a["outcome"] for a in answers}, {"appended"})
        self.assertEqual(self.run_with(lines), [])

    def test_a_line_without_end_is_given_up(self):
        with self.start() as service:
            try:
                _, error = service.communicate("x" * (24 << 20))
            except BrokenPipeError:
                error = service.stderr.read()
        self.assertEqual(service.returncode, 1, error)
        self.assertIn("too long", error)

    def test_an_answer_survives_a_kill(self):
        lines = [event(number) for number in range(30)]
        service = self.start()
        for line in lines[:20]:
            self.assertEqual(self.ask(service, line)["outcome"], "appended")
        service.kill()
        service.communicate()
        answers = self.run_with(lines)
        self.assertEqual([a["line"] for a in answers], list(range(21, 31)))

    def test_signals_end_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.store = os.path.join(self.folder.name, number.name)
            with self.start() as service:
                self.ask(service, event(1))
                service.send_signal(number)
                service.communicate(timeout=60)
            self.assertEqual(service.returncode, 0)

    def test_a_long_line_is_refused_and_the_next_is_not(self):
        answers = self.run_with(["x" * 2_000_000, event(1)])
        self.assertEqual([a["status"] for a in answers], ["TOO_LARGE", "OK"])

    def test_a_store_that_is_taken(self):
        with self.start() as service:
            self.ask(service, event(1))
            other = subprocess.run([SERVICE, self.store], input="", text=True,
                                   capture_output=True)
            service.communicate()
        self.assertEqual(other.returncode, 1)
        self.assertIn("BUSY", other.stderr)


if __name__ == "__main__":
    unittest.main()
