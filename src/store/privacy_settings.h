// The settings of privacy that count for a tenant.

#ifndef CRM_STORE_PRIVACY_SETTINGS_H_
#define CRM_STORE_PRIVACY_SETTINGS_H_

#include "event/definitions.h"
#include "privacy/settings.h"

namespace crm {

// Null, or none of them set: the defaults. Lives as long as `definitions`.
const PrivacySettings& PrivacySettingsOf(const TenantDefinitions* definitions);

}  // namespace crm

#endif  // CRM_STORE_PRIVACY_SETTINGS_H_
