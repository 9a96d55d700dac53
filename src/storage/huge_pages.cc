#include "storage/huge_pages.h"

#include <sys/mman.h>

#include <cassert>
#include <cstring>
#include <new>

namespace crm {

HugePages::~HugePages() {
  for (void* page : pages_) {
    ::operator delete (page, std::align_val_t{kPageBytes});
  }
}

void* HugePages::Take(size_t bytes) {
  assert(bytes > 0 && bytes <= kPageBytes);
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  MutexLock lock(mutex_);
  void*& free = free_[bytes];
  if (free != nullptr) {
    void* piece = free;
    std::memcpy(&free, piece, sizeof(free));
    return piece;
  }
  if (bytes > left_) {
    if (pages_.size() == pages_.capacity()) {
      pages_.reserve(2 * pages_.size() + 1);
    }
    void* page = ::operator new (kPageBytes, std::align_val_t{kPageBytes});
    // Only a wish: without it everything works, more slowly.
    (void)madvise(page, kPageBytes, MADV_HUGEPAGE);
    pages_.push_back(page);
    next_ = static_cast<char*>(page);
    left_ = kPageBytes;
  }
  void* piece = next_;
  next_ += bytes;
  left_ -= bytes;
  return piece;
}

void HugePages::GiveBack(void* piece, size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  MutexLock lock(mutex_);
  void*& free = free_.find(bytes)->second;  // Take has made it.
  std::memcpy(piece, &free, sizeof(free));
  free = piece;
}

}  // namespace crm
