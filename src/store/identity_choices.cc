// Tenant: choices about who is who that somebody makes by hand. See
// crm/identity.h.

#include <algorithm>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "identity/guards.h"
#include "identity/partition.h"
#include "store/erased.h"
#include "store/identity_text.h"
#include "store/refusal.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

Status CheckOptions(const MergeOptions& options) {
  Status status = CheckWho(options.by, options.why);
  if (status.ok() && options.force &&
      (options.by.empty() || options.why.empty())) {
    status = Invalid("force: needs by and why");
  }
  return status;
}

// One call: it reads through the generation, and emits.
class ByHand {
 public:
  ByHand(const Tenant::Impl& tenant, Sequencer::Choosing& choosing,
         const MergeOptions& options)
      : identity_(tenant.core->views->identity()),
        core_(*tenant.core),
        tenant_(tenant.info.id),
        choosing_(choosing),
        rows_(choosing.context().rows),
        options_(options) {}

  Status Merge(CustomerId a, CustomerId b, MergeResult* result);
  Status Unmerge(const UnmergeTarget& target, UnmergeResult* result);
  Status Say(Assertion::Kind kind, RecordId a, RecordId b, Position* position);
  Status Retract(RecordId a, RecordId b, Position* position);
  Status Answer(Position review, ReviewAnswer answer, Position* position);

 private:
  struct Side {
    CustomerId customer = 0;
    Members members;
  };

  Result<Side> SideOf(CustomerId customer);
  Result<Side> SideOfRecord(RecordId record);
  Status CheckGuards(const Side& a, const Side& b);
  Status LiftCannotLinks(const Side& a, const Side& b);
  Status Join(const Side& a, const Side& b, RecordId record_a,
              RecordId record_b, MergeResult* result);
  Status Emit(IdentityChoice* choice);
  Status EmitAssertion(Assertion::Kind kind, RecordId a, RecordId b,
                       bool retracted, Position* position);
  Result<std::optional<AssertionsRow::Item>> Said(RecordId a, RecordId b);
  Status FindTarget(const UnmergeTarget& target, Side* side, Cut* cut);
  Status FindMerge(Position position, Side* side, Cut* cut);
  Status FindRecords(const UnmergeTarget& target, Side* side, Cut* cut);
  Status PromoteClaims(Partition* partition);
  Status SetApart(const Side& side, const Partition& partition);

  const IdentityRoom& identity_;
  const StoreCore& core_;
  const uint32_t tenant_;
  Sequencer::Choosing& choosing_;
  Generation& rows_;
  const MergeOptions& options_;
};

Result<ByHand::Side> ByHand::SideOf(CustomerId customer) {
  Side side;
  Result<CustomerId> current = identity_.Current(tenant_, customer, rows_);
  if (!current.ok()) return std::move(current).status();
  if (*current == 0) return NotFound("customer", customer);
  side.customer = *current;
  Result<Members> members = identity_.OwnMembers(tenant_, *current, rows_);
  if (!members.ok()) return std::move(members).status();
  side.members = std::move(members).value();
  Status erased = CheckNotErased(customer, side.members);
  if (!erased.ok()) return erased;
  return side;
}

Result<ByHand::Side> ByHand::SideOfRecord(RecordId record) {
  Result<RecordRow> row = identity_.RecordOf(tenant_, record, rows_);
  if (row.status().code() == StatusCode::kNotFound) {
    return NotFound("record", record);
  }
  if (!row.ok()) return std::move(row).status();
  return SideOf(row->customer);
}

Status ByHand::Emit(IdentityChoice* choice) {
  choice->origin = ChoiceOrigin::kHand;
  choice->tenant = tenant_;
  choice->by = options_.by;
  choice->why = options_.why;
  return choosing_.Emit(choice);
}

