// What a match decided about pairs of records, made into choices.

#ifndef CRM_STORE_MATCHES_H_
#define CRM_STORE_MATCHES_H_

#include <cstddef>
#include <span>
#include <string>

#include "crm/match_customers.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {

// Of one run.
struct MatchLimits {
  size_t merges = SIZE_MAX;
  size_t reviews = SIZE_MAX;
};

// Merges, or asks, one pair after the other, behind the guards. Of two
// customers it asks at most once. kNotFound: a record that is not there.
Status MakeMatches(const Tenant::Impl& tenant, Sequencer::Choosing& choosing,
                   std::span<const CustomerMatch> matches,
                   const MergeOptions& who, const MatchLimits& limits,
                   MatchReport* report);

}  // namespace crm

#endif  // CRM_STORE_MATCHES_H_
