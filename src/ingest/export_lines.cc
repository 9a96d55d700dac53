#include "ingest/export_lines.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "ingest/content_hash.h"
#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

constexpr std::string_view kCheck = ",\"check\":\"";
constexpr size_t kCheckDigits = 16;
constexpr std::string_view kEnd = "\"}";
constexpr size_t kTailBytes = kCheck.size() + kCheckDigits + kEnd.size();
constexpr size_t kLineReadBytes = size_t{256} << 10;

constexpr std::string_view kKinds[] = {
    "", "schema", "upcaster", "validation", "identity", "consent", "privacy"};
constexpr std::string_view kCompatibilities[] = {"none", "backward", "forward",
                                                 "full"};
constexpr std::string_view kChoices[] = {
    "",       "merge",   "partition", "assertion", "review",    "answer",
    "shared", "erasure", "redaction", "hold",      "retention", "household"};
constexpr std::string_view kSaid[] = {"", "placed", "released", "waiting"};
constexpr std::string_view kErasureModes[] = {"", "shred", "anonymise", "hard"};
constexpr std::string_view kOrigins[] = {"", "event", "hand", "match",
                                         "re-resolve"};
constexpr std::string_view kAssertions[] = {"", "must-link", "cannot-link"};
constexpr std::string_view kAnswers[] = {"", "same", "different", "dismiss"};
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

// Eats `text` from the front of `*json`.
bool Eat(std::string_view text, std::string_view* json) {
  if (!json->starts_with(text)) return false;
  json->remove_prefix(text.size());
  return true;
}

bool EatNumber(std::string_view* json, uint64_t* number) {
  const char* const begin = json->data();
  const auto [end, error] =
      std::from_chars(begin, begin + json->size(), *number);
  if (error != std::errc()) return false;
  json->remove_prefix(static_cast<size_t>(end - begin));
  return true;
}

bool EatPart(std::string_view* json, ChoiceLine::Part* part) {
  if (!Eat("{\"customer\":", json) || !EatNumber(json, &part->customer) ||
      !Eat(",\"records\":[", json)) {
    return false;
  }
  do {
    if (!EatNumber(json, &part->records.emplace_back())) return false;
  } while (Eat(",", json));
  return Eat("]}", json);
}

// {"customer":7,"evidence":["address","surname"]}
bool EatJoin(std::string_view* json, HouseholdJoin* join) {
  if (!Eat("{\"customer\":", json) || !EatNumber(json, &join->customer) ||
      !Eat(",\"evidence\":[", json)) {
    return false;
  }
  std::string_view quote = "\"";
  for (uint32_t bit = 1; bit <= kAllHouseholdEvidence; bit <<= 1) {
    const std::string name(HouseholdEvidenceNames(bit)[0]);
    if (!Eat(std::string(quote) + name + '"', json)) continue;
    join->evidence |= bit;
    quote = ",\"";
  }
  return Eat("]}", json);
}

bool ReadJoins(std::string_view json, std::vector<HouseholdJoin>* joins) {
  if (!Eat("[", &json)) return false;
  do {
    if (!EatJoin(&json, &joins->emplace_back())) return false;
  } while (Eat(",", &json));
  return json == "]";
}

bool ReadNumbers(std::string_view json, std::vector<uint64_t>* numbers) {
  if (!Eat("[", &json)) return false;
  do {
    if (!EatNumber(&json, &numbers->emplace_back())) return false;
  } while (Eat(",", &json));
  return json == "]";
}

// ["orders","consent"], as an export writes it. False: it is not.
bool ReadNames(std::string_view json, std::vector<std::string>* names) {
  if (!Eat("[", &json)) return false;
  do {
    size_t end = 1;
    while (end < json.size() && json[end] != '"') {
      end += json[end] == '\\' ? 2 : 1;
    }
    if (end >= json.size() || json[0] != '"') return false;
    names->push_back(TextOfJson(json.substr(0, end + 1)));
    json.remove_prefix(end + 1);
  } while (Eat(",", &json));
  return json == "]";
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
    case Kind::kConsent:
    case Kind::kPrivacy:
      AppendMember("settings", definition.json, out);
      break;
  }
}

void AppendChoice(std::string_view tenant, uint64_t after,
                  const ChoiceView& choice, std::string* out) {
  *out = R"({"kind":"choice")";
  AppendTextMember("tenant", tenant, out);
  AppendNumberMember("after", after, out);
  AppendInner(choice.json, out);
}

