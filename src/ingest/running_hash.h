// Hash over many parts, one after the other: the same parts give the same hash,
// however they are grouped in memory.

#ifndef CRM_INGEST_RUNNING_HASH_H_
#define CRM_INGEST_RUNNING_HASH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/content_hash.h"

namespace crm::ingest {

class RunningHash final {
 public:
  void Add(std::string_view part) {
    AppendPart(part, &buffer_);
    if (buffer_.size() >= kBlockBytes) Close();
  }
  void Add(uint64_t number) {
    AppendNumber(number, &buffer_);
    if (buffer_.size() >= kBlockBytes) Close();
  }
  // 32 hexadecimal digits over all so far.
  std::string Finish() {
    Close();
    return ToHex(state_);
  }

 private:
  static constexpr size_t kBlockBytes = size_t{32} << 10;

  void Close() {
    AppendNumber(state_.low, &buffer_);
    AppendNumber(state_.high, &buffer_);
    state_ = HashContent(buffer_);
    buffer_.clear();
  }

  ContentHash state_;
  std::string buffer_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_RUNNING_HASH_H_
