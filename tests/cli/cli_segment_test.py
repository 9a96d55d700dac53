"""crm segment: who is meant, as a shell sees it."""

import json
import pathlib

import cli_fixture

ORDERS = '{"event": "shop.order", "operator": "gte", "value": 2}'
FROM_ZA = '{"field": "country", "operator": "eq", "value": "ZA"}'


def order(number, customer, day):
    return cli_fixture.event(number, type="shop.order", source="web",
                             timestamp=f"2026-03-{day:02}T10:00:00Z",
                             identity={"memberId": f"m{customer}"},
                             payload={"total": 10 * number})


class Segment(cli_fixture.CliTest):

    def setUp(self):
        super().setUp()
        self.crm("init", self.store)
        events = [order(1, 1, 1), order(2, 1, 9), order(3, 2, 5)]
        events.append(dict(order(4, 3, 2), type="shop.profile",
                           payload={"traits": {"country": "ZA"}}))
        self.crm("append", self.store, stdin=cli_fixture.lines(events))

    def preview(self, criteria, *arguments):
        out, _ = self.crm("segment", "preview", self.store, criteria, "--json",
                          *arguments)
        return json.loads(out)

    def test_preview(self):
        found = self.preview(ORDERS, "--as-of", "2026-03-15")
        self.assertEqual((found["customers"], found["matching"],
                          found["unknown"], found["sample"]), (3, 1, 0, [1]))
        self.assertEqual(found["as_of"], "2026-03-15T00:00:00Z")
        self.assertEqual(found["criteria"], "shop.order at least 2 times")
        self.assertEqual(
            self.preview(ORDERS, "--as-of", "2026-03-05")["matching"], 0)
        found = self.preview(FROM_ZA, "--sample", "0")
        self.assertEqual((found["matching"], found["unknown"],
                          found["sample"]), (1, 2, []))
        out, _ = self.crm("segment", "preview", self.store,
                          self.write("za.json", FROM_ZA))
        self.assertIn('country is "ZA"', out)
        self.assertIn("1  (33.3 %)", out)

    def test_time_zone(self):
        today = ('{"event": "shop.order", "window": {"calendar": "day"}}')
        for zone, matching in (("UTC", 0), ("Pacific/Honolulu", 1)):
            found = self.preview(today, "--zone", zone, "--as-of",
                                 "2026-03-10T05:00:00Z")
            self.assertEqual(found["matching"], matching)

    def test_explain(self):
        out, _ = self.crm("segment", "explain", self.store, "memberId=m1",
                          ORDERS)
        self.assertIn("true     shop.order at least 2 times", out)
        self.assertIn("event e-2 of 2026-03-09T10:00:00Z", out)
        # False, and not known.
        self.crm("segment", "explain", self.store, "2", ORDERS, code=1)
        out, _ = self.crm("segment", "explain", self.store, "2", FROM_ZA,
                          "--json", code=1)
        answer = json.loads(out)
        self.assertEqual(answer["truth"], "unknown")
        self.assertEqual(answer["proof"]["reason"], "missing")
        self.crm("segment", "explain", self.store, "99", ORDERS, code=3)

    def test_describe(self):
        out, _ = self.crm("segment", "describe", ORDERS)
        self.assertEqual(out, "shop.order at least 2 times\n")
        out, _ = self.crm("segment", "describe", ORDERS, "--json")
        self.assertEqual(json.loads(out)["criteria"], json.loads(ORDERS))
        out, _ = self.crm("segment", "describe", "--schema")
        self.assertEqual(json.loads(out)["title"], "Criteria of libcrm")
        self.crm("segment", "describe", code=2)
        self.crm("segment", "describe", self.path("none.json"), code=3)

    def test_bad_criteria_name_their_place(self):
        for criteria, place in (
                ('{"and": []}', "/and"),
                ('{"and": [{"event": "a", "window": {"last": {"days": 0}}}]}',
                 "/and/0/window/last/days"),
                ('{"segment": "vip"}', "no kind of node")):
            _, error = self.crm("segment", "preview", self.store, criteria,
                                code=2)
            self.assertIn(place, error)
        self.crm("segment", "preview", self.store, ORDERS, "--zone", "Nowhere",
                 code=2)
        self.crm("segment", "preview", self.store, ORDERS, "--sample", "10001",
                 code=2)

    def test_repeat_buyers_of_cdnow(self):
        data = pathlib.Path(self.maps).parents[2] / "shared/data/cdnow"
        if not (data / "CDNOW_sample.txt").exists():
            self.skipTest("no ../shared/data/cdnow")
        mapping = self.write("sample.json", json.dumps({
            "format": "fixed", "whitespace": True,
            "columns": ["old", "customer", "date", "cds", "dollars"],
            "event": {
                "type": "OrderPlaced", "source": "cdnow",
                "occurred_at": {"column": "date", "format": "%Y%m%d"},
                "identity": {"customerId": {"column": "customer"}},
                "payload": {"amount": {"column": "dollars", "as": "number"}},
            }}))
        self.crm("import", self.store, str(data / "CDNOW_sample.txt"),
                 "--map", mapping, "--tenant", "cdnow")
        again = ('{"sequence": [{"event": "OrderPlaced"},'
                 ' {"event": "OrderPlaced"}]}')
        found = self.preview(again, "--tenant", "cdnow", "--as-of",
                             "1997-09-30T23:59:59Z")
        self.assertEqual((found["customers"], found["matching"]), (2357, 946))


if __name__ == "__main__":
    cli_fixture.main()
