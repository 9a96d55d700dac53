#include "scenario.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace crm {
namespace {

// Of so many customers each two are held against each other.
constexpr size_t kMostCompared = 30;

// "a{2..4}b" is the same thrice, with {i} as the number; and [from, to].
bool FindRange(const std::string& text, size_t* begin, size_t* end, int* from,
               int* to) {
  *begin = text.find('{');
  while (*begin != std::string::npos && text.compare(*begin, 3, "{i}") == 0) {
    *begin = text.find('{', *begin + 1);
  }
  if (*begin == std::string::npos) return false;
  *end = text.find('}', *begin);
  const size_t dots = text.find("..", *begin);
  if (*end == std::string::npos || dots == std::string::npos || dots > *end) {
    return false;
  }
  *from = std::stoi(text.substr(*begin + 1, dots - *begin - 1));
  *to = std::stoi(text.substr(dots + 2, *end - dots - 2));
  return true;
}

std::vector<std::string> Expand(const std::string& text) {
  size_t begin = 0;
  size_t end = 0;
  int from = 0;
  int to = 0;
  if (text.find(":{\"") != std::string::npos ||
      !FindRange(text, &begin, &end, &from, &to)) {
    return {text};
  }
  std::vector<std::string> all;
  for (int i = from; i <= to; ++i) {
    const std::string number = std::to_string(i);
    std::string one = text.substr(0, begin) + number + text.substr(end + 1);
    for (size_t at = one.find("{i}"); at != std::string::npos;
         at = one.find("{i}")) {
      one.replace(at, 3, number);
    }
    all.push_back(std::move(one));
  }
  return all;
}

// Blanks part words, but not between quotes, which go.
std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

Identifier ReadIdentifier(const std::string& word) {
  const size_t at = word.find('=');
  INFO(word);
  REQUIRE(at != std::string::npos);
  return {word.substr(0, at), word.substr(at + 1)};
}

void ReadEvent(const std::vector<std::string>& words, Scenario* scenario) {
  REQUIRE(words.size() >= 3);
  Scenario::Step step;
  step.name = words[1];
  step.event = MakeEvent(step.name, {});
  step.event.source = words[2];
  const auto index = static_cast<int64_t>(scenario->steps.size());
  step.event.occurred_at = At(index * 1'000'000);
  std::string traits;
  for (size_t i = 3; i < words.size(); ++i) {
    const std::string& word = words[i];
    const size_t colon = word.find(':');
    const std::string key = word.substr(0, colon);
    const std::string value =
        colon == std::string::npos ? "" : word.substr(colon + 1);
    if (key == "at") {
      *step.event.occurred_at += std::chrono::hours(24 * std::stoi(value));
    } else if (key == "with") {
      const auto found = std::find_if(
          scenario->steps.begin(), scenario->steps.end(),
          [&](const Scenario::Step& other) { return other.name == value; });
      REQUIRE(found != scenario->steps.end());
      step.event.occurred_at = found->event.occurred_at;
    } else if (key == "tenant") {
      step.tenant = value;
    } else if (key == "name" || key == "born" || key == "address") {
      const std::string trait = key == "name"   ? "firstName"
                                : key == "born" ? "dateOfBirth"
                                                : key;
      traits +=
          (traits.empty() ? "\"" : ",\"") + trait + "\":\"" + value + "\"";
    } else {
      step.event.identifiers.push_back(ReadIdentifier(word));
    }
  }
  step.event.payload = "{\"traits\":{" + traits + "}}";
  scenario->steps.push_back(std::move(step));
}

void ReadPeople(const std::vector<std::string>& words, Scenario* scenario) {
  std::vector<std::string> group;
  for (size_t i = 1; i < words.size(); ++i) {
    for (const std::string& name : Expand(words[i])) {
      if (name != "|") group.push_back(name);
      if (name != "|" && words[0] == "people") continue;
      if (!group.empty()) scenario->people.push_back(group);
      group.clear();
    }
  }
  if (!group.empty()) scenario->people.push_back(group);
}

std::string Rest(const std::vector<std::string>& words, size_t from) {
  std::string text;
  for (size_t i = from; i < words.size(); ++i) {
    text += (text.empty() ? "" : " ") + words[i];
  }
  return text;
}

void ReadLine(const std::string& line, Scenario* scenario) {
  const std::vector<std::string> words = Words(line);
  const std::string& verb = words[0];
  INFO(line);
  REQUIRE(words.size() >= 2);
  Scenario::Expected& expected = scenario->expected[words[1]];
  if (verb == "on") {
    ReadEvent(words, scenario);
  } else if (verb == "group") {
    scenario->people.emplace_back(words.begin() + 1, words.end());
  } else if (verb == "withheld") {
    expected.withheld.push_back(Rest(words, 2));
  } else if (verb == "joins") {
    expected.joins = Rest(words, 2);
  } else if (verb == "merges") {
    expected.merges = std::stoul(words[2]);
  } else if (verb == "asks") {
    expected.asks = std::stoul(words[2]);
  } else if (verb == "owner") {
    scenario->owners.emplace_back(ReadIdentifier(words[1]), words[2]);
  } else if (verb == "later") {
    Scenario::Step step;
    step.later = std::chrono::seconds(std::stoi(words[1]));
    scenario->steps.push_back(std::move(step));
  } else if (verb == "region") {
    scenario->region = words[1];
  } else if (verb == "guard") {
    scenario->guard = words[1];
  } else {
    FAIL("not understood");
  }
}

std::string Text(const Profile& profile) {
  std::string text = std::to_string(profile.events) + " events";
  for (const Trait& trait : profile.traits) {
    text += " " + trait.name + "=" + trait.value + "/" + trait.source + "@" +
            std::to_string(trait.occurred_at.time_since_epoch().count());
  }
  return text;
}

StoreOptions StageOptions(const Scenario& scenario,
                          std::shared_ptr<Clock> clock) {
  StoreOptions options = Quick();
  options.clock = std::move(clock);
  options.default_region = scenario.region;
  return options;
}

}  // namespace

