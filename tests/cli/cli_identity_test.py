"""crm identity: who is who in a store, as a shell sees it."""

import json
import random

import cli_fixture


def person(number, identity, **members):
    return cli_fixture.event(number, type="scl.member.updated", source="web",
                             identity=identity, **members)


class Identity(cli_fixture.CliTest):

    def setUp(self):
        super().setUp()
        self.crm("init", self.store)
        self.crm("append", self.store, stdin=cli_fixture.lines([
            person(1, {"authUserId": "1", "email": "a@example.com"}),
            person(2, {"authUserId": "2", "email": "a@example.com"}),
            person(3, {"email": "c@example.com"}),
        ]))

    def json_lines(self, *arguments):
        out, _ = self.crm("identity", *arguments, "--json")
        return [json.loads(line) for line in out.splitlines()]

    def test_resolve(self):
        [found] = self.json_lines("resolve", self.store,
                                  "email=c@example.com")
        self.assertEqual(found, {"customer": 3, "matched_by": "email",
                                 "confidence": 95})
        out, _ = self.crm("identity", "resolve", self.store,
                          "email=A@example.com", "authUserId=2")
        self.assertIn("authUserId", out)
        self.crm("identity", "resolve", self.store, "email=x@example.com",
                 code=3)
        self.crm("identity", "resolve", self.store, "nonsense", code=2)

    def test_households(self):
        [made] = self.json_lines("household", "make", self.store, "1",
                                 "c@example.com", "--name", "H-1", "--by",
                                 "desk")
        self.assertEqual((made["household"], made["name"]), (1, "H-1"))
        self.assertEqual([one["customer"] for one in made["members"]], [1, 3])
        self.assertEqual(made["members"][0]["evidence"], [])
        self.json_lines("household", "leave", self.store, "1", "3")
        [joined] = self.json_lines("household", "join", self.store, "1", "2")
        self.assertEqual([one["customer"] for one in joined["members"]],
                         [1, 2])
        [listed] = self.json_lines("household", "list", self.store, "2")
        self.assertEqual(listed, joined)
        self.assertEqual(
            self.json_lines("household", "list", self.store, "3"), [])
        out, _ = self.crm("identity", "household", "list", self.store,
                          "--name", "H-1")
        self.assertIn("by hand", out)
        # Bad input.
        self.crm("identity", "household", "list", self.store, "--name", "x",
                 code=3)
        self.crm("identity", "household", "join", self.store, "9", "2",
                 code=3)
        self.crm("identity", "household", "make", self.store, "2", "--name",
                 "H-1", code=4)

    def test_households_are_found(self):
        traits = {"lastName": "King", "street": "12 Hill", "city": "Ely"}
        self.crm("append", self.store, stdin=cli_fixture.lines([
            person(n, {"authUserId": str(n)}, payload=traits)
            for n in (11, 12)]))
        out, _ = self.crm("identity", "household", "match", self.store)
        self.assertIn("address, surname", out)
        self.assertIn("Nothing was changed", out)
        [report] = self.json_lines("household", "match", self.store,
                                   "--apply", "--by", "nightly")
        self.assertEqual((report["made"], report["joined"]), (1, 2))
        [found] = self.json_lines("household", "list", self.store)
        self.assertTrue(found["derived"])
        self.assertEqual(found["by"], "nightly")
        [report] = self.json_lines("household", "match", self.store,
                                   "--apply")
        self.assertEqual(report["position"], 0)

    def test_merge_and_split(self):
        [would] = self.json_lines("merge", self.store, "1", "c@example.com",
                                  "--dry-run")
        self.assertEqual(would, {"customer": 1, "retired": 3, "position": 0})
        [merged] = self.json_lines("merge", self.store, "1", "3", "--by",
                                   "desk", "--why", "she called")
        how, _ = self.crm("identity", "how", self.store, "3")
        self.assertIn("desk: she called", how)
        why, _ = self.crm("identity", "why", self.store, "1", "3")
        self.assertIn("They are one: customer 1.", why)
        parts = self.json_lines("split", self.store, "--merge",
                                str(merged["position"]))
        self.assertEqual([part["customer"] for part in parts], [1, 3])
        changes = self.json_lines("changes", self.store)
        self.assertEqual([change["change"] for change in changes],
                         ["merged", "split"])
        # Taken back already; never merged; two accounts.
        self.crm("identity", "split", self.store, "--merge",
                 str(merged["position"]), code=2)
        self.crm("identity", "split", self.store, code=2)
        _, error = self.crm("identity", "merge", self.store, "1", "2", code=4)
        self.assertIn("each of the two has a value of authUserId", error)
        self.assertNotIn("example.com", error)

    def test_review(self):
        [question] = self.json_lines("review", self.store)
        self.assertEqual(question["reason"], "exclusive_conflict")
        out, _ = self.crm("identity", "review", self.store)
        self.assertIn("exclusive_conflict", out)
        self.crm("identity", "review", self.store, "--question",
                 str(question["position"]), code=2)
        self.crm("identity", "review", self.store, "--question",
                 str(question["position"]), "--answer", "different")
        self.assertEqual(self.json_lines("review", self.store), [])

    def test_match(self):
        ada = {"firstName": "Ada", "lastName": "Zubizarreta",
               "dateOfBirth": "1961-04-09"}
        dice = random.Random(1)
        letters = "abcdefghijklmnopqrstuvwxyz"
        others = [person(100 + i, {"email": f"o{i}@example.net"},
                         payload={
                             "firstName": "".join(dice.choices(letters, k=7)),
                             "lastName": "".join(dice.choices(letters, k=9)),
                             "dateOfBirth": f"19{20 + i}-03-05"})
                  for i in range(60)]
        twice = [person(200 + i, {"email": f"ada{i}@example.net"}, payload=ada)
                 for i in range(2)]
        self.crm("append", self.store,
                 stdin=cli_fixture.lines(others + twice))
        out, _ = self.crm("identity", "match", self.store)
        self.assertIn("Nothing was changed", out)
        self.assertIn("merge", out)
        self.crm("identity", "match", self.store, "--model", "absent.json",
                 code=3)
        fields = self.path("fields.json")
        with open(fields, "w", encoding="utf-8") as file:
            json.dump({"nose": "x"}, file)
        self.crm("identity", "match", self.store, "--fields", fields, code=2)
        [report] = self.json_lines("match", self.store, "--apply", "--model",
                                   "default", "--by", "nightly")
        self.assertEqual(report["merged"], 1)
        out, _ = self.crm("identity", "changes", self.store)
        self.assertIn("merged", out)
        [again] = self.json_lines("match", self.store, "--apply")
        self.assertEqual(again["merged"], 0)
        self.assertEqual(again["position"], 0)
        self.crm("verify", self.store)

    def test_re_resolve(self):
        out, _ = self.crm("identity", "re-resolve", self.store)
        self.assertIn("Nothing was changed", out)
        [report] = self.json_lines("re-resolve", self.store, "--apply")
        self.assertEqual(report["customers_after"], 3)
        self.assertEqual(report["records_moved"], 0)
        self.crm("verify", self.store)


if __name__ == "__main__":
    cli_fixture.main()
