#include "store/erasure.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/hex.h"
#include "base/instant.h"
#include "base/mutex.h"
#include "base/utf8.h"
#include "privacy/certificate.h"
#include "store/anonymise.h"
#include "store/erased.h"
#include "store/identity_text.h"
#include "store/redaction.h"
#include "store/removal.h"
#include "store/retention.h"
#include "store/sequencer.h"
#include "store/tenant_drop.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr size_t kRequestBytes = 16;

std::string NoteAssociated(const ErasureNote& note) {
  return "crm erasure" + note.request;
}

// The choice as the journal keeps it: whatever log the keys are put beside,
// it can be made again.
Status SealNote(KeyRing& keyring, const IdentityChoice& choice,
                ErasureNote* note) {
  Result<Key> key = keyring.TenantKey(choice.tenant);
  if (!key.ok()) return std::move(key).status();
  note->tenant = choice.tenant;
  note->request = choice.erasure.request;
  note->position = choice.position;
  std::string body;
  const Nonce nonce = RandomNonce();
  const ChoiceSeal seal{&keyring, choice.tenant, choice.position, nonce};
  Status status = EncodeChoice(choice, seal, &body);
  if (!status.ok()) return status;
  note->choice.assign(reinterpret_cast<const char*>(nonce.data()),
                      nonce.size());
  Seal(*key, nonce, body, NoteAssociated(*note), &note->choice);
  return status;
}

Status OpenNote(KeyRing& keyring, const ErasureNote& note,
                IdentityChoice* choice) {
  Result<Key> key = keyring.TenantKey(note.tenant);
  if (!key.ok()) return std::move(key).status();
  Nonce nonce{};
  std::string body;
  const bool sound =
      note.choice.size() > nonce.size() &&
      (std::copy_n(note.choice.begin(), nonce.size(), nonce.begin()),
       Unseal(*key, nonce, std::string_view(note.choice).substr(nonce.size()),
              NoteAssociated(note), &body));
  if (!sound) {
    return Status(StatusCode::kCorruption, "keyring: an erasure does not open");
  }
  const ChoiceSeal seal{&keyring, note.tenant, note.position, nonce};
  return DecodeChoice(body, seal, choice);
}

ErasureReport ReportOf(const IdentityChoice& choice, bool complete) {
  const IdentityChoice::Erasure& erasure = choice.erasure;
  ErasureReport report;
  report.request = HexOf(erasure.request);
  report.position = choice.position;
  report.customer = choice.customer;
  report.mode = static_cast<ErasureMode>(erasure.mode);
  report.at = Instant(erasure.at);
  report.by = choice.by;
  report.why = choice.why;
  report.complete = complete;
  report.records = erasure.records;
  report.events = erasure.events;
  report.identifiers = erasure.identifiers;
  report.bytes = erasure.bytes;
  report.fenced = static_cast<uint64_t>(
      std::count_if(erasure.marks.begin(), erasure.marks.end(),
                    [](const auto& mark) { return mark.fenced; }));
  return report;
}

// A pseudonym: the same for a customer of a tenant, and nobody else's.
std::string SubjectOf(const Key& seed, CustomerId customer) {
  const Digest digest =
      Blake2b("subject " + std::to_string(customer),
              {reinterpret_cast<const char*>(seed.data()), seed.size()});
  return HexOf({reinterpret_cast<const char*>(digest.data()), kRequestBytes});
}

Result<std::string> Certify(StoreCore& core, const IdentityChoice& choice,
                            const Removed& removed) {
  Result<Key> seed = core.keyring->SigningSeed(choice.tenant);
  if (!seed.ok()) return std::move(seed).status();
  const ErasureReport report = ReportOf(choice, true);
  Certificate certificate;
  certificate.store = HexOf(core.superblock.store_id);
  certificate.tenant = core.names.Text(NameKind::kTenant, choice.tenant);
  certificate.request = report.request;
  certificate.subject = SubjectOf(*seed, choice.customer);
  certificate.customer = report.customer;
  certificate.mode = report.mode;
  certificate.by = report.by;
  certificate.why = report.why;
  certificate.requested_at = report.at;
  certificate.completed_at = std::max(core.clock->Now(), report.at);
  certificate.position = report.position;
  certificate.records = report.records;
  certificate.events = report.events;
  certificate.identifiers = report.identifiers;
  certificate.bytes = report.bytes;
  certificate.fenced = report.fenced;
  certificate.removed_bytes = removed.bytes;
  certificate.files_searched = removed.files;
  return WriteCertificate(certificate, *seed);
}

