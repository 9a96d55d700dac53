#include "store/retention.h"

#include <absl/cleanup/cleanup.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/coding.h"
#include "base/mutex.h"
#include "consent/acts.h"
#include "consent/ledger_types.h"
#include "profile/expiry.h"
#include "store/carry.h"
#include "store/fact_decoder.h"
#include "store/identity_text.h"
#include "store/privacy_settings.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr int64_t kDayUs = int64_t{24} * 3600 * 1'000'000;
constexpr uint64_t kProgressEvery = 4096;
constexpr size_t kChunkRecords = 2048;
constexpr size_t kBatchEvents = 1024;
constexpr size_t kTimelinesAtOnce = 4096;
// Of family ops: retentions that are not complete, by their position.
constexpr std::string_view kOpenPrefix = "retention/";
constexpr std::string_view kOpenEnd = "retention0";

std::string OpenRow(Position position) {
  return std::string(kOpenPrefix) + LogKey(position);
}

Status Cancelled() {
  return Status(StatusCode::kCancelled, "cancelled by the caller");
}

// Evidence is not removed.
bool IsExempt(std::string_view type) {
  return IsConsentType(type) || IsLedgerEvent(type);
}

// Up to when events of each type are too old.
void PlanTypes(const StoreCore& core, const PrivacySettings& settings,
               IdentityChoice::Retention* plan) {
  for (const std::string& name : core.names.All(NameKind::kType)) {
    if (IsExempt(name)) continue;
    const std::optional<int64_t> days = settings.DaysOf(name);
    if (!days.has_value()) continue;
    plan->types.push_back(
        {core.names.Find(NameKind::kType, name), plan->as_of - *days * kDayUs});
  }
  std::sort(plan->types.begin(), plan->types.end(),
            [](const auto& a, const auto& b) { return a.type < b.type; });
}

// Whose events are passed over, by record.
class HeldRecords {
 public:
  HeldRecords(const StoreCore& core, uint32_t tenant, const View& view,
              const PrivacySettings& settings)
      : core_(core),
        identity_(core.views->identity()),
        tenant_(tenant),
        view_(view),
        settings_(settings) {}

  Status Find(std::vector<IdentityChoice::Retention::Held>* out) {
    Result<HoldsRow> all = identity_.Holds(tenant_, view_);
    if (!all.ok()) return std::move(all).status();
    for (const uint64_t number : all->open) {
      Result<HoldRow> hold = identity_.HoldOf(tenant_, number, view_);
      if (!hold.ok()) return std::move(hold).status();
      Status status = AddCustomer(hold->customer, hold->categories);
      for (size_t i = 0; status.ok() && i < hold->records.size(); ++i) {
        Result<RecordRow> row =
            identity_.RecordOf(tenant_, hold->records[i], view_);
        if (!row.ok()) return std::move(row).status();
        status = AddCustomer(row->customer, hold->categories);
      }
      if (!status.ok()) return status;
    }
    for (auto& [record, held] : held_) out->push_back(std::move(held));
    return Status::Ok();
  }

 private:
  Status AddCustomer(CustomerId customer,
                     const std::vector<std::string>& categories) {
    Result<Members> members = identity_.MembersOf(tenant_, customer, view_);
    if (!members.ok()) return std::move(members).status();
    for (const Members::Member& member : members->records) {
      IdentityChoice::Retention::Held& held = held_[member.record];
      held.record = member.record;
      held.everything |= categories.empty();
      for (const std::string& name : core_.names.All(NameKind::kType)) {
        if (!settings_.IsInAny(name, categories)) continue;
        const uint32_t type = core_.names.Find(NameKind::kType, name);
        const auto place =
            std::lower_bound(held.types.begin(), held.types.end(), type);
        if (place == held.types.end() || *place != type) {
          held.types.insert(place, type);
        }
      }
    }
    return Status::Ok();
  }

  const StoreCore& core_;
  const IdentityRoom& identity_;
  const uint32_t tenant_;
  const View& view_;
  const PrivacySettings& settings_;
  std::map<RecordId, IdentityChoice::Retention::Held> held_;
};

