#include "store/removal.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "store/sequencer.h"

namespace crm {
namespace {

constexpr size_t kBatchEvents = 1024;
constexpr size_t kKeysAtOnce = 256 * 1024;

// Whether there are rows in files that are not as they are now.
struct Stale {
  bool in_use = false;
  bool kept = false;  // For somebody who reads.
};

Status FindStaleOf(const StoreCore& core, std::span<const Position> events,
                   Stale* stale, uint64_t* files) {
  std::vector<std::string> keys;
  keys.reserve(events.size());
  for (const Position position : events) keys.push_back(LogKey(position));
  std::string value;
  Status read;
  Status status = core.log->LookIntoFiles(
      kLogEvents, keys,
      [&](std::string_view key, std::string_view stored, bool in_use) {
        const Result<bool> found = core.log->Get(kLogEvents, key, &value);
        if (!found.ok()) read = found.status();
        if (found.ok() && *found && stored == value) return;
        (in_use ? stale->in_use : stale->kept) = true;
      },
      files);
  return status.ok() ? read : status;
}

// Stops when it knows that files in use are to be rewritten.
Status FindStale(const StoreCore& core, std::span<const Position> events,
                 Stale* stale, Removed* removed) {
  *stale = Stale();
  Status status;
  while (status.ok() && !events.empty() && !stale->in_use) {
    const size_t count = std::min(kKeysAtOnce, events.size());
    removed->files = 0;
    status = FindStaleOf(core, events.first(count), stale, &removed->files);
    events = events.subspan(count);
  }
  return status;
}

struct OpenRemoval {
  Position position = 0;
  std::string to_do;
};

// The newest first.
Status ReadOpen(const StoreCore& core, std::string_view kind,
                std::vector<OpenRemoval>* open) {
  std::string end(kind);
  ++end.back();
  return core.log->ScanBackward(
      kLogOps, kind, end, [&](std::string_view key, std::string_view value) {
        key.remove_prefix(kind.size());
        if (key.size() == sizeof(Position)) {
          open->push_back({GetBe64(key.data()), std::string(value)});
        }
        return true;
      });
}

// `value` and `reader` hold what the record names.
Status ReadAt(const StoreCore& core, Position position, std::string* value,
              LogRecordReader* reader, LogRecord* record) {
  Status status = core.log_view->Read(position, value);
  return status.ok() ? reader->Read(*value, record) : status;
}

}  // namespace

std::string OpenRemovalRow(std::string_view kind, Position position) {
  return std::string(kind) + LogKey(position);
}

Status FinishOpenRemovals(
    StoreCore& core, std::string_view kind,
    const std::function<Status(const IdentityChoice&, std::string_view)>&
        finish) {
  std::vector<OpenRemoval> open;
  Status status = ReadOpen(core, kind, &open);
  Status busy;
  for (auto at = open.rbegin(); status.ok() && at != open.rend(); ++at) {
    LogRecordReader reader;
    LogRecord record;
    std::string value;
    IdentityChoice choice;
    status = ReadAt(core, at->position, &value, &reader, &record);
    if (status.ok()) {
      status = ReadChoice(*core.log_view, core.keyring.get(), at->position,
                          record, &choice);
    }
    if (status.ok()) status = finish(choice, at->to_do);
    // The others have nothing to do with the file that somebody keeps.
    if (status.code() == StatusCode::kBusy) busy = std::exchange(status, {});
  }
  return status.ok() ? busy : status;
}

Status ForgetRemovalsOf(const StoreCore& core, uint32_t tenant, Batch* batch) {
  for (const std::string_view kind : {kOpenRedactions, kOpenRetentions}) {
    std::vector<OpenRemoval> open;
    Status status = ReadOpen(core, kind, &open);
    for (size_t i = 0; status.ok() && i < open.size(); ++i) {
      LogRecordReader reader;
      LogRecord record;
      std::string value;
      status = ReadAt(core, open[i].position, &value, &reader, &record);
      if (!status.ok() || record.tenant != tenant) continue;
      batch->Delete(kLogOps, OpenRemovalRow(kind, open[i].position));
    }
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status RemoveFromLog(StoreCore& core, std::span<const Position> events,
                     const std::function<bool(const LogRecord&)>& is_meant,
                     Removed* removed) {
  Batch batch;
  LogRecordReader reader;
  LogRecord record;
  std::string value;
  std::string after;
  for (const Position position : events) {
    Status status = core.log_view->Read(position, &value);
    if (status.ok()) status = reader.Read(value, &record);
    if (!status.ok()) return status;
    if (record.kind != LogKind::kEvent || !is_meant(record)) continue;
    removed->bytes += record.sealed_size;
    if (record.removed && record.remnant.empty()) continue;
    status = RemoveSealed(value, {}, &after);
    if (!status.ok()) return status;
    batch.Put(kLogEvents, LogKey(position), after);
    if (batch.count() < kBatchEvents) continue;
    status = core.sequencer->WriteBeside(batch, false);
    if (!status.ok()) return status;
    batch.Clear();
  }
  return core.sequencer->WriteBeside(batch, true);
}

Status PurgeLog(StoreCore& core, std::span<const Position> events,
                Removed* removed) {
  if (events.empty()) return Status::Ok();
  Stale stale;
  // Looked at first: this may have been cut off behind the rewriting.
  Status status = core.log->FlushMemtables();
  if (status.ok()) status = FindStale(core, events, &stale, removed);
  if (status.ok() && stale.in_use) {
    status = core.log->Purge(kLogEvents, LogKey(events.front()),
                             LogKey(events.back()));
    if (status.ok()) status = FindStale(core, events, &stale, removed);
  }
  if (!status.ok()) return status;
  if (!stale.in_use && !stale.kept) return status;
  return Status(StatusCode::kBusy,
                "removed, but not from all files yet: a cursor keeps an old "
                "one; maintenance does the rest when it is gone");
}

}  // namespace crm
