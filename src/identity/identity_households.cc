// IdentityRoom: households, and the records that make somebody a member.

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "identity/identity_internal.h"

namespace crm {
namespace {

constexpr uint64_t kLast = 0;  // The number of the row of the greatest one.

}  // namespace

Result<HouseholdRow> IdentityRoom::HouseholdOf(uint32_t tenant, uint64_t number,
                                               Generation& rows) const {
  if (number == kLast) return HouseholdRow();
  return ReadAs<HouseholdRow>(
      rows.Get(family(kHouseholds), NumberRow(tenant, number)), "households");
}

Result<HouseholdRow> IdentityRoom::HouseholdOf(uint32_t tenant, uint64_t number,
                                               const View& view) const {
  if (number == kLast) return HouseholdRow();
  return ReadAs<HouseholdRow>(
      view.Get(family(kHouseholds), NumberRow(tenant, number)), "households");
}

Result<uint64_t> IdentityRoom::LastHousehold(uint32_t tenant,
                                             Generation& rows) const {
  Result<HouseholdRow> row = ReadAs<HouseholdRow>(
      rows.Get(family(kHouseholds), NumberRow(tenant, kLast)), "households");
  if (!row.ok()) return std::move(row).status();
  return row->position;
}

Result<uint64_t> IdentityRoom::LastHousehold(uint32_t tenant,
                                             const View& view) const {
  Result<HouseholdRow> row = ReadAs<HouseholdRow>(
      view.Get(family(kHouseholds), NumberRow(tenant, kLast)), "households");
  if (!row.ok()) return std::move(row).status();
  return row->position;
}

Result<HouseholdsOfRow> IdentityRoom::HouseholdsNaming(uint32_t tenant,
                                                       RecordId record,
                                                       Generation& rows) const {
  return ReadAs<HouseholdsOfRow>(
      rows.Get(family(kHouseholdsOf), NumberRow(tenant, record)),
      "households_of");
}

Result<HouseholdsOfRow> IdentityRoom::HouseholdsNaming(uint32_t tenant,
                                                       RecordId record,
                                                       const View& view) const {
  return ReadAs<HouseholdsOfRow>(
      view.Get(family(kHouseholdsOf), NumberRow(tenant, record)),
      "households_of");
}

Hash128 IdentityRoom::HashOfHousehold(uint32_t tenant,
                                      std::string_view name) const {
  std::string text(1, 'h');
  PutBytes(&text, name);
  return SipHash128(services_.keyring->index_keys(tenant).identity, text);
}

Result<uint64_t> IdentityRoom::HouseholdNamed(uint32_t tenant,
                                              const Hash128& hash,
                                              Generation& rows) const {
  return ReadNumber(rows.Get(family(kHouseholdNames), HashRow(tenant, hash)),
                    "household_names");
}

Result<uint64_t> IdentityRoom::HouseholdNamed(uint32_t tenant,
                                              const Hash128& hash,
                                              const View& view) const {
  return ReadNumber(view.Get(family(kHouseholdNames), HashRow(tenant, hash)),
                    "household_names");
}

Result<std::vector<uint64_t>> IdentityRoom::HouseholdsOf(
    uint32_t tenant, CustomerId customer, const View& view) const {
  std::vector<uint64_t> found;
  Result<Members> members = MembersOf(tenant, customer, view);
  if (!members.ok()) return std::move(members).status();
  for (const Members::Member& member : members->records) {
    Result<HouseholdsOfRow> named =
        HouseholdsNaming(tenant, member.record, view);
    if (!named.ok()) return std::move(named).status();
    for (const uint64_t number : named->numbers) {
      Result<HouseholdRow> row = HouseholdOf(tenant, number, view);
      if (!row.ok()) return std::move(row).status();
      const HouseholdRow::Member* const item = row->Find(member.record);
      if (item != nullptr && !item->left) found.push_back(number);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// A run leaves nothing of those whom it takes out; of those whom somebody took
// out it is kept, so that no run puts them in again.
Status IdentityRoom::FoldHousehold(const IdentityChoice& choice,
                                   FoldContext& context) const {
  const IdentityChoice::Household& said = choice.household;
  const uint32_t tenant = choice.tenant;
  const bool derived = choice.origin == ChoiceOrigin::kMatch;
  Generation& rows = context.rows;
  Result<HouseholdRow> row = HouseholdOf(tenant, said.number, rows);
  if (!row.ok()) return std::move(row).status();
  std::vector<RecordId> named;
  std::vector<RecordId> forgotten;
  if (said.made) {
    row->position = choice.position;
    row->derived = derived;
  }
  for (const IdentityChoice::Household::Join& join : said.joined) {
    row->Set({join.record, choice.position, false, derived, join.evidence});
    named.push_back(join.record);
  }
  for (const IdentityChoice::Household::Leave& leave : said.left) {
    for (const RecordId record : leave.records) {
      if (derived) {
        forgotten.push_back(record);
      } else {
        row->Set({record, choice.position, true, false, 0});
        named.push_back(record);
      }
    }
  }
  std::erase_if(row->members, [&](const HouseholdRow::Member& member) {
    return std::find(forgotten.begin(), forgotten.end(), member.record) !=
           forgotten.end();
  });
  Status status = rows.Put(family(kHouseholds), NumberRow(tenant, said.number),
                           row->Encode());
  for (const RecordId record : named) {
    if (!status.ok()) return status;
    Result<HouseholdsOfRow> of = HouseholdsNaming(tenant, record, rows);
    if (!of.ok()) return std::move(of).status();
    std::vector<uint64_t>& numbers = of->numbers;
    const auto place =
        std::lower_bound(numbers.begin(), numbers.end(), said.number);
    if (place != numbers.end() && *place == said.number) continue;
    numbers.insert(place, said.number);
    status = rows.Put(family(kHouseholdsOf), NumberRow(tenant, record),
                      of->Encode());
  }
  for (const RecordId record : forgotten) {
    if (!status.ok()) return status;
    Result<HouseholdsOfRow> of = HouseholdsNaming(tenant, record, rows);
    if (!of.ok()) return std::move(of).status();
    std::erase(of->numbers, said.number);
    status = PutHouseholdsOf(tenant, record, *of, rows);
  }
  if (!status.ok() || !said.made) return status;
  return FoldNewHousehold(choice, rows);
}

Status IdentityRoom::FoldNewHousehold(const IdentityChoice& choice,
                                      Generation& rows) const {
  const uint64_t number = choice.household.number;
  Result<uint64_t> last = LastHousehold(choice.tenant, rows);
  if (!last.ok()) return std::move(last).status();
  HouseholdRow greatest;
  greatest.position = std::max(*last, number);
  Status status = rows.Put(family(kHouseholds), NumberRow(choice.tenant, kLast),
                           greatest.Encode());
  if (!status.ok() || choice.household.name.empty()) return status;
  return rows.Put(family(kHouseholdNames), HashRow(choice.tenant, choice.hash),
                  EncodeNumber(number));
}

Status IdentityRoom::PutHouseholdsOf(uint32_t tenant, RecordId record,
                                     const HouseholdsOfRow& of,
                                     Generation& rows) const {
  const RowKey key = NumberRow(tenant, record);
  return of.numbers.empty() ? rows.Delete(family(kHouseholdsOf), key)
                            : rows.Put(family(kHouseholdsOf), key, of.Encode());
}

Status IdentityRoom::ForgetHouseholds(uint32_t tenant, RecordId record,
                                      Generation& rows) const {
  Result<HouseholdsOfRow> of = HouseholdsNaming(tenant, record, rows);
  if (!of.ok()) return std::move(of).status();
  if (of->numbers.empty()) return Status::Ok();
  for (const uint64_t number : of->numbers) {
    Result<HouseholdRow> row = HouseholdOf(tenant, number, rows);
    if (!row.ok()) return std::move(row).status();
    std::erase_if(row->members, [&](const HouseholdRow::Member& member) {
      return member.record == record;
    });
    Status status =
        rows.Put(family(kHouseholds), NumberRow(tenant, number), row->Encode());
    if (!status.ok()) return status;
  }
  return PutHouseholdsOf(tenant, record, HouseholdsOfRow(), rows);
}

}  // namespace crm
