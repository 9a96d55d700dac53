#include "consent/ledger_room.h"

#include <bit>
#include <cstring>
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

Status Malformed(const char* family) {
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
  std::vector<Digest> peaks;
  for (int i = 0; i < std::popcount(size) && reader.ok(); ++i) {
    const std::string_view peak = reader.Take(kDigestBytes);
    if (reader.ok()) peaks.push_back(AsDigest(peak));
  }
  if (!reader.ok() || !reader.AtEnd()) return Malformed("ledgers");
  return MerkleFrontier(size, std::move(peaks));
}

Result<LedgerRoom::Link> DecodeLink(const Row& row) {
  LedgerRoom::Link link;
  if (!row.exists()) return link;
  ByteReader reader(row.value());
  link.count = reader.Varint();
  link.position = reader.Varint();
  const std::string_view last = reader.Take(kDigestBytes);
  if (!reader.ok() || !reader.AtEnd()) return Malformed("ledger_links");
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
    if (row_.value().size() < at + size) return Malformed("ledger_tiles");
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

Status LedgerRoom::Append(const LedgerFacts& facts, Generation& rows,
                          LedgerEntry* entry) const {
  Result<Link> last = ReadLink(facts.tenant, facts.record, rows);
  if (!last.ok()) return std::move(last).status();
  Result<MerkleFrontier> frontier = ReadFrontier(facts.tenant, rows);
  if (!frontier.ok()) return std::move(frontier).status();
  entry->index = frontier->size();
  entry->link_index = last->count;
  entry->previous = last->position;
  const LedgerHeader header = MakeLedgerHeader(facts, *entry);
  entry->link = LedgerLink(last->link, header, entry->commitment);
  entry->leaf = LedgerLeaf(header, entry->commitment, entry->link);
  return Store(facts.tenant, facts.record, facts.position, *entry,
               std::move(frontier).value(), rows, &entry->root);
}

Status LedgerRoom::FoldEntry(uint32_t tenant, RecordId record,
                             Position position, const LedgerEntry& entry,
                             Generation& rows) const {
  Result<Link> last = ReadLink(tenant, record, rows);
  if (!last.ok()) return std::move(last).status();
  if (last->count != entry.link_index || last->position != entry.previous) {
    return OutOfOrder("link");
  }
  Result<MerkleFrontier> frontier = ReadFrontier(tenant, rows);
  if (!frontier.ok()) return std::move(frontier).status();
  if (frontier->size() != entry.index) return OutOfOrder("leaf");
  return Store(tenant, record, position, entry, std::move(frontier).value(),
               rows, nullptr);
}

Status LedgerRoom::Store(uint32_t tenant, RecordId record, Position position,
                         const LedgerEntry& entry, MerkleFrontier frontier,
                         Generation& rows, Digest* root) const {
  Status status;
  frontier.Append(entry.leaf,
                  [&](int level, uint64_t index, const Digest& node) {
                    if (!status.ok() || level % kTileLevels != 0) return;
                    std::string bytes;
                    if (level == 0) PutBe64(&bytes, position);
                    bytes += AsText(node);
                    status = AddNode(tenant, level, index, bytes, rows);
                  });
  if (!status.ok()) return status;
  if (root != nullptr) *root = frontier.Root();
  status = rows.Put(family(kLedgers), RowKey{0, 0, tenant},
                    EncodeFrontier(frontier));
  if (!status.ok()) return status;
  std::string link;
  PutVarint(&link, entry.link_index + 1);
  PutVarint(&link, position);
  link += AsText(entry.link);
  return rows.Put(family(kLinks), RowKey{record, 0, tenant}, link);
}

Status LedgerRoom::AddNode(uint32_t tenant, int level, uint64_t index,
                           std::string_view node, Generation& rows) const {
  const RowKey key = TileRow(tenant, level, index / kTileNodes);
  const uint64_t place = index % kTileNodes;
  if (place == 0) {
    rows.Insert(family(kTiles), key, node);
    return Status::Ok();
  }
  Result<Row> row = rows.GetForChange(family(kTiles), key);
  if (!row.ok()) return std::move(row).status();
  if (row->value().size() != place * node.size()) {
    return Malformed("ledger_tiles");
  }
  std::string value;
  value.reserve((place + 1) * node.size());
  value += row->value();
  value += node;
  return rows.Put(family(kTiles), key, value);
}

Status LedgerRoom::Warm(uint32_t tenant, RecordId record) const {
  return services_.overlay->Touch(family(kLinks), RowKey{record, 0, tenant});
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

}  // namespace crm