bool IsHard(const IdentityChoice& choice) {
  return choice.erasure.mode == static_cast<uint8_t>(ErasureMode::kHard);
}

bool IsAnonymising(const IdentityChoice& choice) {
  return choice.erasure.mode == static_cast<uint8_t>(ErasureMode::kAnonymise);
}

// What kHard does more: REQUIRES her keys gone, and nothing of hers in memory.
Status RemoveAll(StoreCore& core, const IdentityChoice& choice,
                 ErasureNote* note, Removed* removed) {
  const std::vector<RecordId>& records = choice.erasure.records;
  Status status;
  if (note->step != ErasureStep::kViewsPurged) {
    status = core.views->PurgeTimelines(note->tenant, records, true);
  }
  // Once more when it was done before: what it counts is the same.
  if (status.ok()) {
    status = RemoveFromLog(
        core, choice.events,
        [&](const LogRecord& record) {
          return record.event.tenant == note->tenant &&
                 std::binary_search(records.begin(), records.end(),
                                    record.event.record);
        },
        removed);
  }
  if (status.ok() && note->step != ErasureStep::kViewsPurged) {
    note->step = ErasureStep::kViewsPurged;
    status = core.keyring->NoteErasure(*note);
  }
  return status.ok() ? PurgeLog(core, choice.events, removed) : status;
}

// The steps behind the choice. REQUIRES: it is in the log, and folded.
Status Advance(StoreCore& core, const IdentityChoice& choice,
               ErasureNote* note) {
  const std::vector<RecordId>& records = choice.erasure.records;
  Status status;
  if (note->step == ErasureStep::kRequested) {
    note->step = ErasureStep::kKeysDestroyed;
    status = core.keyring->DestroyRecords(*note, records);
  }
  if (note->step != ErasureStep::kViewsPurged) {
    if (status.ok()) status = core.keyring->ScrubRecords(note->tenant, records);
    // What was in memory only goes as well: the tail, and rows that are dirty.
    if (status.ok()) status = core.Checkpoint();
    if (status.ok()) status = core.views->RenewBuckets(note->tenant, records);
    if (status.ok() && IsAnonymising(choice)) {
      status = PurgeAnonymisedPool(core, note->tenant);
    }
  }
  Removed removed;
  if (status.ok() && IsHard(choice)) {
    status = RemoveAll(core, choice, note, &removed);
  }
  if (!status.ok()) return status;
  Result<std::string> certificate = Certify(core, choice, removed);
  if (!certificate.ok()) return std::move(certificate).status();
  note->certificate = std::move(certificate).value();
  note->step = ErasureStep::kComplete;
  return core.keyring->NoteErasure(*note);
}

// Whether the log holds the choice of a note.
Result<bool> IsInLog(const StoreCore& core, const ErasureNote& note) {
  if (note.position > core.sequencer->head()) return false;
  std::string value;
  LogRecordReader reader;
  LogRecord record;
  Status status = core.log_view->Read(note.position, &value);
  if (status.ok()) status = reader.Read(value, &record);
  if (!status.ok()) return status;
  if (record.kind != LogKind::kIdentity || record.tenant != note.tenant) {
    return false;
  }
  IdentityChoice choice;
  status = ReadChoice(*core.log_view, core.keyring.get(), note.position, record,
                      &choice);
  if (!status.ok()) return status;
  return choice.kind == ChoiceKind::kErasure &&
         choice.erasure.request == note.request;
}

Status FinishOne(StoreCore& core, ErasureNote note) {
  IdentityChoice choice;
  Status status = OpenNote(*core.keyring, note, &choice);
  if (!status.ok()) return status;
  if (note.step == ErasureStep::kRequested) {
    Result<bool> written = IsInLog(core, note);
    if (!written.ok()) return std::move(written).status();
    // The write failed, and nobody was told that it was done.
    if (!*written) return core.keyring->DropErasure(note.tenant, note.request);
  }
  return Advance(core, choice, &note);
}

// One call of Erase: what is decided while nobody else decides anything.
class Erasing {
 public:
  // `anonymising`: what counts her events, if the mode wants it; null: they are
  // not there any more.
  Erasing(StoreCore& core, uint32_t tenant, Sequencer::Choosing& choosing,
          Anonymising* anonymising)
      : core_(core),
        identity_(core.views->identity()),
        tenant_(tenant),
        choosing_(choosing),
        rows_(choosing.context().rows),
        anonymising_(anonymising) {}

