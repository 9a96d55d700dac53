// Text of made-up events: JSON members, times, ids, money. Part of the event
// generator.

#ifndef CRM_EXAMPLES_EVENT_TEXT_H_
#define CRM_EXAMPLES_EVENT_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "examples/event_generator.h"

namespace crm::examples {

inline constexpr uint64_t kSecond = 1'000'000;  // Times are microseconds.
inline constexpr uint64_t kMinute = 60 * kSecond;
inline constexpr uint64_t kHour = 60 * kMinute;
inline constexpr uint64_t kDay = 24 * kHour;
inline constexpr uint64_t kStreamStart = 1'735'711'200 * kSecond;  // 2025.

// Appends "name":value members, with commas between them.
class Members final {
 public:
  explicit Members(std::string* out) : out_(out), start_(out->size()) {}

  // `value` needs no escapes.
  Members& Text(std::string_view name, std::string_view value);
  // `value` is JSON.
  Members& Raw(std::string_view name, std::string_view value);
  Members& Number(std::string_view name, uint64_t value);
  // Thousandths: 0.001, 12.50, 1999.00.
  Members& Money(std::string_view name, uint64_t thousandths);
  Members& Flag(std::string_view name, bool value);

 private:
  void Name(std::string_view name);

  std::string* out_;
  size_t start_;
};

enum class TimeStyle {
  kSeconds,    // 2025-01-01T06:00:00Z
  kMillis,     // 2025-01-01T06:00:00.123Z
  kMicros,     // 2025-01-01T06:00:00.123456Z
  kLocalZone,  // 2025-01-01T08:00:00.123+02:00
};

// Appends the decimal digits of `value`, with zeroes in front up to `width`.
void AppendNumber(uint64_t value, int width, std::string* out);
void AppendMoney(uint64_t thousandths, std::string* out);
void AppendTime(uint64_t micros, TimeStyle style, std::string* out);
std::string TimeText(uint64_t micros, TimeStyle style);
// A random UUID, version 4.
void AppendUuid(Random* random, std::string* out);
// `prefix` and the number, for example "B-000123".
std::string Label(std::string_view prefix, uint64_t number, int width);

}  // namespace crm::examples

#endif  // CRM_EXAMPLES_EVENT_TEXT_H_
