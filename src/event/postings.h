// Packed lists of events: by type (positions) and by event time (hour by
// hour). Written at checkpoints, one row per list and checkpoint.

#ifndef CRM_EVENT_POSTINGS_H_
#define CRM_EVENT_POSTINGS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crm/types.h"

namespace crm {

// Positions of one type. `ordinal`: how many events of the type lie in
// earlier rows; the rows of a type are dense in it.
struct TypeRow {
  uint64_t ordinal = 0;
  std::vector<Position> positions;  // Ascending.
};
std::string EncodeTypeRow(const TypeRow& row);
[[nodiscard]] bool DecodeTypeRow(std::string_view bytes, TypeRow* row);

struct TimedPosition {
  int64_t occurred_at = 0;
  Position position = 0;
  bool operator<(const TimedPosition& other) const {
    return occurred_at != other.occurred_at ? occurred_at < other.occurred_at
                                            : position < other.position;
  }
  bool operator==(const TimedPosition&) const = default;
};
// Entries of one hour, ascending.
std::string EncodeTimeRow(const std::vector<TimedPosition>& entries);
[[nodiscard]] bool DecodeTimeRow(std::string_view bytes,
                                 std::vector<TimedPosition>* entries);

inline constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;
// Hours since 1900, so that keys sort; event times are never before that.
uint64_t HourOf(int64_t occurred_at);

}  // namespace crm

#endif  // CRM_EVENT_POSTINGS_H_
