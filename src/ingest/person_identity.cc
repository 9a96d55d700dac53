// The part "identity" of a person's export: how her records came together.

#include <algorithm>
#include <utility>

#include "ingest/export_lines.h"
#include "ingest/json_members.h"
#include "ingest/person_parts.h"

namespace crm::ingest {
namespace {

constexpr size_t kChangesPerPage = 1000;
constexpr size_t kMaxQuestions = 1000;
constexpr size_t kMaxHouseholds = 1000;

std::string_view StepText(IdentityStep::Kind kind) {
  switch (kind) {
    case IdentityStep::Kind::kBegan:
      return "began";
    case IdentityStep::Kind::kAttached:
      return "attached";
    case IdentityStep::Kind::kMerged:
      return "merged";
  }
  return {};
}

}  // namespace

Status PersonParts::WriteIdentity() {
  Status status = WriteSteps();
  if (status.ok()) status = WriteSplits();
  if (status.ok()) status = WriteAssertions();
  if (status.ok()) status = WriteHouseholds();
  return status.ok() ? WriteQuestions() : status;
}

Status PersonParts::WriteSteps() {
  Result<IdentityHistory> history = tenant_.How(customer_.id);
  if (!history.ok()) return std::move(history).status();
  for (const IdentityStep& step : history->steps) {
    std::string* const out = Begin("identity");
    AppendTextMember("fact", StepText(step.kind), out);
    AppendNumberMember("position", step.position, out);
    if (step.record != 0) AppendNumberMember("record", step.record, out);
    if (step.retired != 0) AppendNumberMember("retired", step.retired, out);
    AppendTextMember("matched_by", step.matched_by, out);
    AppendNumberMember("confidence", static_cast<uint64_t>(step.confidence),
                       out);
    if (!step.why.empty()) AppendTextMember("why", step.why, out);
    Status status = End();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// How knows of no merge that was undone: the feed of changes does.
Status PersonParts::WriteSplits() {
  const auto hers = [&](CustomerId id) {
    return id == customer_.id ||
           std::binary_search(customer_.retired.begin(),
                              customer_.retired.end(), id);
  };
  Position after = 0;
  while (after < snapshot_.position()) {
    Result<IdentityChanges> page =
        tenant_.GetIdentityChanges(after, kChangesPerPage);
    if (!page.ok()) return std::move(page).status();
    for (const IdentityChange& change : page->changes) {
      if (change.kind != IdentityChange::Kind::kSplit ||
          (!hers(change.from) && !hers(change.to))) {
        continue;
      }
      Status status = WriteSplit(change);
      if (!status.ok()) return status;
    }
    if (page->position <= after) break;
    after = page->position;
  }
  return Status::Ok();
}

Status PersonParts::WriteSplit(const IdentityChange& change) {
  std::string* const out = Begin("identity");
  AppendTextMember("fact", "split", out);
  AppendNumberMember("position", change.position, out);
  AppendNumberMember("from", change.from, out);
  AppendNumberMember("to", change.to, out);
  std::string records;
  for (const RecordId record : change.records) {
    if (!records.empty()) records.push_back(',');
    records += std::to_string(record);
  }
  AppendMember("records", "[" + records + "]", out);
  return End();
}

Status PersonParts::WriteAssertions() {
  Result<std::vector<Assertion>> assertions =
      tenant_.ListAssertions(customer_.id);
  if (!assertions.ok()) return std::move(assertions).status();
  for (const Assertion& assertion : *assertions) {
    std::string* const out = Begin("identity");
    AppendTextMember("fact",
                     assertion.kind == Assertion::Kind::kMustLink
                         ? "must-link"
                         : "cannot-link",
                     out);
    AppendNumberMember("position", assertion.position, out);
    AppendNumberMember("a", assertion.a, out);
    AppendNumberMember("b", assertion.b, out);
    Status status = End();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// Of who else is in it nothing is said: that is theirs.
Status PersonParts::WriteHouseholds() {
  HouseholdQuery query;
  query.customer = customer_.id;
  query.limit = kMaxHouseholds;
  Result<std::vector<Household>> households = tenant_.ListHouseholds(query);
  if (!households.ok()) return std::move(households).status();
  for (const Household& household : *households) {
    for (const HouseholdMember& member : household.members) {
      if (member.customer != customer_.id) continue;
      std::string* const out = Begin("identity");
      AppendTextMember("fact", "household", out);
      AppendNumberMember("position", member.position, out);
      AppendNumberMember("household", household.id, out);
      if (!household.name.empty()) {
        AppendTextMember("name", household.name, out);
      }
      AppendNumberMember("record", member.record, out);
      std::string evidence;
      for (const std::string_view name :
           HouseholdEvidenceNames(member.evidence)) {
        evidence += (evidence.empty() ? "\"" : ",\"") + std::string(name);
        evidence += '"';
      }
      AppendMember("evidence", "[" + evidence + "]", out);
      Status status = End();
      if (!status.ok()) return status;
    }
  }
  return Status::Ok();
}

Status PersonParts::WriteQuestions() {
  ReviewQuery query;
  query.customer = customer_.id;
  query.limit = kMaxQuestions;
  Result<std::vector<Review>> reviews = tenant_.ListReviews(query);
  if (!reviews.ok()) return std::move(reviews).status();
  for (const Review& review : *reviews) {
    std::string* const out = Begin("identity");
    AppendTextMember("fact", "question", out);
    AppendNumberMember("position", review.position, out);
    AppendNumberMember("record_a", review.record_a, out);
    AppendNumberMember("record_b", review.record_b, out);
    AppendNumberMember("a", review.a, out);
    AppendNumberMember("b", review.b, out);
    AppendTextMember("reason", IdentityReasonName(review.reason), out);
    Status status = End();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace crm::ingest
