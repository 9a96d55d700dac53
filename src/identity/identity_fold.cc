// IdentityRoom: what events and choices make of its rows.

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "identity/identity_internal.h"

namespace crm {
namespace {

using Claim = Members::Claim;

bool Precedes(const Claim& x, const Claim& y) {
  return std::tie(x.hash.hi, x.hash.lo, x.record) <
         std::tie(y.hash.hi, y.hash.lo, y.record);
}

// What is named and not had.
void TakeNamed(const Members& members, std::vector<Claim>* named) {
  for (const Claim& claim : members.claims) {
    if (claim.state == Claim::State::kNamed) named->push_back(claim);
  }
}

// Calls `change` with every claim that is named in one of the two alone, and
// whether it is named after.
template <typename Change>
Status ForEachChange(std::vector<Claim>& before, std::vector<Claim>& after,
                     const Change& change) {
  std::sort(before.begin(), before.end(), Precedes);
  std::sort(after.begin(), after.end(), Precedes);
  for (const bool names : {false, true}) {
    const std::vector<Claim>& others = names ? before : after;
    for (const Claim& claim : names ? after : before) {
      if (std::binary_search(others.begin(), others.end(), claim, Precedes)) {
        continue;
      }
      Status status = change(claim, names);
      if (!status.ok()) return status;
    }
  }
  return Status::Ok();
}

// False: it was so already.
bool SetNames(ClaimantsRow* row, RecordId record, bool names) {
  if (!names) return std::erase(row->records, record) > 0;
  const bool known = std::find(row->records.begin(), row->records.end(),
                               record) != row->records.end();
  if (known || row->records.size() == ClaimantsRow::kMaxClaimants) return false;
  row->records.push_back(record);
  return true;
}

}  // namespace

Status IdentityRoom::Fold(const Fact& fact, FoldContext& context) const {
  const EventHeader& header = fact.header;
  if (header.record == 0) return Status::Ok();
  const auto* data = static_cast<const IdentityData*>(fact.prepared[index_]);
  const RecordRow record{header.customer, header.revision + 1, header.source,
                         fact.position};
  const RowKey record_row = NumberRow(header.tenant, header.record);
  const bool new_record = (header.flags & kEventNewRecord) != 0;
  if (new_record) {
    context.rows.Insert(family(kRecords), record_row, record.Encode());
    context.counts.records = std::max(context.counts.records, header.record);
    context.counts.customers =
        std::max(context.counts.customers, header.customer);
  } else {
    Status status =
        context.rows.Put(family(kRecords), record_row, record.Encode());
    if (!status.ok()) return status;
  }
  const bool contested =
      data != nullptr && (header.flags & kEventContested) != 0;
  const uint32_t claims = data == nullptr ? 0 : header.claims_or_month;
  if (!new_record && claims == 0 && !contested) return Status::Ok();
  return FoldMembers(fact, data, context);
}

// The row of a customer changes with a new record, and with what is claimed or
// named for the first time.
Status IdentityRoom::FoldMembers(const Fact& fact, const IdentityData* data,
                                 FoldContext& context) const {
  const EventHeader& header = fact.header;
  const RowKey row = NumberRow(header.tenant, header.customer);
  const bool new_customer = (header.flags & kEventNewCustomer) != 0;
  Members members;
  if (!new_customer) {
    Result<Members> known = ReadAs<Members>(
        context.rows.GetForChange(family(kMembers), row), "members");
    if (!known.ok()) return std::move(known).status();
    members = std::move(known).value();
  }
  if ((header.flags & kEventNewRecord) != 0) {
    Members::Member member{header.record,
                           fact.position,
                           header.matched_by,
                           header.confidence,
                           0,
                           0};
    if (new_customer) member.began = header.customer;
    for (size_t i = 0; data != nullptr && i < data->identifiers.size(); ++i) {
      const FactIdentifier& identifier = data->identifiers[i];
      const Claim* link = members.Find(identifier.hash);
      if (link != nullptr && link->name_space == header.matched_by) {
        member.linked_to = link->record;
        break;
      }
    }
    members.records.push_back(member);
  }
  if (data != nullptr) {
    Status status = FoldClaims(fact, *data, &members, context);
    if (!status.ok()) return status;
  }
  if (new_customer) {
    context.rows.Insert(family(kMembers), row, members.Encode());
    return Status::Ok();
  }
  return context.rows.Put(family(kMembers), row, members.Encode());
}

// How she is found from now on. What is claimed is nobody's: nothing to read.
Status IdentityRoom::FoldClaims(const Fact& fact, const IdentityData& data,
                                Members* members, FoldContext& context) const {
  const EventHeader& header = fact.header;
  if ((header.flags & kEventNewRecord) != 0) {
    context.rows.Insert(family(kRecordKeys),
                        HashRow(header.tenant, data.record_key),
                        EncodeNumber(header.record));
    members->claims.push_back({data.record_key, 0, IdentifierClass::kExclusive,
                               Claim::State::kKey, header.record,
                               fact.position});
  }
  for (size_t i = 0; i < data.identifiers.size(); ++i) {
    if ((header.claims_or_month >> i & 1) == 0) continue;
    const FactIdentifier& identifier = data.identifiers[i];
    context.rows.Insert(family(kIdentifiers),
                        HashRow(header.tenant, identifier.hash),
                        EncodeNumber(header.customer));
    members->claims.push_back({identifier.hash, NumberOf(identifier.name_space),
                               identifier.klass, Claim::State::kOwns,
                               header.record, fact.position});
  }
  if ((header.flags & kEventContested) == 0) return Status::Ok();
  return FoldNamed(fact, data, members, context);
}

// What the event named and its customer does not have: who else claims it, for
// shared values, and what comes to her should a merge be undone.
Status IdentityRoom::FoldNamed(const Fact& fact, const IdentityData& data,
                               Members* members, FoldContext& context) const {
  const EventHeader& header = fact.header;
  size_t named = members->claims.size();
  for (const Claim& claim : members->claims) {
    named -= claim.state != Claim::State::kNamed ? 1 : 0;
  }
  for (size_t i = 0; i < data.identifiers.size(); ++i) {
    const FactIdentifier& identifier = data.identifiers[i];
    if (identifier.klass == IdentifierClass::kEphemeral ||
        IsRepeated(data, i) || members->Find(identifier.hash) != nullptr ||
        members->Names(identifier.hash, header.record) ||
        named >= Members::kMaxNamed) {
      continue;
    }
    members->claims.push_back({identifier.hash, NumberOf(identifier.name_space),
                               identifier.klass, Claim::State::kNamed,
                               header.record, fact.position});
    ++named;
    Result<ClaimantsRow> row =
        ClaimantsOf(header.tenant, identifier.hash, context.rows);
    if (!row.ok()) return std::move(row).status();
    if (row->records.size() == ClaimantsRow::kMaxClaimants) continue;
    row->records.push_back(header.record);
    Status status = context.rows.Put(family(kClaimants),
                                     HashRow(header.tenant, identifier.hash),
                                     row->Encode());
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status IdentityRoom::FoldChoice(const IdentityChoice& choice,
                                FoldContext& context) const {
  switch (choice.kind) {
    case ChoiceKind::kMerge:
      return FoldMerge(choice, context);
    case ChoiceKind::kPartition:
      return FoldPartition(choice, context);
    case ChoiceKind::kAssertion:
      return FoldAssertion(choice, context);
    case ChoiceKind::kReview:
    case ChoiceKind::kAnswer:
      return FoldReview(choice, context);
    case ChoiceKind::kShared:
      return FoldShared(choice, context);
    case ChoiceKind::kErasure:
      return FoldErasure(choice, context);
    case ChoiceKind::kRedaction:
      return Status::Ok();  // Who is who does not hang on what events say.
    case ChoiceKind::kHold:
      return FoldHold(choice, context);
    case ChoiceKind::kRetention:
      return Status::Ok();  // What events have made stays.
    case ChoiceKind::kHousehold:
      return FoldHousehold(choice, context);
  }
  return Status(StatusCode::kCorruption, "identity choice of no known kind");
}

Status IdentityRoom::MoveRecord(uint32_t tenant, RecordId record,
                                CustomerId customer, Generation& rows) const {
  const RowKey key = NumberRow(tenant, record);
  Result<RecordRow> row = ReadRecord(rows.GetForChange(family(kRecords), key));
  if (!row.ok()) return std::move(row).status();
  row->customer = customer;
  return rows.Put(family(kRecords), key, row->Encode());
}

// The rows of the retired side lead to the other one from now on, so that a
// look-up never takes a second step.
Status IdentityRoom::FoldMerge(const IdentityChoice& choice,
                               FoldContext& context) const {
  const uint32_t tenant = choice.tenant;
  Generation& rows = context.rows;
  Result<Members> kept = OwnMembers(tenant, choice.customer, rows);
  if (!kept.ok()) return std::move(kept).status();
  Result<Members> gone = OwnMembers(tenant, choice.retired, rows);
  if (!gone.ok()) return std::move(gone).status();
  if (kept->records.empty() || gone->records.empty()) {
    return Status(StatusCode::kCorruption, "a merge of nobody");
  }
  Status status;
  for (const Members::Member& member : gone->records) {
    if (status.ok()) {
      status = MoveRecord(tenant, member.record, choice.customer, rows);
    }
  }
  for (const Claim& claim : gone->claims) {
    if (!status.ok()) break;
    if (claim.state != Claim::State::kOwns) continue;
    Result<IdentifierRow> row = Find(tenant, claim.hash, rows);
    if (!row.ok()) return std::move(row).status();
    row->owner = choice.customer;
    status = rows.Put(family(kIdentifiers), HashRow(tenant, claim.hash),
                      row->Encode());
  }
  Members leads;
  leads.moved_to = choice.customer;
  leads.changed_at = choice.position;
  const std::string led = leads.Encode();
  for (const Members::Merge& merge : gone->merges) {
    if (!status.ok()) break;
    status = rows.Put(family(kMembers), NumberRow(tenant, merge.retired), led);
  }
  if (status.ok()) {
    status = rows.Put(family(kMembers), NumberRow(tenant, choice.retired), led);
  }
  if (!status.ok()) return status;
  const auto append = [](auto* to, const auto& from) {
    to->insert(to->end(), from.begin(), from.end());
  };
  append(&kept->records, gone->records);
  append(&kept->merges, gone->merges);
  append(&kept->claims, gone->claims);
  kept->merges.push_back({choice.position, choice.retired, choice.a, choice.b,
                          choice.name_space, choice.confidence});
  kept->changed_at = choice.position;
  ++context.counts.retired;
  return rows.Put(family(kMembers), NumberRow(tenant, choice.customer),
                  kept->Encode());
}

// Every row of the customers that it names is made anew.
Status IdentityRoom::FoldPartition(const IdentityChoice& choice,
                                   FoldContext& context) const {
  const uint32_t tenant = choice.tenant;
  Generation& rows = context.rows;
  Status status;
  std::vector<Claim> named_before;
  std::vector<Claim> named_after;
  for (const IdentityChoice::Part& part : choice.parts) {
    Result<Members> before = OwnMembers(tenant, part.customer, rows);
    if (!before.ok()) return std::move(before).status();
    TakeNamed(*before, &named_before);
    TakeNamed(part.members, &named_after);
    if (before->moved_to != 0) --context.counts.retired;
    for (const Claim& claim : before->claims) {
      if (claim.state != Claim::State::kOwns) continue;
      Result<IdentifierRow> row = Find(tenant, claim.hash, rows);
      if (!row.ok()) return std::move(row).status();
      // Shared it stays, whoever has it; and whoever had it may be erased.
      const RowKey key = HashRow(tenant, claim.hash);
      status = row->shared ? rows.Put(family(kIdentifiers), key,
                                      IdentifierRow{0, true}.Encode())
                           : rows.Delete(family(kIdentifiers), key);
      if (!status.ok()) return status;
    }
  }
  for (const IdentityChoice::Part& part : choice.parts) {
    Members members = part.members;
    members.changed_at = choice.position;
    if (members.moved_to != 0) ++context.counts.retired;
    context.counts.customers =
        std::max(context.counts.customers, part.customer);
    for (Members::Merge& merge : members.merges) {
      if (merge.position == 0) merge.position = choice.position;
    }
    for (Members::Member& member : members.records) {
      if (member.linked_at == 0) member.linked_at = choice.position;
      if (status.ok()) {
        status = MoveRecord(tenant, member.record, part.customer, rows);
      }
    }
    for (const Claim& claim : members.claims) {
      if (claim.state != Claim::State::kOwns || !status.ok()) continue;
      Result<IdentifierRow> row = Find(tenant, claim.hash, rows);
      if (!row.ok()) return std::move(row).status();
      row->owner = part.customer;
      status = rows.Put(family(kIdentifiers), HashRow(tenant, claim.hash),
                        row->Encode());
    }
    if (status.ok()) {
      status = rows.Put(family(kMembers), NumberRow(tenant, part.customer),
                        members.Encode());
    }
    if (!status.ok()) return status;
  }
  std::sort(named_before.begin(), named_before.end(), Precedes);
  std::sort(named_after.begin(), named_after.end(), Precedes);
  // Who names an identifier without having it follows the rows of customers.
  return ForEachChange(
      named_before, named_after, [&](const Claim& claim, bool names) -> Status {
        Result<ClaimantsRow> row = ClaimantsOf(tenant, claim.hash, rows);
        if (!row.ok()) return std::move(row).status();
        if (!SetNames(&*row, claim.record, names)) return Status::Ok();
        return PutClaimants(tenant, claim.hash, *row, rows);
      });
}

Status IdentityRoom::FoldAssertion(const IdentityChoice& choice,
                                   FoldContext& context) const {
  const std::array<std::pair<RecordId, RecordId>, 2> sides = {
      {{choice.a, choice.b}, {choice.b, choice.a}}};
  for (const auto& [record, other] : sides) {
    Result<AssertionsRow> row =
        AssertionsOf(choice.tenant, record, context.rows);
    if (!row.ok()) return std::move(row).status();
    std::erase_if(row->items, [other = other](const AssertionsRow::Item& item) {
      return item.other == other;
    });
    if (!choice.retracted) {
      row->items.push_back({other, choice.assertion, choice.position});
    }
    const RowKey key = NumberRow(choice.tenant, record);
    Status status =
        row->items.empty()
            ? context.rows.Delete(family(kAssertions), key)
            : context.rows.Put(family(kAssertions), key, row->Encode());
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// A question gets a row of its own number; an answer marks it.
Status IdentityRoom::FoldReview(const IdentityChoice& choice,
                                FoldContext& context) const {
  const RowKey key = NumberRow(choice.tenant, choice.review);
  if (choice.kind == ChoiceKind::kAnswer) {
    Result<ReviewRow> row =
        ReviewOf(choice.tenant, choice.review, context.rows);
    if (!row.ok()) return std::move(row).status();
    if (row->answered_at == 0) --context.counts.open_reviews;
    row->answered_at = choice.position;
    return context.rows.Put(family(kReviews), key, row->Encode());
  }
  ReviewRow row;
  row.position = choice.position;
  row.a = choice.a;
  row.b = choice.b;
  row.reason = choice.reason;
  row.name_space = choice.name_space;
  row.weight = choice.weight;
  context.counts.reviews = std::max(context.counts.reviews, choice.review);
  ++context.counts.open_reviews;
  Status status = context.rows.Put(family(kReviews), key, row.Encode());
  if (!status.ok()) return status;
  return context.rows.Put(family(kReviewPairs),
                          PairRow(choice.tenant, choice.a, choice.b),
                          EncodeNumber(choice.review));
}

Status IdentityRoom::FoldShared(const IdentityChoice& choice,
                                FoldContext& context) const {
  Result<IdentifierRow> row = Find(choice.tenant, choice.hash, context.rows);
  if (!row.ok()) return std::move(row).status();
  row->shared = !choice.retracted;
  const RowKey key = HashRow(choice.tenant, choice.hash);
  // Whoever claims it next finds no row.
  if (!row->shared && row->owner == 0) {
    return context.rows.Delete(family(kIdentifiers), key);
  }
  return context.rows.Put(family(kIdentifiers), key, row->Encode());
}

}  // namespace crm
