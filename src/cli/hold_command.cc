// crm hold, crm retain, crm privacy settings: what must not go, what goes when
// its time is over, and what kinds of data there are.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/retention.h"

namespace crm::cli {
namespace {

using Verb = HoldCommand::Verb;

std::string Listed(const std::vector<std::string>& categories) {
  if (categories.empty()) return "everything";
  std::string text;
  for (const std::string& name : categories) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

void AddHold(const Hold& hold, JsonWriter* json) {
  json->Number("hold", hold.id);
  json->Number("customer", hold.customer);
  json->BeginArray("categories");
  for (const std::string& name : hold.categories) json->Text({}, name);
  json->EndArray();
  json->Number("position", hold.position);
  json->Text("at", FormatInstant(hold.at));
  json->Text("by", hold.by);
  json->Text("why", hold.why);
  json->Boolean("released", hold.released_position != 0);
  if (hold.released_position == 0) return;
  json->Number("released_position", hold.released_position);
  json->Text("released_at", FormatInstant(hold.released_at));
  json->Text("released_by", hold.released_by);
  json->Text("released_why", hold.released_why);
}

void PrintJson(const Hold& hold) {
  JsonWriter json;
  json.BeginObject();
  AddHold(hold, &json);
  json.EndObject();
  json.PrintLine();
}

void PrintJson(const WaitingErasure& waiting) {
  JsonWriter json;
  json.BeginObject();
  json.Number("waiting", waiting.customer);
  json.Number("position", waiting.position);
  json.Text("at", FormatInstant(waiting.at));
  json.Text("by", waiting.by);
  json.Text("why", waiting.why);
  json.BeginArray("holds");
  for (const HoldId hold : waiting.holds) json.Number({}, hold);
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

// The customer whom the command line names.
Result<CustomerId> Who(const HoldCommand& command, Tenant& tenant) {
  const Result<Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  return FindWho(*snapshot, command.who);
}

Status Place(const HoldCommand& command, Tenant& tenant) {
  const Result<CustomerId> who = Who(command, tenant);
  if (!who.ok()) return who.status();
  HoldOptions options;
  options.categories = command.categories;
  options.by = command.by;
  options.why = command.why;
  const Result<HoldId> hold = tenant.PlaceHold(*who, options);
  if (!hold.ok()) return hold.status();
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("hold", *hold);
    json.Number("customer", *who);
    json.EndObject();
    json.PrintLine();
    return Status();
  }
  PrintField("hold", std::to_string(*hold));
  PrintField("customer", std::to_string(*who));
  std::printf("She is held: %s.\n", Listed(options.categories).c_str());
  return Status();
}

Status Release(const HoldCommand& command, Tenant& tenant) {
  const Result<HoldRelease> release =
      tenant.ReleaseHold(command.hold, {command.by, command.why});
  if (!release.ok()) return release.status();
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    AddHold(release->hold, &json);
    json.BeginArray("erased");
    for (const ErasureReport& one : release->erased) {
      json.Number({}, one.customer);
    }
    json.EndArray();
    json.BeginArray("failed");
    for (const CustomerId id : release->failed) json.Number({}, id);
    json.EndArray();
    json.EndObject();
    json.PrintLine();
    return Status();
  }
  std::printf("Released.\n");
  for (const ErasureReport& one : release->erased) {
    std::printf("Customer %llu was erased, as was asked for before.\n",
                static_cast<unsigned long long>(one.customer));
  }
  for (const CustomerId id : release->failed) {
    std::printf("Customer %llu could not be erased, and waits: crm erase.\n",
                static_cast<unsigned long long>(id));
  }
  return Status();
}

Status List(const HoldCommand& command, Tenant& tenant) {
  HoldQuery query;
  query.released = command.released;
  if (!command.who.empty()) {
    const Result<CustomerId> who = Who(command, tenant);
    if (!who.ok()) return who.status();
    query.customer = *who;
  }
  const Result<HoldList> list = tenant.ListHolds(query);
  if (!list.ok()) return list.status();
  if (command.store.json) {
    for (const Hold& hold : list->holds) PrintJson(hold);
    for (const WaitingErasure& one : list->waiting) PrintJson(one);
    return Status();
  }
  Table table({{"HOLD", Table::Align::kRight},
               {"CUSTOMER", Table::Align::kRight},
               {"SINCE"},
               {"OF"},
               {"STATE"},
               {"WHY"}});
  for (const Hold& hold : list->holds) {
    table.Add({std::to_string(hold.id), std::to_string(hold.customer),
               ShowInstant(hold.at), Listed(hold.categories),
               hold.released_position == 0 ? "open" : "released", hold.why});
  }
  if (list->holds.empty()) {
    std::printf("Nobody is held.\n");
  } else {
    table.Print();
  }
  for (const WaitingErasure& one : list->waiting) {
    std::printf("Customer %llu is to be erased%s.\n",
                static_cast<unsigned long long>(one.customer),
                one.holds.empty() ? ": crm erase" : " after the release");
  }
  return Status();
}

void PrintJson(const RetentionReport& report) {
  JsonWriter json;
  json.BeginObject();
  json.Number("position", report.position);
  json.Text("as_of", FormatInstant(report.as_of));
  json.Number("last", report.last);
  json.Number("events", report.events);
  json.Number("bytes", report.bytes);
  json.Number("held", report.held);
  json.Boolean("more", report.more);
  json.BeginArray("types");
  for (const RetainedType& type : report.types) {
    json.BeginObject();
    json.Text("type", type.type);
    json.Text("before", FormatInstant(type.before));
    json.Number("events", type.events);
    json.Number("bytes", type.bytes);
    json.Number("customers", type.customers);
    json.Number("held", type.held);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

Status Retain(const HoldCommand& command, Tenant& tenant) {
  const Result<std::optional<Timestamp>> as_of =
      ParseInstant(command.as_of, "--as-of");
  if (!as_of.ok()) return as_of.status();
  RetainOptions options;
  options.dry_run = command.dry_run;
  options.max_events = command.max_events;
  options.by = command.by;
  options.why = command.why;
  const Timestamp now = std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now());
  const Result<RetentionReport> report =
      tenant.Retain(as_of->value_or(now), options);
  if (!report.ok()) return report.status();
  if (command.store.json) {
    PrintJson(*report);
    return Status();
  }
  Table table({{"TYPE"},
               {"BEFORE"},
               {"EVENTS", Table::Align::kRight},
               {"BYTES", Table::Align::kRight},
               {"CUSTOMERS", Table::Align::kRight},
               {"HELD", Table::Align::kRight}});
  for (const RetainedType& type : report->types) {
    table.Add({type.type, ShowInstant(type.before), ShowCount(type.events),
               ShowBytes(type.bytes), ShowCount(type.customers),
               ShowCount(type.held)});
  }
  if (!report->types.empty()) table.Print();
  if (command.dry_run) {
    std::printf("Nothing was removed.\n");
  } else if (report->events == 0) {
    std::printf("Nothing is too old.\n");
  } else {
    std::printf("What %s events said was removed%s.\n",
                ShowCount(report->events).c_str(),
                report->more ? "; more is too old" : "");
  }
  return Status();
}

Result<std::string> ReadAll(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return std::move(text).str();
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return Status(StatusCode::kNotFound, "cannot open " + path);
  text << in.rdbuf();
  return std::move(text).str();
}

Status Settings(const HoldCommand& command, Tenant& tenant) {
  if (!command.file.empty()) {
    const Result<std::string> text = ReadAll(command.file);
    if (!text.ok()) return text.status();
    Status status = tenant.SetPrivacySettings(*text);
    if (!status.ok()) return status;
  }
  const Result<std::string> settings = tenant.GetPrivacySettings();
  if (!settings.ok()) return settings.status();
  std::printf("%s\n", settings->c_str());
  return Status();
}

}  // namespace

int Run(const HoldCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  // Setting may be the first thing that is said of a tenant.
  Result<Tenant> tenant = command.file.empty()
                              ? FindTenant(&*store, command.store.tenant)
                              : store->Tenant(command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  static constexpr Status (*kVerbs[])(const HoldCommand&, Tenant&) = {
      &Place, &Release, &List, &Settings, &Retain};
  static_assert(std::size(kVerbs) == static_cast<size_t>(Verb::kCount));
  const Status status =
      kVerbs[static_cast<size_t>(command.verb)](command, *tenant);
  return Finish(&*store, status.ok() ? int{kExitOk} : Fail(status));
}

}  // namespace crm::cli
