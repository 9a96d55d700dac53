// Row: the value of one row in memory. Sixteen bytes; up to twelve bytes of
// value lie inside it, more in a block that is shared by counting references
// and never changed, so that a snapshot costs a pointer.

#ifndef CRM_STORAGE_ROW_H_
#define CRM_STORAGE_ROW_H_

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace crm {

// Thread safety: as a std::string; copies may live in different threads.
class Row final {
 public:
  static constexpr size_t kInlineBytes = 12;

  // No such row.
  Row() { std::memset(bytes_, 0, sizeof(bytes_)); }
  explicit Row(std::string_view value) {
    std::memset(bytes_, 0, sizeof(bytes_));
    if (value.size() <= kInlineBytes) {
      // An empty view may have no data at all, which memcpy does not take.
      if (!value.empty()) std::memcpy(bytes_, value.data(), value.size());
      tag() = static_cast<uint8_t>(value.size() + 1);
      return;
    }
    Block* block = new (::operator new(sizeof(Block) + value.size()))
        Block{{1}, static_cast<uint32_t>(value.size())};
    std::memcpy(block->data(), value.data(), value.size());
    std::memcpy(bytes_, &block, sizeof(block));
    tag() = kHeap;
  }
  Row(const Row& other) {
    std::memcpy(bytes_, other.bytes_, sizeof(bytes_));
    if (tag() == kHeap) {
      block()->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  Row(Row&& other) noexcept {
    std::memcpy(bytes_, other.bytes_, sizeof(bytes_));
    other.tag() = 0;
  }
  Row& operator=(Row other) noexcept {
    Swap(other);
    return *this;
  }
  ~Row() { Release(); }

  void Swap(Row& other) noexcept {
    uint8_t copy[sizeof(bytes_)];
    std::memcpy(copy, bytes_, sizeof(bytes_));
    std::memcpy(bytes_, other.bytes_, sizeof(bytes_));
    std::memcpy(other.bytes_, copy, sizeof(bytes_));
  }

  bool exists() const { return tag() != 0; }
  // Valid until this Row changes or goes. Empty when the row does not exist.
  std::string_view value() const {
    if (tag() == 0) return {};
    if (tag() == kHeap) return {block()->data(), block()->size};
    return {reinterpret_cast<const char*>(bytes_), size_t(tag()) - 1};
  }
  // Asks the processor for the beginning of a value that is on the heap.
  void Prefetch() const {
    if (tag() != kHeap) return;
    const auto* start = reinterpret_cast<const char*>(block());
    for (size_t at = 0; at < kPrefetched; at += 64) {
      __builtin_prefetch(start + at);
    }
  }
  // Bytes on the heap.
  size_t heap_bytes() const {
    return tag() == kHeap ? sizeof(Block) + block()->size + 16 : 0;
  }

 private:
  static constexpr uint8_t kHeap = 0xff;
  static constexpr size_t kPrefetched = 384;
  struct Block {
    std::atomic<uint32_t> references;
    uint32_t size;
    char* data() { return reinterpret_cast<char*>(this + 1); }
    const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  };

  uint8_t& tag() { return bytes_[12]; }
  uint8_t tag() const { return bytes_[12]; }
  Block* block() const {
    Block* block;
    std::memcpy(&block, bytes_, sizeof(block));
    return block;
  }
  void Release() {
    if (tag() == kHeap &&
        block()->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      ::operator delete(block());
    }
  }

  // 0-11 value or pointer, 12 tag (0 none, 1 + size, 0xff heap), 13 free.
  alignas(8) uint8_t bytes_[16];
};
static_assert(sizeof(Row) == 16);

}  // namespace crm

#endif  // CRM_STORAGE_ROW_H_
