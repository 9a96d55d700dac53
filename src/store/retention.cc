#include "store/retention.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time_text.h"
#include "consent/acts.h"
#include "consent/ledger_types.h"
#include "profile/expiry.h"
#include "store/carry.h"
#include "store/fact_decoder.h"
#include "store/identity_text.h"
#include "store/privacy_settings.h"
#include "store/removal.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr int64_t kDayUs = int64_t{24} * 3600 * 1'000'000;
constexpr uint64_t kRetainProgressEvery = 4096;
constexpr size_t kRecordsPerRead = 2048;
constexpr size_t kEventsPerBatch = 1024;
constexpr size_t kTimelinesAtOnce = 4096;
// Counted anew when who is held was merged meanwhile.
constexpr int kCounts = 4;

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

using Held = IdentityChoice::Retention::Held;

// Whose events are passed over, by record. Of rows in a View or a Generation.
template <typename Rows>
class HeldRecords {
 public:
  HeldRecords(const StoreCore& core, uint32_t tenant, Rows& rows,
              const PrivacySettings& settings)
      : core_(core),
        identity_(core.views->identity()),
        tenant_(tenant),
        rows_(rows),
        settings_(settings) {}

  // Ascending.
  Result<std::vector<Held>> Find() {
    Result<HoldsRow> all = identity_.Holds(tenant_, rows_);
    if (!all.ok()) return std::move(all).status();
    for (const uint64_t number : all->open) {
      Status status = AddHold(number);
      if (!status.ok()) return status;
    }
    std::vector<Held> out;
    for (auto& [record, held] : held_) out.push_back(std::move(held));
    return out;
  }

 private:
  // The customer, and whoever has a record that she had.
  Status AddHold(uint64_t number) {
    Result<HoldRow> hold = identity_.HoldOf(tenant_, number, rows_);
    if (!hold.ok()) return std::move(hold).status();
    std::set<CustomerId> customers = {hold->customer};
    for (const RecordId record : hold->records) {
      Result<RecordRow> row = identity_.RecordOf(tenant_, record, rows_);
      if (!row.ok()) return std::move(row).status();
      customers.insert(row->customer);
    }
    std::set<uint32_t> types;
    for (const std::string& name : core_.names.All(NameKind::kType)) {
      if (!settings_.IsInAny(name, hold->categories)) continue;
      types.insert(core_.names.Find(NameKind::kType, name));
    }
    for (const CustomerId customer : customers) {
      Result<Members> members = identity_.MembersOf(tenant_, customer, rows_);
      if (!members.ok()) return std::move(members).status();
      for (const Members::Member& member : members->records) {
        Add(member.record, hold->categories.empty(), types);
      }
    }
    return Status::Ok();
  }

  void Add(RecordId record, bool everything, std::set<uint32_t> types) {
    Held& held = held_[record];
    held.record = record;
    held.everything |= everything;
    types.insert(held.types.begin(), held.types.end());
    held.types.assign(types.begin(), types.end());
  }

  const StoreCore& core_;
  const IdentityRoom& identity_;
  const uint32_t tenant_;
  Rows& rows_;
  const PrivacySettings& settings_;
  std::map<RecordId, Held> held_;
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
      if (position % kRetainProgressEvery == 0 && options_.progress &&
          !options_.progress(position, 2 * head)) {
        return Cancelled();
      }
    }
    Show();
    Shorten();
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
      passed_over_.insert(header.record);
      return Status::Ok();
    }
    if (options_.max_events != 0 && report_.events == options_.max_events) {
      report_.more = true;
      return Status::Ok();
    }
    ++tally.events;
    ++report_.events;
    // Of one that was redacted, or removed with its person, little is left.
    const uint64_t bytes =
        record.removed ? record.remnant.size() : record.sealed_size;
    tally.bytes += bytes;
    report_.bytes += bytes;
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

  // The mark names what is needed to tell these events, and no more.
  void Shorten() {
    IdentityChoice::Retention& mark = mark_.retention;
    mark.last = report_.last;
    mark.events = report_.events;
    mark.bytes = report_.bytes;
    std::erase_if(mark.types, [this](const auto& type) {
      const auto found = tallies_.find(type.type);
      return found == tallies_.end() || found->second.events == 0;
    });
    std::erase_if(mark.held, [this](const Held& held) {
      return !passed_over_.contains(held.record);
    });
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
  absl::flat_hash_set<RecordId> passed_over_;
  absl::flat_hash_map<CustomerId, CustomerId> current_;
};

