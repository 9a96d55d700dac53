// HugePages: memory for tables that are read at random. Taken from the system
// 2 MiB at a time and, where the system can, as one page each: with pages of
// 4 KiB half of the time of such a read goes into finding the page.
//
// Thread safety: any thread. What is given back is used again for pieces of
// the same size; the system gets it back when this goes.

#ifndef CRM_STORAGE_HUGE_PAGES_H_
#define CRM_STORAGE_HUGE_PAGES_H_

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <vector>

#include "base/mutex.h"

namespace crm {

class HugePages final {
 public:
  static constexpr size_t kPageBytes = size_t{2} << 20;
  static constexpr size_t kAlignment = 64;

  HugePages() = default;
  HugePages(const HugePages&) = delete;
  HugePages& operator=(const HugePages&) = delete;
  ~HugePages();

  // Zeroed or not; aligned to kAlignment. REQUIRES: 0 < bytes <= kPageBytes.
  // Throws std::bad_alloc, as new does.
  void* Take(size_t bytes);
  void GiveBack(void* piece, size_t bytes);

 private:
  Mutex mutex_;
  std::vector<void*> pages_ CRM_GUARDED_BY(mutex_);
  char* next_ CRM_GUARDED_BY(mutex_) = nullptr;
  size_t left_ CRM_GUARDED_BY(mutex_) = 0;
  // By size, the first free piece; each begins with the address of the next,
  // so that giving back takes no memory.
  absl::flat_hash_map<size_t, void*> free_ CRM_GUARDED_BY(mutex_);
};

}  // namespace crm

#endif  // CRM_STORAGE_HUGE_PAGES_H_
