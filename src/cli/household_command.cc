// crm identity household list, make, join, leave, match: who lives together.

#include <cstdio>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/household.h"

namespace crm::cli {
namespace {

using Verb = HouseholdCommand::Verb;

std::string Listed(uint32_t evidence) {
  std::string text;
  for (const std::string_view name : HouseholdEvidenceNames(evidence)) {
    text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text.empty() ? "by hand" : text;
}

void AddEvidence(uint32_t evidence, JsonWriter* json) {
  json->BeginArray("evidence");
  for (const std::string_view name : HouseholdEvidenceNames(evidence)) {
    json->Text({}, std::string(name));
  }
  json->EndArray();
}

// The customers whom the command line names.
Status FindAll(const HouseholdCommand& command, const Tenant& tenant,
               std::vector<CustomerId>* customers) {
  const Result<Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  for (const std::string& who : command.who) {
    const Result<CustomerId> found = FindWho(*snapshot, who);
    if (!found.ok()) return found.status();
    customers->push_back(*found);
  }
  return Status::Ok();
}

void PrintJson(const Household& household) {
  JsonWriter json;
  json.BeginObject();
  json.Number("household", household.id);
  json.Text("name", household.name);
  json.Boolean("derived", household.derived);
  json.Number("position", household.position);
  json.Text("at", FormatInstant(household.at));
  json.Text("by", household.by);
  json.Text("why", household.why);
  json.BeginArray("members");
  for (const HouseholdMember& member : household.members) {
    json.BeginObject();
    json.Number("customer", member.customer);
    json.Number("record", member.record);
    json.Number("position", member.position);
    AddEvidence(member.evidence, &json);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

void PrintTable(const std::vector<Household>& households) {
  Table table({{"HOUSEHOLD", Table::Align::kRight},
               {"NAME"},
               {"CUSTOMER", Table::Align::kRight},
               {"WHY"}});
  for (const Household& household : households) {
    const std::string id = std::to_string(household.id);
    if (household.members.empty()) {
      table.Add({id, household.name, "", "nobody"});
    }
    for (const HouseholdMember& member : household.members) {
      table.Add({id, household.name, std::to_string(member.customer),
                 Listed(member.evidence)});
    }
  }
  if (households.empty()) {
    std::printf("No households.\n");
  } else {
    table.Print();
  }
}

Status List(const HouseholdCommand& command, Tenant& tenant) {
  HouseholdQuery query;
  query.household = command.household;
  query.name = command.name;
  query.empty = command.empty;
  query.after = command.after;
  query.limit = command.limit;
  std::vector<CustomerId> customers;
  Status status = FindAll(command, tenant, &customers);
  if (!status.ok()) return status;
  if (!customers.empty()) query.customer = customers.front();
  const Result<std::vector<Household>> list = tenant.ListHouseholds(query);
  if (!list.ok()) return list.status();
  if (!command.store.json) {
    PrintTable(*list);
    return status;
  }
  for (const Household& household : *list) PrintJson(household);
  return status;
}

// make, join and leave.
Status Change(const HouseholdCommand& command, Tenant& tenant) {
  HouseholdChange change;
  change.household = command.household;
  change.name = command.name;
  change.by = command.by;
  change.why = command.why;
  std::vector<CustomerId> customers;
  Status status = FindAll(command, tenant, &customers);
  if (!status.ok()) return status;
  if (command.verb == Verb::kLeave) {
    change.leave = std::move(customers);
  } else {
    for (const CustomerId customer : customers) {
      change.join.push_back({customer});
    }
  }
  const Result<HouseholdId> household = tenant.ChangeHousehold(change);
  if (!household.ok()) return household.status();
  HouseholdQuery query;
  query.household = *household;
  query.empty = true;
  const Result<std::vector<Household>> now = tenant.ListHouseholds(query);
  if (!now.ok()) return now.status();
  if (command.store.json) {
    PrintJson(now->front());
  } else {
    PrintTable(*now);
  }
  return status;
}

void Show(const HouseholdReport& report, bool as_json) {
  JsonWriter json;
  json.BeginObject();
  json.Number("records", report.records);
  json.Number("customers", report.customers);
  json.Number("households", report.households);
  json.Number("made", report.made);
  json.Number("joined", report.joined);
  json.Number("left", report.left);
  json.Number("remaining", report.remaining);
  json.Number("position", report.position);
  json.EndObject();
  if (as_json) return json.PrintLine();
  PrintField("records", ShowCount(report.records));
  PrintField("customers", ShowCount(report.customers));
  PrintField("groups found", ShowCount(report.households));
  PrintField("new households", ShowCount(report.made));
  PrintField("who joined", ShowCount(report.joined));
  PrintField("who left", ShowCount(report.left));
  PrintField("left for later", ShowCount(report.remaining));
}

void Show(const std::vector<HouseholdChange>& changes) {
  Table table({{"HOUSEHOLD", Table::Align::kRight},
               {"CUSTOMER", Table::Align::kRight},
               {"WHAT"}});
  for (const HouseholdChange& change : changes) {
    const std::string id =
        change.household == 0 ? "new" : std::to_string(change.household);
    for (const HouseholdJoin& join : change.join) {
      table.Add({id, std::to_string(join.customer), Listed(join.evidence)});
    }
    for (const CustomerId customer : change.leave) {
      table.Add({id, std::to_string(customer), "leaves"});
    }
  }
  if (!changes.empty()) table.Print();
}

Status Match(const HouseholdCommand& command, Tenant& tenant) {
  HouseholdMatchOptions options;
  options.dry_run = !command.apply;
  options.min_evidence = command.min_evidence;
  options.max_members = command.max_members;
  options.by = command.by;
  options.why = command.why;
  if (!command.fields.empty()) {
    Result<std::string> fields = ReadText(command.fields);
    if (!fields.ok()) return fields.status();
    options.fields = *std::move(fields);
  }
  const Result<HouseholdReport> report = WithSteps(
      options, [&](const auto& how) { return tenant.MatchHouseholds(how); });
  if (!report.ok()) return report.status();
  if (!command.store.json) Show(report->changes);
  Show(*report, command.store.json);
  if (!command.apply && !command.store.json) {
    std::printf("Nothing was changed: see --apply.\n");
  }
  return Status::Ok();
}

}  // namespace

int Run(const HouseholdCommand& command) {
  static constexpr Status (*kVerbs[])(const HouseholdCommand&, Tenant&) = {
      &List, &Change, &Change, &Change, &Match};
  return RunVerb(command, false, kVerbs);
}

}  // namespace crm::cli
