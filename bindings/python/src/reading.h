// What Tenant and Snapshot have in common: questions, and cursors.

#ifndef CRM_BINDINGS_PYTHON_SRC_READING_H_
#define CRM_BINDINGS_PYTHON_SRC_READING_H_

#include <pybind11/pybind11.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/define.h"
#include "bindings/python/src/handles.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/records.h"
#include "crm/store.h"

namespace crm::python {

// Raises for a str: its letters are hardly what was meant.
std::vector<std::string> TypesFromPython(py::handle object,
                                         const char* name = "types");
ReplayQuery MakeReplayQuery(py::handle order, bool backward, Position first,
                            Position last, std::optional<Timestamp> since,
                            std::optional<Timestamp> until, RecordId record,
                            CustomerId customer, py::handle types,
                            bool open_parts_only, bool as_appended);

// Walks over events, some at a time, so that the interpreter's lock is not
// given and taken for each. What it has read ahead is bounded.
class CursorHandle final {
 public:
  CursorHandle(std::shared_ptr<StoreBox> box, EventCursor cursor);

  // Nothing at the end. Raises.
  std::optional<StoredEvent> Next();
  void Close();

 private:
  using State = Guarded<EventCursor, std::mutex>;
  // REQUIRES of both: state_->mutex() is held.
  std::optional<StoredEvent> Pop();
  Status Fill();

  std::shared_ptr<State> state_;
  // Below: guarded by state_->mutex().
  std::deque<StoredEvent> ahead_;
  size_t next_count_ = 1;
  bool at_end_ = false;
  Status broken_;
};

class SnapshotHandle final {
 public:
  SnapshotHandle(std::shared_ptr<StoreBox> box, Snapshot snapshot);

  // Runs `call` on the snapshot, without the lock. Raises.
  template <typename Call>
  auto Run(Call call) const;

  const std::shared_ptr<StoreBox>& box() const { return state_->box(); }
  void Close() const;

 private:
  using State = Guarded<Snapshot, std::shared_mutex>;
  std::shared_ptr<State> state_;
};

class TenantHandle final {
 public:
  TenantHandle(std::shared_ptr<StoreBox> box, Tenant tenant)
      : box_(std::move(box)), tenant_(std::move(tenant)) {}

  template <typename Call>
  auto Run(Call call) const;

  const std::shared_ptr<StoreBox>& box() const { return box_; }
  Tenant& tenant() { return tenant_; }
  const Tenant& tenant() const { return tenant_; }

 private:
  std::shared_ptr<StoreBox> box_;
  Tenant tenant_;
};

template <typename Call>
auto SnapshotHandle::Run(Call call) const {
  Check(state_->box()->CheckUsable());
  using Answer = decltype(call(state_->held()));
  return Take(Unlocked([&]() -> Answer {
    std::shared_lock<std::shared_mutex> lock(state_->mutex());
    Status open = state_->CheckOpen();
    if (!open.ok()) return open;
    return call(state_->held());
  }));
}

template <typename Call>
auto TenantHandle::Run(Call call) const {
  Check(box_->CheckUsable());
  return Take(Unlocked([&] { return call(tenant_); }));
}

// find_customer, customer, profile, timeline and replay of both.
template <typename Handle>
void DefineQuestions(py::class_<Handle>& type);
extern template void DefineQuestions(py::class_<TenantHandle>& type);
extern template void DefineQuestions(py::class_<SnapshotHandle>& type);

// subscribe and its like, in subscription.cc.
void DefineSubscriptions(py::class_<TenantHandle>& type);
void DefineSubscription(py::module_& module);
void DefineCursor(py::module_& module);
void DefineSnapshot(py::module_& module);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_READING_H_
