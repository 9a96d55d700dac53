#include "store/choice_json.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "crm/household.h"
#include "crm/privacy.h"
#include "format/json_writer.h"

namespace crm {
namespace {

using Part = IdentityChoice::Part;

std::string_view KindText(ChoiceKind kind) {
  switch (kind) {
    case ChoiceKind::kMerge:
      return "merge";
    case ChoiceKind::kPartition:
      return "partition";
    case ChoiceKind::kAssertion:
      return "assertion";
    case ChoiceKind::kReview:
      return "review";
    case ChoiceKind::kAnswer:
      return "answer";
    case ChoiceKind::kShared:
      return "shared";
    case ChoiceKind::kErasure:
      return "erasure";
    case ChoiceKind::kRedaction:
      return "redaction";
    case ChoiceKind::kHold:
      return "hold";
    case ChoiceKind::kRetention:
      return "retention";
    case ChoiceKind::kHousehold:
      return "household";
  }
  return "";
}

std::string_view OriginText(ChoiceOrigin origin) {
  switch (origin) {
    case ChoiceOrigin::kEvent:
      return "event";
    case ChoiceOrigin::kHand:
      return "hand";
    case ChoiceOrigin::kMatch:
      return "match";
    case ChoiceOrigin::kReResolve:
      return "re-resolve";
  }
  return "";
}

std::string_view HoldText(IdentityChoice::Hold::What what) {
  switch (what) {
    case IdentityChoice::Hold::What::kPlaced:
      return "placed";
    case IdentityChoice::Hold::What::kReleased:
      return "released";
    case IdentityChoice::Hold::What::kWaiting:
      return "waiting";
  }
  return "";
}

std::string_view ModeText(uint8_t mode) {
  switch (static_cast<ErasureMode>(mode)) {
    case ErasureMode::kShred:
      return "shred";
    case ErasureMode::kAnonymise:
      return "anonymise";
    case ErasureMode::kHard:
      return "hard";
  }
  return "";
}

std::string_view AnswerText(ReviewAnswer answer) {
  switch (answer) {
    case ReviewAnswer::kSame:
      return "same";
    case ReviewAnswer::kDifferent:
      return "different";
    case ReviewAnswer::kDismiss:
      return "dismiss";
  }
  return "";
}

// Hundredths.
std::string WeightText(int32_t weight) {
  const int64_t size = std::abs(int64_t{weight});
  std::string text = weight < 0 ? "-" : "";
  text.append(std::to_string(size / 100)).push_back('.');
  text.push_back(static_cast<char>('0' + size % 100 / 10));
  text.push_back(static_cast<char>('0' + size % 10));
  return text;
}

void WriteNumbers(std::string_view name, const std::vector<uint64_t>& numbers,
                  JsonWriter* out) {
  out->BeginArray(name);
  for (const uint64_t number : numbers) out->Number({}, number);
  out->EndArray();
}

void WriteHousehold(const IdentityChoice::Household& said, JsonWriter* out) {
  out->Number("household", said.number);
  if (said.made) out->Flag("made", true);
  out->TextIfAny("name", said.name);
  if (!said.joined.empty()) {
    out->BeginArray("joined");
    for (const IdentityChoice::Household::Join& join : said.joined) {
      out->BeginObject();
      out->Number("customer", join.customer);
      out->BeginArray("evidence");
      for (const std::string_view name :
           HouseholdEvidenceNames(join.evidence)) {
        out->Text({}, name);
      }
      out->EndArray();
      out->EndObject();
    }
    out->EndArray();
  }
  if (said.left.empty()) return;
  std::vector<uint64_t> left;
  for (const IdentityChoice::Household::Leave& leave : said.left) {
    left.push_back(leave.customer);
  }
  WriteNumbers("left", left, out);
}

void WriteTextsIfAny(std::string_view name,
                     const std::vector<std::string>& texts, JsonWriter* out) {
  if (texts.empty()) return;
  out->BeginArray(name);
  for (const std::string& text : texts) out->Text({}, text);
  out->EndArray();
}

void WritePart(const Part& part, JsonWriter* out) {
  std::vector<RecordId> records;
  for (const Members::Member& member : part.members.records) {
    records.push_back(member.record);
  }
  std::sort(records.begin(), records.end());
  out->BeginObject();
  out->Number("customer", part.customer);
  WriteNumbers("records", records, out);
  out->EndObject();
}

// The parts that have records, and the numbers that lead to others.
void WriteParts(const std::vector<Part>& parts, JsonWriter* out) {
  out->BeginArray("parts");
  bool any_leads = false;
  for (const Part& part : parts) {
    if (part.members.moved_to == 0) {
      WritePart(part, out);
    } else {
      any_leads = true;
    }
  }
  out->EndArray();
  if (!any_leads) return;
  out->BeginArray("leading");
  for (const Part& part : parts) {
    if (part.members.moved_to == 0) continue;
    out->BeginObject();
    out->Number("customer", part.customer);
    out->Number("to", part.members.moved_to);
    out->EndObject();
  }
  out->EndArray();
}

}  // namespace

void ChoiceToJson(const IdentityChoice& choice, const Names& names,
                  std::string* out) {
  JsonWriter json;
  json.BeginObject();
  json.Text("choice", KindText(choice.kind));
  json.Text("origin", OriginText(choice.origin));
  if (choice.kind == ChoiceKind::kAssertion) {
    json.Text("assertion", choice.assertion == Assertion::Kind::kMustLink
                               ? "must-link"
                               : "cannot-link");
  }
  if (choice.retracted) json.Text("said", "retracted");
  if (choice.kind == ChoiceKind::kAnswer) {
    json.Text("answer", AnswerText(choice.answer));
  }
  json.NumberIfAny("customer", choice.customer);
  json.NumberIfAny("retired", choice.retired);
  json.NumberIfAny("a", choice.a);
  json.NumberIfAny("b", choice.b);
  if (choice.name_space != 0) {
    json.Text("namespace", names.Text(NameKind::kNamespace, choice.name_space));
  }
  json.NumberIfAny("confidence", choice.confidence);
  if (choice.reason != IdentityReason::kNone) {
    json.Text("reason", IdentityReasonName(choice.reason));
  }
  if (choice.weight != 0) json.Raw("weight", WeightText(choice.weight));
  if (choice.kind == ChoiceKind::kPartition) WriteParts(choice.parts, &json);
  if (choice.kind == ChoiceKind::kErasure) {
    WriteNumbers("records", choice.erasure.records, &json);
  }
  if (choice.kind == ChoiceKind::kRedaction) {
    json.NumberIfAny("events", choice.events.size());
  }
  if (choice.kind == ChoiceKind::kHold) {
    json.Text("said", HoldText(choice.hold.what));
    json.Number("hold", choice.hold.number);
    WriteTextsIfAny("categories", choice.hold.categories, &json);
    if (choice.hold.what == IdentityChoice::Hold::What::kWaiting) {
      json.Text("mode", ModeText(choice.hold.mode));
    }
    if (choice.hold.confirm) json.Flag("confirm", true);
  }
  if (choice.kind == ChoiceKind::kRetention) {
    json.Number("events", choice.retention.events);
  }
  if (choice.kind == ChoiceKind::kHousehold) {
    WriteHousehold(choice.household, &json);
  }
  json.TextIfAny("by", choice.by);
  json.TextIfAny("why", choice.why);
  json.EndObject();
  *out = json.Take();
}

}  // namespace crm
