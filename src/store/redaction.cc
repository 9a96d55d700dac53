#include "store/redaction.h"

#include <set>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/utf8.h"
#include "consent/acts.h"
#include "store/erasure.h"
#include "store/fact_decoder.h"
#include "store/identity_text.h"
#include "store/privacy_settings.h"
#include "store/removal.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr size_t kChunkEvents = 512;

// What is left of an event, as it would have come without the rest.
Status PackRemnant(std::string_view plain, std::string* packed) {
  EventBody body;
  if (!UnpackBody(plain, &body)) {
    return Status(StatusCode::kCorruption, "malformed body");
  }
  body.payload = "{}";
  body.metadata = {};
  body.extra = {};
  PackBody(body, packed);
  PackPlain(body.id, packed);
  return Status::Ok();
}

// How an event is to be read whose row says that it was redacted.
Status AddRedacted(const StoreCore& core, Position position,
                   std::string_view row, ProfileRoom::RedactedEvents* events) {
  LogRecordReader reader;
  LogRecord record;
  Status status = reader.Read(row, &record);
  if (!status.ok() || record.event.record == 0) return status;
  ProfileRoom::Redacted event;
  event.header = record.event;
  status = core.log_view->Unseal(position, record, &event.body);
  if (status.code() == StatusCode::kErased) return Status::Ok();  // She was.
  if (status.ok()) events->emplace(position, std::move(event));
  return status;
}

}  // namespace

Status FoldEvents(StoreCore& core, Views& views,
                  std::span<const Position> positions,
                  const std::map<Position, std::string>& replaced,
                  std::string* state) {
  FactChunk chunk;
  FactDecoder decoder(core.log_view.get(), core.keyring.get(), &core.names,
                      &core.definitions, views.rooms());
  LogRecordReader reader;
  std::string value;
  Status status;
  for (size_t i = 0; status.ok() && i < positions.size(); ++i) {
    const auto other = replaced.find(positions[i]);
    if (other == replaced.end()) {
      status = core.log_view->Read(positions[i], &value);
    } else {
      value = other->second;
    }
    LogRecord event;
    if (status.ok()) {
      status = reader.Read(chunk.arena.Copy(value), &event);
    }
    if (!status.ok()) return status;
    chunk.events.push_back({positions[i], event});
    if (chunk.events.size() < kChunkEvents && i + 1 < positions.size()) {
      continue;
    }
    status = decoder.Decode(&chunk);
    for (size_t j = 0; status.ok() && j < chunk.facts.size(); ++j) {
      status = views.profile().FoldInto(chunk.facts[j], state);
    }
    chunk.Clear();
  }
  return status;
}

Status RefoldProfile(StoreCore& core, Views& views, uint32_t tenant,
                     RecordId record, Position last,
                     const std::map<Position, std::string>& replaced,
                     Generation& rows) {
  const ProfileRoom& profile = views.profile();
  Result<RecordRow> row = views.identity().RecordOf(tenant, record, rows);
  if (!row.ok()) return std::move(row).status();
  std::vector<ProfileRoom::RecordEvent> events;
  Status status =
      profile.ReadRecord(tenant, record, row->events, last, &events);
  if (!status.ok()) return status;
  std::vector<Position> positions;
  for (const ProfileRoom::RecordEvent& event : events) {
    positions.push_back(event.record.position);
  }
  std::string state;
  status = FoldEvents(core, views, positions, replaced, &state);
  if (!status.ok()) return status;
  return profile.PutState(tenant, record, state, rows);
}

Status Redaction::Add(Position event, RedactReport* report) {
  Status none(StatusCode::kNotFound,
              "no event at position " + std::to_string(event));
  if (event == 0 || event > core_.sequencer->head()) return none;
  std::string value;
  LogRecordReader reader;
  LogRecord record;
  Status status = core_.log_view->Read(event, &value);
  if (status.ok()) status = reader.Read(value, &record);
  if (!status.ok()) return status;
  if (record.kind != LogKind::kEvent || record.event.tenant != tenant_) {
    return none;
  }
  if (record.ledger.has_value() ||
      IsConsentType(core_.names.Text(NameKind::kType, record.event.type))) {
    return Status(StatusCode::kFailedPrecondition,
                  "event " + std::to_string(event) +
                      " is an act of consent: evidence, which goes with its "
                      "person alone");
  }
  if ((record.event.flags & kEventExpired) != 0 ||
      core_.views->profile().IsExpiring(event, record.event)) {
    return Status(StatusCode::kFailedPrecondition,
                  "event " + std::to_string(event) +
                      ": its time is over, and what it said was removed");
  }
  if ((record.event.flags & kEventRedacted) != 0) {
    return Status(StatusCode::kAlreadyExists,
                  "event " + std::to_string(event) + " was redacted before");
  }
  report->event = event;
  report->bytes += record.sealed_size;
  report->record = record.event.record;
  if (report->record != 0) {
    Result<RecordRow> row = core_.views->identity().RecordOf(
        tenant_, report->record, choosing_.context().rows);
    if (!row.ok()) return std::move(row).status();
    report->customer = row->customer;
    ++records_[report->record];
    status = CheckNotHeld(event, row->customer, record.event.type);
    if (!status.ok()) return status;
  }
  return MakeRemnant(event, record, value);
}

