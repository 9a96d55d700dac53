#include "store/identity_text.h"

#include <cstdio>

#include "base/utf8.h"
#include "store/sequencer.h"

namespace crm {
namespace {

std::string Number(const char* what, uint64_t number) {
  return std::string(what) + " " + std::to_string(number);
}

std::string At(Position position) {
  return position == 0 ? std::string()
                       : " (position " + std::to_string(position) + ")";
}

std::string By(const std::string& name_space, int confidence,
               double weight = 0) {
  if (weight != 0) {
    char bits[32];
    std::snprintf(bits, sizeof(bits), "%.2f", weight);
    return std::string(" by a match of ") + bits + " bits";
  }
  if (name_space.empty()) return " by hand";
  return " by " + name_space + ", confidence " + std::to_string(confidence);
}

std::string TellEvidence(const IdentityEvidence& evidence) {
  using Kind = IdentityEvidence::Kind;
  const std::string both =
      Number("record", evidence.a) + " and " + Number("record", evidence.b);
  switch (evidence.kind) {
    case Kind::kSharedIdentifier:
      return both + " name the same " + evidence.name_space;
    case Kind::kLink:
      return Number("record", evidence.a) + " joined " +
             Number("record", evidence.b) +
             By(evidence.name_space, evidence.confidence);
    case Kind::kMerge:
      return both + " were merged" +
             By(evidence.name_space, evidence.confidence, evidence.weight);
    case Kind::kAssertion:
      return both + (evidence.sign > 0 ? " were said to be the same"
                                       : " were said not to be the same");
    case Kind::kGuard:
      return std::string(IdentityReasonName(evidence.reason)) +
             (evidence.name_space.empty() ? "" : ": " + evidence.name_space);
  }
  return {};
}

}  // namespace

Status CheckWho(std::string_view by, std::string_view why) {
  constexpr size_t kMaxBytes = 256;
  Status status = by.empty() ? Status::Ok() : CheckName("by", by, kMaxBytes);
  if (!status.ok() || why.empty()) return status;
  return CheckName("why", why, kMaxBytes);
}

Status ReadChoiceAt(const StoreCore& core, uint32_t tenant, Position position,
                    IdentityChoice* choice) {
  const Status none(StatusCode::kNotFound, "no identity choice at position " +
                                               std::to_string(position));
  if (position == 0 || position > core.sequencer->head()) return none;
  std::string value;
  Status status = core.log_view->Read(position, &value);
  LogRecordReader reader;
  LogRecord record;
  if (status.ok()) status = reader.Read(value, &record);
  if (!status.ok()) return status;
  if (record.kind != LogKind::kIdentity || record.tenant != tenant) return none;
  return ReadChoice(*core.log_view, core.keyring.get(), position, record,
                    choice);
}

std::string TellExplanation(const IdentityExplanation& explanation) {
  std::string text;
  if (explanation.together()) {
    text = "They are one: " + Number("customer", explanation.a) + ".\n";
  } else {
    text = Number("Customer", explanation.a) + " and " +
           Number("customer", explanation.b) + " are two.\n";
  }
  for (const IdentityEvidence& evidence : explanation.evidence) {
    const char* const mark = evidence.sign > 0   ? "+ "
                             : evidence.sign < 0 ? "- "
                                                 : "  ";
    text += mark + TellEvidence(evidence) + At(evidence.position) + "\n";
  }
  if (explanation.evidence.empty()) {
    text += "  Nothing links them, and nothing speaks against it.\n";
  }
  return text;
}

std::string TellHistory(const IdentityHistory& history) {
  using Kind = IdentityStep::Kind;
  std::string text = Number("Customer", history.customer) + ":\n";
  for (const IdentityStep& step : history.steps) {
    text += "  ";
    if (step.kind == Kind::kBegan) {
      text += "began with " + Number("record", step.record);
    } else if (step.kind == Kind::kAttached) {
      text += Number("record", step.record) + " joined" +
              By(step.matched_by, step.confidence);
    } else {
      text += Number("customer", step.retired) + " was merged into her" +
              By(step.matched_by, step.confidence, step.weight);
    }
    text += At(step.position);
    if (!step.by.empty()) text += ", " + step.by;
    if (!step.why.empty()) text += ": " + step.why;
    text += "\n";
  }
  return text;
}

}  // namespace crm
