#include "consent/ledger_proof.h"

#include <algorithm>
#include <cstring>

#include "base/instant.h"
#include "base/merkle.h"

namespace crm {
namespace {

Status NotShown(const char* why) {
  return Status(StatusCode::kCorruption, std::string("proof: ") + why);
}

// What stands in the header alone.
uint32_t TenantOf(const LedgerRecord& record) {
  uint32_t tenant = 0;
  std::memcpy(&tenant, record.header.data() + 4, sizeof(tenant));
  return tenant;
}

Digest OpenOf(const LedgerRecord& record) {
  Digest open;
  std::memcpy(open.data(), record.header.data() + kLedgerHeaderBytes - 32, 32);
  return open;
}

Status CheckRecord(const LedgerRecord& record) {
  if (record.header.size() != kLedgerHeaderBytes) {
    return NotShown("the header does not have its size");
  }
  LedgerFacts facts;
  facts.kind = static_cast<LogKind>(record.kind);
  facts.tenant = TenantOf(record);
  facts.position = record.position;
  facts.record = record.record;
  facts.customer = record.customer;
  facts.occurred_at = Microseconds(record.occurred_at);
  facts.type = record.type;
  facts.source = record.source;
  facts.open = OpenOf(record);
  LedgerEntry entry;
  entry.index = record.index;
  entry.link_index = record.link_index;
  entry.recorded_at = Microseconds(record.recorded_at);
  entry.what = record.what;
  entry.flags = record.root != LedgerHash{} ? kLedgerRoot : 0;
  const LedgerHeader header = MakeLedgerHeader(facts, entry);
  if (!std::equal(header.begin(), header.end(), record.header.begin())) {
    return NotShown("the header says something else than the fields");
  }
  if (LedgerLink(record.before, header, record.commitment) != record.link) {
    return NotShown("the link is not that of this record");
  }
  if (LedgerLeaf(header, record.commitment, record.link) != record.leaf) {
    return NotShown("the leaf is not that of this record");
  }
  return Status::Ok();
}

}  // namespace

LedgerRecord ToLedgerRecord(const LedgerFacts& facts,
                            const LedgerEntry& entry) {
  LedgerRecord record;
  record.index = entry.index;
  record.position = facts.position;
  record.kind = static_cast<LedgerKind>(facts.kind);
  record.what = entry.what;
  record.record = facts.record;
  record.link_index = entry.link_index;
  record.customer = facts.customer;
  record.occurred_at = Instant(facts.occurred_at);
  record.recorded_at = Instant(entry.recorded_at);
  record.type = facts.type;
  record.source = facts.source;
  const LedgerHeader header = MakeLedgerHeader(facts, entry);
  record.header.assign(header.data(), header.size());
  record.commitment = entry.commitment;
  record.link = entry.link;
  record.leaf = entry.leaf;
  record.root = entry.root;
  return record;
}

Status VerifyInclusion(const InclusionProof& proof) {
  Status status = InitCrypto();
  if (status.ok()) status = CheckRecord(proof.record);
  if (!status.ok()) return status;
  const std::string tenant = "/" + std::to_string(TenantOf(proof.record));
  if (!proof.head.origin.ends_with(tenant)) {
    return NotShown("the record is of another tenant's ledger");
  }
  if (!VerifyMerkleInclusion(proof.record.leaf, proof.record.index,
                             proof.head.size, proof.path, proof.head.root)) {
    return NotShown("the path does not lead from the leaf to the root");
  }
  return Status::Ok();
}

Status VerifyConsistency(const ConsistencyProof& proof) {
  Status status = InitCrypto();
  if (!status.ok()) return status;
  if (!VerifyMerkleConsistency(proof.old_size, proof.old_root, proof.head.size,
                               proof.head.root, proof.path)) {
    return NotShown("the tree does not begin with the older one");
  }
  return status;
}

Status VerifyOpening(const LedgerRecord& record, const LedgerOpening& opening) {
  Status status = InitCrypto();
  if (!status.ok()) return status;
  Digest salt{};
  if (opening.salt.size() != salt.size()) {
    return NotShown("the salt does not have its size");
  }
  std::copy(opening.salt.begin(), opening.salt.end(), salt.begin());
  if (CommitTo(salt, opening.plain) != record.commitment) {
    return NotShown("this is not what the record is committed to");
  }
  return status;
}

}  // namespace crm