// Takes what a mark names out of the log and the timelines.
class Removing {
 public:
  // `again`: what has expired before may have been cut off on the way. `head`:
  // where the log ended, for the progress.
  Removing(StoreCore& core, const IdentityChoice& mark, bool again,
           Position head, const Progress& progress)
      : core_(core),
        mark_(mark),
        expiry_(mark),
        again_(again),
        head_(head),
        progress_(progress),
        carrier_(core) {}

  Status Run() {
    Status status = RemoveFromLog();
    if (status.ok()) status = RewriteTimelines();
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
      for (size_t i = 0; i < kRecordsPerRead && more; ++i) {
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
      if (at != 0 && progress_ && !progress_(head_ + at, 2 * head_)) {
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
    if (covered && (!done || again_) && header.record != 0) {
      records_.insert(header.record);
    }
    if (!covered || done) {
      chunk->events.pop_back();
    } else {
      values_.emplace_back(value);
    }
    return true;
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
    if (batch_.count() < kEventsPerBatch) return status;
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
    return all.empty() ? Status::Ok() : core_.views->CompactProfiles();
  }

  StoreCore& core_;
  const IdentityChoice& mark_;
  const Expiry expiry_;
  const bool again_;
  const Position head_;
  const Progress& progress_;
  Carrier carrier_;
  std::vector<std::string> values_;  // As stored, of the events of a chunk.
  Batch batch_;
  absl::flat_hash_set<RecordId> records_;
};

// Step 2.
Status FinishViews(StoreCore& core, const IdentityChoice& mark, bool again,
                   Position head, const Progress& progress) {
  ProfileRoom& profile = core.views->profile();
  profile.Expire(std::make_shared<const Expiry>(mark));
  // What is in memory is on the disk then.
  Status status = core.Checkpoint();
  if (status.ok()) {
    status = Removing(core, mark, again, head, progress).Run();
  }
  Batch batch;
  batch.Put(kLogOps, OpenRemovalRow(kOpenRetentions, mark.position),
            kFilesToDo);
  if (status.ok()) status = core.sequencer->WriteBeside(batch, false);
  // Until all of it is done it is read as it is to be.
  if (status.ok()) profile.Expire(nullptr);
  return status;
}

// Step 3.
Status FinishFiles(StoreCore& core, const IdentityChoice& mark) {
  const Expiry expiry(mark);
  LogCursor cursor(*core.log, kLogEvents, 1, mark.retention.last, false);
  LogRecordReader reader;
  LogRecord record;
  std::vector<Position> events;
  while (true) {
    Position position = 0;
    std::string_view value;
    Result<bool> more = cursor.Next(&position, &value);
    if (!more.ok()) return std::move(more).status();
    if (!*more) break;
    Status status = reader.Read(value, &record);
    if (!status.ok()) return status;
    if (record.kind == LogKind::kEvent &&
        expiry.Covers(position, record.event)) {
      events.push_back(position);
    }
  }
  Removed removed;
  return PurgeLog(core, events, &removed);
}

// REQUIRES: the mark is in the log.
Status Advance(StoreCore& core, const IdentityChoice& mark,
               std::string_view to_do, bool again, Position head,
               const Progress& progress) {
  Status status;
  if (to_do != kFilesToDo) {
    status = FinishViews(core, mark, again, head, progress);
  }
  if (status.ok()) status = FinishFiles(core, mark);
  if (!status.ok()) return status;
  Batch batch;
  batch.Delete(kLogOps, OpenRemovalRow(kOpenRetentions, mark.position));
  return core.sequencer->WriteBeside(batch, false);
}

// `held`: as it was when the events were counted. kConflict: it is not so any
// more, and nothing was written.
Status EmitMark(StoreCore& core, const PrivacySettings& settings,
                const std::vector<Held>& held, IdentityChoice* mark) {
  ProfileRoom& profile = core.views->profile();
  Status status = core.sequencer->Choose(
      mark->tenant, false, [&](Sequencer::Choosing& choosing) -> Status {
        Generation& rows = choosing.context().rows;
        Result<std::vector<Held>> now =
            HeldRecords<Generation>(core, mark->tenant, rows, settings).Find();
        if (!now.ok()) return std::move(now).status();
        if (*now != held) {
          return Status(StatusCode::kConflict,
                        "who is held changed all the time: try again");
        }
        Status emitted = choosing.Emit(mark);
        if (!emitted.ok()) return emitted;
        choosing.PutBeside(OpenRemovalRow(kOpenRetentions, mark->position),
                           std::string(kViewsToDo));
        // Nobody sees one of these whole beside one that is not.
        profile.Expire(std::make_shared<const Expiry>(*mark));
        return emitted;
      });
  if (!status.ok()) profile.Expire(nullptr);
  return status;
}

// One run of Retain.
class RetentionRun {
 public:
  RetentionRun(const Tenant::Impl& tenant, Timestamp as_of,
               const RetainOptions& options)
      : core_(*tenant.core),
        tenant_(tenant.info.id),
        definitions_(core_.DefinitionsOf(tenant_)),
        settings_(PrivacySettingsOf(definitions_.get())),
        as_of_(as_of),
        options_(options) {}

  Status Check() const {
    Status status = CheckWho(options_.by, options_.why);
    if (!status.ok()) return status;
    if (!InTimeRange(as_of_)) {
      return Status(StatusCode::kInvalidArgument, "as_of: out of range");
    }
    if (as_of_ > core_.clock->Now()) {
      return Status(StatusCode::kInvalidArgument, "as_of: is yet to come");
    }
    if (settings_.has_retention()) return status;
    return Status(StatusCode::kFailedPrecondition,
                  "the settings of privacy say nothing of retention");
  }

  // REQUIRES core.erasure_mutex. kConflict: as EmitMark.
  Status Do(RetentionReport* report) {
    IdentityChoice mark;
    std::vector<Held> held;
    Status status = Count(&mark, &held, report);
    if (!status.ok() || options_.dry_run || report->events == 0) return status;
    status = EmitMark(core_, settings_, held, &mark);
    if (!status.ok()) return status;
    report->position = mark.position;
    status = Advance(core_, mark, kViewsToDo, false, head_, options_.progress);
    if (!status.ok()) core_.erasures_open.store(true);
    return status;
  }

 private:
  Status Count(IdentityChoice* mark, std::vector<Held>* held,
               RetentionReport* report) {
    *report = RetentionReport();
    report->as_of = as_of_;
    mark->kind = ChoiceKind::kRetention;
    mark->origin = ChoiceOrigin::kHand;
    mark->tenant = tenant_;
    mark->by = options_.by;
    mark->why = options_.why;
    mark->retention.as_of = as_of_.time_since_epoch().count();
    PlanTypes(core_, settings_, &mark->retention);
    const std::shared_ptr<View> view = core_.views->overlay().OpenView();
    Result<std::vector<Held>> found =
        HeldRecords<const View>(core_, tenant_, *view, settings_).Find();
    if (!found.ok()) return std::move(found).status();
    *held = *std::move(found);
    mark->retention.held = *held;
    head_ = view->position();
    return Counting(core_, *view, options_, mark, report).Run(head_);
  }

  StoreCore& core_;
  const uint32_t tenant_;
  const std::shared_ptr<const TenantDefinitions> definitions_;
  const PrivacySettings& settings_;
  const Timestamp as_of_;
  const RetainOptions& options_;
  Position head_ = 0;
};

}  // namespace

Status FinishRetentions(StoreCore& core) {
  return FinishOpenRemovals(
      core, kOpenRetentions,
      [&](const IdentityChoice& mark, std::string_view to_do) {
        return Advance(core, mark, to_do, true, mark.retention.last, {});
      });
}

Result<RetentionReport> Tenant::Retain(Timestamp as_of,
                                       const RetainOptions& options) {
  StoreCore& core = *impl_->core;
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  RetentionRun run(*impl_, as_of, options);
  status = run.Check();
  if (!status.ok()) return status;
  MutexLock one(core.erasure_mutex);
  status = FinishRetentions(core);
  if (status.code() == StatusCode::kBusy) status = Status::Ok();
  RetentionReport report;
  for (int attempt = 0; status.ok(); ++attempt) {
    status = run.Do(&report);
    const bool changed = status.code() == StatusCode::kConflict;
    if (!changed || attempt == kCounts) break;
    status = Status::Ok();
  }
  if (!status.ok()) return status;
  return report;
}

}  // namespace crm
