#include "store/sequencer.h"

#include <algorithm>
#include <utility>

#include "base/time_text.h"
#include "format/timeline_entry.h"
#include "store/dry_run.h"

namespace crm {
namespace {

constexpr size_t kGroupEvents = 1024;
constexpr size_t kGroupBytes = size_t{1} << 20;
constexpr std::chrono::hours kLongestWait{24 * 365};
// So many events ahead memory is asked for.
constexpr size_t kAhead = 6;

Status InEvent(size_t index, const Status& status) {
  return Status(status.code(), "event " + std::to_string(index) + ": " +
                                   std::string(status.message()));
}

}  // namespace

Sequencer::Sequencer(StoreCore* core, Position head, const Digest& chain,
                     int64_t last_recorded_at)
    : core_(core),
      head_(head),
      rows_(&core->views->overlay()),
      chain_(chain),
      last_recorded_at_(last_recorded_at),
      visible_head_(head),
      visible_chain_(chain),
      durable_head_(head),
      durable_chain_(chain) {}

Sequencer::~Sequencer() = default;

void Sequencer::Enqueue(Request* request) {
  std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back(request);
  // Who finds nobody before it need not wait to be told.
  request->turn.store(queue_.size() == 1 ? Request::kLeads : Request::kWaits,
                      std::memory_order_relaxed);
}

void Sequencer::Await(Request* request) {
  request->turn.wait(Request::kWaits, std::memory_order_acquire);
  if (request->turn.load(std::memory_order_acquire) == Request::kLeads) {
    Lead();
  }
}

void Sequencer::Tell(Request* request, Request::Turn turn) {
  request->turn.store(turn, std::memory_order_release);
  request->turn.notify_one();
}

void Sequencer::Lead() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    FormGroup();
  }
  ProcessGroup();
  // Another may lead the next group before all of this one are told.
  const std::vector<Request*> finished = std::move(group_);
  PassOn(finished.size());
  for (size_t i = 1; i < finished.size(); ++i) {
    Tell(finished[i], Request::kDone);
  }
}

void Sequencer::FormGroup() {
  group_.clear();
  size_t events = 0;
  size_t bytes = 0;
  for (Request* request : queue_) {
    events += request->events.size();
    bytes += request->bytes;
    if (!group_.empty() && (request->options == nullptr ||
                            events > kGroupEvents || bytes > kGroupBytes)) {
      break;  // Without options: the turn of RunAlone, in no group.
    }
    group_.push_back(request);
  }
}

// Takes those who are done from the queue, and lets the next one lead.
void Sequencer::PassOn(size_t done) {
  Request* next = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(done));
    if (!queue_.empty()) next = queue_.front();
    head_changed_.notify_all();
  }
  if (next != nullptr) Tell(next, Request::kLeads);
}

Status Sequencer::RunAlone(const std::function<Status()>& work) {
  // A request without events is decided by nobody; its turn is the pause.
  Request turn;
  Enqueue(&turn);
  turn.turn.wait(Request::kWaits, std::memory_order_acquire);
  Status status = work();
  PassOn(1);
  return status;
}

Position Sequencer::WaitPast(Position after,
                             std::chrono::milliseconds timeout) const {
  // A deadline must not lie beyond what a clock can say.
  const std::chrono::milliseconds wait =
      std::min<std::chrono::milliseconds>(timeout, kLongestWait);
  std::unique_lock<std::mutex> lock(mutex_);
  head_changed_.wait_for(lock, wait,
                         [&] { return head() > after || stop_waiting_; });
  return head();
}

void Sequencer::StopWaiting(bool stop) {
  std::lock_guard<std::mutex> lock(mutex_);
  stop_waiting_ = stop;
  head_changed_.notify_all();
}

void Sequencer::LastDurable(Position* head, Digest* chain) const {
  std::lock_guard<std::mutex> lock(durable_mutex_);
  *head = durable_head_;
  *chain = durable_chain_;
}

std::string& Sequencer::NextValue() {
  if (values_count_ == values_.size()) values_.emplace_back();
  return values_[values_count_++];
}

Status Sequencer::BeginGroup() {
  values_count_ = 0;
  facts_.clear();
  tail_.clear();
  batch_.Clear();
  offsets_.clear();
  dictionaries_.clear();
  rows_.Clear();
  arena_.Reset();
  epoch_pending_ = false;
  start_ = MarkGroup();
  if (failed() || core_->failed.load()) {
    return Status(StatusCode::kReadOnly,
                  "an earlier write failed; close the store and open it again");
  }
  now_ = std::clamp(core_->clock->Now().time_since_epoch().count(),
                    std::max(last_recorded_at_, kMinTimeUs), kEndTimeUs - 1);
  return Status::Ok();
}

