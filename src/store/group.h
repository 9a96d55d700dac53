// A group of requests on its way into the log: what the sequencer has decided
// and not yet published.

#ifndef CRM_STORE_GROUP_H_
#define CRM_STORE_GROUP_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "consent/ledger_room.h"
#include "event/dictionaries.h"
#include "event/names.h"
#include "store/request.h"

namespace crm {

struct Group {
  // How far the group had come: where a refused request goes back to.
  struct Mark {
    size_t values = 0;
    size_t facts = 0;
    size_t tail = 0;
    bool epoch = false;
    int64_t recorded_at = 0;  // Of the last event.
    std::array<uint32_t, kNameKinds> names{};
  };

  explicit Group(Overlay* overlay) : rows(overlay) {}

  void Clear() {
    values_count = 0;
    facts.clear();
    tail.clear();
    batch.Clear();
    offsets.clear();
    replaced.clear();
    dictionaries.clear();
    rows.Clear();
    arena.Reset();
    epoch_pending = false;
  }
  // For the next log record; kept from group to group.
  std::string& NextValue() {
    if (values_count == values.size()) values.emplace_back();
    return values[values_count++];
  }
  // The position of the last value.
  Position last() const { return base + values_count; }
  bool writes() const { return values_count > 0 || !offsets.empty(); }

  std::vector<Request*> requests;
  // The head that it builds on: that of the group before, written or not.
  Position base = 0;
  Generation rows;
  LedgerAppends ledger;
  std::vector<std::string> values;  // The first values_count are live.
  size_t values_count = 0;
  std::vector<Fact> facts;
  std::vector<TailEntry> tail;
  Batch batch;
  std::vector<std::pair<std::string, std::string>> offsets;
  // Rows of events that lose their sealed part, see RemoveSealed.
  std::vector<std::pair<Position, std::string>> replaced;
  std::vector<std::pair<Position, Dictionaries::Trained>> dictionaries;
  Arena arena;
  bool epoch_pending = false;
  int64_t now = 0;
  Mark start;
  // Names that it leaves when it is published.
  std::array<uint32_t, kNameKinds> names{};
};

}  // namespace crm

#endif  // CRM_STORE_GROUP_H_
