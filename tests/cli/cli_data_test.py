#!/usr/bin/env python3
"""Tests of the crm program: subscriptions, schemas, exports, reconciling.

  cli_data_test.py PROGRAM MAPS [unittest arguments]

Standard library only.
"""

import json
import os
import stat
import subprocess

from cli_fixture import MEMBER, CliTest, event, lines, main


class Subscribe(CliTest):

    def setUp(self):
        super().setUp()
        self.init()
        self.append(0, 30)

    def append(self, first, last):
        self.crm("append", self.store,
                 stdin=lines(event(i) for i in range(first, last)))

    def new(self, *arguments):
        out, _ = self.crm("subscribe", self.store, "--json", *arguments)
        return [json.loads(row) for row in out.splitlines()]

    def ids(self, *arguments):
        return [int(row["id"][2:]) for row in self.new(*arguments)]

    def listed(self):
        out, _ = self.crm("subscriptions", self.store, "--json")
        return [json.loads(row) for row in out.splitlines()]

    def test_each_event_once(self):
        mailer = ("--name", "mailer")
        self.assertEqual(self.ids(*mailer), list(range(30)))
        self.assertEqual(self.ids(*mailer), [])
        self.append(30, 33)
        self.assertEqual(self.listed()[0]["lag_events"], 3)
        self.assertEqual(self.ids(*mailer, "--limit", "2"), [30, 31])
        self.assertEqual(self.ids(*mailer), [32])
        [listed] = self.listed()
        self.assertEqual((listed["name"], listed["lag_events"],
                          listed["lag_positions"], listed["rolled_back"]),
                         ("mailer", 0, 0, False))
        self.crm("subscriptions", self.store, "--drop", "mailer")
        self.crm("subscriptions", self.store, "--drop", "mailer", code=3)
        self.assertEqual(self.ids(*mailer, "--from-now"), [])
        out, _ = self.crm("subscriptions", self.store)
        self.assertIn("mailer  ", out)
        self.assertEqual(len(out.splitlines()), 2)

    def test_nothing_is_kept_without_a_name(self):
        out, _ = self.crm("subscribe", self.store, "--limit", "3")
        self.assertEqual(len(out.splitlines()), 4)
        self.assertIn("POSITION", out)
        self.assertEqual(self.ids(), list(range(30)))
        self.assertEqual(self.ids(), list(range(30)))
        self.assertEqual(self.listed(), [])

    def test_filters_and_shares(self):
        self.append(40, 50)
        self.assertEqual(self.ids("--type", "none"), [])
        self.assertEqual(len(self.ids("--source", "teetime")), 40)
        shares = [self.ids("--name", "group", "--consumer", f"{i}/3")
                  for i in range(3)]
        self.assertEqual(sorted(sum(shares, [])),
                         list(range(30)) + list(range(40, 50)))
        self.crm("subscribe", self.store, "--name", "group", "--consumer",
                 "0/2", code=4)
        rows = self.new("--open-only", "--after", "2", "--limit", "1")
        self.assertFalse(rows[0]["opened"])
        self.assertGreater(rows[0]["position"], 2)

    def test_merges_are_told_before_their_event(self):
        who = [{"teetimePlayerId": "90"}, {"email": "ada@example.com"},
               {"teetimePlayerId": "90", "email": "ada@example.com"}]
        self.crm("append", self.store, stdin=lines(
            event(90 + i, identity=identity) for i, identity in enumerate(who)))
        rows = self.new("--name", "feed", "--type", "none")
        [merged] = rows
        self.assertEqual((merged["change"], merged["records"]), ("merged", []))
        self.assertEqual(merged["from"], merged["to"] + 1)
        self.assertEqual(self.new("--name", "feed", "--type", "none"), [])
        self.assertEqual(self.new("--type", "none", "--skip-identity"), [])
        out, _ = self.crm("subscribe", self.store, "--type", "none")
        self.assertIn("(merged) customer", out)
        rows = self.new("--after", str(merged["position"] - 1), "--limit", "2")
        self.assertEqual(rows[0], merged)
        self.assertEqual(rows[1]["id"], "e-92")

    def test_wrong_options(self):
        for wrong in ("4", "0/", "/4", "x/4", "4/4", "0/2000", "0/4/1"):
            self.crm("subscribe", self.store, "--consumer", wrong, code=2)
        self.crm("subscribe", self.store, "--after", "1", "--from-now",
                 code=2)
        # Beyond the end: the log was set back.
        self.crm("subscribe", self.store, "--after", "9999", code=6)
        self.crm("subscribe", self.store, "--name", "n" * 129, code=2)

    def test_what_was_not_written_is_not_kept(self):
        with subprocess.Popen([self.program, "subscribe", self.store, "--name",
                               "mailer"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as running:
            running.stdout.close()
            running.wait(timeout=60)
        self.assertEqual(self.ids("--name", "mailer"), list(range(30)))


class IdentitySettings(CliTest):

    def settings(self, *args, **kwargs):
        out, _ = self.crm("identity", "settings", self.store, "--json", *args,
                          **kwargs)
        return json.loads(out)

    def test_shown_and_set(self):
        self.init()
        self.crm("append", self.store, stdin=lines([event(1)]))
        plain = self.settings()
        self.assertEqual(plain["rules"]["attach_bar"], 85)
        out, _ = self.crm("identity", "settings", self.store)
        self.assertEqual(json.loads(out), plain)
        self.assertIn('\n    "attach_bar": 85,\n', out)
        file = self.write("identity.json", json.dumps(
            {"namespaces": {"card": {"fold_case": True}},
             "blocked": {"email": ["a\\\"{b@c.d", "e@f.g"]}}))
        changed = self.settings("--set", file)
        self.assertTrue(changed["namespaces"]["card"]["fold_case"])
        self.assertEqual(self.settings(), changed)
        out, _ = self.crm("identity", "settings", self.store)
        self.assertEqual(json.loads(out), changed)
        self.assertEqual(self.settings("--set", "-", stdin="{}"), plain)

    def test_what_is_refused(self):
        self.init()
        about, _ = self.crm("identity", "settings", "--help")
        self.assertIn("crm identity settings", about)
        self.crm("identity", "settings", self.store, code=3)  # No tenant yet.
        _, err = self.crm("identity", "settings", self.store, "--set", "-",
                          stdin='{"rules": {"bar": 1}}', code=2)
        self.assertIn("/rules/bar: there is no such setting", err)
        self.crm("identity", "settings", self.store, "--set", "-", stdin="{",
                 code=2)
        self.crm("identity", "settings", self.store, "--set",
                 self.path("none"), code=3)
        self.crm("identity", code=2)


class Schemas(CliTest):

    SCHEMA = {"type": "object", "required": ["n"],
              "properties": {"n": {"type": "integer", "maximum": 9},
                             "name": {"type": "string", "x-personal": True}}}
    TYPE = "teetime.booking.created"

    def register(self, *options):
        file = self.write("schema.json", json.dumps(self.SCHEMA, indent=2))
        return self.last("schema", "register", self.store, file,
                         "--type", self.TYPE, *options)

    def test_every_command_teaches(self):
        out, _ = self.crm("schema", "--help")
        for command in ("register list show check upcaster "
                        "validation").split():
            self.assertIn(f"  {command} ", out)
            about, _ = self.crm("schema", command, "--help")
            self.assertIn(f"crm schema {command}", about)
        self.crm("schema", code=2)

    def test_a_new_store_knows_the_catalogue(self):
        self.init()
        out, _ = self.crm("schema", "list", self.store)
        self.assertIn("scl.payment.failed", out)
        out, _ = self.crm("schema", "list", self.store, "--own")
        self.assertNotIn("catalogue", out)
        shown = self.last("schema", "show", self.store, "scl.payment.failed")
        self.assertEqual(shown["origin"], "catalogue")
        self.last("schema", "validation", self.store)
        self.assertEqual(self.crm("schema", "upcaster", self.store)[0], "")
        file = self.write("none.ndjson", "")
        self.crm("schema", "check", self.store, file)
        # Nobody was made by asking, and only the default one needs not be.
        self.crm("timeline", self.store, "1", code=3)
        self.crm("schema", "list", self.store, "--tenant", "no", code=3)
        self.register("--tenant", "club")
        self.crm("schema", "list", self.store, code=3)

    def test_register_list_show(self):
        self.init()
        info = self.register()
        self.assertEqual(info["schema"], self.SCHEMA)
        self.assertEqual((info["type"], info["version"], info["latest"]),
                         (self.TYPE, "1.0", True))
        self.assertEqual(self.register(), info)
        fields = {f["pointer"]: f for f in info["fields"]}
        self.assertTrue(fields["/n"]["required"])
        self.assertTrue(fields["/name"]["personal"])
        out, _ = self.crm("schema", "list", self.store, "--json", "--own")
        self.assertEqual([json.loads(line)["type"]
                          for line in out.splitlines()], [self.TYPE])
        out, _ = self.crm("schema", "list", self.store, "--json")
        self.assertGreater(len(out.splitlines()), 1)
        shown = self.last("schema", "show", self.store, self.TYPE)
        self.assertEqual(shown, info)
        out, _ = self.crm("schema", "show", self.store, self.TYPE)
        self.assertIn("/name", out)
        self.crm("schema", "show", self.store, "nobody.knows", code=3)
        bad = self.write("bad.json", '{"typ": 1}')
        self.crm("schema", "register", self.store, bad, "--type", "t", code=2)
        other = self.write("other.json", "{}")
        self.crm("schema", "register", self.store, other, "--type", self.TYPE,
                 code=4)
        self.crm("schema", "register", self.store, self.path("none"),
                 "--type", "t", code=3)

    def test_check(self):
        self.init()
        self.register()
        events = [event(1), event(20), {"no": "event"},
                  event(2, type="nobody.knows")]
        file = self.write("events.ndjson", lines(events))
        out, _ = self.crm("schema", "check", self.store, file, "--json",
                          code=1)
        found = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(f["line"], f["keyword"]) for f in found],
                         [(2, "maximum"), (3, "event"), (4, "type")])
        self.assertEqual(found[0]["path"], "/n")
        out, _ = self.crm("schema", "check", self.store, "-",
                          stdin=lines(events[:1]))
        self.assertIn("0 that do not fit", out)

    def test_validation(self):
        self.init()
        self.register()
        rule = self.last("schema", "validation", self.store)
        self.assertEqual((rule["type"], rule["mode"]), ("", "off"))
        rule = self.last("schema", "validation", self.store, "enforce",
                         "--type", self.TYPE)
        self.assertEqual((rule["type"], rule["mode"]), (self.TYPE, "enforce"))
        out, _ = self.crm("append", self.store, "--json", code=1,
                          stdin=lines([event(1), event(10)]))
        answers = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([a["outcome"] for a in answers],
                         ["appended", "invalid"])
        self.assertIn("payload/n: ", answers[1]["message"])
        self.crm("schema", "validation", self.store, "warn", "--type",
                 self.TYPE)
        answer = self.last("append", self.store, stdin=lines([event(11)]))
        self.assertIn("payload/n: ", answer["warning"])
        self.crm("schema", "validation", self.store, "sometimes", code=2)

    def test_upcaster(self):
        self.init()
        self.crm("append", self.store, stdin=lines([event(1)]))
        upcaster = {"type": self.TYPE, "from": "1.0", "to": "2.0",
                    "steps": [{"rename": "/n", "to": "/number"}]}
        file = self.write("upcaster.json", json.dumps(upcaster))
        info = self.last("schema", "upcaster", self.store, file)
        self.assertEqual(info["upcaster"], upcaster)
        self.assertEqual(self.last("schema", "upcaster", self.store), info)
        read = self.last("replay", self.store)
        self.assertEqual((read["version"], read["payload"]),
                         ("2.0", {"number": 1}))
        read = self.last("replay", self.store, "--as-appended")
        self.assertEqual((read["version"], read["payload"]), ("1.0", {"n": 1}))


