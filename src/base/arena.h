// A bump allocator for what a request decodes: freed all at once.

#ifndef CRM_BASE_ARENA_H_
#define CRM_BASE_ARENA_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace crm {

// One thread at a time. What it gives lives until Reset or its destruction.
class Arena final {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  char* Allocate(size_t size, size_t align) {
    size_t start = (used_ + align - 1) & ~(align - 1);
    if (block_ >= blocks_.size() || start + size > blocks_[block_].size) {
      NextBlock(size);
      start = 0;
    }
    used_ = start + size;
    return blocks_[block_].data.get() + start;
  }

  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    char* data = Allocate(text.size(), 1);
    std::memcpy(data, text.data(), text.size());
    return {data, text.size()};
  }

  template <typename T>
  T* New() {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (Allocate(sizeof(T), alignof(T))) T();
  }

  template <typename T>
  std::span<const T> CopyAll(std::span<const T> items) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (items.empty()) return {};
    T* data =
        reinterpret_cast<T*>(Allocate(items.size() * sizeof(T), alignof(T)));
    std::memcpy(static_cast<void*>(data), items.data(),
                items.size() * sizeof(T));
    return {data, items.size()};
  }

  // Keeps the blocks for the next use.
  void Reset() {
    block_ = 0;
    used_ = 0;
  }

 private:
  static constexpr size_t kBlockBytes = size_t{64} << 10;
  struct Block {
    std::unique_ptr<char[]> data;
    size_t size = 0;
  };

  void NextBlock(size_t size) {
    if (!blocks_.empty() && block_ < blocks_.size()) ++block_;
    while (block_ < blocks_.size() && blocks_[block_].size < size) ++block_;
    if (block_ == blocks_.size()) {
      const size_t bytes = size > kBlockBytes ? size : kBlockBytes;
      blocks_.push_back({std::make_unique_for_overwrite<char[]>(bytes), bytes});
    }
    used_ = 0;
  }

  std::vector<Block> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;
};

}  // namespace crm

#endif  // CRM_BASE_ARENA_H_