// A hold keeps what is of its categories.
Status Redaction::CheckNotHeld(Position event, CustomerId customer,
                               uint32_t type) {
  const IdentityRoom& identity = core_.views->identity();
  Generation& rows = choosing_.context().rows;
  Result<std::vector<uint64_t>> holds =
      identity.HoldsOn(tenant_, customer, rows);
  if (!holds.ok()) return std::move(holds).status();
  const auto now = core_.DefinitionsOf(tenant_);
  const PrivacySettings& settings = PrivacySettingsOf(now.get());
  const std::string_view name = core_.names.Text(NameKind::kType, type);
  for (const uint64_t hold : *holds) {
    Result<HoldRow> row = identity.HoldOf(tenant_, hold, rows);
    if (!row.ok()) return std::move(row).status();
    if (!row->categories.empty() && !settings.IsInAny(name, row->categories)) {
      continue;
    }
    return Status(StatusCode::kFailedPrecondition,
                  "event " + std::to_string(event) + " is held: hold " +
                      std::to_string(hold));
  }
  return Status::Ok();
}

Status Redaction::MakeRemnant(Position event, const LogRecord& record,
                              std::string_view value) {
  const LogView& log = *core_.log_view;
  std::string body;
  std::string plain;
  std::string packed;
  std::string remnant;
  Status status = log.Unseal(event, record, &body);
  if (status.code() == StatusCode::kErased) {
    return Status(StatusCode::kErased,
                  "event " + std::to_string(event) + ": its person was erased");
  }
  if (status.ok()) status = log.Expand(record.event, body, &plain);
  if (status.ok()) status = PackRemnant(plain, &packed);
  if (status.ok()) status = log.SealRemnant(event, record, packed, &remnant);
  if (!status.ok()) return status;
  return RemoveSealed(value, remnant, &rows_[event]);
}

Status Redaction::Emit(bool dry, IdentityChoice* choice,
                       ProfileRoom::RedactedEvents* redacted) {
  choice->kind = ChoiceKind::kRedaction;
  choice->tenant = tenant_;
  for (const auto& [position, row] : rows_) choice->events.push_back(position);
  Generation& rows = choosing_.context().rows;
  for (const auto& [record, events] : records_) {
    Status status = RefoldProfile(core_, *core_.views, tenant_, record,
                                  core_.sequencer->head(), rows_, rows);
    if (!status.ok()) return status;
  }
  Status status = choosing_.Emit(choice);
  if (!status.ok() || dry) return status;
  for (auto& [position, row] : rows_) {
    status = AddRedacted(core_, position, row, redacted);
    if (!status.ok()) return status;
    choosing_.Replace(position, row);
  }
  choosing_.PutBeside(OpenRemovalRow(kOpenRedactions, choice->position),
                      std::string(kViewsToDo));
  core_.views->profile().Redact(*redacted);
  return status;
}

namespace {

// Step 2.
Status FinishViews(StoreCore& core, const IdentityChoice& choice) {
  ProfileRoom::RedactedEvents events;
  std::string value;
  for (const Position position : choice.events) {
    Status status = core.log_view->Read(position, &value);
    if (status.ok()) status = AddRedacted(core, position, value, &events);
    if (!status.ok()) return status;
  }
  std::set<RecordId> records;
  for (const auto& [position, event] : events) {
    records.insert(event.header.record);
  }
  ProfileRoom& profile = core.views->profile();
  profile.Redact(events);
  const std::vector<RecordId> all(records.begin(), records.end());
  Status status = core.Checkpoint();
  if (status.ok() && !all.empty()) {
    status = core.views->PurgeTimelines(choice.tenant, all, false);
    if (status.ok()) profile.ForgetRedacted(events);
    if (status.ok()) status = core.views->RenewBuckets(choice.tenant, all);
  }
  if (!status.ok()) return status;
  Batch batch;
  batch.Put(kLogOps, OpenRemovalRow(kOpenRedactions, choice.position),
            kFilesToDo);
  return core.sequencer->WriteBeside(batch, false);
}

}  // namespace

Status FinishRedaction(StoreCore& core, const IdentityChoice& choice,
                       std::string_view to_do, uint64_t* files) {
  Status status =
      to_do == kFilesToDo ? Status::Ok() : FinishViews(core, choice);
  Removed removed;
  if (status.ok()) status = PurgeLog(core, choice.events, &removed);
  *files = removed.files;
  if (!status.ok()) return status;
  Batch batch;
  batch.Delete(kLogOps, OpenRemovalRow(kOpenRedactions, choice.position));
  return core.sequencer->WriteBeside(batch, false);
}

Status FinishRedactions(StoreCore& core) {
  return FinishOpenRemovals(
      core, kOpenRedactions,
      [&](const IdentityChoice& choice, std::string_view to_do) {
        uint64_t files = 0;
        return FinishRedaction(core, choice, to_do, &files);
      });
}

Result<RedactReport> Tenant::Redact(Position event,
                                    const RedactOptions& options) {
  StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckWho(options.by, options.why);
  if (!status.ok()) return status;
  MutexLock one(core.erasure_mutex);
  RedactReport report;
  ProfileRoom::RedactedEvents redacted;
  IdentityChoice choice;
  choice.origin = ChoiceOrigin::kHand;
  choice.by = options.by;
  choice.why = options.why;
  status = core.sequencer->Choose(
      impl_->info.id, options.dry_run,
      [&](Sequencer::Choosing& choosing) -> Status {
        Redaction redaction(core, impl_->info.id, choosing);
        Status added = redaction.Add(event, &report);
        if (!added.ok()) return added;
        return redaction.Emit(options.dry_run, &choice, &redacted);
      });
  if (!status.ok()) core.views->profile().ForgetRedacted(redacted);
  if (!status.ok()) return status;
  if (options.dry_run) return report;
  report.position = choice.position;
  status = FinishRedaction(core, choice, kViewsToDo, &report.files_searched);
  if (!status.ok()) core.erasures_open.store(true);
  if (!status.ok()) return status;
  return report;
}

}  // namespace crm
