// Options that calls of several nouns read.

#ifndef CRM_CAPI_QUERIES_H_
#define CRM_CAPI_QUERIES_H_

#include "capi/handles.h"
#include "crm.h"
#include "crm/ingest.h"
#include "crm/store.h"

namespace crm::capi {

// Passes the place of an append in its order, whatever comes of it.
class PlaceInOrder final {
 public:
  explicit PlaceInOrder(const AppendOptions& options) : options_(options) {}
  ~PlaceInOrder() {
    if (options_.order != nullptr) options_.order->Pass(options_.place);
  }
  PlaceInOrder(const PlaceInOrder&) = delete;
  PlaceInOrder& operator=(const PlaceInOrder&) = delete;

 private:
  const AppendOptions& options_;
};

// Reads all of them, `order` first: make a PlaceInOrder before.
Status ReadAllAppendOptions(const crm_append_options* options,
                            const TenantState& tenant, AppendOptions* out);

Status ReadQuery(const crm_replay_query* query, ReplayQuery* out);

// `in` has been read by ReadOptions.
inline constexpr uint32_t kImportFlags =
    CRM_IMPORT_STRICT | CRM_IMPORT_DRY_RUN | CRM_IMPORT_IGNORE_TENANT |
    CRM_IMPORT_NEW_DATA;
Status ReadImportOptions(const crm_import_options& in, ImportOptions* out);

// What a callback answered to stop the import; zero: none did.
using Stopped = int32_t;
void SetCallbacks(const crm_import_options& in, void* user_data,
                  Stopped* stopped, ImportOptions* out);

}  // namespace crm::capi

#endif  // CRM_CAPI_QUERIES_H_
