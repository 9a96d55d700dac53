// The first half of EventDecoder: where everything is.

#include "format/event_decoder_internal.h"

namespace crm {

using enum EnvelopeName;

Status EventDecoder::Impl::Scan(std::string_view json) {
  char* const data = input.Reserve(json.size());
  if (!json.empty()) std::memcpy(data, json.data(), json.size());
  text = {data, json.size()};
  keys.Reset(text.size());
  members.clear();
  index.fill(0);
  carried = {};
  in_identity = {};
  current = kUnknown;
  out->hints.clear();
  if (!IsJsonUtf8(text)) {
    return FieldFault(StatusCode::kMalformed, "event", "not UTF-8");
  }
  JsonScanner scanner(text, kMaxJsonDepth, &keys);
  scanner.SkipBlanks();
  if (scanner.Peek() != '{') {
    return FieldFault(StatusCode::kMalformed, "event", "not a JSON object");
  }
  const bool taken = scanner.TakeObject(0, [&](const JsonScanner::Key& key) {
    return TakeMember(key, &scanner);
  });
  if (!taken) return ScanFault(scanner);
  base = text.data();
  scanner.SkipBlanks();
  if (!scanner.AtEnd()) {
    return FieldFault(StatusCode::kMalformed, "event",
                      "not one JSON object alone");
  }
  if (scanner.blanks() > 0) {
    char* const room = minified.Reserve(text.size() + kMinifySlack);
    if (MinifyTo(text, room) != text.size() - scanner.blanks()) {
      return FieldFault(StatusCode::kInternal, "event", "minified otherwise");
    }
    base = room;
  }
  return Status();
}

bool EventDecoder::Impl::TakeMember(const JsonScanner::Key& key,
                                    JsonScanner* scanner) {
  EnvelopeMember member;
  member.name = EnvelopeNameOf(key.text);
  member.kind = scanner->Peek();
  member.begin = key.minified_offset;
  member.value = scanner->MinifiedOffset();
  current = member.name;
  const char* const first = scanner->at();
  bool taken = false;
  if (member.kind == '"') {
    std::string_view raw;
    taken = scanner->TakeString(&raw, &member.escaped);
  } else if (member.name == kIdentity && member.kind == '{') {
    taken = TakeIdentity(scanner);
  } else {
    taken = scanner->TakeValue(1);
  }
  if (!taken) return false;
  current = kUnknown;
  member.token = {first, static_cast<size_t>(scanner->at() - first)};
  member.end = scanner->MinifiedOffset();
  members.push_back(member);
  if (member.name != kUnknown) {
    index[static_cast<size_t>(member.name)] =
        static_cast<uint32_t>(members.size());
  }
  return true;
}

bool EventDecoder::Impl::TakeIdentity(JsonScanner* scanner) {
  return scanner->TakeObject(1, [&](const JsonScanner::Key& key) {
    if (scanner->Peek() == '{' && key.text == "externalIds") {
      return scanner->TakeObject(2, [&](const JsonScanner::Key& inner) {
        return TakeHint(inner, 3, scanner);
      });
    }
    const EnvelopeName name = EnvelopeNameOf(key.text);
    if (name != kUnknown) in_identity.Add(name);
    return TakeHint(key, 2, scanner);
  });
}

bool EventDecoder::Impl::TakeHint(const JsonScanner::Key& key, size_t depth,
                                  JsonScanner* scanner) {
  const char kind = scanner->Peek();
  if (kind == '"') {
    std::string_view raw;
    bool escaped = false;
    if (!scanner->TakeString(&raw, &escaped)) return false;
    out->hints.push_back({key.text, escaped ? keys.Unescape(raw) : raw});
    return true;
  }
  const char* const first = scanner->at();
  if (!scanner->TakeValue(depth)) return false;
  if (kind != '{' && kind != '[' && kind != 'n') {
    out->hints.push_back(
        {key.text, {first, static_cast<size_t>(scanner->at() - first)}});
  }
  return true;
}

Status EventDecoder::Impl::ScanFault(const JsonScanner& scanner) const {
  const std::string_view field = EnvelopeText(current);
  switch (scanner.fault()) {
    case JsonFault::kDepth:
      return FieldTooLarge(field, kMaxJsonDepth, "levels deep");
    case JsonFault::kDuplicateKey:
      return FieldFault(StatusCode::kMalformed, field, "a key is there twice");
    case JsonFault::kSurrogate:
      return FieldFault(StatusCode::kMalformed, field, "half a surrogate pair");
    default:
      if (from_struct) {
        return FieldFault(StatusCode::kMalformed, field, "not JSON");
      }
      return FieldFault(StatusCode::kMalformed, field,
                        "not JSON at byte " + std::to_string(scanner.offset()));
  }
}

}  // namespace crm
