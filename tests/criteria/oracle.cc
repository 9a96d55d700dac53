#include "criteria/oracle.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/hash.h"
#include "base/instant.h"
#include "base/time_text.h"

namespace crm {
namespace {

using nlohmann::json;

constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kDay = 24 * kHour;

int Not(int truth) { return truth == 2 ? 2 : 1 - truth; }

int All(const std::vector<int>& parts) {
  if (std::count(parts.begin(), parts.end(), 0) > 0) return 0;
  return std::count(parts.begin(), parts.end(), 2) > 0 ? 2 : 1;
}

int Any(std::vector<int> parts) {
  for (int& part : parts) part = Not(part);
  return Not(All(parts));
}

int64_t Length(const json& duration) {
  const auto& [unit, count] = *duration.items().begin();
  const int64_t each = unit == "minutes" ? kHour / 60
                       : unit == "hours" ? kHour
                       : unit == "days"  ? kDay
                                         : 7 * kDay;
  return each * count.get<int64_t>();
}

// Days since 1970 to the Monday or to the first of the month; UTC.
int64_t StartOf(const std::string& unit, int64_t offset, int64_t now) {
  const int64_t day = now / kDay;
  if (unit == "day") return (day + offset) * kDay;
  if (unit == "week") return (day - (day + 3) % 7 + 7 * offset) * kDay;
  // By looking at every day: its text ends with 01.
  int64_t first = day;
  const auto is_first = [](int64_t one) {
    return FormatTime(crm::Instant(one * kDay)).substr(8, 2) == "01";
  };
  while (!is_first(first)) --first;
  for (; offset < 0; ++offset) {
    do --first;
    while (!is_first(first));
  }
  for (; offset > 0; --offset) {
    do ++first;
    while (!is_first(first));
  }
  return first * kDay;
}

const json* Find(const json& value, const std::string& path) {
  const json* at = &value;
  std::string rest = path[0] == '/' ? path.substr(1) : path;
  while (true) {
    const size_t cut = std::min(rest.find('/'), rest.size());
    if (!at->is_object() || !at->contains(rest.substr(0, cut))) return nullptr;
    at = &(*at)[rest.substr(0, cut)];
    if (cut == rest.size()) return at;
    rest = rest.substr(cut + 1);
  }
}

bool SameKind(const json& a, const json& b) {
  return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string()) ||
         (a.is_boolean() && b.is_boolean());
}

bool Same(const json& a, const json& b) {
  if (!SameKind(a, b)) return false;
  return a.is_number() ? a.get<double>() == b.get<double>() : a == b;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

bool Holds(const std::string& op, double a, double b) {
  if (op == "eq") return a == b;
  if (op == "neq") return a != b;
  if (op == "gt") return a > b;
  if (op == "gte") return a >= b;
  return op == "lt" ? a < b : a <= b;
}

bool TextHolds(const std::string& op, const std::string& text,
               const std::string& part) {
  if (op == "matches") return text.find(part) != std::string::npos;
  const std::string low = Lower(text);
  const std::string want = Lower(part);
  if (op == "startsWith") return low.rfind(want, 0) == 0;
  if (op == "endsWith") {
    return low.size() >= want.size() &&
           low.substr(low.size() - want.size()) == want;
  }
  return (low.find(want) != std::string::npos) == (op == "contains");
}

double Meters(double lat_a, double lon_a, double lat_b, double lon_b) {
  // The law of cosines, not the haversine.
  const double r = std::acos(-1.0) / 180;
  const double c =
      std::sin(lat_a * r) * std::sin(lat_b * r) +
      std::cos(lat_a * r) * std::cos(lat_b * r) * std::cos((lon_a - lon_b) * r);
  return 6'371'008.8 * std::acos(std::min(1.0, std::max(-1.0, c)));
}

int NearTest(const json& want, const json& value) {
  if (!value.is_object() || !value.contains("lat") || !value.contains("lon")) {
    return 2;
  }
  const double meters =
      Meters(value["lat"], value["lon"], want["latitude"], want["longitude"]);
  return meters <= want["meters"].get<double>() + 0.5 ? 1 : 0;
}

int ListTest(const std::string& op, const json& want, const json& value) {
  if (!value.is_array()) return 2;
  size_t found = 0;
  for (const json& one : want) {
    found += std::any_of(value.begin(), value.end(),
                         [&](const json& other) { return Same(one, other); })
                 ? 1
                 : 0;
  }
  if (op == "hasAll") return found == want.size() ? 1 : 0;
  return (found > 0) == (op == "hasAny") ? 1 : 0;
}

int InTest(const std::string& op, const json& want, const json& value) {
  bool comparable = false;
  for (const json& one : want) {
    if (Same(one, value)) return op == "in" ? 1 : 0;
    comparable |= SameKind(one, value);
  }
  if (!comparable) return 2;
  return op == "in" ? 0 : 1;
}

bool ReadInstant(const std::string& text, int64_t* us) {
  const std::string full = text.size() == 10 ? text + "T00:00:00Z" : text;
  const Result<Timestamp> time = ParseTime(full);
  if (time.ok()) *us = Microseconds(*time);
  return time.ok();
}

}  // namespace

int64_t Oracle::Instant(const json& instant) const {
  int64_t us = 0;
  if (instant.is_string()) {
    ReadInstant(instant, &us);
    return us;
  }
  if (instant.contains("ago")) return now_ - Length(instant["ago"]);
  return StartOf(instant["startOf"], instant.value("offset", 0), now_);
}

int Oracle::Test(const json& test, const json* value) const {
  const std::string op = test["operator"];
  if (op == "isNull") return value == nullptr ? 1 : 0;
  if (op == "isNotNull") return value == nullptr ? 0 : 1;
  if (value == nullptr) return 2;
  const json& want = test["value"];
  if (op == "near") return NearTest(want, *value);
  if (op.rfind("has", 0) == 0) return ListTest(op, want, *value);
  if (op == "in" || op == "notIn") return InTest(op, want, *value);
  if (op == "eq" || op == "neq") {
    if (!SameKind(want, *value)) return 2;
    return Same(want, *value) == (op == "eq") ? 1 : 0;
  }
  if (op == "between") {
    if (!value->is_number()) return 2;
    return value->get<double>() >= want[0].get<double>() &&
                   value->get<double>() <= want[1].get<double>()
               ? 1
               : 0;
  }
  if (op.rfind("g", 0) == 0 || op.rfind("l", 0) == 0) {
    if (want.is_number()) {
      if (!value->is_number()) return 2;
      return Holds(op, *value, want) ? 1 : 0;
    }
    int64_t us = 0;
    if (!value->is_string() || !ReadInstant(*value, &us)) return 2;
    return Holds(op, static_cast<double>(us - now_),
                 static_cast<double>(Instant(want) - now_))
               ? 1
               : 0;
  }
  if (!value->is_string()) return 2;
  return TextHolds(op, *value, want) ? 1 : 0;
}

int Oracle::Filter(const json& node, const json& payload) const {
  if (node.contains("not")) return Not(Filter(node["not"], payload));
  for (const char* word : {"and", "or"}) {
    if (!node.contains(word)) continue;
    std::vector<int> parts;
    for (const json& part : node[word]) parts.push_back(Filter(part, payload));
    return word[0] == 'a' ? All(parts) : Any(parts);
  }
  return Test(node, Find(payload, node["property"]));
}

std::vector<Oracle::Match> Oracle::Matching(const json& selector,
                                            const json* window) const {
  std::vector<Match> out;
  for (const MadeUpEvent& event : customer_.events) {
    const int64_t us = event.occurred_at;
    if (us > now_) continue;
    const json& types = selector["event"];
    if (types != "*" && types != event.type &&
        (!types.is_array() ||
         std::find(types.begin(), types.end(), event.type) == types.end())) {
      continue;
    }
    if (window != nullptr) {
      const json& w = *window;
      if (w.contains("last") && us <= now_ - Length(w["last"])) continue;
      if (w.contains("from") && us < Instant(w["from"])) continue;
      if (w.contains("until") && us >= Instant(w["until"])) continue;
      if (w.contains("calendar")) {
        const int64_t offset = w.value("offset", 0);
        if (us < StartOf(w["calendar"], offset, now_) ||
            us >= StartOf(w["calendar"], offset + 1, now_)) {
          continue;
        }
      }
    }
    int truth = 1;
    if (selector.contains("where")) {
      truth = event.readable
                  ? Filter(selector["where"], json::parse(event.payload))
                  : 2;
      if (event.readable && truth == 2) truth = 0;
    }
    if (truth != 0) out.push_back({&event, truth});
  }
  std::sort(out.begin(), out.end(), [](const Match& a, const Match& b) {
    return std::make_tuple(a.event->occurred_at, StableHash64(a.event->id)) <
           std::make_tuple(b.event->occurred_at, StableHash64(b.event->id));
  });
  return out;
}

int Oracle::Compare(const json& test, double value) const {
  return Holds(test["operator"], value, test["value"]) ? 1 : 0;
}

// Of these events, and no others.
void Oracle::World(const json& node,
                   const std::vector<const MadeUpEvent*>& events,
                   std::set<int>* answers) const {
  const bool pick = node.contains("pick");
  const std::string what = pick ? node["pick"] : node["aggregate"];
  if (what == "count") {
    answers->insert(Compare(node, static_cast<double>(events.size())));
    return;
  }
  if (what != "first" && what != "last") return Numbers(node, events, answers);
  if (events.empty()) {
    answers->insert(2);
    return;
  }
  const MadeUpEvent* const end =
      what == "first" ? events.front() : events.back();
  if (!pick) {
    answers->insert(Holds(node["operator"],
                          static_cast<double>(end->occurred_at - now_),
                          static_cast<double>(Instant(node["value"]) - now_))
                        ? 1
                        : 0);
    return;
  }
  // Of one time with one that cannot be read: who knows their order.
  const bool clear =
      std::all_of(events.begin(), events.end(), [&](const MadeUpEvent* one) {
        return one->readable || one->occurred_at != end->occurred_at;
      });
  answers->insert(clear ? Filter(node["has"], json::parse(end->payload)) : 2);
}

void Oracle::Numbers(const json& node,
                     const std::vector<const MadeUpEvent*>& events,
                     std::set<int>* answers) const {
  const std::string what = node["aggregate"];
  std::vector<double> numbers;
  std::set<std::string> different;
  int hidden = 0;
  for (const MadeUpEvent* event : events) {
    hidden += event->readable ? 0 : 1;
    if (!event->readable) continue;
    const json payload = json::parse(event->payload);
    const json* value = Find(payload, node["of"]);
    if (value == nullptr) continue;
    different.insert(value->is_number() ? std::to_string(value->get<double>())
                                        : value->dump());
    if (value->is_number()) numbers.push_back(*value);
  }
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  if (what == "unique") {
    for (int more = 0; more <= hidden; ++more) {
      answers->insert(
          Compare(node, static_cast<double>(different.size()) + more));
    }
  } else if (hidden > 0 || (numbers.empty() && what != "sum")) {
    answers->insert(2);
  } else if (what == "sum") {
    answers->insert(Compare(node, sum));
  } else if (what == "avg") {
    json times = node;
    times["value"] =
        node["value"].get<double>() * static_cast<double>(numbers.size());
    answers->insert(Compare(times, sum));
  } else {
    answers->insert(
        Compare(node, what == "min"
                          ? *std::min_element(numbers.begin(), numbers.end())
                          : *std::max_element(numbers.begin(), numbers.end())));
  }
}

int Oracle::Event(const json& node) const {
  const std::vector<Match> all =
      Matching(node, node.contains("window") ? &node["window"] : nullptr);
  // Every world: each that may match does, or does not.
  std::vector<const Match*> doubtful;
  for (const Match& match : all) {
    if (match.truth == 2) doubtful.push_back(&match);
  }
  std::set<int> answers;
  for (size_t world = 0; world < (size_t{1} << doubtful.size()); ++world) {
    std::vector<const MadeUpEvent*> events;
    for (const Match& match : all) {
      const auto place = std::find(doubtful.begin(), doubtful.end(), &match);
      const auto bit = static_cast<size_t>(place - doubtful.begin());
      if (match.truth == 1 || (world >> bit & 1) != 0) {
        events.push_back(match.event);
      }
    }
    World(node, events, &answers);
  }
  return answers.size() == 1 ? *answers.begin() : 2;
}

int Oracle::Sequence(const json& node) const {
  const json* window = node.contains("window") ? &node["window"] : nullptr;
  int best = 0;
  for (const Match& a : Matching(node["sequence"][0], window)) {
    for (const Match& b : Matching(node["sequence"][1], window)) {
      const int64_t gap = b.event->occurred_at - a.event->occurred_at;
      if (gap <= 0) continue;
      if (node.contains("within") && gap > Length(node["within"])) continue;
      int truth = a.truth == 1 && b.truth == 1 ? 1 : 2;
      if (node.contains("join")) {
        const auto value = [&](const MadeUpEvent& event) -> json {
          const json payload = json::parse(event.payload);
          const json* found = Find(payload, node["join"]);
          return found == nullptr ? json() : *found;
        };
        if (a.event->readable && !value(*a.event).is_primitive()) continue;
        if (a.event->readable && value(*a.event).is_null()) continue;
        if (b.event->readable && value(*b.event).is_null()) continue;
        if (!a.event->readable || !b.event->readable) {
          truth = 2;
        } else if (!Same(value(*a.event), value(*b.event))) {
          continue;
        }
      }
      if (truth == 1) return 1;
      best = 2;
    }
  }
  return best;
}

int Oracle::Leaf(const json& node) const {
  if (node.contains("event")) return Event(node);
  if (node.contains("sequence")) return Sequence(node);
  if (node.contains("consent")) {
    return (node["is"] == "allow") == customer_.allowed ? 1 : 0;
  }
  if (node.contains("bucket")) {
    const std::string bucket = node["bucket"];
    const uint64_t number =
        StableHash64(bucket + "/" + std::to_string(customer_.number)) %
        node["of"].get<uint64_t>();
    return number >= node["from"].get<uint64_t>() &&
                   number < node["until"].get<uint64_t>()
               ? 1
               : 0;
  }
  json traits = json::object();
  for (const auto& [name, value] : customer_.traits) traits[name] = value;
  return Test(node, Find(traits, node["field"]));
}

int Oracle::Evaluate(const json& node) const {
  if (node.contains("not")) return Not(Evaluate(node["not"]));
  for (const char* word : {"and", "or", "rules"}) {
    if (!node.contains(word)) continue;
    std::vector<int> parts;
    for (const json& part : node[word]) parts.push_back(Evaluate(part));
    const bool all =
        word[0] == 'a' || (word[0] == 'r' && node["combinator"] == "AND");
    return all ? All(parts) : Any(parts);
  }
  return Leaf(node);
}

}  // namespace crm
