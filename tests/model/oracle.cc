#include "oracle.h"

#include <algorithm>

namespace crm {
namespace {

using Name = std::pair<std::string, std::string>;

// Of the namespaces that the model test uses.
int Rank(const std::string& name_space) {
  const std::vector<std::string> order = {"authUserId", "sclMemberId", "pos",
                                          "email", "phoneNumber", "deviceId"};
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

// Best first; what names nobody is left out.
std::vector<Name> Usable(const Event& event) {
  std::vector<Name> names;
  for (const Identifier& identifier : event.identifiers) {
    Name name = Canonical(identifier);
    if (name.second == "null" || name.second == "anonymous") continue;
    names.push_back(std::move(name));
  }
  std::stable_sort(names.begin(), names.end(), [](const Name& a,
                                                  const Name& b) {
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

CustomerId Oracle::Owner(const Identifier& identifier) const {
  const auto found = owners_.find(Canonical(identifier));
  return found == owners_.end() ? 0 : found->second;
}

Position Oracle::Version(CustomerId customer) const {
  if (customer == 0 || customer > customers_.size()) return 0;
  return events_[customers_[customer - 1].last_event].position;
}

std::vector<size_t> Oracle::EventsOf(CustomerId customer) const {
  std::vector<size_t> all;
  for (const RecordId record : customers_[customer - 1].records) {
    const std::vector<size_t>& events = records_[record - 1].events;
    all.insert(all.end(), events.begin(), events.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

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

bool Oracle::MayAttach(const std::vector<Name>& names,
                       CustomerId customer) const {
  for (const Name& name : names) {
    const auto owner = owners_.find(name);
    const bool hers = owner != owners_.end() && owner->second == customer;
    if (IsExclusive(name.first) && !hers &&
        customers_[customer - 1].exclusive.count(name.first) > 0) {
      return false;
    }
  }
  return true;
}

void Oracle::Resolve(const Event& event, OracleOutcome* outcome) const {
  const std::vector<Name> names = Usable(event);
  if (names.empty()) return;
  const auto owner_of = [this](const Name& name) {
    const auto found = owners_.find(name);
    return found == owners_.end() ? CustomerId{0} : found->second;
  };
  outcome->confidence = 100;
  const auto record = record_keys_.find({event.source, names[0]});
  if (record != record_keys_.end()) {
    outcome->record = record->second;
    outcome->customer = records_[record->second - 1].customer;
    outcome->revision = records_[record->second - 1].events.size();
    outcome->matched_by = names[0].first;
  } else {
    outcome->new_record = true;
    outcome->record = records_.size() + 1;
    for (const Name& name : names) {
      const CustomerId owner = owner_of(name);
      if (owner == 0 || IsEphemeral(name.first) || !MayAttach(names, owner)) {
        continue;
      }
      outcome->customer = owner;
      outcome->confidence = Confidence(name.first);
      outcome->matched_by = name.first;
      break;
    }
    if (outcome->customer == 0) {
      outcome->new_customer = true;
      outcome->customer = customers_.size() + 1;
    }
  }
  for (const Name& name : names) {
    const CustomerId owner = owner_of(name);
    if (owner != 0 && owner != outcome->customer && !IsEphemeral(name.first)) {
      outcome->contested.emplace_back(name.first, owner);
    }
  }
  if (outcome->new_customer) return;
  // A second value of an exclusive namespace goes to nobody, and is said.
  for (const Name& name : names) {
    if (IsExclusive(name.first) && owner_of(name) == 0 &&
        customers_[outcome->customer - 1].exclusive.count(name.first) > 0) {
      outcome->contested.emplace_back(name.first, CustomerId{0});
    }
  }
}

size_t Oracle::Fold(const Event& event, const OracleOutcome& outcome,
                    bool backfill) {
  const size_t index = events_.size();
  events_.push_back({event, 0, outcome.record, outcome.customer,
                     outcome.revision, backfill});
  ids_[{event.source, event.id}] = index;
  if (!outcome.contested.empty()) ++contested_;
  if (outcome.record == 0) {
    ++unattributed_;
    return index;
  }
  const std::vector<Name> names = Usable(event);
  if (outcome.new_customer) customers_.emplace_back();
  CustomerState& customer = customers_[outcome.customer - 1];
  if (outcome.new_record) {
    records_.push_back({event.source, outcome.customer, {}, index,
                        outcome.matched_by, outcome.confidence});
    record_keys_[{event.source, names[0]}] = outcome.record;
    customer.records.push_back(outcome.record);
  }
  records_[outcome.record - 1].events.push_back(index);
  customer.last_event = index;
  for (const Name& name : names) {
    if (owners_.count(name) > 0) continue;
    if (IsExclusive(name.first) &&
        !customer.exclusive.insert(name.first).second) {
      continue;  // She has another value already.
    }
    owners_[name] = outcome.customer;
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
      Resolve(events[i], &outcome);
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
