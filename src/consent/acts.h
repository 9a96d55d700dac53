// From an event to the facts that it states: every form in which consent comes
// into a log, and nothing that is not in the list of crm/consent.h.

#ifndef CRM_CONSENT_ACTS_H_
#define CRM_CONSENT_ACTS_H_

#include <functional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "consent/facts.h"
#include "crm/status.h"
#include "event/room.h"

namespace crm {

inline constexpr std::string_view kConsentRecorded = "crm.consent.recorded";

// What one event states. Lives in an arena.
struct ConsentActs {
  // Without position, times, order and origin, which its place gives them.
  std::span<const ConsentFact> facts;
  bool sets_categories = false;
  std::span<const uint64_t> categories;
};

// Quick: whether events of this type can be acts.
bool IsConsentType(std::string_view type);

// The keyed hash of a value of a namespace.
using HashAddress = std::function<Result<Hash128>(std::string_view name_space,
                                                  std::string_view value)>;
// The canonical name of a namespace.
using NameSpaceOf = std::function<std::string_view(std::string_view)>;

// Null: it states nothing. An event whose payload is odd states what can be
// read of it: what restricts in its widest sense, and no grant.
const ConsentActs* ReadConsentActs(const EventContent& content,
                                   const HashAddress& hash,
                                   const NameSpaceOf& name_of, Arena& arena);

// A fact of an event at its place.
ConsentFact PlaceFact(const ConsentFact& fact, const EventHeader& header,
                      Position position, uint64_t id_order);
// Takes all of an event into a state.
void ApplyActs(const ConsentActs& acts, const EventHeader& header,
               Position position, uint64_t id_order, uint8_t flags,
               FactSet* state);

// The namespace of a channel's addresses; empty: it has none.
std::string_view AddressSpace(ConsentChannel channel, std::string_view value);

}  // namespace crm

#endif  // CRM_CONSENT_ACTS_H_