Status ByHand::CheckGuards(const Side& a, const Side& b) {
  if (options_.force) return Status::Ok();
  const Members::Claim* const claim = FindConflict(a.members, b.members);
  if (claim != nullptr) {
    return Status(StatusCode::kConflict,
                  "each of the two has a value of " +
                      std::string(core_.names.Text(NameKind::kNamespace,
                                                   claim->name_space)));
  }
  Result<bool> cannot =
      identity_.CannotLink(tenant_, a.members, b.members, rows_);
  if (!cannot.ok()) return std::move(cannot).status();
  if (!*cannot) return Status::Ok();
  return Status(StatusCode::kConflict,
                "somebody said that the two are not the same");
}

// Who merges by force takes back what speaks against it.
Status ByHand::LiftCannotLinks(const Side& a, const Side& b) {
  for (const Members::Member& member : a.members.records) {
    Result<AssertionsRow> row =
        identity_.AssertionsOf(tenant_, member.record, rows_);
    if (!row.ok()) return std::move(row).status();
    for (const AssertionsRow::Item& item : row->items) {
      if (item.kind != Assertion::Kind::kCannotLink ||
          b.members.FindRecord(item.other) == nullptr) {
        continue;
      }
      Position position = 0;
      Status status = EmitAssertion(Assertion::Kind::kCannotLink, member.record,
                                    item.other, true, &position);
      if (!status.ok()) return status;
    }
  }
  return Status::Ok();
}

Status ByHand::Join(const Side& a, const Side& b, RecordId record_a,
                    RecordId record_b, MergeResult* result) {
  Status status = CheckGuards(a, b);
  if (status.ok()) status = LiftCannotLinks(a, b);
  if (!status.ok()) return status;
  CustomerId keep =
      identity_.Survivor(a.customer, a.members, b.customer, b.members);
  if (options_.keep != 0) {
    Result<CustomerId> wanted =
        identity_.Current(tenant_, options_.keep, rows_);
    if (!wanted.ok()) return std::move(wanted).status();
    if (*wanted != a.customer && *wanted != b.customer) {
      return Invalid("keep: is neither of the two");
    }
    keep = *wanted;
  }
  Position said = 0;
  status = EmitAssertion(Assertion::Kind::kMustLink, record_a, record_b, false,
                         &said);
  if (!status.ok()) return status;
  const bool keeps_a = keep == a.customer;
  IdentityChoice merge;
  merge.kind = ChoiceKind::kMerge;
  merge.customer = keep;
  merge.retired = keeps_a ? b.customer : a.customer;
  merge.a = keeps_a ? record_a : record_b;
  merge.b = keeps_a ? record_b : record_a;
  merge.confidence = 100;
  status = Emit(&merge);
  *result = {merge.position, merge.customer, merge.retired};
  return status;
}

Status ByHand::Merge(CustomerId a, CustomerId b, MergeResult* result) {
  Result<Side> side_a = SideOf(a);
  if (!side_a.ok()) return std::move(side_a).status();
  Result<Side> side_b = SideOf(b);
  if (!side_b.ok()) return std::move(side_b).status();
  if (side_a->customer == side_b->customer) {
    return Invalid("they are one customer already");
  }
  return Join(*side_a, *side_b, side_a->members.FirstRecord(side_a->customer),
              side_b->members.FirstRecord(side_b->customer), result);
}

Status ByHand::EmitAssertion(Assertion::Kind kind, RecordId a, RecordId b,
                             bool retracted, Position* position) {
  IdentityChoice said;
  said.kind = ChoiceKind::kAssertion;
  said.assertion = kind;
  said.a = std::min(a, b);
  said.b = std::max(a, b);
  said.retracted = retracted;
  Status status = Emit(&said);
  *position = said.position;
  return status;
}

// What was said about two records before.
Result<std::optional<AssertionsRow::Item>> ByHand::Said(RecordId a,
                                                        RecordId b) {
  Result<AssertionsRow> row = identity_.AssertionsOf(tenant_, a, rows_);
  if (!row.ok()) return std::move(row).status();
  for (const AssertionsRow::Item& item : row->items) {
    if (item.other == b) return std::optional<AssertionsRow::Item>(item);
  }
  return std::optional<AssertionsRow::Item>();
}

