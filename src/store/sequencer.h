// The sequencer: one request after the other gets its place in the log.
//
// Callers queue up; the front of the queue leads, takes up to 1,024 events or
// 1 MiB of the requests behind it, decides them one by one against a private
// generation of the views, writes one batch to the log, and publishes the
// generation together with the new head. While it writes, the next group is
// decided on top of its generation; that one is published after it, or dropped
// with it. A request that is refused is rolled back alone; when a write fails,
// the whole generation is dropped and the store is read-only from then on. So
// it is when memory runs out on the way: what a group left half done is in no
// state to go on from.
//
// Thread safety: everything public, from any thread.
//
// Invariants:
//  1. Positions are dense, and given only to what is written.
//  2. Nothing is visible before it is in the log at the level asked for.

#ifndef CRM_STORE_SEQUENCER_H_
#define CRM_STORE_SEQUENCER_H_

#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/mutex.h"
#include "consent/ledger_entry.h"
#include "store/group.h"
#include "store/request.h"

namespace crm {

class Sequencer final {
 public:
  Sequencer(StoreCore* core, Position head, const Digest& chain,
            int64_t last_recorded_at);
  ~Sequencer();

  // Once, before anything else.
  Status LoadRefused();

  // Puts `request` in the queue: its place among the others is settled.
  void Enqueue(Request* request);
  // Then: decides and writes it; its status and result are set on return.
  void Await(Request* request);

  // Runs `work` between two groups, alone.
  Status RunAlone(const std::function<Status()>& work);

  // A name as a log record of its own, durable when it returns.
  Result<uint32_t> AddName(NameKind kind, std::string_view text);

  // A definition as a log record of its own, durable when it returns; its
  // position. `choose` is called while nobody else decides anything, looks at
  // what is defined, and fills in what to write: without position and numbers
  // of names. Leaving it empty writes nothing.
  using ChooseDefinition = std::function<Status(std::optional<Definition>*)>;
  Result<Position> Define(uint32_t tenant, const ChooseDefinition& choose);

  // Choices by hand, durable when it returns. `make` is called while nobody
  // else decides anything; it reads and emits through its argument. With `dry`
  // everything it does is taken back at the end.
  class Choosing {
   public:
    Choosing(Sequencer* sequencer, FoldContext& context, bool dry)
        : sequencer_(sequencer), context_(context), dry_(dry) {}
    FoldContext& context() { return context_; }
    // When it happens: no event is recorded later and before it in the log.
    int64_t now() const {
      sequencer_->decide_mutex_.AssertHeld();
      return sequencer_->group_->now;
    }
    Status Emit(IdentityChoice* choice) {
      sequencer_->decide_mutex_.AssertHeld();
      return sequencer_->EmitChoice(choice, context_, dry_);
    }
    // Events with what was emitted, all of them or none. `request` is prepared,
    // and lives until the choosing is over. What a schema has against them does
    // not count.
    Status Append(Request* request) {
      sequencer_->decide_mutex_.AssertHeld();
      return sequencer_->AppendChosen(request, context_);
    }
    // With what is emitted: another row of an event, and one of family ops.
    void Replace(Position position, std::string value) {
      sequencer_->decide_mutex_.AssertHeld();
      sequencer_->group_->replaced.emplace_back(position, std::move(value));
    }
    void PutBeside(std::string key, std::string value) {
      sequencer_->decide_mutex_.AssertHeld();
      sequencer_->group_->offsets.emplace_back(std::move(key),
                                               std::move(value));
    }

   private:
    Sequencer* const sequencer_;
    FoldContext& context_;
    const bool dry_;
  };
  Status Choose(uint32_t tenant, bool dry,
                const std::function<Status(Choosing&)>& make);

  // That a tenant is dropped, as a log record of its own, durable when it
  // returns; its position. From then on nothing of it is decided any more, and
  // its keys are fenced. `choose` is called while nobody else decides anything,
  // and fills in the reason; it is given the time.
  using ChooseDrop = std::function<Status(DropReason* reason)>;
  Result<Position> Drop(uint32_t tenant, const ChooseDrop& choose);

  // Everything acknowledged is durable when it returns.
  Status Sync();
  // Writes rows that are no records (of family ops), beside the groups. With
  // `sync` they are durable, and everything acknowledged before.
  Status WriteBeside(Batch& batch, bool sync);

  // Events of a tenant that came after the erasure of their person.
  uint64_t Refused(uint32_t tenant) const;

  // Sequentially consistent, for HeadSignal.
  Position head() const { return head_.load(); }
  bool failed() const { return failed_.happened(); }
  // Head and chain as of the last durable write.
  void LastDurable(Position* head, Digest* chain) const;

