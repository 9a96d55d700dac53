// Tenant: its ledger. See crm/ledger.h.

#include <utility>

#include "consent/ledger_note.h"
#include "store/ledger_reads.h"
#include "store/ledger_verify.h"

namespace crm {
namespace {

constexpr size_t kMaxLedgerPage = 10'000;

}  // namespace

Result<LedgerHead> Tenant::GetLedgerHead() const {
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  return reader.HeadAt(reader.size());
}

Result<std::string> Tenant::GetLedgerKey() const {
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  Result<Key> key = reader.SigningKey();
  if (!key.ok()) return std::move(key).status();
  return LedgerKeyText(reader.origin(), *key);
}

Result<std::string> Tenant::GetLedgerCheckpoint(uint64_t size) const {
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  Result<LedgerHead> head = reader.HeadAt(size == 0 ? reader.size() : size);
  if (!head.ok()) return std::move(head).status();
  Result<Key> key = reader.SigningKey();
  if (!key.ok()) return std::move(key).status();
  return SignNote(*head, *key);
}

Result<std::vector<LedgerRecord>> Tenant::ListLedger(
    const LedgerQuery& query) const {
  if (query.limit == 0 || query.limit > kMaxLedgerPage) {
    return Status(StatusCode::kInvalidArgument, "limit: 1 to 10,000");
  }
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  std::vector<Position> positions;
  if (query.record.has_value()) {
    Result<std::vector<Position>> chain =
        reader.ChainOf(*query.record, query.first, query.limit);
    if (!chain.ok()) return std::move(chain).status();
    positions = std::move(chain).value();
  } else {
    for (uint64_t index = query.first;
         index < reader.size() && positions.size() < query.limit; ++index) {
      Result<Position> position = reader.PositionOf(index);
      if (!position.ok()) return std::move(position).status();
      positions.push_back(*position);
    }
  }
  std::vector<LedgerRecord> records;
  records.reserve(positions.size());
  for (const Position position : positions) {
    Result<LedgerRecord> record = reader.RecordAt(position);
    if (!record.ok()) return std::move(record).status();
    records.push_back(std::move(record).value());
  }
  return records;
}

Result<InclusionProof> Tenant::ProveInclusion(const LedgerTarget& target,
                                              uint64_t size) const {
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  Result<Position> position = reader.Find(target);
  if (!position.ok()) return std::move(position).status();
  Result<LedgerRecord> record = reader.RecordAt(*position);
  if (!record.ok()) return std::move(record).status();
  Result<LedgerHead> head = reader.HeadAt(size == 0 ? reader.size() : size);
  if (!head.ok()) return std::move(head).status();
  InclusionProof proof;
  proof.record = std::move(record).value();
  proof.head = std::move(head).value();
  if (proof.record.index >= proof.head.size) {
    return Status(StatusCode::kInvalidArgument,
                  "size: the record is leaf " +
                      std::to_string(proof.record.index) +
                      ", which a tree of this size does not have");
  }
  Status status = MerkleInclusion(proof.record.index, proof.head.size,
                                  reader.nodes(), &proof.path);
  if (!status.ok()) return status;
  return proof;
}

Result<ConsistencyProof> Tenant::ProveConsistency(uint64_t old_size,
                                                  uint64_t size) const {
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  Result<LedgerHead> head = reader.HeadAt(size == 0 ? reader.size() : size);
  if (!head.ok()) return std::move(head).status();
  if (old_size > head->size) {
    return Status(
        StatusCode::kInvalidArgument,
        "old_size: greater than the size, " + std::to_string(head->size));
  }
  Result<LedgerHead> old = reader.HeadAt(old_size);
  if (!old.ok()) return std::move(old).status();
  ConsistencyProof proof;
  proof.old_size = old_size;
  proof.old_root = old->root;
  proof.head = std::move(head).value();
  Status status =
      MerkleConsistency(old_size, proof.head.size, reader.nodes(), &proof.path);
  if (!status.ok()) return status;
  return proof;
}

Result<LedgerOpening> Tenant::OpenLedgerRecord(
    const LedgerTarget& target) const {
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  Result<Position> position = reader.Find(target);
  if (!position.ok()) return std::move(position).status();
  LedgerReader::Stored stored;
  Digest salt{};
  LedgerOpening opening;
  Status status = reader.Read(*position, &stored);
  if (status.ok()) {
    status = reader.Open(*position, stored.record, &salt, &opening.plain);
  }
  if (!status.ok()) return status;
  opening.salt.assign(reinterpret_cast<const char*>(salt.data()), salt.size());
  return opening;
}

Result<VerifyReport> Tenant::VerifyLedger(
    const LedgerVerifyOptions& options) const {
  const LedgerReader reader(*impl_);
  if (!reader.status().ok()) return reader.status();
  return VerifyLedgerOf(reader, options);
}

}  // namespace crm
