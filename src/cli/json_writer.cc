#include "cli/json_writer.h"

#include <cstdio>

namespace crm::cli {

void JsonWriter::Begin(std::string_view name) {
  if (!first_) text_.push_back(',');
  first_ = false;
  if (name.empty()) return;
  Quote(name);
  text_.push_back(':');
}

void JsonWriter::Quote(std::string_view value) {
  text_.push_back('"');
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text_.push_back('\\');
      text_.push_back(c);
    } else if (byte >= 0x20) {
      text_.push_back(c);
    } else {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      text_.append(escape);
    }
  }
  text_.push_back('"');
}

void JsonWriter::BeginObject(std::string_view name) {
  Begin(name);
  text_.push_back('{');
  first_ = true;
}

void JsonWriter::EndObject() {
  text_.push_back('}');
  first_ = false;
}

void JsonWriter::BeginArray(std::string_view name) {
  Begin(name);
  text_.push_back('[');
  first_ = true;
}

void JsonWriter::EndArray() {
  text_.push_back(']');
  first_ = false;
}

void JsonWriter::Text(std::string_view name, std::string_view value) {
  Begin(name);
  Quote(value);
}

void JsonWriter::Number(std::string_view name, uint64_t value) {
  Begin(name);
  text_.append(std::to_string(value));
}

void JsonWriter::Seconds(std::string_view name, double value) {
  Begin(name);
  char number[64];
  std::snprintf(number, sizeof(number), "%.6f", value);
  text_.append(number);
}

void JsonWriter::Boolean(std::string_view name, bool value) {
  Begin(name);
  text_.append(value ? "true" : "false");
}

void JsonWriter::Raw(std::string_view name, std::string_view json) {
  Begin(name);
  text_.append(json.empty() ? std::string_view("null") : json);
}

void JsonWriter::PrintLine() {
  text_.push_back('\n');
  std::fwrite(text_.data(), 1, text_.size(), stdout);
  text_.clear();
  first_ = true;
}

}  // namespace crm::cli
