// Takes the values of some members out of JSON, at any depth.

#ifndef CRM_INGEST_JSON_REDACT_H_
#define CRM_INGEST_JSON_REDACT_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace crm::ingest {

inline constexpr std::string_view kRedacted = R"("[redacted]")";

// One thread.
class JsonRedactor final {
 public:
  void Add(std::string_view name) { names_.emplace(name); }
  bool Names(std::string_view name) const { return names_.contains(name); }

  // `json` (JSON for certain) with kRedacted in place of the values of those
  // members; null and "" stay. Valid until the next call, or that of `json`.
  std::string_view Redact(std::string_view json);
  // How many values were taken out so far.
  uint64_t count() const { return count_; }
  void Count() { ++count_; }

 private:
  std::set<std::string, std::less<>> names_;
  std::string buffer_;
  uint64_t count_ = 0;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_JSON_REDACT_H_
