// crm show and timeline: one customer.

#include <cstdio>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/session.h"
#include "cli/table.h"

namespace crm::cli {
namespace {

using Align = Table::Align;

// Entries of the timeline that `crm show` prints.
constexpr size_t kShownEntries = 10;

void WriteEntry(const TimelineEntry& entry, JsonWriter* json) {
  json->BeginObject();
  json->Number("position", entry.position);
  json->Text("occurred_at", FormatInstant(entry.occurred_at));
  json->Text("type", entry.type);
  json->Text("source", entry.source);
  json->Number("record", entry.record);
  json->Boolean("opened", entry.opened);
  if (entry.opened) {
    json->Text("id", entry.id);
    json->Raw("payload", entry.payload);
  }
  if (entry.expired) json->Boolean("expired", true);
  json->EndObject();
}

void PrintEntries(const std::vector<TimelineEntry>& entries) {
  Table table({{"WHEN"},
               {"TYPE", Align::kLeft, 40},
               {"SOURCE", Align::kLeft, 20},
               {"POSITION", Align::kRight},
               {"PAYLOAD", Align::kLeft, 60}});
  for (const TimelineEntry& entry : entries) {
    table.Add({ShowInstant(entry.occurred_at), entry.type, entry.source,
               std::to_string(entry.position),
               entry.opened    ? entry.payload
               : entry.expired ? "(expired)"
                               : "(erased)"});
  }
  table.Print();
}

void PrintCustomer(const Customer& customer, const Profile& profile,
                   const TimelinePage& page) {
  std::printf("Customer %llu\n", static_cast<unsigned long long>(customer.id));
  PrintField("events", ShowCount(customer.events));
  PrintField("version", std::to_string(customer.version));
  if (profile.first_seen.has_value()) {
    PrintField("first seen", ShowInstant(*profile.first_seen) + " UTC");
  }
  if (profile.last_seen.has_value()) {
    PrintField("last seen", ShowInstant(*profile.last_seen) + " UTC");
  }
  if (!profile.traits.empty()) {
    std::printf("\nProfile\n");
    Table traits({{"TRAIT", Align::kLeft, 40},
                  {"VALUE"},
                  {"SINCE"},
                  {"SOURCE", Align::kLeft, 20},
                  {"POSITION", Align::kRight}});
    for (const Trait& trait : profile.traits) {
      traits.Add({trait.name, trait.value, ShowInstant(trait.occurred_at),
                  trait.source, std::to_string(trait.position)});
    }
    traits.Print();
  }
  std::printf("\nRecords\n");
  Table records({{"RECORD", Align::kRight},
                 {"SOURCE", Align::kLeft, 20},
                 {"EVENTS", Align::kRight},
                 {"LINKED AT", Align::kRight},
                 {"MATCHED BY"},
                 {"CONFIDENCE", Align::kRight}});
  for (const CustomerRecord& record : customer.records) {
    records.Add({std::to_string(record.record), record.source,
                 ShowCount(record.events), std::to_string(record.linked_at),
                 record.matched_by.empty() ? "(first)" : record.matched_by,
                 std::to_string(record.confidence)});
  }
  records.Print();
  std::printf("\nTimeline (%s of %s)\n", ShowCount(page.entries.size()).c_str(),
              ShowCount(page.total).c_str());
  PrintEntries(page.entries);
}

void PrintCustomerJson(const Customer& customer, const Profile& profile,
                       const TimelinePage& page) {
  JsonWriter json;
  json.BeginObject();
  json.Number("customer", customer.id);
  json.Number("version", customer.version);
  json.Number("events", customer.events);
  if (profile.first_seen.has_value()) {
    json.Text("first_seen", FormatInstant(*profile.first_seen));
  }
  if (profile.last_seen.has_value()) {
    json.Text("last_seen", FormatInstant(*profile.last_seen));
  }
  json.BeginArray("traits");
  for (const Trait& trait : profile.traits) {
    json.BeginObject();
    json.Text("name", trait.name);
    json.Raw("value", trait.value);
    json.Text("occurred_at", FormatInstant(trait.occurred_at));
    json.Text("source", trait.source);
    json.Number("position", trait.position);
    json.EndObject();
  }
  json.EndArray();
  json.BeginArray("records");
  for (const CustomerRecord& record : customer.records) {
    json.BeginObject();
    json.Number("record", record.record);
    json.Text("source", record.source);
    json.Number("events", record.events);
    json.Number("linked_at", record.linked_at);
    json.Text("matched_by", record.matched_by);
    json.Number("confidence", static_cast<uint64_t>(record.confidence));
    json.EndObject();
  }
  json.EndArray();
  json.Number("timeline_total", page.total);
  json.BeginArray("timeline");
  for (const TimelineEntry& entry : page.entries) WriteEntry(entry, &json);
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

int ShowCustomer(const ShowCommand& command, const Snapshot& snapshot) {
  const Result<CustomerId> id = FindWho(snapshot, command.who);
  if (!id.ok()) return Fail(id.status());
  const Result<Customer> customer = snapshot.GetCustomer(*id);
  if (!customer.ok()) return Fail(customer.status());
  const Result<Profile> profile = snapshot.GetProfile(*id);
  if (!profile.ok()) return Fail(profile.status());
  TimelineQuery query;
  query.limit = kShownEntries;
  const Result<TimelinePage> page = snapshot.GetTimeline(*id, query);
  if (!page.ok()) return Fail(page.status());
  if (command.store.json) {
    PrintCustomerJson(*customer, *profile, *page);
  } else {
    PrintCustomer(*customer, *profile, *page);
  }
  return kExitOk;
}

void PrintPage(const TimelinePage& page) {
  PrintEntries(page.entries);
  std::printf("\n%s of %s\n", ShowCount(page.entries.size()).c_str(),
              ShowCount(page.total).c_str());
  if (!page.next.empty()) {
    std::printf("The next ones: --cursor %s\n", page.next.c_str());
  }
}

void PrintPageJson(CustomerId customer, const TimelinePage& page) {
  JsonWriter json;
  json.BeginObject();
  json.Number("customer", customer);
  json.Number("total", page.total);
  json.Text("next", page.next);
  json.BeginArray("entries");
  for (const TimelineEntry& entry : page.entries) WriteEntry(entry, &json);
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

int ShowTimeline(const TimelineCommand& command, const Snapshot& snapshot) {
  TimelineQuery query;
  Result<std::optional<Timestamp>> from = ParseInstant(command.from, "--from");
  if (!from.ok()) return Fail(from.status());
  Result<std::optional<Timestamp>> until =
      ParseInstant(command.until, "--until");
  if (!until.ok()) return Fail(until.status());
  query.from = *from;
  query.until = *until;
  query.types = command.types;
  query.oldest_first = command.oldest_first;
  query.as_appended = command.as_appended;
  query.limit = command.limit;
  query.cursor = command.cursor;
  const Result<CustomerId> id = FindWho(snapshot, command.who);
  if (!id.ok()) return Fail(id.status());
  const Result<TimelinePage> page = snapshot.GetTimeline(*id, query);
  if (!page.ok()) return Fail(page.status());
  if (command.store.json) {
    PrintPageJson(*id, *page);
  } else {
    PrintPage(*page);
  }
  return kExitOk;
}

template <typename Command, typename Function>
int WithSnapshot(const Command& command, Function function) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  int code = kExitOk;
  {
    // The snapshot has to be gone when the store closes.
    const Result<Snapshot> snapshot = tenant->GetSnapshot();
    code =
        snapshot.ok() ? function(command, *snapshot) : Fail(snapshot.status());
  }
  return Finish(&*store, code);
}

}  // namespace

int Run(const ShowCommand& command) {
  return WithSnapshot(command, &ShowCustomer);
}

int Run(const TimelineCommand& command) {
  return WithSnapshot(command, &ShowTimeline);
}

}  // namespace crm::cli
