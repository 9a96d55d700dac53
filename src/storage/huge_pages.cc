#include "storage/huge_pages.h"

#include <sys/mman.h>

#include <cassert>
#include <new>

namespace crm {

HugePages::~HugePages() {
  for (void* page : pages_) {
    ::operator delete(page, std::align_val_t{kPageBytes});
  }
}

void* HugePages::Take(size_t bytes) {
  assert(bytes > 0 && bytes <= kPageBytes);
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<void*>& free = free_[bytes];
  if (!free.empty()) {
    void* piece = free.back();
    free.pop_back();
    return piece;
  }
  if (bytes > left_) {
    pages_.reserve(pages_.size() + 1);
    void* page = ::operator new(kPageBytes, std::align_val_t{kPageBytes});
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
  std::lock_guard<std::mutex> lock(mutex_);
  free_[bytes].push_back(piece);
}

}  // namespace crm
