// What must be true of the store, kept outside of it: in the memory of the
// driver, which is never killed. A worker is forked from the driver and so
// begins with all of it.

#ifndef CRM_TESTS_CRASH_ORACLE_H_
#define CRM_TESTS_CRASH_ORACLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "crash/messages.h"

namespace crm::crash {

struct Place {
  uint32_t tenant = 0;
  uint64_t position = 0;
};

// A request that was sent off: its events are all there, or none.
struct Intent {
  uint32_t tenant = 0;
  uint64_t first = 0;
  uint32_t count = 0;
  uint32_t acknowledged = 0;
};

class Oracle final {
 public:
  // Takes note. False: the worker contradicts what is known; says how.
  [[nodiscard]] bool Take(const Message& message, std::string* error);

  // All events that must be there.
  const std::unordered_map<uint64_t, Place>& known() const { return known_; }
  // Their numbers, in the order in which they came to be known.
  const std::vector<uint64_t>& numbers() const { return numbers_; }
  // How many of `numbers` the last check has seen.
  size_t checked_numbers() const { return checked_numbers_; }
  uint64_t checked_head() const { return checked_head_; }
  // Events of each tenant at the last check.
  const std::map<uint32_t, uint64_t>& counts() const { return counts_; }
  // Requests since the last check.
  const std::map<uint64_t, Intent>& intents() const { return intents_; }
  // Requests that were neither acknowledged nor given up.
  bool InFlight() const;
  uint64_t next_number() const { return next_number_; }
  uint32_t next_tenant() const { return next_tenant_; }
  uint64_t imported_files() const { return imported_files_; }

 private:
  bool Learn(uint64_t number, Place place, std::string* error);

  std::unordered_map<uint64_t, Place> known_;
  std::vector<uint64_t> numbers_;
  size_t checked_numbers_ = 0;
  uint64_t checked_head_ = 0;
  std::map<uint32_t, uint64_t> counts_;
  // Of a check that is not done yet, and may never be.
  std::map<uint32_t, uint64_t> new_counts_;
  std::map<uint64_t, Intent> intents_;
  uint64_t next_number_ = 1;
  uint32_t next_tenant_ = kFirstPoolTenant;
  uint64_t imported_files_ = 0;
};

}  // namespace crm::crash

#endif  // CRM_TESTS_CRASH_ORACLE_H_
