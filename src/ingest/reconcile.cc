// ReconcileFile: a dry run over the file, then a walk over the log.

#include "crm/reconcile.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "ingest/guarded.h"
#include "ingest/look_through.h"

namespace crm {
namespace ingest {
namespace {

// A set of positions: one bit for each.
class Positions final {
 public:
  // False: it was there already.
  bool Add(Position position) {
    if (bits_.size() <= position) bits_.resize(position + position / 2 + 64);
    if (bits_[position]) return false;
    bits_[position] = true;
    return true;
  }
  bool Has(Position position) const {
    return position < bits_.size() && bits_[position];
  }

 private:
  std::vector<bool> bits_;
};

class Reconciliation final {
 public:
  Reconciliation(crm::Tenant& tenant, const ReconcileOptions& options)
      : tenant_(tenant), options_(options) {}

  Status Run(const std::string& path, const ImportOptions& import);
  ReconcileReport Finish();

 private:
  using Key = std::pair<std::string, std::string>;  // Source, type.
  struct Person {
    uint64_t file = 0;
    uint64_t found = 0;
    uint64_t stored = 0;
  };

  void See(const Row& row, std::string_view json, const Event* event,
           const EventOutcome& outcome);
  void SeeMissing(const EventOutcome& outcome);
  Status WalkStore();
  void SeeStored(const EventView& event);
  void Differs(ReconcileDifference difference);

  crm::Tenant& tenant_;
  const ReconcileOptions& options_;
  ReconcileReport report_;
  uint64_t known_customers_ = 0;
  std::map<Key, ReconcileCount> counts_;
  std::set<std::string, std::less<>> sources_;
  std::map<CustomerId, Person> people_;
  std::set<CustomerId> new_people_;
  Positions found_;
  Positions conflicting_;
};

void Reconciliation::Differs(ReconcileDifference difference) {
  ++report_.differences_total;
  if (report_.differences.size() < options_.max_listed) {
    report_.differences.push_back(std::move(difference));
  }
}

void Reconciliation::SeeMissing(const EventOutcome& outcome) {
  if (outcome.customer > known_customers_) {
    new_people_.insert(outcome.customer);
  } else if (outcome.customer != 0) {
    ++people_[outcome.customer].file;
  }
}

void Reconciliation::See(const Row& row, std::string_view json,
                         const Event* event, const EventOutcome& outcome) {
  if (outcome.outcome != Outcome::kAppended &&
      outcome.outcome != Outcome::kDuplicate &&
      outcome.outcome != Outcome::kConflict) {
    return;  // A row that is refused: it comes as such, too.
  }
  ReconcileDifference difference;
  if (event != nullptr) {
    difference.source = event->source;
    difference.type = event->type;
  } else {
    Result<Event> read = EventFromJson(json, nullptr);
    if (!read.ok()) return;  // The store took it: this cannot be.
    difference.source = std::move(read->source);
    difference.type = std::move(read->type);
  }
  const bool again = outcome.outcome == Outcome::kDuplicate &&
                     (outcome.position == 0 || !found_.Add(outcome.position));
  if (again) {
    ++report_.repeated;
    return;
  }
  sources_.insert(difference.source);
  ReconcileCount& count = counts_[{difference.source, difference.type}];
  ++count.file;
  if (outcome.outcome == Outcome::kDuplicate) {
    ++count.found;
    return;
  }
  difference.line = row.line;
  if (outcome.outcome == Outcome::kAppended) {
    ++count.missing;
    SeeMissing(outcome);
    difference.kind = ReconcileKind::kMissing;
    const bool known = outcome.customer <= known_customers_;
    difference.customer = known ? outcome.customer : 0;
  } else {
    ++count.conflicting;
    if (outcome.position != 0) conflicting_.Add(outcome.position);
    difference.kind = ReconcileKind::kConflict;
    difference.position = outcome.position;
  }
  Differs(std::move(difference));
}

void Reconciliation::SeeStored(const EventView& event) {
  ReconcileCount& count =
      counts_[{std::string(event.source), std::string(event.type)}];
  ++count.stored;
  const bool found = found_.Has(event.position);
  const bool conflicting = conflicting_.Has(event.position);
  if (event.customer != 0) {
    Person& person = people_[event.customer];
    ++person.stored;
    if (found) ++person.found;
    if (found || conflicting) ++person.file;
  }
  if (found || conflicting) return;
  ++count.extra;
  if (options_.partial) return;
  ReconcileDifference difference;
  difference.kind = ReconcileKind::kExtra;
  difference.position = event.position;
  difference.source = event.source;
  difference.type = event.type;
  difference.customer = event.customer;
  Differs(std::move(difference));
}

Status Reconciliation::WalkStore() {
  if (sources_.empty()) return Status::Ok();
  ReplayQuery query;
  query.open_parts_only = true;
  Result<EventCursor> cursor = tenant_.Replay(query);
  if (!cursor.ok()) return cursor.status();
  EventView event;
  while (true) {
    Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    if (sources_.find(event.source) != sources_.end()) SeeStored(event);
  }
}

Status Reconciliation::Run(const std::string& path,
                           const ImportOptions& import) {
  Result<crm::Snapshot> snapshot = tenant_.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  Result<TenantStats> stats = snapshot->GetStats();
  if (!stats.ok()) return stats.status();
  known_customers_ = stats->last_customer;
  ImportOptions look = import;
  look.strict = false;
  look.dry_run = true;
  look.threads = 1;
  look.max_rejected = 0;
  look.on_rejected = [&](const RejectedRow& row) {
    if (row.code == StatusCode::kIdConflict) return;  // It was seen as such.
    ++report_.rejected;
    ReconcileDifference difference;
    difference.kind = ReconcileKind::kRejected;
    difference.line = row.line;
    difference.message = row.message;
    Differs(std::move(difference));
    if (import.on_rejected) import.on_rejected(row);
  };
  Result<ImportReport> report = LookThrough(
      tenant_, path, look,
      [&](const Row& row, std::string_view json, const Event* event,
          const EventOutcome& outcome) { See(row, json, event, outcome); });
  if (!report.ok()) return report.status();
  report_.read = report->read;
  return WalkStore();
}

ReconcileReport Reconciliation::Finish() {
  for (auto& [key, count] : counts_) {
    count.source = key.first;
    count.type = key.second;
    ReconcileCount& total = report_.total;
    total.file += count.file;
    total.stored += count.stored;
    total.found += count.found;
    total.missing += count.missing;
    total.conflicting += count.conflicting;
    total.extra += count.extra;
    report_.counts.push_back(count);
  }
  report_.new_customers = new_people_.size();
  for (const auto& [customer, person] : people_) {
    const bool beyond = !options_.partial && person.stored != person.found;
    if (person.file == person.found && !beyond) continue;
    ++report_.customers_total;
    if (report_.customers.size() < options_.max_listed) {
      report_.customers.push_back(
          {customer, person.file, person.found, person.stored});
    }
  }
  return std::move(report_);
}

}  // namespace
}  // namespace ingest

Result<ReconcileReport> ReconcileFile(Tenant& tenant, const std::string& path,
                                      const ImportOptions& import,
                                      const ReconcileOptions& options) {
  return ingest::Guarded([&]() -> Result<ReconcileReport> {
    ingest::Reconciliation pass(tenant, options);
    Status status = pass.Run(path, import);
    if (!status.ok()) return status;
    return pass.Finish();
  });
}

}  // namespace crm
