#include "store/recovery.h"

#include <algorithm>
#include <future>
#include <utility>

#include "store/fact_decoder.h"

namespace crm {
namespace {

constexpr size_t kChunkRecords = 2048;

// Reads chunks of decoded records, one ahead of the fold when asked to.
class ChunkReader {
 public:
  ChunkReader(StoreCore& core, Views& views, const FoldLogOptions& options)
      : views_(views),
        cursor_(*core.log, kLogEvents, options.first, options.last, false),
        decoder_(core.log_view.get(), core.keyring.get(),
                 options.names != nullptr ? options.names : &core.names,
                 views.rooms()),
        parallel_(options.parallel) {
    decoder_.StartChain(options.chain);
    decoder_.set_check_chain(true);
    if (parallel_) Start();
  }
  ~ChunkReader() {
    if (next_.valid()) next_.wait();
  }

  // An empty chunk at the end.
  Result<FactChunk*> Next() {
    Status status = parallel_ ? next_.get() : Fill(filling_);
    if (!status.ok()) return status;
    FactChunk* ready = filling_;
    filling_ = ready == &chunks_[0] ? &chunks_[1] : &chunks_[0];
    if (parallel_ && ready->last != 0) Start();
    return ready;
  }

  bool at_batch_end() const { return decoder_.at_batch_end(); }

 private:
  void Start() {
    next_ = std::async(std::launch::async, [this] { return Fill(filling_); });
  }

  // Whole batches only, so that a checkpoint never splits one.
  Status Fill(FactChunk* chunk) {
    chunk->Clear();
    for (size_t i = 0; i < kChunkRecords || !decoder_.at_batch_end(); ++i) {
      Position position = 0;
      std::string_view value;
      Result<bool> more = cursor_.Next(&position, &value);
      if (!more.ok()) return std::move(more).status();
      if (!*more) break;
      Status status = decoder_.Add(position, value, chunk);
      if (!status.ok()) return status;
    }
    return views_.Warm(chunk->facts);
  }

  Views& views_;
  LogCursor cursor_;
  FactDecoder decoder_;
  const bool parallel_;
  FactChunk chunks_[2];
  FactChunk* filling_ = &chunks_[0];
  std::future<Status> next_;
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
  std::vector<TailEntry> tail;
  Counters counters(views, rows);
  for (const Fact& fact : chunk.facts) {
    Result<TenantCounts*> counts = counters.Of(fact.header.tenant);
    if (!counts.ok()) return std::move(counts).status();
    FoldContext context{rows, **counts};
    Status status = views.Fold(fact, context, &tail);
    if (!status.ok()) {
      return Status(status.code(),
                    "log record " + std::to_string(fact.position) + ": " +
                        std::string(status.message()));
    }
  }
  Status status = counters.Store();
  if (!status.ok()) return status;
  views.Publish(rows, tail, chunk.facts, chunk.last);
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
  if (!status.ok()) {
    return Status(status.code(), "log record " + std::to_string(position) +
                                     ": " + std::string(status.message()));
  }
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
  uint64_t since_checkpoint = 0;
  while (true) {
    Result<FactChunk*> chunk = chunks.Next();
    if (!chunk.ok()) return std::move(chunk).status();
    if ((*chunk)->last == 0) break;
    const Position last = (*chunk)->last;
    since_checkpoint += last - (*chunk)->first + 1;
    Status status = FoldChunk(views, rows, **chunk);
    if (!status.ok()) return status;
    if (since_checkpoint >= options.checkpoint_records) {
      status = views.Checkpoint(no_sync);
      if (!status.ok()) return status;
      since_checkpoint = 0;
    }
    if (options.progress && !options.progress(last - options.first + 1,
                                              options.last - options.first +
                                                  1)) {
      return Status(StatusCode::kCancelled, "cancelled by the caller");
    }
  }
  if (!chunks.at_batch_end()) {
    return Status(StatusCode::kCorruption,
                  "log record " + std::to_string(options.last) +
                      ": its batch is not whole");
  }
  return options.flush ? views.Checkpoint(no_sync) : Status::Ok();
}

}  // namespace crm
