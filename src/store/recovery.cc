#include "store/recovery.h"

#include <absl/cleanup/cleanup.h>

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "profile/expiry.h"
#include "store/fact_decoder.h"
#include "store/redaction.h"

namespace crm {
namespace {

// Few enough that what a chunk changes stays in the processor's cache.
constexpr size_t kFoldedRecords = 512;
// So many chunks are read and decoded while one is folded.
constexpr size_t kAheadChunks = 4;
// So many events ahead memory is asked for.
constexpr size_t kChunksAhead = 8;

Status InRecord(Position position, const Status& status) {
  return Status(status.code(), "log record " + std::to_string(position) + ": " +
                                   std::string(status.message()));
}

// Reads chunks and decodes them, some ahead of the fold when asked to: then
// each in a thread of its own. Reading is in order, one at a time, because the
// chain is; decoding is not.
class ChunkReader {
 public:
  ChunkReader(StoreCore& core, Views& views, const FoldLogOptions& options)
      : views_(views),
        names_(options.names != nullptr ? options.names : &core.names),
        definitions_(options.definitions != nullptr ? options.definitions
                                                    : &core.definitions),
        ahead_(options.parallel ? kAheadChunks : 0),
        parallel_(options.parallel),
        cursor_(*core.log, kLogEvents, options.first, options.last, false),
        reader_(core.log_view.get(), core.keyring.get(), names_, definitions_,
                options.chain, options.ledger) {
    for (size_t i = 0; i < ahead_ + 1; ++i) {
      free_.push_back(
          std::make_unique<Work>(core, names_, definitions_, views.rooms()));
    }
  }
  ~ChunkReader() {
    for (const auto& work : started_) {
      if (work->done.valid()) work->done.wait();
    }
  }

  // An empty chunk at the end. The chunk before is given back.
  Result<FactChunk*> Next() {
    if (folding_ != nullptr) free_.push_back(std::move(folding_));
    while (!free_.empty() && !at_end_) Start();
    if (started_.empty()) return &nothing_;
    folding_ = std::move(started_.front());
    started_.pop_front();
    // What does not open says more than the chain that it breaks.
    Status status = folding_->done.get();
    if (status.ok()) status = folding_->read;
    at_end_ = !status.ok() || folding_->chunk.last == 0;
    if (!status.ok()) return status;
    return &folding_->chunk;
  }

  // REQUIRES: Next gave the end.
  bool at_batch_end() const CRM_NO_THREAD_SAFETY_ANALYSIS {
    return reader_.at_batch_end();  // Nobody reads any more.
  }

 private:
  struct Work {
    Work(StoreCore& core, const Names* names, const Definitions* definitions,
         const std::vector<Room*>& rooms)
        : decoder(core.log_view.get(), core.keyring.get(), names, definitions,
                  rooms) {}
    FactChunk chunk;
    FactDecoder decoder;
    Status read;
    std::future<Status> done;
  };

  void Start() {
    Work* work = free_.back().get();
    const auto policy = parallel_ ? std::launch::async : std::launch::deferred;
    work->done = std::async(policy, [this, work, turn = next_turn_] {
      ReadInTurn(turn, work);
      if (work->chunk.last == 0) return Status::Ok();
      Status decoded = work->decoder.Decode(&work->chunk);
      return decoded.ok() ? views_.Load(work->chunk.facts) : decoded;
    });
    ++next_turn_;
    started_.push_back(std::move(free_.back()));
    free_.pop_back();
  }

  void ReadInTurn(uint64_t turn, Work* work) {
    MutexLock lock(turn_mutex_);
    while (turn_ != turn) turn_passed_.Wait(turn_mutex_);
    // Also when memory runs out: nobody may wait for a turn that never comes.
    const absl::Cleanup pass_on = [&] {
      turn_mutex_.AssertHeld();
      ++turn_;
      turn_passed_.NotifyAll();
    };
    work->chunk.Clear();
    work->read = Status::Ok();
    if (!read_to_end_) {
      read_to_end_ = true;  // Unless it comes to a good end here.
      work->read = Read(&work->chunk);
      read_to_end_ = !work->read.ok() || work->chunk.last == 0;
    }
  }