class Exports(CliTest):

    def fill(self):
        self.init()
        rows = self.write("in.ndjson", lines(
            [MEMBER] + [event(n) for n in range(40)] +
            [{"id": "nobody", "type": "t", "source": "s",
              "timestamp": "2026-01-01T00:00:00Z"}]))
        self.crm("import", self.store, rows)
        return rows

    def test_a_store_goes_out_and_comes_back(self):
        self.fill()
        out = self.path("out.ndjson.gz")
        report = self.last("export", self.store, "-o", out)
        self.assertEqual(report["events"], 42)
        self.assertEqual(len(report["tenants"][0]["checksums"]), 9)
        self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o600)
        other = self.path("other")
        self.crm("init", other)
        back = self.last("import", other, out, "--format", "libcrm")
        self.assertTrue(back["identical"])
        self.assertEqual(back["tenants"], report["tenants"])
        first, _ = self.crm("export", self.store)
        second, _ = self.crm("export", other)
        self.assertEqual(first, second)
        self.assertEqual(len(first.splitlines()), 1 + 1 + 42 + 1 + 1)
        # A second time: the store is not empty any more.
        self.crm("import", other, out, "--format", "libcrm", code=2)
        text, _ = self.crm("export", self.store, "-o", self.path("plain"))
        self.assertIn("identifiers", text)
        self.crm("verify", other)

    def test_definitions_go_out_and_come_back(self):
        self.fill()
        schema = self.write("schema.json", json.dumps({"minProperties": 1}))
        self.crm("schema", "register", self.store, schema, "--type", "T")
        self.crm("schema", "validation", self.store, "enforce", "--type", "T")
        out = self.path("out.ndjson")
        self.crm("export", self.store, "-o", out)
        other = self.path("other")
        self.crm("init", other)
        self.assertTrue(self.last("import", other, out, "--format",
                                  "libcrm")["identical"])
        self.assertEqual(self.crm("export", self.store),
                         self.crm("export", other))
        rules = self.crm("schema", "validation", other)[0]
        self.assertIn("enforce", rules)

    def test_a_changed_file_is_refused_with_its_line(self):
        self.fill()
        text, _ = self.crm("export", self.store, "--no-views")
        rows = text.splitlines(keepends=True)
        rows[4] = rows[4].replace("teetime", "teatime")
        other = self.path("other")
        self.crm("init", other)
        bad = self.write("bad", "".join(rows))
        _, error = self.crm("import", other, bad, "--format", "libcrm", code=2)
        self.assertIn("line 5: ", error)
        self.assertIn("nothing was appended", error)
        self.assertEqual(self.last("stats", other)["events"], 0)
        self.crm("import", other, "-", "--format", "libcrm", code=2,
                 stdin=text)
        self.crm("import", other, bad, "--format", "libcrm", "--strict",
                 code=2)

    def test_events_and_profiles_for_others(self):
        self.fill()
        out, _ = self.crm("export", self.store, "--format", "native")
        again = self.write("again.ndjson", out)
        self.assertEqual(self.last("import", self.store, again)["duplicates"],
                         42)
        out, _ = self.crm("export", self.store, "--format", "csv", "--column",
                          "id", "--column", "/payload/firstName", "--type",
                          "scl.member.created")
        self.assertEqual(out, "id,/payload/firstName\nm-1,Ada\n")
        out, _ = self.crm("export", self.store, "--format", "profiles",
                          "--column", "customer", "--column", "trait:email")
        self.assertEqual(out.splitlines()[:2],
                         ["customer,trait:email", "1,ada@example.com"])
        file = self.path("seg")
        report = self.last("export", self.store, "--format", "segment", "-o",
                           file, code=1)
        self.assertEqual((report["written"], report["left_out"],
                          report["substituted"]), (41, 1, 41))
        text, _ = self.crm("export", self.store, "--format", "csv", "-o",
                           file, "--source", "scl")
        self.assertIn("events", text)

    def test_options_that_do_not_go_together(self):
        self.init()
        self.crm("export", self.store, "--type", "t", code=2)
        self.crm("export", self.store, "--format", "native", "--column", "id",
                 code=2)
        self.crm("export", self.store, "--format", "csv", "--no-views", code=2)
        self.crm("export", self.store, "--format", "profiles", "--since",
                 "2026-01-01", code=2)
        self.crm("export", self.store, "--format", "csv", code=3)
        self.crm("export", self.store, "--tenant", "none", code=3)
        self.crm("export", self.store, "--format", "xml", code=2)
        self.crm("import", self.store, "f", "--part", code=2)
        self.crm("import", self.store, "f", "--reconcile", "--strict", code=2)


