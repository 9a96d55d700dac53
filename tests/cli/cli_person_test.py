"""crm export --person and check-export: a person's data, as a shell sees it."""

import json
import os
import subprocess
import sys

import cli_fixture

CHECKER = os.path.join(os.path.dirname(__file__), "..", "..", "examples",
                       "person_export_check.py")


class Person(cli_fixture.CliTest):

    def setUp(self):
        super().setUp()
        self.crm("init", self.store)
        self.crm("append", self.store, stdin=cli_fixture.lines([
            cli_fixture.event(n, type="scl.member.updated", source="web",
                              identity={"email": f"{name}@example.com"},
                              payload={"traits": {"name": name},
                                       "agentName": "Bo"})
            for n, name in ((1, "ada"), (2, "ben"))]))
        self.file = self.store + ".ndjson"

    def parts(self):
        with open(self.file, encoding="utf-8") as text:
            lines = [json.loads(line) for line in text]
        return {part: [line for line in lines if line["part"] == part]
                for part in (line["part"] for line in lines)}

    def test_export_and_check(self):
        out, _ = self.crm("export", self.store, "--person", "ada@example.com",
                          "-o", self.file, "--at", "2026-01-01")
        self.assertIn("customer            1", out)
        parts = self.parts()
        [event] = parts["events"]
        self.assertEqual(event["event"]["payload"],
                         {"traits": {"name": "ada"},
                          "agentName": "[redacted]"})
        self.assertEqual(parts["export"][0]["at"],
                         "2026-01-01T00:00:00.000000Z")
        with open(self.file, encoding="utf-8") as text:
            self.assertNotIn("ben", text.read())
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        out, _ = self.crm("check-export", self.file, "--json")
        self.assertEqual(json.loads(out)["sha256"],
                         parts["manifest"][0]["sha256"])
        run = subprocess.run([sys.executable, "-B", CHECKER, self.file],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("whole", run.stdout)
        with open(self.file, encoding="utf-8") as text:
            changed = text.read().replace('"ada"', '"eva"')
        with open(self.file, "w", encoding="utf-8") as text:
            text.write(changed)
        _, error = self.crm("check-export", self.file, code=2)
        self.assertIn("part events", error)
        run = subprocess.run([sys.executable, "-B", CHECKER, self.file],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("part events", run.stderr)
        self.crm("check-export", self.file + ".not", code=3)

    def test_modes_and_options(self):
        out, _ = self.crm("export", self.store, "--person", "1", "--mode",
                          "portability", "--leave-out", "scl.member.updated",
                          "--redact", "name")
        manifest = json.loads(out.splitlines()[-1])
        self.assertEqual(manifest["left_out"], 1)
        self.assertEqual(manifest["events"], 0)
        self.crm("export", self.store, "--person", "1", "--leave-out", "t",
                 code=2)
        self.crm("export", self.store, "--person", "1", "--format", "csv",
                 code=2)
        self.crm("export", self.store, "--person", "1", "--type", "t", code=2)
        self.crm("export", self.store, "--mode", "access", code=2)
        self.crm("export", self.store, "--person", "7", code=3)

    def test_erase_with_export(self):
        self.crm("erase", self.store, "1", "--export", "/no/such/folder/x",
                 code=6)
        self.crm("show", self.store, "1")
        self.crm("erase", self.store, "1", "--export", self.file, "--dry-run",
                 code=2)
        out, _ = self.crm("erase", self.store, "1", "--export", self.file,
                          "--json")
        report = json.loads(out)
        self.assertEqual(report["exported"]["events"], report["events"])
        self.assertEqual(len(self.parts()["events"]), 1)
        self.crm("check-export", self.file)
        self.crm("show", self.store, "1", code=4)
        self.crm("export", self.store, "--person", "1", code=4)


if __name__ == "__main__":
    cli_fixture.main()
