// Tenant: who is who, and why. See crm/identity.h.

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/mutex.h"
#include "identity/changes.h"
#include "identity/partition.h"
#include "storage/row_cursor.h"
#include "store/erased.h"
#include "store/identity_text.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

using Claim = Members::Claim;

// What explanations look at: one tenant, at the head.
class Reader {
 public:
  explicit Reader(const Tenant::Impl& tenant)
      : open_(tenant.core->lifecycle),
        core_(*tenant.core),
        tenant_(tenant.info.id),
        status_(tenant.CheckOpen()) {
    if (!status_.ok()) return;
    view_ = core_.views->overlay().OpenView();
    definitions_ = core_.DefinitionsOf(tenant_);
  }

  const Status& status() const { return status_; }
  const StoreCore& core() const { return core_; }
  const View& view() const { return *view_; }
  const IdentityRoom& identity() const { return core_.views->identity(); }
  uint32_t tenant() const { return tenant_; }
  const IdentitySettings* settings() const {
    return IdentityAt(definitions_.get(), view_->position() + 1);
  }
  std::string Namespace(uint32_t number) const {
    return std::string(core_.names.Text(NameKind::kNamespace, number));
  }

  // kNotFound.
  Status Find(CustomerId customer, CustomerId* current, Members* members) {
    Result<CustomerId> now = identity().Current(tenant_, customer, view());
    if (!now.ok()) return std::move(now).status();
    if (*now == 0) {
      return Status(StatusCode::kNotFound,
                    "no customer " + std::to_string(customer));
    }
    *current = *now;
    Result<Members> found = identity().MembersOf(tenant_, *now, view());
    if (!found.ok()) return std::move(found).status();
    *members = std::move(found).value();
    return CheckNotErased(customer, *members);
  }

 private:
  ReaderLock open_;
  const StoreCore& core_;
  const uint32_t tenant_;
  const Status status_;
  std::shared_ptr<View> view_;
  std::shared_ptr<const TenantDefinitions> definitions_;
};

// Evidence for and against two customers who are two.
class Comparison {
 public:
  Comparison(Reader& reader, const Members& a, const Members& b,
             std::vector<IdentityEvidence>* out)
      : reader_(reader), a_(a), b_(b), out_(*out) {}

  Status Run() {
    Status status = AddShared(a_, b_);
    if (status.ok()) status = AddShared(b_, a_);
    if (status.ok()) status = AddAssertions();
    AddConflicts();
    return status;
  }

 private:
  // Identifiers of the one that records of the other named.
  Status AddShared(const Members& owner, const Members& other) {
    for (const Claim& claim : owner.claims) {
      if (claim.state != Claim::State::kOwns) continue;
      for (const Claim& named : other.claims) {
        if (named.state != Claim::State::kNamed || named.hash != claim.hash) {
          continue;
        }
        IdentityEvidence evidence;
        evidence.kind = IdentityEvidence::Kind::kSharedIdentifier;
        evidence.a = claim.record;
        evidence.b = named.record;
        evidence.position = named.since;
        evidence.name_space = reader_.Namespace(claim.name_space);
        evidence.confidence =
            Classify(reader_.settings(), evidence.name_space).confidence;
        evidence.sign = 1;
        Result<IdentifierRow> row = reader_.identity().Find(
            reader_.tenant(), claim.hash, reader_.view());
        if (!row.ok()) return std::move(row).status();
        if (row->shared) {
          evidence.reason = IdentityReason::kSharedValue;
          evidence.sign = 0;
        }
        out_.push_back(std::move(evidence));
      }
    }
    return Status::Ok();
  }

  Status AddAssertions() {
    for (const Members::Member& member : a_.records) {
      Result<AssertionsRow> row = reader_.identity().AssertionsOf(
          reader_.tenant(), member.record, reader_.view());
      if (!row.ok()) return std::move(row).status();
      for (const AssertionsRow::Item& item : row->items) {
        if (b_.FindRecord(item.other) == nullptr) continue;
        IdentityEvidence evidence;
        evidence.kind = IdentityEvidence::Kind::kAssertion;
        evidence.a = member.record;
        evidence.b = item.other;
        evidence.position = item.position;
        evidence.sign = item.kind == Assertion::Kind::kMustLink ? 1 : -1;
        if (evidence.sign < 0) evidence.reason = IdentityReason::kCannotLink;
        out_.push_back(std::move(evidence));
      }
    }
    return Status::Ok();
  }

