"""crm ledger: checkpoints and proofs, as a shell sees them; and the verifier
of examples/ that does without libcrm."""

import json
import os
import pathlib
import subprocess
import sys

import cli_fixture


def act(number, **members):
    return cli_fixture.event(
        number, type="ConsentGranted", source="web",
        payload={"purpose": "marketing", "channel": "email"}, **members)


class Ledger(cli_fixture.CliTest):

    def setUp(self):
        super().setUp()
        self.crm("init", self.store)
        self.crm("append", self.store, stdin=cli_fixture.lines(
            [act(n) if n % 2 else cli_fixture.event(n) for n in range(40)]))
        head, _ = self.crm("ledger", "head", self.store, "--json")
        self.head = json.loads(head)

    def ledger(self, *arguments, code=0, stdin=""):
        out, _ = self.crm("ledger", *arguments, code=code, stdin=stdin)
        return out

    def verifier(self, *arguments, code=0):
        """The program of examples/; what it says."""
        program = pathlib.Path(self.maps).parent / "ledger_verify.py"
        done = subprocess.run(
            [sys.executable, "-B", program, *arguments], capture_output=True,
            text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_head(self):
        self.assertEqual(self.head["size"], 20)
        out = self.ledger("head", self.store)
        for name in ("origin", "root", "key"):
            self.assertIn(self.head[name], out)

    def test_checkpoint(self):
        note = self.ledger("checkpoint", self.store)
        self.assertTrue(note.startswith(self.head["origin"] + "\n20\n"))
        said = json.loads(self.ledger("checkpoint", self.store, "--json"))
        self.assertEqual(said, {"checkpoint": note, "key": self.head["key"]})
        self.assertIn("\n5\n", self.ledger("checkpoint", self.store, "--size",
                                           "5"))
        self.crm("ledger", "checkpoint", self.store, "--size", "21", code=2)

    def test_proofs(self):
        key = self.head["key"]
        old = self.write("old.txt", self.ledger("checkpoint", self.store,
                                                "--size", "6"))
        note = self.write("note.txt", self.ledger("checkpoint", self.store))
        proof = self.write("proof.json", self.ledger(
            "prove", self.store, "--source", "web", "--id", "e-7"))
        since = self.write("since.json", self.ledger(
            "prove", self.store, "--since", "6"))
        opening = self.write("opening.json", self.ledger(
            "open", self.store, "--source", "web", "--id", "e-7"))
        for arguments in ([proof], [proof, "--opening", opening], [since],
                          [proof, "--key", key, "--checkpoint", note],
                          [since, "--key", key, "--checkpoint", old]):
            self.assertIn("It is shown",
                          self.ledger("check", *arguments))
            self.assertIn("It is shown", self.verifier("proof", *arguments))
        other = self.write("other.json", self.ledger(
            "open", self.store, "--source", "web", "--id", "e-9"))
        for arguments in ([proof, "--opening", other],
                          [proof, "--key", key, "--checkpoint", old]):
            self.crm("ledger", "check", *arguments, code=6)
            self.assertIn("NOT SO", self.verifier("proof", *arguments, code=1))
        self.crm("ledger", "check", self.write("none.json", "{}"), code=2)
        self.crm("ledger", "check", self.path("nowhere"), code=3)
        self.crm("ledger", "check", proof, "--checkpoint", note, code=2)
        self.crm("ledger", "prove", self.store, code=2)
        self.crm("ledger", "prove", self.store, "--source", "teetime", "--id",
                 "e-8", code=3)
        self.crm("ledger", "prove", self.store, "--source", "web", "--id",
                 "e-7", "--since", "6", code=2)

    def test_every_character_of_a_proof_counts(self):
        for arguments in (["--source", "web", "--id", "e-7"],
                          ["--since", "6"]):
            proof = json.loads(self.ledger("prove", self.store, *arguments))
            changed = self.path("changed.json")
            for name in proof:
                other = json.loads(json.dumps(proof))
                other[name] = {
                    "proof": "none", "path": proof["path"][:-1],
                    "head": {**proof["head"], "root": "00" * 32},
                    "record": {**proof.get("record", {}), "customer": 99},
                    "oldSize": 5, "oldRoot": "00" * 32}[name]
                self.write("changed.json", json.dumps(other))
                self.verifier("proof", changed, code=1)
                self.crm("ledger", "check", changed,
                         code=2 if name == "proof" else 6)

    def test_export_is_checked_without_libcrm(self):
        key = self.head["key"]
        old = self.write("old.txt", self.ledger("checkpoint", self.store,
                                                "--size", "6"))
        path = self.path("ledger.ndjson")
        self.assertIn("20 records", self.ledger("export", self.store,
                                                "--output", path))
        self.assertEqual(self.ledger("export", self.store),
                         pathlib.Path(path).read_text(encoding="utf-8"))
        given = ["--key", key, "--checkpoint", old]
        self.assertIn("20 records", self.verifier("export", path, *given))
        lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
        # Changed, left out, moved, re-dated, cut off.
        record = json.loads(lines[5])
        for bad in (lines[:5] + lines[6:],
                    lines[:5] + [lines[6], lines[5]] + lines[7:],
                    lines[:-1], lines[1:]):
            self.write("bad.ndjson", "\n".join(bad) + "\n")
            self.verifier("export", self.path("bad.ndjson"), *given, code=1)
        for name, value in (("type", "ConsentRevoked"), ("source", "x"),
                            ("occurredAt", "2020-01-01T00:00:00Z"),
                            ("recordedAt", "2020-01-01T00:00:00Z"),
                            ("commitment", "00" * 32), ("link", "00" * 32),
                            ("header", "00" * 128), ("root", "00" * 32),
                            ("customer", 99), ("position", 1)):
            lines[5] = json.dumps({**record, name: value})
            self.write("bad.ndjson", "\n".join(lines) + "\n")
            said = self.verifier("export", self.path("bad.ndjson"), *given,
                                 code=1)
            if name != "position":
                self.assertIn(f"leaf 4, at position {record['position']}",
                              said)

    def test_verify(self):
        note = self.write("note.txt", self.ledger("checkpoint", self.store))
        out = self.ledger("verify", self.store, "--checkpoint", note, "--open")
        self.assertIn("Sound: 20 records of the ledger", out)
        self.assertIn("20 compared with what they say", out)
        report = json.loads(self.ledger("verify", self.store, "--json"))
        self.assertTrue(report["sound"])
        self.assertEqual(report["ledger_records"], 20)
        self.crm("ledger", "verify", self.store, "--checkpoint",
                 self.write("none.txt", "none"), code=2)
        # Another store's note, and this one's own of a ledger that is gone.
        second = self.path("second")
        self.crm("init", second)
        self.crm("append", second, stdin=cli_fixture.lines([act(1)]))
        self.crm("ledger", "verify", second, "--checkpoint", note, code=6)
        self.assertFalse(os.path.exists(self.path("second.ndjson")))

    def test_an_older_copy_is_found(self):
        copy = self.path("copy")
        self.crm("checkpoint", self.store, copy)
        self.crm("append", self.store, stdin=cli_fixture.lines([act(77)]))
        note = self.write("note.txt", self.ledger("checkpoint", self.store))
        out = self.ledger("verify", copy, "--key-file", self.store + ".key",
                          "--checkpoint", note, code=1)
        self.assertIn("DAMAGED", out)
        self.assertIn("it had more", out)


if __name__ == "__main__":
    cli_fixture.main()
