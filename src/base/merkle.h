// A hash tree as of RFC 6962, section 2.1 (RFC 9162 has the same one): SHA-256,
// 0x00 before a leaf, 0x01 before two nodes. Pure functions over hashes.
//
// A *node* (level, index) is the root of a complete subtree over the leaves
// index * 2^level up to (index + 1) * 2^level: it never changes once its last
// leaf is there. All that a proof needs are such nodes.

#ifndef CRM_BASE_MERKLE_H_
#define CRM_BASE_MERKLE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "crm/status.h"

namespace crm {

Digest MerkleLeaf(std::string_view data);
Digest MerkleNode(const Digest& left, const Digest& right);
// Of the tree without leaves.
Digest MerkleEmptyRoot();

// The right edge of a growing tree: its complete subtrees, the largest first.
class MerkleFrontier final {
 public:
  MerkleFrontier() = default;
  // `peaks`: as peaks() gave them, as many as `size` has bits set.
  MerkleFrontier(uint64_t size, std::span<const Digest> peaks)
      : size_(size), count_(peaks.size()) {
    std::copy(peaks.begin(), peaks.end(), peaks_.begin());
  }
  MerkleFrontier(const MerkleFrontier& other)
      : MerkleFrontier(other.size_, other.peaks()) {}
  MerkleFrontier& operator=(const MerkleFrontier& other) {
    size_ = other.size_;
    count_ = other.count_;
    std::copy_n(other.peaks_.begin(), count_, peaks_.begin());
    return *this;
  }

  uint64_t size() const { return size_; }
  std::span<const Digest> peaks() const { return {peaks_.data(), count_}; }
  // `node` is told each node that this completes, from the leaf upwards.
  template <typename F>
  void Append(const Digest& leaf, F node) {
    Digest hash = leaf;
    uint64_t index = size_++;
    node(0, index, hash);
    for (int level = 1; (index & 1) != 0; ++level) {
      index >>= 1;
      hash = MerkleNode(peaks_[--count_], hash);
      node(level, index, hash);
    }
    peaks_[count_++] = hash;
  }
  void Append(const Digest& leaf) {
    Append(leaf, [](int, uint64_t, const Digest&) {});
  }
  Digest Root() const;

 private:
  uint64_t size_ = 0;
  size_t count_ = 0;
  std::array<Digest, 64> peaks_;  // The first `count_`.
};

// Where nodes come from.
using MerkleNodes =
    std::function<Status(int level, uint64_t index, Digest* node)>;

// Root of the first `size` leaves.
Status MerkleRoot(uint64_t size, const MerkleNodes& nodes, Digest* root);
// That leaf `index` is in the tree of the first `size`. REQUIRES: index < size.
Status MerkleInclusion(uint64_t index, uint64_t size, const MerkleNodes& nodes,
                       std::vector<Digest>* path);
// That the tree of `size` leaves begins with that of `old_size`. REQUIRES:
// old_size <= size. Nothing to show (0, or equal sizes): an empty path.
Status MerkleConsistency(uint64_t old_size, uint64_t size,
                         const MerkleNodes& nodes, std::vector<Digest>* path);

// Whether the proof shows it. Any input may be hostile.
bool VerifyMerkleInclusion(const Digest& leaf, uint64_t index, uint64_t size,
                           std::span<const Digest> path, const Digest& root);
bool VerifyMerkleConsistency(uint64_t old_size, const Digest& old_root,
                             uint64_t size, const Digest& root,
                             std::span<const Digest> path);

}  // namespace crm

#endif  // CRM_BASE_MERKLE_H_
