// crm hold, crm retain, crm privacy settings: what must not go, what goes when
// its time is over, and what kinds of data there are.

#include <cstdio>
#include <string>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/retention.h"

namespace crm::cli {
namespace {

using HoldVerb = HoldCommand::Verb;

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

Status Place(const HoldCommand& command, Tenant& tenant) {
  const Result<CustomerId> who = FindWho(tenant, command.who);
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
    const Result<CustomerId> who = FindWho(tenant, command.who);
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
  const Result<Timestamp> as_of = ParseInstantOrNow(command.as_of, "--as-of");
  if (!as_of.ok()) return as_of.status();
  RetainOptions options;
  options.dry_run = command.dry_run;
  options.max_events = command.max_events;
  options.by = command.by;
  options.why = command.why;
  const Result<RetentionReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    options.progress = ShowOn(&line, "events");
    return tenant.Retain(*as_of, options);
  }();
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

Status Settings(const HoldCommand& command, Tenant& tenant) {
  if (!command.file.empty()) {
    const Result<std::string> text = ReadText(command.file);
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
  static constexpr Status (*kVerbs[])(const HoldCommand&, Tenant&) = {
      &Place, &Release, &List, &Settings, &Retain};
  // Setting may be the first thing that is said of a tenant.
  return RunVerb(command, !command.file.empty(), kVerbs);
}

}  // namespace crm::cli
