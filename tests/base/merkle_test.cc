#include "base/merkle.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/sha256.h"

namespace crm {
namespace {

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(
        std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string Hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : digest) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

// The definition of the RFC, word by word: MTH, PATH and SUBPROOF.
using Leaves = std::vector<Digest>;

size_t SplitOf(size_t n) {
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Digest Mth(const Leaves& leaves, size_t first, size_t count) {
  if (count == 0) return Sha256({});
  if (count == 1) return leaves[first];
  const size_t k = SplitOf(count);
  return MerkleNode(Mth(leaves, first, k), Mth(leaves, first + k, count - k));
}

Leaves Path(const Leaves& leaves, size_t m, size_t first, size_t count) {
  if (count == 1) return {};
  const size_t k = SplitOf(count);
  Leaves path;
  if (m < k) {
    path = Path(leaves, m, first, k);
    path.push_back(Mth(leaves, first + k, count - k));
  } else {
    path = Path(leaves, m - k, first + k, count - k);
    path.push_back(Mth(leaves, first, k));
  }
  return path;
}

Leaves SubProof(const Leaves& leaves, size_t m, size_t first, size_t count,
                bool whole) {
  if (m == count) {
    return whole ? Leaves() : Leaves{Mth(leaves, first, count)};
  }
  const size_t k = SplitOf(count);
  Leaves path;
  if (m <= k) {
    path = SubProof(leaves, m, first, k, whole);
    path.push_back(Mth(leaves, first + k, count - k));
  } else {
    path = SubProof(leaves, m - k, first + k, count - k, false);
    path.push_back(Mth(leaves, first, k));
  }
  return path;
}

// A frontier that remembers all nodes.
struct Tree {
  MerkleFrontier frontier;
  std::vector<std::vector<Digest>> levels;

  void Append(const Digest& leaf) {
    frontier.Append(leaf, [&](int level, uint64_t index, const Digest& node) {
      const auto at = static_cast<size_t>(level);
      if (levels.size() <= at) levels.resize(at + 1);
      REQUIRE(levels[at].size() == index);
      levels[at].push_back(node);
    });
  }
  MerkleNodes Nodes() const {
    return [this](int level, uint64_t index, Digest* node) {
      const auto at = static_cast<size_t>(level);
      if (at >= levels.size() || index >= levels[at].size()) {
        return Status(StatusCode::kInternal, "no such node");
      }
      *node = levels[at][index];
      return Status::Ok();
    };
  }
};

Leaves SomeLeaves(size_t count) {
  Leaves leaves;
  for (size_t i = 0; i < count; ++i) {
    leaves.push_back(MerkleLeaf("leaf " + std::to_string(i)));
  }
  return leaves;
}

TEST_CASE("merkle: the reference leaves of certificate transparency") {
  REQUIRE(InitCrypto().ok());
  const char* const kInputs[] = {"",
                                 "00",
                                 "10",
                                 "2021",
                                 "3031",
                                 "40414243",
                                 "5051525354555657",
                                 "606162636465666768696a6b6c6d6e6f"};
  const char* const kRoots[] = {
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Tree tree;
  CHECK(tree.frontier.Root() == Sha256({}));
  CHECK(tree.frontier.Root() == MerkleEmptyRoot());
  for (size_t i = 0; i < 8; ++i) {
    tree.Append(MerkleLeaf(FromHex(kInputs[i])));
    CHECK(Hex(tree.frontier.Root()) == kRoots[i]);
  }
  // Their inclusion proof of leaf 5 of 8, and consistency of 6 with 8.
  std::vector<Digest> path;
  REQUIRE(MerkleInclusion(5, 8, tree.Nodes(), &path).ok());
  REQUIRE(path.size() == 3);
  CHECK(Hex(path[0]) ==
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
  CHECK(Hex(path[2]) == kRoots[3]);
  REQUIRE(MerkleConsistency(6, 8, tree.Nodes(), &path).ok());
  REQUIRE(path.size() == 3);
  CHECK(Hex(path[2]) == kRoots[3]);
}

TEST_CASE("merkle: roots and proofs are those of the definition") {
  REQUIRE(InitCrypto().ok());
  constexpr size_t kMost = 130;
  const Leaves leaves = SomeLeaves(kMost);
  Tree tree;
  std::vector<Digest> roots = {MerkleEmptyRoot()};
  std::vector<Digest> path;
  for (size_t size = 1; size <= kMost; ++size) {
    tree.Append(leaves[size - 1]);
    roots.push_back(tree.frontier.Root());
    CHECK(roots.back() == Mth(leaves, 0, size));
    Digest root;
    REQUIRE(MerkleRoot(size, tree.Nodes(), &root).ok());
    CHECK(root == roots.back());
    const MerkleFrontier restored(size, tree.frontier.peaks());
    CHECK(restored.Root() == root);
    for (size_t index = 0; index < size; ++index) {
      REQUIRE(MerkleInclusion(index, size, tree.Nodes(), &path).ok());
      CHECK(path == Path(leaves, index, 0, size));
      CHECK(VerifyMerkleInclusion(leaves[index], index, size, path, root));
    }
    for (size_t old = 0; old <= size; ++old) {
      REQUIRE(MerkleConsistency(old, size, tree.Nodes(), &path).ok());
      if (old > 0) CHECK(path == SubProof(leaves, old, 0, size, true));
      CHECK(VerifyMerkleConsistency(old, roots[old], size, root, path));
    }
  }
}

// Everything but the proof itself is refused.
TEST_CASE("merkle: a proof of something else is no proof") {
  REQUIRE(InitCrypto().ok());
  constexpr size_t kMost = 40;
  const Leaves leaves = SomeLeaves(kMost);
  Tree tree;
  std::vector<Digest> roots = {MerkleEmptyRoot()};
  for (const Digest& leaf : leaves) {
    tree.Append(leaf);
    roots.push_back(tree.frontier.Root());
  }
  std::vector<Digest> path;
  for (size_t size = 1; size <= kMost; ++size) {
    for (size_t index = 0; index < size; ++index) {
      REQUIRE(MerkleInclusion(index, size, tree.Nodes(), &path).ok());
      const auto shows = [&](size_t i, size_t n,
                             const std::vector<Digest>& proof) {
        return VerifyMerkleInclusion(leaves[index], i, n, proof, roots[size]);
      };
      for (size_t other = 0; other < size + 3; ++other) {
        if (other != index) CHECK(!shows(other, size, path));
      }
      CHECK(!shows(index, size, [&] {
        std::vector<Digest> longer = path;
        longer.push_back(leaves[0]);
        return longer;
      }()));
      for (size_t i = 0; i < path.size(); ++i) {
        std::vector<Digest> changed = path;
        changed[i][i % 32] ^= 1;
        CHECK(!shows(index, size, changed));
        changed = path;
        changed.erase(changed.begin() + static_cast<ptrdiff_t>(i));
        CHECK(!shows(index, size, changed));
      }
    }
    for (size_t old = 0; old <= size; ++old) {
      REQUIRE(MerkleConsistency(old, size, tree.Nodes(), &path).ok());
      for (size_t other = 0; other <= size; ++other) {
        if (other == old) continue;
        CHECK(!VerifyMerkleConsistency(old, roots[other], size, roots[size],
                                       path));
        // Of nothing every tree is a continuation.
        if (other == size || old == 0) continue;
        CHECK(!VerifyMerkleConsistency(old, roots[old], size, roots[other],
                                       path));
      }
      for (size_t i = 0; i < path.size(); ++i) {
        std::vector<Digest> changed = path;
        changed[i][31] ^= 128;
        CHECK(!VerifyMerkleConsistency(old, roots[old], size, roots[size],
                                       changed));
      }
    }
  }
  CHECK(!VerifyMerkleConsistency(5, roots[5], 4, roots[4], {}));
  CHECK(!VerifyMerkleInclusion(leaves[0], 0, 0, {}, MerkleEmptyRoot()));
  const std::vector<Digest> endless(70, leaves[0]);
  CHECK(!VerifyMerkleInclusion(leaves[0], 0, ~uint64_t{0}, endless, roots[1]));
  CHECK(!VerifyMerkleConsistency(3, roots[3], ~uint64_t{0}, roots[4], endless));
}

TEST_CASE("merkle: an error of where nodes come from is handed on") {
  const MerkleNodes broken = [](int, uint64_t, Digest*) {
    return Status(StatusCode::kIoError, "gone");
  };
  std::vector<Digest> path;
  Digest root;
  CHECK(MerkleRoot(3, broken, &root).code() == StatusCode::kIoError);
  CHECK(MerkleInclusion(2, 5, broken, &path).code() == StatusCode::kIoError);
  CHECK(MerkleConsistency(2, 5, broken, &path).code() == StatusCode::kIoError);
}

}  // namespace
}  // namespace crm
