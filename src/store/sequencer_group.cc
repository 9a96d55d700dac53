// The sequencer's other half: what goes into the log beside events, and the
// write and publication of a group.

#include <algorithm>
#include <utility>

#include "base/contain.h"
#include "base/mutex.h"
#include "store/dry_run.h"
#include "store/sequencer.h"

namespace crm {

Status Sequencer::CheckConditions(const Request& request, Generation& rows) {
  const std::vector<Condition>& conditions = request.options->conditions;
  for (size_t i = 0; i < conditions.size(); ++i) {
    bool holds = false;
    Status status = CheckCondition(request, conditions[i], rows, &holds);
    if (!status.ok()) return status;
    if (!holds) {
      return Status(StatusCode::kConflict,
                    "condition " + std::to_string(i) + ": does not hold");
    }
  }
  return Status::Ok();
}

Status Sequencer::CheckCondition(const Request& request,
                                 const Condition& condition, Generation& rows,
                                 bool* holds) {
  const uint32_t tenant = request.tenant.id;
  const IdentityRoom& identity = core_->views->identity();
  CustomerId customer = condition.customer;
  if (customer == 0) {
    Result<Hash128> hash =
        identity.HashOf(tenant, condition.identifier,
                        IdentityAt(request.definitions.get(), kEveryPosition));
    if (!hash.ok()) return std::move(hash).status();
    Result<IdentifierRow> owner = identity.Find(tenant, *hash, rows);
    if (!owner.ok()) return std::move(owner).status();
    customer = owner->owner;
  }
  Result<Position> version = identity.Version(tenant, customer, rows);
  if (!version.ok()) return std::move(version).status();
  switch (condition.kind) {
    case Condition::Kind::kNoCustomer:
    case Condition::Kind::kIdentifierAbsent:
      *holds = *version == 0;
      return Status::Ok();
    case Condition::Kind::kCustomerExists:
      *holds = *version != 0;
      return Status::Ok();
    case Condition::Kind::kCustomerVersion:
      *holds = *version == condition.version;
      return Status::Ok();
    case Condition::Kind::kNoEventSince:
      break;
  }
  *holds = true;
  // Only what is newer than the position is looked at.
  if (*version <= condition.version) return Status::Ok();
  return CheckNoEventSince(request, condition, customer, rows, holds);
}

Status Sequencer::CheckNoEventSince(const Request& request,
                                    const Condition& condition,
                                    CustomerId customer, Generation& rows,
                                    bool* holds) {
  const uint32_t tenant = request.tenant.id;
  const IdentityRoom& identity = core_->views->identity();
  Result<Members> members = identity.MembersOf(tenant, customer, rows);
  if (!members.ok()) return std::move(members).status();
  if (request.options->dry_run != nullptr) {
    for (const DryRun::Happened& event : request.options->dry_run->happened()) {
      if (members->FindRecord(event.record) != nullptr &&
          event.type == condition.type) {
        *holds = false;
      }
    }
  }
  const uint32_t type = core_->names.FindAny(NameKind::kType, condition.type);
  if (type == 0) return Status::Ok();
  for (const Group* group : {group_, writing_}) {
    if (group == nullptr) continue;
    for (const Fact& fact : group->facts) {
      if (fact.header.tenant == tenant &&
          members->FindRecord(fact.header.record) != nullptr &&
          fact.header.type == type && fact.position > condition.version) {
        *holds = false;
      }
    }
  }
  for (const Members::Member& member : members->records) {
    Result<RecordRow> record = identity.RecordOf(tenant, member.record);
    // Not published yet: its events are among the facts.
    if (record.status().code() == StatusCode::kNotFound) continue;
    if (!record.ok()) return std::move(record).status();
    std::vector<ProfileRoom::RecordEvent> events;
    Status status = core_->views->profile().ReadRecord(
        tenant, member.record, record->events, head(), &events);
    if (!status.ok()) return status;
    for (const auto& event : events) {
      if (event.record.position > condition.version &&
          event.record.header.type == type) {
        *holds = false;
      }
    }
  }
  return Status::Ok();
}

Status Sequencer::EmitName(NameKind kind, std::string_view text, uint32_t* id) {
  *id = core_->names.Count(kind) + 1;
  std::string& value = group_->NextValue();
  writer_.Name(static_cast<uint8_t>(kind), *id, text, &value);
  LogRecordReader reader;
  LogRecord record;
  Status status = reader.Read(value, &record);
  if (status.ok()) {
    status =
        core_->views->event().FoldRecord(group_->last(), record, group_->rows);
  }
  if (status.ok() && !core_->names.Add(kind, *id, text, false)) {
    status = Status(StatusCode::kInternal, "name out of order");
  }
  return status;
}

Status Sequencer::EmitEpoch() {
  epoch_.resize(16);
  RandomBytes(epoch_.data(), epoch_.size());
  writer_.Epoch(epoch_, &group_->NextValue());
  epoch_position_ = group_->last();
  group_->epoch_pending = true;
  return Status::Ok();
}

Status Sequencer::EmitDictionaries() {
  for (Dictionaries::Trained& trained : core_->dictionaries.TakeTrained()) {
    if (epoch_.empty()) {
      Status status = EmitEpoch();
      if (!status.ok()) return status;
    }
    Result<Key> key = core_->keyring->TenantKey(trained.tenant);
    if (key.status().code() == StatusCode::kErased) continue;  // Dropped since.
    if (!key.ok()) return std::move(key).status();
    std::string& value = group_->NextValue();
    const Position position = group_->last();
    writer_.Dictionary(trained.tenant, trained.type, epoch_position_, &value);
    associated_.clear();
    AppendAssociated(position, std::string_view(value).substr(kLogPrefixBytes),
                     &associated_);
    core_->keyring->Seal(*key, NonceOf(epoch_, position), trained.bytes,
                         associated_, &value);
    LogRecordReader reader;
    LogRecord record;
    Status status = reader.Read(value, &record);
    if (status.ok()) {
      status = core_->views->event().FoldRecord(position, record, group_->rows);
    }
    if (!status.ok()) return status;
    group_->dictionaries.emplace_back(position, std::move(trained));
  }
  return Status::Ok();
}

Status Sequencer::WriteGroup(Group* group, bool sync) {
  ChainHash chain(chain_);
  for (size_t i = 0; i < group->values_count; ++i) {
    chain.Add(group->base + 1 + i, group->values[i]);
  }
  if (group->values_count > 0) {
    chain_ = chain.Finish();
    AppendTrailer(static_cast<uint32_t>(group->values_count), chain_,
                  &group->values[group->values_count - 1]);
  }
  for (size_t i = 0; i < group->values_count; ++i) {
    char key[8];
    const Position position = group->base + 1 + i;
    for (int byte = 0; byte < 8; ++byte) {
      key[byte] = static_cast<char>(position >> (56 - 8 * byte));
    }
    group->batch.Put(kLogEvents, {key, sizeof(key)}, group->values[i]);
  }
  for (const auto& [position, value] : group->replaced) {
    group->batch.Put(kLogEvents, LogKey(position), value);
  }
  for (const auto& [key, value] : group->offsets) {
    group->batch.Put(kLogOps, key, value);
  }
  return core_->log->Write(group->batch, sync);
}

void Sequencer::PublishGroup(Group* group, bool durable) {
  const Position position = group->last();
  for (auto& [at, trained] : group->dictionaries) {
    auto dictionary =
        std::make_shared<const Dictionary>(std::move(trained.bytes));
    core_->log_view->RememberDictionary(at, dictionary);
    core_->dictionaries.Set(trained.tenant, trained.type, {at, dictionary});
  }
  if (group->epoch_pending) {
    core_->log_view->RememberEpoch(epoch_position_, epoch_);
  }
  core_->names.Publish(group->names);
  // Before anybody can see the group: a checkpoint of it must find that there
  // is something to sync.
  {
    MutexLock lock(durable_mutex_);
    visible_head_ = position;
    visible_chain_ = chain_;
    ++visible_writes_;
    if (durable) {
      durable_writes_ = visible_writes_;
      durable_head_ = position;
      durable_chain_ = chain_;
    }
  }
  core_->views->Publish(group->rows, group->tail, group->facts, position);
  head_.store(position);
  core_->head_signal.Raise();
  const bool keys_low = PoolRunsLow(*group);
  if (keys_low) core_->keys_low.store(true);
  if (keys_low || core_->CheckpointDue()) core_->WakeMaintenance();
}

bool Sequencer::PoolRunsLow(const Group& group) const {
  for (auto fact = group.facts.rbegin(); fact != group.facts.rend(); ++fact) {
    if ((fact->header.flags & kEventNewRecord) == 0) continue;
    return core_->keyring->PoolEnd(fact->header.tenant) <
           fact->header.record + kPoolKeys / 2;
  }
  return false;
}

void Sequencer::DropGroup(Group* group, const Status& status) {
  if (failed_.Set(status.code())) {
    core_->Log(LogLevel::kError,
               "append failed, the store is read-only: " + status.ToString());
  }
  RollBackTo(group, group->start);
  group->rows.Clear();
  for (Request* request : group->requests) {
    if (request->options != nullptr && request->options->dry_run != nullptr) {
      continue;
    }
    request->result = AppendResult();
    if (request->status.ok()) request->status = status;
  }
}

// The store takes no more. Whoever is the first to say so tells the log.
void Sequencer::Lose(StatusCode code) {
  if (!failed_.Set(code)) return;
  const StatusCode told = Contain([&] {
    core_->Log(LogLevel::kError, "append failed, the store is read-only: " +
                                     std::string(StatusCodeName(code)));
  });
  (void)told;  // Then it goes without saying.
}

// Nothing is rolled back: nobody decides anything on top of it any more.
void Sequencer::LoseGroup(Group* group, StatusCode code) {
  Lose(code);
  for (Request* request : group->requests) request->lost = code;
}

Result<uint32_t> Sequencer::AddName(NameKind kind, std::string_view text) {
  uint32_t id = 0;
  Status status = RunAlone([&]() -> Status {
    return Contained("a name could not be made", [&] {
      write_mutex_.AssertHeld();
      return MakeName(kind, text, &id);
    });
  });
  if (!status.ok()) return status;
  return id;
}

// Work of one's own between two groups; when memory ends there, the store takes
// no more.
Status Sequencer::Contained(const char* failed,
                            const std::function<Status()>& work) {
  Status status;
  const StatusCode lost = Contain([&] { status = work(); });
  if (lost == StatusCode::kOk) return status;
  Lose(lost);
  return Status(lost, failed);
}

Status Sequencer::MakeName(NameKind kind, std::string_view text, uint32_t* id) {
  *id = core_->names.Find(kind, text);
  if (*id != 0) return Status::Ok();
  Status status = CheckWritable();
  if (!status.ok()) return status;
  MutexLock deciding(decide_mutex_);
  Group* const group = ChooseGroup();
  BeginGroup(group);
  return FinishAlone(group, EmitName(kind, text, id), [] {});
}

Status Sequencer::FinishAlone(Group* group, Status emitted,
                              const std::function<void()>& before_publish) {
  if (!emitted.ok()) {  // Nothing was written: nothing is lost.
    RollBackTo(group, group->start);
    return emitted;
  }
  Status status = CompleteGroup();
  if (status.ok()) status = WriteGroup(group, true);
  if (status.ok()) {
    before_publish();
    PublishGroup(group, true);
  } else {
    DropGroup(group, status);
  }
  return status;
}

Status Sequencer::NumberOf(NameKind kind, std::string_view text, uint32_t* id) {
  *id = text.empty() ? 0 : core_->names.FindAny(kind, text);
  if (text.empty() || *id != 0) return Status::Ok();
  return EmitName(kind, text, id);
}

Status Sequencer::EmitDefinition(uint32_t tenant, Definition* definition) {
  DefinitionHeader header;
  header.kind = static_cast<uint8_t>(definition->kind);
  header.tenant = tenant;
  Status status = NumberOf(NameKind::kType, definition->type, &header.type);
  if (status.ok()) {
    status = NumberOf(NameKind::kVersion, definition->version, &header.version);
  }
  if (status.ok()) {
    status = NumberOf(NameKind::kVersion, definition->to, &header.to_version);
  }
  if (status.ok() && epoch_.empty()) status = EmitEpoch();
  if (!status.ok()) return status;
  header.epoch = epoch_position_;
  Result<Key> key = core_->keyring->TenantKey(tenant);
  if (!key.ok()) return std::move(key).status();
  std::string& value = group_->NextValue();
  definition->position = group_->last();
  definition->type_id = header.type;
  std::optional<LedgerEntry> entry;
  std::string body = EncodeDefinition(*definition);
  LedgerFacts facts;
  facts.kind = LogKind::kDefinition;
  facts.tenant = tenant;
  facts.position = definition->position;
  facts.type = definition->type;
  facts.open = OpenDigest(header);
  status = EnterLedger(facts, header.kind, &body, &entry);
  if (!status.ok()) return status;
  writer_.Definition(header, entry.has_value() ? &*entry : nullptr, &value);
  associated_.clear();
  AppendAssociated(definition->position,
                   std::string_view(value).substr(kLogPrefixBytes),
                   &associated_);
  core_->keyring->Seal(*key, NonceOf(epoch_, definition->position), body,
                       associated_, &value);
  LogRecordReader reader;
  LogRecord record;
  status = reader.Read(value, &record);
  if (!status.ok()) return status;
  return core_->views->event().FoldRecord(definition->position, record,
                                          group_->rows);
}

Result<Position> Sequencer::Define(uint32_t tenant,
                                   const ChooseDefinition& choose) {
  Position position = 0;
  Status status = RunAlone([&]() -> Status {
    return Contained("a definition could not be made", [&] {
      write_mutex_.AssertHeld();
      return MakeDefinition(tenant, choose, &position);
    });
  });
  if (!status.ok()) return status;
  return position;
}

Status Sequencer::MakeDefinition(uint32_t tenant,
                                 const ChooseDefinition& choose,
                                 Position* position) {
  Status made = CheckWritable();
  if (made.ok()) made = CheckAlive(tenant);
  if (!made.ok()) return made;
  MutexLock deciding(decide_mutex_);
  std::optional<Definition> definition;
  made = choose(&definition);
  if (!made.ok() || !definition.has_value()) return made;
  Group* const group = ChooseGroup();
  BeginGroup(group);
  made = EmitDefinition(tenant, &*definition);
  *position = definition->position;
  // What cannot come into use must not be in the log.
  std::shared_ptr<const TenantDefinitions> after;
  if (made.ok()) {
    Result<std::shared_ptr<const TenantDefinitions>> next =
        TenantDefinitions::With(core_->definitions.Of(tenant).get(),
                                *definition);
    made = next.status();
    if (made.ok()) after = std::move(next).value();
  }
  // In use before it can be seen: a reader at this position needs it.
  return FinishAlone(group, std::move(made),
                     [&] { core_->definitions.Set(tenant, std::move(after)); });
}

// Beside the groups, not between them: RocksDB orders the two.
Status Sequencer::Sync() {
  Status status = failed_.Check(kFailedBefore);
  if (!status.ok()) return status;
  Position head = 0;
  Digest chain;
  uint64_t writes = 0;
  {
    MutexLock lock(durable_mutex_);
    head = visible_head_;
    chain = visible_chain_;
    writes = visible_writes_;
    if (writes == durable_writes_) return Status::Ok();
  }
  Batch nothing;
  status = core_->log->Write(nothing, true);
  if (!status.ok()) {
    failed_.Set(status.code());
    return status;
  }
  MutexLock lock(durable_mutex_);
  if (writes > durable_writes_) {
    durable_writes_ = writes;
    durable_head_ = head;
    durable_chain_ = chain;
  }
  return status;
}

Status Sequencer::WriteBeside(Batch& batch, bool sync) {
  Status status = CheckWritable();
  if (!status.ok()) return status;
  Position head = 0;
  Digest chain;
  uint64_t writes = 0;
  {
    MutexLock lock(durable_mutex_);
    head = visible_head_;
    chain = visible_chain_;
    writes = visible_writes_;
  }
  status = core_->log->Write(batch, sync);
  if (!status.ok()) {
    failed_.Set(status.code());
    return status;
  }
  MutexLock lock(durable_mutex_);
  // Others may have become visible meanwhile; a sync of these is not known.
  ++visible_writes_;
  if (sync && writes > durable_writes_) {
    durable_writes_ = writes;
    durable_head_ = head;
    durable_chain_ = chain;
  }
  return status;
}

}  // namespace crm
