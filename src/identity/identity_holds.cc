// IdentityRoom: legal holds, and the erasures that wait for their release.

#include <algorithm>
#include <utility>

#include "identity/identity_internal.h"

namespace crm {
namespace {

constexpr uint64_t kAllHolds = 0;  // The number of the row of all.

void Insert(uint64_t number, std::vector<uint64_t>* numbers) {
  const auto place = std::lower_bound(numbers->begin(), numbers->end(), number);
  if (place == numbers->end() || *place != number) {
    numbers->insert(place, number);
  }
}

}  // namespace

Result<HoldsRow> IdentityRoom::Holds(uint32_t tenant, Generation& rows) const {
  return ReadAs<HoldsRow>(
      rows.Get(family(kHolds), NumberRow(tenant, kAllHolds)), "holds");
}

Result<HoldsRow> IdentityRoom::Holds(uint32_t tenant, const View& view) const {
  return ReadAs<HoldsRow>(
      view.Get(family(kHolds), NumberRow(tenant, kAllHolds)), "holds");
}

Result<HoldRow> IdentityRoom::HoldOf(uint32_t tenant, uint64_t number,
                                     Generation& rows) const {
  if (number == kAllHolds) return HoldRow();
  return ReadAs<HoldRow>(rows.Get(family(kHolds), NumberRow(tenant, number)),
                         "holds");
}

Result<HoldRow> IdentityRoom::HoldOf(uint32_t tenant, uint64_t number,
                                     const View& view) const {
  if (number == kAllHolds) return HoldRow();
  return ReadAs<HoldRow>(view.Get(family(kHolds), NumberRow(tenant, number)),
                         "holds");
}

// Whoever bears the number that was held, or has one of the records.
template <typename Rows>
Result<std::vector<uint64_t>> IdentityRoom::FindHolds(uint32_t tenant,
                                                      CustomerId customer,
                                                      Rows& rows) const {
  std::vector<uint64_t> found;
  Result<HoldsRow> all = Holds(tenant, rows);
  if (!all.ok()) return std::move(all).status();
  if (all->open.empty()) return found;
  Result<CustomerId> current = Current(tenant, customer, rows);
  if (!current.ok()) return std::move(current).status();
  Result<Members> members = MembersOf(tenant, customer, rows);
  if (!members.ok()) return std::move(members).status();
  for (const uint64_t number : all->open) {
    Result<HoldRow> row = HoldOf(tenant, number, rows);
    if (!row.ok()) return std::move(row).status();
    Result<CustomerId> held = Current(tenant, row->customer, rows);
    if (!held.ok()) return std::move(held).status();
    if (*held == *current || row->Holds(members->records)) {
      found.push_back(number);
    }
  }
  return found;
}

Result<std::vector<uint64_t>> IdentityRoom::HoldsOn(uint32_t tenant,
                                                    CustomerId customer,
                                                    Generation& rows) const {
  return FindHolds(tenant, customer, rows);
}

Result<std::vector<uint64_t>> IdentityRoom::HoldsOn(uint32_t tenant,
                                                    CustomerId customer,
                                                    const View& view) const {
  return FindHolds(tenant, customer, view);
}

Status IdentityRoom::FoldHold(const IdentityChoice& choice,
                              FoldContext& context) const {
  using What = IdentityChoice::Hold::What;
  const IdentityChoice::Hold& hold = choice.hold;
  Generation& rows = context.rows;
  Result<HoldsRow> all = Holds(choice.tenant, rows);
  if (!all.ok()) return std::move(all).status();
  Result<HoldRow> row = HoldOf(choice.tenant, hold.number, rows);
  if (!row.ok()) return std::move(row).status();
  if (hold.what == What::kReleased) {
    row->released = choice.position;
    std::erase(all->open, hold.number);
  } else {
    row->position = choice.position;
    row->customer = choice.customer;
    row->records = hold.records;
    row->categories = hold.categories;
    row->waiting = hold.what == What::kWaiting;
    Insert(hold.number, row->waiting ? &all->waiting : &all->open);
    all->last = std::max(all->last, hold.number);
  }
  Status status = rows.Put(
      family(kHolds), NumberRow(choice.tenant, hold.number), row->Encode());
  if (!status.ok()) return status;
  return rows.Put(family(kHolds), NumberRow(choice.tenant, kAllHolds),
                  all->Encode());
}

Status IdentityRoom::ForgetWaiting(uint32_t tenant,
                                   const std::vector<ErasedOne>& erased,
                                   Generation& rows) const {
  Result<HoldsRow> all = Holds(tenant, rows);
  if (!all.ok()) return std::move(all).status();
  if (all->waiting.empty()) return Status::Ok();
  std::vector<uint64_t> left;
  for (const uint64_t number : all->waiting) {
    Result<HoldRow> row = HoldOf(tenant, number, rows);
    if (!row.ok()) return std::move(row).status();
    Result<CustomerId> waits = Current(tenant, row->customer, rows);
    if (!waits.ok()) return std::move(waits).status();
    const bool gone = std::any_of(
        erased.begin(), erased.end(),
        [&](const ErasedOne& one) { return one.customer == *waits; });
    if (!gone) left.push_back(number);
  }
  if (left.size() == all->waiting.size()) return Status::Ok();
  all->waiting = std::move(left);
  return rows.Put(family(kHolds), NumberRow(tenant, kAllHolds), all->Encode());
}

}  // namespace crm