std::vector<Scenario> ReadScenarios(const std::string& file) {
  std::ifstream in(std::string(CRM_SCENARIOS) + "/" + file);
  INFO(file);
  REQUIRE(in.good());
  std::vector<Scenario> scenarios;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("scenario ")) {
      scenarios.emplace_back();
      scenarios.back().name = line.substr(9);
      continue;
    }
    REQUIRE(!scenarios.empty());
    const std::vector<std::string> words = Words(line);
    if (words[0] == "people" || words[0] == "alone") {
      ReadPeople(words, &scenarios.back());
      continue;
    }
    for (const std::string& one : Expand(line)) {
      ReadLine(one, &scenarios.back());
    }
  }
  return scenarios;
}

Stage::Stage(const Scenario& scenario)
    : scenario_(scenario),
      store_(MustOpenInMemory(StageOptions(scenario, clock_))) {}

Tenant& Stage::TenantOf(const std::string& name) {
  auto found = tenants_.find(name);
  if (found == tenants_.end()) {
    found = tenants_
                .emplace(name, MustTenant(store_,
                                          std::to_string(played_) + "/" + name))
                .first;
  }
  return found->second;
}

Stage::Outcomes Stage::Append(const std::vector<size_t>& order) {
  ++played_;
  tenants_.clear();
  Outcomes outcomes;
  for (const size_t index : order) {
    const Scenario::Step& step = scenario_.steps[index];
    if (step.name.empty()) {
      clock_->Advance(step.later);
      continue;
    }
    outcomes[step.name] = MustAppendOne(TenantOf(step.tenant), step.event);
  }
  Note(outcomes);
  return outcomes;
}

