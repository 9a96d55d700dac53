// The members that an envelope may have, in any of its shapes. Private to
// src/format.

#ifndef CRM_FORMAT_ENVELOPE_H_
#define CRM_FORMAT_ENVELOPE_H_

#include <cstdint>
#include <string_view>

namespace crm {

enum class EnvelopeName : uint8_t {
  kId,
  kType,
  kVersion,
  kTimestamp,
  kCorrelationId,
  kCausationId,
  kTenantId,
  kSource,
  kIdentity,
  kPayload,
  kMetadata,
  kEventId,
  kEventType,
  kAggregateId,
  kCustomerId,
  kUnknown,  // Last: also the number of names.
};

inline constexpr size_t kEnvelopeNames =
    static_cast<size_t>(EnvelopeName::kUnknown);

// Of an event that says none.
inline constexpr std::string_view kDefaultVersion = "1.0";

// "event" for kUnknown: what an error names then.
std::string_view EnvelopeText(EnvelopeName name);
EnvelopeName EnvelopeNameOf(std::string_view text);

// A set of names.
class EnvelopeNames final {
 public:
  void Add(EnvelopeName name) { bits_ |= Bit(name); }
  void Remove(EnvelopeName name) { bits_ &= ~Bit(name); }
  bool Has(EnvelopeName name) const { return (bits_ & Bit(name)) != 0; }

 private:
  static uint32_t Bit(EnvelopeName name) {
    return uint32_t{1} << static_cast<unsigned>(name);
  }
  uint32_t bits_ = 0;
};

}  // namespace crm

#endif  // CRM_FORMAT_ENVELOPE_H_
