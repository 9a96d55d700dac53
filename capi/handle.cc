#include "capi/handle.h"

#include <pthread.h>

#include <array>
#include <new>

namespace crm::capi {
namespace {

constexpr size_t kQuarantine = 1024;

std::atomic<uint32_t> fork_generation{1};
std::array<std::atomic<void*>, kQuarantine> quarantine{};
std::atomic<size_t> next_place{0};

// Runs when the library is loaded, before there can be a handle.
const int at_fork = pthread_atfork(nullptr, nullptr, [] {
  fork_generation.fetch_add(1, std::memory_order_relaxed);
});

}  // namespace

uint32_t ForkGeneration() noexcept {
  return fork_generation.load(std::memory_order_relaxed);
}

// A shell holds nothing that has to be destroyed.
void Quarantine(void* shell) noexcept {
  const size_t place = next_place.fetch_add(1, std::memory_order_relaxed);
  void* const oldest = quarantine[place % kQuarantine].exchange(shell);
  ::operator delete(oldest);
}

Status WhyNot(const Shell* shell, Kind kind, const char* name) {
  const std::string handle(name);
  if (shell == nullptr) {
    return Status(StatusCode::kInvalidArgument, handle + ": NULL");
  }
  const Kind found = shell->kind.load(std::memory_order_acquire);
  if (found == Kind::kFreed) {
    return Status(StatusCode::kFailedPrecondition,
                  handle + ": this handle was freed");
  }
  if (found != kind) {
    return Status(StatusCode::kInvalidArgument,
                  handle + ": not a handle of this kind");
  }
  return Status(StatusCode::kFailedPrecondition,
                handle + ": made before fork(), and dead in the child");
}

}  // namespace crm::capi
