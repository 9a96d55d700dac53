// crm identity resolve, why, how, merge, split, review, changes, re-resolve,
// match: who is who in a store.

#include <cstdio>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/event_line.h"
#include "cli/json_writer.h"
#include "cli/model_option.h"
#include "cli/progress_line.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"

namespace crm::cli {
namespace {

MergeOptions OptionsOf(const WhoCommand& command) {
  MergeOptions options;
  options.by = command.by;
  options.why = command.why;
  options.dry_run = command.dry_run;
  options.force = command.force;
  return options;
}

std::string Join(const std::vector<RecordId>& records) {
  std::string text;
  for (const RecordId record : records) {
    text += (text.empty() ? "" : " ") + std::to_string(record);
  }
  return text;
}

void AddRecords(const std::vector<RecordId>& records, JsonWriter* json) {
  json->BeginArray("records");
  for (const RecordId record : records) json->Number({}, record);
  json->EndArray();
}

Status Resolve(const WhoCommand& command, Tenant& tenant) {
  std::vector<Identifier> identifiers;
  for (const std::string& text : command.who) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return Status(StatusCode::kInvalidArgument,
                    "IDENTIFIER: must be NAMESPACE=VALUE");
    }
    identifiers.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  const Result<LookupResult> found = tenant.Lookup(identifiers);
  if (!found.ok()) return found.status();
  const std::string& name = identifiers[found->matched].name_space;
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("customer", found->customer);
    json.Text("matched_by", name);
    json.Number("confidence", static_cast<uint64_t>(found->confidence));
    json.EndObject();
    json.PrintLine();
    return Status::Ok();
  }
  PrintField("customer", std::to_string(found->customer));
  PrintField("matched by", name);
  PrintField("confidence", std::to_string(found->confidence));
  return Status::Ok();
}

void AddEvidence(const IdentityEvidence& evidence, JsonWriter* json) {
  static constexpr const char* kKinds[] = {
      "", "shared_identifier", "link", "merge", "assertion", "guard"};
  json->BeginObject();
  json->Text("kind", kKinds[static_cast<size_t>(evidence.kind)]);
  json->Text("speaks", evidence.sign > 0   ? "for"
                       : evidence.sign < 0 ? "against"
                                           : "neither");
  json->Number("record_a", evidence.a);
  json->Number("record_b", evidence.b);
  json->Number("position", evidence.position);
  json->Text("namespace", evidence.name_space);
  json->Number("confidence", static_cast<uint64_t>(evidence.confidence));
  json->Text("reason", IdentityReasonName(evidence.reason));
  json->EndObject();
}

Status Why(const WhoCommand& command, Tenant& tenant) {
  Result<CustomerId> a = FindWho(tenant, command.who[0]);
  if (!a.ok()) return a.status();
  Result<CustomerId> b = FindWho(tenant, command.who[1]);
  if (!b.ok()) return b.status();
  const Result<IdentityExplanation> why = tenant.Why(*a, *b);
  if (!why.ok()) return why.status();
  if (!command.store.json) {
    std::printf("%s", why->text.c_str());
    return Status::Ok();
  }
  JsonWriter json;
  json.BeginObject();
  json.Number("a", why->a);
  json.Number("b", why->b);
  json.Boolean("together", why->together());
  json.BeginArray("evidence");
  for (const IdentityEvidence& evidence : why->evidence) {
    AddEvidence(evidence, &json);
  }
  json.EndArray();
  json.EndObject();
  json.PrintLine();
  return Status::Ok();
}

Status How(const WhoCommand& command, Tenant& tenant) {
  Result<CustomerId> who = FindWho(tenant, command.who[0]);
  if (!who.ok()) return who.status();
  const Result<IdentityHistory> how = tenant.How(*who);
  if (!how.ok()) return how.status();
  if (!command.store.json) {
    std::printf("%s", how->text.c_str());
    return Status::Ok();
  }
  static constexpr const char* kSteps[] = {"", "began", "attached", "merged"};
  for (const IdentityStep& step : how->steps) {
    JsonWriter json;
    json.BeginObject();
    json.Text("step", kSteps[static_cast<size_t>(step.kind)]);
    json.Number("position", step.position);
    json.Number("record", step.record);
    json.Number("retired", step.retired);
    json.Text("matched_by", step.matched_by);
    json.Number("confidence", static_cast<uint64_t>(step.confidence));
    json.Text("by", step.by);
    json.Text("why", step.why);
    json.EndObject();
    json.PrintLine();
  }
  return Status::Ok();
}

