#include "crm/version.h"

#include "format/log_record.h"

namespace crm {

uint32_t FormatVersion() { return kFormatVersion; }

// There is one format so far.
uint32_t OldestFormatVersion() { return 1; }

}  // namespace crm
