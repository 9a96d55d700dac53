// What the schema engine and the public face both speak of: violations,
// fields, compatibility. Plain data, without a store.

#ifndef CRM_EVENT_SCHEMA_TYPES_H_
#define CRM_EVENT_SCHEMA_TYPES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace crm {

// One rule that a payload breaks.
struct SchemaViolation {
  // JSON pointer into the payload, e.g. "/items/0/price"; "" is the payload.
  // A missing field is named as if it were there. The name of a member that
  // the schema does not name is not repeated, for it may be personal: "/*".
  std::string path;
  // The keyword that refuses: "type", "required", "maximum", ... A schema
  // that is `false` says "false"; text that is no JSON, "json"; a payload that
  // would cost more than kMaxSchemaSteps, "steps".
  std::string keyword;
  // One line that goes behind the path: "must be at least 0, not -5". The
  // value stands there only where the schema names the field, it is not
  // personal, and it is short.
  std::string message;

  bool operator==(const SchemaViolation&) const = default;
};

// A field that a schema names.
struct SchemaField {
  // JSON pointer; "*" stands for each element of an array, and for each
  // member that has no name of its own: "/items/*/price".
  std::string pointer;
  // Of null, boolean, integer, number, string, array, object, in this order;
  // empty: any.
  std::vector<std::string> types;
  // The object around it must have it.
  bool required = false;
  // See Schema::IsPersonal.
  bool personal = false;
  // The keyword `format`, or empty.
  std::string format;

  bool operator==(const SchemaField&) const = default;
};

// How a definition may differ from the one before it. Numbers are stored and
// are the same in all faces.
enum class Compatibility : uint8_t {
  kNone = 0,      // As it likes.
  kBackward = 1,  // What was valid before is valid now: old data can be read.
  kForward = 2,   // What is valid now was valid before: old readers can read.
  kFull = 3,      // Both.
};

}  // namespace crm

#endif  // CRM_EVENT_SCHEMA_TYPES_H_
