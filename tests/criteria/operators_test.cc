// Every operator, window and aggregate, by table: what is true, what is false,
// and of what it is not known.

#include "criteria/made_up.h"

namespace crm {
namespace {

constexpr char kNow[] = "2026-03-15T12:00:00Z";

struct Row {
  std::string value;  // Of the trait, as JSON; empty: there is none.
  std::string test;   // The members of the node but for the field.
  std::string_view truth;
  std::string_view reason = {};
};

void CheckRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string json = R"({"field":"f",)" + row.test + "}";
    INFO(json);
    INFO(row.value);
    MadeUp facts;
    if (!row.value.empty()) facts.SetTrait("f", row.value);
    CriteriaProof proof;
    const Truth truth = Ask(MustParse(json), facts, kNow, {}, &proof);
    CHECK(TruthName(truth) == row.truth);
    CHECK(proof.reason == row.reason);
    const Truth inverse =
        Ask(MustParse(R"({"not":)" + json + "}"), facts, kNow);
    CHECK((truth == Truth::kUnknown) == (inverse == Truth::kUnknown));
    if (truth != Truth::kUnknown) CHECK(truth != inverse);
  }
}

TEST_CASE("operators: equal, one of, there at all") {
  CheckRows({
      {R"("ZA")", R"("operator":"eq","value":"ZA")", "true"},
      {R"("za")", R"("operator":"eq","value":"ZA")", "false"},
      {"36", R"("operator":"eq","value":36.0)", "true"},
      {"3.6e1", R"("operator":"eq","value":36)", "true"},
      {"36", R"("operator":"eq","value":"36")", "unknown", "type"},
      {R"("36")", R"("operator":"eq","value":36)", "unknown", "type"},
      {"true", R"("operator":"eq","value":true)", "true"},
      {"false", R"("operator":"eq","value":true)", "false"},
      {"", R"("operator":"eq","value":"ZA")", "unknown", "missing"},
      {"", R"("operator":"neq","value":"ZA")", "unknown", "missing"},
      {R"("DE")", R"("operator":"neq","value":"ZA")", "true"},
      {R"("ZA")", R"("operator":"neq","value":"ZA")", "false"},
      {"[1]", R"("operator":"neq","value":"ZA")", "unknown", "type"},
      {R"("b")", R"("operator":"in","value":["a","b"])", "true"},
      {R"("c")", R"("operator":"in","value":["a","b"])", "false"},
      {"1", R"("operator":"in","value":["a","b"])", "unknown", "type"},
      {"1", R"("operator":"in","value":["a",2])", "false"},
      {"2", R"("operator":"notIn","value":["a",2])", "false"},
      {R"("c")", R"("operator":"notIn","value":["a","b"])", "true"},
      {"", R"("operator":"isNull")", "true"},
      {"", R"("operator":"isNotNull")", "false"},
      {"", R"("operator":"missing","value":null)", "true"},
      {"0", R"("operator":"exists")", "true"},
      {R"("")", R"("operator":"isNull")", "false"},
  });
}

TEST_CASE("operators: less and more, of numbers of any size") {
  CheckRows({
      {"36", R"("operator":"gt","value":35.999999999999999999)", "true"},
      {"36", R"("operator":"gt","value":36)", "false"},
      {"36", R"("operator":"gte","value":36)", "true"},
      {"36", R"("operator":"lt","value":36)", "false"},
      {"36", R"("operator":"lte","value":36.00)", "true"},
      {"-1", R"("operator":"lt","value":0)", "true"},
      {"1e400", R"("operator":"gt","value":1e399)", "true"},
      {"36", R"("operator":"between","value":[36,40])", "true"},
      {"40", R"("operator":"between","value":[36,40])", "true"},
      {"41", R"("operator":"between","value":[36,40])", "false"},
      {R"("36")", R"("operator":"gt","value":1)", "unknown", "type"},
      {"true", R"("operator":"gt","value":0)", "unknown", "type"},
      {"", R"("operator":"gt","value":0)", "unknown", "missing"},
  });
}

