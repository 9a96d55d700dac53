// Handles: what a pointer of crm.h points at.
//
// A handle is a small shell that says of what kind it is, whether it was
// freed, and in which process it was made; what it stands for hangs on it. A
// freed shell is kept for a while (the quarantine), so that who uses it again
// gets an error, and not somebody else's memory.

#ifndef CRM_CAPI_HANDLE_H_
#define CRM_CAPI_HANDLE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "crm.h"
#include "crm/status.h"

namespace crm::capi {

enum class Kind : uint32_t {
  kFreed = 0,
  kStore = 0x63726d01,
  kTenant,
  kSnapshot,
  kEventCursor,
  kStoreSnapshot,
  kStoreCursor,
  kSubscription,
  kDryRun,
  kAppendOrder,
  kKeyProvider,
  kImportMap,
  kBuffer,
  kNameList,
  kStoreStats,
  kVerifyReport,
  kAppendResult,
  kParsedEvent,
  kArrowEvents,
  kCustomer,
  kProfile,
  kTimeline,
  kImportReport,
  kSubscriptionList,
  kSchemaList,
  kUpcasterList,
  kValidation,
  kViolationList,
  kStoreExport,
  kStoreImport,
  kReconcile,
  kLinkReport,
  kUnmergeResult,
  kAssertionList,
  kReviewList,
  kIdentityChanges,
  kIdentityExplanation,
  kIdentityHistory,
  kReResolve,
  kMatchReport,
  kErasureReport,
  kErasureList,
  kCertificateInfo,
  kMatchSet,
  kMatchModel,
  kTraining,
  kLinkResult,
  kMatchExplanation,
  kPersonExport,
  kHoldRelease,
  kHoldList,
  kTenantList,
  kCommandResult,
  kRetentionReport,
  kHouseholdList,
  kHouseholdReport,
};

// One more in every child of fork().
uint32_t ForkGeneration() noexcept;

struct Shell {
  std::atomic<Kind> kind{Kind::kFreed};
  uint32_t fork_generation = 0;
  void* state = nullptr;
};

// Handles on a store know things that only its own process may touch; the
// others are memory and nothing else.
constexpr bool DiesInFork(Kind kind) { return kind <= Kind::kAppendOrder; }

// Keeps the shell for a while, and lets go of the one that was kept longest.
void Quarantine(void* shell) noexcept;

// Why `shell` cannot be used; ok when it can.
Status WhyNot(const Shell* shell, Kind kind, const char* name);

// A handle type H of crm.h is `struct H : Handle<Kind, State>`.
template <Kind K, typename S>
struct Handle : Shell {
  using State = S;
  static constexpr Kind kKind = K;

  bool alive() const noexcept {
    return kind.load(std::memory_order_acquire) == K &&
           (!DiesInFork(K) || fork_generation == ForkGeneration());
  }
};

template <typename H>
Status Check(const H* handle, const char* name) {
  if (handle != nullptr && handle->alive()) return Status::Ok();
  return WhyNot(handle, H::kKind, name);
}

// REQUIRES: Check said ok.
template <typename H>
typename H::State& StateOf(H* handle) noexcept {
  return *static_cast<typename H::State*>(handle->state);
}
template <typename H>
const typename H::State& StateOf(const H* handle) noexcept {
  return *static_cast<const typename H::State*>(handle->state);
}

// A handle on `state`. Throws when there is no memory.
template <typename H>
H* Adopt(std::unique_ptr<typename H::State> state) {
  auto handle = std::make_unique<H>();
  handle->state = state.release();
  handle->fork_generation = ForkGeneration();
  handle->kind.store(H::kKind, std::memory_order_release);
  return handle.release();
}

// A handle on what the arguments make.
template <typename H, typename... Arguments>
H* Make(Arguments&&... arguments) {
  return Adopt<H>(std::unique_ptr<typename H::State>(
      new typename H::State{std::forward<Arguments>(arguments)...}));
}

// Nothing happens with a handle that is null, was freed or is dead.
template <typename H>
void Free(H* handle) noexcept {
  if (handle == nullptr || !handle->alive()) return;
  handle->kind.store(Kind::kFreed, std::memory_order_release);
  delete static_cast<typename H::State*>(handle->state);
  handle->state = nullptr;
  Quarantine(handle);
}

// `out` of a call: null until it succeeds.
template <typename H>
Status CheckOut(H** out) {
  if (out == nullptr) {
    return Status(StatusCode::kInvalidArgument, "out: NULL");
  }
  *out = nullptr;
  return Status::Ok();
}

}  // namespace crm::capi

#endif  // CRM_CAPI_HANDLE_H_