// Counts what would go, and finds where it ends.
class Counting {
 public:
  Counting(const StoreCore& core, const View& view,
           const RetainOptions& options, IdentityChoice* mark,
           RetentionReport* report)
      : core_(core),
        view_(view),
        options_(options),
        mark_(*mark),
        report_(*report) {}

  Status Run(Position head) {
    mark_.retention.last = head;
    const Expiry expiry(mark_);
    LogCursor cursor(*core_.log, kLogEvents, 1, head, false);
    LogRecordReader reader;
    LogRecord record;
    while (!report_.more) {
      Position position = 0;
      std::string_view value;
      Result<bool> more = cursor.Next(&position, &value);
      if (!more.ok()) return std::move(more).status();
      if (!*more) break;
      Status status = reader.Read(value, &record);
      if (status.ok() && record.kind == LogKind::kEvent) {
        status = Add(expiry, position, record);
      }
      if (!status.ok()) return status;
      if (position % kProgressEvery == 0 && options_.progress &&
          !options_.progress(position, 2 * head)) {
        return Cancelled();
      }
    }
    mark_.retention.last = report_.last;
    mark_.retention.events = report_.events;
    mark_.retention.bytes = report_.bytes;
    Show();
    return Status::Ok();
  }

 private:
  struct Tally {
    uint64_t events = 0;
    uint64_t bytes = 0;
    uint64_t held = 0;
    absl::flat_hash_set<CustomerId> customers;
  };

  Status Add(const Expiry& expiry, Position position, const LogRecord& record) {
    const EventHeader& header = record.event;
    if ((header.flags & kEventExpired) != 0 ||
        !expiry.IsOld(position, header)) {
      return Status::Ok();
    }
    Tally& tally = tallies_[header.type];
    if (expiry.IsHeld(header.record, header.type)) {
      ++tally.held;
      ++report_.held;
      return Status::Ok();
    }
    if (options_.max_events != 0 && report_.events == options_.max_events) {
      report_.more = true;
      return Status::Ok();
    }
    ++tally.events;
    ++report_.events;
    tally.bytes += record.sealed_size;
    report_.bytes += record.sealed_size;
    report_.last = position;
    if (header.customer == 0) return Status::Ok();
    const auto [known, is_new] = current_.try_emplace(header.customer, 0);
    if (is_new) {
      Result<CustomerId> now = core_.views->identity().Current(
          header.tenant, header.customer, view_);
      if (!now.ok()) return std::move(now).status();
      known->second = *now;
    }
    tally.customers.insert(known->second);
    return Status::Ok();
  }

  void Show() {
    for (const IdentityChoice::Retention::Type& type : mark_.retention.types) {
      const auto found = tallies_.find(type.type);
      if (found == tallies_.end()) continue;
      RetainedType& shown = report_.types.emplace_back();
      shown.type = core_.names.Text(NameKind::kType, type.type);
      shown.before = Timestamp(std::chrono::microseconds(type.before));
      shown.events = found->second.events;
      shown.bytes = found->second.bytes;
      shown.customers = found->second.customers.size();
      shown.held = found->second.held;
    }
    std::sort(report_.types.begin(), report_.types.end(),
              [](const auto& a, const auto& b) { return a.type < b.type; });
  }

  const StoreCore& core_;
  const View& view_;
  const RetainOptions& options_;
  IdentityChoice& mark_;
  RetentionReport& report_;
  absl::flat_hash_map<uint32_t, Tally> tallies_;
  absl::flat_hash_map<CustomerId, CustomerId> current_;
};

// Takes what a mark names out of the log and the timelines.
class Removing {
 public:
  // `again`: what has expired before may have been cut off on the way.
  Removing(StoreCore& core, const IdentityChoice& mark, bool again,
           const Progress& progress)
      : core_(core),
        mark_(mark),
        expiry_(mark),
        again_(again),
        progress_(progress),
        carrier_(core) {}

  Status Run() {
    Status status = RemoveFromLog();
    if (status.ok()) status = RewriteTimelines();
    if (status.ok() && first_ != 0) {
      status = core_.log->Purge(kLogEvents, LogKey(first_), LogKey(last_));
    }
    return status;
  }