TEST_CASE("operators: instants, days and relative ones") {
  CheckRows({
      {R"("2026-03-01")", R"("operator":"gt","value":"2026-02-28")", "true"},
      {R"("2026-03-01")",
       R"("operator":"lt","value":"2026-03-01T00:00:00.000001Z")", "true"},
      {R"("2026-03-01T02:00:00+02:00")",
       R"("operator":"gte","value":"2026-03-01")", "true"},
      {R"("2026-03-01")", R"("operator":"gt","value":"2026-03-01")", "false"},
      {R"("1 March")", R"("operator":"gt","value":"2026-03-01")", "unknown",
       "type"},
      {"1772323200", R"("operator":"gt","value":"2026-03-01")", "unknown",
       "type"},
      {R"("2026-03-14T12:00:00Z")",
       R"("operator":"gte","value":{"ago":{"days":1}})", "true"},
      {R"("2026-03-14T11:59:59Z")",
       R"("operator":"gte","value":{"ago":{"days":1}})", "false"},
      {R"("2026-03-20")", R"("operator":"lt","value":{"ahead":{"weeks":1}})",
       "true"},
      {R"("2026-02-15T12:00:00Z")",
       R"("operator":"lte","value":{"ago":{"months":1}})", "true"},
      {R"("2026-02-15T12:00:01Z")",
       R"("operator":"lte","value":{"ago":{"months":1}})", "false"},
      {R"("2024-03-15T12:00:00Z")",
       R"("operator":"lte","value":{"ago":{"years":2}})", "true"},
      // 15 March 2026 is a Sunday; the week began on the 9th.
      {R"("2026-03-09")", R"("operator":"gte","value":{"startOf":"week"})",
       "true"},
      {R"("2026-03-08T23:59:59Z")",
       R"("operator":"gte","value":{"startOf":"week"})", "false"},
      {R"("2026-02-01")",
       R"("operator":"between","value":[{"startOf":"month","offset":-1},)"
       R"({"startOf":"month"}])",
       "true"},
      {R"("2025-12-31")", R"("operator":"lt","value":{"startOf":"quarter"})",
       "true"},
      {R"("2026-01-01")", R"("operator":"lt","value":{"startOf":"quarter"})",
       "false"},
      {R"("2025-06-01")",
       R"("operator":"gte","value":{"startOf":"year","offset":-1})", "true"},
      {R"("2026-03-15")", R"("operator":"gte","value":{"startOf":"day"})",
       "true"},
  });
}

TEST_CASE("operators: texts, lists, places") {
  CheckRows({
      {R"("Ada Lovelace")", R"("operator":"contains","value":"LOVE")", "true"},
      {R"("Zo\u00eb")", R"("operator":"contains","value":"O\u00cb")", "true"},
      {R"("Ada")", R"("operator":"contains","value":".*")", "false"},
      {R"("Ada")", R"("operator":"notContains","value":"x")", "true"},
      {"1", R"("operator":"contains","value":"1")", "unknown", "type"},
      {R"("Ada")", R"("operator":"startsWith","value":"ad")", "true"},
      {R"("Nada")", R"("operator":"startsWith","value":"ad")", "false"},
      {R"("a\nda")", R"("operator":"startsWith","value":"d")", "false"},
      {R"("ada@x.org")", R"("operator":"endsWith","value":"@X.org")", "true"},
      {R"("ada@x.org\n")", R"("operator":"endsWith","value":"@x.org")",
       "false"},
      {R"("ada@x.org")", R"("operator":"matches","value":"^[a-z]+@x\\.")",
       "true"},
      {R"("Ada@x.org")", R"("operator":"matches","value":"^[a-z]+@x\\.")",
       "false"},
      {R"(["a","b"])", R"("operator":"hasAny","value":["b","c"])", "true"},
      {R"(["a","b"])", R"("operator":"hasAll","value":["b","c"])", "false"},
      {R"(["a","b",1])", R"("operator":"hasAll","value":[1.0,"a"])", "true"},
      {R"(["a","b"])", R"("operator":"hasNone","value":["c"])", "true"},
      {"[]", R"("operator":"hasNone","value":["c"])", "true"},
      {"[[1]]", R"("operator":"hasAny","value":[1])", "false"},
      {R"("a")", R"("operator":"hasAny","value":["a"])", "unknown", "type"},
      // Cape Town to Stellenbosch: 41 km.
      {R"({"latitude":-33.9249,"longitude":18.4241})",
       R"("operator":"near","value":{"latitude":-33.9321,"longitude":18.8602,)"
       R"("meters":41000})",
       "true"},
      {R"({"lat":-33.9249,"lng":18.4241})",
       R"("operator":"near","value":{"latitude":-33.9321,"longitude":18.8602,)"
       R"("meters":40000})",
       "false"},
      {R"({"lat":91,"lng":18.4241})",
       R"("operator":"near","value":{"latitude":0,"longitude":0,"meters":1})",
       "unknown", "type"},
      {R"({"lat":1})",
       R"("operator":"near","value":{"latitude":0,"longitude":0,"meters":1})",
       "unknown", "type"},
  });
}

