#include "fault/store_life.h"

#include <fstream>
#include <map>
#include <utility>

#include "crm/ingest.h"
#include "fault/small_store.h"

namespace crm {
namespace {

using Fate = SentRequest::Fate;

constexpr uint64_t kImported = 1000;  // The first number of the file.
constexpr uint64_t kImportedRows = 12;

std::string JsonLine(uint64_t number) {
  const Event event = SmallEvent(number);
  std::string line = R"({"id":")" + event.id + R"(","type":")" + event.type +
                     R"(","version":"1.0","timestamp":)";
  line += std::to_string(event.occurred_at->time_since_epoch().count() / 1000);
  line += R"(,"source":")" + event.source + R"(","identity":{)";
  for (size_t i = 0; i < event.identifiers.size(); ++i) {
    line += (i > 0 ? ",\"" : "\"") + event.identifiers[i].name_space +
            R"(":")" + event.identifiers[i].value + '"';
  }
  return line + R"(},"payload":)" + event.payload + "}\n";
}

// The events of a tenant: number by position, and position by number.
struct Found {
  std::map<uint64_t, Position> places;
  std::string problem;
};

Found FindAll(Store& store, const std::string& name) {
  Found found;
  Result<Tenant> tenant = store.Tenant(name);
  if (!tenant.ok()) return {{}, tenant.status().ToString()};
  Result<EventCursor> cursor = tenant->Replay({});
  if (!cursor.ok()) return {{}, cursor.status().ToString()};
  EventView view;
  while (true) {
    Result<bool> more = cursor->Next(&view);
    if (!more.ok()) return {{}, more.status().ToString()};
    if (!*more) return found;
    const uint64_t number =
        std::strtoull(std::string(view.id.substr(6)).c_str(), nullptr, 10);
    if (view.payload != SmallEvent(number).payload) {
      found.problem = "event " + std::to_string(number) + ": other content";
    }
    if (!found.places.emplace(number, view.position).second) {
      found.problem = "event " + std::to_string(number) + ": twice";
    }
  }
}

}  // namespace

StoreLife::StoreLife(std::shared_ptr<Disk> disk, std::string directory)
    : disk_(std::move(disk)), directory_(std::move(directory)) {
  std::ofstream out(directory_ + ".ndjson");
  for (uint64_t i = 0; i < kImportedRows; ++i) out << JsonLine(kImported + i);
}

StoreOptions StoreLife::Options(bool create) const {
  StoreOptions options;
  options.create_if_missing = create;
  options.background_threads = 0;
  return options;
}

void StoreLife::Note(const Status& status) {
  if (first_error_.ok() && !status.ok()) first_error_ = status;
}

void StoreLife::SendOne(Store& store, const std::string& tenant,
                        const std::vector<uint64_t>& numbers,
                        Durability durability) {
  Result<Tenant> opened = store.Tenant(tenant);
  Note(opened.status());
  if (!opened.ok()) return;
  std::vector<Event> events;
  for (const uint64_t number : numbers) events.push_back(SmallEvent(number));
  SentRequest sent{tenant, numbers, {}, Fate::kUndecided};
  Result<AppendResult> result =
      opened->Append(events, {.durability = durability});
  Note(result.status());
  if (result.ok()) {
    sent.fate = durability == Durability::kSync ? Fate::kSync : Fate::kOs;
    for (const EventOutcome& outcome : result->events) {
      sent.positions.push_back(outcome.position);
    }
  }
  sent_.push_back(std::move(sent));
}

void StoreLife::Send(Store& store, uint64_t first, uint64_t count, size_t size,
                     Durability durability) {
  for (const char* tenant : {"golf", "tennis"}) {
    std::vector<uint64_t> numbers;
    for (uint64_t number = first; number < first + count; ++number) {
      if (SmallTenant(number) != tenant) continue;
      numbers.push_back(number);
      if (numbers.size() < size) continue;
      SendOne(store, tenant, numbers, durability);
      numbers.clear();
    }
    if (!numbers.empty()) SendOne(store, tenant, numbers, durability);
  }
}

// Once it is synced, what was acknowledged before is as durable as the rest.
void StoreLife::SyncAll(Store& store) {
  const Status status = store.Sync();
  Note(status);
  if (!status.ok()) return;
  for (SentRequest& sent : sent_) {
    if (sent.fate == Fate::kOs) sent.fate = Fate::kSync;
  }
}

void StoreLife::Import(Store& store) {
  Result<Tenant> tenant = store.Tenant("imported");
  Note(tenant.status());
  if (!tenant.ok()) return;
  Result<ImportReport> report =
      ImportFile(*tenant, directory_ + ".ndjson",
                 {.durability = Durability::kSync, .threads = 1});
  Note(report.status());
  if (!report.ok()) return;
  for (uint64_t i = 0; i < kImportedRows; ++i) {
    // Positions are not told; that it is there is enough.
    sent_.push_back({"imported", {kImported + i}, {0}, Fate::kSync});
  }
}

