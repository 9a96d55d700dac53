#include "failing_memory.h"

#include <execinfo.h>
#include <link.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <vector>

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
extern "C" void __libc_free(void* memory);
#endif

namespace crm {
namespace {

struct State {
  uint64_t left = 0;  // Zero: not armed.
  Failing failing = Failing::kOnce;
  bool fired = false;
  bool looking = false;
  bool exempt = false;  // From what fails elsewhere.
};
thread_local State state;

// Of all threads that are not exempt. Zero: not armed.
std::atomic<uint64_t> elsewhere{0};
std::atomic<bool> failed_elsewhere{false};

// Where code lies that does not survive it: other libraries, and the hash
// tables of abseil, which are compiled into libcrm.
struct Range {
  uintptr_t first;
  uintptr_t last;
};
std::vector<Range> foreign;
// Of libcrm itself: what a test allocates is not counted.
Range own;
// Of the C library: what it allocates for itself. It stops the process when it
// cannot note a thread's destructors.
Range libc;

// The functions of abseil's tables, by the symbols of the library's file.
void NoteTables(const char* file, uintptr_t base) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  ElfW(Ehdr) header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  std::vector<ElfW(Shdr)> sections(header.e_shnum);
  std::memcpy(sections.data(), bytes.data() + header.e_shoff,
              sections.size() * sizeof(ElfW(Shdr)));
  for (const ElfW(Shdr) & section : sections) {
    if (section.sh_type != SHT_SYMTAB) continue;
    const char* const names =
        bytes.data() + sections[section.sh_link].sh_offset;
    for (size_t at = 0; at < section.sh_size; at += sizeof(ElfW(Sym))) {
      ElfW(Sym) symbol;
      std::memcpy(&symbol, bytes.data() + section.sh_offset + at,
                  sizeof(symbol));
      if (std::strstr(names + symbol.st_name, "raw_hash_") == nullptr) continue;
      const uintptr_t first = base + symbol.st_value;
      foreign.push_back({first, first + symbol.st_size});
    }
  }
}

int NoteModule(dl_phdr_info* module, size_t, void*) {
  if (std::strstr(module->dlpi_name, "libcrm_c") != nullptr) {
    NoteTables(module->dlpi_name, module->dlpi_addr);
    for (int i = 0; i < module->dlpi_phnum; ++i) {
      const auto& segment = module->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      own.first = module->dlpi_addr + segment.p_vaddr;
      own.last = own.first + segment.p_memsz;
    }
  }
  if (std::strstr(module->dlpi_name, "/libc.so") != nullptr) {
    for (int i = 0; i < module->dlpi_phnum; ++i) {
      const auto& segment = module->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      libc.first = module->dlpi_addr + segment.p_vaddr;
      libc.last = libc.first + segment.p_memsz;
    }
  }
  for (const char* name :
       {"librocksdb", "libphonenumber", "libprotobuf", "libicu", "libsodium",
        "libsimdjson", "libz.so", "liblz4", "ld-linux"}) {
    if (std::strstr(module->dlpi_name, name) == nullptr) continue;
    for (int i = 0; i < module->dlpi_phnum; ++i) {
      const auto& segment = module->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      const uintptr_t first = module->dlpi_addr + segment.p_vaddr;
      foreign.push_back({first, first + segment.p_memsz});
    }
  }
  return 0;
}

bool IsForeignCode(const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  const auto behind = std::upper_bound(
      foreign.begin(), foreign.end(), at,
      [](uintptr_t place, const Range& range) { return place < range.first; });
  return behind != foreign.begin() && at < (behind - 1)->last;
}

bool IsIn(const Range& range, const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  return at >= range.first && at < range.last;
}

bool IsOwnCode(const void* address) { return IsIn(own, address); }

// Whether code other than libcrm's own is at work for itself.
bool IsForeign() {
  void* frames[64];
  void** const end = frames + backtrace(frames, 64);
  return std::any_of(frames, end, IsForeignCode) ||
         std::none_of(frames, end, IsOwnCode);
}

// Whether this allocation has to fail.
bool Fails(const void* caller) {
  State& s = state;
  const bool others = s.left == 0 && !s.exempt && elsewhere.load() > 0;
  if ((s.left == 0 && !others) || s.looking) return false;
  if (IsForeignCode(caller) || IsIn(libc, caller)) return false;
  s.looking = true;
  const bool let_through = IsForeign();
  s.looking = false;
  if (let_through) return false;
  if (others) {
    uint64_t left = elsewhere.load();
    while (left > 0 && !elsewhere.compare_exchange_weak(left, left - 1)) {
    }
    if (left == 1) failed_elsewhere.store(true);
    return left == 1;
  }
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

void Release(void* memory) {
#ifdef CRM_SANITIZED
  std::free(memory);
#else
  __libc_free(memory);
#endif
}

}  // namespace

namespace {

void NoteModules() {
  void* frame = nullptr;
  backtrace(&frame, 1);  // Loads what it needs.
  if (foreign.empty()) {
    dl_iterate_phdr(NoteModule, nullptr);
    std::sort(foreign.begin(), foreign.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
  }
}

}  // namespace

void FailAllocation(uint64_t nth, Failing failing) {
  NoteModules();
  state = {nth, failing};
}

void FailElsewhere(uint64_t nth) {
  NoteModules();
  state.exempt = true;
  failed_elsewhere.store(false);
  elsewhere.store(nth);
}

bool HasFailedElsewhere() { return failed_elsewhere.load(); }

void StopFailingElsewhere() {
  elsewhere.store(0);
  state.exempt = false;
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
  void* const memory =
      crm::Fails(__builtin_return_address(0)) ? nullptr : crm::Allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](size_t size) {
  void* const memory =
      crm::Fails(__builtin_return_address(0)) ? nullptr : crm::Allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return crm::Fails(__builtin_return_address(0)) ? nullptr
                                                 : crm::Allocate(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return crm::Fails(__builtin_return_address(0)) ? nullptr
                                                 : crm::Allocate(size);
}
void operator delete(void* memory) noexcept { crm::Release(memory); }
void operator delete[](void* memory) noexcept { crm::Release(memory); }
void operator delete(void* memory, size_t) noexcept { crm::Release(memory); }
void operator delete[](void* memory, size_t) noexcept { crm::Release(memory); }

#ifndef CRM_SANITIZED
extern "C" void* malloc(size_t size) {
  return crm::Fails(__builtin_return_address(0)) ? nullptr
                                                 : __libc_malloc(size);
}
extern "C" void* calloc(size_t count, size_t size) {
  return crm::Fails(__builtin_return_address(0)) ? nullptr
                                                 : __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, size_t size) {
  return crm::Fails(__builtin_return_address(0)) ? nullptr
                                                 : __libc_realloc(memory, size);
}
#endif
