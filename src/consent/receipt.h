// Receipts: one act, with what the registers say of its purpose, policy and
// controller, in the shapes of Kantara Consent Receipt 1.1 and ISO/IEC TS
// 27560:2023. What nobody said is said to be unknown, never made up.

#ifndef CRM_CONSENT_RECEIPT_H_
#define CRM_CONSENT_RECEIPT_H_

#include <string>
#include <string_view>

#include "consent/settings.h"
#include "crm/consent.h"

namespace crm {

// JSON on one line. REQUIRES: entry.opened.
std::string MakeReceipt(const ConsentEntry& entry,
                        const ConsentSettings& settings,
                        std::string_view tenant, ReceiptFormat format);

}  // namespace crm

#endif  // CRM_CONSENT_RECEIPT_H_