Status ByHand::Say(Assertion::Kind kind, RecordId a, RecordId b,
                   Position* position) {
  if (a == b) return Invalid("a record cannot be held against itself");
  Result<Side> side_a = SideOfRecord(a);
  if (!side_a.ok()) return std::move(side_a).status();
  Result<Side> side_b = SideOfRecord(b);
  if (!side_b.ok()) return std::move(side_b).status();
  const bool one = side_a->customer == side_b->customer;
  if (kind == Assertion::Kind::kCannotLink && one) {
    return Status(StatusCode::kFailedPrecondition,
                  "both records are customer " +
                      std::to_string(side_a->customer) + "'s: unmerge first");
  }
  Result<std::optional<AssertionsRow::Item>> known = Said(a, b);
  if (!known.ok()) return std::move(known).status();
  if (known->has_value() && (*known)->kind == kind) {
    *position = (*known)->position;
    return Status::Ok();
  }
  if (kind == Assertion::Kind::kMustLink && !one) {
    MergeResult merged;
    Status status = Join(*side_a, *side_b, a, b, &merged);
    *position = merged.position;
    return status;
  }
  return EmitAssertion(kind, a, b, false, position);
}

Status ByHand::Retract(RecordId a, RecordId b, Position* position) {
  for (const RecordId record : {a, b}) {
    Result<Side> side = SideOfRecord(record);
    if (!side.ok()) return std::move(side).status();
  }
  Result<std::optional<AssertionsRow::Item>> known = Said(a, b);
  if (!known.ok()) return std::move(known).status();
  if (!known->has_value()) {
    return Status(StatusCode::kNotFound,
                  "nothing was said about these two records");
  }
  return EmitAssertion((*known)->kind, a, b, true, position);
}

Status ByHand::Answer(Position review, ReviewAnswer answer,
                      Position* position) {
  IdentityChoice asked;
  Status status = ReadChoiceAt(core_, tenant_, review, &asked);
  if (status.code() == StatusCode::kNotFound ||
      (status.ok() && asked.kind != ChoiceKind::kReview)) {
    return Status(StatusCode::kNotFound,
                  "no question at position " + std::to_string(review));
  }
  if (!status.ok()) return status;
  Result<ReviewRow> row = identity_.ReviewOf(tenant_, asked.review, rows_);
  if (!row.ok()) return std::move(row).status();
  if (row->answered_at != 0) {
    return Status(StatusCode::kFailedPrecondition,
                  "the question was answered at position " +
                      std::to_string(row->answered_at));
  }
  if (answer != ReviewAnswer::kDismiss) {
    const auto kind = answer == ReviewAnswer::kSame
                          ? Assertion::Kind::kMustLink
                          : Assertion::Kind::kCannotLink;
    status = Say(kind, asked.a, asked.b, position);
    if (!status.ok()) return status;
  }
  IdentityChoice answered;
  answered.kind = ChoiceKind::kAnswer;
  answered.review = asked.review;
  answered.answer = answer;
  answered.a = asked.a;
  answered.b = asked.b;
  status = Emit(&answered);
  *position = answered.position;
  return status;
}

Status ByHand::FindMerge(Position position, Side* side, Cut* cut) {
  IdentityChoice merge;
  Status status = ReadChoiceAt(core_, tenant_, position, &merge);
  const bool none = status.code() == StatusCode::kNotFound ||
                    (status.ok() && merge.kind != ChoiceKind::kMerge &&
                     merge.kind != ChoiceKind::kPartition);
  if (none) {
    return Status(StatusCode::kNotFound,
                  "no merge at position " + std::to_string(position));
  }
  if (!status.ok()) return status;
  Result<Side> found = SideOf(merge.customer);
  if (!found.ok()) return std::move(found).status();
  *side = std::move(found).value();
  const auto& merges = side->members.merges;
  if (std::none_of(merges.begin(), merges.end(),
                   [position](const Members::Merge& held) {
                     return held.position == position;
                   })) {
    return Status(StatusCode::kFailedPrecondition,
                  "the merge at position " + std::to_string(position) +
                      " was undone already");
  }
  cut->goes = [position](const RecordLink& link) {
    return link.merge == position;
  };
  return Status::Ok();
}

