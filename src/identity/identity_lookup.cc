// IdentityRoom: its rows as they are looked up, in a view or in a generation.

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "identity/identity_internal.h"

namespace crm {

const char* IdentityReasonName(IdentityReason reason) {
  switch (reason) {
    case IdentityReason::kNone:
      return "none";
    case IdentityReason::kMalformed:
      return "malformed";
    case IdentityReason::kBlocked:
      return "blocked";
    case IdentityReason::kExclusiveConflict:
      return "exclusive_conflict";
    case IdentityReason::kCannotLink:
      return "cannot_link";
    case IdentityReason::kContradiction:
      return "contradiction";
    case IdentityReason::kSharedValue:
      return "shared_value";
    case IdentityReason::kLimit:
      return "limit";
    case IdentityReason::kEphemeral:
      return "ephemeral";
    case IdentityReason::kRecycled:
      return "recycled";
    case IdentityReason::kBelowMergeBar:
      return "below_merge_bar";
    case IdentityReason::kMergeBrake:
      return "merge_brake";
    case IdentityReason::kCohesion:
      return "cohesion";
    case IdentityReason::kWeakMatch:
      return "weak_match";
  }
  return "unknown";
}

namespace {

template <typename Rows>
Result<Members> FollowMembers(size_t family, uint32_t tenant,
                              CustomerId* customer, Rows& rows) {
  Result<Members> members = ReadAs<Members>(
      rows.Get(family, NumberRow(tenant, *customer)), "members");
  if (!members.ok() || members->moved_to == 0) return members;
  // One step is enough: a merge renews every id that leads to the retired one.
  *customer = members->moved_to;
  return ReadAs<Members>(rows.Get(family, NumberRow(tenant, *customer)),
                         "members");
}

// The position of the newest event, link or choice that concerns a customer.
template <typename ReadRow>
Result<Position> NewestOf(Result<Members> members, ReadRow read) {
  if (!members.ok()) return std::move(members).status();
  Position newest = members->changed_at;
  for (const Members::Member& member : members->records) {
    Result<RecordRow> record = ReadRecord(read(member.record));
    if (!record.ok()) return std::move(record).status();
    newest = std::max({newest, member.linked_at, record->last});
  }
  return newest;
}

}  // namespace

Result<RecordRow> ReadRecord(Result<Row> row) {
  if (!row.ok()) return std::move(row).status();
  if (!row->exists()) return Status(StatusCode::kNotFound, "no such record");
  RecordRow record;
  if (!record.Decode(row->value())) return MalformedRow("records");
  return record;
}

Result<IdentifierRow> IdentityRoom::Find(uint32_t tenant, const Hash128& hash,
                                         const View& view) const {
  return ReadAs<IdentifierRow>(
      view.Get(family(kIdentifiers), HashRow(tenant, hash)), "identifiers");
}

Result<IdentifierRow> IdentityRoom::Find(uint32_t tenant, const Hash128& hash,
                                         Generation& rows) const {
  return ReadAs<IdentifierRow>(
      rows.Get(family(kIdentifiers), HashRow(tenant, hash)), "identifiers");
}

Result<IdentifierRow> IdentityRoom::Find(uint32_t tenant,
                                         const Hash128& hash) const {
  return ReadAs<IdentifierRow>(
      services_.overlay->Get(family(kIdentifiers), HashRow(tenant, hash)),
      "identifiers");
}

Result<CustomerId> IdentityRoom::Current(uint32_t tenant, CustomerId customer,
                                         const View& view) const {
  Result<Members> members =
      FollowMembers(family(kMembers), tenant, &customer, view);
  if (!members.ok()) return std::move(members).status();
  return members->records.empty() ? 0 : customer;
}

Result<CustomerId> IdentityRoom::Current(uint32_t tenant, CustomerId customer,
                                         Generation& rows) const {
  Result<Members> members =
      FollowMembers(family(kMembers), tenant, &customer, rows);
  if (!members.ok()) return std::move(members).status();
  return members->records.empty() ? 0 : customer;
}

Result<Position> IdentityRoom::Version(uint32_t tenant, CustomerId customer,
                                       const View& view) const {
  return NewestOf(MembersOf(tenant, customer, view), [&](RecordId record) {
    return view.Get(family(kRecords), NumberRow(tenant, record));
  });
}

Result<Position> IdentityRoom::Version(uint32_t tenant, CustomerId customer,
                                       Generation& rows) const {
  return NewestOf(MembersOf(tenant, customer, rows), [&](RecordId record) {
    return rows.Get(family(kRecords), NumberRow(tenant, record));
  });
}

Result<Members> IdentityRoom::MembersOf(uint32_t tenant, CustomerId customer,
                                        const View& view) const {
  return FollowMembers(family(kMembers), tenant, &customer, view);
}

Result<Members> IdentityRoom::MembersOf(uint32_t tenant, CustomerId customer,
                                        Generation& rows) const {
  return FollowMembers(family(kMembers), tenant, &customer, rows);
}

Result<Members> IdentityRoom::OwnMembers(uint32_t tenant, CustomerId customer,
                                         Generation& rows) const {
  return ReadAs<Members>(
      rows.Get(family(kMembers), NumberRow(tenant, customer)), "members");
}

Status IdentityRoom::RecordsOf(uint32_t tenant, CustomerId* customer,
                               const View* view, RecordIds* records) const {
  records->clear();
  // At most one step: see FollowMembers.
  for (int step = 0; step < 2; ++step) {
    const RowKey key = NumberRow(tenant, *customer);
    Result<Row> row = view == nullptr
                          ? services_.overlay->Get(family(kMembers), key)
                          : view->Get(family(kMembers), key);
    if (!row.ok()) return std::move(row).status();
    if (!row->exists()) return Status::Ok();
    // As Members::DecodeRecords, but for what is not asked for.
    ByteReader reader(row->value());
    const CustomerId moved_to = reader.Varint();
    if (moved_to != 0) {
      *customer = moved_to;
      continue;
    }
    reader.Varint();
    const uint64_t count = reader.Varint();
    if (count > reader.remaining()) return MalformedRow("members");
    for (uint64_t i = 0; i < count; ++i) {
      records->push_back(reader.Varint());
      for (int skipped = 1; skipped < Members::kMemberNumbers; ++skipped) {
        reader.Varint();
      }
    }
    return reader.ok() ? Status::Ok() : MalformedRow("members");
  }
  return MalformedRow("members");
}

Result<ClaimantsRow> IdentityRoom::ClaimantsOf(uint32_t tenant,
                                               const Hash128& hash,
                                               const View& view) const {
  return ReadAs<ClaimantsRow>(
      view.Get(family(kClaimants), HashRow(tenant, hash)), "claimants");
}

Result<ClaimantsRow> IdentityRoom::ClaimantsOf(uint32_t tenant,
                                               const Hash128& hash,
                                               Generation& rows) const {
  return ReadAs<ClaimantsRow>(
      rows.Get(family(kClaimants), HashRow(tenant, hash)), "claimants");
}

Result<AssertionsRow> IdentityRoom::AssertionsOf(uint32_t tenant,
                                                 RecordId record,
                                                 const View& view) const {
  return ReadAs<AssertionsRow>(
      view.Get(family(kAssertions), NumberRow(tenant, record)), "assertions");
}

Result<AssertionsRow> IdentityRoom::AssertionsOf(uint32_t tenant,
                                                 RecordId record,
                                                 Generation& rows) const {
  return ReadAs<AssertionsRow>(
      rows.Get(family(kAssertions), NumberRow(tenant, record)), "assertions");
}

Result<AssertionsRow> IdentityRoom::AssertionsOf(uint32_t tenant,
                                                 RecordId record) const {
  return ReadAs<AssertionsRow>(
      services_.overlay->Get(family(kAssertions), NumberRow(tenant, record)),
      "assertions");
}

Result<ReviewRow> IdentityRoom::ReviewOf(uint32_t tenant, uint64_t number,
                                         const View& view) const {
  return ReadAs<ReviewRow>(
      view.Get(family(kReviews), NumberRow(tenant, number)), "reviews");
}

Result<ReviewRow> IdentityRoom::ReviewOf(uint32_t tenant, uint64_t number,
                                         Generation& rows) const {
  return ReadAs<ReviewRow>(
      rows.Get(family(kReviews), NumberRow(tenant, number)), "reviews");
}

Result<uint64_t> IdentityRoom::ReviewOfPair(uint32_t tenant, RecordId a,
                                            RecordId b,
                                            Generation& rows) const {
  return ReadNumber(rows.Get(family(kReviewPairs), PairRow(tenant, a, b)),
                    "review_pairs");
}

Result<bool> IdentityRoom::CannotLink(uint32_t tenant, const Members& a,
                                      const Members& b,
                                      Generation& rows) const {
  // An assertion lies with both of its records: the smaller side is enough.
  const Members& fewer = a.records.size() <= b.records.size() ? a : b;
  const Members& others = &fewer == &a ? b : a;
  for (const Members::Member& member : fewer.records) {
    Result<AssertionsRow> row = AssertionsOf(tenant, member.record, rows);
    if (!row.ok()) return std::move(row).status();
    for (const AssertionsRow::Item& item : row->items) {
      if (item.kind == Assertion::Kind::kCannotLink &&
          others.FindRecord(item.other) != nullptr) {
        return true;
      }
    }
  }
  return false;
}

CustomerId IdentityRoom::Survivor(CustomerId a, const Members& of_a,
                                  CustomerId b, const Members& of_b) const {
  const uint32_t account = NumberOf("authUserId");
  const bool a_has = of_a.HasExclusive(account);
  const bool b_has = of_b.HasExclusive(account);
  if (a_has != b_has) return a_has ? a : b;
  // Ids are given in order: the smaller one is the older customer.
  return std::min(a, b);
}

Result<RecordRow> IdentityRoom::RecordOf(uint32_t tenant, RecordId record,
                                         const View& view) const {
  return ReadRecord(view.Get(family(kRecords), NumberRow(tenant, record)));
}

Result<RecordRow> IdentityRoom::RecordOf(uint32_t tenant, RecordId record,
                                         Generation& rows) const {
  return ReadRecord(rows.Get(family(kRecords), NumberRow(tenant, record)));
}

Result<RecordRow> IdentityRoom::RecordOf(uint32_t tenant,
                                         RecordId record) const {
  return ReadRecord(
      services_.overlay->Get(family(kRecords), NumberRow(tenant, record)));
}

// In a dry run new names get no number: a stand-in tells them apart.
uint32_t IdentityRoom::NumberOf(std::string_view name_space) const {
  const uint32_t id =
      services_.names->FindAny(NameKind::kNamespace, name_space);
  if (id != 0) return id;
  return static_cast<uint32_t>(StableHash64(name_space)) | 0x80000000u;
}

}  // namespace crm
