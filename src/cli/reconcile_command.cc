// crm import --reconcile: a file against the store.

#include "cli/reconcile_command.h"

#include <cstdio>
#include <string>
#include <utility>

#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/reconcile.h"

namespace crm::cli {
namespace {

constexpr size_t kListed = 20;

const char* NameOf(ReconcileKind kind) {
  switch (kind) {
    case ReconcileKind::kMissing:
      return "missing";
    case ReconcileKind::kConflict:
      return "conflict";
    case ReconcileKind::kExtra:
      return "extra";
    case ReconcileKind::kRejected:
      return "rejected";
  }
  return "unknown";
}

std::string NumberOrNone(uint64_t number) {
  return number == 0 ? std::string("-") : ShowCount(number);
}

void WriteCount(const ReconcileCount& count, JsonWriter* json) {
  json->Number("file", count.file);
  json->Number("stored", count.stored);
  json->Number("found", count.found);
  json->Number("missing", count.missing);
  json->Number("conflicting", count.conflicting);
  json->Number("extra", count.extra);
}

void PrintJson(const ReconcileReport& report) {
  JsonWriter json;
  json.BeginObject();
  json.Boolean("same", report.same());
  json.Number("read", report.read);
  json.Number("repeated", report.repeated);
  json.Number("rejected", report.rejected);
  WriteCount(report.total, &json);
  json.Number("new_customers", report.new_customers);
  json.Number("customers_total", report.customers_total);
  json.Number("differences_total", report.differences_total);
  json.BeginArray("counts");
  for (const ReconcileCount& count : report.counts) {
    json.BeginObject();
    json.Text("source", count.source);
    json.Text("type", count.type);
    WriteCount(count, &json);
    json.EndObject();
  }
  json.EndArray();
  json.BeginArray("customers");
  for (const ReconcileCustomer& customer : report.customers) {
    json.BeginObject();
    json.Number("customer", customer.customer);
    json.Number("file", customer.file);
    json.Number("found", customer.found);
    json.Number("stored", customer.stored);
    json.EndObject();
  }
  json.EndArray();
  json.BeginArray("differences");
  for (const ReconcileDifference& one : report.differences) {
    json.BeginObject();
    json.Text("kind", NameOf(one.kind));
    json.Number("line", one.line);
    json.Number("position", one.position);
    json.Text("source", one.source);
    json.Text("type", one.type);
    json.Number("customer", one.customer);
    json.Text("message", one.message);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

void PrintCounts(const ReconcileReport& report) {
  using Align = Table::Align;
  Table table({{"SOURCE"},
               {"TYPE"},
               {"FILE", Align::kRight},
               {"STORE", Align::kRight},
               {"FOUND", Align::kRight},
               {"MISSING", Align::kRight},
               {"CONFLICT", Align::kRight},
               {"EXTRA", Align::kRight}});
  for (const ReconcileCount& count : report.counts) {
    table.Add({count.source, count.type, ShowCount(count.file),
               ShowCount(count.stored), ShowCount(count.found),
               ShowCount(count.missing), ShowCount(count.conflicting),
               ShowCount(count.extra)});
  }
  std::printf("\n");
  table.Print();
}

void PrintDifferences(const ReconcileReport& report) {
  using Align = Table::Align;
  if (report.customers_total > 0) {
    std::printf("\nCustomers that differ: %s\n",
                ShowCount(report.customers_total).c_str());
    Table table({{"CUSTOMER", Align::kRight},
                 {"FILE", Align::kRight},
                 {"FOUND", Align::kRight},
                 {"STORE", Align::kRight}});
    for (const ReconcileCustomer& customer : report.customers) {
      table.Add({std::to_string(customer.customer), ShowCount(customer.file),
                 ShowCount(customer.found), ShowCount(customer.stored)});
    }
    table.Print();
  }
  if (report.differences_total == 0) return;
  std::printf("\nDifferences: %s (the first of them; --json lists more)\n",
              ShowCount(report.differences_total).c_str());
  Table table({{"WHAT"},
               {"LINE", Align::kRight},
               {"POSITION", Align::kRight},
               {"SOURCE"},
               {"TYPE"},
               {"CUSTOMER", Align::kRight},
               {"MESSAGE"}});
  for (const ReconcileDifference& one : report.differences) {
    table.Add({NameOf(one.kind), NumberOrNone(one.line),
               NumberOrNone(one.position), one.source, one.type,
               NumberOrNone(one.customer), one.message});
  }
  table.Print();
}

void PrintReport(const ReconcileReport& report) {
  std::printf("%s\n",
              report.same() ? "File and store agree" : "File and store differ");
  PrintField("rows read", ShowCount(report.read));
  PrintField("repeated", ShowCount(report.repeated));
  PrintField("rejected", ShowCount(report.rejected));
  PrintField("in the file", ShowCount(report.total.file));
  PrintField("found", ShowCount(report.total.found));
  PrintField("missing", ShowCount(report.total.missing));
  PrintField("conflicting", ShowCount(report.total.conflicting));
  PrintField("in the store alone", ShowCount(report.total.extra));
  PrintField("customers to come", ShowCount(report.new_customers));
  if (!report.counts.empty()) PrintCounts(report);
  PrintDifferences(report);
}

}  // namespace

int Reconcile(const ImportCommand& command, const ImportOptions& import) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  ReconcileOptions options;
  options.partial = command.part;
  if (!command.store.json) options.max_listed = kListed;
  Result<ReconcileReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    ImportOptions own = import;
    own.progress = [&](const ImportProgress& progress) {
      line.Show(progress.read, "rows", progress.bytes, progress.total_bytes);
      return !InterruptGuard::interrupted();
    };
    return ReconcileFile(*tenant, command.file, own, options);
  }();
  if (!report.ok()) return Finish(&*store, Fail(report.status()));
  if (command.store.json) {
    PrintJson(*report);
  } else {
    PrintReport(*report);
  }
  return Finish(&*store, report->same() ? kExitOk : kExitRefused);
}

}  // namespace crm::cli