TEST_CASE("operators: into a value by a pointer") {
  MadeUp facts;
  facts.SetTrait("address", R"({"city":"Paarl","lines":["a","b"],"x":null})");
  facts.SetTrait("a/b", "1");
  const auto ask = [&](std::string_view path, std::string_view rest) {
    return TruthName(Ask(MustParse(R"({"field":")" + std::string(path) + "\"," +
                                   std::string(rest) + "}"),
                         facts, kNow));
  };
  CHECK(ask("/address/city", R"("operator":"eq","value":"Paarl")") == "true");
  CHECK(ask("/address/lines/1", R"("operator":"eq","value":"b")") == "true");
  CHECK(ask("/address/lines/01", R"("operator":"isNull")") == "true");
  CHECK(ask("/address/lines/2", R"("operator":"isNull")") == "true");
  CHECK(ask("/address/x", R"("operator":"isNull")") == "true");
  CHECK(ask("/address/x", R"("operator":"eq","value":1)") == "unknown");
  CHECK(ask("/a~1b", R"("operator":"eq","value":1)") == "true");
  CHECK(ask("a/b", R"("operator":"eq","value":1)") == "true");
  CHECK(ask("address", R"("operator":"eq","value":"Paarl")") == "unknown");
}

// Four orders and a visit. The last order cannot be read when it is `hidden`.
MadeUp Buyer(bool hidden = false) {
  MadeUp facts;
  facts.Add({Us("2026-01-10T10:00:00Z"), "order",
             R"({"total":10,"sku":"x","cart":1})", "o1"});
  facts.Add({Us("2026-02-13T12:00:00Z"), "order",
             R"({"total":20.5,"sku":"y","cart":2})", "o2"});
  facts.Add(
      {Us("2026-02-13T12:00:01Z"), "order", R"({"sku":"x","cart":3})", "o3"});
  facts.Add({Us("2026-03-14T08:00:00Z"), "visit", R"({"cart":3})", "v1"});
  facts.Add({Us("2026-03-15T11:00:00Z"), "order",
             R"({"total":-0.5,"sku":"z","cart":3})", "o4", !hidden});
  facts.Add({Us("2026-03-16T00:00:00Z"), "order", R"({"total":99})", "later"});
  return facts;
}

std::string_view AskBuyer(std::string_view members, bool hidden = false,
                          std::string* value = nullptr) {
  MadeUp facts = Buyer(hidden);
  CriteriaProof proof;
  const std::string json = "{" + std::string(members) + "}";
  INFO(json);
  const Truth truth = Ask(MustParse(json), facts, kNow, {}, &proof);
  if (value != nullptr) *value = proof.value;
  return TruthName(truth);
}

TEST_CASE("events: how often, in which window") {
  const auto count = [](std::string_view window, int expected) {
    std::string value;
    const std::string members =
        R"("event":"order","operator":"eq","value":)" +
        std::to_string(expected) +
        (window.empty() ? "" : R"(,"window":)" + std::string(window));
    CHECK(AskBuyer(members, false, &value) == "true");
    CHECK(value == std::to_string(expected));
  };
  count("", 4);
  // 30 days before the 15th at 12:00 is the 13th of February at 12:00, which is
  // out of it; a second later is in.
  count(R"({"last":{"days":30}})", 2);
  count(R"({"last":{"seconds":3600}})", 0);
  count(R"({"last":{"seconds":3601}})", 1);
  count(R"({"last":{"months":1}})", 1);
  count(R"({"last":{"years":1}})", 4);
  count(R"({"calendar":"month"})", 1);
  count(R"({"calendar":"month","offset":-1})", 2);
  count(R"({"calendar":"day"})", 1);
  count(R"({"calendar":"week"})", 1);
  count(R"({"calendar":"quarter"})", 4);
  count(R"({"calendar":"year","offset":-1})", 0);
  count(R"({"from":"2026-01-10T10:00:00Z","until":"2026-02-13T12:00:01Z"})", 2);
  count(R"({"until":"2026-02-01"})", 1);
  count(R"({"from":{"startOf":"month","offset":-1}})", 3);
  count(R"({"from":"2026-03-15","until":{"ahead":{"days":9}}})", 1);
  CHECK(AskBuyer(R"("event":"order")") == "true");
  CHECK(AskBuyer(R"("event":"return")") == "false");
  CHECK(AskBuyer(R"("event":"return","operator":"eq","value":0)") == "true");
  CHECK(AskBuyer(R"("event":["visit","order"],"operator":"eq","value":5)") ==
        "true");
  CHECK(AskBuyer(R"("event":"*","operator":"eq","value":5)") == "true");
}

