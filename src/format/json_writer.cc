#include "format/json_writer.h"

#include <utility>

#include "format/json.h"

namespace crm {

std::string QuotedJson(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

void JsonWriter::Name(std::string_view name) {
  if (!first_) text_ += ',';
  first_ = false;
  if (name.empty()) return;
  AppendJsonString(name, &text_);
  text_ += ':';
}

void JsonWriter::Begin(std::string_view name, char bracket) {
  Name(name);
  text_ += bracket;
  first_ = true;
}

void JsonWriter::End(char bracket) {
  text_ += bracket;
  first_ = false;
}

void JsonWriter::Text(std::string_view name, std::string_view value) {
  Name(name);
  AppendJsonString(value, &text_);
}

void JsonWriter::Number(std::string_view name, uint64_t value) {
  Raw(name, std::to_string(value));
}

void JsonWriter::Flag(std::string_view name, bool value) {
  Raw(name, value ? "true" : "false");
}

void JsonWriter::Raw(std::string_view name, std::string_view json) {
  Name(name);
  text_ += json;
}

std::string JsonWriter::Take() {
  first_ = true;
  return std::exchange(text_, {});
}

}  // namespace crm