  // Waits until the head is past `after`, or the store is about to close.
  Position WaitPast(Position after, std::chrono::milliseconds timeout) const;
  // The store is about to close, or is not after all.
  void StopWaiting(bool stop);
  bool stop_waiting() const { return stop_waiting_.load(); }

 private:
  using Mark = Group::Mark;

  static void Tell(Request* request, Request::Turn turn);
  void PassOn(size_t done);
  void Lead();
  Group* ChooseGroup() CRM_REQUIRES(decide_mutex_);
  void FormGroup(Group* group);
  Status CheckWritable() const;
  // kErased: the tenant was dropped.
  Status CheckAlive(uint32_t tenant) const;
  void BeginGroup(Group* group) CRM_REQUIRES(decide_mutex_);
  Status DecideGroup(Group* group, bool* sync) CRM_REQUIRES(decide_mutex_);
  void NoteRefused(Group* group) CRM_REQUIRES(decide_mutex_);
  Status CompleteGroup() CRM_REQUIRES(decide_mutex_);
  Status FinishGroup(Group* group, bool sync) CRM_REQUIRES(write_mutex_)
      CRM_EXCLUDES(decide_mutex_);
  void NotePause(uint64_t nanoseconds);

  // Deciding: of the group in group_.
  Mark MarkGroup() const CRM_REQUIRES(decide_mutex_);
  void RollBackTo(Group* group, const Mark& mark) CRM_REQUIRES(decide_mutex_);
  void ProcessRequest(Request* request) CRM_REQUIRES(decide_mutex_);
  void ProcessDryRun(Request* request) CRM_REQUIRES(decide_mutex_);
  Status Decide(Request* request, FoldContext& context, bool dry)
      CRM_REQUIRES(decide_mutex_);
  Status FindKnown(Request* request, Generation& rows, size_t* duplicates);
  Status CheckConditions(const Request& request, Generation& rows)
      CRM_REQUIRES(decide_mutex_);
  Status CheckCondition(const Request& request, const Condition& condition,
                        Generation& rows, bool* holds)
      CRM_REQUIRES(decide_mutex_);
  Status CheckNoEventSince(const Request& request, const Condition& condition,
                           CustomerId customer, Generation& rows, bool* holds)
      CRM_REQUIRES(decide_mutex_);
  Status RefuseUnfit(Request* request);
  // Of somebody who was erased since it happened; counts it.
  Result<bool> IsErased(const PreparedEvent& event, const Request& request,
                        FoldContext& context) CRM_REQUIRES(decide_mutex_);
  Result<bool> MayGoIn(Request* request, size_t index, FoldContext& context,
                       bool dry) CRM_REQUIRES(decide_mutex_);
  Status EnsureNames(PreparedEvent& event) CRM_REQUIRES(decide_mutex_);
  Status AppendEvent(Request* request, size_t index, FoldContext& context,
                     bool dry) CRM_REQUIRES(decide_mutex_);
  Status SetTimes(const AppendOptions& options, size_t index, bool dry,
                  EventHeader* header) const CRM_REQUIRES(decide_mutex_);
  Status WriteRecord(const PreparedEvent& event, Fact* fact)
      CRM_REQUIRES(decide_mutex_);
  Status ResolveEvent(const PreparedEvent& event, const DryRun* dry,
                      FoldContext& context, Fact* fact, Choice* choice)
      CRM_REQUIRES(decide_mutex_);
  friend class ResolvingEvent;
  // Writes a choice, unless the run is dry, and folds it. Its position.
  Status EmitChoice(IdentityChoice* choice, FoldContext& context, bool dry)
      CRM_REQUIRES(decide_mutex_);
  Status AppendChosen(Request* request, FoldContext& context)
      CRM_REQUIRES(decide_mutex_);
  bool MayMerge(uint32_t tenant, uint32_t per_minute, int64_t now)
      CRM_REQUIRES(decide_mutex_);
  void Report(Request* request, size_t index, const Fact& fact,
              const Choice& choice, bool dry);
  Status EmitName(NameKind kind, std::string_view text, uint32_t* id)
      CRM_REQUIRES(decide_mutex_);
  Status EmitEpoch() CRM_REQUIRES(decide_mutex_);
  Status EnterLedger(LedgerFacts facts, uint8_t what, std::string* body,
                     std::optional<LedgerEntry>* entry)
      CRM_REQUIRES(decide_mutex_);
  Status EmitDefinition(uint32_t tenant, Definition* definition)
      CRM_REQUIRES(decide_mutex_);
  // Ends a group that holds what `emitted` says went well, and no request.
  Status FinishAlone(Group* group, Status emitted,
                     const std::function<void()>& before_publish)
      CRM_REQUIRES(write_mutex_, decide_mutex_);
  Status NumberOf(NameKind kind, std::string_view text, uint32_t* id)
      CRM_REQUIRES(decide_mutex_);
  Status EmitDictionaries() CRM_REQUIRES(decide_mutex_);

