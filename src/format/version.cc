#include "crm/version.h"

#include "format/log_record.h"

namespace crm {

uint32_t FormatVersion() { return kFormatVersion; }

uint32_t OldestFormatVersion() { return kOldestFormatVersion; }

}  // namespace crm
