// A schema, a line feed, a payload; and maybe a line feed and another schema
// to compare with. Whatever they are: an answer, and the same one however it
// is asked for.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "crm/event.h"
#include "event/schema.h"
#include "format/json_tree.h"
#include "fuzz/require.h"

namespace crm {
namespace {

void CheckPayload(const Schema& schema, std::string_view payload) {
  SchemaViolation first;
  const bool valid = schema.Validate(payload, &first);
  Require(schema.Validate(payload, nullptr) == valid);
  const std::vector<SchemaViolation> all = schema.ValidateAll(payload, 5);
  Require(all.empty() == valid && all.size() <= 5);
  if (valid) return;
  Require(!first.keyword.empty() && !first.message.empty());
  Require(first.path.empty() || first.path.front() == '/');
  Require(all.front() == first || all.front().keyword == "steps" ||
          all.front().keyword == "json" || first.keyword == "steps");
}

void CheckFields(const Schema& schema) {
  for (const SchemaField& field : schema.Fields()) {
    Require(!field.pointer.empty() && field.pointer.front() == '/');
    // The star stands for names that none of the fields may have.
    if (field.pointer.find('*') == std::string::npos) {
      Require(schema.IsPersonal(field.pointer) == field.personal);
    }
  }
}

void Fuzz(std::string_view input) {
  const size_t cut = std::min(input.find('\n'), input.size());
  const Result<Schema> schema = Schema::Compile(input.substr(0, cut));
  if (!schema.ok()) return Require(!schema.status().message().empty());
  const Result<Schema> again = Schema::Compile(schema->Canonical());
  Require(again.ok() && again->Canonical() == schema->Canonical());
  Require(CheckCompatible(*schema, *again, Compatibility::kFull).ok());
  CheckFields(*schema);
  if (cut == input.size()) return;
  const std::string_view rest = input.substr(cut + 1);
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view payload = rest.substr(0, end);
  CheckPayload(*schema, payload);
  if (end == rest.size()) return;
  const Result<Schema> next = Schema::Compile(rest.substr(end + 1));
  if (!next.ok()) return;
  CheckPayload(*next, payload);
  // A key twice is what no append lets in; a proof does not speak of it.
  if (!ParseJsonTree(payload, kMaxJsonDepth, "payload").ok()) return;
  if (schema->Validate(payload, nullptr) && !next->Validate(payload, nullptr)) {
    SchemaViolation violation;
    const bool proved =
        CheckCompatible(*schema, *next, Compatibility::kBackward).ok();
    next->Validate(payload, &violation);
    Require(!proved || violation.keyword == "steps");
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
