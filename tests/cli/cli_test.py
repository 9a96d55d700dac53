#!/usr/bin/env python3
"""Tests of the crm program: what it prints, where, and how it exits.

  cli_test.py PROGRAM MAPS [unittest arguments]

Standard library only.
"""

import json
import os
import pathlib
import signal
import stat
import subprocess
import time

from cli_fixture import MEMBER, CliTest, event, lines, main

# Those of `crm schema` are in cli_data_test.py.
COMMANDS = ("init import presets export append show timeline replay tail "
            "subscribe subscriptions stats verify checkpoint").split()


class Help(CliTest):

    def test_every_command_teaches(self):
        out, _ = self.crm("--help")
        self.assertIn("Exit codes:", out)
        for command in COMMANDS:
            self.assertIn(f"  {command} ", out)
            out_command, _ = self.crm(command, "--help")
            self.assertIn("Example:\n  ", out_command)
            self.assertIn(f"crm {command}", out_command)
        self.crm("--version")

    def test_wrong_command_lines(self):
        self.crm(code=2)
        _, error = self.crm("exprot", self.store, code=2)
        self.assertIn("no command is named exprot", error)
        self.crm("show", self.store, code=2)
        self.crm("stats", self.store, "--bogus", code=2)
        self.crm("import", self.store, "f", "--threads", "0", code=2)
        self.crm("timeline", self.store, "1", "--limit", "1001", code=2)