  Status Plan(CustomerId customer, IdentityChoice* choice,
              ErasureReport* report) {
    Result<CustomerId> current = identity_.Current(tenant_, customer, rows_);
    if (!current.ok()) return std::move(current).status();
    if (*current == 0) {
      return Status(StatusCode::kNotFound,
                    "no customer " + std::to_string(customer));
    }
    Result<Members> members = identity_.OwnMembers(tenant_, *current, rows_);
    if (!members.ok()) return std::move(members).status();
    Status status = CheckNotErased(customer, *members);
    if (!status.ok()) return status;
    choice->customer = *current;
    Result<std::vector<HoldId>> holds =
        identity_.HoldsOn(tenant_, *current, rows_);
    if (!holds.ok()) return std::move(holds).status();
    report->holds = std::move(holds).value();
    status = AddMembers(*current, *members, choice);
    for (const Members::Merge& merge : members->merges) {
      report->retired.push_back(merge.retired);
    }
    std::sort(report->retired.begin(), report->retired.end());
    FindDoubt(*members, report);
    return status;
  }

  // What a certificate names, as the log has it now.
  Status PlanAgain(const Certificate& certificate, IdentityChoice* choice) {
    choice->tenant = tenant_;
    choice->customer = certificate.customer;
    // Also those that this log does not know: they are never given again.
    choice->erasure.records = certificate.records;
    Result<std::vector<IdentityRoom::ErasedOne>> erased =
        identity_.ErasedBy(*choice, rows_);
    if (!erased.ok()) return std::move(erased).status();
    for (const IdentityRoom::ErasedOne& one : *erased) {
      Result<Members> members =
          identity_.OwnMembers(tenant_, one.customer, rows_);
      if (!members.ok()) return std::move(members).status();
      if (members->records.size() != one.records.size()) {
        return Status(StatusCode::kConflict,
                      "customer " + std::to_string(one.customer) +
                          " has records that the certificate does not name");
      }
      Status status = AddMembers(one.customer, *members, choice);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

  // What the journal holds, made for a log that does not have it. Her keys are
  // gone, and so is what rested on them: the rows are as they are to be, but
  // for what fences.
  Status PlanFromNote(IdentityChoice* choice) {
    for (IdentityChoice::Mark& mark : choice->erasure.marks) {
      Result<ClaimantsRow> row =
          identity_.ClaimantsOf(tenant_, mark.hash, rows_);
      if (!row.ok()) return std::move(row).status();
      const std::vector<RecordId>& hers = choice->erasure.records;
      std::erase_if(row->records, [&](RecordId record) {
        return std::binary_search(hers.begin(), hers.end(), record);
      });
      mark.claimants = std::move(row->records);
    }
    // Whatever its log had behind the head of this one is not here.
    std::erase_if(choice->events, [&](Position event) {
      return event > core_.sequencer->head();
    });
    return Status::Ok();
  }

  // Keeps the request in place of the erasure, until she is not held any more.
  Status Wait(const ErasureOptions& options, IdentityChoice* choice) {
    Result<HoldsRow> all = identity_.Holds(tenant_, rows_);
    if (!all.ok()) return std::move(all).status();
    choice->kind = ChoiceKind::kHold;
    choice->origin = ChoiceOrigin::kHand;
    choice->tenant = tenant_;
    choice->erasure = IdentityChoice::Erasure();
    choice->hold.what = IdentityChoice::Hold::What::kWaiting;
    choice->hold.at = choosing_.now();
    choice->hold.number = all->last + 1;
    choice->hold.mode = static_cast<uint8_t>(options.mode);
    choice->hold.confirm = options.confirm;
    return choosing_.Emit(choice);
  }

  // Says which holds are in the way, and of what.
  Status SayHeld(const std::vector<HoldId>& holds) const {
    std::string what;
    for (const HoldId hold : holds) {
      Result<HoldRow> row = identity_.HoldOf(tenant_, hold, rows_);
      if (!row.ok()) return std::move(row).status();
      what +=
          (what.empty() ? "hold " : ", hold ") + std::to_string(hold) + " (";
      for (const std::string& name : row->categories) what += name + " ";
      if (row->categories.empty()) what += "everything ";
      what.back() = ')';
    }
    return Status(StatusCode::kFailedPrecondition,
                  "she is held, and not erased: " + what);
  }

  // With the time and the name that it has; else new ones.
  Status Emit(IdentityChoice* choice, bool dry, ErasureNote* note,
              ErasureReport* report) {
    choice->kind = ChoiceKind::kErasure;
    choice->origin = ChoiceOrigin::kHand;
    choice->tenant = tenant_;
    std::sort(choice->events.begin(), choice->events.end());
    if (choice->erasure.request.empty()) {
      choice->erasure.at = choosing_.now();
      choice->erasure.request.resize(kRequestBytes);
      RandomBytes(choice->erasure.request.data(), kRequestBytes);
    }
    Status status = choosing_.Emit(choice);
    if (status.ok() && anonymising_ != nullptr && IsAnonymising(*choice)) {
      status = anonymising_->Emit(choosing_, dry, report);
    }
    if (!status.ok() || dry) return status;
    const ErasureStep step = note->step;
    status = SealNote(*core_.keyring, *choice, note);
    if (!status.ok()) return status;
    note->step = step;
    return core_.keyring->NoteErasure(*note);
  }

 private:
  Status AddMembers(CustomerId customer, const Members& members,
                    IdentityChoice* choice) {
    IdentityChoice::Erasure* const erasure = &choice->erasure;
    Status status =
        identity_.PlanErasure(tenant_, customer, members, rows_, erasure);
    std::vector<ProfileRoom::RecordEvent> events;
    for (const Members::Member& member : members.records) {
      if (!status.ok()) return status;
      Result<RecordRow> row = identity_.RecordOf(tenant_, member.record, rows_);
      if (!row.ok()) return std::move(row).status();
      erasure->events += row->events;
      events.clear();
      status =
          core_.views->profile().ReadRecord(tenant_, member.record, row->events,
                                            core_.sequencer->head(), &events);
      for (const auto& event : events) {
        erasure->bytes += event.body.size();
        if (IsHard(*choice)) choice->events.push_back(event.record.position);
      }
      if (status.ok() && anonymising_ != nullptr && IsAnonymising(*choice) &&
          !members.IsErased()) {
        status = Count(events);
      }
    }
    return status;
  }

  Status Count(const std::vector<ProfileRoom::RecordEvent>& events) {
    Status status;
    for (const auto& event : events) {
      // What retention took is not opened either.
      const bool expired = (event.record.header.flags & kEventExpired) != 0 ||
                           core_.views->profile().IsExpiring(
                               event.record.position, event.record.header);
      if (!event.opened && !expired) continue;
      if (!status.ok()) break;
      status = anonymising_->Count(event.record.position, event.record.header,
                                   event.body);
    }
    return status;
  }

  void FindDoubt(const Members& members, ErasureReport* report) const {
    std::map<uint32_t, size_t> values;
    for (const Members::Claim& claim : members.claims) {
      if (claim.state == Members::Claim::State::kOwns &&
          claim.klass == IdentifierClass::kExclusive) {
        ++values[claim.name_space];
      }
    }
    for (const auto& [name_space, count] : values) {
      if (count < 2) continue;
      report->doubtful.emplace_back(
          core_.names.Text(NameKind::kNamespace, name_space));
    }
  }

  StoreCore& core_;
  const IdentityRoom& identity_;
  const uint32_t tenant_;
  Sequencer::Choosing& choosing_;
  Generation& rows_;
  Anonymising* const anonymising_;
};

Status CheckOptions(const ErasureOptions& options) {
  Status status = CheckWho(options.by, options.why);
  if (!status.ok()) return status;
  switch (options.mode) {
    case ErasureMode::kShred:
    case ErasureMode::kAnonymise:
    case ErasureMode::kHard:
      return Status::Ok();
  }
  return Status(StatusCode::kInvalidArgument, "mode: no such one");
}

// What only the certificate knows.
void AddRemoved(ErasureReport* report) {
  Certificate certificate;
  std::string public_key;
  if (report->certificate.empty() ||
      !ReadCertificate(report->certificate, &certificate, &public_key).ok()) {
    return;
  }
  report->removed_bytes = certificate.removed_bytes;
  report->files_searched = certificate.files_searched;
}

// The choice, by `make`, and all steps behind it.
Result<ErasureReport> Run(
    const Tenant::Impl& tenant, bool dry, IdentityChoice* choice,
    ErasureReport* extra,
    const std::function<Status(Erasing&, ErasureNote*)>& make) {
  StoreCore& core = *tenant.core;
  ErasureNote note;
  Anonymising anonymising(core, tenant.info);
  Status status = core.sequencer->Choose(
      tenant.info.id, dry, [&](Sequencer::Choosing& choosing) {
        Erasing erasing(core, tenant.info.id, choosing, &anonymising);
        return make(erasing, &note);
      });
  // Without a note nobody is erased: it waits for the release of holds.
  const bool waits = !dry && note.request.empty();
  if (status.ok() && !dry && !waits) status = Advance(core, *choice, &note);
  // Whatever step it was: a note that is there is looked at again.
  if (!status.ok() && !note.request.empty()) core.erasures_open.store(true);
  if (!status.ok()) return status;
  ErasureReport report = ReportOf(*choice, !dry && !waits);
  report.retired = std::move(extra->retired);
  report.doubtful = std::move(extra->doubtful);
  report.holds = std::move(extra->holds);
  report.counted = extra->counted;
  report.counted_fields = std::move(extra->counted_fields);
  report.anonymised = std::move(extra->anonymised);
  report.waiting_sums = extra->waiting_sums;
  report.certificate = std::move(note.certificate);
  if (waits) {
    report.mode = static_cast<ErasureMode>(choice->hold.mode);
    report.at = Instant(choice->hold.at);
  }
  AddRemoved(&report);
  if (!dry) return report;
  report.request.clear();
  report.position = 0;
  return report;
}

Result<ErasureReport> ReportOfNote(KeyRing& keyring, const ErasureNote& note) {
  IdentityChoice choice;
  Status status = OpenNote(keyring, note, &choice);
  if (!status.ok()) return status;
  ErasureReport report = ReportOf(choice, note.step == ErasureStep::kComplete);
  report.certificate = note.certificate;
  AddRemoved(&report);
  return report;
}

// Of a tenant whose log was set back: what it does not hold is made again, in
// the order in which it was made first.
Status ReplayNotes(StoreCore& core, uint32_t tenant,
                   std::vector<ErasureNote> notes) {
  for (ErasureNote& note : notes) {
    Result<bool> there = IsInLog(core, note);
    if (!there.ok()) return std::move(there).status();
    if (*there) continue;
    IdentityChoice choice;
    Status status = OpenNote(*core.keyring, note, &choice);
    if (!status.ok()) return status;
    core.Log(LogLevel::kWarning,
             "the log is older than an erasure: erased again, customer " +
                 std::to_string(choice.customer));
    note.certificate.clear();
    // Until its keys are known to be gone: who opens the store next does not
    // look at the log for it.
    note.step = ErasureStep::kKeysDestroyed;
    status = core.sequencer->Choose(
        tenant, false, [&](Sequencer::Choosing& choosing) -> Status {
          Erasing erasing(core, tenant, choosing, nullptr);
          Status planned = erasing.PlanFromNote(&choice);
          ErasureReport report;
          return planned.ok() ? erasing.Emit(&choice, false, &note, &report)
                              : planned;
        });
    if (status.ok()) {
      note.step = ErasureStep::kRequested;  // Destroys them once more.
      status = Advance(core, choice, &note);
    }
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace

Status ReplayErasures(StoreCore& core) {
  for (const std::string& name : core.LivingTenants()) {
    const uint32_t tenant = core.names.Find(NameKind::kTenant, name);
    Result<std::vector<ErasureNote>> notes = core.keyring->Erasures(tenant);
    if (!notes.ok()) return std::move(notes).status();
    // Of those that are no more than requested FinishErasures knows better.
    std::erase_if(*notes, [](const ErasureNote& note) {
      return note.step == ErasureStep::kRequested;
    });
    if (notes->empty()) continue;
    std::sort(notes->begin(), notes->end(),
              [](const ErasureNote& a, const ErasureNote& b) {
                return a.position < b.position;
              });
    // The log holds all of them, or lacks the newest ones.
    Result<bool> newest = IsInLog(core, notes->back());
    if (!newest.ok()) return std::move(newest).status();
    if (*newest) continue;
    Status status = ReplayNotes(core, tenant, *std::move(notes));
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status FinishErasures(StoreCore& core) {
  core.erasures_open.store(false);
  // First: who was dropped has no erasure that could be finished.
  Status dropped = FinishDrops(core);
  if (!dropped.ok()) core.erasures_open.store(true);
  if (!dropped.ok()) return dropped;
  Result<std::vector<ErasureNote>> notes = core.keyring->OpenErasures();
  Status status = notes.status();
  Status busy;
  for (size_t i = 0; status.ok() && i < notes->size(); ++i) {
    Status one = FinishOne(core, std::move((*notes)[i]));
    // The others have nothing to do with the file that somebody keeps.
    (one.code() == StatusCode::kBusy ? busy : status) = std::move(one);
  }
  for (Status (*finish)(StoreCore&) : {&FinishRetentions, &FinishRedactions}) {
    if (!status.ok()) break;
    Status one = finish(core);
    (one.code() == StatusCode::kBusy ? busy : status) = std::move(one);
  }
  if (status.ok()) status = std::move(busy);
  if (!status.ok()) core.erasures_open.store(true);
  return status;
}

Result<ErasureReport> Tenant::Erase(CustomerId customer,
                                    const ErasureOptions& options) {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckOptions(options);
  if (!status.ok()) return status;
  MutexLock one(impl_->core->erasure_mutex);
  IdentityChoice choice;
  choice.by = options.by;
  choice.why = options.why;
  choice.erasure.mode = static_cast<uint8_t>(options.mode);
  ErasureReport extra;
  return Run(
      *impl_, options.dry_run, &choice, &extra,
      [&](Erasing& erasing, ErasureNote* note) -> Status {
        Status planned = erasing.Plan(customer, &choice, &extra);
        if (!planned.ok()) return planned;
        if (!extra.doubtful.empty() && !options.confirm && !options.dry_run) {
          return Status(StatusCode::kFailedPrecondition,
                        "confirm: she has several values of " +
                            extra.doubtful.front() +
                            ", and may be several people");
        }
        if (!extra.holds.empty() && !options.dry_run) {
          return options.wait_for_release ? erasing.Wait(options, &choice)
                                          : erasing.SayHeld(extra.holds);
        }
        return erasing.Emit(&choice, options.dry_run, note, &extra);
      });
}

Result<std::vector<ErasureReport>> Tenant::ListErasures() const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  KeyRing& keyring = *impl_->core->keyring;
  Result<std::vector<ErasureNote>> notes = keyring.Erasures(impl_->info.id);
  if (!notes.ok()) return std::move(notes).status();
  std::vector<ErasureReport> reports;
  for (const ErasureNote& note : *notes) {
    Result<ErasureReport> report = ReportOfNote(keyring, note);
    if (!report.ok()) return std::move(report).status();
    reports.push_back(std::move(report).value());
  }
  std::sort(reports.begin(), reports.end(),
            [](const ErasureReport& a, const ErasureReport& b) {
              return a.position < b.position;
            });
  return reports;
}

Result<std::string> Tenant::GetSigningKey() const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  Result<Key> seed = impl_->core->keyring->SigningSeed(impl_->info.id);
  if (!seed.ok()) return std::move(seed).status();
  return HexOf(SigningPublicKey(*seed));
}

Result<ErasureReport> Tenant::ApplyCertificate(std::string_view certificate) {
  StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  Certificate read;
  std::string public_key;
  status = ReadCertificate(certificate, &read, &public_key);
  if (!status.ok()) return status;
  Result<Key> seed = core.keyring->SigningSeed(impl_->info.id);
  if (!seed.ok()) return std::move(seed).status();
  if (public_key != HexOf(SigningPublicKey(*seed))) {
    return Status(StatusCode::kDenied,
                  "certificate: signed by another tenant's key");
  }
  if (read.tenant != impl_->info.name ||
      read.store != HexOf(core.superblock.store_id)) {
    return Status(StatusCode::kInvalidArgument,
                  "certificate: of another tenant or store");
  }
  std::string request;
  if (!ReadHex(read.request, &request)) {
    return Status(StatusCode::kMalformed, "certificate: request");
  }
  MutexLock one(core.erasure_mutex);
  Result<ErasureNote> known = core.keyring->Erasure(impl_->info.id, request);
  if (known.ok()) {
    Result<bool> written = IsInLog(core, *known);
    if (!written.ok()) return std::move(written).status();
    if (*written) return ReportOfNote(*core.keyring, *known);
  } else if (known.status().code() != StatusCode::kNotFound) {
    return std::move(known).status();
  }
  IdentityChoice choice;
  choice.by = read.by;
  choice.why = read.why;
  choice.erasure.mode = static_cast<uint8_t>(read.mode);
  choice.erasure.request = request;
  choice.erasure.at = read.requested_at.time_since_epoch().count();
  ErasureReport extra;
  return Run(*impl_, false, &choice, &extra,
             [&](Erasing& erasing, ErasureNote* note) -> Status {
               Status planned = erasing.PlanAgain(read, &choice);
               if (!planned.ok()) return planned;
               return erasing.Emit(&choice, false, note, &extra);
             });
}

}  // namespace crm
