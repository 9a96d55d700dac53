// Tenant::ApplyMatches, and what MatchCustomers shares with it.

#include "store/matches.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/mutex.h"
#include "identity/guards.h"
#include "store/identity_text.h"
#include "store/refusal.h"

namespace crm {
namespace {

constexpr size_t kListedMatches = 1000;
constexpr double kMostBits = 10'000;
// A match is never as sure as an identifier or a person.
constexpr double kSurest = 99;

// What a person could still decide.
bool IsAsked(IdentityReason reason) {
  return reason != IdentityReason::kCannotLink &&
         reason != IdentityReason::kLimit;
}

class Applying final {
 public:
  Applying(const Tenant::Impl& tenant, Sequencer::Choosing& choosing,
           const MergeOptions& who, const MatchLimits& limits,
           MatchReport* report)
      : core_(*tenant.core),
        identity_(tenant.core->views->identity()),
        tenant_(tenant.info.id),
        choosing_(choosing),
        rows_(choosing.context().rows),
        who_(who),
        limits_(limits),
        report_(*report),
        definitions_(tenant.core->DefinitionsOf(tenant.info.id)),
        rules_(RulesOf(definitions_ == nullptr
                           ? nullptr
                           : definitions_->IdentityAt(kEveryPosition))) {}

  Status Run(std::span<const CustomerMatch> matches) {
    for (const CustomerMatch& match : matches) {
      Status status = Make(match);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

 private:
  struct Side {
    RecordId record = 0;
    CustomerId customer = 0;
    Members members;
  };

  Result<Side> SideOf(RecordId record) {
    Result<RecordRow> row = identity_.RecordOf(tenant_, record, rows_);
    if (row.status().code() == StatusCode::kNotFound) {
      return Status(StatusCode::kNotFound,
                    "no record " + std::to_string(record));
    }
    if (!row.ok()) return std::move(row).status();
    Result<Members> members =
        identity_.OwnMembers(tenant_, row->customer, rows_);
    if (!members.ok()) return std::move(members).status();
    return Side{record, row->customer, std::move(members).value()};
  }

  Status Make(const CustomerMatch& match) {
    Result<Side> a = SideOf(match.a);
    if (!a.ok()) return std::move(a).status();
    Result<Side> b = SideOf(match.b);
    if (!b.ok()) return std::move(b).status();
    if (a->customer == b->customer) return Status::Ok();
    // Of who was erased nothing is known any more.
    if (a->members.IsErased() || b->members.IsErased()) {
      ++report_.withheld;
      return Status::Ok();
    }
    Result<uint64_t> number =
        identity_.ReviewOfPair(tenant_, match.a, match.b, rows_);
    if (!number.ok()) return std::move(number).status();
    const bool asked_before = *number != 0;
    if (match.reason == IdentityReason::kNone) {
      bool answered = false;
      if (asked_before) {
        Result<ReviewRow> row = identity_.ReviewOf(tenant_, *number, rows_);
        if (!row.ok()) return std::move(row).status();
        answered = row->answered_at != 0;
      }
      Result<IdentityReason> against = AgainstMerging(*a, *b);
      if (!against.ok()) return std::move(against).status();
      if (*against == IdentityReason::kNone && !answered) {
        return Merge(match, *a, *b);
      }
      return Ask(match, *a, *b, *against, asked_before);
    }
    Result<bool> cannot =
        identity_.CannotLink(tenant_, a->members, b->members, rows_);
    if (!cannot.ok()) return std::move(cannot).status();
    return Ask(match, *a, *b,
               *cannot ? IdentityReason::kCannotLink : match.reason,
               asked_before);
  }

  Result<IdentityReason> AgainstMerging(const Side& a, const Side& b) {
    Result<bool> cannot =
        identity_.CannotLink(tenant_, a.members, b.members, rows_);
    if (!cannot.ok()) return std::move(cannot).status();
    if (*cannot) return IdentityReason::kCannotLink;
    if (FindConflict(a.members, b.members) != nullptr) {
      return IdentityReason::kExclusiveConflict;
    }
    if (ExceedsLimits(rules_, a.members, b.members)) {
      return IdentityReason::kLimit;
    }
    const ProfileRoom& profile = core_.views->profile();
    Result<Person> one = profile.PersonOf(tenant_, a.customer, rows_);
    if (!one.ok()) return std::move(one).status();
    Result<Person> other = profile.PersonOf(tenant_, b.customer, rows_);
    if (!other.ok()) return std::move(other).status();
    if (Contradict(*one, *other)) return IdentityReason::kContradiction;
    return rules_.automatic_merges ? IdentityReason::kNone
                                   : IdentityReason::kWeakMatch;
  }

  Status Merge(const CustomerMatch& match, const Side& a, const Side& b) {
    if (report_.merged == limits_.merges) {
      ++report_.left;
      return Status::Ok();
    }
    IdentityChoice merge;
    merge.kind = ChoiceKind::kMerge;
    merge.customer =
        identity_.Survivor(a.customer, a.members, b.customer, b.members);
    const bool keeps_a = merge.customer == a.customer;
    merge.retired = keeps_a ? b.customer : a.customer;
    merge.a = keeps_a ? a.record : b.record;
    merge.b = keeps_a ? b.record : a.record;
    merge.confidence = static_cast<uint8_t>(std::clamp(
        std::floor(100 / (1 + std::exp2(-match.weight))), 1.0, kSurest));
    ++report_.merged;
    return Emit(&merge, match, IdentityReason::kNone);
  }

  Status Ask(const CustomerMatch& match, const Side& a, const Side& b,
             IdentityReason reason, bool asked_before) {
    const std::pair<CustomerId, CustomerId> both =
        std::minmax(a.customer, b.customer);
    if (!asked_.insert(both).second) return Status::Ok();
    if (!IsAsked(reason)) {
      ++report_.withheld;
      return Status::Ok();
    }
    if (asked_before) {
      ++report_.known;
      return Status::Ok();
    }
    if (report_.asked == limits_.reviews) {
      ++report_.left;
      return Status::Ok();
    }
    IdentityChoice question;
    question.kind = ChoiceKind::kReview;
    question.a = std::min(match.a, match.b);
    question.b = std::max(match.a, match.b);
    question.reason = reason;
    question.review = choosing_.context().counts.reviews + 1;
    ++report_.asked;
    return Emit(&question, match, reason);
  }

  Status Emit(IdentityChoice* choice, const CustomerMatch& match,
              IdentityReason reason) {
    choice->origin = ChoiceOrigin::kMatch;
    choice->tenant = tenant_;
    choice->weight = static_cast<int32_t>(std::lround(match.weight * 100));
    choice->by = who_.by;
    choice->why = who_.why;
    if (report_.matches.size() < kListedMatches) {
      report_.matches.push_back({match.a, match.b, match.weight, reason});
    }
    Status status = choosing_.Emit(choice);
    if (choice->position != 0) report_.position = choice->position;
    return status;
  }

  const StoreCore& core_;
  const IdentityRoom& identity_;
  const uint32_t tenant_;
  Sequencer::Choosing& choosing_;
  Generation& rows_;
  const MergeOptions& who_;
  const MatchLimits limits_;
  MatchReport& report_;
  const std::shared_ptr<const TenantDefinitions> definitions_;
  const IdentityRules& rules_;
  absl::flat_hash_set<std::pair<CustomerId, CustomerId>> asked_;
};

Status Check(std::span<const CustomerMatch> matches,
             const MergeOptions& options) {
  if (options.force || options.keep != 0) {
    return Invalid("force, keep: are not for matches");
  }
  for (size_t i = 0; i < matches.size(); ++i) {
    const CustomerMatch& match = matches[i];
    const std::string at = "matches[" + std::to_string(i) + "]";
    if (match.a == 0 || match.b == 0 || match.a == match.b) {
      return Invalid(at + ": must be of two records");
    }
    if (!(std::abs(match.weight) <= kMostBits)) {
      return Invalid(at + ".weight: must be -10000 to 10000");
    }
    if (match.reason > IdentityReason::kWeakMatch) {
      return Invalid(at + ".reason: a number that is none");
    }
  }
  return CheckWho(options.by, options.why);
}

}  // namespace

Status MakeMatches(const Tenant::Impl& tenant, Sequencer::Choosing& choosing,
                   std::span<const CustomerMatch> matches,
                   const MergeOptions& who, const MatchLimits& limits,
                   MatchReport* report) {
  return Applying(tenant, choosing, who, limits, report).Run(matches);
}

Result<MatchReport> Tenant::ApplyMatches(std::span<const CustomerMatch> matches,
                                         const MergeOptions& options) {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = Check(matches, options);
  if (!status.ok()) return status;
  MatchReport report;
  status = impl_->core->sequencer->Choose(
      impl_->info.id, options.dry_run, [&](Sequencer::Choosing& choosing) {
        return MakeMatches(*impl_, choosing, matches, options, {}, &report);
      });
  if (!status.ok()) return status;
  return report;
}

}  // namespace crm
