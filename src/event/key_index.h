// A fixed set of names, and which one a text is: one probe for most texts, no
// allocation.

#ifndef CRM_EVENT_KEY_INDEX_H_
#define CRM_EVENT_KEY_INDEX_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format/json_internal.h"

namespace crm {

class KeyIndex final {
 public:
  static constexpr size_t kAbsent = ~size_t{0};

  size_t size() const { return keys_.size(); }
  const std::string& key(size_t i) const { return keys_[i]; }

  // The number of `key`, which is added if it is not there.
  size_t Add(std::string_view key) {
    const size_t found = Find(key);
    if (found != kAbsent) return found;
    keys_.emplace_back(key);
    if (keys_.size() * 2 > slots_.size()) Grow();
    Place(keys_.size() - 1);
    return keys_.size() - 1;
  }

  size_t Find(std::string_view key) const {
    if (slots_.empty()) return kAbsent;
    const uint64_t print = KeyPrint(key);
    for (size_t at = print & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.number == 0) return kAbsent;
      if (slot.print == static_cast<uint32_t>(print >> 32) &&
          keys_[slot.number - 1] == key) {
        return slot.number - 1;
      }
    }
  }

 private:
  struct Slot {
    uint32_t print = 0;
    uint32_t number = 0;  // From 1; 0: free.
  };

  void Grow() {
    slots_.assign(slots_.empty() ? 8 : slots_.size() * 2, Slot());
    mask_ = slots_.size() - 1;
    for (size_t i = 0; i + 1 < keys_.size(); ++i) Place(i);
  }

  void Place(size_t i) {
    const uint64_t print = KeyPrint(keys_[i]);
    size_t at = print & mask_;
    while (slots_[at].number != 0) at = (at + 1) & mask_;
    slots_[at] = {static_cast<uint32_t>(print >> 32),
                  static_cast<uint32_t>(i + 1)};
  }

  std::vector<std::string> keys_;
  std::vector<Slot> slots_;
  size_t mask_ = 0;
};

}  // namespace crm

#endif  // CRM_EVENT_KEY_INDEX_H_
