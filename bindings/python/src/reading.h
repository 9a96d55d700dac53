// What Tenant and Snapshot have in common: questions, and cursors.

#ifndef CRM_BINDINGS_PYTHON_SRC_READING_H_
#define CRM_BINDINGS_PYTHON_SRC_READING_H_

#include <pybind11/pybind11.h>

#include <algorithm>
#include <deque>
#include <functional>
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
// given and taken for each. What it has read ahead is bounded. `Record` is made
// of what `Cursor` gives (a `View`), and has bytes().
template <typename Cursor, typename View, typename Record>
class AheadCursor final {
 public:
  AheadCursor(std::shared_ptr<StoreBox> box, Cursor cursor);

  // Nothing at the end. Raises.
  std::optional<Record> Next();
  void Close();
  // Everything, for who reads it in any thread, with the interpreter's lock or
  // without. Raises when an event has been taken already; until then it may be
  // asked again (DuckDB looks at the columns first).
  std::function<Result<bool>(View*)> All();

 private:
  using State = Guarded<Cursor, std::mutex>;
  // REQUIRES of both: state_->mutex() is held.
  std::optional<Record> Pop();
  Status Fill();

  std::shared_ptr<State> state_;
  // Below: guarded by state_->mutex().
  std::deque<Record> ahead_;
  size_t next_count_ = 1;
  bool at_end_ = false;
  bool begun_ = false;  // An event was asked for here.
  // One was asked for by who called All.
  std::shared_ptr<bool> streamed_ = std::make_shared<bool>(false);
  Status broken_;
};

using CursorHandle = AheadCursor<EventCursor, EventView, StoredEvent>;
using StoreCursorHandle =
    AheadCursor<StoreCursor, StoreEvent, StoreEventRecord>;

// `Held` is a Snapshot or a StoreSnapshot.
template <typename Held>
class HeldSnapshot final {
 public:
  HeldSnapshot(std::shared_ptr<StoreBox> box, Held snapshot)
      : state_(
            State::Make(std::move(box), std::move(snapshot), "the snapshot")) {}

  // Runs `call` on the snapshot, without the lock. Raises.
  template <typename Call>
  auto Run(Call call) const;

  const std::shared_ptr<StoreBox>& box() const { return state_->box(); }
  void Close() const {
    Unlocked([&] { state_->Close(); });
  }

 private:
  using State = Guarded<Held, std::shared_mutex>;
  std::shared_ptr<State> state_;
};

using SnapshotHandle = HeldSnapshot<Snapshot>;
using StoreSnapshotHandle = HeldSnapshot<StoreSnapshot>;

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

