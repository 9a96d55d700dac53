#include "base/merkle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/sha256.h"

namespace crm {
namespace {

// The largest power of two below n. REQUIRES: n > 1.
uint64_t Split(uint64_t n) { return std::bit_floor(n - 1); }

// MTH(D[first:first + count]) of the RFC. What begins at a multiple of a power
// of two that it does not exceed is made of nodes, and so are all its parts.
Status RangeRoot(uint64_t first, uint64_t count, const MerkleNodes& nodes,
                 Digest* root) {
  if (std::has_single_bit(count)) {
    const int level = std::countr_zero(count);
    return nodes(level, first >> level, root);
  }
  const uint64_t left = Split(count);
  Digest a;
  Digest b;
  Status status = RangeRoot(first, left, nodes, &a);
  if (status.ok()) status = RangeRoot(first + left, count - left, nodes, &b);
  if (status.ok()) *root = MerkleNode(a, b);
  return status;
}

Status AddRange(uint64_t first, uint64_t count, const MerkleNodes& nodes,
                std::vector<Digest>* path) {
  return RangeRoot(first, count, nodes, &path->emplace_back());
}

}  // namespace

Digest MerkleLeaf(std::string_view data) {
  char buffer[256];
  if (data.size() < sizeof(buffer)) {
    buffer[0] = 0;
    if (!data.empty()) std::memcpy(buffer + 1, data.data(), data.size());
    return Sha256({buffer, data.size() + 1});
  }
  std::string bytes(1, '\0');
  bytes += data;
  return Sha256(bytes);
}

Digest MerkleNode(const Digest& left, const Digest& right) {
  char buffer[1 + 2 * kDigestBytes];
  buffer[0] = 1;
  std::memcpy(buffer + 1, left.data(), kDigestBytes);
  std::memcpy(buffer + 1 + kDigestBytes, right.data(), kDigestBytes);
  return Sha256({buffer, sizeof(buffer)});
}

Digest MerkleEmptyRoot() { return Sha256({}); }

Digest MerkleFrontier::Root() const {
  if (count_ == 0) return MerkleEmptyRoot();
  Digest root = peaks_[count_ - 1];
  for (size_t i = count_ - 1; i-- > 0;) {
    root = MerkleNode(peaks_[i], root);
  }
  return root;
}

Status MerkleRoot(uint64_t size, const MerkleNodes& nodes, Digest* root) {
  if (size == 0) {
    *root = MerkleEmptyRoot();
    return Status::Ok();
  }
  return RangeRoot(0, size, nodes, root);
}

Status MerkleInclusion(uint64_t index, uint64_t size, const MerkleNodes& nodes,
                       std::vector<Digest>* path) {
  path->clear();
  // From the root down, so that the RFC's order is the other way round.
  uint64_t first = 0;
  while (size > 1) {
    const uint64_t left = Split(size);
    const bool goes_left = index < first + left;
    Status status = goes_left ? AddRange(first + left, size - left, nodes, path)
                              : AddRange(first, left, nodes, path);
    if (!status.ok()) return status;
    if (!goes_left) first += left;
    size = goes_left ? left : size - left;
  }
  std::reverse(path->begin(), path->end());
  return Status::Ok();
}

Status MerkleConsistency(uint64_t old_size, uint64_t size,
                         const MerkleNodes& nodes, std::vector<Digest>* path) {
  path->clear();
  if (old_size == 0 || old_size == size) return Status::Ok();
  uint64_t first = 0;
  bool whole = true;  // The old tree is a node that the verifier knows.
  while (old_size != size) {
    const uint64_t left = Split(size);
    const bool goes_left = old_size <= left;
    Status status = goes_left ? AddRange(first + left, size - left, nodes, path)
                              : AddRange(first, left, nodes, path);
    if (!status.ok()) return status;
    if (goes_left) {
      size = left;
    } else {
      first += left;
      old_size -= left;
      size -= left;
      whole = false;
    }
  }
  if (!whole) {
    Status status = AddRange(first, size, nodes, path);
    if (!status.ok()) return status;
  }
  std::reverse(path->begin(), path->end());
  return Status::Ok();
}

// RFC 9162, 2.1.3.2.
bool VerifyMerkleInclusion(const Digest& leaf, uint64_t index, uint64_t size,
                           std::span<const Digest> path, const Digest& root) {
  if (index >= size) return false;
  uint64_t at = index;
  uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : path) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      hash = MerkleNode(sibling, hash);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      hash = MerkleNode(hash, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

// RFC 9162, 2.1.4.2.
bool VerifyMerkleConsistency(uint64_t old_size, const Digest& old_root,
                             uint64_t size, const Digest& root,
                             std::span<const Digest> path) {
  if (old_size > size) return false;
  if (old_size == size) return path.empty() && old_root == root;
  if (old_size == 0) return path.empty() && old_root == MerkleEmptyRoot();
  const bool whole = std::has_single_bit(old_size);
  if (!whole && path.empty()) return false;
  Digest old_hash = whole ? old_root : path.front();
  Digest hash = old_hash;
  if (!whole) path = path.subspan(1);
  uint64_t at = old_size - 1;
  uint64_t last = size - 1;
  while ((at & 1) != 0) {
    at >>= 1;
    last >>= 1;
  }
  for (const Digest& sibling : path) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      old_hash = MerkleNode(sibling, old_hash);
      hash = MerkleNode(sibling, hash);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      hash = MerkleNode(hash, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && hash == root;
}

}  // namespace crm
