#include "oracle.h"

#include <algorithm>

namespace crm {
namespace {

using Name = std::pair<std::string, std::string>;

// Of the namespaces that the model test uses.
int Rank(const std::string& name_space) {
  const std::vector<std::string> order = {
      "authUserId", "sclMemberId", "pos", "email", "phoneNumber", "deviceId"};
  const auto found = std::find(order.begin(), order.end(), name_space);
  return static_cast<int>(found - order.begin());
}

bool IsExclusive(const std::string& name_space) { return Rank(name_space) < 3; }
bool IsEphemeral(const std::string& name_space) { return Rank(name_space) > 4; }

int Confidence(const std::string& name_space) {
  if (IsExclusive(name_space)) return 100;
  if (name_space == "email") return 95;
  return name_space == "phoneNumber" ? 85 : 80;
}

// As the normaliser has it, for the values that the model test makes.
Name Canonical(const Identifier& identifier) {
  Name name{identifier.name_space, identifier.value};
  if (name.first == "phone") name.first = "phoneNumber";
  if (name.first == "email") {
    for (char& c : name.second) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return name;
}

bool IsBlocked(const Identifier& identifier) {
  return identifier.value == "null" || identifier.value == "anonymous";
}

// What guards stand at, when nobody has set anything.
constexpr size_t kShared = 3;
constexpr size_t kValues = 5;
constexpr size_t kIdentifiers = 1000;
constexpr size_t kRecords = 200;
constexpr size_t kMerges = 100;
constexpr std::chrono::hours kPhone{18 * 365 * 24 / 12};
// What is kept of identifiers that belong to somebody else.
constexpr size_t kNamedByCustomer = 64;
constexpr size_t kNamedOfOne = 32;
constexpr size_t kLinksAsked = 10;

bool IsAsked(IdentityReason reason) {
  switch (reason) {
    case IdentityReason::kExclusiveConflict:
    case IdentityReason::kContradiction:
    case IdentityReason::kRecycled:
    case IdentityReason::kBelowMergeBar:
    case IdentityReason::kMergeBrake:
      return true;
    default:
      return false;
  }
}

// Best first; what names nobody is left out.
std::vector<Name> Usable(const Event& event) {
  std::vector<Name> names;
  for (const Identifier& identifier : event.identifiers) {
    if (!IsBlocked(identifier)) names.push_back(Canonical(identifier));
  }
  std::stable_sort(names.begin(), names.end(),
                   [](const Name& a, const Name& b) {
                     return Rank(a.first) < Rank(b.first);
                   });
  return names;
}

bool SameContent(const Event& a, const Event& b) {
  return a.type == b.type && a.occurred_at == b.occurred_at &&
         a.payload == b.payload && a.identifiers == b.identifiers;
}

bool IsValid(const Event& event) {
  return !event.id.empty() && !event.source.empty() && !event.type.empty() &&
         event.payload.starts_with('{');
}

// The members of {"traits":{"a":1,"b":null}}, as the model test writes it.
std::map<std::string, std::string> TraitsIn(const Event& event) {
  std::map<std::string, std::string> traits;
  for (const Identifier& identifier : event.identifiers) {
    const Name name = Canonical(identifier);
    if (name.first == "email" || name.first == "phoneNumber") {
      traits[name.first] = "\"" + identifier.value + "\"";
    }
  }
  const std::string begin = "\"traits\":{";
  size_t at = event.payload.find(begin);
  if (at == std::string::npos) return traits;
  at += begin.size();
  while (event.payload[at] != '}') {
    const size_t colon = event.payload.find(':', at);
    const size_t end = event.payload.find_first_of(",}", colon);
    traits[event.payload.substr(at + 1, colon - at - 2)] =
        event.payload.substr(colon + 1, end - colon - 1);
    at = event.payload[end] == ',' ? end + 1 : end;
  }
  return traits;
}

}  // namespace

std::map<std::string, Oracle::Winner> Oracle::Traits(
    CustomerId customer) const {
  std::map<std::string, Winner> winners;
  for (const size_t index : EventsOf(customer)) {
    const Event& event = events_[index].event;
    for (const auto& [name, value] : TraitsIn(event)) {
      const auto found = winners.find(name);
      if (found != winners.end() && found->second.time > *event.occurred_at) {
        continue;
      }
      winners[name] = Winner{value, *event.occurred_at, index};
    }
  }
  std::erase_if(winners,
                [](const auto& item) { return item.second.value == "null"; });
  return winners;
}

bool Oracle::Holds(const Condition& condition) const {
  const CustomerId customer = condition.customer != 0
                                  ? condition.customer
                                  : Owner(condition.identifier);
  const Position version = Version(customer);
  switch (condition.kind) {
    case Condition::Kind::kNoCustomer:
    case Condition::Kind::kIdentifierAbsent:
      return version == 0;
    case Condition::Kind::kCustomerExists:
      return version != 0;
    case Condition::Kind::kCustomerVersion:
      return version == condition.version;
    case Condition::Kind::kNoEventSince:
      break;
  }
  if (version == 0) return true;
  for (const size_t index : EventsOf(customer)) {
    if (events_[index].position > condition.version &&
        events_[index].event.type == condition.type) {
      return false;
    }
  }
  return true;
}

CustomerId Oracle::OwnerOf(const Name& name) const {
  const auto found = owners_.find(name);
  return found == owners_.end() || found->second.record == 0
             ? 0
             : records_[found->second.record - 1].customer;
}

bool Oracle::IsShared(const Name& name) const {
  const auto found = owners_.find(name);
  return found != owners_.end() && found->second.shared;
}

CustomerId Oracle::Owner(const Identifier& identifier) const {
  return OwnerOf(Canonical(identifier));
}

CustomerId Oracle::Found(const Identifier& identifier) const {
  return IsShared(Canonical(identifier)) ? 0 : Owner(identifier);
}

CustomerId Oracle::Current(CustomerId customer) const {
  if (customer == 0 || customer > customers_.size()) return 0;
  const CustomerId moved = customers_[customer - 1].moved_to;
  return moved == 0 ? customer : moved;
}

uint64_t Oracle::live_customers() const {
  return static_cast<uint64_t>(std::count_if(
      customers_.begin(), customers_.end(), [](const CustomerState& state) {
        return state.moved_to == 0 && state.erased_at == 0;
      }));
}

uint64_t Oracle::erased_customers() const {
  return static_cast<uint64_t>(std::count_if(
      customers_.begin(), customers_.end(),
      [](const CustomerState& state) { return state.erased_at != 0; }));
}

bool Oracle::IsErased(CustomerId customer) const {
  const CustomerId current = Current(customer);
  return current != 0 && customers_[current - 1].erased_at != 0;
}

// Every way to find her goes, and what she had is nobody's.
void Oracle::Erase(CustomerId customer, Position position) {
  const CustomerId current = Current(customer);
  CustomerState& her = customers_[current - 1];
  her.erased_at = position;
  const std::set<RecordId> hers(her.records.begin(), her.records.end());
  for (auto owned = owners_.begin(); owned != owners_.end();) {
    if (!hers.contains(owned->second.record)) {
      ++owned;
    } else if (owned->second.shared) {
      (owned++)->second.record = 0;
    } else {
      owned = owners_.erase(owned);
    }
  }
  for (auto& [name, records] : named_) {
    std::erase_if(records,
                  [&](RecordId record) { return hers.contains(record); });
  }
  std::erase_if(record_keys_,
                [&](const auto& key) { return hers.contains(key.second); });
  for (const RecordId record : hers) {
    records_[record - 1].erased = true;
    records_[record - 1].linked_to = 0;
    records_[record - 1].named.clear();
  }
}

Position Oracle::Version(CustomerId customer) const {
  customer = Current(customer);
  if (customer == 0) return 0;
  return std::max(customers_[customer - 1].erased_at,
                  events_[EventsOf(customer).back()].position);
}

std::vector<size_t> Oracle::EventsOf(CustomerId customer) const {
  std::vector<size_t> all;
  for (const RecordId record : customers_[Current(customer) - 1].records) {
    const std::vector<size_t>& events = records_[record - 1].events;
    all.insert(all.end(), events.begin(), events.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<Name> Oracle::NamesOf(CustomerId customer) const {
  std::vector<Name> names;
  for (const auto& [name, owned] : owners_) {
    if (OwnerOf(name) == customer) names.push_back(name);
  }
  return names;
}

size_t Oracle::ValuesOf(CustomerId customer,
                        const std::string& name_space) const {
  const std::vector<Name> names = NamesOf(customer);
  return static_cast<size_t>(std::count_if(
      names.begin(), names.end(),
      [&](const Name& name) { return name.first == name_space; }));
}

bool Oracle::HasExclusive(CustomerId customer,
                          const std::string& name_space) const {
  return IsExclusive(name_space) && ValuesOf(customer, name_space) > 0;
}

bool Oracle::IsAnonymous(CustomerId customer) const {
  const std::vector<Name> names = NamesOf(customer);
  return std::all_of(names.begin(), names.end(),
                     [](const Name& name) { return IsEphemeral(name.first); });
}

Oracle::Person Oracle::PersonIn(const Event& event) {
  const auto traits = TraitsIn(event);
  const auto value = [&](const char* name) {
    const auto found = traits.find(name);
    return found == traits.end() ? std::string() : found->second;
  };
  return {value("firstName"), value("dateOfBirth")};
}

Oracle::Person Oracle::PersonOf(CustomerId customer) const {
  const auto winners = Traits(customer);
  const auto value = [&](const char* name) {
    const auto found = winners.find(name);
    return found == winners.end() ? std::string() : found->second.value;
  };
  return {value("firstName"), value("dateOfBirth")};
}

// Of the names and dates that the model test uses: Ann is short for Anna, Bob
// for Robert, and day and month are sometimes exchanged.
bool Oracle::Contradict(const Person& a, const Person& b) {
  const auto name = [](const Person& person) {
    return person.name == "\"Bob\"" ? std::string("Robert")
                                    : person.name.substr(1, 3);
  };
  const auto born = [](const Person& person) {
    return person.born.substr(1, 4);
  };
  return a.full() && b.full() && name(a).substr(0, 3) != name(b).substr(0, 3) &&
         born(a) != born(b);
}

bool Oracle::IsRecycled(const Name& name, const Event& event) const {
  if (name.first != "phoneNumber") return false;
  const Record& record = records_[owners_.at(name).record - 1];
  const Event& last = events_[record.events.back()].event;
  return *event.occurred_at - *last.occurred_at > kPhone;
}

// --- One event ---------------------------------------------------------------

struct Oracle::Resolving {
  const Event& event;
  std::vector<Name> names;
  std::vector<IdentityReason> reasons;
  RecordId link = 0;  // By which it hangs on its customer.
  OracleOutcome out;

  bool Names(bool (*kind)(const std::string&)) const {
    return std::any_of(names.begin(), names.end(),
                       [&](const Name& name) { return kind(name.first); });
  }
  bool IsStrong() const {
    return std::any_of(names.begin(), names.end(), [](const Name& name) {
      return !IsEphemeral(name.first);
    });
  }
};

OracleOutcome Oracle::Resolve(const Event& event) {
  Resolving now{event, Usable(event), {}, 0, {}};
  now.reasons.resize(now.names.size());
  const auto say_blocked = [&] {
    for (const Identifier& identifier : event.identifiers) {
      if (!IsBlocked(identifier)) continue;
      now.out.withheld.push_back(
          {identifier.name_space, 0, IdentityReason::kBlocked});
    }
  };
  if (now.names.empty()) {
    say_blocked();
    return now.out;
  }
  OracleOutcome& out = now.out;
  out.confidence = 100;
  const auto known = record_keys_.find({event.source, now.names[0]});
  if (known != record_keys_.end()) {
    out.record = now.link = known->second;
    out.customer = records_[out.record - 1].customer;
    out.revision = records_[out.record - 1].events.size();
    out.matched_by = now.names[0].first;
  } else {
    out.new_record = true;
    out.record = records_.size() + 1;
    Attach(&now);
  }
  for (size_t i = 0; i < now.names.size() && !out.new_customer; ++i) {
    if (now.reasons[i] == IdentityReason::kNone) Meet(&now, i);
  }
  TurnShared(&now);
  if (out.new_customer) customers_.emplace_back();
  if (out.new_record) {
    records_.push_back({event.source,
                        out.customer,
                        {},
                        events_.size(),
                        out.matched_by,
                        out.confidence,
                        now.link,
                        out.new_customer ? out.customer : 0,
                        {}});
    record_keys_[{event.source, now.names[0]}] = out.record;
    customers_[out.customer - 1].records.push_back(out.record);
  }
  Claim(&now);
  Tell(&now);
  say_blocked();
  return now.out;
}

// A new record joins who has its best identifier, unless a guard objects;
// devices come last, and give themselves to the first person.
void Oracle::Attach(Resolving* now) {
  OracleOutcome& out = now->out;
  const auto join = [&](const Name& name) {
    out.customer = OwnerOf(name);
    out.confidence = Confidence(name.first);
    out.matched_by = name.first;
    now->link = owners_.at(name).record;
  };
  for (const bool devices : {false, true}) {
    for (size_t i = 0; i < now->names.size() && out.customer == 0; ++i) {
      const Name& name = now->names[i];
      if (IsEphemeral(name.first) != devices || OwnerOf(name) == 0 ||
          IsShared(name)) {
        continue;
      }
      now->reasons[i] = AgainstAttaching(*now, name);
      if (now->reasons[i] == IdentityReason::kNone) join(name);
    }
  }
  if (out.customer == 0) {
    out.new_customer = true;
    out.customer = customers_.size() + 1;
  }
  for (size_t i = 0; i < now->names.size(); ++i) {
    if (!IsAsked(now->reasons[i])) continue;
    Ask(now, out.record, owners_.at(now->names[i]).record);
  }
}

IdentityReason Oracle::AgainstAttaching(const Resolving& now,
                                        const Name& name) const {
  const CustomerId other = OwnerOf(name);
  const bool full = customers_[other - 1].records.size() >= kRecords;
  if (IsEphemeral(name.first)) {
    if (full) return IdentityReason::kLimit;
    return now.IsStrong() && !IsAnonymous(other) ? IdentityReason::kEphemeral
                                                 : IdentityReason::kNone;
  }
  if (TwoAccounts(now, other)) return IdentityReason::kExclusiveConflict;
  if (full) return IdentityReason::kLimit;
  if (IsExclusive(name.first)) return IdentityReason::kNone;
  if (IsRecycled(name, now.event)) return IdentityReason::kRecycled;
  return Contradict(PersonIn(now.event), PersonOf(other))
             ? IdentityReason::kContradiction
             : IdentityReason::kNone;
}

bool Oracle::TwoAccounts(const Resolving& now, CustomerId other) const {
  for (const Name& name : NamesOf(other)) {
    if (!IsExclusive(name.first)) continue;
    if (now.out.customer != 0 && HasExclusive(now.out.customer, name.first)) {
      return true;
    }
    for (const Name& own : now.names) {
      if (own.first == name.first && OwnerOf(own) != other) return true;
    }
  }
  return false;
}

// Somebody else whom the event names.
void Oracle::Meet(Resolving* now, size_t i) {
  const Name& name = now->names[i];
  const CustomerId other = OwnerOf(name);
  if (other == 0 || other == now->out.customer || IsShared(name)) return;
  now->reasons[i] = AgainstMerging(*now, name);
  if (now->reasons[i] == IdentityReason::kNone) {
    Merge(now, other);
  } else if (IsAsked(now->reasons[i])) {
    Ask(now, now->link, owners_.at(name).record);
  }
}

IdentityReason Oracle::AgainstMerging(const Resolving& now,
                                      const Name& name) const {
  const CustomerId own = now.out.customer;
  const CustomerId other = OwnerOf(name);
  const bool device = IsEphemeral(name.first);
  if (device && !IsAnonymous(other) && (now.IsStrong() || !IsAnonymous(own))) {
    return IdentityReason::kEphemeral;
  }
  if (TwoAccounts(now, other)) return IdentityReason::kExclusiveConflict;
  const CustomerState& ours = customers_[own - 1];
  const CustomerState& theirs = customers_[other - 1];
  if (ours.records.size() + theirs.records.size() > kRecords ||
      NamesOf(own).size() + NamesOf(other).size() > kIdentifiers ||
      ours.retired.size() + theirs.retired.size() >= kMerges) {
    return IdentityReason::kLimit;
  }
  for (const char* const name_space : {"email", "phoneNumber"}) {
    if (ValuesOf(own, name_space) > 0 && ValuesOf(other, name_space) > 0 &&
        ValuesOf(own, name_space) + ValuesOf(other, name_space) > kValues) {
      return IdentityReason::kLimit;
    }
  }
  Person person = PersonOf(own);
  const Person said = PersonIn(now.event);
  if (!said.name.empty()) person.name = said.name;
  if (!said.born.empty()) person.born = said.born;
  const Person known = PersonOf(other);
  if (!device && !IsExclusive(name.first) && Contradict(person, known)) {
    return IdentityReason::kContradiction;
  }
  const bool agree = person.full() && known.full() &&
                     person.name == known.name && person.born == known.born;
  return device || agree || SaysTheSame(now, name)
             ? IdentityReason::kNone
             : IdentityReason::kBelowMergeBar;
}

// One identifier that is enough, or two that are together.
bool Oracle::SaysTheSame(const Resolving& now, const Name& name) const {
  std::set<Name> pointing;
  for (const Name& own : now.names) {
    if (OwnerOf(own) != OwnerOf(name) || IsShared(own)) continue;
    if (Confidence(own.first) >= 95) return true;
    if (Confidence(own.first) >= 85) pointing.insert(own);
  }
  return pointing.size() > 1;
}

void Oracle::Merge(Resolving* now, CustomerId other) {
  const CustomerId own = now->out.customer;
  const bool own_has = HasExclusive(own, "authUserId");
  const bool other_has = HasExclusive(other, "authUserId");
  const CustomerId stays =
      own_has != other_has ? (own_has ? own : other) : std::min(own, other);
  const CustomerId leaves = stays == own ? other : own;
  CustomerState& kept = customers_[stays - 1];
  CustomerState& gone = customers_[leaves - 1];
  for (const RecordId record : gone.records) {
    records_[record - 1].customer = stays;
    kept.records.push_back(record);
  }
  for (const CustomerId retired : gone.retired) {
    customers_[retired - 1].moved_to = stays;
    kept.retired.push_back(retired);
  }
  gone.moved_to = stays;
  kept.retired.push_back(leaves);
  gone.records.clear();
  gone.retired.clear();
  now->out.customer = stays;
  std::erase(now->out.merged, stays);
  now->out.merged.push_back(leaves);
}

// A value that three different people claim.
void Oracle::TurnShared(Resolving* now) {
  for (const Name& name : now->names) {
    const CustomerId owner = OwnerOf(name);
    if (Rank(name.first) < 3 || IsEphemeral(name.first) || owner == 0 ||
        owner == now->out.customer || IsShared(name)) {
      continue;
    }
    std::set<CustomerId> people = {owner, now->out.customer};
    for (const RecordId record : named_[name]) {
      people.insert(records_[record - 1].customer);
    }
    const auto known = std::count_if(
        people.begin(), people.end(),
        [&](CustomerId customer) { return IsKnown(*now, customer); });
    if (static_cast<size_t>(known) < kShared) continue;
    owners_[name].shared = true;
    const RecordId begun = owners_[name].record;
    size_t asked = 0;
    for (const RecordId record : customers_[owner - 1].records) {
      const Record& state = records_[record - 1];
      if (state.linked_to != begun || state.matched_by != name.first) continue;
      if (++asked <= kLinksAsked) Ask(now, record, begun);
    }
  }
}

bool Oracle::IsKnown(const Resolving& now, CustomerId customer) const {
  if (now.out.new_customer && customer == now.out.customer) {
    return now.Names(IsExclusive) || PersonIn(now.event).full();
  }
  const std::vector<Name> names = NamesOf(customer);
  return PersonOf(customer).full() ||
         std::any_of(names.begin(), names.end(),
                     [](const Name& name) { return IsExclusive(name.first); });
}

// What nobody has becomes hers, within limits.
void Oracle::Claim(Resolving* now) {
  const CustomerId customer = now->out.customer;
  for (size_t i = 0; i < now->names.size(); ++i) {
    const Name& name = now->names[i];
    if (OwnerOf(name) != 0) continue;
    if (IsShared(name)) {
      now->reasons[i] = IdentityReason::kSharedValue;
      continue;
    }
    const size_t values = ValuesOf(customer, name.first);
    const bool exclusive = IsExclusive(name.first);
    if (exclusive && values > 0) {
      now->reasons[i] = IdentityReason::kExclusiveConflict;
    } else if (NamesOf(customer).size() >= kIdentifiers ||
               (!exclusive && !IsEphemeral(name.first) && values >= kValues)) {
      now->reasons[i] = IdentityReason::kLimit;
    } else {
      owners_[name] = {now->out.record, false};
    }
  }
}

void Oracle::Tell(Resolving* now) {
  std::vector<Name> named;
  for (size_t i = 0; i < now->names.size(); ++i) {
    const Name& name = now->names[i];
    const CustomerId owner = OwnerOf(name);
    if (owner == now->out.customer) continue;
    now->out.withheld.push_back(
        {name.first, owner,
         IsShared(name) ? IdentityReason::kSharedValue : now->reasons[i]});
    if (IsEphemeral(name.first)) continue;
    now->out.contested = true;
    named.push_back(name);
  }
  size_t kept = 0;
  for (const RecordId record : customers_[now->out.customer - 1].records) {
    kept += records_[record - 1].named.size();
  }
  Record& record = records_[now->out.record - 1];
  for (const Name& name : named) {
    if (kept == kNamedByCustomer) break;
    if (!record.named.insert(name).second) continue;
    ++kept;
    std::vector<RecordId>& others = named_[name];
    if (others.size() < kNamedOfOne) others.push_back(now->out.record);
  }
}

// The same two are asked about once.
void Oracle::Ask(Resolving* now, RecordId a, RecordId b) {
  if (a == b || !asked_.insert(std::minmax(a, b)).second) return;
  ++now->out.reviews;
}

size_t Oracle::Fold(const Event& event, const OracleOutcome& outcome,
                    bool backfill) {
  const size_t index = events_.size();
  events_.push_back(
      {event, 0, outcome.record, outcome.customer, outcome.revision, backfill});
  ids_[{event.source, event.id}] = index;
  if (outcome.contested) ++contested_;
  if (outcome.record == 0) {
    ++unattributed_;
  } else {
    records_[outcome.record - 1].events.push_back(index);
  }
  return index;
}

OracleAnswer Oracle::Append(const std::vector<Event>& events,
                            const AppendOptions& options) {
  OracleAnswer answer;
  answer.events.resize(events.size());
  answer.appended.resize(events.size());
  const auto refuse = [&](StatusCode code) {
    answer = OracleAnswer();
    answer.code = code;
    return answer;
  };
  const Oracle before = *this;
  bool anything_new = events.empty();
  size_t duplicates = 0;
  std::map<Name, size_t> own;  // Ids within this request.
  std::vector<StatusCode> bad(events.size(), StatusCode::kOk);
  for (size_t i = 0; i < events.size(); ++i) {
    if (!IsValid(events[i])) {
      bad[i] = StatusCode::kInvalidArgument;
      if (!options.partial) return refuse(bad[i]);
    }
  }
  for (size_t i = 0; i < events.size(); ++i) {
    if (bad[i] != StatusCode::kOk) continue;
    const auto known = ids_.find({events[i].source, events[i].id});
    if (known == ids_.end()) {
      anything_new = true;
    } else if (SameContent(events_[known->second].event, events[i])) {
      ++duplicates;
    } else {
      bad[i] = StatusCode::kIdConflict;
      if (!options.partial) return refuse(bad[i]);
    }
  }
  if (anything_new || duplicates == 0) {
    for (const Condition& condition : options.conditions) {
      if (!Holds(condition)) return refuse(StatusCode::kConflict);
    }
  }
  for (size_t i = 0; i < events.size(); ++i) {
    OracleOutcome& outcome = answer.events[i];
    if (bad[i] == StatusCode::kInvalidArgument) {
      outcome.outcome = Outcome::kInvalid;
      continue;
    }
    const auto known = ids_.find({events[i].source, events[i].id});
    if (known == ids_.end()) {
      outcome = Resolve(events[i]);
      answer.appended[i] = Fold(events[i], outcome, options.backfill);
      continue;
    }
    outcome.known = known->second;
    if (SameContent(events_[known->second].event, events[i])) {
      outcome.outcome = Outcome::kDuplicate;
      continue;
    }
    if (!options.partial) {
      *this = before;
      return refuse(StatusCode::kIdConflict);
    }
    outcome.outcome = Outcome::kConflict;
  }
  return answer;
}

}  // namespace crm
