// crm tenant: the tenants of a store, listed, dropped and exported.

#include <cstdio>
#include <string>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/session.h"
#include "cli/table.h"

namespace crm::cli {
namespace {

using TenantVerb = TenantCommand::Verb;

void PrintJson(const TenantEntry& entry) {
  JsonWriter json;
  json.BeginObject();
  json.Text("tenant", entry.name);
  json.Number("events", entry.events);
  json.Number("customers", entry.customers);
  json.Number("records", entry.records);
  json.Boolean("dropped", entry.dropped_position != 0);
  if (entry.dropped_position != 0) {
    json.Number("dropped_position", entry.dropped_position);
    json.Text("dropped_at", FormatInstant(entry.dropped_at));
    json.Text("dropped_by", entry.dropped_by);
    json.Text("dropped_why", entry.dropped_why);
  }
  json.EndObject();
  json.PrintLine();
}

int List(const TenantCommand& command, Store* store) {
  const Result<std::vector<TenantEntry>> tenants = store->ListTenants();
  if (!tenants.ok()) return Fail(tenants.status());
  if (command.store.json) {
    for (const TenantEntry& entry : *tenants) PrintJson(entry);
    return kExitOk;
  }
  Table table({{"TENANT"},
               {"EVENTS", Table::Align::kRight},
               {"CUSTOMERS", Table::Align::kRight},
               {"RECORDS", Table::Align::kRight},
               {"DROPPED"},
               {"WHY"}});
  for (const TenantEntry& entry : *tenants) {
    const bool dropped = entry.dropped_position != 0;
    table.Add({entry.name, ShowCount(entry.events), ShowCount(entry.customers),
               ShowCount(entry.records),
               dropped ? ShowInstant(entry.dropped_at) : "",
               entry.dropped_why});
  }
  if (tenants->empty()) {
    std::printf("There are no tenants.\n");
  } else {
    table.Print();
  }
  return kExitOk;
}

void PrintJson(const TenantDrop& drop) {
  JsonWriter json;
  json.BeginObject();
  json.Text("tenant", drop.tenant);
  json.Boolean("dropped", drop.position != 0);
  json.Number("position", drop.position);
  if (drop.position != 0) json.Text("at", FormatInstant(drop.at));
  json.Number("events", drop.events);
  json.Number("customers", drop.customers);
  json.Number("records", drop.records);
  json.Number("keys", drop.keys);
  json.Number("holds", drop.holds);
  json.EndObject();
  json.PrintLine();
}

int Drop(const TenantCommand& command, Store* store) {
  DropTenantOptions options;
  options.dry_run = command.dry_run;
  options.confirm = command.confirm;
  options.by = command.by;
  options.why = command.why;
  const Result<TenantDrop> drop =
      store->DropTenant(command.store.tenant, options);
  if (!drop.ok()) return Fail(drop.status());
  if (command.store.json) {
    PrintJson(*drop);
    return kExitOk;
  }
  PrintField("tenant", drop->tenant);
  PrintField("events", ShowCount(drop->events));
  PrintField("customers", ShowCount(drop->customers));
  PrintField("records", ShowCount(drop->records));
  PrintField("keys", ShowCount(drop->keys));
  if (drop->holds > 0) PrintField("legal holds", ShowCount(drop->holds));
  if (drop->position == 0) {
    std::printf("Nothing was dropped.%s\n",
                drop->holds > 0 ? " It cannot be while somebody is held."
                                : " To drop it: --confirm");
  } else {
    std::printf("Dropped. Its keys are destroyed; make new backups of keys.\n");
  }
  return kExitOk;
}

}  // namespace

int Run(const TenantCommand& command) {
  if (command.verb == TenantVerb::kExport) {
    ExportCommand all;
    all.store = command.store;
    all.one_tenant = true;
    all.output = command.file;
    return Run(all);
  }
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  const int code = command.verb == TenantVerb::kList ? List(command, &*store)
                                                     : Drop(command, &*store);
  return Finish(&*store, code);
}

}  // namespace crm::cli