TEST_CASE("events: only those that a filter lets through") {
  const std::string where =
      R"("event":"order","where":{"property":"sku","operator":"eq",)"
      R"("value":"x"},)";
  CHECK(AskBuyer(where + R"("operator":"eq","value":2)") == "true");
  // One has no total: it is not known of it, so that it does not match, and
  // does not match the opposite either.
  const std::string total = R"({"property":"total","operator":"gt","value":0})";
  CHECK(AskBuyer(R"("event":"order","where":)" + total +
                 R"(,"operator":"eq","value":2)") == "true");
  CHECK(AskBuyer(R"("event":"order","where":{"not":)" + total +
                 R"(},"operator":"eq","value":1)") == "true");
  CHECK(AskBuyer(R"("event":"order","where":{"or":[{"property":"total",)"
                 R"("operator":"isNull"},{"property":"sku","operator":"eq",)"
                 R"("value":"z"}]},"operator":"eq","value":2)") == "true");
}

TEST_CASE(
    "events: what cannot be read matters only where it makes a "
    "difference") {
  const std::string where =
      R"("event":"order","where":{"property":"sku","operator":"eq",)"
      R"("value":"x"},)";
  CHECK(AskBuyer(R"("event":"order","operator":"eq","value":4)", true) ==
        "true");
  CHECK(AskBuyer(where + R"("operator":"gte","value":2)", true) == "true");
  CHECK(AskBuyer(where + R"("operator":"gte","value":3)", true) == "unknown");
  CHECK(AskBuyer(where + R"("operator":"gte","value":4)", true) == "false");
  CHECK(AskBuyer(where + R"("operator":"eq","value":2)", true) == "unknown");
  CHECK(AskBuyer(where + R"("operator":"neq","value":1)", true) == "true");
  CHECK(AskBuyer(where + R"("aggregate":"first","operator":"lt",)"
                         R"("value":"2026-02-01")",
                 true) == "true");
  CHECK(AskBuyer(where + R"("aggregate":"last","operator":"gt",)"
                         R"("value":"2026-02-01")",
                 true) == "true");
  CHECK(AskBuyer(where + R"("aggregate":"last","operator":"gt",)"
                         R"("value":"2026-03-01")",
                 true) == "unknown");
  CHECK(AskBuyer(R"("event":"order","aggregate":"sum","of":"total",)"
                 R"("operator":"gt","value":1)",
                 true) == "unknown");
  CHECK(AskBuyer(R"("event":"order","aggregate":"unique","of":"sku",)"
                 R"("operator":"gte","value":2)",
                 true) == "true");
  CHECK(AskBuyer(R"("event":"order","aggregate":"unique","of":"sku",)"
                 R"("operator":"gte","value":3)",
                 true) == "unknown");
  CHECK(AskBuyer(R"("event":"order","pick":"last","has":{"property":"sku",)"
                 R"("operator":"eq","value":"z"})",
                 true) == "unknown");
  CHECK(AskBuyer(R"("event":"order","pick":"first","has":{"property":"sku",)"
                 R"("operator":"eq","value":"x"})",
                 true) == "true");
}

