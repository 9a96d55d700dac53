// IdentityRoom: what an erasure makes of its rows, and what it leaves to
// refuse what comes too late.

#include <algorithm>
#include <map>
#include <utility>

#include "identity/identity_internal.h"

namespace crm {
namespace {

using Claim = Members::Claim;

bool IsIn(std::span<const RecordId> records, RecordId record) {
  return std::find(records.begin(), records.end(), record) != records.end();
}

}  // namespace

Result<TombstoneRow> IdentityRoom::TombstoneOf(uint32_t tenant,
                                               const Hash128& hash,
                                               Generation& rows) const {
  return ReadAs<TombstoneRow>(
      rows.Get(family(kTombstones), HashRow(tenant, hash)), "tombstones");
}

Status IdentityRoom::PutClaimants(uint32_t tenant, const Hash128& hash,
                                  const ClaimantsRow& claimants,
                                  Generation& rows) const {
  const RowKey row = HashRow(tenant, hash);
  return claimants.records.empty()
             ? rows.Delete(family(kClaimants), row)
             : rows.Put(family(kClaimants), row, claimants.Encode());
}

// What a replay without the keys gives: numbers, links and counts stay, and
// every way to find her goes.
Status IdentityRoom::Erase(uint32_t tenant, CustomerId customer,
                           std::span<const RecordId> records,
                           FoldContext& context) const {
  Result<Members> members = MembersOf(tenant, customer, context.rows);
  if (!members.ok()) return std::move(members).status();
  const bool before = members->IsErased();
  for (const Claim& claim : members->claims) {
    if (!IsIn(records, claim.record)) continue;
    Status status = ForgetClaim(tenant, claim, context.rows);
    if (!status.ok()) return status;
  }
  std::erase_if(members->claims, [&](const Claim& claim) {
    return IsIn(records, claim.record);
  });
  for (Members::Member& member : members->records) {
    if (IsIn(records, member.record)) member.erased = true;
    // A replay does not know by which of her identifiers another joined.
    member.linked_to = 0;
  }
  if (!before && members->IsErased()) ++context.counts.erased;
  return context.rows.Put(family(kMembers), NumberRow(tenant, customer),
                          members->Encode());
}

Status IdentityRoom::ForgetClaim(uint32_t tenant, const Claim& claim,
                                 Generation& rows) const {
  const RowKey row = HashRow(tenant, claim.hash);
  if (claim.state == Claim::State::kKey) {
    return rows.Delete(family(kRecordKeys), row);
  }
  if (claim.state == Claim::State::kOwns) {
    Result<IdentifierRow> known = Find(tenant, claim.hash, rows);
    if (!known.ok()) return std::move(known).status();
    if (!known->shared) return rows.Delete(family(kIdentifiers), row);
    known->owner = 0;
    return rows.Put(family(kIdentifiers), row, known->Encode());
  }
  Result<ClaimantsRow> claimants = ClaimantsOf(tenant, claim.hash, rows);
  if (!claimants.ok()) return std::move(claimants).status();
  if (std::erase(claimants->records, claim.record) == 0) return Status::Ok();
  return PutClaimants(tenant, claim.hash, *claimants, rows);
}

Result<std::vector<IdentityRoom::ErasedOne>> IdentityRoom::ErasedBy(
    const IdentityChoice& choice, Generation& rows) const {
  std::map<CustomerId, std::vector<RecordId>> by_customer;
  for (const RecordId record : choice.erasure.records) {
    Result<RecordRow> row = RecordOf(choice.tenant, record, rows);
    if (row.status().code() == StatusCode::kNotFound) continue;
    if (!row.ok()) return std::move(row).status();
    by_customer[row->customer].push_back(record);
  }
  std::vector<ErasedOne> all;
  for (auto& [customer, records] : by_customer) {
    all.push_back({customer, std::move(records)});
  }
  return all;
}

Status IdentityRoom::FoldErasure(const IdentityChoice& choice,
                                 FoldContext& context) const {
  const IdentityChoice::Erasure& erasure = choice.erasure;
  Generation& rows = context.rows;
  Result<std::vector<ErasedOne>> erased = ErasedBy(choice, rows);
  if (!erased.ok()) return std::move(erased).status();
  for (const ErasedOne& one : *erased) {
    Result<Members> members = OwnMembers(choice.tenant, one.customer, rows);
    if (!members.ok()) return std::move(members).status();
    members->changed_at = choice.position;
    Status status =
        rows.Put(family(kMembers), NumberRow(choice.tenant, one.customer),
                 members->Encode());
    if (!status.ok()) return status;
  }
  for (const IdentityChoice::Mark& mark : erasure.marks) {
    Status status = PutClaimants(choice.tenant, mark.hash,
                                 ClaimantsRow{mark.claimants}, rows);
    if (status.ok() && mark.fenced) {
      status = rows.Put(family(kTombstones), HashRow(choice.tenant, mark.hash),
                        TombstoneRow{choice.position, erasure.at}.Encode());
    }
    if (!status.ok()) return status;
  }
  Status forgotten = ForgetWaiting(choice.tenant, *erased, rows);
  for (const RecordId record : erasure.records) {
    if (!forgotten.ok()) break;
    forgotten = ForgetHouseholds(choice.tenant, record, rows);
  }
  if (!forgotten.ok()) return forgotten;
  // Numbers are never given again, also by a log that is older than this.
  TenantCounts& counts = context.counts;
  for (const RecordId record : erasure.records) {
    counts.records = std::max(counts.records, record);
  }
  counts.customers = std::max(counts.customers, choice.customer);
  counts.erased_until = std::max(counts.erased_until, erasure.at);
  return Status::Ok();
}

Status IdentityRoom::PlanErasure(uint32_t tenant, CustomerId customer,
                                 const Members& members, Generation& rows,
                                 IdentityChoice::Erasure* erasure) const {
  for (const Members::Member& member : members.records) {
    if (IsIn(erasure->records, member.record)) continue;
    erasure->records.push_back(member.record);
  }
  std::sort(erasure->records.begin(), erasure->records.end());
  for (const Claim& claim : members.claims) {
    IdentityChoice::Mark mark;
    mark.hash = claim.hash;
    if (claim.state == Claim::State::kKey) {
      mark.fenced = true;
      erasure->marks.push_back(std::move(mark));
      continue;
    }
    if (claim.state == Claim::State::kOwns) ++erasure->identifiers;
    Result<IdentifierRow> row = Find(tenant, claim.hash, rows);
    if (!row.ok()) return std::move(row).status();
    Result<ClaimantsRow> claimants = ClaimantsOf(tenant, claim.hash, rows);
    if (!claimants.ok()) return std::move(claimants).status();
    const bool nobody_else = row->owner == 0 || row->owner == customer;
    const bool known = !claimants->records.empty();
    std::erase_if(claimants->records, [&](RecordId record) {
      return IsIn(erasure->records, record);
    });
    const bool exclusive = claim.klass == IdentifierClass::kExclusive &&
                           claim.state == Claim::State::kOwns;
    mark.fenced = claim.klass != IdentifierClass::kEphemeral && !row->shared &&
                  nobody_else && (exclusive || claimants->records.empty());
    if (!mark.fenced && !known) continue;
    mark.address = claim.klass == IdentifierClass::kShareable;
    mark.claimants = std::move(claimants->records);
    erasure->marks.push_back(std::move(mark));
  }
  return Status::Ok();
}

// The record itself, an account, or an address that nobody else has: unless the
// event names the account of somebody who lives, because then it is hers.
Result<bool> IdentityRoom::IsFenced(uint32_t tenant, const IdentityData& data,
                                    int64_t occurred_at,
                                    Generation& rows) const {
  const auto fenced = [&](const Hash128& hash) -> Result<bool> {
    Result<TombstoneRow> row = TombstoneOf(tenant, hash, rows);
    if (!row.ok()) return std::move(row).status();
    return row->position != 0 && occurred_at <= row->at;
  };
  if (data.identifiers.empty()) return false;
  Result<bool> found = fenced(data.record_key);
  bool lives = false;
  for (const FactIdentifier& identifier : data.identifiers) {
    if (!found.ok() || *found) return found;
    if (identifier.klass == IdentifierClass::kEphemeral) continue;
    if (identifier.klass == IdentifierClass::kShareable && lives) continue;
    found = fenced(identifier.hash);
    if (identifier.klass != IdentifierClass::kExclusive) continue;
    Result<IdentifierRow> row = Find(tenant, identifier.hash, rows);
    if (!row.ok()) return std::move(row).status();
    lives |= row->owner != 0;
  }
  return found;
}

}  // namespace crm