Status Merge(const WhoCommand& command, Tenant& tenant) {
  Result<CustomerId> a = FindWho(tenant, command.who[0]);
  if (!a.ok()) return a.status();
  Result<CustomerId> b = FindWho(tenant, command.who[1]);
  if (!b.ok()) return b.status();
  MergeOptions options = OptionsOf(command);
  if (command.keep_first) options.keep = *a;
  const Result<MergeResult> merged = tenant.Merge(*a, *b, options);
  if (!merged.ok()) return merged.status();
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("customer", merged->customer);
    json.Number("retired", merged->retired);
    json.Number("position", merged->position);
    json.EndObject();
    json.PrintLine();
    return Status::Ok();
  }
  PrintField("customer", std::to_string(merged->customer));
  PrintField("retired", std::to_string(merged->retired));
  if (merged->position != 0) {
    PrintField("position", std::to_string(merged->position));
    std::printf("To take it back: crm identity split STORE --merge %llu\n",
                static_cast<unsigned long long>(merged->position));
  }
  return Status::Ok();
}

Status Split(const WhoCommand& command, Tenant& tenant) {
  UnmergeTarget target;
  target.merge = command.position;
  target.records = command.records;
  if (!command.who.empty()) {
    Result<CustomerId> who = FindWho(tenant, command.who[0]);
    if (!who.ok()) return who.status();
    target.customer = *who;
  }
  const Result<UnmergeResult> undone =
      tenant.Unmerge(target, OptionsOf(command));
  if (!undone.ok()) return undone.status();
  Table table({{"CUSTOMER"}, {"NEW"}, {"RECORDS"}});
  for (const UnmergedPart& part : undone->parts) {
    if (!command.store.json) {
      table.Add({std::to_string(part.customer), part.is_new ? "yes" : "",
                 Join(part.records)});
      continue;
    }
    JsonWriter json;
    json.BeginObject();
    json.Number("customer", part.customer);
    json.Boolean("new", part.is_new);
    AddRecords(part.records, &json);
    json.Number("position", undone->position);
    json.EndObject();
    json.PrintLine();
  }
  if (!command.store.json) table.Print();
  return Status::Ok();
}

Status Answer(const WhoCommand& command, Tenant& tenant) {
  const ReviewAnswer answer = command.answer == "same" ? ReviewAnswer::kSame
                              : command.answer == "different"
                                  ? ReviewAnswer::kDifferent
                                  : ReviewAnswer::kDismiss;
  const Result<Position> done =
      tenant.AnswerReview(command.position, answer, OptionsOf(command));
  if (!done.ok()) return done.status();
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("position", *done);
    json.EndObject();
    json.PrintLine();
  } else {
    std::printf("Answered.\n");
  }
  return Status::Ok();
}

Status Review(const WhoCommand& command, Tenant& tenant) {
  if (!command.answer.empty()) return Answer(command, tenant);
  ReviewQuery query;
  query.limit = command.limit;
  if (!command.who.empty()) {
    Result<CustomerId> who = FindWho(tenant, command.who[0]);
    if (!who.ok()) return who.status();
    query.customer = *who;
  }
  const Result<std::vector<crm::Review>> reviews = tenant.ListReviews(query);
  if (!reviews.ok()) return reviews.status();
  Table table({{"QUESTION", Table::Align::kRight},
               {"CUSTOMER", Table::Align::kRight},
               {"CUSTOMER", Table::Align::kRight},
               {"BY"},
               {"WEIGHT", Table::Align::kRight},
               {"WHY NOT"}});
  for (const crm::Review& review : *reviews) {
    char weight[32];
    std::snprintf(weight, sizeof(weight), "%.1f", review.weight);
    if (!command.store.json) {
      table.Add({std::to_string(review.position), std::to_string(review.a),
                 std::to_string(review.b), review.name_space, weight,
                 IdentityReasonName(review.reason)});
      continue;
    }
    JsonWriter json;
    json.BeginObject();
    json.Number("position", review.position);
    json.Number("a", review.a);
    json.Number("b", review.b);
    json.Number("record_a", review.record_a);
    json.Number("record_b", review.record_b);
    json.Text("namespace", review.name_space);
    json.Raw("weight", weight);
    json.Text("reason", IdentityReasonName(review.reason));
    json.EndObject();
    json.PrintLine();
  }
  if (command.store.json) return Status::Ok();
  if (reviews->empty()) {
    std::printf("No open question.\n");
  } else {
    table.Print();
  }
  return Status::Ok();
}

void Show(const std::vector<IdentityChange>& changes, bool as_json) {
  Table table({{"POSITION", Table::Align::kRight},
               {"CHANGE"},
               {"FROM", Table::Align::kRight},
               {"TO", Table::Align::kRight},
               {"RECORDS"}});
  for (const IdentityChange& change : changes) {
    const char* const kind = NameOf(change.kind);
    if (!as_json) {
      table.Add({std::to_string(change.position), kind,
                 std::to_string(change.from), std::to_string(change.to),
                 Join(change.records)});
      continue;
    }
    JsonWriter json;
    json.BeginObject();
    json.Text("change", kind);
    json.Number("position", change.position);
    json.Number("from", change.from);
    json.Number("to", change.to);
    AddRecords(change.records, &json);
    json.EndObject();
    json.PrintLine();
  }
  if (!as_json && !changes.empty()) table.Print();
}