  void AddConflicts() {
    for (const Claim& claim : a_.claims) {
      if (claim.state != Claim::State::kOwns ||
          claim.klass != IdentifierClass::kExclusive) {
        continue;
      }
      for (const Claim& other : b_.claims) {
        if (other.state != Claim::State::kOwns ||
            other.klass != IdentifierClass::kExclusive ||
            other.name_space != claim.name_space) {
          continue;
        }
        IdentityEvidence evidence;
        evidence.kind = IdentityEvidence::Kind::kGuard;
        evidence.a = claim.record;
        evidence.b = other.record;
        evidence.position = std::max(claim.since, other.since);
        evidence.name_space = reader_.Namespace(claim.name_space);
        evidence.reason = IdentityReason::kExclusiveConflict;
        evidence.sign = -1;
        out_.push_back(std::move(evidence));
      }
    }
  }

  Reader& reader_;
  const Members& a_;
  const Members& b_;
  std::vector<IdentityEvidence>& out_;
};

// The links on the way from one record to another.
std::vector<RecordLink> WayBetween(const Members& members, RecordId from,
                                   RecordId to) {
  absl::flat_hash_map<RecordId, std::vector<RecordLink>> next;
  for (const RecordLink& link : LinksOf(members)) {
    next[link.a].push_back(link);
    next[link.b].push_back(link);
  }
  absl::flat_hash_map<RecordId, RecordLink> came;
  std::vector<RecordId> reached = {from};
  came[from] = {};
  for (size_t i = 0; i < reached.size(); ++i) {
    for (const RecordLink& link : next[reached[i]]) {
      const RecordId other = link.a == reached[i] ? link.b : link.a;
      if (came.try_emplace(other, link).second) reached.push_back(other);
    }
  }
  std::vector<RecordLink> way;
  if (!came.contains(to)) return way;
  for (RecordId at = to; at != from;) {
    const RecordLink link = came[at];
    way.push_back(link);
    at = link.a == at ? link.b : link.a;
  }
  std::reverse(way.begin(), way.end());
  return way;
}

// The choice of a merge, whose weight its row does not have.
Status ReadMerge(const Reader& reader, const Members::Merge& merge,
                 IdentityChoice* choice) {
  return ReadChoiceAt(reader.core(), reader.tenant(), merge.position, choice);
}

double WeightOf(const IdentityChoice& choice) {
  return choice.origin == ChoiceOrigin::kMatch ? choice.weight / 100.0 : 0;
}

Status AddWay(const Reader& reader, const Members& members, RecordId from,
              RecordId to, std::vector<IdentityEvidence>* out) {
  for (const RecordLink& link : WayBetween(members, from, to)) {
    IdentityEvidence evidence;
    evidence.a = link.a;
    evidence.b = link.b;
    evidence.sign = 1;
    if (link.merge == 0) {
      const Members::Member* member = members.FindRecord(link.a);
      evidence.kind = IdentityEvidence::Kind::kLink;
      evidence.position = member->linked_at;
      evidence.name_space = reader.Namespace(member->matched_by);
      evidence.confidence = member->confidence;
    } else {
      evidence.kind = IdentityEvidence::Kind::kMerge;
      for (const Members::Merge& merge : members.merges) {
        if (merge.a != link.a || merge.b != link.b) continue;
        evidence.position = merge.position;
        evidence.name_space = reader.Namespace(merge.name_space);
        evidence.confidence = merge.confidence;
        if (!merge.by_match()) continue;
        IdentityChoice choice;
        Status status = ReadMerge(reader, merge, &choice);
        if (!status.ok()) return status;
        evidence.weight = WeightOf(choice);
      }
    }
    out->push_back(std::move(evidence));
  }
  return Status::Ok();
}

Status AddSteps(const Reader& reader, const Members& members,
                IdentityHistory* history) {
  for (const Members::Member& member : members.records) {
    IdentityStep step;
    step.kind = member.began != 0 && member.linked_to == 0
                    ? IdentityStep::Kind::kBegan
                    : IdentityStep::Kind::kAttached;
    step.position = member.linked_at;
    step.record = member.record;
    step.matched_by = reader.Namespace(member.matched_by);
    step.confidence = member.confidence;
    history->steps.push_back(std::move(step));
  }
  for (const Members::Merge& merge : members.merges) {
    IdentityStep step;
    step.kind = IdentityStep::Kind::kMerged;
    step.position = merge.position;
    step.retired = merge.retired;
    step.matched_by = reader.Namespace(merge.name_space);
    step.confidence = merge.confidence;
    IdentityChoice choice;
    Status status = ReadMerge(reader, merge, &choice);
    if (!status.ok()) return status;
    step.by = choice.by;
    step.why = choice.why;
    step.weight = WeightOf(choice);
    history->steps.push_back(std::move(step));
  }
  std::stable_sort(history->steps.begin(), history->steps.end(),
                   [](const IdentityStep& a, const IdentityStep& b) {
                     return a.position < b.position;
                   });
  return Status::Ok();
}

