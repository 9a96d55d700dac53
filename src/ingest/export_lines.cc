#include "ingest/export_lines.h"

#include <charconv>
#include <utility>

#include "ingest/content_hash.h"
#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

constexpr std::string_view kCheck = ",\"check\":\"";
constexpr size_t kCheckDigits = 16;
constexpr std::string_view kEnd = "\"}";
constexpr size_t kTailBytes = kCheck.size() + kCheckDigits + kEnd.size();
constexpr size_t kReadBytes = size_t{256} << 10;

constexpr std::string_view kKinds[] = {"", "schema", "upcaster", "validation",
                                        "identity"};
constexpr std::string_view kCompatibilities[] = {"none", "backward", "forward",
                                                 "full"};
constexpr std::string_view kModes[] = {"off", "warn", "enforce", "inherit"};

// The text with the number of `value`.
template <typename Enum, size_t n>
std::string_view TextOf(const std::string_view (&texts)[n], Enum value) {
  const auto number = static_cast<size_t>(value);
  return number < n ? texts[number] : std::string_view();
}

// False: no number has this text.
template <typename Enum, size_t n>
bool FromText(const std::string_view (&texts)[n], std::string_view text,
              Enum* value) {
  for (size_t i = 0; i < n; ++i) {
    if (text.empty() || texts[i] != text) continue;
    *value = static_cast<Enum>(i);
    return true;
  }
  return false;
}

}  // namespace

std::string_view KindText(DefinitionView::Kind kind) {
  return TextOf(kKinds, kind);
}

std::string_view CompatibilityText(Compatibility compatibility) {
  return TextOf(kCompatibilities, compatibility);
}

std::string_view ModeText(Validation mode) { return TextOf(kModes, mode); }

const std::string& CheckChain::Next(std::string_view body) {
  buffer_.assign(check_);
  buffer_.append(body);
  check_ = ToHex(HashContent(buffer_)).substr(0, kCheckDigits);
  return check_;
}

void CheckChain::Close(std::string* body) {
  const std::string& check = Next(*body);
  body->append(kCheck).append(check).append(kEnd).push_back('\n');
}

void AppendTextMember(std::string_view name, std::string_view text,
                      std::string* out) {
  AppendComma(out);
  out->push_back('"');
  out->append(name).append("\":");
  AppendJsonString(text, out);
}

void AppendNumberMember(std::string_view name, uint64_t number,
                        std::string* out) {
  AppendMember(name, std::to_string(number), out);
}

void AppendDefinition(std::string_view tenant, uint64_t after,
                      const DefinitionView& definition, std::string* out) {
  using Kind = DefinitionView::Kind;
  *out = R"({"kind":"definition")";
  AppendTextMember("tenant", tenant, out);
  AppendNumberMember("after", after, out);
  AppendTextMember("definition", KindText(definition.kind), out);
  if (!definition.type.empty()) AppendTextMember("type", definition.type, out);
  switch (definition.kind) {
    case Kind::kSchema:
      AppendTextMember("version", definition.version, out);
      AppendTextMember("compatibility",
                       CompatibilityText(definition.compatibility), out);
      AppendMember("schema", definition.json, out);
      break;
    case Kind::kUpcaster:
      AppendTextMember("version", definition.version, out);
      AppendTextMember("to", definition.to, out);
      AppendMember("upcaster", definition.json, out);
      break;
    case Kind::kValidation:
      AppendTextMember("mode", ModeText(definition.mode), out);
      break;
    case Kind::kIdentity:
      AppendMember("settings", definition.json, out);
      break;
  }
}

Result<std::unique_ptr<ExportReader>> ExportReader::Open(
    const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  return std::unique_ptr<ExportReader>(new ExportReader(*std::move(source)));
}

Status ExportReader::Error(StatusCode code, const std::string& what) const {
  return Status(code, "line " + std::to_string(line_) + ": " + what);
}

Status ExportReader::status() const {
  if (members_.ok()) return Status::Ok();
  return Error(StatusCode::kMalformed,
               std::string(members_.status().message()));
}

