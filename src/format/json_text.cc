// The small calls of format/json.h: members, elements, strings.

#include "format/json.h"
#include "format/json_internal.h"

namespace crm {
namespace {

// Splitting does not judge: an element nested too deep is refused when it is
// decoded, without its neighbours. The bound only protects the stack.
constexpr size_t kMaxSplitDepth = 256;

Status NotA(std::string_view what) {
  return Status(StatusCode::kMalformed, "JSON: not " + std::string(what));
}

// At the end of the value that began at `first`, with `blanks` before it.
std::string_view Minified(const char* first, size_t blanks,
                          const JsonScanner& scanner, std::string* room) {
  const std::string_view text(first, static_cast<size_t>(scanner.at() - first));
  if (scanner.blanks() == blanks) return text;
  room->resize(text.size() + kMinifySlack);
  return {room->data(), MinifyTo(text, room->data())};
}

}  // namespace

Status ForEachMember(std::string_view object,
                     const std::function<bool(std::string_view key,
                                              std::string_view value)>& visit) {
  if (!IsJsonUtf8(object)) return NotA("UTF-8");
  JsonScanner scanner(object, kMaxSplitDepth, nullptr);
  std::string key_room;
  std::string value_room;
  bool stopped = false;
  scanner.SkipBlanks();
  const bool taken = scanner.TakeObject(0, [&](const JsonScanner::Key& key) {
    const char* const first = scanner.at();
    const size_t blanks = scanner.blanks();
    if (!scanner.TakeValue(1)) return false;
    std::string_view name = key.text;
    if (key.escaped) {
      key_room.resize(name.size());
      const char* const end = UnescapeTo(name, key_room.data());
      name = {key_room.data(), static_cast<size_t>(end - key_room.data())};
    }
    stopped = !visit(name, Minified(first, blanks, scanner, &value_room));
    return !stopped;
  });
  if (stopped) return Status();
  scanner.SkipBlanks();
  return taken && scanner.AtEnd() ? Status() : NotA("one valid object");
}

Status ForEachElement(
    std::string_view array,
    const std::function<bool(std::string_view element)>& visit) {
  JsonScanner scanner(array, kMaxSplitDepth, nullptr);
  bool stopped = false;
  scanner.SkipBlanks();
  const bool taken = scanner.TakeArray(0, [&] {
    const char* const first = scanner.at();
    if (!scanner.TakeValue(1)) return false;
    stopped = !visit({first, static_cast<size_t>(scanner.at() - first)});
    return !stopped;
  });
  if (stopped) return Status();
  scanner.SkipBlanks();
  return taken && scanner.AtEnd() ? Status() : NotA("one valid array");
}

std::string JsonScalarText(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return std::string(json);
  JsonScanner scanner(json, 1, nullptr);
  std::string_view raw;
  bool escaped = false;
  if (!scanner.TakeString(&raw, &escaped) || !scanner.AtEnd()) {
    return std::string(json);
  }
  if (!escaped) return std::string(raw);
  std::string text(raw.size(), '\0');
  const char* const end = UnescapeTo(raw, text.data());
  text.resize(static_cast<size_t>(end - text.data()));
  return text;
}

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::string_view kShort = "\b\f\n\r\t\"\\";
  out->push_back('"');
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text, copied, i - copied);
    copied = i + 1;
    out->push_back('\\');
    const size_t known = kShort.find(text[i]);
    if (known != std::string_view::npos) {
      out->push_back("bfnrt\"\\"[known]);
    } else {
      out->append("u00");
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 15]);
    }
  }
  out->append(text, copied, text.size() - copied);
  out->push_back('"');
}

}  // namespace crm
