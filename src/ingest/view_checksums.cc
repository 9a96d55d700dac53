#include "ingest/view_checksums.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crm/event.h"

namespace crm::ingest {
namespace {

uint64_t Microseconds(Timestamp time) {
  return static_cast<uint64_t>(time.time_since_epoch().count());
}

void AddTime(const std::optional<Timestamp>& time, RunningHash* hash) {
  hash->Add(uint64_t{time.has_value()});
  if (time.has_value()) hash->Add(Microseconds(*time));
}

// All checksums of one tenant, customer by customer.
class Views final {
 public:
  Views(const crm::Snapshot& snapshot, const Ordinals& ordinals)
      : snapshot_(snapshot), ordinals_(ordinals) {}

  Status AddCounters(const TenantStats& stats);
  Status AddCustomer(CustomerId customer);
  Status AddTimes(const std::function<bool()>& step);
  std::vector<ProjectionChecksum> Finish(const std::string& identifiers);

 private:
  void AddIdentity(const Customer& found);
  Status AddProfile(CustomerId customer);
  Status AddTimeline(CustomerId customer);

  const crm::Snapshot& snapshot_;
  const Ordinals& ordinals_;
  RunningHash counters_;
  RunningHash identity_;
  RunningHash profile_;
  RunningHash timeline_;
  RunningHash times_;
  Profile known_;
};

Status Views::AddCounters(const TenantStats& stats) {
  for (const uint64_t count :
       {stats.events, stats.customers, stats.records, stats.unattributed,
        stats.contested, stats.schema_warnings}) {
    counters_.Add(count);
  }
  return Status::Ok();
}

void Views::AddIdentity(const Customer& found) {
  identity_.Add(found.id);
  identity_.Add(ordinals_.Of(found.version));
  identity_.Add(found.events);
  identity_.Add(found.retired.size());
  for (const CustomerId retired : found.retired) identity_.Add(retired);
  identity_.Add(found.records.size());
  for (const CustomerRecord& record : found.records) {
    identity_.Add(record.record);
    identity_.Add(record.source);
    identity_.Add(record.events);
    identity_.Add(ordinals_.Of(record.linked_at));
    identity_.Add(record.matched_by);
    identity_.Add(static_cast<uint64_t>(record.confidence));
    identity_.Add(record.linked_to);
  }
}

Status Views::AddProfile(CustomerId customer) {
  Status status = snapshot_.GetProfile(customer, &known_);
  if (!status.ok()) return status;
  profile_.Add(known_.customer);
  profile_.Add(ordinals_.Of(known_.version));
  profile_.Add(known_.events);
  AddTime(known_.first_seen, &profile_);
  AddTime(known_.last_seen, &profile_);
  profile_.Add(known_.traits.size());
  for (const Trait& trait : known_.traits) {
    profile_.Add(trait.name);
    profile_.Add(trait.value);
    profile_.Add(Microseconds(trait.occurred_at));
    profile_.Add(trait.source);
    profile_.Add(ordinals_.Of(trait.position));
  }
  return Status::Ok();
}

// By a replay, which reads all of it at once, as its pages would not.
Status Views::AddTimeline(CustomerId customer) {
  ReplayQuery query;
  query.customer = customer;
  query.order = ReplayQuery::Order::kOccurredAt;
  query.as_appended = true;
  Result<EventCursor> cursor = snapshot_.Replay(query);
  if (!cursor.ok()) return cursor.status();
  timeline_.Add(customer);
  EventView event;
  while (true) {
    Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    timeline_.Add(ordinals_.Of(event.position));
    timeline_.Add(Microseconds(event.occurred_at));
    timeline_.Add(event.type);
    timeline_.Add(event.source);
    timeline_.Add(event.record);
    timeline_.Add(event.revision);
    timeline_.Add(event.id);
    timeline_.Add(event.payload);
  }
}

Status Views::AddCustomer(CustomerId customer) {
  Result<Customer> found = snapshot_.GetCustomer(customer);
  if (found.status().code() == StatusCode::kErased) {
    identity_.Add(uint64_t{0});  // She was; nothing more can be asked.
    return Status::Ok();
  }
  if (!found.ok()) return found.status();
  if (found->id != customer) {
    identity_.Add(found->id);  // To whom a retired id leads: the rest is hers.
    return Status::Ok();
  }
  AddIdentity(*found);
  Status status = AddProfile(customer);
  if (status.ok()) status = AddTimeline(customer);
  return status;
}

Status Views::AddTimes(const std::function<bool()>& step) {
  ReplayQuery query;
  query.order = ReplayQuery::Order::kOccurredAt;
  query.open_parts_only = true;
  Result<EventCursor> cursor = snapshot_.Replay(query);
  if (!cursor.ok()) return cursor.status();
  EventView event;
  for (uint64_t n = 0;; ++n) {
    Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    times_.Add(ordinals_.Of(event.position));
    if (n % 4096 == 0 && !step()) {
      return Status(StatusCode::kCancelled, "cancelled by the caller");
    }
  }
}

std::vector<ProjectionChecksum> Views::Finish(const std::string& identifiers) {
  return {{"counters", counters_.Finish()}, {"identity", identity_.Finish()},
          {"identifiers", identifiers},     {"profile", profile_.Finish()},
          {"timeline", timeline_.Finish()}, {"times", times_.Finish()}};
}

}  // namespace

void Ordinals::Add(Position position) {
  if (count_ == 0 || position != last_ + 1) runs_.push_back({position, count_});
  last_ = position;
  ++count_;
}

uint64_t Ordinals::Of(Position position) const {
  const auto after = std::upper_bound(
      runs_.begin(), runs_.end(), position,
      [](Position p, const Run& run) { return p < run.first; });
  if (after == runs_.begin()) return 0;
  const Run& run = *(after - 1);
  const uint64_t end = after == runs_.end() ? count_ : after->before;
  return std::min(run.before + (position - run.first) + 1, end);
}

Status IdentifierOwners::Add(const crm::Snapshot& snapshot, uint64_t n,
                             std::string_view identity) {
  if (identity.empty()) return Status::Ok();
  json_ = R"({"id":"i","type":"t","identity":)";
  json_.append(identity).push_back('}');
  Result<Event> event = EventFromJson(json_, nullptr);
  if (!event.ok()) return event.status();
  for (const Identifier& identifier : event->identifiers) {
    Result<CustomerId> owner = snapshot.FindCustomer(identifier);
    // Nobody's, of a form that cannot be an identifier, or a value such as
    // "null" that names nobody.
    const StatusCode code = owner.status().code();
    const bool none = code == StatusCode::kNotFound ||
                      code == StatusCode::kInvalidArgument ||
                      code == StatusCode::kDenied;
    if (!owner.ok() && !none) return owner.status();
    hash_.Add(n);
    hash_.Add(identifier.name_space);
    hash_.Add(owner.ok() ? *owner : 0);
  }
  return Status::Ok();
}

Result<std::vector<ProjectionChecksum>> ChecksumViews(
    const crm::Snapshot& snapshot, const Ordinals& ordinals,
    const std::string& identifiers, const std::function<bool()>& step) {
  Result<TenantStats> stats = snapshot.GetStats();
  if (!stats.ok()) return stats.status();
  Views views(snapshot, ordinals);
  Status status = views.AddCounters(*stats);
  for (CustomerId id = 1; status.ok() && id <= stats->last_customer; ++id) {
    status = views.AddCustomer(id);
    if (id % 64 == 0 && !step()) {
      return Status(StatusCode::kCancelled, "cancelled by the caller");
    }
  }
  if (status.ok()) status = views.AddTimes(step);
  if (!status.ok()) return status;
  return views.Finish(identifiers);
}

}  // namespace crm::ingest
