#include "store/ledger_verify.h"

#include <map>
#include <utility>

#include "consent/ledger_check.h"
#include "consent/ledger_note.h"

namespace crm {
namespace {

constexpr uint64_t kLedgerProgressEvery = 4096;

class LedgerVerifier {
 public:
  LedgerVerifier(const LedgerReader& reader, const LedgerVerifyOptions& options)
      : reader_(reader),
        options_(options),
        names_(reader.core().names),
        tenant_(names_.Text(NameKind::kTenant, reader.tenant())) {}

  Result<VerifyReport> Run();

 private:
  Status ReadCheckpoints();
  Status Walk();
  Status Look(Position position, std::string_view value);
  Status LookInto(Position position, const LogRecord& record);
  void CompareCheckpoints(Position position);
  Status CompareEnd();
  void Add(std::string_view room, Position position, std::string detail);

  const LedgerReader& reader_;
  const LedgerVerifyOptions& options_;
  const Names& names_;
  const std::string tenant_;
  std::multimap<uint64_t, LedgerHash> checkpoints_;  // Roots by size.
  ChainReader chain_{Digest{}};
  LedgerCheck check_;
  LogRecordReader records_;
  std::string plain_;
  VerifyReport report_;
};

void LedgerVerifier::Add(std::string_view room, Position position,
                         std::string detail) {
  ++report_.findings_total;
  if (report_.findings.size() >= kKeptFindings) return;
  Finding finding;
  finding.room = room;
  // The chain of the log is everybody's.
  if (room == "ledger") finding.tenant = tenant_;
  finding.position = position;
  finding.detail = std::move(detail);
  report_.findings.push_back(std::move(finding));
}

Status LedgerVerifier::ReadCheckpoints() {
  std::string key = options_.key;
  if (key.empty() && !options_.checkpoints.empty()) {
    Result<Key> own = reader_.SigningKey();
    if (!own.ok()) return std::move(own).status();
    key = LedgerKeyText(reader_.origin(), *own);
  }
  for (const std::string& note : options_.checkpoints) {
    Result<LedgerHead> head = VerifyCheckpoint(note, key);
    if (!head.ok()) return std::move(head).status();
    if (head->origin != reader_.origin()) {
      return Status(StatusCode::kInvalidArgument,
                    "checkpoint: of another ledger, " + head->origin);
    }
    checkpoints_.emplace(head->size, head->root);
  }
  CompareCheckpoints(0);
  return Status::Ok();
}

// Those of the tree as it is now.
void LedgerVerifier::CompareCheckpoints(Position position) {
  if (checkpoints_.empty()) return;
  const uint64_t size = check_.SizeOf(reader_.tenant());
  const auto [first, last] = checkpoints_.equal_range(size);
  if (first == last) return;
  const Digest root = check_.RootOf(reader_.tenant());
  for (auto at = first; at != last; ++at) {
    if (at->second == root) continue;
    Add("ledger", position,
        "the tree of " + std::to_string(size) +
            " leaves is not the one of the checkpoint");
  }
  checkpoints_.erase(first, last);
}

Status LedgerVerifier::LookInto(Position position, const LogRecord& record) {
  Digest salt;
  Status status = reader_.Open(position, record, &salt, &plain_);
  if (status.code() == StatusCode::kErased) {
    ++report_.erased;
    return Status::Ok();
  }
  if (!status.ok()) return status;
  ++report_.opened;
  if (CommitTo(salt, plain_) == record.ledger->commitment) return Status::Ok();
  return Status(StatusCode::kCorruption,
                "ledger: it says something else than it is committed to");
}

// Only what ends the walk is an error.
Status LedgerVerifier::Look(Position position, std::string_view value) {
  LogRecord record;
  Status status = records_.Read(value, &record);
  if (!status.ok()) return status;
  const bool ours =
      record.ledger.has_value() &&
      (record.kind == LogKind::kEvent ? record.event.tenant : record.tenant) ==
          reader_.tenant();
  Status ledger = check_.Add(position, record);
  if (ours) {
    ++report_.ledger_records;
    if (ledger.ok() && options_.open) ledger = LookInto(position, record);
    if (!ledger.ok() && ledger.code() != StatusCode::kCorruption) return ledger;
    if (!ledger.ok()) Add("ledger", position, std::string(ledger.message()));
    CompareCheckpoints(position);
  }
  status = chain_.Add(position, value, record);
  if (!status.ok()) Add("log", position, std::string(status.message()));
  return Status::Ok();
}

Status LedgerVerifier::Walk() {
  const Position head = reader_.view().position();
  LogCursor cursor(*reader_.core().log, kLogEvents, 1, head, false);
  while (true) {
    Position position = 0;
    std::string_view value;
    Result<bool> more = cursor.Next(&position, &value);
    Status status = more.status();
    if (status.ok() && !*more) break;
    if (status.ok()) status = Look(position, value);
    if (status.code() == StatusCode::kCorruption) {
      // What follows cannot be held against anything.
      const Position at = position == 0 ? report_.log_records + 1 : position;
      Add("log", at, std::string(status.message()));
      return Status::Ok();
    }
    if (!status.ok()) return status;
    report_.log_records = position;
    if (options_.progress &&
        (position == head || position % kLedgerProgressEvery == 0) &&
        !options_.progress(position, head)) {
      return Status(StatusCode::kCancelled, "cancelled by the caller");
    }
  }
  if (!chain_.at_batch_end()) Add("log", head, "its batch is not whole");
  return CompareEnd();
}

Status LedgerVerifier::CompareEnd() {
  const uint64_t size = check_.SizeOf(reader_.tenant());
  for (const auto& [wanted, root] : checkpoints_) {
    Add("ledger", 0,
        "the ledger has " + std::to_string(size) +
            " leaves; it had more: the checkpoint says " +
            std::to_string(wanted));
  }
  const Result<LedgerHead> head = reader_.HeadAt(reader_.size());
  if (!head.ok() && head.status().code() != StatusCode::kCorruption) {
    return head.status();
  }
  if (!head.ok() || head->size != size ||
      head->root != check_.RootOf(reader_.tenant())) {
    Add("ledger", 0, "the views do not have the tree of the log");
  }
  return Status::Ok();
}

Result<VerifyReport> LedgerVerifier::Run() {
  Status status = ReadCheckpoints();
  if (status.ok()) status = Walk();
  if (!status.ok()) return status;
  return std::move(report_);
}

}  // namespace

Result<VerifyReport> VerifyLedgerOf(const LedgerReader& reader,
                                    const LedgerVerifyOptions& options) {
  return LedgerVerifier(reader, options).Run();
}

}  // namespace crm
