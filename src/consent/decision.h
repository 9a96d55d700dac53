// The decision: facts, settings and a question in, an answer out. One table of
// rules, of which the first that applies decides.

#ifndef CRM_CONSENT_DECISION_H_
#define CRM_CONSENT_DECISION_H_

#include <absl/container/inlined_vector.h>

#include <functional>
#include <span>

#include "consent/facts.h"
#include "consent/settings.h"

namespace crm {

using ConsentFacts = absl::InlinedVector<ConsentFact, 12>;

// What is known of the customer, as far as the question goes.
struct ConsentCase {
  const ConsentSettings* settings = nullptr;
  const ConsentQuestion* question = nullptr;
  MessageClass message_class = MessageClass::kMarketing;
  uint64_t purpose = 0;  // Stable hash of its name.
  Hash128 address;       // Of the question; zeroes: none.
  // Whose records these are: what other origins say restricts alone.
  std::span<const RecordId> records;
  bool known = true;  // There is such a customer.
  bool overflow = false;
  ConsentFacts facts;  // That speak of purpose and channel, or of all.

  // Whether a fact can matter to the question at all.
  bool Concerns(const ConsentFact& fact) const;
};

// Whose an address is by now: a grant that was made for it while customers
// were one goes with it.
enum class AddressOwner : uint8_t { kNobody, kHers, kAnother };
using OwnerOfAddress = std::function<Result<AddressOwner>(const Hash128&)>;
// Adds what is said of an address by anybody.
using AddSuppressions =
    std::function<Status(const Hash128&, ConsentFacts* facts)>;

// Errors are those of the callbacks.
Status Decide(ConsentCase& in, const OwnerOfAddress& owner,
              const AddSuppressions& suppressions, ConsentDecision* out);

// How one key stands at an instant, its denials lifted by nobody.
ConsentState StateOf(const ConsentFact& fact, const ConsentSettings& settings,
                     Timestamp at);

}  // namespace crm

#endif  // CRM_CONSENT_DECISION_H_
