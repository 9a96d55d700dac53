// Changes of households on their way into the log. Internal to store/.

#ifndef CRM_STORE_HOUSEHOLDS_H_
#define CRM_STORE_HOUSEHOLDS_H_

#include "crm/household.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {

inline constexpr size_t kMaxHouseholdsOfRecord = 100;

// What became of a change.
struct HouseholdDone {
  HouseholdId id = 0;
  Position position = 0;  // Zero: it was so already.
  uint64_t joined = 0;
  uint64_t left = 0;
};

// What is wrong with it whatever the store holds.
Status CheckHouseholdChange(const HouseholdChange& change);

// While nobody else decides anything. Checks what hangs on the store.
Status EmitHouseholdChange(const Tenant::Impl& tenant,
                           Sequencer::Choosing& choosing,
                           const HouseholdChange& change, HouseholdDone* done);

}  // namespace crm

#endif  // CRM_STORE_HOUSEHOLDS_H_
