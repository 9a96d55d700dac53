#include "storage/tail.h"

#include <algorithm>

namespace crm {

Tail::Tail() : current_(std::make_shared<Part>()) {}

void Tail::Append(std::vector<TailEntry>& entries) {
  std::lock_guard<std::mutex> lock(mutex_);
  Part& part = *current_;
  for (TailEntry& entry : entries) {
    part.bytes += sizeof(TailEntry) + entry.content.heap_bytes();
    if (entry.record != 0) {
      uint32_t& last = part.last[{entry.tenant, entry.record}];
      entry.previous = last;
      last = static_cast<uint32_t>(part.entries.size() + 1);
    }
    part.entries.push_back(std::move(entry));
  }
}

std::shared_ptr<const Tail::Part> Tail::Freeze() {
  std::lock_guard<std::mutex> lock(mutex_);
  frozen_ = std::exchange(current_, std::make_shared<Part>());
  return frozen_;
}

void Tail::DropFrozen() {
  std::shared_ptr<const Part> dropped;  // Freed outside the lock.
  std::lock_guard<std::mutex> lock(mutex_);
  dropped.swap(frozen_);
}

std::vector<std::shared_ptr<const Tail::Part>> Tail::Parts() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::shared_ptr<const Part>> parts;
  if (frozen_ != nullptr) parts.push_back(frozen_);
  parts.push_back(current_);
  return parts;
}

void Tail::ReadRecord(uint32_t tenant, uint64_t record, Position last,
                      std::vector<TailEntry>* out) const {
  const size_t begin = out->size();
  const auto parts = Parts();
  // Chains run backwards, so the newest part comes first.
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = (*part)->last.find({tenant, record});
    uint32_t index = found == (*part)->last.end() ? 0 : found->second;
    while (index != 0) {
      const TailEntry& entry = (*part)->entries[index - 1];
      if (entry.position <= last) out->push_back(entry);
      index = entry.previous;
    }
  }
  std::reverse(out->begin() + static_cast<ptrdiff_t>(begin), out->end());
}

uint64_t Tail::CountTenant(uint32_t tenant, Position after, Position last,
                           Position* first) const {
  *first = last + 1;
  uint64_t count = 0;
  for (const auto& part : Parts()) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto& entries = part->entries;
    if (entries.empty()) continue;
    *first = std::min(*first, entries.front().position);
    for (auto entry = std::upper_bound(
             entries.begin(), entries.end(), after,
             [](Position a, const TailEntry& b) { return a < b.position; });
         entry != entries.end() && entry->position <= last; ++entry) {
      if (entry->tenant == tenant) ++count;
    }
  }
  return count;
}

size_t Tail::bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return current_->bytes + (frozen_ == nullptr ? 0 : frozen_->bytes);
}

uint64_t Tail::count() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return current_->entries.size();
}

}  // namespace crm