 private:
  Status RemoveFromLog() {
    Names names;  // As the log gives them, then thrown away.
    Definitions definitions{&IdentitySettings::Parse, &ConsentSettings::Parse,
                            &PrivacySettings::Parse};
    FactReader reader(core_.log_view.get(), core_.keyring.get(), &names,
                      &definitions, Digest{}, nullptr);
    FactDecoder decoder(core_.log_view.get(), core_.keyring.get(), &names,
                        &definitions, core_.views->rooms());
    const Position end = mark_.retention.last;
    LogCursor cursor(*core_.log, kLogEvents, 1, end, false);
    FactChunk chunk;
    for (bool more = true; more;) {
      chunk.Clear();
      values_.clear();
      for (size_t i = 0; i < kChunkRecords && more; ++i) {
        Result<bool> next = ReadNext(cursor, reader, &chunk);
        if (!next.ok()) return std::move(next).status();
        more = *next;
      }
      chunk.choices.clear();
      const Position at = chunk.last;
      Status status = decoder.Decode(&chunk);
      for (size_t i = 0; status.ok() && i < chunk.facts.size(); ++i) {
        status = Remove(chunk.facts[i], chunk.events[i].record, values_[i]);
      }
      if (!status.ok()) return status;
      if (at != 0 && progress_ && !progress_(end + at, 2 * end)) {
        return Cancelled();
      }
    }
    return core_.sequencer->WriteBeside(batch_, true);
  }

  // Of the events only those that are to go stay in the chunk.
  Result<bool> ReadNext(LogCursor& cursor, FactReader& reader,
                        FactChunk* chunk) {
    Position position = 0;
    std::string_view value;
    Result<bool> more = cursor.Next(&position, &value);
    if (!more.ok() || !*more) return more;
    const size_t events = chunk->events.size();
    Status status = reader.Add(position, value, chunk);
    if (!status.ok()) return status;
    if (chunk->events.size() == events) return true;
    const EventHeader& header = chunk->events.back().record.event;
    const bool covered = expiry_.Covers(position, header);
    const bool done = (header.flags & kEventExpired) != 0;
    if (covered && (!done || again_)) Touch(position, header.record);
    if (!covered || done) {
      chunk->events.pop_back();
    } else {
      values_.emplace_back(value);
    }
    return true;
  }

  void Touch(Position position, RecordId record) {
    if (record != 0) records_.insert(record);
    if (first_ == 0) first_ = position;
    last_ = position;
  }

  Status Remove(const Fact& fact, const LogRecord& record,
                const std::string& value) {
    std::string remnant;
    Status status = carrier_.MakeRemnant(fact, record, &remnant);
    std::string row;
    if (status.ok()) status = RemoveSealed(value, remnant, &row);
    if (!status.ok()) return status;
    MarkExpired(&row);
    batch_.Put(kLogEvents, LogKey(fact.position), row);
    if (batch_.count() < kBatchEvents) return status;
    status = core_.sequencer->WriteBeside(batch_, false);
    batch_.Clear();
    return status;
  }

  Status RewriteTimelines() {
    std::vector<RecordId> all(records_.begin(), records_.end());
    std::sort(all.begin(), all.end());
    const std::span<const RecordId> records(all);
    for (size_t i = 0; i < all.size(); i += kTimelinesAtOnce) {
      Status status = core_.views->RewriteTimelines(
          mark_.tenant,
          records.subspan(i, std::min(kTimelinesAtOnce, all.size() - i)));
      if (!status.ok()) return status;
    }
    return all.empty() ? Status::Ok() : core_.views->CompactTimelines();
  }

  StoreCore& core_;
  const IdentityChoice& mark_;
  const Expiry expiry_;
  const bool again_;
  const Progress& progress_;
  Carrier carrier_;
  std::vector<std::string> values_;  // As stored, of the events of a chunk.
  Batch batch_;
  absl::flat_hash_set<RecordId> records_;
  Position first_ = 0;
  Position last_ = 0;
};

