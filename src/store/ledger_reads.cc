#include "store/ledger_reads.h"

#include <algorithm>
#include <utility>

#include "consent/ledger_note.h"
#include "consent/ledger_proof.h"

namespace crm {
namespace {

Status NoRecord(Position position) {
  return Status(StatusCode::kNotFound, "no record of this ledger at position " +
                                           std::to_string(position));
}

uint32_t TenantOf(const LogRecord& record) {
  return record.kind == LogKind::kEvent ? record.event.tenant : record.tenant;
}

}  // namespace

LedgerReader::LedgerReader(const Tenant::Impl& tenant)
    : open_(tenant.core->lifecycle),
      core_(*tenant.core),
      tenant_(tenant.info),
      status_(tenant.CheckOpenParts()) {
  if (!status_.ok()) return;
  view_ = core_.views->overlay().OpenView();
  Result<MerkleFrontier> tree =
      core_.views->ledger().Frontier(tenant_.id, *view_);
  status_ = tree.status();
  if (tree.ok()) size_ = tree->size();
}

std::string LedgerReader::origin() const {
  return LedgerOrigin(core_.superblock.store_id, tenant_.id);
}

Result<Key> LedgerReader::SigningKey() const {
  return core_.keyring->SigningSeed(tenant_.id);
}

MerkleNodes LedgerReader::nodes() const {
  return core_.views->ledger().NodesOf(tenant_.id, *view_);
}

Result<LedgerHead> LedgerReader::HeadAt(uint64_t size) const {
  if (size > size_) {
    return Status(StatusCode::kInvalidArgument,
                  "size: the ledger has " + std::to_string(size_) + " leaves");
  }
  LedgerHead head;
  head.origin = origin();
  head.size = size;
  Status status = MerkleRoot(size, nodes(), &head.root);
  if (!status.ok()) return status;
  return head;
}

Result<Position> LedgerReader::Find(const LedgerTarget& target) const {
  const bool by_id = !target.source.empty() || !target.id.empty();
  if (by_id == (target.position != 0)) {
    return Status(StatusCode::kInvalidArgument,
                  "target: either position, or source and id");
  }
  if (!by_id) return target.position;
  std::string named = target.source;
  named.push_back('\0');
  named += target.id;
  Result<KnownEvent> known = core_.views->event().Find(
      tenant_.id, SipHash128(tenant_.keys->dedupe, named), *view_);
  if (!known.ok()) return std::move(known).status();
  if (known->position == 0) {
    return Status(StatusCode::kNotFound, "no event of this source and id");
  }
  return known->position;
}

Status LedgerReader::Read(Position position, Stored* stored) const {
  if (position == 0 || position > view_->position()) return NoRecord(position);
  Status status = core_.log_view->Read(position, &stored->value);
  if (status.ok()) status = stored->reader.Read(stored->value, &stored->record);
  if (status.ok() && (!stored->record.ledger.has_value() ||
                      TenantOf(stored->record) != tenant_.id)) {
    return NoRecord(position);
  }
  return status;
}

Result<LedgerRecord> LedgerReader::RecordAt(Position position) const {
  Stored stored;
  Status status = Read(position, &stored);
  if (!status.ok()) return status;
  LedgerRecord record = ToLedgerRecord(
      FactsOf(position, stored.record, core_.names), *stored.record.ledger);
  const Position previous = stored.record.ledger->previous;
  if (previous == 0) return record;
  status = Read(previous, &stored);
  if (!status.ok()) return status;
  record.before = stored.record.ledger->link;
  return record;
}

Result<Position> LedgerReader::PositionOf(uint64_t index) const {
  return core_.views->ledger().PositionOf(tenant_.id, index, *view_);
}

Result<std::vector<Position>> LedgerReader::ChainOf(RecordId record,
                                                    uint64_t first,
                                                    size_t limit) const {
  Result<LedgerRoom::Link> end =
      core_.views->ledger().LinkOf(tenant_.id, record, *view_);
  if (!end.ok()) return std::move(end).status();
  std::vector<Position> positions;
  Position at = end->position;
  for (uint64_t i = end->count; i > first; --i) {
    Stored stored;
    Status status = Read(at, &stored);
    if (status.ok() && stored.record.ledger->link_index != i - 1) {
      status = Status(StatusCode::kCorruption,
                      "family ledger_links: does not "
                      "agree with the log");
    }
    if (!status.ok()) return status;
    positions.push_back(at);
    at = stored.record.ledger->previous;
  }
  std::reverse(positions.begin(), positions.end());
  if (positions.size() > limit) positions.resize(limit);
  return positions;
}

Status LedgerReader::Open(Position position, const LogRecord& record,
                          Digest* salt, std::string* plain) const {
  if (record.kind != LogKind::kEvent) {
    return core_.log_view->OpenOfTenant(position, record, plain, salt);
  }
  std::string body;
  Status status = core_.log_view->Unseal(position, record, &body, salt);
  if (!status.ok()) return status;
  return core_.log_view->Expand(record.event, body, plain);
}

}  // namespace crm
