#include "ingest/resume.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace crm::ingest {
namespace {

constexpr char kDone[] = "done";

// The value of a slot: version, batch, head, finished, and the counters.
constexpr uint64_t kVersion = 1;
constexpr size_t kNumbers = 11;
using Numbers = std::array<uint64_t, kNumbers>;

std::string Join(const Numbers& numbers) {
  std::string text;
  for (uint64_t number : numbers) {
    if (!text.empty()) text.push_back(' ');
    text.append(std::to_string(number));
  }
  return text;
}

bool Split(const std::string& text, Numbers* numbers) {
  const char* p = text.data();
  const char* const end = p + text.size();
  for (uint64_t& number : *numbers) {
    if (p != end && *p == ' ') ++p;
    const auto [next, error] = std::from_chars(p, end, number);
    if (error != std::errc()) return false;
    p = next;
  }
  return p == end;
}

}  // namespace

ImportProgressLog::ImportProgressLog(const crm::Tenant& tenant,
                                     std::optional<ContentHash> fingerprint)
    : tenant_(tenant) {
  if (fingerprint.has_value()) name_ = "import/" + ToHex(*fingerprint);
}

Status ImportProgressLog::Load() {
  if (name_.empty()) return Status::Ok();
  {
    const Result<Snapshot> snapshot = tenant_.GetSnapshot();
    if (!snapshot.ok()) return snapshot.status();
    head_ = snapshot->position();
  }
  const Result<std::string> state = tenant_.GetOffset(name_);
  if (state.ok()) {
    // It was imported as a whole: look at everything again, note nothing.
    name_.clear();
    return Status::Ok();
  }
  if (state.status().code() != StatusCode::kNotFound) return state.status();
  for (size_t slot = 0; slot < kSlots; ++slot) {
    const Result<std::string> value =
        tenant_.GetOffset(name_ + "/" + std::to_string(slot));
    if (value.ok()) {
      // A value that is not ours is as good as none: rows are read again.
      ParseSlot(*value);
    } else if (value.status().code() != StatusCode::kNotFound) {
      return value.status();
    }
  }
  appended_before_.erase(appended_before_.begin(),
                         appended_before_.lower_bound(finished_));
  return Status::Ok();
}

bool ImportProgressLog::ParseSlot(const std::string& value) {
  Numbers n;
  if (!Split(value, &n) || n[0] != kVersion) return false;
  appended_before_[n[1]] = n[2];
  if (n[3] >= finished_) {
    finished_ = n[3];
    counters_ = Counters{n[4], n[5], n[6], n[7], n[8], n[9], n[10]};
  }
  return true;
}

const Position* ImportProgressLog::AppendedBefore(uint64_t batch) const {
  const auto it = appended_before_.find(batch);
  return it == appended_before_.end() ? nullptr : &it->second;
}

std::optional<HostOffset> ImportProgressLog::OffsetOf(uint64_t batch,
                                                      bool last) const {
  if (name_.empty()) return std::nullopt;
  if (last) return HostOffset{name_, kDone};
  const Position* before = AppendedBefore(batch);
  const Numbers numbers = {kVersion,
                           batch,
                           before != nullptr ? *before : head_,
                           finished_,
                           counters_.read,
                           counters_.appended,
                           counters_.duplicates,
                           counters_.rejected,
                           counters_.customers_created,
                           counters_.unattributed,
                           counters_.contested};
  return HostOffset{name_ + "/" + std::to_string(batch % kSlots),
                    Join(numbers)};
}

void ImportProgressLog::Finish(uint64_t batch, const BatchResult& result) {
  finished_ = batch + 1;
  counters_.Add(result.counters);
  head_ = std::max(head_, result.head);
}

}  // namespace crm::ingest
