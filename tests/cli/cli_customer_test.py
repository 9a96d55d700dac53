"""crm customer: accounts, as a shell sees them."""

import json

import cli_fixture

TOKEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Customer(cli_fixture.CliTest):

    def setUp(self):
        super().setUp()
        self.crm("init", self.store)
        self.calls = 0

    def run_verb(self, verb, *arguments, code=0):
        self.calls += 1
        return self.crm("customer", verb, self.store, *arguments, "--id",
                        f"call-{self.calls}", "--at",
                        f"2026-01-01T00:{self.calls:02}:00Z", code=code)

    def register(self, *more, email="ada@example.com", code=0):
        return self.run_verb("register", "--email", email, "--terms-accepted",
                             *more, code=code)

    def state(self, who="1"):
        out, _ = self.crm("customer", "state", self.store, who, "--json")
        return json.loads(out)

    def test_accounts(self):
        out, _ = self.register("--first-name", "Ada", "--marketing",
                               "--token-sha256", TOKEN, "--expires",
                               "2026-02-01", "--account", "authUserId=a1",
                               "--json")
        result = json.loads(out)
        self.assertEqual(result["customer"], 1)
        self.assertEqual([event["type"] for event in result["events"]],
                         ["CustomerCreated", "ConsentGranted",
                          "EmailVerificationRequested"])
        self.assertTrue(self.state()["email_pending"])
        _, error = self.register(email="ADA@example.com", code=4)
        self.assertNotIn("ADA", error)
        self.run_verb("register", "--email", "ben@example.com", code=2)
        self.run_verb("verify-email", "1", "--token-sha256", "0" * 64, code=4)
        self.run_verb("verify-email", "1", "--token-sha256", TOKEN)
        self.assertTrue(self.state()["email_verified"])
        self.run_verb("request-verification", "1", "--token-sha256", TOKEN,
                      "--expires", "2026-02-01")
        self.run_verb("update-email", "1", "--email", "ada@example.org")
        out, _ = self.crm("show", self.store, "ada@example.org")
        self.assertIn("ada@example.org", out)
        self.run_verb("update-email", "1", "--email", "ADA@example.org",
                      code=2)
        self.crm("verify", self.store)

    def test_profile(self):
        self.register()
        self.run_verb("update-profile", "1", "--set", "lastName=King", "--set",
                      'address={"city":"London"}')
        out, _ = self.run_verb("update-profile", "1", "--set",
                               "lastName=King")
        self.assertIn("Nothing had to be changed", out)
        self.run_verb("update-profile", "1", "--unset", "lastName")
        self.run_verb("update-profile", "1", "--set", "shoeSize=38", code=2)
        self.run_verb("update-profile", "1", "--set", "lastName", code=2)
        self.run_verb("update-profile", "1", code=2)

    def test_states(self):
        self.register("--marketing")
        self.run_verb("deactivate", "ada@example.com", "--reason", "fraud",
                      "--notes", "chargeback")
        self.assertEqual(self.state()["state"], "deactivated")
        out, _ = self.crm("consent", "check", self.store, "1", "--purpose",
                          "marketing", "--channel", "email", code=1)
        self.assertIn("deactivated", out)
        out, _ = self.crm("customer", "state", self.store, "1")
        self.assertIn("deactivated", out)
        self.run_verb("deactivate", "1", "--reason", "bored", code=2)
        self.run_verb("reactivate", "1")
        self.assertEqual(self.state()["state"], "active")
        self.crm("erase", self.store, "1")
        self.assertEqual(self.state()["state"], "erased")
        self.crm("customer", "state", self.store, "9", code=3)


if __name__ == "__main__":
    cli_fixture.main()
