#include "store/sequencer.h"

#include <absl/cleanup/cleanup.h>

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "base/contain.h"
#include "base/give_way.h"
#include "base/park.h"
#include "base/time_text.h"
#include "format/timeline_entry.h"
#include "store/dry_run.h"
#include "store/resolving_event.h"

namespace crm {
namespace {

constexpr size_t kGroupEvents = 1024;
constexpr size_t kGroupRequests = 1024;
constexpr size_t kGroupBytes = size_t{1} << 20;
constexpr std::chrono::hours kLongestWait{24 * 365};
// So many events ahead memory is asked for.
constexpr size_t kAhead = 6;

// The row of family ops that counts what was refused.
std::string RefusedKey(uint32_t tenant) {
  std::string key = "refused/";
  PutBe32(&key, tenant);
  return key;
}

// The last of a request that goes into the ledger: its record has the root of
// the tree with all of them.
size_t LastAct(const Request& request) {
  if (!request.has_acts) return 0;
  size_t last = 0;
  for (size_t i = 0; i < request.events.size(); ++i) {
    const EventOutcome& outcome = request.result.events[i];
    if (!request.events[i].salted.empty() && outcome.status.ok() &&
        outcome.outcome != Outcome::kDuplicate) {
      last = i;
    }
  }
  return last;
}

Status InEvent(size_t index, const Status& status) {
  return Status(status.code(), "event " + std::to_string(index) + ": " +
                                   std::string(status.message()));
}

}  // namespace

Sequencer::Sequencer(StoreCore* core, Position head, const Digest& chain,
                     int64_t last_recorded_at)
    : core_(core),
      head_(head),
      groups_{std::make_unique<Group>(&core->views->overlay()),
              std::make_unique<Group>(&core->views->overlay())},
      last_recorded_at_(last_recorded_at),
      chain_(chain),
      visible_head_(head),
      visible_chain_(chain),
      durable_head_(head),
      durable_chain_(chain) {
  for (auto& group : groups_) group->requests.reserve(kGroupRequests);
}

Sequencer::~Sequencer() = default;

void Sequencer::Enqueue(Request* request) {
  MutexLock lock(mutex_);
  queue_.push_back(request);
  // Who finds nobody before it need not wait to be told.
  request->turn.store(queue_.size() == 1 ? Request::kLeads : Request::kWaits,
                      std::memory_order_relaxed);
}

void Sequencer::Await(Request* request) {
  ParkWhile(request->turn, Request::kWaits);
  if (request->turn.load(std::memory_order_acquire) == Request::kLeads) {
    Lead();
  }
  if (request->lost == StatusCode::kOk) return;
  // In the thread of each caller, because a Status takes memory.
  request->result = AppendResult();
  request->status =
      Status(request->lost,
             "came to no end; close the store, open it again and append again");
}

void Sequencer::Tell(Request* request, Request::Turn turn) {
  request->turn.store(turn, std::memory_order_release);
  UnparkOne(request->turn);
}

// The leader of a group decides it, waits until the group before is published,
// lets the next group be decided, and writes and publishes its own meanwhile.
// Others wait for what it does, so that no exception may leave it: a group that
// ran out of memory is lost, and the store takes no more.
void Sequencer::Lead() {
  Stopwatch pause;
  Group* group = nullptr;
  bool sync = false;
  Status status;
  StatusCode lost = StatusCode::kOk;
  {
    MutexLock deciding(decide_mutex_);
    Stopwatch watch;
    group = ChooseGroup();
    lost = Contain([&] {
      decide_mutex_.AssertHeld();
      BeginGroup(group);
    });
    FormGroup(group);
    if (lost == StatusCode::kOk) {
      lost = Contain([&] {
        decide_mutex_.AssertHeld();
        status = DecideGroup(group, &sync);
      });
    }
    // Before anybody decides on top of it.
    if (lost != StatusCode::kOk) Lose(lost);
    core_->timings.sequence.fetch_add(watch.Nanoseconds());
  }
  Request* finished = nullptr;
  {
    MutexLock writing(write_mutex_);
    {
      MutexLock deciding(decide_mutex_);
      if (lost == StatusCode::kOk && status.ok()) {
        lost = Contain([&] { status = CheckWritable(); });
      }
      writing_ = group;
    }
    PassOn(group->requests.size());
    if (lost == StatusCode::kOk && status.ok()) {
      lost = Contain([&] {
        write_mutex_.AssertHeld();
        status = FinishGroup(group, sync);
      });
    }
    MutexLock deciding(decide_mutex_);
    if (lost == StatusCode::kOk && !status.ok()) {
      lost = Contain([&] {
        decide_mutex_.AssertHeld();
        DropGroup(group, status);
      });
    }
    if (lost != StatusCode::kOk) LoseGroup(group, lost);
    writing_ = nullptr;
    for (auto& other : groups_) other->rows.set_below(nullptr);
    finished = Chain(group);
  }
  NotePause(pause.Nanoseconds());
  // The first is the leader's own.
  for (Request* next = nullptr; finished != nullptr; finished = next) {
    next = finished->next;
    if (finished->status.ok() && finished->result.position == 0) {
      finished->result.position = head();
    }
    if (finished->leads()) continue;
    Tell(finished, Request::kDone);
  }
  // A scheduler may have put whom this woke behind it, on its own processor.
  Woken::GiveWay();
}

// From the first to the last, so that the group can be used again before all
// of them have been told.
Request* Sequencer::Chain(Group* group) {
  Request* first = nullptr;
  for (auto at = group->requests.rbegin(); at != group->requests.rend(); ++at) {
    (*at)->next = first;
    first = *at;
  }
  group->requests.clear();
  return first;
}

// The first requests of the queue, as many as go together. Takes no memory.
void Sequencer::FormGroup(Group* group) {
  MutexLock lock(mutex_);
  group->requests.clear();
  size_t events = 0;
  size_t bytes = 0;
  for (Request* request : queue_) {
    events += request->events.size();
    bytes += request->bytes;
    if (!group->requests.empty() &&
        (request->options == nullptr || events > kGroupEvents ||
         bytes > kGroupBytes || group->requests.size() == kGroupRequests)) {
      break;  // Without options: the turn of RunAlone, in no group.
    }
    group->requests.push_back(request);
  }
}

// Takes those who are decided from the queue, and lets the next one lead.
void Sequencer::PassOn(size_t done) {
  Request* next = nullptr;
  {
    MutexLock lock(mutex_);
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(done));
    if (!queue_.empty()) next = queue_.front();
  }
  if (next != nullptr) Tell(next, Request::kLeads);
}

