// Tenant::MatchCustomers: the records of a tenant through the matcher, beside
// the appends; what it decides becomes choices at the end, all at once.

#include "crm/match_customers.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/mutex.h"
#include "store/identity_text.h"
#include "store/match_fields.h"
#include "store/matches.h"
#include "store/refusal.h"

namespace crm {
namespace {

// Pairs for each question: many pairs are of the same two customers.
constexpr size_t kPairsOfQuestion = 16;

IdentityReason ReasonOf(ReviewReason reason) {
  switch (reason) {
    case ReviewReason::kWeight:
      return IdentityReason::kWeakMatch;
    case ReviewReason::kCohesion:
      return IdentityReason::kCohesion;
    case ReviewReason::kExclusive:
      return IdentityReason::kExclusiveConflict;
    case ReviewReason::kCannotLink:
      return IdentityReason::kCannotLink;
    case ReviewReason::kTooLarge:
      return IdentityReason::kLimit;
  }
  return IdentityReason::kWeakMatch;
}

class Matching final {
 public:
  Matching(const Tenant::Impl& tenant, const MatchCustomersOptions& options,
           const IdentityRules& rules)
      : core_(*tenant.core),
        identity_(tenant.core->views->identity()),
        tenant_(tenant.info.id),
        options_(options),
        rules_(rules),
        view_(tenant.core->views->overlay().OpenView()) {}

  Status Run(const MatchFieldMap& fields, MatchReport* report) {
    Status status = ReadRecords(fields);
    if (!status.ok()) return status;
    report->records = records_.size();
    return Link(report);
  }

  // Merges from the heaviest on, then questions.
  const std::vector<CustomerMatch>& matches() const { return matches_; }

 private:
  Status ReadRecords(const MatchFieldMap& fields) {
    Result<TenantCounts> counts = core_.views->event().Counts(tenant_, *view_);
    if (!counts.ok()) return std::move(counts).status();
    for (RecordId record = 1; record <= counts->records; ++record) {
      Status status = ReadRecord(record, fields);
      if (!status.ok()) return status;
      const bool last = record == counts->records;
      if ((last || record % kMatchProgressEvery == 0) && options_.progress &&
          !options_.progress({"read", record, counts->records})) {
        return Status(StatusCode::kCancelled, "cancelled");
      }
    }
    return Status::Ok();
  }

  Status ReadRecord(RecordId record, const MatchFieldMap& fields) {
    Result<RecordRow> row = identity_.RecordOf(tenant_, record, *view_);
    if (row.status().code() == StatusCode::kNotFound) return Status::Ok();
    if (!row.ok()) return std::move(row).status();
    MatchFieldMap::Traits traits;
    Status status = core_.views->profile().ForEachTrait(
        tenant_, record, [&](std::string_view name, std::string_view value) {
          traits.emplace(name, value);
        });
    if (!status.ok()) return status;
    MatchRecord match;
    match.values = fields.ValuesOf(traits);
    if (match.values.empty()) return Status::Ok();
    // In the order of their numbers, which ties are broken by.
    char id[32];
    std::snprintf(id, sizeof(id), "%020llu",
                  static_cast<unsigned long long>(record));
    match.id = id;
    const auto number = static_cast<uint32_t>(records_.size());
    const auto [first, is_first] = first_.try_emplace(row->customer, number);
    if (is_first) {
      status = AddExclusive(row->customer, &match);
    } else {
      links_.must_link.emplace_back(first->second, number);
    }
    if (status.ok()) status = set_.Add(match);
    if (status.ok()) status = AddCannotLinks(record, number);
    if (!status.ok()) return status;
    records_.push_back(record);
    number_[record] = number;
    return status;
  }

  // Whatever record of hers brought them.
  Status AddExclusive(CustomerId customer, MatchRecord* match) {
    Result<Members> members = identity_.MembersOf(tenant_, customer, *view_);
    if (!members.ok()) return std::move(members).status();
    for (const Members::Claim& claim : members->claims) {
      if (claim.state == Members::Claim::State::kOwns &&
          claim.klass == IdentifierClass::kExclusive) {
        match->exclusive.emplace_back(std::to_string(claim.name_space),
                                      std::to_string(claim.hash.hi) + "," +
                                          std::to_string(claim.hash.lo));
      }
    }
    return Status::Ok();
  }