TEST_CASE("events: sums and the like, exactly") {
  const auto is = [](std::string_view aggregate, std::string_view expected) {
    std::string value;
    CHECK(AskBuyer(R"("event":"order","aggregate":")" + std::string(aggregate) +
                       R"(","of":"total","operator":"eq","value":)" +
                       std::string(expected),
                   false, &value) == "true");
    return value;
  };
  CHECK(is("sum", "30") == "30");
  CHECK(is("avg", "10.0") == R"({"sum":30,"count":3})");
  CHECK(is("min", "-0.5") == "-0.5");
  CHECK(is("max", "20.50") == "20.5");
  CHECK(is("unique", "3") == "3");
  const std::string none =
      R"("event":"return","of":"total","operator":"gte","value":0,)";
  CHECK(AskBuyer(none + R"("aggregate":"sum")") == "true");
  CHECK(AskBuyer(none + R"("aggregate":"unique")") == "true");
  for (const std::string_view name : {"avg", "min", "max"}) {
    CHECK(AskBuyer(none + R"("aggregate":")" + std::string(name) + "\"") ==
          "unknown");
  }
  CHECK(AskBuyer(R"("event":"return","aggregate":"last","operator":"lt",)"
                 R"("value":"2026-01-01")") == "unknown");
  // The average of three numbers that no decimal fraction is: 10 / 3.
  MadeUp facts;
  for (const char* total : {"1", "2", "7"}) {
    facts.Add({Us(kNow), "order", R"({"total":)" + std::string(total) + "}"});
  }
  const std::string avg = R"({"event":"order","aggregate":"avg","of":"total",)";
  CHECK(Ask(MustParse(avg + R"("operator":"gt","value":3.333333333333333})"),
            facts, kNow) == Truth::kTrue);
  CHECK(Ask(MustParse(avg + R"("operator":"lt","value":3.333333333333334})"),
            facts, kNow) == Truth::kTrue);
  facts.Add({Us(kNow), "order", R"({"total":1e300})"});
  CHECK(Ask(MustParse(avg + R"("operator":"gt","value":3})"), facts, kNow) ==
        Truth::kUnknown);
}

TEST_CASE("events: one after the other") {
  const auto ask = [](std::string_view rest, bool hidden = false) {
    return AskBuyer(R"("sequence":[{"event":"order","where":{"property":"sku",)"
                    R"("operator":"eq","value":"x"}},{"event":"order"}])" +
                        std::string(rest),
                    hidden);
  };
  CHECK(ask("") == "true");
  CHECK(ask(R"(,"within":{"days":34})") == "true");
  // o3 is behind o2 by a second, but o2 is not before o1: x, then any order
  // within a day, there is none.
  CHECK(ask(R"(,"within":{"days":1})") == "false");
  CHECK(ask(R"(,"join":"cart")") == "true");
  CHECK(ask(R"(,"join":"cart","within":{"days":29})") == "false");
  CHECK(ask(R"(,"join":"cart")", true) == "unknown");
  CHECK(ask(R"(,"join":"total")") == "false");
  CHECK(ask(R"(,"window":{"last":{"days":30}})") == "true");
  CHECK(ask(R"(,"window":{"last":{"days":29}})") == "false");
  // Not by an event alone, and not by two at one time.
  CHECK(AskBuyer(R"("sequence":[{"event":"visit"},{"event":"visit"}])") ==
        "false");
  MadeUp facts;
  facts.Add({Us(kNow), "a"});
  facts.Add({Us(kNow), "b"});
  CHECK(Ask(MustParse(R"({"sequence":[{"event":"a"},{"event":"b"}]})"), facts,
            kNow) == Truth::kFalse);
}

TEST_CASE("events: of one time the one whose id hashes greatest is the last") {
  const Criteria last = MustParse(
      R"({"event":"a","pick":"last","has":{"property":"n","operator":"eq",)"
      R"("value":1}})");
  const Criteria first = MustParse(
      R"({"event":"a","pick":"first","has":{"property":"n","operator":"eq",)"
      R"("value":1}})");
  MadeUp one;
  one.Add({Us(kNow), "a", R"({"n":1})", "p"});
  one.Add({Us(kNow), "a", R"({"n":2})", "q"});
  MadeUp other;
  other.Add({Us(kNow), "a", R"({"n":2})", "q"});
  other.Add({Us(kNow), "a", R"({"n":1})", "p"});
  CHECK(Ask(last, one, kNow) == Ask(last, other, kNow));
  CHECK(Ask(first, one, kNow) == Ask(first, other, kNow));
  CHECK(Ask(last, one, kNow) != Ask(first, one, kNow));
}

