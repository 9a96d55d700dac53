// crm init, stats, verify, checkpoint: the store as a whole.

#include <cstdio>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/findings.h"
#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/backup.h"

namespace crm::cli {
namespace {

using Align = Table::Align;

void PrintStats(const StoreStats& stats) {
  PrintField("events", ShowCount(stats.events));
  PrintField("customers", ShowCount(stats.customers));
  PrintField("records", ShowCount(stats.records));
  PrintField("unattributed", ShowCount(stats.unattributed));
  PrintField("contested", ShowCount(stats.contested));
  PrintField("derived", ShowCount(stats.derived));
  PrintField("head", ShowCount(stats.head));
  PrintField("checkpoint", ShowCount(stats.checkpoint));
  PrintField("log on disk", ShowBytes(stats.log_bytes));
  PrintField("keys on disk", ShowBytes(stats.keys_bytes));
  PrintField("views on disk", ShowBytes(stats.views_bytes));
  PrintField("views in memory", ShowBytes(stats.memory_bytes));
  if (stats.tenants.empty()) return;
  Table table({{"TENANT"},
               {"EVENTS", Align::kRight},
               {"CUSTOMERS", Align::kRight},
               {"RECORDS", Align::kRight},
               {"UNATTRIBUTED", Align::kRight},
               {"CONTESTED", Align::kRight}});
  for (const TenantStats& tenant : stats.tenants) {
    table.Add({tenant.tenant, ShowCount(tenant.events),
               ShowCount(tenant.customers), ShowCount(tenant.records),
               ShowCount(tenant.unattributed), ShowCount(tenant.contested)});
  }
  std::printf("\n");
  table.Print();
}

void PrintStatsJson(const StoreStats& stats) {
  JsonWriter json;
  json.BeginObject();
  json.Number("head", stats.head);
  json.Number("events", stats.events);
  json.Number("derived", stats.derived);
  json.Number("customers", stats.customers);
  json.Number("records", stats.records);
  json.Number("unattributed", stats.unattributed);
  json.Number("contested", stats.contested);
  json.Number("checkpoint", stats.checkpoint);
  json.Number("log_bytes", stats.log_bytes);
  json.Number("keys_bytes", stats.keys_bytes);
  json.Number("views_bytes", stats.views_bytes);
  json.Number("memory_bytes", stats.memory_bytes);
  json.BeginArray("tenants");
  for (const TenantStats& tenant : stats.tenants) {
    json.BeginObject();
    json.Text("tenant", tenant.tenant);
    json.Number("events", tenant.events);
    json.Number("customers", tenant.customers);
    json.Number("records", tenant.records);
    json.Number("unattributed", tenant.unattributed);
    json.Number("contested", tenant.contested);
    json.Number("schema_warnings", tenant.schema_warnings);
    json.Number("erased_customers", tenant.erased_customers);
    json.Number("refused_events", tenant.refused_events);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

int Show(const BackupReport& report, const StoreOption& option,
         const std::string& directory) {
  if (option.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("directory", directory);
    json.Number("head", report.head);
    json.Number("files", report.files);
    json.Number("bytes", report.bytes);
    json.EndObject();
    json.PrintLine();
    return kExitOk;
  }
  PrintField("directory", directory);
  PrintField("head", ShowCount(report.head));
  PrintField("files", ShowCount(report.files));
  PrintField("bytes", ShowBytes(report.bytes));
  return kExitOk;
}

}  // namespace

int Run(const InitCommand& command) {
  StoreOptions options;
  options.create_if_missing = true;
  options.error_if_exists = true;
  options.key_file = command.store.key_file;
  options.default_region = command.region;
  Result<Store> store = Store::Open(command.store.directory, options);
  if (!store.ok()) return Fail(store.status());
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("store", command.store.directory);
    json.Text("key_file", store->key_file());
    json.EndObject();
    json.PrintLine();
  } else {
    std::printf("Made the store %s\n", command.store.directory.c_str());
    std::printf("Its key is in   %s\n\n", store->key_file().c_str());
    std::printf(
        "Without the key file nobody can read the store, you included. Back\n"
        "it up, apart from the store.\n");
  }
  return Finish(&*store, kExitOk);
}

int Run(const StatsCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  const Result<StoreStats> stats = store->GetStats();
  if (!stats.ok()) return Finish(&*store, Fail(stats.status()));
  if (command.store.json) {
    PrintStatsJson(*stats);
  } else {
    PrintStats(*stats);
  }
  return Finish(&*store, kExitOk);
}

int Run(const VerifyCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  double seconds = 0;
  Result<VerifyReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    Result<VerifyReport> result = store->Verify(ShowOn(&line, "records"));
    seconds = line.seconds();
    return result;
  }();
  if (!report.ok()) return Finish(&*store, Fail(report.status()));
  if (command.store.json) {
    PrintVerifyJson(*report, seconds);
  } else {
    std::printf("%s: %s log records, %s rows of views compared in %.1f s\n",
                report->sound() ? "Sound" : "DAMAGED",
                ShowCount(report->log_records).c_str(),
                ShowCount(report->view_rows).c_str(), seconds);
    if (report->unreadable > 0) {
      std::printf("Without keys: %s sealed parts could not be checked.\n",
                  ShowCount(report->unreadable).c_str());
    }
    if (!report->sound()) {
      std::printf("%s findings, the first ones:\n\n",
                  ShowCount(report->findings_total).c_str());
      PrintFindings(*report);
    }
  }
  return Finish(&*store, report->sound() ? kExitOk : kExitRefused);
}

int Run(const BackupCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  const Result<BackupReport> report =
      command.keys ? BackupKeys(*store, command.directory)
                   : BackupStore(*store, command.directory);
  if (!report.ok()) return Finish(&*store, Fail(report.status()));
  return Finish(&*store, Show(*report, command.store, command.directory));
}

int Run(const KeysPathCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("key_file", store->key_file());
    json.EndObject();
    json.PrintLine();
  } else {
    std::printf("%s\n", store->key_file().c_str());
  }
  return Finish(&*store, kExitOk);
}

