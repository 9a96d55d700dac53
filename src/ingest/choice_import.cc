#include "ingest/choice_import.h"

#include <algorithm>
#include <charconv>

#include "ingest/json_members.h"

namespace crm::ingest {
namespace {

using LineKind = ChoiceLine::Kind;
using Origin = ChoiceLine::Origin;
using Part = ChoiceLine::Part;

// So many lines are gathered at least before some are made in between.
constexpr size_t kEnoughLines = 1000;
constexpr size_t kMaxReviews = 1000;

std::pair<RecordId, RecordId> PairOf(RecordId a, RecordId b) {
  return std::minmax(a, b);
}

bool SamePair(const ChoiceLine& one, const ChoiceLine& other) {
  return PairOf(one.a, one.b) == PairOf(other.a, other.b);
}

MergeOptions OptionsOf(const ChoiceLine& choice) {
  MergeOptions options;
  options.by = choice.by;
  options.why = choice.why;
  return options;
}

bool IsCannotLink(const ChoiceLine& choice) {
  return choice.kind == LineKind::kAssertion && !choice.retracted &&
         choice.assertion == Assertion::Kind::kCannotLink;
}

// Which of the parts a record is in; their number: in none.
size_t PartOf(const std::vector<Part>& parts, RecordId record) {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [record](const Part& part) {
        return std::binary_search(part.records.begin(), part.records.end(),
                                  record);
      });
  return static_cast<size_t>(found - parts.begin());
}

std::vector<Part> PartsOf(const UnmergeResult& result) {
  std::vector<Part> parts;
  for (const UnmergedPart& part : result.parts) {
    parts.push_back({part.customer, part.records});
  }
  return parts;
}

// A member that is a number; 0: it is none.
uint64_t NumberOf(JsonMembers& members, std::string_view name) {
  const std::string_view text = members.Peek(name);
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Who merges by force says so by doing it again; the log does not tell.
template <typename Call>
Status WithOrWithoutForce(MergeOptions options, const Call& call) {
  Status status = call(options);
  if (status.code() != StatusCode::kConflict || options.by.empty() ||
      options.why.empty()) {
    return status;
  }
  options.force = true;
  return call(options);
}

}  // namespace

Status CheckChoice(const ChoiceLine& choice) {
  if (choice.origin == Origin::kEvent) return Status::Ok();
  if (choice.origin == Origin::kMatch) {
    if (choice.kind == LineKind::kMerge || choice.kind == LineKind::kReview ||
        choice.kind == LineKind::kHousehold) {
      return Status::Ok();
    }
    return Status(StatusCode::kUnsupported,
                  "choice: no match makes one of this kind");
  }
  if (choice.origin == Origin::kHand &&
      (choice.kind == LineKind::kReview || choice.kind == LineKind::kShared)) {
    return Status(StatusCode::kUnsupported,
                  "choice: nobody makes one of this kind by hand");
  }
  return Status::Ok();
}

Status ChoiceImport::Failed(const Line& line, const Status& status) const {
  return Status(status.code(), "line " + std::to_string(line.number) + ": " +
                                   std::string(status.message()));
}

bool ChoiceImport::IsOther(const ChoiceLine& choice) const {
  return !lines_.empty() && (lines_.front().choice.tenant != choice.tenant ||
                             lines_.front().choice.origin != choice.origin);
}

Status ChoiceImport::Add(crm::Tenant* tenant, uint64_t line,
                         ChoiceLine choice) {
  // Not between the lines of one call.
  const bool enough = lines_.size() >= kEnoughLines &&
                      choice.origin == Origin::kHand &&
                      lines_.back().choice.kind != LineKind::kAssertion;
  if (IsOther(choice) || enough) {
    Status status = Flush();
    if (!status.ok()) return status;
  }
  tenant_ = tenant;
  if (tenant_name_ != choice.tenant) reviews_.clear();
  tenant_name_ = choice.tenant;
  lines_.push_back({line, std::move(choice)});
  return Status::Ok();
}

Status ChoiceImport::Flush() {
  Status status;
  if (!lines_.empty() && lines_[0].choice.origin == Origin::kReResolve) {
    status = ReResolveAll();
    lines_.clear();
    return status;
  }
  if (!lines_.empty() && lines_[0].choice.origin == Origin::kMatch) {
    status = ApplyMatches();
    lines_.clear();
    return status;
  }
  for (size_t at = 0; status.ok() && at < lines_.size();) {
    status = MakeNext(&at);
  }
  lines_.clear();
  return status;
}

Status ChoiceImport::MakeNext(size_t* at) {
  const Line& line = lines_[*at];
  switch (line.choice.kind) {
    case LineKind::kAssertion:
      return MakeAssertion(at);
    case LineKind::kPartition:
      ++*at;
      return MakeUnmerge(line);
    case LineKind::kAnswer:
      ++*at;
      return MakeAnswer(line, 0);
    case LineKind::kHold:
      ++*at;
      return MakeHold(line);
    case LineKind::kHousehold:
      ++*at;
      return MakeHousehold(line);
    case LineKind::kMerge:
    case LineKind::kReview:
    case LineKind::kShared:
    case LineKind::kErasure:
    case LineKind::kRetention:
    case LineKind::kRedaction:
      break;
  }
  return Failed(line, Status(StatusCode::kUnsupported,
                             "choice: not where a call would leave it"));
}

bool ChoiceImport::IsAnswerTo(size_t at, const ChoiceLine& said,
                              ReviewAnswer answer) const {
  if (at >= lines_.size()) return false;
  const ChoiceLine& choice = lines_[at].choice;
  return choice.kind == LineKind::kAnswer && choice.answer == answer &&
         SamePair(choice, said);
}

size_t ChoiceImport::PartitionBehind(size_t at) const {
  size_t end = at;
  while (end < lines_.size() && IsCannotLink(lines_[end].choice)) ++end;
  if (end == lines_.size() || lines_[end].choice.kind != LineKind::kPartition) {
    return lines_.size();
  }
  const std::vector<Part>& parts = lines_[end].choice.parts;
  const ChoiceLine& said = lines_[at].choice;
  const bool within = PartOf(parts, said.a) < parts.size() &&
                      PartOf(parts, said.b) < parts.size();
  return within ? end : lines_.size();
}

Status ChoiceImport::MakeAssertion(size_t* at) {
  const Line& line = lines_[*at];
  const ChoiceLine& said = line.choice;
  Status status;
  if (said.retracted) {
    ++*at;
    status =
        tenant_->RetractAssertion(said.a, said.b, OptionsOf(said)).status();
    return status.ok() ? status : Failed(line, status);
  }
  if (said.assertion == Assertion::Kind::kMustLink) return MakeMustLink(at);
  const size_t partition = PartitionBehind(*at);
  if (partition < lines_.size()) {
    *at = partition + 1;
    return MakeUnmerge(lines_[partition]);
  }
  if (IsAnswerTo(*at + 1, said, ReviewAnswer::kDifferent)) {
    *at += 2;
    return MakeAnswer(lines_[*at - 1], 0);
  }
  ++*at;
  status =
      tenant_->AddAssertion(said.assertion, said.a, said.b, OptionsOf(said))
          .status();
  return status.ok() ? status : Failed(line, status);
}

Status ChoiceImport::MakeMustLink(size_t* at) {
  const Line& line = lines_[*at];
  const ChoiceLine& said = line.choice;
  const bool merges = *at + 1 < lines_.size() &&
                      lines_[*at + 1].choice.kind == LineKind::kMerge &&
                      SamePair(lines_[*at + 1].choice, said);
  const size_t behind = *at + (merges ? 2 : 1);
  const CustomerId keep = merges ? lines_[*at + 1].choice.customer : 0;
  if (IsAnswerTo(behind, said, ReviewAnswer::kSame)) {
    *at = behind + 1;
    return MakeAnswer(lines_[behind], keep);
  }
  const Line* const merge = merges ? &lines_[*at + 1] : nullptr;
  *at = behind;
  if (merge != nullptr) return MakeMerge(line, *merge);
  Status status =
      tenant_->AddAssertion(said.assertion, said.a, said.b, OptionsOf(said))
          .status();
  return status.ok() ? status : Failed(line, status);
}

// An assertion that is there already says nothing again; a merge of the two
// customers does.
Status ChoiceImport::MakeMerge(const Line& said, const Line& merge) {
  const ChoiceLine& choice = merge.choice;
  Result<std::vector<Assertion>> known =
      tenant_->ListAssertions(choice.customer);
  if (!known.ok()) return Failed(merge, known.status());
  const bool linked = std::any_of(
      known->begin(), known->end(), [&](const Assertion& assertion) {
        return assertion.kind == Assertion::Kind::kMustLink &&
               PairOf(assertion.a, assertion.b) == PairOf(choice.a, choice.b);
      });
  MergeOptions options = OptionsOf(choice);
  options.keep = choice.customer;
  Status status = WithOrWithoutForce(options, [&](const MergeOptions& with) {
    return linked
               ? tenant_->Merge(choice.customer, choice.retired, with).status()
               : tenant_
                     ->AddAssertion(Assertion::Kind::kMustLink, said.choice.a,
                                    said.choice.b, with)
                     .status();
  });
  if (!status.ok()) return Failed(merge, status);
  Result<Customer> retired = tenant_->GetCustomer(choice.retired);
  if (!retired.ok()) return Failed(merge, retired.status());
  if (retired->id != choice.customer) {
    differs_(choice.tenant, merge.number, "customer");
  }
  return status;
}

Status ChoiceImport::MakeAnswer(const Line& line, CustomerId keep) {
  Position position = 0;
  Status status = FindReview(line.choice, &position);
  if (!status.ok()) return Failed(line, status);
  MergeOptions options = OptionsOf(line.choice);
  options.keep = keep;
  status = WithOrWithoutForce(options, [&](const MergeOptions& with) {
    return tenant_->AnswerReview(position, line.choice.answer, with).status();
  });
  return status.ok() ? status : Failed(line, status);
}

// The line says what came of it: of the targets that there are, the one with
// that outcome.
Status ChoiceImport::FindTarget(const Line& line, UnmergeTarget* target) {
  const ChoiceLine& choice = line.choice;
  *target = UnmergeTarget();
  if (choice.parts.size() == 2) {
    target->records = choice.parts[1].records;
    return Status::Ok();
  }
  MergeOptions dry = OptionsOf(choice);
  dry.dry_run = true;
  const auto fits = [&] {
    const auto result = tenant_->Unmerge(*target, dry);
    return result.ok() && PartsOf(*result) == choice.parts;
  };
  target->customer = choice.customer;
  if (fits()) return Status::Ok();
  target->customer = 0;
  Result<IdentityHistory> history = tenant_->How(choice.customer);
  if (!history.ok()) return Failed(line, history.status());
  for (const IdentityStep& step : history->steps) {
    if (step.kind != IdentityStep::Kind::kMerged) continue;
    target->merge = step.position;
    if (target->merge != 0 && fits()) return Status::Ok();
  }
  return Failed(line, Status(StatusCode::kUnsupported,
                             "choice: no unmerge gives these parts"));
}

Status ChoiceImport::MakeUnmerge(const Line& line) {
  UnmergeTarget target;
  Status status = FindTarget(line, &target);
  if (!status.ok()) return status;
  const auto result = tenant_->Unmerge(target, OptionsOf(line.choice));
  if (!result.ok()) return Failed(line, result.status());
  if (PartsOf(*result) != line.choice.parts) {
    differs_(line.choice.tenant, line.number, "parts");
  }
  return Status::Ok();
}

Status ChoiceImport::MakeHold(const Line& line) {
  const ChoiceLine& choice = line.choice;
  if (choice.said == ChoiceLine::Said::kWaiting) return MakeWaiting(line);
  if (choice.said == ChoiceLine::Said::kReleased) {
    Status status =
        tenant_->ReleaseHold(choice.hold, {choice.by, choice.why}).status();
    return status.ok() ? status : Failed(line, status);
  }
  HoldOptions options;
  options.categories = choice.categories;
  options.by = choice.by;
  options.why = choice.why;
  const Result<HoldId> hold = tenant_->PlaceHold(choice.customer, options);
  if (!hold.ok()) return Failed(line, hold.status());
  if (*hold != choice.hold) differs_(choice.tenant, line.number, "hold");
  return Status::Ok();
}

// She is held, or the line is not where it was written: then nobody is erased.
Status ChoiceImport::MakeWaiting(const Line& line) {
  const ChoiceLine& choice = line.choice;
  ErasureOptions options;
  options.mode = choice.mode;
  options.confirm = choice.confirm;
  options.wait_for_release = true;
  options.by = choice.by;
  options.why = choice.why;
  options.dry_run = true;
  Result<ErasureReport> plan = tenant_->Erase(choice.customer, options);
  if (!plan.ok()) return Failed(line, plan.status());
  if (plan->holds.empty()) {
    return Failed(
        line, Status(StatusCode::kUnsupported, "choice: waits for nothing"));
  }
  options.dry_run = false;
  Status status = tenant_->Erase(choice.customer, options).status();
  return status.ok() ? status : Failed(line, status);
}

Status ChoiceImport::MakeHousehold(const Line& line) {
  const ChoiceLine& choice = line.choice;
  HouseholdChange change;
  change.household = choice.made ? 0 : choice.household;
  change.name = choice.name;
  change.join = choice.joined;
  change.leave = choice.left;
  change.derived = choice.origin == Origin::kMatch;
  change.by = choice.by;
  change.why = choice.why;
  const Result<HouseholdId> household = tenant_->ChangeHousehold(change);
  if (!household.ok()) return Failed(line, household.status());
  if (*household != choice.household) {
    differs_(choice.tenant, line.number, "household");
  }
  return Status::Ok();
}

// All that one run wrote is there, or nothing of it; a second run right behind
// would have found nothing to do.
Status ChoiceImport::ReResolveAll() {
  ReResolveOptions options;
  options.dry_run = false;
  options.by = lines_[0].choice.by;
  options.why = lines_[0].choice.why;
  Status status = tenant_->ReResolve(options).status();
  return status.ok() ? status : Failed(lines_[0], status);
}

// Which pairs they were lies in the lines, and needs no model.
Status ChoiceImport::ApplyMatches() {
  Status status;
  for (size_t begin = 0; status.ok() && begin < lines_.size();) {
    const ChoiceLine& first = lines_[begin].choice;
    if (first.kind == LineKind::kHousehold) {
      status = MakeHousehold(lines_[begin++]);
      continue;
    }
    std::vector<CustomerMatch> matches;
    size_t end = begin;
    for (; end < lines_.size(); ++end) {
      const ChoiceLine& one = lines_[end].choice;
      if (one.kind == LineKind::kHousehold) break;
      if (one.by != first.by || one.why != first.why) break;
      matches.push_back({one.a, one.b, one.weight, one.reason});
    }
    Result<MatchReport> report =
        tenant_->ApplyMatches(matches, OptionsOf(first));
    if (!report.ok()) return Failed(lines_[begin], report.status());
    if (report->merged + report->asked != matches.size()) {
      differs_(first.tenant, lines_[begin].number, "match");
    }
    begin = end;
  }
  return status;
}

Status ChoiceImport::FindReview(const ChoiceLine& choice, Position* position) {
  const Pair pair = PairOf(choice.a, choice.b);
  if (!reviews_.contains(pair)) {
    ReviewQuery query;
    query.limit = kMaxReviews;
    Result<std::vector<Review>> open = tenant_->ListReviews(query);
    if (!open.ok()) return open.status();
    for (const Review& review : *open) {
      reviews_[PairOf(review.record_a, review.record_b)] = review.position;
    }
  }
  // It may be between two who are one by now, or one of very many.
  if (!reviews_.contains(pair)) {
    Status status = WalkReviews(choice.tenant);
    if (!status.ok()) return status;
  }
  const auto found = reviews_.find(pair);
  if (found == reviews_.end()) {
    return Status(StatusCode::kNotFound, "choice: nobody put this question");
  }
  *position = found->second;
  reviews_.erase(found);  // Should it be put again, it lies elsewhere.
  return Status::Ok();
}

// Every question of the tenant, by the log; of one pair the last.
Status ChoiceImport::WalkReviews(std::string_view tenant) {
  Result<StoreSnapshot> snapshot = store_.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  Result<StoreCursor> cursor = snapshot->Replay();
  if (!cursor.ok()) return cursor.status();
  StoreEvent event;
  JsonMembers members;
  while (true) {
    Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    if (!event.is_choice || event.tenant != tenant ||
        event.choice.kind != ChoiceView::Kind::kReview) {
      continue;
    }
    Status status = members.Split(event.choice.json);
    if (!status.ok()) return status;
    reviews_[PairOf(NumberOf(members, "a"), NumberOf(members, "b"))] =
        event.choice.position;
  }
}

}  // namespace crm::ingest