void Sequencer::ProcessGroup() {
  Stopwatch pause;
  Status status = BeginGroup();
  bool sync = false;
  Stopwatch watch;
  for (Request* request : group_) {
    if (!status.ok()) {
      request->status = status;
      continue;
    }
    if (request->options->dry_run != nullptr) {
      ProcessDryRun(request);
    } else {
      ProcessRequest(request);
      sync |= request->sync && request->status.ok();
    }
  }
  core_->timings.sequence.fetch_add(watch.Nanoseconds());
  if (!status.ok()) return;
  if (values_count_ > 0 || !offsets_.empty()) {
    Stopwatch writing;
    status = WriteGroup(sync);
    core_->timings.write.fetch_add(writing.Nanoseconds());
    if (status.ok()) {
      Stopwatch publishing;
      PublishGroup(sync);
      core_->timings.sequence.fetch_add(publishing.Nanoseconds());
    } else {
      DropGroup(status);
    }
  } else if (sync) {
    // Duplicates only: what they repeat must be durable, too.
    status = Sync();
    if (!status.ok()) DropGroup(status);
  }
  for (Request* request : group_) {
    if (request->status.ok() && request->result.position == 0) {
      request->result.position = head();
    }
  }
  const uint64_t spent = pause.Nanoseconds();
  uint64_t longest = core_->timings.longest_pause.load();
  while (spent > longest &&
         !core_->timings.longest_pause.compare_exchange_weak(longest, spent)) {
  }
}

void Sequencer::ProcessRequest(Request* request) {
  const Mark mark = MarkGroup();
  TenantCounts counts;
  FoldContext context{rows_, counts};
  rows_.BeginRequest();
  request->status = Decide(request, context, false);
  if (!request->status.ok()) {
    RollBackTo(mark);
    request->result = AppendResult();
    return;
  }
  if (request->options->offset.has_value()) {
    offsets_.emplace_back(
        OffsetKey(request->tenant.id, request->options->offset->name),
        request->options->offset->value);
  }
}

Sequencer::Mark Sequencer::MarkGroup() const {
  Mark mark;
  mark.values = values_count_;
  mark.facts = facts_.size();
  mark.tail = tail_.size();
  mark.epoch = epoch_pending_;
  for (size_t kind = 1; kind < kNameKinds; ++kind) {
    mark.names[kind] = core_->names.Count(static_cast<NameKind>(kind));
  }
  return mark;
}

void Sequencer::RollBackTo(const Mark& mark) {
  rows_.RollbackRequest();
  values_count_ = mark.values;
  facts_.resize(mark.facts);
  tail_.resize(mark.tail);
  if (epoch_pending_ && !mark.epoch) {
    epoch_.clear();
    epoch_pending_ = false;
  }
  for (size_t kind = 1; kind < kNameKinds; ++kind) {
    core_->names.Truncate(static_cast<NameKind>(kind), mark.names[kind]);
  }
}

