// Versions of the library and of the format.

#include "crm/version.h"

#include "capi/guard.h"

static_assert(CRM_HEADER_VERSION == CRM_VERSION_MAJOR * 1'000'000 +
                                        CRM_VERSION_MINOR * 1'000 +
                                        CRM_VERSION_PATCH);

using crm::capi::GuardValue;

uint32_t crm_version_number(void) noexcept {
  return GuardValue(uint32_t{0}, [] { return uint32_t{CRM_HEADER_VERSION}; });
}

const char* crm_version_string(void) noexcept {
  return GuardValue("", [] { return CRM_VERSION; });
}

const char* crm_source_id(void) noexcept {
  return GuardValue("", [] { return CRM_VERSION " " CRM_SOURCE_COMMIT; });
}

uint32_t crm_format_version(void) noexcept {
  return GuardValue(uint32_t{0}, [] { return crm::FormatVersion(); });
}

uint32_t crm_format_version_min(void) noexcept {
  return GuardValue(uint32_t{0}, [] { return crm::OldestFormatVersion(); });
}
