// What the calls of consent share: whose an act is, a question made ready, and
// looking back: facts put together from the events themselves.

#ifndef CRM_STORE_CONSENT_READS_H_
#define CRM_STORE_CONSENT_READS_H_

#include <vector>

#include "consent/consent_room.h"
#include "store/tenant_impl.h"

namespace crm {

// Those in use; the defaults where nothing is set.
const ConsentSettings& ConsentSettingsOf(const TenantDefinitions* definitions);

// Fills in `identifiers` when there are none, and otherwise holds them against
// the customer. kNotFound, kConflict, kFailedPrecondition.
Status CheckWhose(const Tenant::Impl& tenant, CustomerId customer,
                  std::vector<Identifier>* identifiers);

// kInvalidArgument, kNotFound: see Tenant::CheckConsent. The question and the
// settings outlive the case.
Status MakeCase(const Tenant::Impl& tenant,
                const TenantDefinitions* definitions,
                const ConsentQuestion& question, ConsentCase* in);

// Decides by what was so, or was known, at an earlier time.
Status CheckBack(const Tenant::Impl& tenant,
                 const TenantDefinitions* definitions, ConsentCase* in,
                 ConsentDecision* out);

}  // namespace crm

#endif  // CRM_STORE_CONSENT_READS_H_