Status Sequencer::RunAlone(const std::function<Status()>& work) {
  // A request without events is decided by nobody; its turn is the pause.
  Request turn;
  Enqueue(&turn);
  ParkWhile(turn.turn, Request::kWaits);
  // Also when memory runs out: nobody may wait for a turn that never ends.
  const absl::Cleanup pass_on = [this] { PassOn(1); };
  // Nobody decides, because this leads; the last group must be published.
  MutexLock writing(write_mutex_);
  return work();
}

Position Sequencer::WaitPast(Position after,
                             std::chrono::milliseconds timeout) const {
  // A deadline must not lie beyond what a clock can say.
  const auto wait = std::clamp<std::chrono::milliseconds>(
      timeout, std::chrono::milliseconds(0), kLongestWait);
  core_->head_signal.WaitUntil(std::chrono::steady_clock::now() + wait, [&] {
    return head() > after || stop_waiting();
  });
  return head();
}

void Sequencer::StopWaiting(bool stop) {
  stop_waiting_.store(stop);
  core_->head_signal.Raise();
}

void Sequencer::LastDurable(Position* head, Digest* chain) const {
  MutexLock lock(durable_mutex_);
  *head = durable_head_;
  *chain = durable_chain_;
}

Status Sequencer::CheckWritable() const {
  Status status = failed_.Check(kFailedBefore);
  return status.ok() ? core_->failed.Check(kFailedBefore) : status;
}