Result<bool> ExportReader::ReadLine() {
  size_t from = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', from);
    if (end != std::string::npos) {
      text_ = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      ++line_;
      return true;
    }
    if (at_end_) {
      if (begin_ == buffer_.size()) return false;
      ++line_;
      return Error(StatusCode::kMalformed,
                   "ends in the middle: the file was cut off");
    }
    if (buffer_.size() - begin_ > kMaxExportLine) {
      ++line_;
      return Error(StatusCode::kMalformed, "too long for an export");
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    from = buffer_.size();
    buffer_.resize(from + kReadBytes);
    Result<size_t> n = source_->Read(buffer_.data() + from, kReadBytes);
    buffer_.resize(from + (n.ok() ? *n : 0));
    if (!n.ok()) {
      return Status(n.status().code(), "after line " + std::to_string(line_) +
                                           ": " +
                                           std::string(n.status().message()));
    }
    at_end_ = *n == 0;
  }
}

Status ExportReader::TakeApart() {
  const bool framed =
      text_.size() > kTailBytes && text_.ends_with(kEnd) &&
      text_.substr(text_.size() - kTailBytes, kCheck.size()) == kCheck;
  if (!framed) {
    return Error(StatusCode::kMalformed, line_ == 1 ? "not an export of libcrm"
                                                    : "no line of an export");
  }
  body_ = text_.substr(0, text_.size() - kTailBytes);
  const std::string_view check =
      text_.substr(body_.size() + kCheck.size(), kCheckDigits);
  if (chain_.Next(body_) != check) {
    return Error(StatusCode::kMalformed,
                 "its check is wrong: it was changed, or lines before it are "
                 "missing");
  }
  object_.assign(body_);
  object_.push_back('}');
  Status split = members_.Split(object_);
  if (!split.ok()) {
    return Error(StatusCode::kMalformed, std::string(split.message()));
  }
  kind_ = Text("kind");
  return status();
}

Result<bool> ExportReader::Next() {
  Result<bool> more = ReadLine();
  if (!more.ok() || !*more) return more;
  Status status = TakeApart();
  if (!status.ok()) return status;
  return true;
}

uint64_t ExportReader::Number(std::string_view name) {
  const std::string_view text = members_.Take(name);
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() ||
      text.empty()) {
    members_.Fail(name, "not a number");
  }
  return number;
}

Status ExportReader::ReadDefinition(DefinitionLine* out) {
  using Kind = DefinitionView::Kind;
  *out = DefinitionLine();
  out->tenant = Text("tenant");
  out->after = Number("after");
  const std::string kind = Text("definition");
  if (!status().ok()) return status();
  if (!FromText(kKinds, kind, &out->kind)) {
    return Error(StatusCode::kUnsupported,
                 "definition: of a kind that this version does not know");
  }
  if (out->kind == Kind::kValidation) {
    out->type = TextOfJson(members_.TakeString("type"));  // All: none.
    if (!FromText(kModes, Text("mode"), &out->mode)) {
      members_.Fail("mode", "unknown");
    }
  } else if (out->kind == Kind::kIdentity) {
    out->json = members_.TakeObject("settings");
  } else {
    out->type = Text("type");
    out->version = Text("version");
    if (out->kind == Kind::kSchema) {
      if (!FromText(kCompatibilities, Text("compatibility"),
                    &out->compatibility)) {
        members_.Fail("compatibility", "unknown");
      }
      out->json = members_.Take("schema");
    } else {
      out->to = Text("to");
      out->json = members_.TakeObject("upcaster");
    }
  }
  if (!status().ok()) return status();
  if (out->kind != Kind::kValidation && out->json.empty()) {
    return Error(StatusCode::kMalformed, kind + ": missing");
  }
  if (!members_.HasRest()) return Status::Ok();
  return Error(StatusCode::kUnsupported,
               "definition: a member that this version does not know");
}

std::string ExportReader::Text(std::string_view name) {
  const std::string_view text = members_.TakeString(name);
  if (text.empty()) members_.Fail(name, "missing");
  return TextOfJson(text);
}

}  // namespace crm::ingest
