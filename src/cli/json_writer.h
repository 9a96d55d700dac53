// Writes JSON on one line: what --json prints.

#ifndef CRM_CLI_JSON_WRITER_H_
#define CRM_CLI_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace crm::cli {

// Members of objects have a name; elements of arrays have an empty one.
class JsonWriter final {
 public:
  void BeginObject(std::string_view name = {});
  void EndObject();
  void BeginArray(std::string_view name);
  void EndArray();
  void Text(std::string_view name, std::string_view value);
  void Number(std::string_view name, uint64_t value);
  void Seconds(std::string_view name, double value);
  void Boolean(std::string_view name, bool value);
  // `json` is JSON already; empty: null.
  void Raw(std::string_view name, std::string_view json);

  const std::string& text() const { return text_; }
  // Prints the line on standard output and begins a new one.
  void PrintLine();

 private:
  void Begin(std::string_view name);
  void Quote(std::string_view value);

  std::string text_;
  bool first_ = true;
};

}  // namespace crm::cli

#endif  // CRM_CLI_JSON_WRITER_H_
