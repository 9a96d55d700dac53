#include "cli/findings.h"

#include <string>

#include "cli/json_writer.h"
#include "cli/table.h"

namespace crm::cli {

using Align = Table::Align;

void PrintFindings(const VerifyReport& report) {
  Table table({{"ROOM"},
               {"TENANT"},
               {"CUSTOMER", Align::kRight},
               {"POSITION", Align::kRight},
               {"WHAT", Align::kLeft, 200}});
  for (const Finding& finding : report.findings) {
    table.Add({finding.room, finding.tenant,
               finding.customer == 0 ? "" : std::to_string(finding.customer),
               finding.position == 0 ? "" : std::to_string(finding.position),
               finding.detail});
  }
  table.Print();
}

void PrintVerifyJson(const VerifyReport& report, double seconds) {
  JsonWriter json;
  json.BeginObject();
  json.Boolean("sound", report.sound());
  json.Number("log_records", report.log_records);
  json.Number("ledger_records", report.ledger_records);
  json.Number("opened", report.opened);
  json.Number("erased", report.erased);
  json.Number("view_rows", report.view_rows);
  json.Number("unreadable", report.unreadable);
  json.Number("findings_total", report.findings_total);
  json.BeginArray("findings");
  for (const Finding& finding : report.findings) {
    json.BeginObject();
    json.Text("room", finding.room);
    json.Text("tenant", finding.tenant);
    json.Number("customer", finding.customer);
    json.Number("position", finding.position);
    json.Text("detail", finding.detail);
    json.EndObject();
  }
  json.EndArray();
  json.Seconds("seconds", seconds);
  json.EndObject();
  json.PrintLine();
}

}  // namespace crm::cli
