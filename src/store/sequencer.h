// The sequencer: one request after the other gets its place in the log.
//
// Callers queue up; the front of the queue leads, takes up to 1,024 events or
// 1 MiB of the requests behind it, decides them one by one against a private
// generation of the views, writes one batch to the log, and publishes the
// generation together with the new head. A request that is refused is rolled
// back alone; when the write fails, the whole generation is dropped and the
// store is read-only from then on.
//
// Thread safety: everything public, from any thread.
//
// Invariants:
//  1. Positions are dense, and given only to what is written.
//  2. Nothing is visible before it is in the log at the level asked for.

#ifndef CRM_STORE_SEQUENCER_H_
#define CRM_STORE_SEQUENCER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/request.h"

namespace crm {

class Sequencer final {
 public:
  Sequencer(StoreCore* core, Position head, const Digest& chain,
            int64_t last_recorded_at);
  ~Sequencer();

  // Puts `request` in the queue: its place among the others is settled.
  void Enqueue(Request* request);
  // Then: decides and writes it; its status and result are set on return.
  void Await(Request* request);

  // Runs `work` between two groups, alone.
  Status RunAlone(const std::function<Status()>& work);

  // A name as a log record of its own, durable when it returns.
  Result<uint32_t> AddName(NameKind kind, std::string_view text);

  // Everything acknowledged is durable when it returns.
  Status Sync();

  Position head() const { return head_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  // Head and chain as of the last durable write.
  void LastDurable(Position* head, Digest* chain) const;

  // Waits until the head is past `after`, or the store is about to close.
  Position WaitPast(Position after, std::chrono::milliseconds timeout) const;
  void StopWaiting(bool stop);

 private:
  // How far the group under way has come: where a refused request goes back.
  struct Mark {
    size_t values = 0;
    size_t facts = 0;
    size_t tail = 0;
    bool epoch = false;
    std::array<uint32_t, kNameKinds> names{};
  };

  Mark MarkGroup() const;
  void RollBackTo(const Mark& mark);
  static void Tell(Request* request, Request::Turn turn);
  void Lead();
  void FormGroup();
  void PassOn(size_t done);
  void ProcessGroup();
  Status BeginGroup();
  void ProcessRequest(Request* request);
  void ProcessDryRun(Request* request);
  Status Decide(Request* request, FoldContext& context, bool dry);
  Status FindKnown(Request* request, Generation& rows, size_t* duplicates);
  Status CheckConditions(const Request& request, Generation& rows);
  Status CheckCondition(const Request& request, const Condition& condition,
                        Generation& rows, bool* holds);
  Status EnsureNames(PreparedEvent& event);
  Status AppendEvent(Request* request, size_t index, FoldContext& context,
                     bool dry);
  Status WriteRecord(const PreparedEvent& event, Fact* fact);
  Status ResolveEvent(const PreparedEvent& event, FoldContext& context,
                      Fact* fact, Choice* choice);
  void Report(Request* request, size_t index, const Fact& fact,
              const Choice& choice, bool dry);
  Status EmitName(NameKind kind, std::string_view text, uint32_t* id);
  Status EmitEpoch();
  Status EmitDictionaries();
  Status WriteGroup(bool sync);
  void PublishGroup(bool durable);
  bool PoolRunsLow() const;
  void DropGroup(const Status& status);
  std::string& NextValue();

  StoreCore* const core_;

  mutable std::mutex mutex_;
  mutable std::condition_variable head_changed_;
  bool stop_waiting_ = false;  // Guarded by mutex_.
  std::deque<Request*> queue_;  // Guarded by mutex_.
  std::atomic<Position> head_;
  std::atomic<bool> failed_{false};

  // Of the leader only.
  std::vector<Request*> group_;
  Generation rows_;
  std::vector<std::string> values_;  // Kept between groups; values_count_ live.
  size_t values_count_ = 0;
  std::vector<Fact> facts_;
  std::vector<TailEntry> tail_;
  Batch batch_;
  std::vector<std::pair<std::string, std::string>> offsets_;
  std::vector<std::pair<Position, Dictionaries::Trained>> dictionaries_;
  Mark start_;
  LogRecordWriter writer_;
  Digest chain_;
  std::string epoch_;  // Random part of the nonces; empty: not written yet.
  Position epoch_position_ = 0;
  bool epoch_pending_ = false;
  int64_t last_recorded_at_;
  int64_t now_ = 0;
  std::string associated_;
  Arena arena_;

  mutable std::mutex durable_mutex_;
  // Guarded by durable_mutex_: what is visible, and what of it is durable.
  // Writes are counted, because a host's offset is one without a position.
  uint64_t visible_writes_ = 0;
  uint64_t durable_writes_ = 0;
  Position visible_head_ = 0;
  Digest visible_chain_{};
  Position durable_head_ = 0;
  Digest durable_chain_{};
};

}  // namespace crm

#endif  // CRM_STORE_SEQUENCER_H_