// Steps 2 and 3. REQUIRES: the mark is in the log.
Status Advance(StoreCore& core, const IdentityChoice& mark, bool again,
               const Progress& progress) {
  ProfileRoom& profile = core.views->profile();
  profile.Expire(std::make_shared<const Expiry>(mark));
  // What is in memory is on the disk then.
  Status status = core.Checkpoint();
  if (status.ok()) status = Removing(core, mark, again, progress).Run();
  // Until all of it is done it is read as it is to be.
  if (!status.ok()) return status;
  profile.Expire(nullptr);
  Batch batch;
  batch.Delete(kLogOps, OpenRow(mark.position));
  return core.sequencer->WriteBeside(batch, false);
}

Status EmitMark(StoreCore& core, IdentityChoice* mark) {
  ProfileRoom& profile = core.views->profile();
  Status status = core.sequencer->Choose(
      mark->tenant, false, [&](Sequencer::Choosing& choosing) {
        Status emitted = choosing.Emit(mark);
        if (!emitted.ok()) return emitted;
        choosing.PutBeside(OpenRow(mark->position), "1");
        // Nobody sees one of these whole beside one that is not.
        profile.Expire(std::make_shared<const Expiry>(*mark));
        return emitted;
      });
  if (!status.ok()) profile.Expire(nullptr);
  return status;
}

}  // namespace

Status FinishRetentions(StoreCore& core) {
  std::vector<Position> open;
  Status status =
      core.log->ScanBackward(kLogOps, kOpenPrefix, kOpenEnd,
                             [&](std::string_view key, std::string_view) {
                               key.remove_prefix(kOpenPrefix.size());
                               if (key.size() == sizeof(Position))
                                 open.push_back(GetBe64(key.data()));
                               return true;
                             });
  std::reverse(open.begin(), open.end());
  for (size_t i = 0; status.ok() && i < open.size(); ++i) {
    std::string value;
    LogRecordReader reader;
    LogRecord record;
    IdentityChoice mark;
    status = core.log_view->Read(open[i], &value);
    if (status.ok()) status = reader.Read(value, &record);
    if (status.ok()) {
      status = ReadChoice(*core.log_view, core.keyring.get(), open[i], record,
                          &mark);
    }
    if (status.ok()) status = Advance(core, mark, true, {});
  }
  return status;
}

Result<RetentionReport> Tenant::Retain(Timestamp as_of,
                                       const RetainOptions& options) {
  StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = core.CheckOpen();
  if (status.ok()) status = CheckWho(options.by, options.why);
  if (!status.ok()) return status;
  if (as_of > core.clock->Now()) {
    return Status(StatusCode::kInvalidArgument, "as_of: is yet to come");
  }
  const uint32_t tenant = impl_->info.id;
  const auto definitions = core.DefinitionsOf(tenant);
  const PrivacySettings& settings = PrivacySettingsOf(definitions.get());
  if (!settings.has_retention()) {
    return Status(StatusCode::kFailedPrecondition,
                  "the settings of privacy say nothing of retention");
  }
  MutexLock one(core.erasure_mutex);
  status = FinishRetentions(core);
  if (!status.ok()) return status;
  RetentionReport report;
  report.as_of = as_of;
  IdentityChoice mark;
  mark.kind = ChoiceKind::kRetention;
  mark.origin = ChoiceOrigin::kHand;
  mark.tenant = tenant;
  mark.by = options.by;
  mark.why = options.why;
  mark.retention.as_of = as_of.time_since_epoch().count();
  PlanTypes(core, settings, &mark.retention);
  {
    const std::shared_ptr<View> view = core.views->overlay().OpenView();
    status =
        HeldRecords(core, tenant, *view, settings).Find(&mark.retention.held);
    if (status.ok()) {
      status =
          Counting(core, *view, options, &mark, &report).Run(view->position());
    }
  }
  if (!status.ok()) return status;
  if (options.dry_run || report.events == 0) return report;
  status = EmitMark(core, &mark);
  if (status.ok()) {
    report.position = mark.position;
    status = Advance(core, mark, false, options.progress);
    if (!status.ok()) core.erasures_open.store(true);
  }
  if (!status.ok()) return status;
  return report;
}

}  // namespace crm
