#include "event/names.h"

#include <algorithm>
#include <bit>

namespace crm {
namespace {

size_t Index(NameKind kind) { return static_cast<size_t>(kind); }

}  // namespace

// Block k holds 64 << k texts, from 64 * (2^k - 1) on.
size_t Names::Texts::BlockOf(uint32_t index, uint32_t* offset) {
  const auto block =
      static_cast<size_t>(std::bit_width(index / kFirstBlock + 1) - 1);
  *offset = index - kFirstBlock * ((uint32_t{1} << block) - 1);
  return block;
}

const std::string& Names::Texts::operator[](uint32_t index) const {
  uint32_t offset = 0;
  return blocks_[BlockOf(index, &offset)][offset];
}

void Names::Texts::PushBack(std::string_view text) {
  uint32_t offset = 0;
  const uint32_t index = size();
  const size_t block = BlockOf(index, &offset);
  if (blocks_[block] == nullptr) {
    blocks_[block] =
        std::make_unique<std::string[]>(size_t{kFirstBlock} << block);
  }
  blocks_[block][offset] = text;
  size_.store(index + 1, std::memory_order_release);
}

void Names::Texts::Clear() { size_.store(0, std::memory_order_release); }

void Names::Texts::PopBack() {
  size_.store(size() - 1, std::memory_order_release);
}

uint32_t Names::Find(NameKind kind, std::string_view text) const {
  ReaderLock lock(mutex_);
  const Table& table = tables_[Index(kind)];
  auto found = table.ids.find(text);
  if (found == table.ids.end() || found->second > table.published) return 0;
  return found->second;
}

void Names::FindAll(std::span<Wanted> names) const {
  ReaderLock lock(mutex_);
  for (Wanted& name : names) {
    const Table& table = tables_[Index(name.kind)];
    auto found = table.ids.find(name.text);
    const bool known =
        found != table.ids.end() && found->second <= table.published;
    name.id = known ? found->second : 0;
  }
}

uint32_t Names::FindAny(NameKind kind, std::string_view text) const {
  ReaderLock lock(mutex_);
  const Table& table = tables_[Index(kind)];
  auto found = table.ids.find(text);
  return found == table.ids.end() ? 0 : found->second;
}

std::string_view Names::Text(NameKind kind, uint32_t id) const {
  const Table& table = tables_[Index(kind)];
  if (id == 0 || id > table.texts.size()) return {};
  return table.texts[id - 1];
}

bool Names::Add(NameKind kind, uint32_t id, std::string_view text,
                bool published) {
  if (Index(kind) == 0 || Index(kind) >= kNameKinds) return false;
  WriterLock lock(mutex_);
  Table& table = tables_[Index(kind)];
  if (id >= 1 && id <= table.texts.size()) return table.texts[id - 1] == text;
  if (id != table.texts.size() + 1 || table.ids.contains(text)) return false;
  table.texts.PushBack(text);
  table.ids.emplace(table.texts[id - 1], id);
  if (published) table.published = id;
  return true;
}

void Names::Publish(const std::array<uint32_t, kNameKinds>& counts) {
  WriterLock lock(mutex_);
  for (size_t kind = 1; kind < kNameKinds; ++kind) {
    Table& table = tables_[kind];
    table.published = std::max(table.published, counts[kind]);
  }
}

void Names::Clear() {
  WriterLock lock(mutex_);
  for (Table& table : tables_) {
    table.ids.clear();
    table.texts.Clear();
    table.published = 0;
  }
}

void Names::Truncate(NameKind kind, uint32_t count) {
  WriterLock lock(mutex_);
  Table& table = tables_[Index(kind)];
  while (table.texts.size() > count) {
    table.ids.erase(table.texts[table.texts.size() - 1]);
    table.texts.PopBack();
  }
}

uint32_t Names::Count(NameKind kind) const {
  ReaderLock lock(mutex_);
  return tables_[Index(kind)].texts.size();
}

std::vector<std::string> Names::All(NameKind kind) const {
  ReaderLock lock(mutex_);
  const Table& table = tables_[Index(kind)];
  std::vector<std::string> all;
  for (uint32_t i = 0; i < table.published; ++i) all.push_back(table.texts[i]);
  return all;
}

}  // namespace crm
