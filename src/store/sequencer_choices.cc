// Sequencer: choices about who is who, as records of the log: those that an
// event makes, and those that somebody makes by hand.

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "consent/ledger_types.h"
#include "store/dry_run.h"
#include "store/resolving_event.h"

namespace crm {
namespace {

constexpr int64_t kMinuteUs = 60'000'000;

}  // namespace

const IdentityRules& ResolvingEvent::rules() const {
  return RulesOf(fact_.content == nullptr ? nullptr : fact_.content->identity);
}

Result<Person> ResolvingEvent::EventPerson() {
  return sequencer_->core_->views->profile().PersonOf(fact_);
}

Result<Person> ResolvingEvent::PersonOf(CustomerId customer) {
  return sequencer_->core_->views->profile().PersonOf(fact_.header.tenant,
                                                      customer, context_.rows);
}

// What is not published yet is not in the log either, but among the facts.
Result<std::optional<int64_t>> ResolvingEvent::TimeOf(RecordId record,
                                                      Position last) {
  using Time = std::optional<int64_t>;
  const StoreCore& core = *sequencer_->core_;
  if (last == 0) return Time();
  if (last == DryRun::kPosition && dry_ != nullptr) {
    const std::vector<DryRun::Happened>& events = dry_->happened();
    for (auto at = events.rbegin(); at != events.rend(); ++at) {
      if (at->record == record) return Time(at->occurred_at);
    }
    return Time();
  }
  sequencer_->decide_mutex_.AssertHeld();
  for (const Group* group : {sequencer_->group_, sequencer_->writing_}) {
    if (group == nullptr || group->facts.empty()) continue;
    const auto fact = std::lower_bound(
        group->facts.begin(), group->facts.end(), last,
        [](const Fact& item, Position at) { return item.position < at; });
    if (fact != group->facts.end() && fact->position == last) {
      return Time(fact->header.occurred_at);
    }
  }
  std::string value;
  Status status = core.log_view->Read(last, &value);
  LogRecordReader reader;
  LogRecord read;
  if (status.ok()) status = reader.Read(value, &read);
  if (!status.ok()) return status;
  return Time(read.event.occurred_at);
}

bool ResolvingEvent::MayMerge() {
  sequencer_->decide_mutex_.AssertHeld();
  return sequencer_->MayMerge(fact_.header.tenant, rules().merges_per_minute,
                              fact_.header.recorded_at);
}

Status ResolvingEvent::Emit(IdentityChoice* choice) {
  sequencer_->decide_mutex_.AssertHeld();
  return sequencer_->EmitChoice(choice, context_, dry_ != nullptr);
}

// A brake, not an account: it begins anew when the store is opened, and counts
// what a refused request would have merged.
bool Sequencer::MayMerge(uint32_t tenant, uint32_t per_minute, int64_t now) {
  std::deque<int64_t>& times = merges_[tenant];
  while (!times.empty() && times.front() <= now - kMinuteUs) times.pop_front();
  if (times.size() < per_minute) {
    times.push_back(now);
    return true;
  }
  core_->Log(LogLevel::kWarning,
             "identity: more than " + std::to_string(per_minute) +
                 " merges within a minute; merging pauses, and asks instead");
  return false;
}

Status Sequencer::EmitChoice(IdentityChoice* choice, FoldContext& context,
                             bool dry) {
  const Views& views = *core_->views;
  if (dry) {
    choice->position = DryRun::kPosition;
    Status status = views.FoldChoice(*choice, context);
    choice->position = 0;
    return status;
  }
  if (epoch_.empty()) {
    Status status = EmitEpoch();
    if (!status.ok()) return status;
  }
  Result<Key> key = core_->keyring->TenantKey(choice->tenant);
  if (!key.ok()) return std::move(key).status();
  std::string& value = group_->NextValue();
  const Position position = group_->last();
  const Nonce nonce = NonceOf(epoch_, position);
  const ChoiceSeal seal{core_->keyring.get(), choice->tenant, position, nonce};
  std::string body;
  Status status = EncodeChoice(*choice, seal, &body);
  if (!status.ok()) return status;
  std::optional<LedgerEntry> entry;
  std::string salted = body;
  LedgerFacts facts;
  facts.kind = LogKind::kIdentity;
  facts.tenant = choice->tenant;
  facts.position = position;
  facts.open = OpenDigest(choice->tenant, epoch_position_);
  status =
      EnterLedger(facts, static_cast<uint8_t>(choice->kind), &salted, &entry);
  if (!status.ok()) return status;
  writer_.Identity(choice->tenant, epoch_position_,
                   entry.has_value() ? &*entry : nullptr, &value);
  associated_.clear();
  AppendAssociated(position, std::string_view(value).substr(kLogPrefixBytes),
                   &associated_);
  core_->keyring->Seal(*key, nonce, salted, associated_, &value);
  // What is folded is what a replay will read.
  status = DecodeChoice(body, seal, choice);
  if (!status.ok()) return status;
  return views.FoldChoice(*choice, context);
}

// On top of the counts that the choices have made so far.
Status Sequencer::AppendChosen(Request* request, FoldContext& context) {
  for (PreparedEvent& event : request->events) {
    if (!event.status.ok()) return event.status;
    event.refused = Status::Ok();
  }
  Status status = core_->views->event().StoreCounts(
      request->tenant.id, context.counts, context.rows);
  return status.ok() ? Decide(request, context, false) : status;
}

// Of what is no event: when it belongs to the ledger, it gets a leaf, the time
// of its writing, and behind `*body` its salt.
Status Sequencer::EnterLedger(LedgerFacts facts, uint8_t what,
                              std::string* body,
                              std::optional<LedgerEntry>* entry) {
  if (!IsLedgerRecord(facts.kind, what)) return Status::Ok();
  LedgerEntry& made = entry->emplace();
  made.what = what;
  made.recorded_at = std::max(group_->now, last_recorded_at_);
  facts.occurred_at = made.recorded_at;
  const Digest salt = RandomSalt();
  made.commitment = CommitTo(salt, *body);
  body->append(reinterpret_cast<const char*>(salt.data()), salt.size());
  return group_->ledger.Append(facts, true, &made);
}

Status Sequencer::Choose(uint32_t tenant, bool dry,
                         const std::function<Status(Choosing&)>& make) {
  return RunAlone([&]() -> Status {
    return Contained("a choice could not be made", [&] {
      write_mutex_.AssertHeld();
      return MakeChoices(tenant, dry, make);
    });
  });
}

Status Sequencer::MakeChoices(uint32_t tenant, bool dry,
                              const std::function<Status(Choosing&)>& make) {
  Status status = CheckWritable();
  if (status.ok()) status = CheckAlive(tenant);
  if (!status.ok()) return status;
  MutexLock deciding(decide_mutex_);
  Group* const group = ChooseGroup();
  BeginGroup(group);
  group->rows.BeginRequest();
  Result<TenantCounts> counts =
      core_->views->event().Counts(tenant, group->rows);
  if (!counts.ok()) return std::move(counts).status();
  FoldContext context{group->rows, *counts};
  Choosing choosing(this, context, dry);
  status = make(choosing);
  if (status.ok() && !dry && group->values_count > 0) {
    status =
        core_->views->event().StoreCounts(tenant, context.counts, group->rows);
    return FinishAlone(group, std::move(status), [] {});
  }
  RollBackTo(group, group->start);
  group->rows.Clear();
  return status;
}

}  // namespace crm