template <typename Held>
template <typename Call>
auto HeldSnapshot<Held>::Run(Call call) const {
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

// Runs what changes something at a tenant.
template <typename Call>
auto Change(TenantHandle& self, Call call) {
  Check(self.box()->CheckUsable());
  return Unlocked([&] { return call(self.tenant()); });
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
// Events as columns, in arrow.cc.
void DefineArrow(py::class_<CursorHandle>& type);
void DefineSnapshot(py::module_& module);
// StoreEvent, StoreCursor and StoreSnapshot, in store_snapshot.cc.
void DefineStoreSnapshot(py::module_& module);

// --- AheadCursor -------------------------------------------------------------

template <typename Cursor, typename View, typename Record>
AheadCursor<Cursor, View, Record>::AheadCursor(std::shared_ptr<StoreBox> box,
                                               Cursor cursor)
    : state_(State::Make(std::move(box), std::move(cursor), "the cursor")) {}

template <typename Cursor, typename View, typename Record>
Status AheadCursor<Cursor, View, Record>::Fill() {
  // Read ahead at most.
  constexpr size_t kMaxAhead = 64;
  constexpr size_t kMaxAheadBytes = size_t{1} << 20;
  size_t bytes = 0;
  View view;
  while (ahead_.size() < next_count_ && bytes < kMaxAheadBytes) {
    Result<bool> more = state_->held().Next(&view);
    if (!more.ok()) {
      // First what came before it.
      broken_ = more.status();
      break;
    }
    if (!*more) {
      at_end_ = true;
      break;
    }
    bytes += ahead_.emplace_back(view).bytes();
  }
  next_count_ = std::min(kMaxAhead, next_count_ * 2);
  return ahead_.empty() ? broken_ : Status::Ok();
}

template <typename Cursor, typename View, typename Record>
std::optional<Record> AheadCursor<Cursor, View, Record>::Pop() {
  if (ahead_.empty()) return std::nullopt;
  std::optional<Record> event(std::move(ahead_.front()));
  ahead_.pop_front();
  return event;
}

template <typename Cursor, typename View, typename Record>
std::optional<Record> AheadCursor<Cursor, View, Record>::Next() {
  Check(state_->box()->CheckUsable());
  {
    // The usual case, with the interpreter's lock: nothing to wait for.
    std::unique_lock<std::mutex> lock(state_->mutex(), std::try_to_lock);
    if (lock.owns_lock() && state_->CheckOpen().ok() && !ahead_.empty()) {
      return Pop();
    }
  }
  std::optional<Record> event;
  Check(Unlocked([&]() -> Status {
    std::lock_guard<std::mutex> lock(state_->mutex());
    Status status = state_->CheckOpen();
    if (status.ok() && *streamed_) {
      status = Status(StatusCode::kFailedPrecondition,
                      "the cursor: is read as an Arrow stream");
    }
    if (!status.ok()) return status;
    begun_ = true;
    if (ahead_.empty() && !at_end_) {
      status = broken_.ok() ? Fill() : broken_;
    }
    event = Pop();
    return status;
  }));
  return event;
}

template <typename Cursor, typename View, typename Record>
std::function<Result<bool>(View*)> AheadCursor<Cursor, View, Record>::All() {
  Check(state_->box()->CheckUsable());
  Check(Unlocked([&]() -> Status {
    std::lock_guard<std::mutex> lock(state_->mutex());
    Status status = state_->CheckOpen();
    if (!status.ok() || (!begun_ && !*streamed_)) return status;
    return Status(StatusCode::kFailedPrecondition,
                  "the cursor: was read from already; ask for a new one");
  }));
  return [state = state_, streamed = streamed_](View* view) -> Result<bool> {
    Status usable = state->box()->CheckUsable();
    if (!usable.ok()) return usable;
    std::lock_guard<std::mutex> lock(state->mutex());
    usable = state->CheckOpen();
    if (!usable.ok()) return usable;
    *streamed = true;
    return state->held().Next(view);
  };
}

template <typename Cursor, typename View, typename Record>
void AheadCursor<Cursor, View, Record>::Close() {
  Unlocked([&] { state_->Close(); });
}

// The methods of an iterator that is a context manager, too.
template <typename Handle>
void DefineIteration(py::class_<Handle>& type, const char* next_doc) {
  Def(
      type, "__iter__", [](py::object self) { return self; }, "");
  Def(
      type, "__next__",
      [](Handle& self) {
        auto event = self.Next();
        if (!event.has_value()) throw py::stop_iteration();
        return *std::move(event);
      },
      next_doc);
  Def(
      type, "close", [](Handle& self) { self.Close(); },
      "Lets go of the snapshot. Idempotent; next() raises afterwards.");
}

// `with` closes what it holds.
template <typename Handle>
void DefineScope(py::class_<Handle>& type) {
  Def(
      type, "__enter__", [](py::object self) { return self; }, "");
  Def(
      type, "__exit__",
      [](Handle& self, py::object, py::object, py::object) { self.Close(); },
      "Closes.", py::arg("exc_type"), py::arg("exc_value"),
      py::arg("traceback"));
}

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_READING_H_