Status ByHand::FindRecords(const UnmergeTarget& target, Side* side, Cut* cut) {
  std::vector<RecordId> records = target.records;
  std::sort(records.begin(), records.end());
  if (std::adjacent_find(records.begin(), records.end()) != records.end()) {
    return Invalid("records: one is named twice");
  }
  for (const RecordId record : records) {
    Result<Side> found = SideOfRecord(record);
    if (!found.ok()) return std::move(found).status();
    if (side->customer == 0) *side = std::move(found).value();
    if (side->members.FindRecord(record) == nullptr) {
      return Invalid("records: not all of one customer");
    }
  }
  if (records.size() == side->members.records.size()) {
    return Invalid("records: these are all that customer " +
                   std::to_string(side->customer) + " has");
  }
  cut->together = records;
  cut->goes = [records](const RecordLink& link) {
    const auto chosen = [&](RecordId record) {
      return std::binary_search(records.begin(), records.end(), record);
    };
    return chosen(link.a) != chosen(link.b);
  };
  return Status::Ok();
}

Status ByHand::FindTarget(const UnmergeTarget& target, Side* side, Cut* cut) {
  const int named = (target.merge != 0) + (target.customer != 0) +
                    (target.records.empty() ? 0 : 1);
  if (named != 1) {
    return Invalid("target: exactly one of merge, customer and records");
  }
  if (target.merge != 0) return FindMerge(target.merge, side, cut);
  if (!target.records.empty()) return FindRecords(target, side, cut);
  Result<Side> found = SideOf(target.customer);
  if (!found.ok()) return std::move(found).status();
  *side = std::move(found).value();
  if (side->members.merges.empty()) {
    return Status(
        StatusCode::kFailedPrecondition,
        "nobody was merged into customer " + std::to_string(side->customer));
  }
  cut->goes = [](const RecordLink& link) { return link.merge != 0; };
  return Status::Ok();
}

// What was held back because of values that are no longer hers becomes hers
// now, in the order of the log, unless somebody has got it meanwhile.
Status ByHand::PromoteClaims(Partition* partition) {
  using State = Members::Claim::State;
  const std::shared_ptr<const TenantDefinitions> definitions =
      core_.definitions.Of(tenant_);
  const IdentityRules& rules =
      RulesOf(definitions == nullptr ? nullptr
                                     : definitions->IdentityAt(kEveryPosition));
  for (IdentityChoice::Part& part : partition->parts) {
    std::vector<Members::Claim*> named;
    for (Members::Claim& claim : part.members.claims) {
      if (claim.state == State::kNamed &&
          claim.klass != IdentifierClass::kEphemeral) {
        named.push_back(&claim);
      }
    }
    std::sort(named.begin(), named.end(),
              [](const Members::Claim* a, const Members::Claim* b) {
                return a->since < b->since;
              });
    for (Members::Claim* claim : named) {
      const bool exclusive = claim->klass == IdentifierClass::kExclusive;
      if (exclusive ? part.members.HasExclusive(claim->name_space)
                    : part.members.CountOf(claim->name_space) >=
                          rules.values_per_shareable) {
        continue;
      }
      Result<IdentifierRow> row = identity_.Find(tenant_, claim->hash, rows_);
      if (!row.ok()) return std::move(row).status();
      if (row->owner == 0 && !row->shared) claim->state = State::kOwns;
    }
  }
  return Status::Ok();
}

