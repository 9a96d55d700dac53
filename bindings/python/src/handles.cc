#include "bindings/python/src/handles.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace crm::python {
namespace {

std::atomic<uint64_t> fork_generation = 0;
// The last generation in which a store was opened, plus one; zero: none.
std::atomic<uint64_t> opened_in = 0;

struct Registry {
  std::mutex mutex;
  std::vector<std::weak_ptr<StoreBox>> boxes;
};
// A child of a fork gets one of its own: somebody may have held the mutex.
// Never released, as threads may outlive the end of main.
Registry* registry = nullptr;

void InForkedChild() {
  fork_generation.fetch_add(1);
  ForgetOtherThreads();
  registry = new Registry;
}

// In a forked child the destructors of RocksDB would wait for its threads,
// which do not exist there: leave without them.
void LeaveForkedChild(int status, void*) {
  if (opened_in.load() == ForkGeneration() + 1) return;
  std::fflush(nullptr);
  _exit(status);
}

// REQUIRES: a store has been opened, so that this is called before the
// destructors that were registered until now.
void LeaveForkedChildrenEarly() {
  static const int registered = on_exit(&LeaveForkedChild, nullptr);
  static_cast<void>(registered);
}

template <typename T>
std::vector<std::shared_ptr<T>> Living(std::vector<std::weak_ptr<T>>& all) {
  std::vector<std::shared_ptr<T>> living;
  for (const auto& one : all) {
    if (auto held = one.lock()) living.push_back(std::move(held));
  }
  return living;
}

template <typename T>
void AddLiving(std::vector<std::weak_ptr<T>>& all, std::weak_ptr<T> one) {
  // Dead entries go when there may be as many of them as living ones.
  if (all.size() == all.capacity()) {
    std::erase_if(all, [](const auto& old) { return old.expired(); });
    all.reserve(std::max<size_t>(16, 2 * all.size()));
  }
  all.push_back(std::move(one));
}

}  // namespace

uint64_t ForkGeneration() { return fork_generation.load(); }

Status CheckMayOpen() {
  if (AtExit()) {
    return Status(StatusCode::kFailedPrecondition,
                  "the interpreter is about to end");
  }
  const uint64_t opened = opened_in.load();
  if (opened == 0 || opened == ForkGeneration() + 1) return Status::Ok();
  return Status(StatusCode::kFailedPrecondition,
                "this process was forked from one that had opened a store, "
                "whose threads do not exist here; start it by 'spawn' "
                "(multiprocessing.set_start_method)");
}

void CloseAllAtExit() {
  std::vector<std::shared_ptr<StoreBox>> boxes;
  {
    std::lock_guard<std::mutex> lock(registry->mutex);
    boxes = Living(registry->boxes);
  }
  // Nobody is there to hear of an error; the log callback was.
  for (const auto& box : boxes) static_cast<void>(box->Close());
  boxes.clear();
  BeginExit();
}

void InitHandles() {
  registry = new Registry;
  pthread_atfork(nullptr, nullptr, &InForkedChild);
}

// --- Callbacks ---------------------------------------------------------------

namespace {
thread_local const CallbackScope* innermost = nullptr;
std::atomic<uint64_t> borrowers = 0;
}  // namespace

CallbackScope::CallbackScope(uint64_t borrower, Refuses refuses)
    : borrower_(borrower), refuses_(refuses), outer_(innermost) {
  innermost = this;
}

CallbackScope::~CallbackScope() { innermost = outer_; }

bool CallbackScope::Inside(uint64_t borrower, Refuses refuses) {
  for (const CallbackScope* at = innermost; at != nullptr; at = at->outer_) {
    if (at->borrower_ != borrower) continue;
    // Where no call is allowed, no close is.
    if (at->refuses_ == refuses || at->refuses_ == Refuses::kCalls) return true;
  }
  return false;
}

uint64_t NewBorrower() { return borrowers.fetch_add(1) + 1; }

// --- StoreBox ----------------------------------------------------------------

std::shared_ptr<StoreBox> StoreBox::Make(Store store, uint64_t borrower) {
  std::shared_ptr<StoreBox> box(
      new StoreBox(std::move(store), borrower),
      [](StoreBox* last) { UnlockedForSure([&] { delete last; }); });
  opened_in.store(ForkGeneration() + 1);
  LeaveForkedChildrenEarly();
  std::lock_guard<std::mutex> lock(registry->mutex);
  AddLiving<StoreBox>(registry->boxes, box);
  return box;
}

StoreBox::StoreBox(Store store, uint64_t borrower)
    : generation_(ForkGeneration()),
      borrower_(borrower),
      store_(std::make_unique<Store>(std::move(store))) {}

StoreBox::~StoreBox() {
  if (forked()) static_cast<void>(store_.release());
}

Status StoreBox::CheckUsable() const {
  if (forked()) {
    return Status(StatusCode::kFailedPrecondition,
                  "this store belongs to the process that opened it; a forked "
                  "child cannot use it");
  }
  if (closed()) {
    return Status(StatusCode::kFailedPrecondition, "the store is closed");
  }
  if (CallbackScope::Inside(borrower_, CallbackScope::Refuses::kCalls)) {
    return Status(StatusCode::kFailedPrecondition,
                  "a clock, key provider or log callback must not call the "
                  "store that calls it");
  }
  return Status::Ok();
}

Status StoreBox::Close() {
  // What the parent opened is the parent's to close.
  if (forked()) return Status::Ok();
  if (CallbackScope::Inside(borrower_, CallbackScope::Refuses::kClose)) {
    return Status(StatusCode::kFailedPrecondition,
                  "a callback must not close the store that calls it");
  }
  std::vector<std::shared_ptr<Closable>> children;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closing_.store(true);
    children = Living(children_);
    children_.clear();
  }
  for (const auto& child : children) child->Close();
  children.clear();
  // A cursor that was being made when this began goes as soon as its maker
  // tries to have it adopted.
  for (int i = 0; i < 200; ++i) {
    Status status = store_->Close();
    if (status.code() != StatusCode::kFailedPrecondition) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return store_->Close();
}

Status StoreBox::Adopt(const std::shared_ptr<Closable>& child) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!closing_.load()) {
      AddLiving<Closable>(children_, child);
      return Status::Ok();
    }
  }
  child->Close();
  return CheckUsable();
}

}  // namespace crm::python