class Reconciling(CliTest):

    def test_a_migration_is_complete_or_says_what_is_missing(self):
        self.init()
        rows = self.write("in", lines([event(n) for n in range(30)]))
        self.crm("import", self.store, rows)
        for _ in range(2):
            report = self.last("import", self.store, rows, "--reconcile")
            self.assertTrue(report["same"])
            self.assertEqual(report["found"], 30)
            self.crm("import", self.store, rows)
        more = self.write("more", lines(
            [event(n) for n in range(28)] + [event(29, payload={"n": -1})] +
            [event(99)]) + "{\n")
        report = self.last("import", self.store, more, "--reconcile", code=1)
        self.assertEqual(
            [report[name] for name in ("read", "rejected", "found", "missing",
                                       "conflicting", "extra")],
            [31, 1, 28, 1, 1, 1])
        self.assertEqual(report["counts"][0]["source"], "teetime")
        self.assertEqual({one["kind"] for one in report["differences"]},
                         {"missing", "conflict", "extra", "rejected"})
        text, _ = self.crm("import", self.store, more, "--reconcile", "--part",
                           code=1)
        self.assertIn("File and store differ", text)
        self.assertIn("teetime.booking.created", text)
        self.assertEqual(self.last("stats", self.store)["events"], 30)
        self.crm("import", self.store, self.path("none"), "--reconcile",
                 code=3)


