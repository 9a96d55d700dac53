// Schemas of payloads: JSON Schema, compiled for checking one event in less
// time than it takes to append it. Pure: bytes in, answers out; no store.
//
//   Result<Schema> schema = Schema::Compile(
//       R"({"type": "object", "required": ["price"],
//           "properties": {"price": {"type": "number", "minimum": 0}}})");
//   SchemaViolation violation;
//   if (!schema->Validate(payload, &violation)) Tell(violation.message);
//
// The vocabulary is that of JSON Schema 2020-12, with the spelling of draft-07
// where it differs (`definitions`, `dependencies`, `items` as an array with
// `additionalItems`). A schema may say which it is written in by `$schema`;
// without, both spellings are taken.
//
// Checked: type, enum, const; minimum, maximum, exclusiveMinimum,
// exclusiveMaximum, multipleOf (exact, for numbers of any size); minLength,
// maxLength (code points), pattern, format; items, prefixItems, contains,
// minContains, maxContains, minItems, maxItems, uniqueItems; properties,
// patternProperties, additionalProperties, propertyNames, required,
// minProperties, maxProperties, dependentRequired, dependentSchemas; allOf,
// anyOf, oneOf, not, if, then, else; $ref to "#" or "#/..." with $defs;
// schemas that are true or false.
//
// Kept and not checked: title, description, default, examples, deprecated,
// readOnly, writeOnly, $comment, $schema, $id of the whole, contentEncoding,
// contentMediaType, and whatever begins with "x-". Everything else is refused:
// a keyword that is misspelt must not silently allow what it was to forbid.
//
// Where it goes beyond the specification, or stays behind it:
// - `format` is asserted: date-time, date, email, uuid and uri. Any other is
//   refused by Compile, as the specification demands of those who assert. A
//   date-time is one that ParseTime takes with a "T" (no leap second; years
//   1900 to 2199); an email has one "@" between a local part and a domain,
//   also an internationalised one; a uri has a scheme and only such
//   characters as RFC 3986 allows.
// - `pattern` is RE2, searched anywhere in the text, over code points. What
//   RE2 has not (look-around, back references) is refused; \s is ASCII only.
// - Not there, and refused as unsupported: remote references, $anchor,
//   $dynamicRef, $dynamicAnchor, an $id inside, unevaluatedProperties,
//   unevaluatedItems, contentSchema. In draft-07, where
//   $ref makes its neighbours void, neighbours that would check are refused.
// - The order of numbers and their equality are those of their values: 1, 1.0
//   and 10e-1 are equal, are integers, and count once in uniqueItems.

#ifndef CRM_EVENT_SCHEMA_H_
#define CRM_EVENT_SCHEMA_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "event/schema_types.h"

namespace crm {

// Limits of a schema; beyond them Compile is kTooLarge.
inline constexpr size_t kMaxSchemaBytes = 64 * 1024;
inline constexpr size_t kMaxSchemaDepth = 64;    // Of its JSON text.
inline constexpr size_t kMaxSchemaNodes = 8192;  // Schemas within it.
// Names that one object's rules follow (required, dependent...).
inline constexpr size_t kMaxSchemaTracked = 256;
// Regular expressions within it.
inline constexpr size_t kMaxSchemaExpressions = 128;
// What one check may cost: each value that is held against a schema is a
// step, and so is each kSchemaStepBytes of text that are read once more (by
// allOf, enum, contains, ...). An ordinary event takes some ten. Only schemas
// that branch at every level, held against large payloads, come near; such a
// payload is refused.
inline constexpr size_t kSchemaStepBytes = 64;
inline constexpr size_t kMaxSchemaSteps = 1'000'000;

struct CompiledSchema;

// A compiled schema. Immutable, cheap to copy (the copies share), thread-safe:
// any number of threads may validate with one.
class Schema final {
 public:
  // kMalformed: not JSON, or a key twice. kInvalidArgument: a keyword that
  // JSON Schema does not know, one with a value it cannot have, a $ref that
  // leads nowhere or to itself, an expression that RE2 does not take.
  // kUnsupported: what the list above names. kTooLarge: a limit. Messages name
  // the place as a JSON pointer, e.g. "schema /properties/price/minimum: must
  // be a number".
  static Result<Schema> Compile(std::string_view json);

  // True: `payload` is valid. False: `*first`, if given, tells the first rule
  // it breaks. `payload` is JSON that was checked before, as the append path
  // has it (minified or not; no key twice, at most kMaxJsonDepth deep); other
  // bytes are not a danger, but the answer is "json" or means nothing.
  // A valid payload costs no allocation, unless it has escaped text of
  // more than some hundred bytes, or many elements under uniqueItems.
  bool Validate(std::string_view payload, SchemaViolation* first) const;

  // The rules it breaks, at most `limit` of them; empty: valid. Of an anyOf,
  // oneOf, not or if the whole is one rule.
  std::vector<SchemaViolation> ValidateAll(std::string_view payload,
                                           size_t limit) const;

  // Whether the field at `pointer`, e.g. "/items/0/price", is personal.
  // What `x-personal` says nearest to the field counts, upwards from it: an
  // object that is personal makes its fields so, but for those that say
  // otherwise. A field that is named and of which nobody says anything is not
  // personal. A field that no schema names is; so is a member under
  // patternProperties or additionalProperties, unless its schema says
  // "x-personal": false. Where several schemas describe one field (allOf,
  // anyOf, if, ...), one that says true is enough. "" is the payload as a
  // whole: personal when anything in it may be.
  bool IsPersonal(std::string_view pointer) const;

  // The fields it names, parents before their children, in the order of the
  // schema. A schema that contains itself is told once.
  std::vector<SchemaField> Fields() const;

  // The texts that the field at `pointer` may be, where an enum or a const of
  // nothing but texts (and null) holds for it in any case; empty: none does.
  std::vector<std::string> TextsOf(std::string_view pointer) const;

  // The definition, minified and with keys in order of their bytes: equal for
  // definitions that differ in layout only. Valid as long as a copy lives.
  const std::string& Canonical() const;

 private:
  friend Status CheckCompatible(const Schema& before, const Schema& next,
                                Compatibility mode);
  explicit Schema(std::shared_ptr<const CompiledSchema> compiled)
      : compiled_(std::move(compiled)) {}

  std::shared_ptr<const CompiledSchema> compiled_;
};

// Whether `next` may follow `before`. Ok is a proof: with kBackward every
// payload that `before` allows is allowed by `next`, with kForward the other
// way round. What cannot be proved is kConflict, with the place and the rule:
// "schema /properties/price/minimum: 0 was 0 or absent before".
//
// It is strict about what a schema does not forbid. Where additionalProperties
// is not false an old payload may hold anything under any name; a new field
// is backward compatible then only when its schema allows everything. It is
// forward compatible in any case, as long as new fields are allowed before.
Status CheckCompatible(const Schema& before, const Schema& next,
                       Compatibility mode);

}  // namespace crm

#endif  // CRM_EVENT_SCHEMA_H_
