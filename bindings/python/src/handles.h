// What Python objects hold: a store, and what must be gone before it closes.
//
// Lives and dies in a Python program: closed at exit before the interpreter
// goes, useless in a forked child (where neither the threads of the store nor
// a right to its files exist), closed while cursors are open.

#ifndef CRM_BINDINGS_PYTHON_SRC_HANDLES_H_
#define CRM_BINDINGS_PYTHON_SRC_HANDLES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/errors.h"
#include "crm/store.h"

namespace crm::python {

// How many forks lie between the process that loaded this module and this
// one.
uint64_t ForkGeneration();
// Ok unless a process above this one had a store open when it forked: the
// threads that it shares with all stores do not exist here.
Status CheckMayOpen();
// Closes every store of this process. For atexit.
void CloseAllAtExit();
// To be called once, before all others.
void InitHandles();

// A cursor or a snapshot. Close waits for calls that are under way.
class Closable {
 public:
  virtual ~Closable() = default;
  virtual void Close() = 0;
};

// Marks that this thread is in a callback of a store. Calls of that store from
// there would wait for locks that the thread itself holds: they are refused.
class CallbackScope final {
 public:
  enum class Refuses { kCalls, kClose };
  // `borrower`: a number from NewBorrower.
  CallbackScope(uint64_t borrower, Refuses refuses);
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

  // Whether this thread is in such a callback.
  static bool Inside(uint64_t borrower, Refuses refuses);

 private:
  const uint64_t borrower_;
  const Refuses refuses_;
  const CallbackScope* const outer_;
};
// A number for a store that is to be opened.
uint64_t NewBorrower();

// One open store, shared by all handles that came from it.
//
// Thread-safe. All functions that may wait must be called without the lock of
// the interpreter.
class StoreBox final : public std::enable_shared_from_this<StoreBox> {
 public:
  // Also into the list of what is closed at exit.
  static std::shared_ptr<StoreBox> Make(Store store, uint64_t borrower);
  StoreBox(Store store, uint64_t borrower);
  ~StoreBox();

  // kFailedPrecondition in a forked child, while closing, and in a callback
  // that was lent to this store.
  Status CheckUsable() const;
  bool forked() const { return generation_ != ForkGeneration(); }
  bool closed() const { return closing_.load(); }

  Store& store() { return *store_; }
  uint64_t borrower() const { return borrower_; }

  // Closes what was adopted, then the store. Idempotent.
  Status Close();

  // Adds what must be closed before the store is. Not ok: the store is being
  // closed, and `child` has been closed.
  Status Adopt(const std::shared_ptr<Closable>& child);

 private:
  const uint64_t generation_;
  const uint64_t borrower_;
  std::unique_ptr<Store> store_;
  std::atomic<bool> closing_ = false;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Closable>> children_;
};

// A value that Close takes away from under other threads, once their calls
// are over. `Held` is an EventCursor or a Snapshot.
template <typename Held, typename Mutex>
class Guarded : public Closable {
 public:
  // Held until the box closes it. Raises when the box is closing already.
  static std::shared_ptr<Guarded> Make(std::shared_ptr<StoreBox> box, Held held,
                                       const char* what) {
    std::shared_ptr<Guarded> made(
        new Guarded(std::move(box), std::move(held), what),
        [](Guarded* last) { UnlockedForSure([&] { delete last; }); });
    Check(Unlocked([&] { return made->box_->Adopt(made); }));
    return made;
  }

  Guarded(std::shared_ptr<StoreBox> box, Held held, const char* what)
      : box_(std::move(box)),
        held_(std::make_unique<Held>(std::move(held))),
        what_(what) {}

  ~Guarded() override {
    // Its threads and locks are the parent's.
    if (box_->forked()) static_cast<void>(held_.release());
  }

  void Close() override {
    if (box_->forked()) return;
    std::lock_guard<Mutex> lock(mutex_);
    held_.reset();
  }

  // REQUIRES: mutex() is held.
  Status CheckOpen() const {
    if (held_ != nullptr) return Status::Ok();
    return Status(StatusCode::kFailedPrecondition, what_ + " is closed");
  }
  // REQUIRES: CheckOpen() is ok, mutex() is held.
  Held& held() { return *held_; }
  Mutex& mutex() { return mutex_; }
  const std::shared_ptr<StoreBox>& box() const { return box_; }

 private:
  const std::shared_ptr<StoreBox> box_;
  Mutex mutex_;
  std::unique_ptr<Held> held_;
  const std::string what_;
};

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_HANDLES_H_