class Stores(CliTest):

    def test_init(self):
        made = self.last("init", self.store, "--region", "ZA")
        key = made["key_file"]
        self.assertTrue(os.path.isfile(key))
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        self.assertNotIn(os.path.realpath(self.store) + os.sep,
                         os.path.realpath(key))
        self.crm("init", self.store, code=4)
        out, _ = self.crm("init", self.path("other"))
        self.assertIn(self.path("other.key"), out)

    def test_no_store(self):
        for command in (["stats"], ["verify"], ["tail"], ["replay"],
                        ["append"], ["show", "1"]):
            arguments = [command[0], self.store, *command[1:]]
            _, error = self.crm(*arguments, code=3)
            self.assertIn(f"crm init {self.store}", error)
        self.assertFalse(os.path.exists(self.store))

    def test_stats_and_verify(self):
        self.init()
        self.crm("append", self.store,
                 stdin=lines([MEMBER, event(1), event(2, identity={})]))
        stats = self.last("stats", self.store)
        self.assertEqual(stats["events"], 3)
        self.assertEqual(stats["customers"], 2)
        self.assertEqual(stats["unattributed"], 1)
        self.assertEqual(stats["head"], stats["events"] + stats["derived"])
        self.assertEqual([t["tenant"] for t in stats["tenants"]], ["default"])
        out, _ = self.crm("stats", self.store)
        self.assertIn("unattributed", out)
        self.assertTrue(self.last("verify", self.store)["sound"])
        out, _ = self.crm("verify", self.store)
        self.assertTrue(out.startswith("Sound: "))

    def test_checkpoint(self):
        self.init()
        self.crm("append", self.store, stdin=lines([MEMBER]))
        copy = self.path("copy")
        made = self.last("checkpoint", self.store, copy)
        self.crm("checkpoint", self.store, copy, code=4)
        stats = self.last("stats", copy, "--key-file", made["key_file"])
        self.assertEqual(stats["events"], 1)
        shown = self.last("show", copy, "ada@example.com",
                          "--key-file", made["key_file"])
        self.assertEqual(shown["events"], 1)

    def test_busy(self):
        self.init()
        with subprocess.Popen([self.program, "append", self.store],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as owner:
            # It prints the outcome while it waits for more.
            owner.stdin.write(lines([MEMBER]))
            owner.stdin.flush()
            self.assertIn("appended", owner.stdout.readline())
            _, error = self.crm("stats", self.store, code=5)
            self.assertIn(str(owner.pid), error)
            owner.stdin.close()
            self.assertEqual(owner.wait(timeout=60), 0)
        self.assertEqual(self.last("stats", self.store)["events"], 1)


class Import(CliTest):

    def test_json(self):
        self.init()
        path = self.write("a.ndjson", lines(event(i) for i in range(1000)))
        report = self.last("import", self.store, path)
        self.assertEqual(self.sums(report), [1000, 1000, 0, 0, 7, 0])
        self.assertGreater(report["seconds"], 0)
        report = self.last("import", self.store, path)
        self.assertEqual(self.sums(report), [1000, 0, 1000, 0, 0, 0])
        out, _ = self.crm("import", self.store, path)
        self.assertIn("duplicates          1,000", out)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        report = self.last("import", self.store, "-", "--tenant", "other",
                           stdin=text)
        self.assertEqual(self.sums(report), [1000, 1000, 0, 0, 7, 0])

    def test_bad_rows(self):
        self.init()
        path = self.write("a.ndjson", lines([event(1)]) + "secret words\n" +
                          lines([event(2), {"id": "x", "source": "s"}]))
        report_path = self.path("bad.tsv")
        report = self.last("import", self.store, path, "--report", report_path,
                           code=1)
        self.assertEqual(self.sums(report), [4, 2, 0, 2, 2, 0])
        rows = pathlib.Path(report_path).read_text().splitlines()
        self.assertEqual(rows[0], "line\tcode\treason\tcolumn\tmessage")
        self.assertTrue(rows[1].startswith("2\tMALFORMED\tBAD_JSON\t\t"))
        self.assertTrue(rows[2].startswith(
            "4\tINVALID_ARGUMENT\tMISSING_REQUIRED\ttype\ttype"))
        self.assertNotIn("secret", rows[1])
        report_path = self.path("bad.ndjson")
        out, _ = self.crm("import", self.store, path, "--report", report_path,
                          code=1)
        rows = [json.loads(row) for row in
                pathlib.Path(report_path).read_text().splitlines()]
        self.assertEqual([row["line"] for row in rows], [2, 4])
        self.assertEqual([row["reason"] for row in rows],
                         ["BAD_JSON", "MISSING_REQUIRED"])
        self.assertEqual([row["column"] for row in rows], ["", "type"])
        out, _ = self.crm("import", self.store, path, code=1)
        self.assertIn("BAD_JSON", out)

    def test_presets(self):
        out, _ = self.crm("presets")
        for name in ("hubspot", "klaviyo", "mailchimp", "marketo"):
            self.assertIn(name, out)
            shown, _ = self.crm("presets", name)
            self.assertEqual(json.loads(shown)["contact"]["source"], name)
        _, error = self.crm("presets", "rolodex", code=3)
        self.assertIn("hubspot", error)
        self.init()
        path = self.write("contacts.csv",
                          "Email,First Name,Unsubscribed from all email\n"
                          "ada@example.com,Ada,true\nnobody,,\n")
        report = self.last("import", self.store, path, "--preset", "hubspot",
                           code=1)
        self.assertEqual(self.sums(report), [2, 2, 0, 1, 1, 0])
        out, _ = self.crm("replay", self.store)
        self.assertIn("contact.imported", out)
        self.assertIn("ConsentRevoked", out)
        # What is shown is a map, too: the same rows, the same events.
        map_path = self.write("map.json", self.crm("presets", "hubspot")[0])
        report = self.last("import", self.store, path, "--map", map_path,
                           code=1)
        self.assertEqual(self.sums(report), [2, 0, 2, 1, 0, 0])
        self.crm("import", self.store, path, "--preset", "none", code=3)
        self.crm("import", self.store, path, "--preset", "hubspot", "--map",
                 map_path, code=2)

    def test_encodings(self):
        # Every character of the 8-bit sets, as Python knows them.
        self.init()
        map_path = self.write("map.json", json.dumps(
            {"format": "csv", "header": False,
             "event": {"type": "t", "source": "s", "id": {"column": 1},
                       "payload": {"c": {"column": 2}}}}))
        for encoding in ("windows-1252", "mac-roman", "utf-16", "utf-16le",
                         "utf-16be", "utf-8"):
            codec = encoding.replace("mac-", "mac_")
            known = []
            for byte in range(0x80, 0x100):
                name = "mac_roman" if encoding == "mac-roman" else "cp1252"
                try:
                    known.append(bytes([byte]).decode(name))
                except UnicodeDecodeError:
                    pass
            text = "".join("%s-%d,%s\n" % (encoding, i, c)
                           for i, c in enumerate(known))
            path = self.path("a.csv")
            pathlib.Path(path).write_bytes(text.encode(codec))
            report = self.last("import", self.store, path, "--map", map_path,
                               "--encoding", encoding)
            self.assertEqual(report["appended"], len(known), encoding)
            out, _ = self.crm("replay", self.store, "--json")
            found = {}
            for line in out.splitlines():
                row = json.loads(line)
                found[row["id"]] = row["payload"]["c"]
            for i, c in enumerate(known):
                self.assertEqual(found["%s-%d" % (encoding, i)], c)
        pathlib.Path(path).write_bytes("a,b\n".encode("utf-16"))
        _, error = self.crm("import", self.store, path, "--map", map_path,
                            code=2)
        self.assertIn("utf-16", error)
        self.crm("import", self.store, path, "--map", map_path, "--encoding",
                 "ebcdic", code=2)

    def test_strict(self):
        self.init()
        path = self.write("a.ndjson", lines([event(1)]) + "bad\n")
        _, error = self.crm("import", self.store, path, "--strict", code=2)
        self.assertIn("line 2", error)
        self.assertEqual(self.last("stats", self.store)["events"], 0)

    def test_formats(self):
        self.init()
        call = {"messageId": "1", "type": "track", "event": "Product Added",
                "anonymousId": "a", "properties": {"price": 5}}
        path = self.write("a.json", json.dumps({"batch": [call, {}]}))
        _, error = self.crm("import", self.store, path, "--format", "segment",
                            code=2)
        self.assertIn("--source", error)
        report = self.last("import", self.store, path, "--format", "segment",
                           "--source", "site", code=1)
        self.assertEqual(self.sums(report), [2, 1, 0, 1, 1, 0])
        out, _ = self.crm("replay", self.store)
        self.assertIn("ItemAddedToCart", out)
        for other in ("native", "cloudevents", "posthog"):
            report = self.last("import", self.store, path, "--format", other,
                               "--source", "site", code=1)
            self.assertEqual(report["appended"], 0)
        self.crm("import", self.store, path, "--format", "csv", code=2)

    def test_maps(self):
        self.init()
        path = self.write("a.txt", " customer date cds dollars\r\n"
                          " 00001 19970101  1   11.77\r\n"
                          " 00002 19970112  5   77.00\r\n"
                          " 00002 19970112  5   77.00\r\n")
        _, error = self.crm("import", self.store, path, code=2)
        self.assertIn("--map", error)
        _, error = self.crm("import", self.store, path, "--map",
                            self.path("none.json"), code=3)
        bad = self.write("bad.json", '{"format":"csv","evnt":{}}')
        _, error = self.crm("import", self.store, path, "--map", bad, code=2)
        good = os.path.join(self.maps, "cdnow.json")
        report = self.last("import", self.store, path, "--map", good)
        self.assertEqual(self.sums(report), [3, 3, 0, 0, 2, 0])
        out, _ = self.crm("replay", self.store, "--json")
        amounts = [row.split('"amount":')[1].split(",")[0]
                   for row in out.splitlines()]
        self.assertEqual(amounts, ["11.77", "77.00", "77.00"])

    def test_dry_run(self):
        self.init()
        path = self.write("a.ndjson", lines(
            [MEMBER] + [event(i % 300) for i in range(900)]) + "bad\n")
        before = self.last("stats", self.store)
        dry = self.last("import", self.store, path, "--dry-run", code=1)
        after = self.last("stats", self.store)
        for name in ("head", "events", "derived", "tenants"):
            self.assertEqual(before[name], after[name])
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["a.ndjson", "store", "store.key"])
        real = self.last("import", self.store, path, code=1)
        self.assertEqual(self.sums(dry), self.sums(real))
        dry = self.last("import", self.store, path, "--dry-run", code=1)
        self.assertEqual(self.sums(dry), [902, 0, 901, 1, 0, 0])

    def test_source_and_batch(self):
        self.init()
        path = self.write("a.ndjson", json.dumps(
            {"eventId": "1", "eventType": "OrderPlaced", "customerId": "7",
             "timestamp": "2026-01-01T00:00:00Z", "total": 12.50}) + "\n")
        self.assertEqual(self.last("import", self.store, path,
                                   code=1)["rejected"], 1)
        self.assertEqual(self.last("import", self.store, path, "--source",
                                   "orders")["appended"], 1)

    def test_missing_file(self):
        self.init()
        self.crm("import", self.store, self.path("none"), code=3)
        self.crm("import", self.store, self.folder, code=2)

    def test_interrupt(self):
        self.init()
        path = self.write("a.ndjson", lines(event(i) for i in range(60000)))
        with subprocess.Popen([self.program, "import", self.store, path],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as running:
            time.sleep(0.15)
            running.send_signal(signal.SIGINT)
            _, error = running.communicate(timeout=60)
        # It may have come before the import began, or after its end.
        self.assertIn(running.returncode, (0, 5, -signal.SIGINT))
        if running.returncode == 5:
            self.assertIn("goes on there", error)
        report = self.last("import", self.store, path)
        self.assertEqual(report["read"], 60000)
        self.assertEqual(report["appended"] + report["duplicates"], 60000)
        self.assertEqual(self.last("stats", self.store)["events"], 60000)


class Append(CliTest):

    def test_outcomes(self):
        self.init()
        changed = dict(MEMBER, payload={"firstName": "Eve"})
        out, _ = self.crm("append", self.store, "--json", code=1,
                          stdin=lines([MEMBER]) + "\n" +
                          lines([MEMBER, changed]) + "bad")
        rows = [json.loads(row) for row in out.splitlines()]
        self.assertEqual([row["outcome"] for row in rows],
                         ["appended", "duplicate", "conflict", "invalid"])
        self.assertEqual([row["line"] for row in rows], [1, 3, 4, 5])
        self.assertTrue(rows[0]["new_customer"])
        self.assertEqual(rows[0]["position"], rows[1]["position"])
        self.assertEqual(rows[2]["code"], "ID_CONFLICT")
        self.assertNotIn("Eve", out)
        self.assertNotIn("ada", out)

    def test_nothing(self):
        self.init()
        out, _ = self.crm("append", self.store)
        self.assertEqual(out, "")


class Customers(CliTest):

    def setUp(self):
        super().setUp()
        self.init()
        self.crm("append", self.store, stdin=lines(
            [MEMBER] + [event(i, identity={"email": "ada@example.com"})
                        for i in range(12)]))

    def test_show(self):
        for who in ("ada@example.com", "ADA@example.com", "+27821234567",
                    "sclMemberId=10001", "email=ada@example.com", "1"):
            shown = self.last("show", self.store, who)
            self.assertEqual(shown["customer"], 1)
            self.assertEqual(shown["events"], 13)
        traits = {t["name"]: t for t in shown["traits"]}
        self.assertEqual(traits["firstName"]["value"], "Ada")
        self.assertEqual(traits["firstName"]["source"], "scl")
        self.assertEqual(traits["firstName"]["occurred_at"],
                         "2026-02-02T09:15:00.250Z")
        self.assertEqual(len(shown["timeline"]), 10)
        self.assertEqual(len(shown["records"]), 2)
        out, _ = self.crm("show", self.store, "1")
        for words in ("Customer 1", '"Ada"', "Records", "Timeline (10 of 13)"):
            self.assertIn(words, out)

    def test_nobody(self):
        _, error = self.crm("show", self.store, "eve@example.com", code=3)
        self.assertNotIn("eve", error)
        self.crm("show", self.store, "99", code=3)
        _, error = self.crm("show", self.store, "whoever", code=2)
        self.assertNotIn("whoever", error)
        self.crm("show", self.store, "1", "--tenant", "none", code=3)
        self.assertEqual(len(self.last("stats", self.store)["tenants"]), 1)

    def test_timeline(self):
        seen = []
        cursor = []
        while True:
            page = self.last("timeline", self.store, "1", "--limit", "5",
                             *cursor)
            self.assertEqual(page["total"], 13)
            seen += [entry["occurred_at"] for entry in page["entries"]]
            if not page["next"]:
                break
            cursor = ["--cursor", page["next"]]
        self.assertEqual(len(seen), 13)
        self.assertEqual(seen, sorted(seen, reverse=True))
        page = self.last("timeline", self.store, "1", "--oldest-first",
                         "--from", "2026-03-03",
                         "--until", "2026-03-05T10:00:00.000001Z")
        self.assertEqual([entry["payload"]["n"] for entry in page["entries"]],
                         [2, 3, 4])
        page = self.last("timeline", self.store, "1", "--type",
                         "scl.member.created")
        self.assertEqual(page["total"], 1)
        _, error = self.crm("timeline", self.store, "1", "--from", "03/04/26",
                            code=2)
        self.assertIn("--from", error)
        out, _ = self.crm("timeline", self.store, "1", "--limit", "5")
        self.assertIn("--cursor", out)

    def test_nothing_steers_the_terminal(self):
        # U+009B begins what ESC [ begins.
        text = json.dumps(event(99, identity={"email": "x@example.com"},
                                payload={"a": "b\x9b2Jc"}),
                          ensure_ascii=False)
        self.crm("append", self.store, stdin=text)
        for command in (["tail"], ["replay"], ["show", "x@example.com"]):
            out, _ = self.crm(command[0], self.store, *command[1:])
            self.assertIn("b?2Jc", out)
            self.assertNotIn("\x9b", out)


class Replay(CliTest):

    def setUp(self):
        super().setUp()
        self.init()
        self.given = [MEMBER] + [event(i) for i in range(30)]
        self.crm("append", self.store, stdin=lines(self.given))

    def replay(self, *arguments):
        out, _ = self.crm("replay", self.store, "--json", *arguments)
        return [json.loads(row, parse_float=str) for row in out.splitlines()]

    def test_export(self):
        given = json.loads(json.dumps(self.given), parse_float=str)
        found = self.replay()
        for row in found:
            self.assertEqual(row.pop("tenantId"), "default")
        for row in given:
            row.setdefault("version", "1.0")
        self.assertEqual(found, given)
        other = self.path("other")
        self.crm("init", other)
        out, _ = self.crm("replay", self.store, "--json")
        self.crm("import", other, "-", stdin=out)
        again, _ = self.crm("replay", other, "--json")
        self.assertEqual(out, again)

    def test_filters(self):
        self.assertEqual(len(self.replay("--limit", "3")), 3)
        self.assertEqual([row["id"] for row in
                          self.replay("--backward", "--limit", "2")],
                         ["e-29", "e-28"])
        self.assertEqual(len(self.replay("--type", "scl.member.created")), 1)
        self.assertEqual(len(self.replay("--customer", "1")), 1)
        self.assertEqual(len(self.replay("--record", "2")), 5)
        self.assertEqual(len(self.replay("--since", "2026-03-28")), 1)
        self.assertEqual(len(self.replay("--until", "2026-03-01")), 1)
        times = [row["timestamp"] for row in self.replay("--by-time")]
        self.assertEqual(times, sorted(times))
        self.crm("replay", self.store, "--customer", "1", "--record", "1",
                 code=2)
        self.crm("replay", self.store, "--customer", "999", code=3)

    def test_open_parts(self):
        rows = self.replay("--open-only")
        self.assertEqual(len(rows), 31)
        self.assertEqual(rows[0]["customer"], 1)
        self.assertNotIn("Ada", json.dumps(rows))
        self.assertNotIn("ada@", json.dumps(rows))
        position = rows[5]["position"]
        self.assertEqual(
            [row["position"] for row in
             self.replay("--open-only", "--from-position", str(position),
                         "--to-position", str(position))], [position])

    def test_tail(self):
        out, _ = self.crm("tail", self.store, "-n", "2", "--json")
        self.assertEqual([json.loads(row)["id"] for row in out.splitlines()],
                         ["e-28", "e-29"])
        out, _ = self.crm("tail", self.store)
        self.assertEqual(len(out.splitlines()), 11)

    def test_closed_pipe(self):
        # As `crm replay | head -1`.
        with subprocess.Popen([self.program, "replay", self.store],
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as running:
            running.stdout.readline()
            running.stdout.close()
            running.wait(timeout=60)
        self.assertEqual(self.last("stats", self.store)["events"], 31)


if __name__ == "__main__":
    main()
