#include "store/verify.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/mutex.h"
#include "storage/row_cursor.h"
#include "store/erasure.h"
#include "store/ledger_verify.h"
#include "store/recovery.h"
#include "store/sequencer.h"

namespace crm {
namespace {

// The items of one family, from the last to the first, out of its rows.
class ItemStream {
 public:
  ItemStream(Views& views, size_t family)
      : views_(views),
        room_(views.RoomOf(family)),
        own_(family - room_->first_family()),
        cursor_(views.database(), family) {}

  // Null at the end. A row that cannot be read is told to `damaged`.
  template <typename F>
  Result<const CanonicalItem*> Next(F damaged) {
    while (items_.empty()) {
      std::string_view key;
      std::string_view value;
      Result<bool> more = cursor_.Next(&key, &value);
      if (!more.ok()) return std::move(more).status();
      if (!*more) return nullptr;
      ++rows_;
      uint32_t tenant = 0;
      CustomerId customer = 0;
      Status status = room_->Canonical(
          own_, key, value,
          [this](CanonicalItem item) { items_.push_back(std::move(item)); },
          &tenant, &customer);
      if (status.code() == StatusCode::kCorruption) {
        items_.clear();
        damaged(tenant, customer, status);
      } else if (!status.ok()) {
        return status;
      }
    }
    current_ = std::move(items_.back());
    items_.pop_back();
    return &current_;
  }

  uint64_t rows() const { return rows_; }

 private:
  Views& views_;
  Room* const room_;
  const size_t own_;
  RowCursor cursor_;
  std::deque<CanonicalItem> items_;
  CanonicalItem current_;
  uint64_t rows_ = 0;
};

class Verifier {
 public:
  Verifier(StoreCore& core, const Progress& progress)
      : core_(core), progress_(progress) {}

  Result<VerifyReport> Run();

 private:
  Status Compare();
  Status CompareFamily(size_t family);
  Status CheckIdsAreInFilter(const CanonicalItem& item);
  void Add(size_t family, uint32_t tenant, CustomerId customer,
           const std::string& detail);
  void AddLog(const Status& status);

  StoreCore& core_;
  const Progress& progress_;
  std::unique_ptr<Views> aside_;
  VerifyReport report_;
};

void Verifier::Add(size_t family, uint32_t tenant, CustomerId customer,
                   const std::string& detail) {
  ++report_.findings_total;
  if (report_.findings.size() >= kKeptFindings) return;
  Finding finding;
  finding.room = std::string(core_.views->RoomOf(family)->name());
  finding.tenant = core_.names.Text(NameKind::kTenant, tenant);
  finding.customer = customer;
  finding.detail = "family " + core_.views->family_name(family) + ": " + detail;
  report_.findings.push_back(std::move(finding));
}

void Verifier::AddLog(const Status& status) {
  ++report_.findings_total;
  Finding finding;
  finding.room = "log";
  finding.detail = std::string(status.message());
  constexpr std::string_view kRecord = "log record ";
  if (status.message().starts_with(kRecord)) {
    for (const char c : status.message().substr(kRecord.size())) {
      if (c < '0' || c > '9') break;
      finding.position = finding.position * 10 + static_cast<Position>(c - '0');
    }
  }
  report_.findings.push_back(std::move(finding));
}

Status Verifier::CompareFamily(size_t family) {
  ItemStream live(*core_.views, family);
  ItemStream expected(*aside_, family);
  const bool dedupe = core_.views->family_name(family) == "dedupe";
  const auto live_damage = [&](uint32_t tenant, CustomerId customer,
                               const Status& status) {
    Add(family, tenant, customer, std::string(status.message()));
  };
  const auto own_damage = [&](uint32_t, CustomerId, const Status&) {};
  Result<const CanonicalItem*> a = live.Next(live_damage);
  Result<const CanonicalItem*> b = expected.Next(own_damage);
  while (true) {
    if (!a.ok()) return std::move(a).status();
    if (!b.ok()) return std::move(b).status();
    const CanonicalItem* have = *a;
    const CanonicalItem* want = *b;
    if (have == nullptr && want == nullptr) break;
    const int order = have == nullptr   ? -1
                      : want == nullptr ? 1
                                        : have->key.compare(want->key);
    if (order > 0) {
      Add(family, have->tenant, have->customer, "a row that is not in the log");
    } else if (order < 0) {
      Add(family, want->tenant, want->customer, "a row is missing");
    } else if (have->value != want->value) {
      Add(family, want->tenant, want->customer,
          "a row differs from what the log says");
    }
    if (dedupe && order >= 0) {
      Status status = CheckIdsAreInFilter(*have);
      if (!status.ok()) live_damage(have->tenant, 0, status);
    }
    if (order >= 0) a = live.Next(live_damage);
    if (order <= 0) b = expected.Next(own_damage);
  }
  report_.view_rows += live.rows();
  return Status::Ok();
}

Status Verifier::CheckIdsAreInFilter(const CanonicalItem& item) {
  RowKey key;
  if (!DecodeRowKey(item.key, 2, &key) ||
      !core_.views->event().filter().MayContain(Hash128{key.a, key.b})) {
    return Status(StatusCode::kCorruption, "an id is not in the filter");
  }
  return Status::Ok();
}

Status Verifier::Compare() {
  Status meta = core_.views->CheckMeta();
  if (!meta.ok()) {
    ++report_.findings_total;
    Finding finding;
    finding.room = "store";
    finding.detail = std::string(meta.message());
    report_.findings.push_back(std::move(finding));
  }
  for (size_t family = 1; family < core_.views->family_count(); ++family) {
    Status status = CompareFamily(family);
    if (status.code() == StatusCode::kCorruption) {
      Add(family, 0, 0, std::string(status.message()));
    } else if (!status.ok()) {
      return status;
    }
  }
  return Status::Ok();
}

Result<VerifyReport> Verifier::Run() {
  const std::string path = core_.Path("views.verify");
  Status status = core_.disk->RemoveTree(path);
  if (!status.ok()) return status;
  ViewsOptions options = core_.MakeViewsOptions();
  options.resident_bytes = size_t{256} << 20;
  Names names;  // Rebuilt too, then thrown away.
  Definitions definitions(&IdentitySettings::Parse, &ConsentSettings::Parse,
                          &PrivacySettings::Parse);
  Result<std::unique_ptr<Views>> aside = Views::Open(
      path, options, core_.keyring.get(), &names, core_.normaliser.get());
  if (!aside.ok()) return std::move(aside).status();
  aside_ = std::move(aside).value();

  FoldLogOptions fold;
  fold.last = core_.views->on_disk();
  fold.flush = true;
  fold.parallel = core_.options.background_threads > 0;
  fold.progress = progress_;
  fold.names = &names;
  fold.definitions = &definitions;
  LedgerCheck ledger;
  fold.ledger = &ledger;
  status = FoldLog(core_, *aside_, fold);
  report_.log_records = fold.last;
  report_.ledger_records = ledger.records();
  if (status.code() == StatusCode::kCorruption) {
    AddLog(status);
    status = Status::Ok();
  } else if (status.ok()) {
    status = Compare();
  }
  if (status.ok()) status = core_.log->VerifyFiles();
  if (status.code() == StatusCode::kCorruption) {
    AddLog(status);
    status = Status::Ok();
  }
  aside_.reset();
  Status removed = core_.disk->RemoveTree(path);
  if (!status.ok()) return status;
  if (!removed.ok()) return removed;
  return std::move(report_);
}

// What can be checked without keys: the log's chain, its ledgers, its files.
class OpenPartsVerifier final {
 public:
  OpenPartsVerifier(const StoreCore& core, const Progress& progress)
      : core_(core), progress_(progress) {}