Group* Sequencer::ChooseGroup() {
  return groups_[writing_ == groups_[0].get() ? 1 : 0].get();
}

// On top of the group that is being written, if there is one.
void Sequencer::BeginGroup(Group* group) {
  group_ = group;
  group_->Clear();
  group_->base = writing_ == nullptr ? head() : writing_->last();
  group_->rows.set_below(writing_ == nullptr ? nullptr : &writing_->rows);
  group_->ledger.Begin(&core_->views->ledger(), &group_->rows);
  group_->start = MarkGroup();
  group_->now =
      std::clamp(core_->clock->Now().time_since_epoch().count(),
                 std::max(last_recorded_at_, kMinTimeUs), kEndTimeUs - 1);
}

Status Sequencer::DecideGroup(Group* group, bool* sync) {
  const Status writable = CheckWritable();
  for (Request* request : group->requests) {
    request->status = writable;
    if (!writable.ok()) continue;
    if (request->options->dry_run != nullptr) {
      ProcessDryRun(request);
    } else {
      ProcessRequest(request);
      *sync |= request->sync && request->status.ok();
    }
  }
  if (refused_more_ && writable.ok()) NoteRefused(group);
  return group->writes() ? CompleteGroup() : writable;
}

// Beside the log, because what is refused leaves nothing in it.
void Sequencer::NoteRefused(Group* group) {
  MutexLock lock(refused_mutex_);
  for (const auto& [tenant, count] : refused_) {
    std::string value;
    PutVarint(&value, count);
    group->offsets.emplace_back(RefusedKey(tenant), std::move(value));
  }
  refused_more_ = false;
}

Status Sequencer::LoadRefused() {
  MutexLock lock(refused_mutex_);
  return core_->log->ScanBackward(
      kLogOps, RefusedKey(0), RefusedKey(~uint32_t{0}),
      [this](std::string_view key, std::string_view value) {
        ByteReader reader(value);
        const uint64_t count = reader.Varint();
        refused_mutex_.AssertHeld();
        if (reader.ok()) refused_[GetBe32(key.data() + key.size() - 4)] = count;
        return true;
      });
}

// What is written with the group, and belongs to none of its requests.
Status Sequencer::CompleteGroup() {
  group_->rows.BeginRequest();  // What follows is rolled back with nobody.
  Status status = group_->ledger.Store();
  if (status.ok()) status = EmitDictionaries();
  group_->names = MarkGroup().names;
  return status;
}

Status Sequencer::FinishGroup(Group* group, bool sync) {
  // Duplicates only: what they repeat must be durable, too.
  if (!group->writes()) return sync ? Sync() : Status::Ok();
  Stopwatch writing;
  Status status = WriteGroup(group, sync);
  core_->timings.write.fetch_add(writing.Nanoseconds());
  if (!status.ok()) return status;
  MutexLock deciding(decide_mutex_);
  Stopwatch publishing;
  PublishGroup(group, sync);
  core_->timings.sequence.fetch_add(publishing.Nanoseconds());
  return status;
}

void Sequencer::NotePause(uint64_t nanoseconds) {
  uint64_t longest = core_->timings.longest_pause.load();
  while (nanoseconds > longest &&
         !core_->timings.longest_pause.compare_exchange_weak(longest,
                                                             nanoseconds)) {
  }
}

void Sequencer::ProcessRequest(Request* request) {
  const Mark mark = MarkGroup();
  TenantCounts counts;
  FoldContext context{group_->rows, counts};
  group_->rows.BeginRequest();
  group_->ledger.BeginRequest();
  request->status = Decide(request, context, false);
  if (!request->status.ok()) {
    RollBackTo(group_, mark);
    request->result = AppendResult();
    return;
  }
  if (request->options->offset.has_value()) {
    group_->offsets.emplace_back(
        OffsetKey(request->tenant.id, request->options->offset->name),
        request->options->offset->value);
  }
}

