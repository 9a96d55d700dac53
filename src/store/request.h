// A request on its way: decoded in the caller's thread, decided by the
// sequencer.

#ifndef CRM_STORE_REQUEST_H_
#define CRM_STORE_REQUEST_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "crm/event.h"
#include "event/names.h"
#include "event/room.h"
#include "store/core.h"

namespace crm {

struct PreparedEvent {
  Status status;  // Not ok: invalid; nothing below is set.
  // Not ok: no schema lets it in, unless it is there already. Otherwise what
  // to warn of.
  Status refused;
  Status warning;
  EventContent content;
  std::string_view payload;  // As given; that of `content` may be upcast.
  EventHeader header;        // What is known before the sequencer.
  std::string_view version;
  std::string_view body;  // Compressed, unless kEventRaw.
  // Of an act for the ledger: `body` and its salt, and what they are committed
  // to; otherwise empty.
  std::string_view salted;
  Digest commitment{};
  uint64_t id_order = 0;
  std::array<const void*, kMaxRooms> prepared{};
  // Found by warming; 0: none, or not there yet.
  RecordId record = 0;
  // Names that were unknown when this was prepared.
  std::span<const Names::Wanted> missing;
};

struct Request {
  TenantInfo tenant;
  const AppendOptions* options = nullptr;
  bool sync = true;
  Arena arena;
  std::vector<PreparedEvent> events;
  size_t bytes = 0;
  bool has_acts = false;  // Some of the events go into the ledger.
  // What its events were held against; null: nothing is defined.
  std::shared_ptr<const TenantDefinitions> definitions;
  uint64_t definitions_generation = 0;

  Status status;
  AppendResult result;
  // Not kOk: its group came to no end, for want of memory; the two above say
  // nothing.
  StatusCode lost = StatusCode::kOk;
  Request* next = nullptr;  // In its group, once that has come to an end.

  // The queue's: what the thread that waits has to do. Changed by others,
  // who do not touch the request any more once they have said kDone.
  enum Turn : int { kWaits, kLeads, kDone };
  std::atomic<int> turn{kWaits};
  bool leads() const { return turn.load(std::memory_order_relaxed) == kLeads; }

  void Reset();
};

// Holds the events against what the tenant has defined meanwhile, if that is
// not what they were prepared with. By the sequencer; seldom does anything.
Status RefreshDefinitions(const StoreCore& core, Request* request);

// Decodes events into a request. One thread at a time; its buffers are kept
// from one request to the next.
class Preparer final {
 public:
  // Either way of coming in. An event that is not sound is in the request with
  // its status; only limits of the request as a whole are errors.
  Status Prepare(StoreCore* core, std::span<const Event> events,
                 Request* request);
  Status Prepare(StoreCore* core, std::span<const std::string_view> events,
                 Request* request);

 private:
  template <typename T>
  Status PrepareAll(std::span<const T> events, Request* request);
  Status PrepareOne(const DecodedEvent& decoded, Request* request,
                    PreparedEvent* out);
  void FindNames(const DecodedEvent& decoded, Request* request,
                 PreparedEvent* out);
  void Compress(Request* request, PreparedEvent* out);
  void Commit(std::string_view plain, Request* request, PreparedEvent* out);
  Status Warm(Request* request);
  Status WarmStep(PreparedEvent& event, int step, Arena& arena);

  StoreCore* core_ = nullptr;
  std::vector<Names::Wanted> names_;
  std::vector<DecodedEvent::Hint> hints_;
  EventDecoder decoder_;
  DecodedEvent decoded_;
  std::string plain_;
  std::string buffer_;
};

}  // namespace crm

#endif  // CRM_STORE_REQUEST_H_
