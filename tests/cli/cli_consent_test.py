"""crm consent: acts and decisions, as a shell sees them."""

import json
import os

import cli_fixture

ADA = "ada@example.com"
SUBJECT = ("--purpose", "marketing", "--channel", "email")


class Consent(cli_fixture.CliTest):

    def setUp(self):
        super().setUp()
        self.crm("init", self.store)

    def json_of(self, *arguments, code=0):
        out, _ = self.crm("consent", *arguments, "--json", code=code)
        return [json.loads(line) for line in out.splitlines()]

    def test_grant_check_withdraw(self):
        [granted] = self.json_of("grant", self.store, ADA, *SUBJECT,
                                 "--method", "web-form")
        self.assertEqual(granted["outcome"], "appended")
        self.assertEqual(granted["customer"], 1)
        [decision] = self.json_of("check", self.store, ADA, *SUBJECT)
        self.assertEqual(decision["verdict"], "allow")
        self.assertEqual(decision["rule"], "consent")
        self.assertEqual(decision["acts"], [granted["position"]])
        self.assertEqual(self.json_of("who", self.store, *SUBJECT),
                         [{"customer": 1}])
        self.crm("consent", "withdraw", self.store, "1", "--method",
                 "one-click")
        [decision] = self.json_of("check", self.store, ADA, *SUBJECT, code=1)
        self.assertEqual(decision["state"], "withdrawn")
        out, _ = self.crm("consent", "check", self.store, ADA, *SUBJECT,
                          "--known-at", str(granted["position"]))
        self.assertTrue(out.startswith("allow: she said yes"))
        self.assertEqual(self.json_of("who", self.store, *SUBJECT), [])
        acts = [entry["action"]
                for entry in self.json_of("history", self.store, ADA)]
        self.assertEqual(acts, ["grant", "withdraw"])
        out, _ = self.crm("consent", "history", self.store, ADA)
        self.assertIn("withdrawn", out)
        self.assertNotIn("ada", out)

    def test_double_opt_in_object_suppress(self):
        self.crm("consent", "grant", self.store, ADA, *SUBJECT,
                 "--double-opt-in")
        [decision] = self.json_of("check", self.store, ADA, *SUBJECT, code=1)
        self.assertEqual(decision["state"], "pending")
        self.crm("consent", "record", self.store, ADA, *SUBJECT, "--act",
                 "confirm")
        self.json_of("check", self.store, ADA, *SUBJECT)
        self.crm("consent", "object", self.store, ADA)
        [decision] = self.json_of("check", self.store, ADA, *SUBJECT, code=1)
        self.assertEqual(decision["rule"], "objected")
        self.crm("consent", "record", self.store, ADA, "--act",
                 "lift-objection")
        self.crm("consent", "suppress", self.store, ADA, "--channel", "email",
                 "--reason", "hard-bounce")
        [decision] = self.json_of("check", self.store, ADA, "--class",
                                  "transactional", code=1)
        self.assertEqual(decision["rule"], "undeliverable")

    def test_settings_receipts_preferences(self):
        path = os.path.join(self.folder, "consent.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"purposes": {"news": {"controller": "club"}},
                       "parties": {"club": {"legalName": "Golf Club"}}}, file)
        [settings] = self.json_of("settings", self.store, "--set", path)
        self.assertIn("marketing", settings["purposes"])
        self.crm("consent", "grant", self.store, ADA, "--purpose", "news",
                 "--channel", "email")
        [entry] = self.json_of("history", self.store, ADA)
        out, _ = self.crm("consent", "receipt", self.store, ADA, "--act",
                          str(entry["position"]))
        receipt = json.loads(out)
        self.assertEqual(receipt["piiControllers"][0]["piiController"],
                         "Golf Club")
        self.assertNotIn("ada", out)
        self.crm("consent", "receipt", self.store, ADA, "--act", "1", code=3)
        out, _ = self.crm("consent", "preferences", self.store, ADA)
        self.assertIn("not set", out)
        [preferences] = self.json_of("preferences", self.store, ADA)
        self.assertIsNone(preferences["categories"])

    def test_what_is_refused(self):
        _, error = self.crm("consent", "grant", self.store, ADA, "--purpose",
                            "marketting", "--channel", "email", code=2)
        self.assertIn("purpose: not in the register", error)
        self.crm("consent", "grant", self.store, ADA, "--purpose", "marketing",
                 "--channel", "pigeon", code=2)
        self.crm("consent", "grant", self.store, "nonsense", *SUBJECT, code=2)
        self.crm("consent", "withdraw", self.store, "77", code=3)
        self.crm("consent", "check", self.store, ADA, *SUBJECT, code=3)
        self.crm("consent", "settings", self.store, "--set", "nowhere", code=3)


if __name__ == "__main__":
    cli_fixture.main()
