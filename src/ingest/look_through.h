// Goes through a file as an import does, and writes nothing: for those who want
// to know what would become of each row.

#ifndef CRM_INGEST_LOOK_THROUGH_H_
#define CRM_INGEST_LOOK_THROUGH_H_

#include <string>

#include "crm/ingest.h"
#include "ingest/batch_appender.h"

namespace crm::ingest {

// Every row that comes to the store is shown to `observe`, in the order of the
// file, on this thread; bad rows go to options.on_rejected. Looks at
// everything, whatever was imported before.
Result<ImportReport> LookThrough(const crm::Tenant& tenant,
                                 const std::string& path,
                                 const ImportOptions& options,
                                 const OutcomeObserver& observe);

}  // namespace crm::ingest

#endif  // CRM_INGEST_LOOK_THROUGH_H_
