// The room of the ledger: one tree of hashes per tenant (RFC 6962), over those
// of her records that are evidence (consent/ledger_types.h), and one chain of
// links per person's record.
//
// Leaf, link and root of a record are choices: they lie in the log record
// itself, and a fold reads them. What lies here can be thrown away: the right
// edge of each tree, its nodes, and the end of each chain.
//
// Nothing personal is in it, so that an erasure changes nothing.

#ifndef CRM_CONSENT_LEDGER_ROOM_H_
#define CRM_CONSENT_LEDGER_ROOM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/merkle.h"
#include "consent/ledger_entry.h"
#include "event/room.h"

namespace crm {

// Thread safety: the readers from any thread.
class LedgerRoom final : public Room {
 public:
  enum Family : size_t {
    kLedgers = 0,  // (tenant) -> size, peaks
    kTiles,        // (tenant, level, number) -> up to 16 nodes of that level
    kLinks,        // (tenant, record) -> count, last position, last link
    kFamilies,
  };

  std::string_view name() const override { return "ledger"; }
  uint32_t version() const override { return 1; }
  std::vector<RowFamily> families() const override;
  Status Prepare(const EventContent&, Arena&, const void**) const override {
    return Status::Ok();
  }
  // All records are folded by LedgerAppends, in one order.
  Status Fold(const Fact&, FoldContext&) const override { return Status::Ok(); }
  Status WritePacked(const Tail::Part&, const FrozenRows&,
                     Ingestion&) override {
    return Status::Ok();
  }
  Status Canonical(size_t family, std::string_view key, std::string_view value,
                   const CanonicalSink& sink, uint32_t* tenant,
                   CustomerId* customer) const override;
  Status Erase(uint32_t, CustomerId, std::span<const RecordId>,
               FoldContext&) const override {
    return Status::Ok();
  }
  // Its rows outlive the records they came from.

  // Brings what an append of this record reads near (caller's thread), and
  // asks the processor for it (the sequencer).
  Status Warm(uint32_t tenant, RecordId record) const;
  void Prefetch(uint32_t tenant, RecordId record) const;

  // The tree as it is in a view. kCorruption, kIoError.
  Result<MerkleFrontier> Frontier(uint32_t tenant, const View& view) const;
  // Nodes of a tenant's tree in a view, which must outlive the answer; one
  // thread at a time. kCorruption: a row is not what it should be.
  MerkleNodes NodesOf(uint32_t tenant, const View& view) const;
  // Where in the log a leaf lies. REQUIRES: it is in the view's tree.
  Result<Position> PositionOf(uint32_t tenant, uint64_t index,
                              const View& view) const;
  // The end of a record's chain.
  struct Link {
    uint64_t count = 0;
    Position position = 0;
    Digest link{};
  };
  Result<Link> LinkOf(uint32_t tenant, RecordId record, const View& view) const;

 private:
  friend class LedgerAppends;
  Result<Link> ReadLink(uint32_t tenant, RecordId record,
                        Generation& rows) const;
  Result<MerkleFrontier> ReadFrontier(uint32_t tenant, Generation& rows) const;
};

// What a group of requests, or a stretch of the log, adds to ledgers: nodes and
// edges of trees are kept here until all of it is there, so that each of their
// rows is written once. One thread at a time.
class LedgerAppends final {
 public:
  // Forgets what is here. Both outlive its use.
  void Begin(const LedgerRoom* room, Generation* rows);
  // What comes from here on is taken back by Rollback; so are its rows, by
  // those of the generation.
  void BeginRequest();
  void Rollback();

  // Gives a record its place: fills in what is missing of `entry`, which has
  // what, time and commitment. `with_root`: also what the tree is then, which
  // takes as long as all else.
  Status Append(const LedgerFacts& facts, bool with_root, LedgerEntry* entry);
  // Takes in what a record of the log says. kCorruption: out of order.
  Status Fold(uint32_t tenant, RecordId record, Position position,
              const LedgerEntry& entry);
  // Puts the rows; nothing is left here to be put.
  Status Store();

 private:
  struct Node {
    int level;
    uint64_t index;
    Position position;  // Of a leaf.
    Digest hash;
  };
  struct Tree {
    uint32_t tenant;
    MerkleFrontier edge;
    std::vector<Node> nodes;  // Of the levels that are kept.
  };
  // A tree before the request under way.
  struct Before {
    size_t tree;
    MerkleFrontier edge;
    size_t nodes;
  };

  Result<Tree*> ForChange(uint32_t tenant);
  Status Take(Tree* tree, RecordId record, Position position,
              const LedgerEntry& entry);
  Status StoreLevel(const Tree& tree, int level, bool* any);

  const LedgerRoom* room_ = nullptr;
  Generation* rows_ = nullptr;
  std::vector<Tree> trees_;  // Few: nearly always one.
  std::vector<Before> before_;
  size_t trees_before_ = 0;
};

}  // namespace crm

#endif  // CRM_CONSENT_LEDGER_ROOM_H_
