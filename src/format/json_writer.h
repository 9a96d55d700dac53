// Writes JSON on one line: what the library says of itself in JSON. Not thread
// safe.
//
// Members of objects have a name; elements of arrays have an empty one. Commas
// are put between them. What is opened must be closed, in the reverse order.

#ifndef CRM_FORMAT_JSON_WRITER_H_
#define CRM_FORMAT_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace crm {

// Text as a JSON string, with its quotes.
std::string QuotedJson(std::string_view text);

class JsonWriter final {
 public:
  void BeginObject(std::string_view name = {}) { Begin(name, '{'); }
  void EndObject() { End('}'); }
  void BeginArray(std::string_view name = {}) { Begin(name, '['); }
  void EndArray() { End(']'); }

  // `value` must be UTF-8.
  void Text(std::string_view name, std::string_view value);
  void Number(std::string_view name, uint64_t value);
  void Flag(std::string_view name, bool value);
  // `json` is JSON already.
  void Raw(std::string_view name, std::string_view json);

  // What says nothing is left out.
  void TextIfAny(std::string_view name, std::string_view value) {
    if (!value.empty()) Text(name, value);
  }
  void NumberIfAny(std::string_view name, uint64_t value) {
    if (value != 0) Number(name, value);
  }

  // All that was written; the writer is empty then.
  std::string Take();

 private:
  void Name(std::string_view name);
  void Begin(std::string_view name, char bracket);
  void End(char bracket);

  std::string text_;
  bool first_ = true;
};

}  // namespace crm

#endif  // CRM_FORMAT_JSON_WRITER_H_