// Otherwise the next event would glue them together again.
Status ByHand::SetApart(const Side& side, const Partition& partition) {
  const auto part_of = [&](RecordId record) {
    for (size_t i = 0; i < partition.alive; ++i) {
      if (partition.parts[i].members.FindRecord(record) != nullptr) return i;
    }
    return partition.alive;
  };
  std::vector<std::pair<RecordId, RecordId>> pairs = partition.apart;
  for (size_t i = 1; i < partition.alive && pairs.empty(); ++i) {
    pairs.emplace_back(partition.parts[0].members.records.front().record,
                       partition.parts[i].members.records.front().record);
  }
  for (const Members::Member& member : side.members.records) {
    Result<AssertionsRow> row =
        identity_.AssertionsOf(tenant_, member.record, rows_);
    if (!row.ok()) return std::move(row).status();
    for (const AssertionsRow::Item& item : row->items) {
      if (item.kind == Assertion::Kind::kMustLink &&
          member.record < item.other &&
          side.members.FindRecord(item.other) != nullptr &&
          part_of(member.record) != part_of(item.other)) {
        pairs.emplace_back(member.record, item.other);
      }
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [a, b] : pairs) {
    Position position = 0;
    Status status =
        EmitAssertion(Assertion::Kind::kCannotLink, a, b, false, &position);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status ByHand::Unmerge(const UnmergeTarget& target, UnmergeResult* result) {
  Side side;
  Cut cut;
  Status status = FindTarget(target, &side, &cut);
  if (!status.ok()) return status;
  cut.first_new = choosing_.context().counts.customers + 1;
  cut.account = identity_.NumberOf("authUserId");
  Partition partition = TakeApart(side.customer, side.members, cut);
  status = PromoteClaims(&partition);
  if (status.ok()) status = SetApart(side, partition);
  if (!status.ok()) return status;
  const CustomerId newest = choosing_.context().counts.customers;
  for (size_t i = 0; i < partition.alive; ++i) {
    UnmergedPart part;
    part.customer = partition.parts[i].customer;
    part.is_new = part.customer > newest;
    for (const auto& member : partition.parts[i].members.records) {
      part.records.push_back(member.record);
    }
    std::sort(part.records.begin(), part.records.end());
    result->parts.push_back(std::move(part));
  }
  IdentityChoice choice;
  choice.kind = ChoiceKind::kPartition;
  choice.customer = side.customer;
  choice.parts = std::move(partition.parts);
  status = Emit(&choice);
  result->position = choice.position;
  return status;
}

template <typename Make>
Status Choose(const Tenant::Impl& tenant, const MergeOptions& options,
              Make make) {
  ReaderLock open(tenant.core->lifecycle);
  Status status = tenant.CheckOpen();
  if (status.ok()) status = CheckOptions(options);
  if (!status.ok()) return status;
  return tenant.core->sequencer->Choose(
      tenant.info.id, options.dry_run, [&](Sequencer::Choosing& choosing) {
        ByHand by_hand(tenant, choosing, options);
        return make(by_hand);
      });
}

}  // namespace

Result<MergeResult> Tenant::Merge(CustomerId a, CustomerId b,
                                  const MergeOptions& options) {
  MergeResult result;
  Status status = Choose(*impl_, options, [&](ByHand& by_hand) {
    return by_hand.Merge(a, b, &result);
  });
  if (!status.ok()) return status;
  return result;
}

Result<UnmergeResult> Tenant::Unmerge(const UnmergeTarget& target,
                                      const MergeOptions& options) {
  UnmergeResult result;
  Status status = Choose(*impl_, options, [&](ByHand& by_hand) {
    return by_hand.Unmerge(target, &result);
  });
  if (!status.ok()) return status;
  return result;
}

Result<Position> Tenant::AddAssertion(Assertion::Kind kind, RecordId a,
                                      RecordId b, const MergeOptions& options) {
  Position position = 0;
  Status status = Choose(*impl_, options, [&](ByHand& by_hand) {
    return by_hand.Say(kind, a, b, &position);
  });
  if (!status.ok()) return status;
  return position;
}

Result<Position> Tenant::RetractAssertion(RecordId a, RecordId b,
                                          const MergeOptions& options) {
  Position position = 0;
  Status status = Choose(*impl_, options, [&](ByHand& by_hand) {
    return by_hand.Retract(a, b, &position);
  });
  if (!status.ok()) return status;
  return position;
}

Result<Position> Tenant::AnswerReview(Position review, ReviewAnswer answer,
                                      const MergeOptions& options) {
  Position position = 0;
  Status status = Choose(*impl_, options, [&](ByHand& by_hand) {
    return by_hand.Answer(review, answer, &position);
  });
  if (!status.ok()) return status;
  return position;
}

}  // namespace crm