Sequencer::Mark Sequencer::MarkGroup() const {
  Mark mark;
  mark.values = group_->values_count;
  mark.facts = group_->facts.size();
  mark.tail = group_->tail.size();
  mark.epoch = group_->epoch_pending;
  mark.recorded_at = last_recorded_at_;
  for (size_t kind = 1; kind < kNameKinds; ++kind) {
    mark.names[kind] = core_->names.Count(static_cast<NameKind>(kind));
  }
  return mark;
}

void Sequencer::RollBackTo(Group* group, const Mark& mark) {
  group->rows.RollbackRequest();
  group->ledger.Rollback();
  group->values_count = mark.values;
  group->facts.resize(mark.facts);
  group->tail.resize(mark.tail);
  group->replaced.clear();  // By choices by hand only, which are alone.
  last_recorded_at_ = mark.recorded_at;
  if (group->epoch_pending && !mark.epoch) {
    epoch_.clear();
    group->epoch_pending = false;
  }
  for (size_t kind = 1; kind < kNameKinds; ++kind) {
    core_->names.Truncate(static_cast<NameKind>(kind), mark.names[kind]);
  }
}

Status Sequencer::Decide(Request* request, FoldContext& context, bool dry) {
  const bool partial = request->options->partial;
  AppendResult& result = request->result;
  Status status = RefreshDefinitions(*core_, request);
  if (!status.ok()) return status;
  result.events.resize(request->events.size());
  for (size_t i = 0; i < request->events.size(); ++i) {
    const Status& invalid = request->events[i].status;
    if (invalid.ok()) continue;
    if (!partial) return InEvent(i, invalid);
    result.events[i].status = invalid;
    ++result.rejected;
  }
  size_t known = 0;
  status = FindKnown(request, context.rows, &known);
  if (status.ok()) status = RefuseUnfit(request);
  if (!status.ok()) return status;
  if (known + result.rejected == request->events.size() && known > 0) {
    return Status::Ok();  // Nothing new: whatever the conditions say.
  }
  status = CheckConditions(*request, context.rows);
  if (!status.ok()) return status;

  Result<TenantCounts> counts =
      core_->views->event().Counts(request->tenant.id, context.rows);
  if (!counts.ok()) return std::move(counts).status();
  context.counts = *counts;
  bool appended = false;
  const size_t last_act = LastAct(*request);
  for (size_t i = 0; i < request->events.size(); ++i) {
    if (i + kAhead < request->events.size()) {
      const PreparedEvent& next = request->events[i + kAhead];
      core_->views->Prefetch(request->tenant.id, next.record);
      if (!next.salted.empty()) {
        core_->views->ledger().Prefetch(request->tenant.id, next.record);
      }
    }
    if (result.events[i].outcome == Outcome::kDuplicate ||
        !result.events[i].status.ok()) {
      continue;
    }
    ends_acts_ = i >= last_act;
    status = AppendEvent(request, i, context, dry);
    if (!status.ok()) return InEvent(i, status);
    appended = true;
  }
  if (!appended) return Status::Ok();
  return core_->views->event().StoreCounts(request->tenant.id, context.counts,
                                           context.rows);
}

