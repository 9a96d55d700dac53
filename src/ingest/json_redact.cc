#include "ingest/json_redact.h"

#include <cstddef>

#include "ingest/json_members.h"

namespace crm::ingest {

std::string_view JsonRedactor::Redact(std::string_view json) {
  buffer_.clear();
  size_t kept = 0;  // All before is in the buffer.
  size_t i = 0;
  while (i < json.size()) {
    if (json[i] != '"') {
      ++i;
      continue;
    }
    const size_t end = SkipJsonString(json, i);
    if (end == std::string_view::npos) break;
    // A string with a colon behind it is the name of a member.
    const size_t colon = SkipJsonBlanks(json, end);
    const bool name = colon < json.size() && json[colon] == ':';
    if (!name || !names_.contains(TextOfJson(json.substr(i, end - i)))) {
      i = end;
      continue;
    }
    const size_t value = SkipJsonBlanks(json, colon + 1);
    const size_t after = SkipJsonValue(json, value);
    if (after == std::string_view::npos) break;
    const std::string_view text = json.substr(value, after - value);
    if (text != "null" && text != "\"\"") {
      buffer_.append(json.substr(kept, value - kept)).append(kRedacted);
      kept = after;
      ++count_;
    }
    i = after;
  }
  if (kept == 0) return json;
  return buffer_.append(json.substr(kept));
}

}  // namespace crm::ingest
