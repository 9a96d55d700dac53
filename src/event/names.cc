#include "event/names.h"

#include <mutex>

namespace crm {
namespace {

size_t Index(NameKind kind) { return static_cast<size_t>(kind); }

}  // namespace

uint32_t Names::Find(NameKind kind, std::string_view text) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  const Table& table = tables_[Index(kind)];
  auto found = table.ids.find(text);
  if (found == table.ids.end() || found->second > table.published) return 0;
  return found->second;
}

void Names::FindAll(std::span<Wanted> names) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  for (Wanted& name : names) {
    const Table& table = tables_[Index(name.kind)];
    auto found = table.ids.find(name.text);
    const bool known =
        found != table.ids.end() && found->second <= table.published;
    name.id = known ? found->second : 0;
  }
}

uint32_t Names::FindAny(NameKind kind, std::string_view text) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  const Table& table = tables_[Index(kind)];
  auto found = table.ids.find(text);
  return found == table.ids.end() ? 0 : found->second;
}

std::string_view Names::Text(NameKind kind, uint32_t id) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  const Table& table = tables_[Index(kind)];
  if (id == 0 || id > table.texts.size()) return {};
  return table.texts[id - 1];
}

bool Names::Add(NameKind kind, uint32_t id, std::string_view text,
                bool published) {
  if (Index(kind) == 0 || Index(kind) >= kNameKinds) return false;
  std::unique_lock<std::shared_mutex> lock(mutex_);
  Table& table = tables_[Index(kind)];
  if (id >= 1 && id <= table.texts.size()) return table.texts[id - 1] == text;
  if (id != table.texts.size() + 1 || table.ids.contains(text)) return false;
  table.texts.emplace_back(text);
  table.ids.emplace(table.texts.back(), id);
  if (published) table.published = id;
  return true;
}

void Names::Publish() {
  std::unique_lock<std::shared_mutex> lock(mutex_);
  for (Table& table : tables_) {
    table.published = static_cast<uint32_t>(table.texts.size());
  }
}

void Names::Clear() {
  std::unique_lock<std::shared_mutex> lock(mutex_);
  for (Table& table : tables_) table = Table();
}

void Names::Truncate(NameKind kind, uint32_t count) {
  std::unique_lock<std::shared_mutex> lock(mutex_);
  Table& table = tables_[Index(kind)];
  while (table.texts.size() > count) {
    table.ids.erase(table.texts.back());
    table.texts.pop_back();
  }
}

uint32_t Names::Count(NameKind kind) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  return static_cast<uint32_t>(tables_[Index(kind)].texts.size());
}

std::vector<std::string> Names::All(NameKind kind) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  const Table& table = tables_[Index(kind)];
  return {table.texts.begin(), table.texts.begin() + table.published};
}

}  // namespace crm
