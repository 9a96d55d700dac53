// Profile: what is known about a customer, and her timeline.
//
// Traits come from identity hints (email, phoneNumber), from `traits` objects
// in payloads, and from the payload fields of profile events (CustomerCreated,
// scl.member.updated, ...; the list is in src/profile/catalogue.cc). The value
// of a field is the one with the greatest (event time, source rank, event id):
// the order of arrival does not matter. JSON null removes a trait.

#ifndef CRM_INCLUDE_PROFILE_H_
#define CRM_INCLUDE_PROFILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/types.h"

namespace crm {

struct Trait {
  std::string name;
  std::string value;      // JSON.
  Timestamp occurred_at;  // Event time of the value.
  std::string source;     // Who said so.
  Position position = 0;  // In which event.
};

struct Profile {
  CustomerId customer = 0;
  Position version = 0;
  uint64_t events = 0;
  std::optional<Timestamp> first_seen;  // Earliest event time.
  std::optional<Timestamp> last_seen;   // Latest event time.
  std::vector<Trait> traits;            // Sorted by name.

  // Null when there is none.
  const Trait* Find(std::string_view name) const;
};

struct TimelineQuery {
  // Half open event times; absent: no bound.
  std::optional<Timestamp> from;
  std::optional<Timestamp> until;
  std::vector<std::string> types;  // Any of these; empty: all.
  bool oldest_first = false;
  size_t limit = 50;  // 1 to 1,000.
  // From the previous page; empty: the first one. Opaque and stable: events
  // that arrive meanwhile shift nothing.
  std::string cursor;
};

struct TimelineEntry {
  Position position = 0;
  Timestamp occurred_at;
  std::string type;
  std::string source;
  RecordId record = 0;
  bool opened = false;  // False: the person's key is gone.
  std::string id;
  std::string payload;  // JSON.
};

struct TimelinePage {
  std::vector<TimelineEntry> entries;
  std::string next;    // Empty: this was the last page.
  uint64_t total = 0;  // Matching entries over all pages.
};

}  // namespace crm

#endif  // CRM_INCLUDE_PROFILE_H_
