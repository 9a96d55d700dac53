// From the traits of a record to a record that is matched.

#ifndef CRM_STORE_MATCH_FIELDS_H_
#define CRM_STORE_MATCH_FIELDS_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crm/match.h"

namespace crm {

// After so many records whoever waits is told how far a match is.
inline constexpr uint64_t kMatchProgressEvery = 1024;

// Which traits are compared as what; see MatchCustomersOptions::fields.
class MatchFieldMap final {
 public:
  // Empty: the default. kMalformed, kInvalidArgument (names the field),
  // kTooLarge.
  static Result<MatchFieldMap> Parse(std::string_view json);

  // JSON values by the name of their trait.
  using Traits = absl::flat_hash_map<std::string, std::string>;
  // What they say; values that cannot be compared are left out.
  std::vector<MatchValue> ValuesOf(const Traits& traits) const;

 private:
  struct Entry {
    MatchField field = MatchField::kOther;
    std::vector<std::string> traits;
  };
  std::vector<Entry> entries_;
};

}  // namespace crm

#endif  // CRM_STORE_MATCH_FIELDS_H_
