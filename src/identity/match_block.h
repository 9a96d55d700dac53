// Which records are compared at all: those that share a key.

#ifndef CRM_IDENTITY_MATCH_BLOCK_H_
#define CRM_IDENTITY_MATCH_BLOCK_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "identity/match_set.h"

namespace crm {

// Keys of several columns may be equal to one another when they are of one
// space: a second name may be somebody's last name elsewhere.
inline constexpr size_t kKeyColumns = 31;
inline constexpr size_t kKeySpaces = 28;

// A block of more records is not compared pair by pair, but each record with
// its neighbours in a few orders. The more records there are, the more of those
// that share a key do so by chance.
inline constexpr size_t kLargestBlock = 200;
inline constexpr size_t kSmallestBlock = 50;
inline constexpr size_t kBlockTimesRecords = 40'000'000;
inline constexpr size_t kWindow = 8;

// The keys of all records; 0: none.
class BlockKeys final {
 public:
  explicit BlockKeys(const MatchSet::Impl& set);

  // A record of a block and where it lies.
  struct Member {
    uint32_t key;
    uint32_t record;
  };
  // The most records of a block that is compared in full.
  size_t max_block() const {
    const size_t records = std::max<size_t>(keys_.size(), 1);
    return std::clamp(kBlockTimesRecords / records, kSmallestBlock,
                      kLargestBlock);
  }

  // All keys of a space, sorted.
  std::vector<Member> Sorted(size_t space) const;

  // Whether the pair, which has `key` in `space`, comes up in an earlier block.
  bool SeenBefore(size_t space, uint32_t key, uint32_t a, uint32_t b) const;

  // A block that is not compared in full says nothing about later ones.
  void Forget(size_t space, const Member* begin, const Member* end);

 private:
  using Keys = std::array<uint32_t, kKeyColumns>;
  bool Shares(size_t space, const Keys& a, const Keys& b, uint32_t below) const;

  std::vector<Keys> keys_;
};

// The pairs of a block that is too large, by number; with repetitions.
std::vector<std::pair<uint32_t, uint32_t>> NeighboursOf(
    const MatchSet::Impl& set, const BlockKeys::Member* begin,
    const BlockKeys::Member* end);

// For training: keys on one thing alone.
enum class SessionKey : uint8_t {
  kBirth,
  kFullName,
  kNationalId,
  kEmail,
  kPhone,
  // What teaches how strangers with something in common look.
  kPostcode,
  kPostcodeHouse,
  kStreetHouse,
  kCity,
  kGiven,
  kSurname,
};
uint32_t SessionKeyOf(const MatchSet::Impl& set, SessionKey key,
                      uint32_t record);

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_BLOCK_H_