TEST_CASE("windows: days begin where the clock on the wall says so") {
  MadeUp facts;
  // 23:30 of the 14th in UTC, half past midnight of the 15th in Berlin.
  facts.Add({Us("2026-03-14T23:30:00Z"), "a"});
  const Criteria today =
      MustParse(R"({"event":"a","window":{"calendar":"day"}})");
  CHECK(Ask(today, facts, kNow) == Truth::kFalse);
  CHECK(Ask(today, facts, kNow, "Europe/Berlin") == Truth::kTrue);
  // The clocks went forward on 29 March 2026: a calendar month is no fixed
  // number of hours.
  const Criteria month =
      MustParse(R"({"event":"a","window":{"from":{"ago":{"months":1}}}})");
  CHECK(Ask(month, facts, "2026-04-14T22:30:00Z", "Europe/Berlin") ==
        Truth::kTrue);
  CHECK(Ask(month, facts, "2026-04-14T22:30:01Z", "Europe/Berlin") ==
        Truth::kFalse);
}

TEST_CASE("groups: true, false, unknown") {
  MadeUp facts;
  facts.SetTrait("t", "true");
  const std::string yes = R"({"field":"t","operator":"eq","value":true})";
  const std::string no = R"({"field":"t","operator":"eq","value":false})";
  const std::string maybe = R"({"field":"u","operator":"eq","value":1})";
  const auto ask = [&](const std::string& json) {
    return TruthName(Ask(MustParse(json), facts, kNow));
  };
  const auto group = [&](const char* word, const std::string& a,
                         const std::string& b) {
    return ask(std::string("{\"") + word + "\":[" + a + "," + b + "]}");
  };
  CHECK(group("and", yes, yes) == "true");
  CHECK(group("and", yes, maybe) == "unknown");
  CHECK(group("and", maybe, no) == "false");
  CHECK(group("and", no, maybe) == "false");
  CHECK(group("or", no, yes) == "true");
  CHECK(group("or", no, maybe) == "unknown");
  CHECK(group("or", maybe, yes) == "true");
  CHECK(group("or", no, no) == "false");
  CHECK(ask(R"({"not":)" + maybe + "}") == "unknown");
  CHECK(ask(R"({"rules":[)" + yes + "," + no + "]}") == "false");
  CHECK(ask(R"({"combinator":"OR","rules":[)" + yes + "," + no + "]}") ==
        "true");
}

TEST_CASE("buckets: everybody is in exactly one, and in the same again") {
  std::vector<int> sizes(4, 0);
  for (CustomerId id = 1; id <= 4'000; ++id) {
    MadeUp facts;
    facts.number = id;
    for (int part = 0; part < 4; ++part) {
      const Criteria criteria = MustParse(
          R"({"bucket":"test","of":4,"from":)" + std::to_string(part) +
          R"(,"until":)" + std::to_string(part + 1) + "}");
      sizes[static_cast<size_t>(part)] +=
          Ask(criteria, facts, kNow) == Truth::kTrue ? 1 : 0;
    }
  }
  CHECK(sizes[0] + sizes[1] + sizes[2] + sizes[3] == 4'000);
  for (const int size : sizes) CHECK(std::abs(size - 1'000) < 150);
  // For good: on every machine, in every version.
  MadeUp seven;
  CriteriaProof proof;
  Ask(MustParse(R"({"bucket":"test","of":100,"from":0,"until":50})"), seven,
      kNow, {}, &proof);
  CHECK(proof.value == "96");
}

TEST_CASE("consent: what the check says") {
  MadeUp facts;
  const Criteria allow =
      MustParse(R"({"consent":"marketing","channel":"email"})");
  const Criteria deny =
      MustParse(R"({"consent":"marketing","channel":"email","class":"legal",)"
                R"("is":"deny"})");
  CHECK(Ask(allow, facts, kNow) == Truth::kTrue);
  CHECK(Ask(deny, facts, kNow) == Truth::kFalse);
  facts.verdict = Verdict::kDeny;
  CHECK(Ask(allow, facts, kNow) == Truth::kFalse);
  CHECK(Ask(deny, facts, kNow) == Truth::kTrue);
}

}  // namespace
}  // namespace crm