  // Writing.
  Status WriteGroup(Group* group, bool sync) CRM_REQUIRES(write_mutex_);
  void PublishGroup(Group* group, bool durable)
      CRM_REQUIRES(write_mutex_, decide_mutex_);
  bool PoolRunsLow(const Group& group) const;
  void DropGroup(Group* group, const Status& status)
      CRM_REQUIRES(decide_mutex_);
  void Lose(StatusCode code);
  void LoseGroup(Group* group, StatusCode code);
  static Request* Chain(Group* group);
  Status Contained(const char* failed, const std::function<Status()>& work);
  Status MakeName(NameKind kind, std::string_view text, uint32_t* id)
      CRM_REQUIRES(write_mutex_);
  Status MakeDefinition(uint32_t tenant, const ChooseDefinition& choose,
                        Position* position) CRM_REQUIRES(write_mutex_);
  Status MakeDrop(uint32_t tenant, const ChooseDrop& choose, Position* position)
      CRM_REQUIRES(write_mutex_);
  Status MakeChoices(uint32_t tenant, bool dry,
                     const std::function<Status(Choosing&)>& make)
      CRM_REQUIRES(write_mutex_);

  StoreCore* const core_;

  mutable Mutex mutex_;
  std::atomic<bool> stop_waiting_{false};
  std::deque<Request*> queue_ CRM_GUARDED_BY(mutex_);  // Not decided yet.
  std::atomic<Position> head_;
  static constexpr std::string_view kFailedBefore =
      "an earlier write failed; close the store and open it again";
  Failure failed_;

  // Held while a group is decided, and while one is published or dropped: what
  // a group reads does not change under it.
  Mutex decide_mutex_;
  // Held from the end of deciding a group to the end of publishing it; taken
  // before decide_mutex_. Groups get it in the order in which they were
  // decided, because the next one is decided by whoever this one's leader
  // lets, after it has got it.
  Mutex write_mutex_;

  // Two groups: one is written while the next is decided on top of it. Of its
  // own group a leader has more without the mutex.
  std::array<std::unique_ptr<Group>, 2> groups_ CRM_GUARDED_BY(decide_mutex_);
  // Being decided.
  Group* group_ CRM_GUARDED_BY(decide_mutex_) = nullptr;
  // Decided, and not published or dropped yet.
  Group* writing_ CRM_GUARDED_BY(decide_mutex_) = nullptr;
  LogRecordWriter writer_;
  // Random part of the nonces; empty: not written yet.
  std::string epoch_ CRM_GUARDED_BY(decide_mutex_);
  Position epoch_position_ CRM_GUARDED_BY(decide_mutex_) = 0;
  int64_t last_recorded_at_ CRM_GUARDED_BY(decide_mutex_);
  // When events merged customers within the last minute, by tenant.
  absl::flat_hash_map<uint32_t, std::deque<int64_t>> merges_
      CRM_GUARDED_BY(decide_mutex_);
  std::string associated_ CRM_GUARDED_BY(decide_mutex_);
  // By tenant, since there are erasures; written with the next group.
  mutable Mutex refused_mutex_;
  std::map<uint32_t, uint64_t> refused_ CRM_GUARDED_BY(refused_mutex_);
  bool refused_more_ CRM_GUARDED_BY(decide_mutex_) = false;
  bool ends_acts_ = false;  // No later event of the request is in the ledger.

  Digest chain_ CRM_GUARDED_BY(write_mutex_);

  mutable Mutex durable_mutex_;
  // What is visible, and what of it is durable. Writes are counted, because a
  // host's offset is one without a position.
  uint64_t visible_writes_ CRM_GUARDED_BY(durable_mutex_) = 0;
  uint64_t durable_writes_ CRM_GUARDED_BY(durable_mutex_) = 0;
  Position visible_head_ CRM_GUARDED_BY(durable_mutex_) = 0;
  Digest visible_chain_ CRM_GUARDED_BY(durable_mutex_){};
  Position durable_head_ CRM_GUARDED_BY(durable_mutex_) = 0;
  Digest durable_chain_ CRM_GUARDED_BY(durable_mutex_){};
};

}  // namespace crm

#endif  // CRM_STORE_SEQUENCER_H_