class Persons(CliTest):

    PEOPLE = ("id,name,born\n"
              "1,William Blackwood,1961-04-09\n"
              "2,Nomsa Dlamini,1990-01-17\n"
              "3,\"Blackwood, Wm\",1961-04-09\n")
    MAP = json.dumps({"id": "id", "fields": {"full_name": "name",
                                             "birth_date": "born"}})

    def test_link_file(self):
        people = self.write("people.csv", self.PEOPLE)
        people_map = self.write("map.json", self.MAP)
        out = self.path("clusters.csv")
        arguments = ("identity", "link-file", people, "--map", people_map)
        report = self.last(*arguments, "--out", out)
        self.assertEqual((report["records"], report["trained"]), (3, False))
        self.assertIn("200", report["not_trained_because"])
        with open(out, encoding="utf-8") as file:
            rows = file.read().splitlines()
        self.assertEqual(rows[0], "record_id,cluster_id")
        self.assertEqual([row.split(",")[0] for row in rows[1:]],
                         ["1", "2", "3"])
        text, _ = self.crm(*arguments, "--out", "-", "--model", "default",
                           "--threshold", "12", "--threads", "1")
        self.assertTrue(text.startswith("record_id,cluster_id\n1,1\n2,2\n"))
        text, _ = self.crm(*arguments, "--out", out, "--review",
                           self.path("review.csv"))
        self.assertIn("not trained", text)
        self.assertTrue(os.path.exists(self.path("review.csv")))

    def test_refused(self):
        people = self.write("people.csv", self.PEOPLE + "1,again,\n")
        people_map = self.write("map.json", self.MAP)
        out = self.path("clusters.csv")
        link = ("identity", "link-file", people, "--out", out, "--map")
        _, error = self.crm(*link, people_map, code=4)
        self.assertIn("line 5", error)
        self.crm(*link, self.path("none.json"), code=3)
        bad_map = self.write("bad.json", '{"id": "id"}')
        _, error = self.crm(*link, bad_map, code=2)
        self.assertIn("fields", error)
        self.crm("identity", "link-file", self.path("none.csv"), "--out", out,
                 "--map", people_map, code=3)
        self.crm("identity", "train", self.write("few.csv", self.PEOPLE),
                 "--map", people_map, "--out", self.path("model"), code=2)
        self.assertFalse(os.path.exists(out))


if __name__ == "__main__":
    main()