// By records: an event stays with its record, whoever has that now.
void Stage::Note(const Outcomes& outcomes) {
  people_.clear();
  customers_.clear();
  records_.clear();
  for (const auto& [name, tenant] : tenants_) {
    for (CustomerId id = 1;; ++id) {
      const Result<Customer> customer = tenant.GetCustomer(id);
      if (!customer.ok()) {
        CHECK_CODE(customer, kNotFound);
        break;
      }
      if (customer->id != id) continue;
      for (const CustomerRecord& record : customer->records) {
        CHECK(customers_.try_emplace({name, record.record}, id).second);
      }
    }
  }
  for (const Scenario::Step& step : scenario_.steps) {
    if (step.name.empty()) continue;
    const RecordId record = outcomes.at(step.name).record;
    CustomerId customer = 0;
    if (record != 0) {
      customer = customers_.at({step.tenant, record});
      records_.try_emplace({step.tenant, record}, step.name);
    }
    people_[{step.tenant, customer}].push_back(step.name);
  }
}

std::string Stage::Who(const std::string& tenant, CustomerId customer) const {
  const auto found = people_.find({tenant, customer});
  return customer == 0 || found == people_.end() ? "nobody"
                                                 : found->second.front();
}

std::string Stage::Owner(const std::string& tenant,
                         const Identifier& identifier) {
  const Result<CustomerId> found = TenantOf(tenant).FindCustomer(identifier);
  if (found.ok()) return Who(tenant, *found);
  switch (found.status().code()) {
    case StatusCode::kDenied:
      return "blocked";
    case StatusCode::kInvalidArgument:
      return "malformed";
    default:
      break;
  }
  CHECK_CODE(found, kNotFound);
  const bool shared =
      found.status().message().find("share") != std::string_view::npos;
  return shared ? "shared" : "nobody";
}

std::string Stage::Play(const std::vector<size_t>& order) {
  Append(order);
  return Tell();
}

std::string Stage::PlayAndReResolve(const std::vector<size_t>& order) {
  const Outcomes outcomes = Append(order);
  ReResolveOptions options;
  options.dry_run = false;
  for (auto& [name, tenant] : tenants_) {
    REQUIRE_OK(tenant.ReResolve(options));
    const Result<ReResolveReport> again = tenant.ReResolve(options);
    REQUIRE_OK(again);
    CHECK(again->records_moved == 0);
    CHECK(again->position == 0);
  }
  Note(outcomes);
  return Tell() + TellLinks();
}

std::string Stage::NameOf(const std::string& tenant, RecordId record) const {
  const auto found = records_.find({tenant, record});
  return found == records_.end() ? "nothing" : found->second;
}

