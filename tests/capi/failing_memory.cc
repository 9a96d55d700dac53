#include "failing_memory.h"

#include <dlfcn.h>
#include <execinfo.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CRM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CRM_SANITIZED 1
#endif
#endif

#ifndef CRM_SANITIZED
extern "C" void* __libc_malloc(size_t size);
extern "C" void* __libc_calloc(size_t count, size_t size);
extern "C" void* __libc_realloc(void* memory, size_t size);
#endif

namespace crm {
namespace {

struct State {
  uint64_t left = 0;  // Zero: not armed.
  Failing failing = Failing::kOnce;
  bool fired = false;
  bool looking = false;
};
thread_local State state;

// Whether a library other than libcrm is at work for itself.
bool IsForeign() {
  void* frames[64];
  const int count = backtrace(frames, 64);
  for (int i = 0; i < count; ++i) {
    Dl_info info;
    if (dladdr(frames[i], &info) == 0 || info.dli_fname == nullptr) continue;
    for (const char* name :
         {"librocksdb", "libphonenumber", "libprotobuf", "libicu", "libsodium",
          "libsimdjson", "libz.so", "liblz4", "ld-linux"}) {
      if (std::strstr(info.dli_fname, name) != nullptr) return true;
    }
  }
  return false;
}

// Whether this allocation has to fail.
bool Fails() {
  State& s = state;
  if (s.left == 0 || s.looking) return false;
  s.looking = true;
  const bool foreign = IsForeign();
  s.looking = false;
  if (foreign) return false;
  if (s.left > 1) {
    --s.left;
    return false;
  }
  s.fired = true;
  if (s.failing == Failing::kOnce) s.left = 0;
  return true;
}

void* Allocate(size_t size) {
#ifdef CRM_SANITIZED
  return std::malloc(size);
#else
  return __libc_malloc(size);
#endif
}

}  // namespace

void FailAllocation(uint64_t nth, Failing failing) {
  void* frame = nullptr;
  backtrace(&frame, 1);  // Loads what it needs.
  state = {nth, failing, false, false};
}

bool StopFailing() {
  state.left = 0;
  return state.fired;
}

bool MallocIsReplaced() {
#ifdef CRM_SANITIZED
  return false;
#else
  return true;
#endif
}

}  // namespace crm

void* operator new(size_t size) {
  void* const memory = crm::Fails() ? nullptr : crm::Allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return crm::Fails() ? nullptr : crm::Allocate(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return crm::Fails() ? nullptr : crm::Allocate(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

#ifndef CRM_SANITIZED
extern "C" void* malloc(size_t size) {
  return crm::Fails() ? nullptr : __libc_malloc(size);
}
extern "C" void* calloc(size_t count, size_t size) {
  return crm::Fails() ? nullptr : __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, size_t size) {
  return crm::Fails() ? nullptr : __libc_realloc(memory, size);
}
#endif