Status Sequencer::Decide(Request* request, FoldContext& context, bool dry) {
  const bool partial = request->options->partial;
  AppendResult& result = request->result;
  result.events.resize(request->events.size());
  for (size_t i = 0; i < request->events.size(); ++i) {
    const Status& status = request->events[i].status;
    if (status.ok()) continue;
    if (!partial) return InEvent(i, status);
    result.events[i].outcome = Outcome::kInvalid;
    result.events[i].status = status;
    ++result.rejected;
  }
  size_t known = 0;
  Status status = FindKnown(request, context.rows, &known);
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
  for (size_t i = 0; i < request->events.size(); ++i) {
    if (i + kAhead < request->events.size()) {
      const PreparedEvent& next = request->events[i + kAhead];
      core_->views->Prefetch(request->tenant.id, next.record, next.customer);
    }
    if (!request->events[i].status.ok() ||
        result.events[i].outcome == Outcome::kDuplicate ||
        result.events[i].outcome == Outcome::kConflict) {
      continue;
    }
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
    outcome.status =
        Status(StatusCode::kIdConflict,
               "id: already taken by other content at position " +
                   std::to_string(known->position));
    if (!request->options->partial) return InEvent(i, outcome.status);
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

Status Sequencer::AppendEvent(Request* request, size_t index,
                              FoldContext& context, bool dry) {
  PreparedEvent& event = request->events[index];
  EventOutcome& outcome = request->result.events[index];
  const Hash128 hash{event.header.dedupe_hi, event.header.dedupe_lo};
  // A repetition within this very request.
  Result<KnownEvent> known =
      core_->views->event().Find(request->tenant.id, hash, context.rows);
  if (!known.ok()) return std::move(known).status();
  if (known->position != 0) {
    if (known->content != event.header.content) {
      Status conflict(StatusCode::kIdConflict,
                      "id: taken by other content in the same request");
      if (!request->options->partial) return conflict;
      outcome.outcome = Outcome::kConflict;
      outcome.status = std::move(conflict);
      ++request->result.rejected;
      return Status::Ok();
    }
    outcome.outcome = Outcome::kDuplicate;
    outcome.position = dry ? 0 : known->position;
    ++request->result.duplicates;
    return Status::Ok();
  }
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
  header.recorded_at = now_;
  if ((header.flags & kEventNoTime) != 0) header.occurred_at = now_;
  Choice choice;
  status = ResolveEvent(event, context, &fact, &choice);
  if (!status.ok()) return status;
  if (dry) {
    fact.position = DryRun::kPosition;
  } else {
    fact.position = head() + values_count_ + 1;
    status = WriteRecord(event, &fact);
    if (!status.ok()) return status;
  }
  std::vector<TailEntry> dropped;
  status = core_->views->Fold(fact, context, dry ? &dropped : &tail_);
  if (!status.ok()) {
    return status;
  }
  if (!dry) facts_.push_back(fact);
  if (dry && header.customer != 0) {
    request->options->dry_run->happened().push_back(
        {header.customer, std::string(event.content.type)});
  }
  Report(request, index, fact, choice, dry);
  return Status::Ok();
}

Status Sequencer::ResolveEvent(const PreparedEvent& event,
                               FoldContext& context, Fact* fact,
                               Choice* choice) {
  EventHeader& header = fact->header;
  const auto* identity =
      static_cast<const IdentityData*>(event.prepared[1]);
  if (identity == nullptr) {
    header.claims_or_month = MonthOf(now_);
    return Status::Ok();
  }
  Status status = core_->views->identity().Resolve(header.tenant, *identity,
                                                   context, choice);
  if (!status.ok()) return status;
  header.record = choice->record;
  header.customer = choice->customer;
  header.revision = choice->revision;
  header.confidence = choice->confidence;
  header.claims_or_month = choice->claims;
  header.matched_by = choice->matched_by.empty()
                          ? 0
                          : core_->names.FindAny(NameKind::kNamespace,
                                                 choice->matched_by);
  if (choice->new_record) header.flags |= kEventNewRecord;
  if (choice->new_customer) header.flags |= kEventNewCustomer;
  if (!choice->contested.empty()) header.flags |= kEventContested;
  return Status::Ok();
}

Status Sequencer::WriteRecord(const PreparedEvent& event, Fact* fact) {
  EventHeader& header = fact->header;
  header.epoch = epoch_position_;
  if ((header.flags & kEventNewRecord) != 0 &&
      core_->keyring->PoolEnd(header.tenant) <= header.record) {
    Status status = core_->keyring->FillPool(header.tenant,
                                             header.record + kPoolKeys);
    if (!status.ok()) return status;
  }
  Result<Key> key = core_->log_view->KeyOf(header, true);
  if (!key.ok()) return std::move(key).status();
  std::string& value = NextValue();
  writer_.Event(header, &value);
  associated_.clear();
  AppendAssociated(fact->position,
                   std::string_view(value).substr(kLogPrefixBytes),
                   &associated_);
  core_->keyring->Seal(*key, NonceOf(epoch_, fact->position), event.body,
                       associated_, &value);
  if (header.record != 0) {
    thread_local std::string entry;
    entry.clear();
    EncodeTimelineEntry(fact->position, header, event.body, &entry);
    fact->entry = arena_.Copy(entry);
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
  outcome.contested = choice.contested;
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
  context.rows.BeginRequest();
  request->status = Decide(request, context, true);
  if (!request->status.ok()) {
    context.rows.RollbackRequest();
    run.happened().resize(happened);
    request->result = AppendResult();
  }
}

}  // namespace crm
