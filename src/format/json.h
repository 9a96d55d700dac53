// The only user of simdjson: JSON text in, validated and minified JSON text
// and views out. Numbers keep their token, key order and unknown fields stay.

#ifndef CRM_FORMAT_JSON_H_
#define CRM_FORMAT_JSON_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "crm/status.h"

namespace crm {

// One event in decoded form. All views live in the decoder that made it,
// until its next Decode call.
struct DecodedEvent {
  EnvelopeShape shape = EnvelopeShape::kCrm;
  std::string_view id;
  std::string_view type;
  std::string_view version;  // "1.0" when absent.
  std::string_view source;   // Empty when absent.
  std::string_view tenant;   // Empty when absent.
  std::string_view correlation_id;
  std::string_view causation_id;
  bool has_time = false;
  Timestamp occurred_at;
  // The timestamp as given, when FormatTime(occurred_at) would differ: always
  // the raw JSON token, so a string with its quotes or a number of
  // milliseconds since 1970.
  std::string_view timestamp_text;
  // Minified JSON objects, validated to the last byte; empty when absent
  // (payload: "{}").
  std::string_view identity;
  std::string_view payload;
  std::string_view metadata;
  // All that has no field here, as a JSON object; empty when none: unknown
  // members, and envelope members that are null or an empty string (they count
  // as absent, but come out again). In kDomain and kFlat also a source, a
  // version "1.0", an identity {} and (kFlat) a tenantId: those shapes do not
  // have them as a rule, so that their being there must be remembered.
  std::string_view extra;
  // The hints: the scalar members of identity (numbers by their token,
  // externalIds flattened; null, nested objects and arrays give none).
  // (namespace, value), unescaped, in order of appearance; the aggregateId or
  // customerId comes first. A value may be empty.
  struct Hint {
    std::string_view name_space;
    std::string_view value;
  };
  std::vector<Hint> hints;
};

// Reads events; one per thread, used again and again: its buffers grow to the
// largest event and are kept.
//
// The three shapes are told apart by their members: `payload` with `eventType`
// is kDomain (aggregateId becomes the identity {"aggregateId":...}),
// `eventType` without `payload` is kFlat (customerId becomes
// {"customerId":...}; all other unknown members are the payload), everything
// else must be kCrm. In kDomain and kFlat an `identity` may stand beside the
// subject; it is appended to it. An envelope member that is null counts as
// absent.
//
// Rejects, naming the field and the limit but no value: what is not one JSON
// object with nothing after it, invalid UTF-8, lone surrogates, a byte order
// mark, duplicate keys in one object, depth over kMaxJsonDepth (the event
// itself is the first level), sizes over the limits of crm/event.h, members of
// the wrong type (in kFlat an optional member of the wrong type is merely
// unknown), a missing id or type, a timestamp that is no instant. The envelope
// `source` may be missing here. After an error `*out` means nothing.
class EventDecoder final {
 public:
  EventDecoder();
  ~EventDecoder();
  Status Decode(std::string_view json, DecodedEvent* out);
  // The same checks for an event that came as a struct; its identity is
  // {"namespace":"value",...}, and no namespace may be there twice.
  Status Decode(const Event& event, DecodedEvent* out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Calls `visit(key, value)` for each member of a JSON object, in order: key
// unescaped, value as minified JSON text. Views are valid during the call
// only. `visit` returns false to stop. kMalformed when it is not an object;
// the members before the fault have then been visited. Does not look for
// duplicate keys.
Status ForEachMember(std::string_view object,
                     const std::function<bool(std::string_view key,
                                              std::string_view value)>& visit);

// Calls `visit` for each element of a JSON array, as the text it is (used to
// split arrays of events, each of which is then decoded). Views are valid
// during the call only. kMalformed as above.
Status ForEachElement(
    std::string_view array,
    const std::function<bool(std::string_view element)>& visit);

// `json` must be a JSON string token: the text it stands for. Otherwise the
// token itself is returned unchanged (numbers, true, null).
std::string JsonScalarText(std::string_view json);

// Appends `text` as a JSON string with quotes; `text` must be UTF-8. Only
// what must be escaped is.
void AppendJsonString(std::string_view text, std::string* out);

// Writes an event in the shape it came in (see EventToJson in crm/event.h).
// What Decode took in comes out as the same JSON values (numbers by token),
// with these members added when they were absent: timestamp (occurred_at),
// in kCrm version ("1.0"), source and payload ({}), in kCrm and kDomain
// tenantId (when `tenant` is not empty).
void AppendEventJson(const EventView& event, std::string_view tenant,
                     std::string* out, bool as_given = false);

}  // namespace crm

#endif  // CRM_FORMAT_JSON_H_
