#include "store/choice_json.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/household.h"
#include "crm/privacy.h"
#include "format/json.h"

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

// Writes members in the order of the calls.
class Writer {
 public:
  explicit Writer(std::string* out) : out_(*out) { out_ = "{"; }

  void Text(std::string_view name, std::string_view text) {
    Name(name);
    AppendJsonString(text, &out_);
  }
  // What says nothing is left out.
  void TextIfAny(std::string_view name, std::string_view text) {
    if (!text.empty()) Text(name, text);
  }
  void Number(std::string_view name, uint64_t number) {
    Name(name);
    out_.append(std::to_string(number));
  }
  void NumberIfAny(std::string_view name, uint64_t number) {
    if (number != 0) Number(name, number);
  }
  void Numbers(std::string_view name, const std::vector<uint64_t>& numbers) {
    Name(name);
    out_.push_back('[');
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (i > 0) out_.push_back(',');
      out_.append(std::to_string(numbers[i]));
    }
    out_.push_back(']');
  }
  void TextsIfAny(std::string_view name,
                  const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    Name(name);
    char before = '[';
    for (const std::string& text : texts) {
      out_.push_back(std::exchange(before, ','));
      AppendJsonString(text, &out_);
    }
    out_.push_back(']');
  }
  void TrueIf(std::string_view name, bool holds) {
    if (!holds) return;
    Name(name);
    out_.append("true");
  }
  // Hundredths.
  void Weight(int32_t weight) {
    if (weight == 0) return;
    Name("weight");
    const int64_t size = std::abs(int64_t{weight});
    if (weight < 0) out_.push_back('-');
    out_.append(std::to_string(size / 100)).push_back('.');
    out_.push_back(static_cast<char>('0' + size % 100 / 10));
    out_.push_back(static_cast<char>('0' + size % 10));
  }
  void Parts(const std::vector<Part>& parts) {
    Name("parts");
    char before = '[';
    for (const Part& part : parts) {
      if (part.members.moved_to != 0) continue;
      out_.push_back(before);
      before = ',';
      AppendPart(part);
    }
    if (before == '[') out_.push_back('[');
    out_.push_back(']');
    before = '[';
    for (const Part& part : parts) {
      if (part.members.moved_to == 0) continue;
      if (before == '[') Name("leading");
      out_.push_back(before);
      before = ',';
      out_.append("{\"customer\":").append(std::to_string(part.customer));
      out_.append(",\"to\":").append(std::to_string(part.members.moved_to));
      out_.push_back('}');
    }
    if (before == ',') out_.push_back(']');
  }
  void Household(const IdentityChoice::Household& said) {
    Number("household", said.number);
    TrueIf("made", said.made);
    TextIfAny("name", said.name);
    char before = '[';
    for (const IdentityChoice::Household::Join& join : said.joined) {
      if (before == '[') Name("joined");
      out_.push_back(std::exchange(before, ','));
      out_.append("{\"customer\":").append(std::to_string(join.customer));
      out_.append(",\"evidence\":[");
      std::string_view quote = "\"";
      for (const std::string_view name :
           HouseholdEvidenceNames(join.evidence)) {
        out_.append(std::exchange(quote, ",\"")).append(name).push_back('"');
      }
      out_.append("]}");
    }
    if (before == ',') out_.push_back(']');
    if (said.left.empty()) return;
    std::vector<uint64_t> left;
    for (const IdentityChoice::Household::Leave& leave : said.left) {
      left.push_back(leave.customer);
    }
    Numbers("left", left);
  }
  void End() { out_.push_back('}'); }

 private:
  void Name(std::string_view name) {
    if (out_.size() > 1) out_.push_back(',');
    out_.append("\"").append(name).append("\":");
  }
  void AppendPart(const Part& part) {
    out_.append("{\"customer\":").append(std::to_string(part.customer));
    out_.append(",\"records\":[");
    std::vector<RecordId> records;
    for (const Members::Member& member : part.members.records) {
      records.push_back(member.record);
    }
    std::sort(records.begin(), records.end());
    for (size_t i = 0; i < records.size(); ++i) {
      if (i > 0) out_.push_back(',');
      out_.append(std::to_string(records[i]));
    }
    out_.append("]}");
  }

  std::string& out_;
};

}  // namespace

void ChoiceToJson(const IdentityChoice& choice, const Names& names,
                  std::string* out) {
  Writer json(out);
  json.Text("choice", KindText(choice.kind));
  json.Text("origin", OriginText(choice.origin));
  if (choice.kind == ChoiceKind::kAssertion) {
    json.Text("assertion", choice.assertion == Assertion::Kind::kMustLink
                               ? "must-link"
                               : "cannot-link");
    if (choice.retracted) json.Text("said", "retracted");
  }
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
  json.Weight(choice.weight);
  if (choice.kind == ChoiceKind::kPartition) json.Parts(choice.parts);
  if (choice.kind == ChoiceKind::kErasure) {
    json.Numbers("records", choice.erasure.records);
  }
  if (choice.kind == ChoiceKind::kRedaction) {
    json.NumberIfAny("events", choice.events.size());
  }
  if (choice.kind == ChoiceKind::kHold) {
    json.Text("said", HoldText(choice.hold.what));
    json.Number("hold", choice.hold.number);
    json.TextsIfAny("categories", choice.hold.categories);
    if (choice.hold.what == IdentityChoice::Hold::What::kWaiting) {
      json.Text("mode", ModeText(choice.hold.mode));
    }
    json.TrueIf("confirm", choice.hold.confirm);
  }
  if (choice.kind == ChoiceKind::kHousehold) json.Household(choice.household);
  json.TextIfAny("by", choice.by);
  json.TextIfAny("why", choice.why);
  json.End();
}

}  // namespace crm