int Run(const KeysRotateCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  KeyRotationOptions options;
  options.keep_old = command.keep_old;
  Result<KeyRotation> done = [&] {
    ProgressLine line;
    options.progress = [&](uint64_t keys, uint64_t total) {
      line.Show(keys, "keys", keys, total);
      return true;
    };
    return store->RotateKeys(options);
  }();
  if (!done.ok()) return Finish(&*store, Fail(done.status()));
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("key_file", store->key_file());
    json.Number("tenants", done->tenants);
    json.Number("keys", done->keys);
    json.Boolean("old_destroyed", done->old_destroyed);
    json.EndObject();
    json.PrintLine();
  } else {
    PrintField("key file", store->key_file());
    PrintField("tenants", ShowCount(done->tenants));
    PrintField("keys", ShowCount(done->keys));
    PrintField("old key", done->old_destroyed ? "destroyed" : "kept");
  }
  return Finish(&*store, kExitOk);
}

int Run(const RestoreCommand& command) {
  StoreOptions options;
  options.key_file = command.store.key_file;
  options.allow_unreadable = command.store.allow_unreadable;
  const Result<BackupReport> report = RestoreStore(
      command.data, command.keys, command.store.directory, options);
  if (!report.ok()) return Fail(report.status());
  return Show(*report, command.store, command.store.directory);
}

int Run(const CheckpointCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Status status = store->Checkpoint(command.directory);
  if (!status.ok()) return Finish(&*store, Fail(status));
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("checkpoint", command.directory);
    json.Text("key_file", store->key_file());
    json.EndObject();
    json.PrintLine();
  } else {
    std::printf("Made a copy in  %s\n", command.directory.c_str());
    std::printf("It opens with the same key: --key-file %s\n",
                store->key_file().c_str());
  }
  return Finish(&*store, kExitOk);
}

}  // namespace crm::cli