  Result<VerifyReport> Run() {
    Status status = Walk();
    report_.ledger_records = ledger_.records();
    if (status.ok()) status = core_.log->VerifyFiles();
    if (status.code() == StatusCode::kCorruption) {
      ++report_.findings_total;
      Finding finding;
      finding.room = "log";
      finding.position = report_.log_records + 1;
      finding.detail = std::string(status.message());
      report_.findings.push_back(std::move(finding));
      status = Status::Ok();
    }
    if (!status.ok()) return status;
    return std::move(report_);
  }

 private:
  Status Walk() {
    const Position head = core_.sequencer->head();
    LogCursor cursor(*core_.log, kLogEvents, 1, head, false);
    while (true) {
      Position position = 0;
      std::string_view value;
      Result<bool> more = cursor.Next(&position, &value);
      if (!more.ok()) return std::move(more).status();
      if (!*more) break;
      LogRecord record;
      Status status = reader_.Read(value, &record);
      if (status.ok()) status = chain_.Add(position, value, record);
      if (status.ok()) status = ledger_.Add(position, record);
      if (!status.ok()) return status;
      report_.log_records = position;
      if (!record.sealed.empty()) ++report_.unreadable;
      if (progress_ && position % kProgressEvery == 0 &&
          !progress_(position, head)) {
        return Status(StatusCode::kCancelled, "cancelled by the caller");
      }
    }
    return chain_.at_batch_end()
               ? Status::Ok()
               : Status(StatusCode::kCorruption, "its batch is not whole");
  }

  static constexpr uint64_t kProgressEvery = 4096;
  const StoreCore& core_;
  const Progress& progress_;
  LogRecordReader reader_;
  ChainReader chain_{Digest{}};
  LedgerCheck ledger_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> VerifyStore(StoreCore& core, const Progress& progress) {
  if (core.unreadable) return OpenPartsVerifier(core, progress).Run();
  // A key that goes while the log is read would look like damage.
  MutexLock no_erasure(core.erasure_mutex);
  Status status = FinishErasures(core);
  // Which files there are is not what is compared.
  if (status.code() == StatusCode::kBusy) status = Status::Ok();
  if (status.ok()) status = core.Checkpoint();
  if (!status.ok()) return status;
  // Both sides speak of one position.
  const MutexLock paused(core.views->checkpoint_mutex());
  return Verifier(core, progress).Run();
}

}  // namespace crm
