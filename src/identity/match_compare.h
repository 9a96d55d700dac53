// Compares values and records; see match_fields.h for what the levels are.

#ifndef CRM_IDENTITY_MATCH_COMPARE_H_
#define CRM_IDENTITY_MATCH_COMPARE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "identity/match_fields.h"
#include "identity/match_set.h"

namespace crm {

// Optimal string alignment: insertions, deletions, substitutions, and swaps of
// neighbours, in bytes. Anything over `limit` is limit + 1.
int EditDistance(std::string_view a, std::string_view b, int limit);

// Winkler's variant of Jaro's measure, 0 to 1, over the first 64 bytes.
double JaroWinkler(std::string_view a, std::string_view b);

uint8_t CompareBirth(uint32_t a, uint32_t b);

// Compares records of one set. Remembers how values compare, so one thread.
class RecordComparer final {
 public:
  explicit RecordComparer(const MatchSet::Impl& set);

  // The levels, without the states.
  void Compare(const MatchFeatures& a, const MatchFeatures& b, Comparison* out);

 private:
  using Compute = uint8_t (*)(const MatchDictionary&, uint32_t, uint32_t);

  uint8_t Remembered(size_t which, const MatchDictionary& dictionary,
                     uint32_t a, uint32_t b, Compute compute);
  bool Swapped(const MatchFeatures& a, const MatchFeatures& b);
  uint8_t CompareGiven(const MatchFeatures& a, const MatchFeatures& b);
  uint8_t CompareSurname(const MatchFeatures& a, const MatchFeatures& b);
  uint8_t CompareMiddle(const MatchFeatures& a, const MatchFeatures& b);

  struct Slot {
    uint64_t key = 0;
    uint32_t which = 0;
    uint8_t level = 0;
  };
  const MatchSet::Impl& set_;
  std::vector<Slot> memory_;
};

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_COMPARE_H_
