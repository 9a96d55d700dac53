// Answers as JSON and as text.

#include <algorithm>
#include <string>

#include "base/time_text.h"
#include "crm/criteria.h"
#include "format/json_writer.h"

namespace crm {
namespace {

void WriteProof(std::string_view name, const CriteriaProof& proof,
                JsonWriter* json) {
  json->BeginObject(name);
  json->Text("path", proof.path);
  json->Text("truth", TruthName(proof.truth));
  json->Text("text", proof.text);
  if (!proof.value.empty()) json->Raw("value", proof.value);
  json->TextIfAny("reason", proof.reason);
  if (!proof.events.empty()) {
    json->BeginArray("events");
    for (const CriteriaEvent& event : proof.events) {
      json->BeginObject();
      json->Number("position", event.position);
      json->TextIfAny("id", event.id);
      if (event.occurred_at.has_value()) {
        json->Text("occurred_at", FormatTime(*event.occurred_at));
      }
      json->EndObject();
    }
    json->EndArray();
  }
  json->NumberIfAny("matching", proof.matching);
  json->NumberIfAny("unreadable", proof.unreadable);
  if (!proof.parts.empty()) {
    json->BeginArray("parts");
    for (const CriteriaProof& part : proof.parts) WriteProof({}, part, json);
    json->EndArray();
  }
  json->EndObject();
}

std::string_view ReasonText(std::string_view reason) {
  if (reason == "missing") return "it is not there";
  if (reason == "type") return "it is of another type";
  if (reason == "none") return "there is none";
  if (reason == "unreadable") return "events cannot be read any more";
  if (reason == "overflow") return "the numbers are too large";
  return reason;
}

// What stands behind a node, in brackets.
std::string Detail(const CriteriaProof& proof) {
  std::string text;
  const auto add = [&](const std::string& part) {
    text += (text.empty() ? "" : "; ") + part;
  };
  if (!proof.value.empty()) add("found " + proof.value);
  if (!proof.reason.empty()) add(std::string(ReasonText(proof.reason)));
  constexpr size_t kMost = 3;
  const size_t count = proof.events.size();
  for (size_t i = count - std::min(count, kMost); i < count; ++i) {
    const CriteriaEvent& event = proof.events[i];
    std::string one =
        "event " +
        (event.id.empty() ? std::to_string(event.position) : event.id);
    if (event.occurred_at.has_value()) {
      one += " of " + FormatTime(*event.occurred_at);
    }
    add(one);
  }
  if (proof.unreadable > 0) {
    add(std::to_string(proof.unreadable) + " that cannot be read");
  }
  return text;
}

void WriteLines(const CriteriaProof& proof, size_t depth, std::string* out) {
  std::string truth(TruthName(proof.truth));
  truth.resize(9, ' ');
  *out += truth + std::string(2 * depth, ' ') + proof.text;
  const std::string detail = Detail(proof);
  if (!detail.empty()) *out += "  [" + detail + "]";
  *out += "\n";
  for (const CriteriaProof& part : proof.parts) {
    WriteLines(part, depth + 1, out);
  }
}

}  // namespace

std::string_view TruthName(Truth truth) {
  switch (truth) {
    case Truth::kFalse:
      return "false";
    case Truth::kTrue:
      return "true";
    case Truth::kUnknown:
      return "unknown";
  }
  return {};
}

std::string CriteriaAnswerToJson(const CriteriaAnswer& answer) {
  JsonWriter json;
  json.BeginObject();
  json.Number("customer", answer.customer);
  json.Text("truth", TruthName(answer.truth));
  json.Text("as_of", FormatTime(answer.as_of));
  json.Number("position", answer.position);
  WriteProof("proof", answer.proof, &json);
  json.EndObject();
  return json.Take();
}

std::string CriteriaAnswerToText(const CriteriaAnswer& answer) {
  std::string text = "customer " + std::to_string(answer.customer) +
                     ", as of " + FormatTime(answer.as_of) + "\n";
  WriteLines(answer.proof, 0, &text);
  return text;
}

}  // namespace crm