// Duplicates of what the log holds, and ids that are taken by other content.
// Events that repeat within the request are met when their turn comes.
Status Sequencer::FindKnown(Request* request, Generation& rows,
                            size_t* duplicates) {
  AppendResult& result = request->result;
  for (size_t i = 0; i < request->events.size(); ++i) {
    const PreparedEvent& event = request->events[i];
    if (!event.status.ok()) continue;
    Result<KnownEvent> known = core_->views->event().Find(
        request->tenant.id,
        Hash128{event.header.dedupe_hi, event.header.dedupe_lo}, rows);
    if (!known.ok()) return std::move(known).status();
    if (known->position == 0) continue;
    EventOutcome& outcome = result.events[i];
    if (known->content == event.header.content) {
      outcome.outcome = Outcome::kDuplicate;
      outcome.position =
          known->position == DryRun::kPosition ? 0 : known->position;
      ++result.duplicates;
      ++*duplicates;
      continue;
    }
    outcome.outcome = Outcome::kConflict;
    outcome.position =
        known->position == DryRun::kPosition ? 0 : known->position;
    outcome.status = Status(StatusCode::kIdConflict,
                            "id: already taken by other content at position " +
                                std::to_string(known->position));
    if (!request->options->partial) return InEvent(i, outcome.status);
    ++result.rejected;
  }
  return Status::Ok();
}

// What no schema lets in. What is there already stays a duplicate, whatever
// was defined since.
Status Sequencer::RefuseUnfit(Request* request) {
  AppendResult& result = request->result;
  for (size_t i = 0; i < request->events.size(); ++i) {
    const Status& refused = request->events[i].refused;
    EventOutcome& outcome = result.events[i];
    if (refused.ok() || outcome.outcome == Outcome::kDuplicate ||
        !outcome.status.ok()) {
      continue;
    }
    if (!request->options->partial) return InEvent(i, refused);
    outcome.status = refused;
    ++result.rejected;
  }
  return Status::Ok();
}

Status Sequencer::EnsureNames(PreparedEvent& event) {
  for (const auto& [kind, text, unknown] : event.missing) {
    uint32_t id = core_->names.FindAny(kind, text);
    if (id == 0) {
      Status status = EmitName(kind, text, &id);
      if (!status.ok()) return status;
    }
    if (kind == NameKind::kType) event.header.type = id;
    if (kind == NameKind::kSource) event.header.source = id;
    if (kind == NameKind::kVersion) event.header.version = id;
  }
  return Status::Ok();
}

// By the clock, or as the request restores it; never backward.
Status Sequencer::SetTimes(const AppendOptions& options, size_t index, bool dry,
                           EventHeader* header) const {
  header->recorded_at = std::max(group_->now, last_recorded_at_);
  if (!options.recorded_at.empty()) {
    header->recorded_at = options.recorded_at[index].time_since_epoch().count();
    if (!dry && header->recorded_at < last_recorded_at_) {
      return Status(StatusCode::kFailedPrecondition,
                    "recorded_at: earlier than what was recorded before");
    }
  }
  if ((header->flags & kEventNoTime) != 0) {
    header->occurred_at = header->recorded_at;
  }
  return Status::Ok();
}

Result<bool> Sequencer::IsErased(const PreparedEvent& event,
                                 const Request& request, FoldContext& context) {
  const IdentityData* identity =
      core_->views->identity().DataOf(event.prepared);
  // What happened since the newest erasure is nobody's who was erased.
  if (identity == nullptr || (event.header.flags & kEventNoTime) != 0 ||
      event.header.occurred_at > context.counts.erased_until) {
    return false;
  }
  Result<bool> fenced = core_->views->identity().IsFenced(
      request.tenant.id, *identity, event.header.occurred_at, context.rows);
  if (fenced.ok() && *fenced && request.options->dry_run == nullptr) {
    MutexLock lock(refused_mutex_);
    ++refused_[request.tenant.id];
    refused_more_ = true;
  }
  return fenced;
}

uint64_t Sequencer::Refused(uint32_t tenant) const {
  MutexLock lock(refused_mutex_);
  const auto found = refused_.find(tenant);
  return found == refused_.end() ? 0 : found->second;
}

