// Names: small numbers for the strings that every event repeats (tenant, type,
// source, version, namespace). A name is a log record before it is used; its
// number never changes.
//
// Thread safety: all methods, from any thread. Texts live as long as the
// table.

#ifndef CRM_EVENT_NAMES_H_
#define CRM_EVENT_NAMES_H_

#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace crm {

enum class NameKind : uint8_t {
  kTenant = 1,
  kType = 2,
  kSource = 3,
  kVersion = 4,
  kNamespace = 5,
};
inline constexpr size_t kNameKinds = 6;

class Names final {
 public:
  // 0: unknown.
  uint32_t Find(NameKind kind, std::string_view text) const;
  // Many at once, under one lock: ids[i] for names[i].
  struct Wanted {
    NameKind kind;
    std::string_view text;
    uint32_t id = 0;
  };
  void FindAll(std::span<Wanted> names) const;
  // The same among names that are not published yet, too: for the sequencer
  // and for folds.
  uint32_t FindAny(NameKind kind, std::string_view text) const;
  // Empty: unknown.
  std::string_view Text(NameKind kind, uint32_t id) const;
  // Numbers are dense, from 1. Adding what is there changes nothing. False:
  // `id` is taken by another text, or is not the next one.
  bool Add(NameKind kind, uint32_t id, std::string_view text,
           bool published = true);
  // The first so many names of each kind are in the log.
  void Publish(const std::array<uint32_t, kNameKinds>& counts);
  // Forgets everything.
  void Clear();
  // Takes back the names beyond the first `count`; they were not published.
  void Truncate(NameKind kind, uint32_t count);
  uint32_t Count(NameKind kind) const;
  std::vector<std::string> All(NameKind kind) const;

 private:
  // Texts by number, in blocks that double in size and never move: they are
  // read without a lock, many times for each event.
  class Texts {
   public:
    uint32_t size() const { return size_.load(std::memory_order_acquire); }
    // REQUIRES: index < size().
    const std::string& operator[](uint32_t index) const;
    void PushBack(std::string_view text);
    void PopBack();
    void Clear();

   private:
    static constexpr uint32_t kFirstBlock = 64;
    static constexpr size_t kBlocks = 26;
    static size_t BlockOf(uint32_t index, uint32_t* offset);

    std::array<std::unique_ptr<std::string[]>, kBlocks> blocks_;
    std::atomic<uint32_t> size_{0};
  };
  struct Table {
    Texts texts;
    absl::flat_hash_map<std::string_view, uint32_t> ids;
    uint32_t published = 0;  // The first so many.
  };
  mutable SharedMutex mutex_;
  std::array<Table, kNameKinds> tables_;
};

}  // namespace crm

#endif  // CRM_EVENT_NAMES_H_