Status Changes(const WhoCommand& command, Tenant& tenant) {
  const Result<IdentityChanges> changes =
      tenant.GetIdentityChanges(command.position, command.limit);
  if (!changes.ok()) return changes.status();
  Show(changes->changes, command.store.json);
  if (!command.store.json) {
    PrintField("looked at up to", ShowCount(changes->position));
  }
  return Status::Ok();
}

Status ReResolve(const WhoCommand& command, Tenant& tenant) {
  ReResolveOptions options;
  options.dry_run = !command.apply;
  options.by = command.by;
  options.why = command.why;
  InterruptGuard guard;
  ProgressLine line;
  options.progress = ShowOn(&line, "events");
  const Result<ReResolveReport> report = tenant.ReResolve(options);
  if (!report.ok()) return report.status();
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("records", report->records);
    json.Number("customers_before", report->customers_before);
    json.Number("customers_after", report->customers_after);
    json.Number("records_moved", report->records_moved);
    json.Number("position", report->position);
    json.EndObject();
    json.PrintLine();
    return Status::Ok();
  }
  Show(report->changes, false);
  PrintField("records", ShowCount(report->records));
  PrintField("customers before", ShowCount(report->customers_before));
  PrintField("customers after", ShowCount(report->customers_after));
  PrintField("records moved", ShowCount(report->records_moved));
  if (!command.apply) std::printf("Nothing was changed: see --apply.\n");
  return Status::Ok();
}

void Show(const MatchReport& report, bool as_json) {
  JsonWriter json;
  json.BeginObject();
  json.Number("records", report.records);
  json.Number("pairs", report.pairs);
  json.Number("merged", report.merged);
  json.Number("asked", report.asked);
  json.Number("known", report.known);
  json.Number("withheld", report.withheld);
  json.Number("left", report.left);
  json.Number("position", report.position);
  json.EndObject();
  if (as_json) return json.PrintLine();
  PrintField("records", ShowCount(report.records));
  PrintField("pairs compared", ShowCount(report.pairs));
  PrintField("merged", ShowCount(report.merged));
  PrintField("questions", ShowCount(report.asked));
  PrintField("asked before", ShowCount(report.known));
  PrintField("held by a guard", ShowCount(report.withheld));
  PrintField("left for later", ShowCount(report.left));
}

void Show(const std::vector<CustomerMatch>& matches) {
  Table table({{"RECORD", Table::Align::kRight},
               {"RECORD", Table::Align::kRight},
               {"BITS", Table::Align::kRight},
               {"WHAT"}});
  for (const CustomerMatch& match : matches) {
    char bits[32];
    std::snprintf(bits, sizeof(bits), "%.2f", match.weight);
    const bool merges = match.reason == IdentityReason::kNone;
    table.Add({std::to_string(match.a), std::to_string(match.b), bits,
               merges ? "merge" : IdentityReasonName(match.reason)});
  }
  if (!matches.empty()) table.Print();
}

Status Match(const WhoCommand& command, Tenant& tenant) {
  MatchCustomersOptions options;
  options.dry_run = !command.apply;
  options.merge_weight = command.merge_from;
  options.review_weight = command.review_from;
  options.max_reviews = command.max_reviews;
  options.threads = command.threads;
  options.by = command.by;
  options.why = command.why;
  if (!command.model.empty()) {
    Result<MatchModel> model = ReadModel(command.model);
    if (!model.ok()) return model.status();
    options.model = *std::move(model);
  }
  if (!command.fields.empty()) {
    Result<std::string> fields = ReadText(command.fields);
    if (!fields.ok()) return fields.status();
    options.fields = *std::move(fields);
  }
  const Result<MatchReport> report = WithSteps(
      options, [&](const auto& how) { return tenant.MatchCustomers(how); });
  if (!report.ok()) return report.status();
  if (!command.store.json) Show(report->matches);
  Show(*report, command.store.json);
  if (!command.apply && !command.store.json) {
    std::printf("Nothing was changed: see --apply.\n");
  }
  return Status::Ok();
}

}  // namespace

int Run(const WhoCommand& command) {
  static constexpr Status (*kVerbs[])(const WhoCommand&, Tenant&) = {
      &Resolve, &Why,     &How,       &Merge, &Split,
      &Review,  &Changes, &ReResolve, &Match};
  return RunVerb(command, false, kVerbs);
}

}  // namespace crm::cli