// False: it is a repetition within its request, or of somebody who was erased,
// and the outcome says so.
Result<bool> Sequencer::MayGoIn(Request* request, size_t index,
                                FoldContext& context, bool dry) {
  const PreparedEvent& event = request->events[index];
  EventOutcome& outcome = request->result.events[index];
  const bool partial = request->options->partial;
  const Hash128 hash{event.header.dedupe_hi, event.header.dedupe_lo};
  Result<KnownEvent> known =
      core_->views->event().Find(request->tenant.id, hash, context.rows);
  if (!known.ok()) return std::move(known).status();
  if (known->position != 0 && known->content == event.header.content) {
    outcome.outcome = Outcome::kDuplicate;
    outcome.position = dry ? 0 : known->position;
    ++request->result.duplicates;
    return false;
  }
  Status refused;
  if (known->position != 0) {
    refused = Status(StatusCode::kIdConflict,
                     "id: taken by other content in the same request");
    outcome.outcome = Outcome::kConflict;
  } else {
    Result<bool> erased = IsErased(event, *request, context);
    if (!erased.ok()) return erased;
    if (!*erased) return true;
    refused =
        Status(StatusCode::kErased, "its person was erased after it happened");
    outcome.outcome = Outcome::kErased;
    ++request->result.erased;
  }
  if (!partial) return refused;
  outcome.status = std::move(refused);
  ++request->result.rejected;
  return false;
}

Status Sequencer::AppendEvent(Request* request, size_t index,
                              FoldContext& context, bool dry) {
  PreparedEvent& event = request->events[index];
  Result<bool> goes_in = MayGoIn(request, index, context, dry);
  if (!goes_in.ok()) return std::move(goes_in).status();
  if (!*goes_in) return Status::Ok();
  Status status;
  if (!dry) {
    status = EnsureNames(event);
    if (status.ok() && epoch_.empty()) status = EmitEpoch();
    if (!status.ok()) return status;
  }
  Fact fact;
  fact.content = &event.content;
  fact.header = event.header;
  fact.id_order = event.id_order;
  fact.prepared = event.prepared;
  EventHeader& header = fact.header;
  if (!event.warning.ok()) header.flags |= kEventWarned;
  status = SetTimes(*request->options, index, dry, &header);
  if (!status.ok()) return status;
  Choice choice;
  status = ResolveEvent(event, request->options->dry_run.get(), context, &fact,
                        &choice);
  if (!status.ok()) return status;
  if (dry) {
    fact.position = DryRun::kPosition;
  } else {
    fact.position = group_->last() + 1;
    status = WriteRecord(event, &fact);
    if (!status.ok()) return status;
    last_recorded_at_ = header.recorded_at;
  }
  std::vector<TailEntry> dropped;
  status = core_->views->Fold(fact, context, dry ? &dropped : &group_->tail);
  if (!status.ok()) {
    return status;
  }
  if (!dry) group_->facts.push_back(fact);
  if (dry && header.record != 0) {
    request->options->dry_run->happened().push_back(
        {header.record, std::string(event.content.type), header.occurred_at});
  }
  Report(request, index, fact, choice, dry);
  return Status::Ok();
}

Status Sequencer::ResolveEvent(const PreparedEvent& event, const DryRun* dry,
                               FoldContext& context, Fact* fact,
                               Choice* choice) {
  EventHeader& header = fact->header;
  const IdentityData* identity =
      core_->views->identity().DataOf(event.prepared);
  if (identity == nullptr || identity->identifiers.empty()) {
    header.claims_or_month = MonthOf(header.recorded_at);
    if (identity != nullptr) {
      for (const WithheldHint& hint : identity->withheld) {
        choice->withheld.push_back(
            {std::string(hint.name_space), 0, hint.reason});
      }
    }
    return Status::Ok();
  }
  ResolvingEvent host(this, *fact, context, dry);
  Status status = core_->views->identity().Resolve(header.tenant, *identity,
                                                   context, host, choice);
  if (!status.ok()) return status;
  header.record = choice->record;
  header.customer = choice->customer;
  header.revision = choice->revision;
  header.confidence = choice->confidence;
  header.claims_or_month = choice->claims;
  header.matched_by =
      choice->matched_by.empty()
          ? 0
          : core_->names.FindAny(NameKind::kNamespace, choice->matched_by);
  if (choice->new_record) header.flags |= kEventNewRecord;
  if (choice->new_customer) header.flags |= kEventNewCustomer;
  if (choice->contested) header.flags |= kEventContested;
  return Status::Ok();
}

