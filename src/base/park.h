// Threads that sleep until a number changes. As std::atomic's wait, without
// its way there: with many threads waiting, the times that each of them gives
// way before it sleeps cost more than the sleep.

#ifndef CRM_BASE_PARK_H_
#define CRM_BASE_PARK_H_

#include <atomic>

namespace crm {

// Returns when `word` is not `value` (any more); what was written before it
// was changed, with release, can then be seen.
void ParkWhile(const std::atomic<int>& word, int value);

// After changing `word`: wakes one who sleeps. Does not look at `word`, which
// may be gone already.
void UnparkOne(const std::atomic<int>& word);

}  // namespace crm

#endif  // CRM_BASE_PARK_H_
