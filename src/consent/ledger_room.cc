#include "consent/ledger_room.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

#include "base/coding.h"

namespace crm {
namespace {

// A row holds up to 16 neighbours of one level; only every fourth level is
// kept, because what lies between is a few hashes away.
constexpr int kTileLevels = 4;
constexpr uint64_t kTileNodes = uint64_t{1} << kTileLevels;
// Beside a leaf stands where it lies in the log.
constexpr size_t kLeafBytes = 8 + kDigestBytes;

RowKey TileRow(uint32_t tenant, int level, uint64_t number) {
  return RowKey{static_cast<uint64_t>(level), number, tenant};
}

size_t NodeBytes(int level) { return level == 0 ? kLeafBytes : kDigestBytes; }

std::string_view AsText(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest AsDigest(std::string_view bytes) {
  Digest digest;
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

Status BadRow(const char* family) {
  return Status(StatusCode::kCorruption,
                std::string("family ") + family + ": malformed row");
}

Status OutOfOrder(const char* what) {
  return Status(StatusCode::kCorruption,
                std::string("ledger: ") + what + " out of order");
}

std::string EncodeFrontier(const MerkleFrontier& frontier) {
  std::string value;
  value.reserve(10 + frontier.peaks().size() * kDigestBytes);
  PutVarint(&value, frontier.size());
  for (const Digest& peak : frontier.peaks()) value.append(AsText(peak));
  return value;
}

Result<MerkleFrontier> DecodeFrontier(const Row& row) {
  if (!row.exists()) return MerkleFrontier();
  ByteReader reader(row.value());
  const uint64_t size = reader.Varint();
  std::array<Digest, 64> peaks;
  const auto count = static_cast<size_t>(std::popcount(size));
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view peak = reader.Take(kDigestBytes);
    if (reader.ok()) peaks[i] = AsDigest(peak);
  }
  if (!reader.ok() || !reader.AtEnd()) return BadRow("ledgers");
  return MerkleFrontier(size, std::span<const Digest>(peaks).first(count));
}

std::string EncodeLink(const LedgerRoom::Link& link) {
  std::string value;
  PutVarint(&value, link.count);
  PutVarint(&value, link.position);
  value += AsText(link.link);
  return value;
}

Result<LedgerRoom::Link> DecodeLink(const Row& row) {
  LedgerRoom::Link link;
  if (!row.exists()) return link;
  ByteReader reader(row.value());
  link.count = reader.Varint();
  link.position = reader.Varint();
  const std::string_view last = reader.Take(kDigestBytes);
  if (!reader.ok() || !reader.AtEnd()) return BadRow("ledger_links");
  link.link = AsDigest(last);
  return link;
}

// The rows of one tree that were read last: siblings of a path share them.
class TileReader {
 public:
  TileReader(uint32_t tenant, size_t family, const View* view)
      : tenant_(tenant), family_(family), view_(view) {}

  // A node of a level that is kept, or the position beside a leaf.
  Status Find(int level, uint64_t index, std::string_view* bytes) {
    const uint64_t number = index / kTileNodes;
    if (level != level_ || number != number_ || !row_.exists()) {
      Result<Row> row = view_->Get(family_, TileRow(tenant_, level, number));
      if (!row.ok()) return std::move(row).status();
      row_ = std::move(row).value();
      level_ = level;
      number_ = number;
    }
    const size_t size = NodeBytes(level);
    const size_t at = index % kTileNodes * size;
    if (row_.value().size() < at + size) return BadRow("ledger_tiles");
    *bytes = row_.value().substr(at, size);
    return Status::Ok();
  }

  Status Node(int level, uint64_t index, Digest* node) {
    const int above = level % kTileLevels;
    if (above == 0) {
      std::string_view bytes;
      Status status = Find(level, index, &bytes);
      if (status.ok()) *node = AsDigest(bytes.substr(bytes.size() - 32));
      return status;
    }
    Digest left;
    Digest right;
    Status status = Node(level - 1, index * 2, &left);
    if (status.ok()) status = Node(level - 1, index * 2 + 1, &right);
    if (status.ok()) *node = MerkleNode(left, right);
    return status;
  }

 private:
  const uint32_t tenant_;
  const size_t family_;
  const View* const view_;
  int level_ = -1;
  uint64_t number_ = 0;
  Row row_;
};

}  // namespace

std::vector<RowFamily> LedgerRoom::families() const {
  return {
      {.name = "ledgers"},
      {.name = "ledger_tiles", .words = 2, .passing = true},
      {.name = "ledger_links"},
  };
}

Result<LedgerRoom::Link> LedgerRoom::ReadLink(uint32_t tenant, RecordId record,
                                              Generation& rows) const {
  Result<Row> row =
      rows.GetForChange(family(kLinks), RowKey{record, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  return DecodeLink(*row);
}

Result<MerkleFrontier> LedgerRoom::ReadFrontier(uint32_t tenant,
                                                Generation& rows) const {
  Result<Row> row = rows.GetForChange(family(kLedgers), RowKey{0, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  return DecodeFrontier(*row);
}

Status LedgerRoom::Warm(uint32_t tenant, RecordId record) const {
  return services_.overlay->Touch(family(kLinks), RowKey{record, 0, tenant});
}

void LedgerRoom::Prefetch(uint32_t tenant, RecordId record) const {
  services_.overlay->Prefetch(family(kLinks), RowKey{record, 0, tenant});
}

Result<MerkleFrontier> LedgerRoom::Frontier(uint32_t tenant,
                                            const View& view) const {
  Result<Row> row = view.Get(family(kLedgers), RowKey{0, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  return DecodeFrontier(*row);
}

MerkleNodes LedgerRoom::NodesOf(uint32_t tenant, const View& view) const {
  auto tiles = std::make_shared<TileReader>(tenant, family(kTiles), &view);
  return [tiles](int level, uint64_t index, Digest* node) {
    return tiles->Node(level, index, node);
  };
}

Result<Position> LedgerRoom::PositionOf(uint32_t tenant, uint64_t index,
                                        const View& view) const {
  TileReader tiles(tenant, family(kTiles), &view);
  std::string_view bytes;
  Status status = tiles.Find(0, index, &bytes);
  if (!status.ok()) return status;
  return Position{GetBe64(bytes.data())};
}

Result<LedgerRoom::Link> LedgerRoom::LinkOf(uint32_t tenant, RecordId record,
                                            const View& view) const {
  Result<Row> row = view.Get(family(kLinks), RowKey{record, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  return DecodeLink(*row);
}

Status LedgerRoom::Canonical(size_t own, std::string_view key_bytes,
                             std::string_view value, const CanonicalSink& sink,
                             uint32_t* tenant, CustomerId* customer) const {
  RowKey key;
  if (!DecodeRowKey(key_bytes, families()[own].words, &key)) {
    return Status(StatusCode::kCorruption, "malformed key");
  }
  *tenant = key.tenant;
  *customer = 0;
  sink(
      CanonicalItem{std::string(key_bytes), std::string(value), key.tenant, 0});
  return Status::Ok();
}

void LedgerAppends::Begin(const LedgerRoom* room, Generation* rows) {
  room_ = room;
  rows_ = rows;
  trees_.clear();
  BeginRequest();
}

void LedgerAppends::BeginRequest() {
  before_.clear();
  trees_before_ = trees_.size();
}

void LedgerAppends::Rollback() {
  trees_.resize(trees_before_);
  for (const Before& before : before_) {
    trees_[before.tree].edge = before.edge;
    trees_[before.tree].nodes.resize(before.nodes);
  }
  before_.clear();
}

Result<LedgerAppends::Tree*> LedgerAppends::ForChange(uint32_t tenant) {
  for (size_t i = 0; i < trees_.size(); ++i) {
    Tree& tree = trees_[i];
    if (tree.tenant != tenant) continue;
    const bool known =
        std::any_of(before_.begin(), before_.end(),
                    [i](const Before& before) { return before.tree == i; });
    if (!known && i < trees_before_) {
      before_.push_back({i, tree.edge, tree.nodes.size()});
    }
    return &tree;
  }
  Result<MerkleFrontier> edge = room_->ReadFrontier(tenant, *rows_);
  if (!edge.ok()) return std::move(edge).status();
  trees_.push_back({tenant, *edge, {}});
  return &trees_.back();
}

Status LedgerAppends::Append(const LedgerFacts& facts, bool with_root,
                             LedgerEntry* entry) {
  Result<LedgerRoom::Link> last =
      room_->ReadLink(facts.tenant, facts.record, *rows_);
  if (!last.ok()) return std::move(last).status();
  Result<Tree*> tree = ForChange(facts.tenant);
  if (!tree.ok()) return std::move(tree).status();
  entry->index = (*tree)->edge.size();
  entry->link_index = last->count;
  entry->previous = last->position;
  entry->flags = with_root ? kLedgerRoot : 0;
  const LedgerHeader header = MakeLedgerHeader(facts, *entry);
  entry->link = LedgerLink(last->link, header, entry->commitment);
  entry->leaf = LedgerLeaf(header, entry->commitment, entry->link);
  Status status = Take(*tree, facts.record, facts.position, *entry);
  if (with_root) entry->root = (*tree)->edge.Root();
  return status;
}

Status LedgerAppends::Fold(uint32_t tenant, RecordId record, Position position,
                           const LedgerEntry& entry) {
  Result<LedgerRoom::Link> last = room_->ReadLink(tenant, record, *rows_);
  if (!last.ok()) return std::move(last).status();
  if (last->count != entry.link_index || last->position != entry.previous) {
    return OutOfOrder("link");
  }
  Result<Tree*> tree = ForChange(tenant);
  if (!tree.ok()) return std::move(tree).status();
  if ((*tree)->edge.size() != entry.index) return OutOfOrder("leaf");
  return Take(*tree, record, position, entry);
}

Status LedgerAppends::Take(Tree* tree, RecordId record, Position position,
                           const LedgerEntry& entry) {
  tree->edge.Append(entry.leaf,
                    [&](int level, uint64_t index, const Digest& node) {
                      if (level % kTileLevels != 0) return;
                      tree->nodes.push_back({level, index, position, node});
                    });
  LedgerRoom::Link link{entry.link_index + 1, position, entry.link};
  return rows_->Put(room_->family(LedgerRoom::kLinks),
                    RowKey{record, 0, tree->tenant}, EncodeLink(link));
}

Status LedgerAppends::Store() {
  for (Tree& tree : trees_) {
    if (tree.nodes.empty()) continue;
    bool more = true;
    for (int level = 0; more; level += kTileLevels) {
      Status status = StoreLevel(tree, level, &more);
      if (!status.ok()) return status;
    }
    Status status =
        rows_->Put(room_->family(LedgerRoom::kLedgers),
                   RowKey{0, 0, tree.tenant}, EncodeFrontier(tree.edge));
    if (!status.ok()) return status;
    tree.nodes.clear();
  }
  BeginRequest();
  return Status::Ok();
}

// Nodes of one level come in their order.
Status LedgerAppends::StoreLevel(const Tree& tree, int level, bool* any) {
  const size_t family = room_->family(LedgerRoom::kTiles);
  std::string tile;
  *any = false;
  for (auto node = tree.nodes.begin(); node != tree.nodes.end(); ++node) {
    if (node->level != level) continue;
    const RowKey key = TileRow(tree.tenant, level, node->index / kTileNodes);
    const uint64_t place = node->index % kTileNodes;
    if (!*any && place != 0) {
      Result<Row> row = rows_->GetForChange(family, key);
      if (!row.ok()) return std::move(row).status();
      tile = row->value();
    }
    *any = true;
    if (tile.size() != place * NodeBytes(level)) {
      return BadRow("ledger_tiles");
    }
    if (level == 0) PutBe64(&tile, node->position);
    tile += AsText(node->hash);
    const bool last = std::none_of(
        node + 1, tree.nodes.end(),
        [level](const Node& other) { return other.level == level; });
    if (place + 1 < kTileNodes && !last) continue;
    Status status = rows_->Put(family, key, tile);
    if (!status.ok()) return status;
    tile.clear();
  }
  return Status::Ok();
}

}  // namespace crm
