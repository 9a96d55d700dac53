// What users of the C++ face must not be able to write. Compiled once for each
// number of MISUSE by misuse_test.py: 0 must compile; every other must fail,
// for the line that says WRONG.

#include <string>

#include "crm/store.h"

int Use(crm::Store& store, crm::Tenant& tenant) {
#if MISUSE == 0
  // As it is meant. What the result held lives as long as its name.
  crm::Status status = store.Sync();
  const auto& reviews = *tenant.ListReviews({});
  for (const crm::Review& review : *tenant.ListReviews({})) {
    if (review.a == 0) return 1;
  }
  crm::Store moved = std::move(store);
  return status.ok() && reviews.empty() ? 0 : 1;
#elif MISUSE == 1
  store.Sync();  // WRONG: nobody looks whether it worked.
#elif MISUSE == 2
  tenant.FindCustomer({"email", "a@example.com"});  // WRONG: the same.
#elif MISUSE == 3
  crm::Store copy = store;  // WRONG: a store has one owner.
#elif MISUSE == 4
  crm::Store none;  // WRONG: Open makes stores.
#elif MISUSE == 5
  crm::CustomerId ada = tenant.FindCustomer({"email", "a@b.c"});  // WRONG: !ok
#elif MISUSE == 6
  crm::Profile& profile = *tenant.GetProfile(1);  // WRONG: of what is gone.
#elif MISUSE == 7
  crm::Event event;
  event.occurred_at = 1767225600;  // WRONG: seconds? Of which clock?
#elif MISUSE == 8
  crm::EventView view = tenant.Replay({});  // WRONG: a cursor is no event.
#elif MISUSE == 9
  auto cursor = tenant.Replay({});
  crm::EventCursor second = *cursor;  // WRONG: a cursor stands at one place.
#elif MISUSE == 10
  return store.Close();  // WRONG: a Status is no number, and no bool.
#elif MISUSE == 11
  if (store.Sync()) return 1;  // WRONG: did it work, or is there an error?
#endif
#if MISUSE != 0
  return 0;
#endif
}