// How each record came to its customer, and what is known of two. Which links
// are merges hangs on who came first; what they rest on does not.
std::string Stage::TellLinks() {
  std::vector<std::string> lines;
  for (const auto& [who, names] : people_) {
    if (who.second == 0) continue;
    Tenant& tenant = TenantOf(who.first);
    const Result<IdentityHistory> how = tenant.How(who.second);
    REQUIRE_OK(how);
    CHECK(how->steps.size() > 0);
    for (const IdentityStep& step : how->steps) {
      if (step.kind == IdentityStep::Kind::kBegan) continue;
      CHECK(!step.matched_by.empty());
      lines.push_back(names.front() + " by " + step.matched_by + " " +
                      std::to_string(step.confidence));
    }
    for (const auto& [other, theirs] : people_) {
      const bool two = other.first == who.first && other.second != 0 &&
                       names.front() < theirs.front();
      if (!two || people_.size() > kMostCompared) continue;
      const Result<IdentityExplanation> why =
          tenant.Why(who.second, other.second);
      REQUIRE_OK(why);
      for (const IdentityEvidence& evidence : why->evidence) {
        std::string a = NameOf(who.first, evidence.a);
        std::string b = NameOf(who.first, evidence.b);
        if (b < a) std::swap(a, b);
        lines.push_back(a + " and " + b + " " + evidence.name_space + " " +
                        std::to_string(evidence.sign) + " " +
                        IdentityReasonName(evidence.reason));
      }
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string Stage::Tell() {
  std::vector<std::string> lines;
  for (const auto& [who, names] : people_) {
    std::string line;
    for (const std::string& name : names) line += name + " ";
    if (who.second != 0) {
      const Result<Profile> profile =
          TenantOf(who.first).GetProfile(who.second);
      REQUIRE_OK(profile);
      line += Text(*profile);
    }
    lines.push_back(std::move(line));
  }
  for (const Scenario::Step& step : scenario_.steps) {
    for (const Identifier& identifier : step.event.identifiers) {
      lines.push_back(identifier.name_space + "=" + identifier.value + " of " +
                      Owner(step.tenant, identifier));
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void Stage::CheckOutcome(const Outcomes& all, const std::string& name) {
  const EventOutcome& have = all.at(name);
  const auto found = scenario_.expected.find(name);
  const Scenario::Expected want =
      found == scenario_.expected.end() ? Scenario::Expected() : found->second;
  CAPTURE(name);
  std::vector<std::string> withheld;
  for (const WithheldIdentifier& one : have.withheld) {
    std::string owner = "nobody";
    // By the first event, in the order of the scenario, that went to her.
    for (const Scenario::Step& step : scenario_.steps) {
      if (one.owner == 0 || owner != "nobody" || step.name.empty()) continue;
      if (all.at(step.name).customer == one.owner) owner = step.name;
    }
    withheld.push_back(one.name_space + " " + IdentityReasonName(one.reason) +
                       " " + owner);
  }
  CHECK(withheld == want.withheld);
  CHECK(have.merged.size() == want.merges);
  CHECK(have.reviews.size() == want.asks);
  if (want.joins.empty()) return;
  const std::string joins = have.new_customer
                                ? "new"
                                : std::string(have.matched_by) + " " +
                                      std::to_string(have.confidence);
  CHECK(joins == want.joins);
}

// What came in the order in which it happened is as it would be decided anew;
// but for the brake, which stops what is right.
void Stage::CheckNothingAnew() {
  std::map<std::string, Event> last;
  for (const Scenario::Step& step : scenario_.steps) {
    if (step.name.empty()) continue;
    const auto [before, first] = last.try_emplace(step.tenant, step.event);
    if (!first && before->second.occurred_at >= step.event.occurred_at) return;
    before->second = step.event;
  }
  if (scenario_.guard == IdentityReasonName(IdentityReason::kMergeBrake)) {
    return;
  }
  ReResolveOptions options;
  options.dry_run = false;
  for (auto& [name, tenant] : tenants_) {
    const Result<ReResolveReport> report = tenant.ReResolve(options);
    REQUIRE_OK(report);
    CHECK(report->records_moved == 0);
    CHECK(report->position == 0);
  }
}

void Stage::CheckAsWritten() {
  std::vector<size_t> order;
  for (size_t i = 0; i < scenario_.steps.size(); ++i) order.push_back(i);
  const Outcomes outcomes = Append(order);
  std::vector<std::vector<std::string>> people;
  for (const auto& [who, names] : people_) {
    if (who.second != 0) people.push_back(names);
  }
  std::vector<std::vector<std::string>> expected = scenario_.people;
  const auto sort = [](std::vector<std::vector<std::string>>* groups) {
    for (auto& group : *groups) std::sort(group.begin(), group.end());
    std::sort(groups->begin(), groups->end());
  };
  sort(&people);
  sort(&expected);
  CHECK(people == expected);
  for (const auto& [name, outcome] : outcomes) CheckOutcome(outcomes, name);
  for (const auto& [name, want] : scenario_.expected) {
    const bool said = !want.withheld.empty() || want.merges > 0 ||
                      want.asks > 0 || !want.joins.empty();
    if (said) CHECK_MESSAGE(outcomes.count(name) == 1, name);
  }
  for (const auto& [identifier, who] : scenario_.owners) {
    INFO(identifier.name_space << "=" << identifier.value);
    CHECK(Owner("", identifier) == who);
  }
  CheckNothingAnew();
  CheckSound(store_);
}

}  // namespace crm