Status NotBetween(const char* what, uint64_t least, uint64_t most) {
  return Status(StatusCode::kInvalidArgument,
                std::string(what) + ": must be " + std::to_string(least) +
                    " to " + std::to_string(most));
}

}  // namespace

Result<LookupResult> Tenant::Lookup(
    std::span<const Identifier> identifiers) const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  if (identifiers.empty() || identifiers.size() > kMaxIdentifiers) {
    return NotBetween("identifiers", 1, kMaxIdentifiers);
  }
  const IdentityRoom& identity = impl_->core->views->identity();
  const auto definitions = impl_->core->DefinitionsOf(impl_->info.id);
  const IdentitySettings* const settings =
      IdentityAt(definitions.get(), kEveryPosition);
  std::array<size_t, kMaxIdentifiers> order;
  std::array<NamespaceInfo, kMaxIdentifiers> infos;
  for (size_t i = 0; i < identifiers.size(); ++i) {
    order[i] = i;
    infos[i] = Classify(settings, identifiers[i].name_space);
  }
  std::stable_sort(order.begin(), order.begin() + identifiers.size(),
                   [&](size_t a, size_t b) {
                     return std::pair(infos[a].klass, infos[a].priority) <
                            std::pair(infos[b].klass, infos[b].priority);
                   });
  for (size_t i = 0; i < identifiers.size(); ++i) {
    const size_t at = order[i];
    Result<Hash128> hash =
        identity.HashOf(impl_->info.id, identifiers[at], settings);
    if (hash.status().code() == StatusCode::kDenied) continue;  // Nobody's.
    if (!hash.ok()) return std::move(hash).status();
    Result<IdentifierRow> row = identity.Find(impl_->info.id, *hash);
    if (!row.ok()) return std::move(row).status();
    if (row->owner != 0 && !row->shared) {
      return LookupResult{row->owner, at, infos[at].confidence};
    }
  }
  return Status(StatusCode::kNotFound, "no customer has one of these");
}

Result<EventOutcome> Tenant::WhatIf(const Event& event) const {
  AppendOptions options;
  options.dry_run = NewDryRun();
  Tenant tenant(*this);
  Result<AppendResult> result = tenant.Append(event, options);
  if (!result.ok()) return std::move(result).status();
  return std::move(result->events[0]);
}

Result<std::vector<Assertion>> Tenant::ListAssertions(
    CustomerId customer) const {
  Reader reader(*impl_);
  Status status = reader.status();
  Members members;
  CustomerId current = 0;
  if (status.ok()) status = reader.Find(customer, &current, &members);
  if (!status.ok()) return status;
  std::vector<Assertion> out;
  for (const Members::Member& member : members.records) {
    Result<AssertionsRow> row = reader.identity().AssertionsOf(
        reader.tenant(), member.record, reader.view());
    if (!row.ok()) return std::move(row).status();
    for (const AssertionsRow::Item& item : row->items) {
      // Between two of her own: once.
      if (members.FindRecord(item.other) != nullptr &&
          item.other < member.record) {
        continue;
      }
      out.push_back({item.kind, std::min(member.record, item.other),
                     std::max(member.record, item.other), item.position});
    }
  }
  std::sort(out.begin(), out.end(), [](const Assertion& a, const Assertion& b) {
    return a.position < b.position;
  });
  return out;
}