bool ReadParts(std::string_view json, std::vector<ChoiceLine::Part>* parts) {
  parts->clear();
  if (!Eat("[", &json)) return false;
  do {
    if (!EatPart(&json, &parts->emplace_back())) return false;
  } while (Eat(",", &json));
  return json == "]";
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
    buffer_.resize(from + kLineReadBytes);
    Result<size_t> n = source_->Read(buffer_.data() + from, kLineReadBytes);
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
  } else if (out->kind == Kind::kIdentity || out->kind == Kind::kConsent ||
             out->kind == Kind::kPrivacy) {
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

// Empty: none. False: of a later version.
bool ReadReason(std::string_view text, IdentityReason* reason) {
  *reason = IdentityReason::kNone;
  if (text.empty()) return true;
  const std::string name = TextOfJson(text);
  for (int i = 1; i <= static_cast<int>(IdentityReason::kWeakMatch); ++i) {
    *reason = static_cast<IdentityReason>(i);
    if (name == IdentityReasonName(*reason)) return true;
  }
  return false;
}

// The members that a hold alone has. Errors go to status().
void ExportReader::ReadHold(ChoiceLine* out) {
  out->hold = Number("hold");
  if (!FromText(kSaid, Text("said"), &out->said)) {
    members_.Fail("said", "unknown");
  }
  if (members_.Has("categories") &&
      !ReadNames(members_.Take("categories"), &out->categories)) {
    members_.Fail("categories", "not as an export writes it");
  }
  out->confirm = members_.Take("confirm") == "true";
  if (out->said == ChoiceLine::Said::kWaiting &&
      !FromText(kErasureModes, Text("mode"), &out->mode)) {
    members_.Fail("mode", "unknown");
  }
}

// The same of a household.
void ExportReader::ReadHousehold(ChoiceLine* out) {
  out->household = Number("household");
  out->made = members_.Take("made") == "true";
  out->name = TextOfJson(members_.TakeString("name"));
  if (members_.Has("joined") &&
      !ReadJoins(members_.Take("joined"), &out->joined)) {
    members_.Fail("joined", "not as an export writes it");
  }
  if (members_.Has("left") && !ReadNumbers(members_.Take("left"), &out->left)) {
    members_.Fail("left", "not as an export writes it");
  }
}

Status ExportReader::ReadChoice(ChoiceLine* out) {
  using Kind = ChoiceLine::Kind;
  *out = ChoiceLine();
  out->tenant = Text("tenant");
  out->after = Number("after");
  const std::string kind = Text("choice");
  const std::string origin = Text("origin");
  if (!status().ok()) return status();
  if (!FromText(kChoices, kind, &out->kind) ||
      !FromText(kOrigins, origin, &out->origin)) {
    return Error(StatusCode::kUnsupported,
                 "choice: of a kind that this version does not know");
  }
  const auto number = [this](std::string_view name) {
    return members_.Has(name) ? Number(name) : 0;
  };
  out->customer = number("customer");
  out->retired = number("retired");
  out->a = number("a");
  out->b = number("b");
  if (out->kind == Kind::kAssertion &&
      !FromText(kAssertions, Text("assertion"), &out->assertion)) {
    members_.Fail("assertion", "unknown");
  }
  if (out->kind == Kind::kAnswer &&
      !FromText(kAnswers, Text("answer"), &out->answer)) {
    members_.Fail("answer", "unknown");
  }
  if (out->kind == Kind::kHousehold) ReadHousehold(out);
  if (out->kind == Kind::kHold) {
    ReadHold(out);
  } else {
    out->retracted = !members_.TakeString("said").empty();
  }
  if (out->kind == Kind::kPartition &&
      !ReadParts(members_.Take("parts"), &out->parts)) {
    members_.Fail("parts", "not as an export writes it");
  }
  out->by = TextOfJson(members_.TakeString("by"));
  out->why = TextOfJson(members_.TakeString("why"));
  if (!ReadReason(members_.TakeString("reason"), &out->reason)) {
    members_.Fail("reason", "unknown");
  }
  const std::string weight(members_.Take("weight"));
  out->weight = weight.empty() ? 0 : std::strtod(weight.c_str(), nullptr);
  // To be compared, by the checksum of all choices.
  for (const std::string_view name :
       {"namespace", "confidence", "leading", "records", "events"}) {
    members_.Take(name);
  }
  if (!status().ok()) return status();
  if (!members_.HasRest()) return Status::Ok();
  return Error(StatusCode::kUnsupported,
               "choice: a member that this version does not know");
}

std::string ExportReader::Text(std::string_view name) {
  const std::string_view text = members_.TakeString(name);
  if (text.empty()) members_.Fail(name, "missing");
  return TextOfJson(text);
}

}  // namespace crm::ingest
