// A tenant-scoped snapshot behind its handle, and what cursors need of it.

#ifndef CRM_STORE_SNAPSHOT_H_
#define CRM_STORE_SNAPSHOT_H_

#include <memory>
#include <string>
#include <vector>

#include "store/core.h"

namespace crm {

// Keeps the store from being closed while it lives.
class OpenHandle final {
 public:
  explicit OpenHandle(std::shared_ptr<StoreCore> core)
      : core_(std::move(core)) {
    core_->open_handles.fetch_add(1);
  }
  ~OpenHandle() { core_->open_handles.fetch_sub(1); }
  OpenHandle(const OpenHandle&) = delete;
  OpenHandle& operator=(const OpenHandle&) = delete;
  StoreCore& core() const { return *core_; }
  const std::shared_ptr<StoreCore>& shared() const { return core_; }

 private:
  std::shared_ptr<StoreCore> core_;
};

struct Snapshot::Impl {
  Impl(std::shared_ptr<StoreCore> core, TenantInfo info)
      : handle(std::move(core)),
        tenant(std::move(info)),
        view(handle.core().views->overlay().OpenView()) {}
  // On a view that several tenants share.
  Impl(std::shared_ptr<StoreCore> core, TenantInfo info,
       std::shared_ptr<View> shared)
      : handle(std::move(core)),
        tenant(std::move(info)),
        view(std::move(shared)) {}
  // Another handle on the same view.
  Impl(const Impl& other)
      : handle(other.handle.shared()), tenant(other.tenant), view(other.view) {}

  OpenHandle handle;
  TenantInfo tenant;
  std::shared_ptr<View> view;  // Goes before the handle does.

  StoreCore& core() const { return handle.core(); }
  // Ok unless the tenant was dropped meanwhile.
  Status CheckNotDropped() const;
  // The same for all that needs a key.
  Status Check() const;

  // One event of a customer or record, not yet expanded.
  using Entry = ProfileRoom::RecordEvent;
  // All events of a record, or of all records of a customer, as of the view,
  // ascending by position. kNotFound.
  Status ReadRecord(RecordId record, std::vector<Entry>* out) const;
  Status ReadCustomer(CustomerId customer, std::vector<Entry>* out) const;
};

// The counters of a tenant as users see them.
TenantStats StatsOf(const std::string& tenant, const TenantCounts& counts);

// Makes the cursor for a query; takes over the snapshot.
Result<EventCursor> MakeCursor(std::shared_ptr<const Snapshot::Impl> snapshot,
                               const ReplayQuery& query);

// Over all tenants at the head.
Result<StoreSnapshot> MakeStoreSnapshot(const std::shared_ptr<StoreCore>& core);

}  // namespace crm

#endif  // CRM_STORE_SNAPSHOT_H_