Status Sequencer::WriteRecord(const PreparedEvent& event, Fact* fact) {
  EventHeader& header = fact->header;
  header.epoch = epoch_position_;
  if ((header.flags & kEventNewRecord) != 0 &&
      core_->keyring->PoolEnd(header.tenant) <= header.record) {
    // As few as let maintenance catch up: everybody waits for these.
    const uint64_t keys =
        core_->options.background_threads > 0 ? kPoolKeys / 8 : kPoolKeys;
    Status status =
        core_->keyring->FillPool(header.tenant, header.record + keys);
    if (!status.ok()) return status;
  }
  Result<Key> key = core_->log_view->KeyOf(header, true);
  if (!key.ok()) return std::move(key).status();
  LedgerEntry leaf;
  const bool in_ledger = !event.salted.empty();
  if (in_ledger) {
    leaf.recorded_at = header.recorded_at;
    leaf.commitment = event.commitment;
    const LedgerFacts facts{
        LogKind::kEvent,    header.tenant,        fact->position,
        header.record,      header.customer,      header.occurred_at,
        event.content.type, event.content.source, OpenDigest(header)};
    Status status = group_->ledger.Append(facts, ends_acts_, &leaf);
    if (!status.ok()) return status;
  }
  std::string& value = group_->NextValue();
  writer_.Event(header, in_ledger ? &leaf : nullptr, &value);
  associated_.clear();
  AppendAssociated(fact->position,
                   std::string_view(value).substr(kLogPrefixBytes),
                   &associated_);
  core_->keyring->Seal(*key, NonceOf(epoch_, fact->position),
                       in_ledger ? event.salted : event.body, associated_,
                       &value);
  if (header.record != 0) {
    thread_local std::string entry;
    entry.clear();
    EncodeTimelineEntry({fact->position, header, event.body}, {}, &entry);
    fact->entry = group_->arena.Copy(entry);
  }
  return Status::Ok();
}

void Sequencer::Report(Request* request, size_t index, const Fact& fact,
                       const Choice& choice, bool dry) {
  AppendResult& result = request->result;
  EventOutcome& outcome = result.events[index];
  const EventHeader& header = fact.header;
  outcome.outcome = Outcome::kAppended;
  outcome.position = dry ? 0 : fact.position;
  outcome.record = header.record;
  outcome.customer = header.customer;
  outcome.revision = header.revision;
  outcome.confidence = header.confidence;
  outcome.new_record = choice.new_record;
  outcome.new_customer = choice.new_customer;
  outcome.matched_by =
      core_->names.Text(NameKind::kNamespace, header.matched_by);
  outcome.withheld = choice.withheld;
  outcome.contested = choice.contested;
  outcome.merged = choice.merged;
  outcome.reviews = choice.reviews;
  outcome.warning = request->events[index].warning;
  ++result.appended;
  if (choice.new_customer) ++result.customers_created;
  if (header.record == 0) ++result.unattributed;
  if (!dry) result.position = fact.position;
}

void Sequencer::ProcessDryRun(Request* request) {
  DryRun& run = *request->options->dry_run;
  TenantCounts counts;
  FoldContext context{run.Rows(&core_->views->overlay()), counts};
  const size_t happened = run.happened().size();
  context.rows.set_below(writing_ == nullptr ? nullptr : &writing_->rows);
  context.rows.BeginRequest();
  request->status = Decide(request, context, true);
  context.rows.set_below(nullptr);
  if (!request->status.ok()) {
    context.rows.RollbackRequest();
    run.happened().resize(happened);
    request->result = AppendResult();
  }
}

}  // namespace crm
