#include "storage/tail.h"

#include <algorithm>

namespace crm {

Tail::Tail() : current_(std::make_shared<Part>()) {}

void Tail::Append(std::span<const TailEntry> entries) {
  MutexLock lock(mutex_);
  Part& part = *current_;
  for (const TailEntry& given : entries) {
    TailEntry& entry = part.entries.emplace_back(given);
    entry.content = part.contents.Copy(given.content);
    part.bytes += sizeof(TailEntry) + entry.content.size();
    if (entry.record == 0) continue;
    uint32_t& last = part.last[{entry.tenant, entry.record}];
    entry.previous = last;
    last = static_cast<uint32_t>(part.entries.size());
  }
}

std::shared_ptr<Tail::Part> Tail::NextPart() const {
  size_t records = 0;
  {
    MutexLock lock(mutex_);
    records = current_->last.size();
  }
  auto next = std::make_shared<Part>();
  next->last.reserve(records);
  return next;
}

std::shared_ptr<const Tail::Part> Tail::Freeze(std::shared_ptr<Part> next) {
  MutexLock lock(mutex_);
  frozen_ = std::exchange(current_, std::move(next));
  return frozen_;
}

void Tail::DropFrozen() {
  std::shared_ptr<const Part> dropped;  // Freed outside the lock.
  MutexLock lock(mutex_);
  dropped.swap(frozen_);
}

Tail::Parts Tail::AllParts() const {
  MutexLock lock(mutex_);
  Parts parts;
  if (frozen_ != nullptr) parts.push_back(frozen_);
  parts.push_back(current_);
  return parts;
}

Tail::Parts Tail::ReadRecord(uint32_t tenant, uint64_t record, Position last,
                             std::vector<TailEntry>* out) const {
  const size_t begin = out->size();
  Parts parts = AllParts();
  // Chains run backwards, so the newest part comes first.
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    MutexLock lock(mutex_);
    auto found = (*part)->last.find({tenant, record});
    uint32_t index = found == (*part)->last.end() ? 0 : found->second;
    while (index != 0) {
      const TailEntry& entry = (*part)->entries[index - 1];
      if (entry.position <= last) out->push_back(entry);
      index = entry.previous;
    }
  }
  std::reverse(out->begin() + static_cast<ptrdiff_t>(begin), out->end());
  return parts;
}

uint64_t Tail::CountTenant(uint32_t tenant, Position after, Position last,
                           Position* first) const {
  *first = last + 1;
  uint64_t count = 0;
  for (const auto& part : AllParts()) {
    MutexLock lock(mutex_);
    const auto& entries = part->entries;
    if (entries.empty()) continue;
    *first = std::min(*first, entries.front().position);
    for (auto entry = std::upper_bound(
             entries.begin(), entries.end(), after,
             [](Position a, const TailEntry&b) { return a < b.position; });
         entry != entries.end() && entry->position <= last; ++entry) {
      if (entry->tenant == tenant) ++count;
    }
  }
  return count;
}

size_t Tail::bytes() const {
  MutexLock lock(mutex_);
  return current_->bytes + (frozen_ == nullptr ? 0 : frozen_->bytes);
}

uint64_t Tail::count() const {
  MutexLock lock(mutex_);
  return current_->entries.size();
}

}  // namespace crm
