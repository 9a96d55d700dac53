"""crm erase and certificate: erasing a customer, as a shell sees it."""

import gzip
import json
import os
import shutil

import cli_fixture


def person(number, identity, name, **members):
    return cli_fixture.event(number, type="scl.member.updated", source="web",
                             identity=identity,
                             payload={"traits": {"name": name}}, **members)


class Privacy(cli_fixture.CliTest):

    def setUp(self):
        super().setUp()
        self.crm("init", self.store)
        self.crm("append", self.store, stdin=cli_fixture.lines([
            person(1, {"authUserId": "1", "email": "a@example.com"}, "Ada"),
            person(2, {"authUserId": "2", "email": "b@example.com"}, "Ben"),
            person(3, {"email": "c@example.com"}, "Cy"),
        ]))

    def json_line(self, *arguments, **keywords):
        out, _ = self.crm(*arguments, "--json", **keywords)
        [line] = out.splitlines()
        return json.loads(line)

    def test_erase(self):
        plan = self.json_line("erase", self.store, "a@example.com",
                              "--dry-run")
        self.assertEqual(plan["customer"], 1)
        self.assertEqual(plan["events"], 1)
        self.assertIsNone(plan["certificate"])
        out, _ = self.crm("erase", self.store, "1", "--dry-run")
        self.assertIn("Nothing was erased", out)
        self.crm("show", self.store, "1")
        file = self.store + ".certificate"
        out, _ = self.crm("erase", self.store, "1", "--by", "desk", "--why",
                          "gdpr-request", "--certificate", file)
        self.assertIn("Erased.", out)
        _, error = self.crm("show", self.store, "1", code=4)
        self.assertIn("customer 1 was erased", error)
        self.crm("show", self.store, "a@example.com", code=3)
        self.crm("erase", self.store, "1", code=4)
        self.crm("show", self.store, "b@example.com")
        out, _ = self.crm("erasures", self.store)
        self.assertIn("gdpr-request", out)
        listed = self.json_line("erasures", self.store)
        with open(file, encoding="utf-8") as text:
            self.assertEqual(listed["certificate"], json.load(text))
        out, _ = self.crm("identity", "changes", self.store)
        self.assertIn("erased", out)
        stats = self.json_line("stats", self.store)
        self.assertEqual(stats["tenants"][0]["erased_customers"], 1)
        self.crm("verify", self.store)

    def test_holds(self):
        placed = self.json_line("hold", "place", self.store, "a@example.com",
                                "--category", "orders", "--category",
                                "profile", "--why", "case 1")
        self.assertEqual(placed, {"hold": 1, "customer": 1})
        _, error = self.crm("erase", self.store, "1", code=2)
        self.assertIn("hold 1 (orders profile)", error)
        out, _ = self.crm("erase", self.store, "1", "--wait-for-release")
        self.assertIn("waits for the release", out)
        out, _ = self.crm("hold", "list", self.store, "a@example.com")
        self.assertIn("case 1", out)
        self.assertIn("after the release", out)
        out, _ = self.crm("hold", "list", self.store, "b@example.com")
        self.assertIn("Nobody is held", out)
        out, _ = self.crm("hold", "release", self.store, "1", "--by", "legal")
        self.assertIn("Customer 1 was erased", out)
        self.crm("hold", "release", self.store, "1", code=2)
        self.crm("hold", "release", self.store, "9", code=3)
        listed = self.json_line("hold", "list", self.store, "--released")
        self.assertEqual(listed["released_by"], "legal")
        self.crm("show", self.store, "1", code=4)
        self.crm("verify", self.store)

    def test_retain(self):
        self.crm("retain", self.store, code=2)
        self.crm("privacy", "settings", self.store, "--set", "-",
                 stdin='{"retention":{"days":1500}}')
        self.crm("append", self.store, stdin=cli_fixture.lines([
            person(9, {"email": "a@example.com"}, "Old",
                   timestamp="2020-01-01T00:00:00Z")]))
        out, _ = self.crm("retain", self.store, "--dry-run")
        self.assertIn("scl.member.updated", out)
        self.assertIn("Nothing was removed", out)
        done = self.json_line("retain", self.store, "--by", "nightly")
        self.assertEqual(done["events"], 1)
        self.assertEqual(done["types"][0]["customers"], 1)
        out, _ = self.crm("retain", self.store)
        self.assertIn("Nothing is too old", out)
        events, _ = self.crm("replay", self.store, "--json")
        self.assertIn('"expired":true', events)
        self.crm("verify", self.store)

    def test_privacy_settings(self):
        before = json.loads(self.crm("privacy", "settings", self.store)[0])
        self.assertIn("PageViewed", before["categories"]["browsing"])
        out, _ = self.crm("privacy", "settings", self.store, "--set", "-",
                          stdin='{"categories":{"health":["visit.*"]}}')
        self.assertEqual(json.loads(out)["categories"]["health"], ["visit.*"])
        self.crm("hold", "place", self.store, "1", "--category", "health")
        _, error = self.crm("privacy", "settings", self.store, "--set", "-",
                            stdin="{}", code=2)
        self.assertIn("hold 1 is of health", error)
        self.crm("privacy", "settings", self.store, "--set", "-",
                 stdin='{"kinds":1}', code=2)
        self.crm("hold", "place", self.store, "1", "--category", "food",
                 code=2)

    def test_anonymise(self):
        plan = self.json_line("erase", self.store, "1", "--mode", "anonymise",
                              "--dry-run")
        self.assertEqual(plan["mode"], "anonymise")
        self.assertEqual(plan["counted"], 1)
        self.assertEqual(plan["waiting_sums"], 1)
        self.crm("append", self.store, stdin=cli_fixture.lines([
            person(10 + i, {"authUserId": str(10 + i)}, "Di",
                   timestamp="2026-01-05T10:00:00Z") for i in range(10)]))
        for i in range(9):
            out, _ = self.crm("erase", self.store, str(4 + i), "--mode",
                              "anonymise")
            self.assertNotIn("event of nobody", out)
            self.assertIn("waiting sums", out)
        out, _ = self.crm("erase", self.store, "13", "--mode", "anonymise")
        self.assertIn("event of nobody", out)
        self.assertIn('"people":10', out)
        events, _ = self.crm("replay", self.store, "--json")
        self.assertIn('"crm.events.anonymised"', events)
        self.crm("verify", self.store)

    def test_hard(self):
        self.crm("erase", self.store, "1", "--mode", "softly", code=2)
        done = self.json_line("erase", self.store, "1", "--mode", "hard")
        self.assertEqual(done["mode"], "hard")
        self.assertGreater(done["removed_bytes"], done["bytes"])
        self.assertGreater(done["files_searched"], 0)
        self.assertEqual(done["certificate"]["certificate"]["mode"], "hard")
        out, _ = self.crm("erase", self.store, "2", "--mode", "hard")
        self.assertIn("files searched", out)
        self.crm("verify", self.store)

    def test_redact(self):
        events, _ = self.crm("replay", self.store)
        position = events.splitlines()[1].split()[0]
        self.assertIn("Ada", events)
        out, _ = self.crm("redact", self.store, position, "--dry-run")
        self.assertIn("Nothing was redacted", out)
        self.crm("redact", self.store, "9999", code=3)
        self.crm("redact", self.store, code=2)
        done = self.json_line("redact", self.store, position, "--by", "desk",
                              "--why", "health data")
        self.assertEqual(done["customer"], 1)
        self.assertGreater(done["position"], done["event"])
        self.crm("redact", self.store, position, code=4)
        events, _ = self.crm("replay", self.store)
        self.assertIn("(redacted)", events)
        events, _ = self.crm("replay", self.store, "--json")
        self.assertNotIn("Ada", events)
        self.assertIn("a@example.com", events)
        self.crm("verify", self.store)

    def test_certificate(self):
        file = self.store + ".certificate"
        self.crm("erase", self.store, "1", "--certificate", file)
        key, _ = self.crm("certificate", "key", self.store)
        out, _ = self.crm("certificate", "verify", file, "--key", key.strip())
        self.assertIn("The signature is right", out)
        info = self.json_line("certificate", "verify", file)
        self.assertEqual(info["customer"], 1)
        self.crm("certificate", "verify", file, "--key", "0" * 64, code=4)
        # Done already.
        again = self.json_line("certificate", "apply", self.store, file)
        self.assertEqual(again["request"], info["request"])
        with open(file, encoding="utf-8") as text:
            changed = text.read().replace('"customer":1', '"customer":2')
        self.crm("certificate", "verify", "-", stdin=changed, code=4)
        self.crm("certificate", "apply", self.store, "-", stdin=changed,
                 code=4)
        self.crm("certificate", "verify", "-", stdin="{}", code=2)
        self.crm("certificate", "verify", file + ".not", code=3)
        # A file that is there is not written over, and nobody is erased.
        self.crm("erase", self.store, "2", "--certificate", file, code=4)
        self.crm("show", self.store, "2")
        os.remove(file)
        self.crm("erase", self.store, "9", "--certificate", file, code=3)
        self.assertFalse(os.path.exists(file))

    def test_backup(self):
        data, keys = self.path("data"), self.path("keys")
        self.crm("backup", self.store, data)
        self.crm("backup", self.store, data, code=4)
        self.crm("erase", self.store, "1")
        report = self.json_line("keys", "backup", self.store, keys)
        self.assertGreater(report["files"], 2)
        key, _ = self.crm("keys", "path", self.store)
        restored = self.path("restored")
        self.crm("restore", restored, data, keys, "--key-file", key.strip())
        _, error = self.crm("show", restored, "1", "--key-file", key.strip(),
                            code=4)
        self.assertIn("customer 1 was erased", error)
        self.crm("show", restored, "2", "--key-file", key.strip())
        self.crm("restore", restored, data, keys, code=4)
        self.crm("restore", self.path("other"), keys, keys, "--key-file",
                 key.strip(), code=2)

    def test_tenants(self):
        events = cli_fixture.lines([person(1, {"authUserId": "1"}, "Ada")])
        self.crm("append", self.store, "--tenant", "spa", stdin=events)
        out, _ = self.crm("tenant", "list", self.store)
        self.assertIn("spa", out)
        file = self.path("spa.ndjson.gz")
        self.crm("tenant", "export", self.store, "spa", file)
        _, error = self.crm("tenant", "drop", self.store, "spa", code=2)
        self.assertIn("confirm", error)
        out, _ = self.crm("tenant", "drop", self.store, "spa", "--dry-run")
        self.assertIn("Nothing was dropped", out)
        done = self.json_line("tenant", "drop", self.store, "spa", "--confirm",
                              "--by", "desk", "--why", "contract ended")
        self.assertTrue(done["dropped"])
        self.assertGreater(done["keys"], 0)
        _, error = self.crm("tenant", "drop", self.store, "spa", "--confirm",
                            code=4)
        self.assertIn("was dropped", error)
        self.crm("append", self.store, "--tenant", "spa", stdin=events,
                 code=4)
        out, _ = self.crm("tenant", "list", self.store, "--json")
        tenants = {one["tenant"]: one
                   for one in map(json.loads, out.splitlines())}
        self.assertFalse(tenants["default"]["dropped"])
        self.assertEqual(tenants["spa"]["dropped_why"], "contract ended")
        self.crm("tenant", "drop", self.store, "nowhere", "--confirm", code=3)
        self.crm("show", self.store, "1")
        self.crm("verify", self.store)
        other = self.path("other")
        self.crm("init", other)
        self.crm("import", other, file, "--format", "libcrm")
        again = self.path("again.ndjson.gz")
        self.crm("tenant", "export", other, "spa", again)
        with gzip.open(file) as a, gzip.open(again) as b:
            self.assertEqual(a.read(), b.read())

    def test_without_keys(self):
        data = self.path("data")
        self.crm("backup", self.store, data)
        restored = self.path("restored")
        _, error = self.crm("restore", restored, data, code=6)
        self.assertIn("allow_unreadable", error)
        self.crm("restore", restored, data, "--allow-unreadable")
        self.crm("stats", restored, code=6)
        self.crm("stats", restored, "--allow-unreadable", warns=True)
        out, _ = self.crm("replay", restored, "--allow-unreadable", warns=True)
        self.assertIn("(unreadable)", out)
        self.assertNotIn("Ada", out)
        out, _ = self.crm("verify", restored, "--allow-unreadable", warns=True)
        self.assertIn("could not be checked", out)
        report = self.json_line("verify", restored, "--allow-unreadable",
                                warns=True)
        self.assertGreater(report["unreadable"], 0)
        out, _ = self.crm("tenant", "list", restored, "--allow-unreadable",
                          warns=True)
        self.assertIn("default", out)

    def test_rotate(self):
        data, keys = self.path("data"), self.path("keys")
        self.crm("backup", self.store, data)
        self.crm("keys", "backup", self.store, keys)
        key, _ = self.crm("keys", "path", self.store)
        key = key.strip()
        shutil.copy(key, self.path("old.key"))
        kept = self.json_line("keys", "rotate", self.store, "--keep-old")
        self.assertFalse(kept["old_destroyed"])
        said, _ = self.crm("keys", "rotate", self.store)
        self.assertIn("destroyed", said)
        done = self.json_line("keys", "rotate", self.store)
        self.assertEqual(done["key_file"], key)
        self.assertEqual(done["tenants"], 1)
        self.assertGreater(done["keys"], 0)
        self.crm("show", self.store, "1")
        self.crm("verify", self.store)
        _, error = self.crm("restore", self.path("a"), data, keys,
                            "--key-file", key, code=6)
        self.assertIn("before a rotation", error)
        self.crm("restore", self.path("b"), data, keys, "--key-file",
                 self.path("old.key"))


if __name__ == "__main__":
    cli_fixture.main()
