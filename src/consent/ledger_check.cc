#include "consent/ledger_check.h"

#include <string>
#include <utility>

namespace crm {
namespace {

Status Broken(const std::string& what) {
  return Status(StatusCode::kCorruption, "ledger: " + what);
}

}  // namespace

uint64_t LedgerCheck::SizeOf(uint32_t tenant) const {
  const auto found = ledgers_.find(tenant);
  return found == ledgers_.end() ? 0 : found->second.tree.size();
}

Digest LedgerCheck::RootOf(uint32_t tenant) const {
  const auto found = ledgers_.find(tenant);
  return found == ledgers_.end() ? MerkleEmptyRoot()
                                 : found->second.tree.Root();
}

Status LedgerCheck::Add(Position position, const LogRecord& record) {
  if (record.kind == LogKind::kName) {
    // Whether it stands in its place is not for the ledger to say.
    names_.Add(static_cast<NameKind>(record.name_kind), record.name_id,
               record.text);
    return Status::Ok();
  }
  if (!record.ledger.has_value()) return Status::Ok();
  const LogKind kind = record.kind;
  if (kind != LogKind::kEvent && kind != LogKind::kDefinition &&
      kind != LogKind::kIdentity) {
    return Broken("a record of this kind does not belong there");
  }
  ++records_;
  const LedgerFacts facts = FactsOf(position, record, names_);
  Ledger& ledger = ledgers_[facts.tenant];
  Status hashes = CheckHashes(facts, record, &ledger.streams[facts.record]);
  Status tree = CheckTree(*record.ledger, &ledger);
  return hashes.ok() ? tree : hashes;
}

Status LedgerCheck::CheckHashes(const LedgerFacts& facts,
                                const LogRecord& record, Stream* stream) {
  const LedgerEntry& entry = *record.ledger;
  const bool event = facts.kind == LogKind::kEvent;
  const LedgerHeader header = MakeLedgerHeader(facts, entry);
  const Digest link = LedgerLink(stream->link, header, entry.commitment);
  const uint64_t expected = std::exchange(stream->count, entry.link_index + 1);
  const Position previous = std::exchange(stream->position, facts.position);
  stream->link = entry.link;
  if (entry.link_index != expected) {
    return Broken("link " + std::to_string(entry.link_index) +
                  " of its record, where " + std::to_string(expected) +
                  " must come");
  }
  if (entry.previous != previous) {
    return Broken("it names record " + std::to_string(entry.previous) +
                  " as the one before it, which is " +
                  std::to_string(previous));
  }
  if (entry.reserved != decltype(entry.reserved){} ||
      entry.flags > kLedgerRoot) {
    return Broken("bytes that must be zero are not");
  }
  if (facts.kind == LogKind::kDefinition &&
      entry.what != record.definition.kind) {
    return Broken("two kinds of definition");
  }
  if (event && entry.recorded_at != record.event.recorded_at) {
    return Broken("two times of recording");
  }
  if (LedgerLeaf(header, entry.commitment, entry.link) != entry.leaf) {
    return Broken("leaf " + std::to_string(entry.index) +
                  " is not that of its record");
  }
  if (link != entry.link) {
    return Broken("leaf " + std::to_string(entry.index) +
                  " does not follow the one before it in its record");
  }
  return Status::Ok();
}

Status LedgerCheck::CheckTree(const LedgerEntry& entry, Ledger* ledger) {
  if (ledger->broken) return Status::Ok();  // As was said.
  if (entry.index != ledger->tree.size()) {
    ledger->broken = true;
    return Broken("leaf " + std::to_string(entry.index) + ", where leaf " +
                  std::to_string(ledger->tree.size()) + " must come");
  }
  ledger->tree.Append(entry.leaf);
  const bool given = (entry.flags & kLedgerRoot) != 0;
  if (entry.root != (given ? ledger->tree.Root() : Digest{})) {
    ledger->broken = true;
    return Broken("the root of the tree of " + std::to_string(entry.index + 1) +
                  " leaves is another one");
  }
  return Status::Ok();
}

}  // namespace crm
