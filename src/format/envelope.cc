#include "format/envelope.h"

namespace crm {
namespace {

constexpr std::string_view kTexts[kEnvelopeNames] = {
    "id",          "type",     "version",   "timestamp",   "correlationId",
    "causationId", "tenantId", "source",    "identity",    "payload",
    "metadata",    "eventId",  "eventType", "aggregateId", "customerId"};

EnvelopeName If(std::string_view text, EnvelopeName name) {
  return text == kTexts[static_cast<size_t>(name)] ? name
                                                   : EnvelopeName::kUnknown;
}

}  // namespace

std::string_view EnvelopeText(EnvelopeName name) {
  return name == EnvelopeName::kUnknown ? std::string_view("event")
                                        : kTexts[static_cast<size_t>(name)];
}

EnvelopeName EnvelopeNameOf(std::string_view text) {
  using enum EnvelopeName;
  switch (text.size()) {
    case 2:
      return If(text, kId);
    case 4:
      return If(text, kType);
    case 6:
      return If(text, kSource);
    case 7:
      return If(text, text[0] == 'v'   ? kVersion
                      : text[0] == 'p' ? kPayload
                                       : kEventId);
    case 8:
      return If(text, text[0] == 't'   ? kTenantId
                      : text[0] == 'i' ? kIdentity
                                       : kMetadata);
    case 9:
      return If(text, text[0] == 't' ? kTimestamp : kEventType);
    case 10:
      return If(text, kCustomerId);
    case 11:
      return If(text, text[0] == 'c' ? kCausationId : kAggregateId);
    case 13:
      return If(text, kCorrelationId);
    default:
      return kUnknown;
  }
}

}  // namespace crm