Result<std::vector<Review>> Tenant::ListReviews(
    const ReviewQuery& query) const {
  if (query.limit < 1 || query.limit > 1000) {
    return NotBetween("limit", 1, 1000);
  }
  Reader reader(*impl_);
  Status status = reader.status();
  Members members;
  CustomerId wanted = 0;
  if (status.ok() && query.customer != 0) {
    status = reader.Find(query.customer, &wanted, &members);
  }
  if (!status.ok()) return status;
  Result<TenantCounts> counts =
      reader.core().views->event().Counts(reader.tenant(), reader.view());
  if (!counts.ok()) return std::move(counts).status();
  std::vector<Review> out;
  for (uint64_t number = 1; number <= counts->reviews; ++number) {
    Result<ReviewRow> row =
        reader.identity().ReviewOf(reader.tenant(), number, reader.view());
    if (!row.ok()) return std::move(row).status();
    if (row->position == 0 || row->answered_at != 0) continue;
    Review review{row->position,      row->a, row->b, 0, 0, row->reason, {},
                  row->weight / 100.0};
    for (const bool first : {true, false}) {
      Result<RecordRow> record = reader.identity().RecordOf(
          reader.tenant(), first ? row->a : row->b, reader.view());
      if (!record.ok()) return std::move(record).status();
      (first ? review.a : review.b) = record->customer;
    }
    // Nobody can tell any more.
    bool erased = false;
    for (const CustomerId side : {review.a, review.b}) {
      Result<Members> of =
          reader.identity().MembersOf(reader.tenant(), side, reader.view());
      if (!of.ok()) return std::move(of).status();
      erased |= of->IsErased();
    }
    if (erased) continue;
    const bool hers = wanted == 0 || review.a == wanted || review.b == wanted;
    if (review.a == review.b || !hers) continue;
    review.name_space = reader.Namespace(row->name_space);
    out.push_back(std::move(review));
  }
  std::stable_sort(
      out.begin(), out.end(),
      [](const Review& a, const Review& b) { return a.weight > b.weight; });
  if (out.size() > query.limit) out.resize(query.limit);
  return out;
}

Result<IdentityChanges> Tenant::GetIdentityChanges(Position after,
                                                   size_t limit) const {
  if (limit < 1 || limit > 10'000) return NotBetween("limit", 1, 10'000);
  const StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  IdentityChanges out;
  const Position head = core.sequencer->head();
  if (after > head) {
    return Status(StatusCode::kInvalidArgument,
                  "after: beyond the head, which is " + std::to_string(head));
  }
  out.position = after;
  LogCursor cursor(*core.log, kLogEvents, after + 1, head, false);
  LogRecordReader reader;
  while (out.changes.size() < limit) {
    Position position = 0;
    std::string_view value;
    Result<bool> more = cursor.Next(&position, &value);
    if (!more.ok()) return std::move(more).status();
    if (!*more) break;
    out.position = position;
    LogRecord record;
    status = reader.Read(value, &record);
    if (!status.ok()) return status;
    if (record.kind != LogKind::kIdentity || record.tenant != impl_->info.id) {
      continue;
    }
    IdentityChoice choice;
    status = ReadChoice(*core.log_view, core.keyring.get(), position, record,
                        &choice);
    if (!status.ok()) return status;
    for (IdentityChange& change : ChangesOf(choice)) {
      out.changes.push_back(std::move(change));
    }
  }
  return out;
}

Result<IdentityExplanation> Tenant::Why(CustomerId a, CustomerId b) const {
  Reader reader(*impl_);
  IdentityExplanation out;
  Members of_a;
  Members of_b;
  Status status = reader.status();
  if (status.ok()) status = reader.Find(a, &out.a, &of_a);
  if (status.ok()) status = reader.Find(b, &out.b, &of_b);
  if (!status.ok()) return status;
  if (out.together()) {
    status = AddWay(reader, of_a, of_a.FirstRecord(a), of_a.FirstRecord(b),
                    &out.evidence);
  } else {
    status = Comparison(reader, of_a, of_b, &out.evidence).Run();
  }
  if (!status.ok()) return status;
  std::stable_sort(out.evidence.begin(), out.evidence.end(),
                   [](const IdentityEvidence& x, const IdentityEvidence& y) {
                     return x.position < y.position;
                   });
  out.text = TellExplanation(out);
  return out;
}

Result<IdentityExplanation> Tenant::WhyNot(CustomerId a, CustomerId b) const {
  Result<IdentityExplanation> why = Why(a, b);
  if (why.ok() && why->together()) {
    return Status(StatusCode::kFailedPrecondition,
                  "they are one customer: " + std::to_string(why->a));
  }
  return why;
}

Result<IdentityHistory> Tenant::How(CustomerId customer) const {
  Reader reader(*impl_);
  IdentityHistory out;
  Members members;
  Status status = reader.status();
  if (status.ok()) status = reader.Find(customer, &out.customer, &members);
  if (status.ok()) status = AddSteps(reader, members, &out);
  if (!status.ok()) return status;
  out.text = TellHistory(out);
  return out;
}

}  // namespace crm
