#include "store/criteria_facts.h"

#include <algorithm>
#include <utility>

#include "base/instant.h"
#include "format/event_body.h"
#include "format/profile_state.h"
#include "store/consent_reads.h"
#include "store/redaction.h"

namespace crm {

SnapshotFacts::SnapshotFacts(const Snapshot::Impl& snapshot,
                             const TenantDefinitions* definitions,
                             CustomerId customer, Timestamp as_of)
    : snapshot_(snapshot),
      definitions_(definitions),
      customer_(customer),
      as_of_(as_of),
      upcaster_(snapshot.core().definitions, snapshot.tenant.id,
                snapshot.view->position()) {}

Status SnapshotFacts::Events(std::span<const Event>* out) {
  if (!loaded_) {
    Status status = snapshot_.ReadCustomer(customer_, &entries_);
    if (!status.ok()) return status;
    std::erase_if(entries_, [&](const Snapshot::Impl::Entry& entry) {
      return Instant(entry.record.header.occurred_at) > as_of_;
    });
    std::sort(
        entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
          if (a.record.header.occurred_at != b.record.header.occurred_at) {
            return a.record.header.occurred_at < b.record.header.occurred_at;
          }
          return a.record.position < b.record.position;
        });
    for (const Snapshot::Impl::Entry& entry : entries_) {
      const EventHeader& header = entry.record.header;
      events_.push_back(
          {header.occurred_at, entry.record.position,
           snapshot_.core().names.Text(NameKind::kType, header.type),
           entry.opened && (header.flags & kEventRedacted) == 0});
    }
    contents_.resize(events_.size());
    loaded_ = true;
  }
  *out = events_;
  return Status::Ok();
}

Status SnapshotFacts::Read(size_t event, const Content** out) {
  if (contents_[event] == nullptr) {
    const Snapshot::Impl::Entry& entry = entries_[event];
    const EventHeader& header = entry.record.header;
    const StoreCore& core = snapshot_.core();
    std::string plain;
    Status status = core.log_view->Expand(header, entry.body, &plain);
    if (!status.ok()) return status;
    EventBody body;
    if (!UnpackBody(plain, &body)) {
      return Status(StatusCode::kCorruption,
                    "event " + std::to_string(entry.record.position) +
                        ": malformed body");
    }
    EventView view;
    view.type = events_[event].type;
    view.version = core.names.Text(NameKind::kVersion, header.version);
    view.payload = body.payload;
    upcaster_.Apply(header, &view);
    auto content = std::make_unique<Content>();
    content->id = body.id;
    content->source = core.names.Text(NameKind::kSource, header.source);
    content->payload = view.payload;
    contents_[event] = std::move(content);
  }
  *out = contents_[event].get();
  return Status::Ok();
}

Status SnapshotFacts::FoldThen() {
  std::span<const Event> events;
  Status status = Events(&events);
  if (!status.ok()) return status;
  std::map<RecordId, std::vector<Position>> records;
  for (const Snapshot::Impl::Entry& entry : entries_) {
    forgotten_ |= (entry.record.header.flags & kEventExpired) != 0;
    records[entry.owner].push_back(entry.record.position);
  }
  StoreCore& core = snapshot_.core();
  std::vector<std::string> states;
  for (auto& [record, positions] : records) {
    std::sort(positions.begin(), positions.end());
    std::string state;
    status = FoldEvents(core, *core.views, positions, {}, &state);
    if (!status.ok()) return status;
    if (!state.empty()) states.push_back(std::move(state));
  }
  std::vector<ProfileView> views;
  for (const std::string& state : states) {
    if (!views.emplace_back().Parse(state)) {
      return Status(StatusCode::kCorruption, "a profile does not fold");
    }
  }
  folded_ = true;
  if (views.empty()) return status;
  const ProfileUnion all(views);
  for (const ProfileUnion::Item& item : all.traits()) {
    if (item.trait->value_size == 0) continue;
    then_.emplace(item.name(),
                  Trait{std::string(item.value()), item.trait->occurred_at,
                        item.trait->position});
  }
  return status;
}

const CriteriaFacts::Trait* SnapshotFacts::Keep(std::string_view name,
                                                std::string_view value,
                                                int64_t occurred_at,
                                                Position position) {
  const auto [place, added] = shown_.try_emplace(std::string(name));
  if (added) place->second = {std::string(value), occurred_at, position};
  return &place->second;
}

Status SnapshotFacts::FindTrait(std::string_view name, const Trait** out,
                                bool* hidden) {
  *out = nullptr;
  *hidden = false;
  if (!now_.has_value()) {
    Profile profile;
    Status status = snapshot_.core().views->profile().Read(
        snapshot_.tenant.id, customer_, snapshot_.view.get(), &profile);
    // Nothing was folded before her key went.
    if (!status.ok() && status.code() != StatusCode::kNotFound) return status;
    now_ = std::move(profile);
  }
  // The winner of all is the winner then, too, if it was said by then.
  const crm::Trait* trait = now_->Find(name);
  if (trait != nullptr && trait->occurred_at <= as_of_) {
    *out = Keep(name, trait->value, Microseconds(trait->occurred_at),
                trait->position);
    return Status::Ok();
  }
  if (!now_->last_seen.has_value() || *now_->last_seen <= as_of_) {
    return Status::Ok();
  }
  if (!folded_) {
    Status status = FoldThen();
    if (!status.ok()) return status;
  }
  *hidden = forgotten_;
  const auto found = then_.find(name);
  if (found != then_.end()) *out = &found->second;
  return Status::Ok();
}

Status SnapshotFacts::CheckConsent(const ConsentQuestion& question,
                                   ConsentDecision* out) {
  ConsentQuestion own = question;
  own.customer = customer_;
  own.at = as_of_;
  const Tenant::Impl tenant{snapshot_.handle.shared(), snapshot_.tenant};
  ConsentCase in;
  Status status = MakeCase(tenant, definitions_, own, &in);
  if (!status.ok()) return status;
  return snapshot_.core().views->consent().Check(
      snapshot_.tenant.id, snapshot_.view.get(), &in, out);
}

}  // namespace crm
