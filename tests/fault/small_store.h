// A small store for tests of faults and damage: events by number, and
// everything that a store answers as one text.

#ifndef CRM_TESTS_FAULT_SMALL_STORE_H_
#define CRM_TESTS_FAULT_SMALL_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crm/store.h"

namespace crm {

// The tenant of event `number`, one of three; the third is of late numbers.
std::string SmallTenant(uint64_t number);

// The event of this number, the same on every call. Of few customers, so that
// histories are long.
Event SmallEvent(uint64_t number);

// Appends events first .. first + count - 1, one request for each tenant and
// up to `request` of her numbers. Adds up what was new and what was known.
Status AppendNumbers(Store& store, uint64_t first, uint64_t count,
                     size_t request, Durability durability, uint64_t* appended,
                     uint64_t* duplicates);

// All events, customers, records, profiles, timelines and counts, and whom
// the identifiers of events 1 .. `numbers` belong to. Equal texts: equal
// answers.
Status Describe(Store& store, uint64_t numbers, std::string* text);

}  // namespace crm

#endif  // CRM_TESTS_FAULT_SMALL_STORE_H_
