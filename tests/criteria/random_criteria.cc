#include "criteria/random_criteria.h"

namespace crm {
namespace {

using nlohmann::json;

constexpr int64_t kHourUs = 3'600'000'000;

int Pick(RandomSource& random, int count) {
  return static_cast<int>(random() % static_cast<uint64_t>(count));
}

template <typename T>
T OneOf(RandomSource& random, std::initializer_list<T> all) {
  return all.begin()[Pick(random, static_cast<int>(all.size()))];
}

// Small, so that they meet: numbers with a half, short texts, truth values.
json Scalar(RandomSource& random) {
  switch (Pick(random, 4)) {
    case 0:
      return Pick(random, 4);
    case 1:
      return Pick(random, 6) * 0.5;
    case 2:
      return OneOf<const char*>(random, {"a", "b", "ab", "Ba"});
    default:
      return Pick(random, 2) == 0;
  }
}

json List(RandomSource& random) {
  json list = json::array();
  const int count = 1 + Pick(random, 3);
  for (int i = 0; i < count; ++i) {
    list.push_back(OneOf<json>(random, {1, 0.5, "a", "b", true}));
  }
  return list;
}

json Duration(RandomSource& random) {
  return OneOf<json>(random, {{{"hours", 1 + Pick(random, 30)}},
                              {{"days", 1 + Pick(random, 20)}},
                              {{"weeks", 1 + Pick(random, 3)}},
                              {{"minutes", 30 + Pick(random, 300)}}});
}

json Instant(RandomSource& random) {
  switch (Pick(random, 4)) {
    case 0:
      return "2026-03-" + std::to_string(10 + Pick(random, 10));
    case 1:
      return "2026-03-" + std::to_string(10 + Pick(random, 6)) + "T06:00:00Z";
    case 2:
      return {{"ago", Duration(random)}};
    default:
      return {{"startOf", OneOf<const char*>(random, {"day", "week", "month"})},
              {"offset", -Pick(random, 2)}};
  }
}

json Window(RandomSource& random) {
  switch (Pick(random, 3)) {
    case 0:
      return {{"last", Duration(random)}};
    case 1:
      return {
          {"calendar", OneOf<const char*>(random, {"day", "week", "month"})},
          {"offset", -Pick(random, 2)}};
    default:
      return {{Pick(random, 2) == 0 ? "from" : "until", Instant(random)}};
  }
}

// Such as may be there.
json ScalarFor(RandomSource& random, const std::string& path) {
  if (path == "q") return Pick(random, 4) * 0.5;
  if (path == "text") return OneOf<const char*>(random, {"a", "b", "ab", "C"});
  return Scalar(random);
}

// Mostly where such a value is.
const char* PathFor(RandomSource& random, const std::string& op, bool of_time) {
  if (Pick(random, 8) == 0) {
    return OneOf<const char*>(random, {"p", "q", "list", "place", "time"});
  }
  if (op == "near") return "place";
  if (op.starts_with("has")) return "list";
  if (of_time) return "time";
  if (op == "between" || op[0] == 'g' || op[0] == 'l') return "q";
  if (op == "eq" || op == "neq" || op == "in" || op == "notIn") {
    return OneOf<const char*>(random,
                              {"p", "q", "q", "text", "text", "/deep/p"});
  }
  return op == "isNull" || op == "isNotNull" ? "p" : "text";
}

void AddTest(RandomSource& random, const char* member, json* node) {
  json& test = *node;
  const char* const name = OneOf<const char*>(
      random, {"eq",          "neq",        "in",       "notIn",   "gt",
               "gte",         "lt",         "lte",      "between", "contains",
               "notContains", "startsWith", "endsWith", "matches", "isNull",
               "isNotNull",   "hasAny",     "hasAll",   "hasNone", "near"});
  const bool of_time =
      (name[0] == 'g' || name[0] == 'l') && Pick(random, 2) == 0;
  test[member] = PathFor(random, name, of_time);
  test["operator"] = name;
  const std::string op = name;
  if (op == "isNull" || op == "isNotNull") return;
  if (op == "eq" || op == "neq") {
    test["value"] = ScalarFor(random, test[member]);
  } else if (op == "in" || op == "notIn") {
    test["value"] = {ScalarFor(random, test[member]),
                     ScalarFor(random, test[member])};
  } else if (op.starts_with("has")) {
    test["value"] = List(random);
  } else if (op == "between") {
    const int low = Pick(random, 3);
    test["value"] = {low, low + Pick(random, 3)};
  } else if (op.starts_with("g") || op.starts_with("l")) {
    test["value"] = of_time ? Instant(random) : json(Pick(random, 4));
  } else if (op == "near") {
    test["value"] = {{"latitude", Pick(random, 3)},
                     {"longitude", Pick(random, 3)},
                     {"meters", Pick(random, 4) * 60'000}};
  } else {
    test["value"] = OneOf<const char*>(random, {"a", "b", "ab", "A"});
  }
}

json Filter(RandomSource& random, int levels) {
  json node;
  if (levels > 0 && Pick(random, 3) == 0) {
    const int which = Pick(random, 3);
    if (which == 0) return {{"not", Filter(random, levels - 1)}};
    json parts = {Filter(random, levels - 1), Filter(random, levels - 1)};
    return {{which == 1 ? "and" : "or", std::move(parts)}};
  }
  AddTest(random, "property", &node);
  return node;
}

json Selector(RandomSource& random) {
  json node;
  switch (Pick(random, 4)) {
    case 0:
      node["event"] = "*";
      break;
    case 1:
      node["event"] = {"x", "y"};
      break;
    default:
      node["event"] = OneOf<const char*>(random, {"x", "y", "z"});
  }
  if (Pick(random, 2) == 0) node["where"] = Filter(random, 2);
  return node;
}

json EventNode(RandomSource& random) {
  json node = Selector(random);
  if (Pick(random, 2) == 0) node["window"] = Window(random);
  if (Pick(random, 6) == 0) {
    node["pick"] = OneOf<const char*>(random, {"first", "last"});
    node["has"] = Filter(random, 1);
    return node;
  }
  const std::string aggregate = OneOf<const char*>(
      random, {"count", "sum", "avg", "min", "max", "unique", "first", "last"});
  const char* const order =
      OneOf<const char*>(random, {"gt", "gte", "lt", "lte"});
  node["aggregate"] = aggregate;
  node["operator"] = order;
  if (aggregate == "first" || aggregate == "last") {
    node["value"] = Instant(random);
    return node;
  }
  node["value"] = Pick(random, aggregate == "sum" ? 9 : 3);
  if (aggregate != "count") {
    node["of"] = OneOf<const char*>(random, {"p", "q", "/deep/p"});
  }
  if (Pick(random, 4) == 0) {
    node["operator"] = OneOf<const char*>(random, {"eq", "neq"});
  }
  return node;
}

json Sequence(RandomSource& random) {
  json node = {{"sequence", {Selector(random), Selector(random)}}};
  if (Pick(random, 2) == 0) node["within"] = Duration(random);
  if (Pick(random, 2) == 0) {
    node["join"] = OneOf<const char*>(random, {"p", "/deep/p"});
  }
  if (Pick(random, 3) == 0) node["window"] = Window(random);
  return node;
}

json Content(RandomSource& random) {
  json payload = json::object();
  if (Pick(random, 3) != 0) payload["p"] = Scalar(random);
  if (Pick(random, 8) != 0) payload["q"] = Pick(random, 6) * 0.5;
  if (Pick(random, 8) != 0) payload["list"] = List(random);
  if (Pick(random, 8) != 0) {
    payload["place"] = {{"lat", Pick(random, 3)}, {"lon", Pick(random, 3)}};
  }
  if (Pick(random, 8) != 0) {
    payload["text"] = OneOf<const char*>(random, {"a", "b", "ab", "Ba", "C"});
  }
  if (Pick(random, 8) != 0) {
    payload["time"] = "2026-03-" + std::to_string(10 + Pick(random, 10));
  }
  if (Pick(random, 2) == 0) payload["deep"] = {{"p", Scalar(random)}};
  return payload;
}

}  // namespace

json RandomCriteria(RandomSource& random, int levels) {
  if (levels > 0 && Pick(random, 2) == 0) {
    const int which = Pick(random, 4);
    if (which == 0) return {{"not", RandomCriteria(random, levels - 1)}};
    json parts = {RandomCriteria(random, levels - 1),
                  RandomCriteria(random, levels - 1)};
    if (which == 3) {
      return {{"combinator", OneOf<const char*>(random, {"AND", "OR"})},
              {"rules", std::move(parts)}};
    }
    return {{which == 1 ? "and" : "or", std::move(parts)}};
  }
  switch (Pick(random, 8)) {
    case 0:
      return {{"bucket", "b"}, {"of", 4}, {"from", 1}, {"until", 3}};
    case 1:
      return {{"consent", "marketing"},
              {"channel", "email"},
              {"is", OneOf<const char*>(random, {"allow", "deny"})}};
    case 2:
      return Sequence(random);
    case 3:
    case 4: {
      json node;
      AddTest(random, "field", &node);
      return node;
    }
    default:
      return EventNode(random);
  }
}

MadeUp RandomCustomer(RandomSource& random, int64_t now) {
  MadeUp facts;
  facts.number = 1 + random() % 1'000;
  facts.verdict = Pick(random, 2) == 0 ? Verdict::kAllow : Verdict::kDeny;
  const json traits = Content(random);
  for (const auto& [name, value] : traits.items()) {
    facts.SetTrait(name, value.dump());
  }
  const int count = Pick(random, 12);
  for (int i = 0; i < count; ++i) {
    MadeUpEvent event;
    // Up to 25 days before, and a day behind; by the hour, so that some are of
    // one time.
    event.occurred_at = now + kHourUs * (24 - Pick(random, 25 * 24));
    if (i > 0 && Pick(random, 5) == 0) {
      event.occurred_at = facts.given().back().occurred_at;
    }
    event.type = OneOf<const char*>(random, {"x", "y", "z"});
    event.payload = Content(random).dump();
    event.readable = Pick(random, 12) != 0;
    facts.Add(std::move(event));
  }
  return facts;
}

}  // namespace crm
