// Schemas: what the payload of an event type looks like, which of its fields
// are personal, and how an older version of a payload becomes a newer one.
//
//   tenant.RegisterSchema({.type = "OrderPlaced", .version = "1.0", .json =
//       R"({"type":"object","required":["price"],
//           "properties":{"price":{"type":"number","minimum":0},
//                         "name":{"type":"string","x-personal":true}}})"});
//   tenant.SetValidation("OrderPlaced", crm::Validation::kEnforce);
//   tenant.RegisterUpcaster(R"({"type":"OrderPlaced","from":"1.0",
//       "to":"2.0","steps":[{"rename":"/price","to":"/amount"}]})");
//
// A schema is JSON Schema (the validation vocabulary of draft 2020-12, and of
// draft-07 where they differ), with one member more: `"x-personal": true` at a
// field that says something about a person. What a rule may say is written in
// src/event/schema.h; what is not known is refused, not skipped.
//
// Definitions are choices: each is a record of the log, durable when the call
// returns, and valid for what is appended after it. Nothing is ever replaced:
// a type's schemas are a list, of which the last one registered is the latest.
// Profiles take in each event as the upcasters made of it that were there when
// it was appended; a later upcaster changes how older events are read
// (Tenant::Replay), not what they did.
//
// The catalogue: schemas of the event types that libcrm knows are there
// without registration, as version "1.0" (SchemaInfo::catalogue). As soon as a
// tenant registers a schema of such a type, only her own count for that type.
//
// The calls are those of Tenant (crm/store.h); all may be made from any
// thread. Their limits: kMaxDefinitions and kMaxDefinitionBytes.

#ifndef CRM_INCLUDE_SCHEMA_H_
#define CRM_INCLUDE_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "crm/types.h"

namespace crm {

// Of one tenant: schemas and upcasters together. More is kTooLarge.
inline constexpr size_t kMaxDefinitions = 4096;
// The text of one schema or upcaster. More is kTooLarge.
inline constexpr size_t kMaxDefinitionBytes = 64 * 1024;
// Tenant::CheckPayload answers at most so many violations.
inline constexpr size_t kMaxViolations = 100;

// What happens on append to an event that does not fit the schema of its type,
// or whose type has none.
enum class Validation : uint8_t {
  // Nothing is looked at. The default.
  kOff = 0,
  // It is appended; EventOutcome::warning says what is wrong, and
  // TenantStats::schema_warnings counts it.
  kWarn = 1,
  // It is refused: Outcome::kInvalid.
  kEnforce = 2,
  // Of a single type only: as for all types, again.
  kInherit = 3,
};

// How a new schema has to get on with the latest one of its type. The check is
// careful: what cannot be shown to be compatible is refused.
enum class Compatibility : uint8_t {
  kNone = 0,      // Anything goes.
  kBackward = 1,  // What was valid before is valid now.
  kForward = 2,   // What is valid now was valid before.
  kFull = 3,      // Both.
};

// A schema to register.
struct SchemaDefinition {
  // Of the events: 1 to 128 bytes, not personal.
  std::string type = {};
  // As events name it in `version`: 1 to 32 bytes, compared byte by byte, so
  // that "1" is not "1.0".
  std::string version = "1.0";
  // A JSON object (or true or false), at most kMaxDefinitionBytes.
  std::string json = {};
  // Against the latest of the tenant's own schemas of this type; without
  // meaning for the first one.
  Compatibility compatibility = Compatibility::kBackward;
};

// One field that a schema names.
struct SchemaField {
  // JSON pointer into the payload; "*" stands for each element of an array,
  // and for each member that has no name of its own: "/items/*/price".
  std::string pointer = {};
  // Of null, boolean, integer, number, string, array, object, in this order;
  // empty: any.
  std::vector<std::string> types = {};
  // The object around it must have it.
  bool required = false;
  // It, or something around it, is marked x-personal.
  bool personal = false;
  // The keyword `format`, or empty.
  std::string format = {};

  bool operator==(const SchemaField&) const = default;
};

// A schema as it is known.
struct SchemaInfo {
  std::string type = {};
  std::string version = {};
  // As it was registered, without the blanks between its tokens.
  std::string json = {};
  Compatibility compatibility = Compatibility::kNone;
  // It is that of the library's own catalogue.
  bool catalogue = false;
  // The latest of its type.
  bool latest = false;
  // Where in the log it was registered; zero: in the catalogue.
  Position position = 0;
  // In the order of the schema.
  std::vector<SchemaField> fields = {};
};

// An upcaster as it is known: it makes of a payload of version `from` one of
// version `to`. Upcasters of a type form ways to one latest version: at most
// one begins at each version, and none leads back. A payload is taken as far
// as they lead; where one does not fit a payload, that is the version it
// keeps.
struct UpcasterInfo {
  std::string type = {};
  std::string from = {};
  std::string to = {};
  // {"type","from","to","steps":[...]}, as it was registered, without the
  // blanks between its tokens. The steps are those of src/event/upcaster.h:
  // rename, split, combine, default, convert, remove.
  std::string json = {};
  Position position = 0;
};

// What was said with Tenant::SetValidation.
struct ValidationRule {
  // Empty: all types that have no rule of their own.
  std::string type = {};
  Validation mode = Validation::kOff;
  // Where in the log; zero: never said, the default.
  Position position = 0;
};

// One rule that a payload breaks.
struct SchemaViolation {
  // JSON pointer into the payload, e.g. "/items/0/price"; "" is the payload.
  // A missing field is named as if it were there. The name of a member that
  // the schema does not name is not repeated, for it may be personal: "/*".
  std::string path = {};
  // The keyword that refuses: "type", "required", "minimum", ...
  std::string keyword = {};
  // One line that goes behind the path: "must be at least 0, not -5". The
  // value stands there only where the schema names the field, it is not
  // personal, and it is short.
  std::string message = {};

  bool operator==(const SchemaViolation&) const = default;
};

}  // namespace crm

#endif  // CRM_INCLUDE_SCHEMA_H_
