// A decision in words.

#include <string>

#include "base/time_text.h"
#include "crm/consent.h"

namespace crm {

std::string ConsentDecision::Explain() const {
  std::string text(VerdictName(verdict));
  text += ": ";
  text += ConsentRuleText(rule);
  if (rule == ConsentRule::kDenied || rule == ConsentRule::kPending) {
    text += "; ";
    text += ConsentStateName(state);
  }
  if (verdict == Verdict::kDefer) text += "; until " + FormatTime(until);
  if (!regime.empty()) text += "; regime " + std::string(regime);
  if (act_count > 0) text += act_count == 1 ? "; event" : "; events";
  for (size_t i = 0; i < act_count; ++i) {
    text += (i == 0 ? " " : ", ") + std::to_string(acts[i]);
  }
  if (contested) text += "; a newer grant of another record does not lift it";
  return text;
}

}  // namespace crm