// Durable when it is acknowledged, whatever the appends around it asked for.
void StoreLife::Define(Store& store) {
  Result<Tenant> tenant = store.Tenant("golf");
  Note(tenant.status());
  if (!tenant.ok()) return;
  const Result<SchemaInfo> schema =
      tenant->RegisterSchema({.type = "never.sent", .json = "{}"});
  Note(schema.status());
  if (schema.ok() && defined_ == 0) defined_ = schema->position;
  Note(tenant->SetValidation("never.sent", Validation::kWarn));
}

std::string StoreLife::CheckDefined(Store& store) const {
  if (defined_ == 0) return "";
  Result<Tenant> tenant = store.Tenant("golf");
  if (!tenant.ok()) return tenant.status().ToString();
  const Result<SchemaInfo> schema = tenant->GetSchema("never.sent");
  if (!schema.ok()) return "schema: " + schema.status().ToString();
  return schema->position == defined_ ? "" : "schema: is elsewhere";
}

void StoreLife::FirstSession() {
  Result<Store> store = Store::OpenOn(directory_, Options(true), disk_);
  Note(store.status());
  if (!store.ok()) return;
  Send(*store, 1, 24, 5, Durability::kSync);
  Send(*store, 25, 6, 2, Durability::kOs);
  Define(*store);
  Note(store->Flush());
  Send(*store, 31, 8, 3, Durability::kSync);
  Send(*store, 39, 6, 3, Durability::kOs);
  Note(store->Close());
}

void StoreLife::SecondSession() {
  Result<Store> store = Store::OpenOn(directory_, Options(true), disk_);
  Note(store.status());
  if (!store.ok()) return;
  Send(*store, 1, 44, 7, Durability::kSync);  // Known, if all went well.
  Send(*store, 45, 8, 4, Durability::kOs);
  SyncAll(*store);
  Send(*store, 53, 6, 6, Durability::kOs);
  Define(*store);
  Import(*store);
  Note(store->Flush());
  Result<bool> more = store->Maintain(std::chrono::milliseconds(1));
  Note(more.status());
  Send(*store, 59, 4, 4, Durability::kOs);
  Note(store->Close());
}

Status StoreLife::Live() {
  FirstSession();
  SecondSession();
  return first_error_;
}

std::string StoreLife::CheckRequest(Store& store, const SentRequest& sent,
                                    Position head, bool power_cut) {
  const Found found = FindAll(store, sent.tenant);
  if (!found.problem.empty()) return found.problem;
  size_t there = 0;
  for (size_t i = 0; i < sent.numbers.size(); ++i) {
    const auto place = found.places.find(sent.numbers[i]);
    const std::string name =
        sent.tenant + " event " + std::to_string(sent.numbers[i]);
    if (place == found.places.end()) {
      const bool may_be_lost =
          power_cut && sent.fate == Fate::kOs && sent.positions[i] > head;
      if (sent.fate != Fate::kUndecided && !may_be_lost) {
        return name + ": lost, of position " +
               std::to_string(sent.positions[i]) + ", head " +
               std::to_string(head);
      }
      continue;
    }
    ++there;
    if (sent.fate != Fate::kUndecided && sent.positions[i] != 0 &&
        sent.positions[i] != place->second) {
      return name + ": is not where it was acknowledged";
    }
  }
  if (there != 0 && there != sent.numbers.size()) {
    return "request of " + sent.tenant + " from " +
           std::to_string(sent.numbers[0]) + ": half of it is there";
  }
  return "";
}

std::string StoreLife::CheckOpen(Store& store, bool power_cut) {
  Result<StoreStats> stats = store.GetStats();
  if (!stats.ok()) return "stats: " + stats.status().ToString();
  for (const SentRequest& sent : sent_) {
    std::string problem = CheckRequest(store, sent, stats->head, power_cut);
    if (!problem.empty()) return problem;
  }
  std::string problem = CheckDefined(store);
  if (!problem.empty()) return problem;
  Result<VerifyReport> report = store.Verify();
  if (!report.ok()) return "verify: " + report.status().ToString();
  if (!report->sound()) return "verify: " + report->findings[0].detail;
  const size_t before = sent_.size();
  first_error_ = Status::Ok();
  Send(store, 500, 6, 3, Durability::kSync);
  SyncAll(store);
  if (!first_error_.ok()) return "append: " + first_error_.ToString();
  if (sent_.size() == before) return "append: nothing was sent";
  Status closed = store.Close();
  return closed.ok() ? "" : "close: " + closed.ToString();
}

std::string StoreLife::Check(bool power_cut) {
  Result<Store> store = Store::OpenOn(directory_, Options(false), disk_);
  if (!store.ok()) {
    refusal_ = store.status().ToString();
    for (const SentRequest& sent : sent_) {
      if (sent.fate == Fate::kSync) return "refused: " + refusal_;
    }
    if (store.status().message().empty()) return "refused without a reason";
    store = Store::OpenOn(directory_, Options(true), disk_);
    if (!store.ok()) return "cannot be made: " + store.status().ToString();
  }
  return CheckOpen(*store, power_cut);
}

}  // namespace crm
