#include "ingest/json_members.h"

#include <cstdint>

#include "ingest/ascii.h"
#include "ingest/encoding.h"

namespace crm::ingest {
namespace {

Status NotJson(size_t at) {
  return Status(StatusCode::kMalformed,
                "event: not JSON at byte " + std::to_string(at));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits at `i`, or -1.
int32_t HexUnit(std::string_view text, size_t i) {
  if (text.size() < i + 4) return -1;
  int32_t unit = 0;
  for (size_t k = i; k < i + 4; ++k) {
    const int digit = HexDigit(text[k]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

// Appends the escape behind the backslash at `i`; returns how many bytes it
// has. What is no escape stays, so that it looks like nothing else; it is
// refused later, with the event.
size_t AppendEscape(std::string_view text, size_t i, std::string* out) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = i + 1 < text.size() ? text[i + 1] : '\0';
  const size_t letter = kLetters.find(c);
  if (letter != std::string_view::npos) {
    out->push_back(kMeanings[letter]);
    return 2;
  }
  const int32_t unit = c == 'u' ? HexUnit(text, i + 2) : -1;
  if (unit >= 0 && (unit < 0xd800 || unit > 0xdfff)) {
    AppendUtf8(static_cast<uint32_t>(unit), out);
    return 6;
  }
  const bool pair =
      unit >= 0 && unit < 0xdc00 && text.substr(i + 6, 2) == "\\u";
  const int32_t low = pair ? HexUnit(text, i + 8) : -1;
  if (low >= 0xdc00 && low <= 0xdfff) {
    AppendUtf8(0x10000 + ((static_cast<uint32_t>(unit) - 0xd800) << 10) +
                   (static_cast<uint32_t>(low) - 0xdc00),
               out);
    return 12;
  }
  out->push_back('\\');
  return 1;
}

// Whether a token is a JSON string for certain, without a closer look.
bool IsPlainString(std::string_view token) {
  if (token.size() < 2 || token.front() != '"') return false;
  for (const char c : token) {
    if (c < 0x20 || c == 0x7f || c == '\\') return false;
  }
  return true;
}

}  // namespace

size_t SkipJsonBlanks(std::string_view text, size_t i) {
  while (i < text.size() && IsBlank(text[i])) ++i;
  return i;
}

size_t SkipJsonString(std::string_view text, size_t i) {
  for (++i; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

size_t SkipJsonValue(std::string_view text, size_t i) {
  const size_t begin = i;
  std::string open;  // The brackets that are not closed yet.
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') {
      i = SkipJsonString(text, i);
      if (i == std::string_view::npos || open.empty()) return i;
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (open.empty() && (closes || c == ',' || IsBlank(c))) {
      return i > begin ? i : std::string_view::npos;
    }
    ++i;
    if (c == '{' || c == '[') open.push_back(c);
    if (!closes) continue;
    if (open.back() != (c == '}' ? '{' : '[')) return std::string_view::npos;
    open.pop_back();
    if (open.empty()) return i;
  }
  return std::string_view::npos;
}

Status JsonMembers::Split(std::string_view object, std::string_view path) {
  members_.clear();
  names_.clear();
  path_ = path;
  status_ = SplitObject(object);
  return status_;
}

Status JsonMembers::SplitObject(std::string_view object) {
  size_t i = SkipJsonBlanks(object, 0);
  if (i == object.size() || object[i] != '{') {
    return Status(StatusCode::kMalformed, "event: not a JSON object");
  }
  i = SkipJsonBlanks(object, i + 1);
  bool more = i < object.size() && object[i] != '}';
  while (more) {
    const size_t begin = i;
    if (i >= object.size() || object[i] != '"') return NotJson(i);
    i = SkipJsonString(object, i);
    if (i == std::string_view::npos) return NotJson(begin);
    Member member;
    member.name = object.substr(begin + 1, i - begin - 2);
    if (member.name.find('\\') != std::string_view::npos) {
      names_.push_back(TextOfJson(object.substr(begin, i - begin)));
      member.name = names_.back();
    }
    i = SkipJsonBlanks(object, i);
    if (i == object.size() || object[i] != ':') return NotJson(i);
    const size_t value = SkipJsonBlanks(object, i + 1);
    i = SkipJsonValue(object, value);
    if (i == std::string_view::npos) return NotJson(value);
    member.value = object.substr(value, i - value);
    member.text = object.substr(begin, i - begin);
    members_.push_back(member);
    i = SkipJsonBlanks(object, i);
    if (i == object.size()) return NotJson(i);
    more = object[i] == ',';
    if (more) i = SkipJsonBlanks(object, i + 1);
  }
  if (i == object.size() || object[i] != '}') return NotJson(i);
  i = SkipJsonBlanks(object, i + 1);
  return i == object.size() ? Status::Ok() : NotJson(i);
}

JsonMembers::Member* JsonMembers::Find(std::string_view name) {
  Member* found = nullptr;
  for (Member& member : members_) {
    if (member.name != name) continue;
    if (found != nullptr) Fail(name, "is there twice");
    found = &member;
  }
  return found;
}

std::string_view JsonMembers::Peek(std::string_view name) {
  const Member* const member = Find(name);
  if (member == nullptr) return {};
  const bool absent = member->value == "null" || member->value == "\"\"";
  return absent ? std::string_view() : member->value;
}

std::string_view JsonMembers::Take(std::string_view name) {
  const std::string_view value = Peek(name);
  if (!value.empty()) Find(name)->taken = true;
  return value;
}

std::string_view JsonMembers::TakeString(std::string_view name) {
  const std::string_view value = Take(name);
  if (value.empty() || value.front() == '"') return value;
  Fail(name, "not a string");
  return {};
}

std::string_view JsonMembers::TakeScalar(std::string_view name) {
  const std::string_view value = Take(name);
  if (value.empty() || value.front() == '"' || value.front() == '-' ||
      (value.front() >= '0' && value.front() <= '9')) {
    return value;
  }
  Fail(name, "neither a string nor a number");
  return {};
}

std::string_view JsonMembers::TakeObject(std::string_view name) {
  const std::string_view value = Take(name);
  if (value.empty() || value.front() == '{') return value;
  Fail(name, "not an object");
  return {};
}

void JsonMembers::Drop(std::string_view name) {
  for (Member& member : members_) {
    const bool plain = IsPlainString(member.value);
    if (member.name == name && plain) member.taken = true;
  }
}

void JsonMembers::AppendRest(std::string* out) const {
  for (const Member& member : members_) {
    if (member.taken) continue;
    AppendComma(out);
    out->append(member.text);
  }
}

bool JsonMembers::HasRest() const {
  for (const Member& member : members_) {
    if (!member.taken) return true;
  }
  return false;
}

std::vector<std::string_view> JsonMembers::Names() const {
  std::vector<std::string_view> names;
  for (const Member& member : members_) names.push_back(member.name);
  return names;
}

void JsonMembers::Fail(std::string_view name, std::string_view what) {
  if (!status_.ok()) return;
  std::string text = path_;
  text.append(name).append(": ").append(what);
  status_ = Status(StatusCode::kInvalidArgument, std::move(text));
}

std::string TextOfJson(std::string_view token) {
  if (token.size() < 2 || token.front() != '"') return std::string(token);
  token = token.substr(1, token.size() - 2);
  std::string text;
  for (size_t i = 0; i < token.size();) {
    if (token[i] == '\\') {
      i += AppendEscape(token, i, &text);
    } else {
      text.push_back(token[i++]);
    }
  }
  return text;
}

void AppendComma(std::string* out) {
  if (!out->empty() && out->back() != '{') out->push_back(',');
}

void AppendMember(std::string_view name, std::string_view value,
                  std::string* out) {
  AppendComma(out);
  out->push_back('"');
  out->append(name);
  out->append("\":");
  out->append(value);
}

void AppendInner(std::string_view object, std::string* out) {
  const size_t begin = SkipJsonBlanks(object, 1);
  if (begin + 1 >= object.size()) return;
  AppendComma(out);
  out->append(object.substr(begin, object.size() - 1 - begin));
}

}  // namespace crm::ingest