  // Whole batches only, so that a checkpoint never splits one.
  Status Read(FactChunk* chunk) CRM_REQUIRES(turn_mutex_) {
    for (size_t i = 0; i < kFoldedRecords || !reader_.at_batch_end(); ++i) {
      Position position = 0;
      std::string_view value;
      Result<bool> more = cursor_.Next(&position, &value);
      if (!more.ok()) return std::move(more).status();
      if (!*more) break;
      Status status = reader_.Add(position, value, chunk);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

  Views& views_;
  Names* const names_;
  Definitions* const definitions_;
  const size_t ahead_;
  const bool parallel_;
  bool at_end_ = false;
  FactChunk nothing_;
  std::vector<std::unique_ptr<Work>> free_;
  std::deque<std::unique_ptr<Work>> started_;
  std::unique_ptr<Work> folding_;
  uint64_t next_turn_ = 0;

  // Of whose turn it is to read; held while reading.
  Mutex turn_mutex_;
  ConditionVariable turn_passed_;
  uint64_t turn_ CRM_GUARDED_BY(turn_mutex_) = 0;
  LogCursor cursor_ CRM_GUARDED_BY(turn_mutex_);
  FactReader reader_ CRM_GUARDED_BY(turn_mutex_);
  bool read_to_end_ CRM_GUARDED_BY(turn_mutex_) = false;
};

// Counters of the tenants that a chunk touches.
class Counters {
 public:
  Counters(Views& views, Generation& rows) : views_(views), rows_(rows) {}

  Result<TenantCounts*> Of(uint32_t tenant) {
    auto found = counts_.find(tenant);
    if (found == counts_.end()) {
      Result<TenantCounts> counts = views_.event().Counts(tenant, rows_);
      if (!counts.ok()) return std::move(counts).status();
      found = counts_.emplace(tenant, *counts).first;
    }
    return &found->second;
  }

  Status Store() {
    for (const auto& [tenant, counts] : counts_) {
      Status status = views_.event().StoreCounts(tenant, counts, rows_);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

 private:
  Views& views_;
  Generation& rows_;
  absl::flat_hash_map<uint32_t, TenantCounts> counts_;
};

// Those before a position, each in its place among the events.
Status FoldChoices(Views& views, Generation& rows, Counters& counters,
                   Position before, const FactChunk& chunk,
                   std::vector<FactChunk::Choice>::const_iterator* next) {
  for (; *next != chunk.choices.end() && (*next)->position < before; ++*next) {
    const IdentityChoice& choice = (*next)->choice;
    Result<TenantCounts*> counts = counters.Of((*next)->tenant());
    if (!counts.ok()) return std::move(counts).status();
    FoldContext context{rows, **counts};
    Status status;
    if ((*next)->is_drop()) {
      Views::FoldDrop((*next)->position, context);
    } else {
      status = views.FoldChoice(choice, context);
    }
    if (!status.ok()) return InRecord((*next)->position, status);
  }
  return Status::Ok();
}

Status FoldChunk(Views& views, Generation& rows, const FactChunk& chunk) {
  LogRecordReader reader;
  for (const FactChunk::Other& other : chunk.others) {
    LogRecord record;
    Status status = reader.Read(other.value, &record);
    if (status.ok()) {
      status = views.event().FoldRecord(other.position, record, rows);
    }
    if (!status.ok()) return status;
  }
  LedgerAppends ledger;
  ledger.Begin(&views.ledger(), &rows);
  for (const FactChunk::Ledger& leaf : chunk.ledger) {
    Status status =
        ledger.Fold(leaf.tenant, leaf.record, leaf.position, leaf.entry);
    if (!status.ok()) return InRecord(leaf.position, status);
  }
  Status stored = ledger.Store();
  if (!stored.ok()) return stored;
  std::vector<TailEntry> tail;
  Counters counters(views, rows);
  auto choice = chunk.choices.begin();
  for (size_t i = 0; i < chunk.facts.size(); ++i) {
    const Fact& fact = chunk.facts[i];
    if (i + kChunksAhead < chunk.facts.size()) {
      const EventHeader& next = chunk.facts[i + kChunksAhead].header;
      views.Prefetch(next.tenant, next.record);
    }
    Status status =
        FoldChoices(views, rows, counters, fact.position, chunk, &choice);
    if (!status.ok()) return status;
    Result<TenantCounts*> counts = counters.Of(fact.header.tenant);
    if (!counts.ok()) return std::move(counts).status();
    FoldContext context{rows, **counts};
    status = views.Fold(fact, context, &tail);
    if (!status.ok()) return InRecord(fact.position, status);
  }
  Status status =
      FoldChoices(views, rows, counters, chunk.last + 1, chunk, &choice);
  if (status.ok()) status = counters.Store();
  if (!status.ok()) return status;
  views.Publish(rows, tail, chunk.facts, chunk.last);
  return Status::Ok();
}

// What was taken out of the log, somebody must have said so behind it.
class RemovalCheck {
 public:
  void Add(const FactChunk& chunk) {
    for (const FactChunk::Event& event : chunk.events) {
      // Who was dropped, the choices that say so cannot be read.
      if (!event.record.removed || event.dropped) continue;
      const EventHeader& header = event.record.event;
      if ((header.flags & kEventExpired) == 0) {
        unsaid_.insert(event.position);
      } else {
        expired_.push_back({event.position, header.occurred_at, header.record,
                            header.tenant, header.type});
      }
    }
    for (const FactChunk::Choice& choice : chunk.choices) {
      for (const Position event : choice.choice.events) unsaid_.erase(event);
      if (choice.choice.kind != ChoiceKind::kRetention) continue;
      const Expiry mark(choice.choice);
      std::erase_if(expired_, [&](const Expired& event) {
        EventHeader header;
        header.tenant = event.tenant;
        header.type = event.type;
        header.record = event.record;
        header.occurred_at = event.occurred_at;
        return mark.Covers(event.position, header);
      });
    }
  }
  Status Finish() const {
    if (unsaid_.empty() && expired_.empty()) return Status::Ok();
    const Position first = std::min(
        unsaid_.empty() ? expired_.front().position : *unsaid_.begin(),
        expired_.empty() ? *unsaid_.begin() : expired_.front().position);
    return InRecord(first,
                    Status(StatusCode::kCorruption,
                           "what it said is not there any more, and nobody "
                           "said that it was to go"));
  }

 private:
  // As a mark of retention names them.
  struct Expired {
    Position position = 0;
    int64_t occurred_at = 0;
    RecordId record = 0;
    uint32_t tenant = 0;
    uint32_t type = 0;
  };

  std::set<Position> unsaid_;
  std::vector<Expired> expired_;  // Ascending.
};

// Profiles into which events were folded, before `first`, that a choice of this
// chunk redacted: the rows of the log say so already, those here do not.
Status RefoldRedacted(StoreCore& core, Views& views, Generation& rows,
                      const FactChunk& chunk, Position first) {
  std::set<std::pair<uint32_t, RecordId>> records;
  std::string value;
  for (const FactChunk::Choice& choice : chunk.choices) {
    if (choice.choice.kind != ChoiceKind::kRedaction) continue;
    for (const Position event : choice.choice.events) {
      if (event >= first) continue;
      LogRecordReader reader;
      LogRecord record;
      Status status = core.log_view->Read(event, &value);
      if (status.ok()) status = reader.Read(value, &record);
      if (!status.ok()) return status;
      if (record.event.record == 0) continue;
      records.emplace(record.event.tenant, record.event.record);
    }
  }
  for (const auto& [tenant, record] : records) {
    Status status =
        RefoldProfile(core, views, tenant, record, chunk.last, {}, rows);
    if (!status.ok()) return status;
  }
  std::vector<TailEntry> none;
  if (!records.empty()) views.Publish(rows, none, {}, chunk.last);
  return Status::Ok();
}

}  // namespace

Result<Digest> ChainAt(const LogView& log, Position position) {
  Digest chain{};
  if (position == 0) return chain;
  std::string value;
  Status status = log.Read(position, &value);
  if (!status.ok()) return status;
  LogRecordReader reader;
  LogRecord record;
  status = reader.Read(value, &record);
  if (status.ok() && !record.ends_batch) {
    status = Status(StatusCode::kCorruption, "no batch ends here");
  }
  if (!status.ok()) return InRecord(position, status);
  std::copy(record.chain.begin(), record.chain.end(),
            reinterpret_cast<char*>(chain.data()));
  return chain;
}

Status FoldLog(StoreCore& core, Views& views, const FoldLogOptions& options) {
  const auto no_sync = [] { return Status::Ok(); };
  if (options.first > options.last) {
    return options.flush ? views.Checkpoint(no_sync) : Status::Ok();
  }
  ChunkReader chunks(core, views, options);
  Generation rows(&views.overlay());
  rows.set_blind();  // Nobody reads views that are still being made.
  uint64_t since_checkpoint = 0;
  RemovalCheck removals;
  while (true) {
    Result<FactChunk*> chunk = chunks.Next();
    if (!chunk.ok()) return std::move(chunk).status();
    if ((*chunk)->last == 0) break;
    const Position last = (*chunk)->last;
    since_checkpoint += last - (*chunk)->first + 1;
    if (options.ledger != nullptr) removals.Add(**chunk);
    Status status = FoldChunk(views, rows, **chunk);
    if (status.ok() && options.first > 1) {
      status = RefoldRedacted(core, views, rows, **chunk, options.first);
    }
    if (!status.ok()) return status;
    if (since_checkpoint >= options.checkpoint_records) {
      status = views.Checkpoint(no_sync);
      if (!status.ok()) return status;
      since_checkpoint = 0;
    }
    if (options.progress &&
        !options.progress(last - options.first + 1,
                          options.last - options.first + 1)) {
      return Status(StatusCode::kCancelled, "cancelled by the caller");
    }
  }
  if (!chunks.at_batch_end()) {
    return Status(StatusCode::kCorruption, "log record " +
                                               std::to_string(options.last) +
                                               ": its batch is not whole");
  }
  Status said = removals.Finish();
  if (!said.ok()) return said;
  return options.flush ? views.Checkpoint(no_sync) : Status::Ok();
}

}  // namespace crm