  // Of each two records when the later one comes.
  Status AddCannotLinks(RecordId record, uint32_t number) {
    Result<AssertionsRow> said =
        identity_.AssertionsOf(tenant_, record, *view_);
    if (!said.ok()) return std::move(said).status();
    for (const AssertionsRow::Item& item : said->items) {
      if (item.kind != Assertion::Kind::kCannotLink) continue;
      const auto other = number_.find(item.other);
      if (other == number_.end()) continue;
      Result<RecordRow> mine = identity_.RecordOf(tenant_, record, *view_);
      if (!mine.ok()) return std::move(mine).status();
      Result<RecordRow> theirs =
          identity_.RecordOf(tenant_, item.other, *view_);
      if (!theirs.ok()) return std::move(theirs).status();
      // Somebody who merged them by force knew better.
      if (mine->customer == theirs->customer) continue;
      links_.cannot_link.emplace_back(number, other->second);
    }
    return Status::Ok();
  }

  Status Link(MatchReport* report) {
    links_.link_weight = options_.merge_weight;
    links_.review_weight = options_.review_weight;
    links_.max_cluster = rules_.records;
    links_.max_review = (options_.max_reviews + 1) * kPairsOfQuestion;
    links_.threads = options_.threads;
    links_.progress = options_.progress;
    Result<LinkResult> result = LinkRecords(
        set_,
        options_.model.has_value() ? *options_.model : MatchModel::Default(),
        links_);
    if (!result.ok()) return result.status();
    report->pairs = result->pairs;
    report->prior = result->prior;
    for (const MatchPair& pair : result->links) {
      Add(pair, IdentityReason::kNone);
    }
    std::stable_sort(result->review.begin(), result->review.end(),
                     [](const ReviewPair& x, const ReviewPair& y) {
                       return x.pair.weight > y.pair.weight;
                     });
    for (const ReviewPair& review : result->review) {
      Add(review.pair, ReasonOf(review.reason));
    }
    return Status::Ok();
  }

  void Add(const MatchPair& pair, IdentityReason reason) {
    matches_.push_back(
        {records_[pair.a], records_[pair.b], pair.weight, reason});
  }

  const StoreCore& core_;
  const IdentityRoom& identity_;
  const uint32_t tenant_;
  const MatchCustomersOptions& options_;
  const IdentityRules& rules_;
  const std::shared_ptr<View> view_;
  MatchSet set_;
  std::vector<RecordId> records_;  // By number in the set.
  absl::flat_hash_map<RecordId, uint32_t> number_;
  absl::flat_hash_map<CustomerId, uint32_t> first_;
  LinkOptions links_;
  std::vector<CustomerMatch> matches_;
};

Status Check(const MatchCustomersOptions& options) {
  if (!std::isfinite(options.merge_weight) ||
      !std::isfinite(options.review_weight)) {
    return Invalid("merge_weight, review_weight: must be numbers");
  }
  if (options.threads < 1 || options.threads > 64) {
    return Invalid("threads: must be 1 to 64");
  }
  if (options.max_reviews > 1'000'000) {
    return Invalid("max_reviews: must be at most 1000000");
  }
  return CheckWho(options.by, options.why);
}

}  // namespace

Result<MatchReport> Tenant::MatchCustomers(
    const MatchCustomersOptions& options) {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = Check(options);
  if (!status.ok()) return status;
  Result<MatchFieldMap> fields = MatchFieldMap::Parse(options.fields);
  if (!fields.ok()) return fields.status();
  const auto definitions = impl_->core->DefinitionsOf(impl_->info.id);
  const IdentityRules& rules =
      RulesOf(definitions == nullptr ? nullptr
                                     : definitions->IdentityAt(kEveryPosition));
  MatchReport report;
  Matching matching(*impl_, options, rules);
  status = matching.Run(*fields, &report);
  if (!status.ok()) return status;
  const MergeOptions who{.by = options.by, .why = options.why};
  const MatchLimits limits{rules.merges_per_minute, options.max_reviews};
  status = impl_->core->sequencer->Choose(
      impl_->info.id, options.dry_run, [&](Sequencer::Choosing& choosing) {
        return MakeMatches(*impl_, choosing, matching.matches(), who, limits,
                           &report);
      });
  if (!status.ok()) return status;
  return report;
}

}  // namespace crm
