// Profile: what is known about a customer, and her timeline.
//
// Traits come from identity hints (email, phoneNumber), from `traits` objects
// in payloads, and from the payload fields of profile events (CustomerCreated,
// scl.member.updated, ...; the list is in src/profile/catalogue.cc). The value
// of a field is the one with the greatest (event time, source rank, event id):
// the order of arrival does not matter. JSON null removes a trait.
//
// A `defaultTraits` object in a payload fills what is empty: its values count
// only where no event, earlier or later, says anything else about that trait
// (that it has no value, too). Of two defaults the earlier one counts.

#ifndef CRM_INCLUDE_PROFILE_H_
#define CRM_INCLUDE_PROFILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/types.h"

namespace crm {

// One thing that is known about a customer, and how it came to be known. Ties
// between values of one event time are broken by a hash of the event id that
// is the same on every machine, then by the value.
struct Trait {
  // As in the catalogue ("email", "firstName"), otherwise the field's own
  // name. At most 128 bytes.
  std::string name = {};
  // JSON text, to the letter of the source: "Ada", 36, true, {"city":"Paarl"}.
  // At most 8 KiB; larger values stay in their events and set no trait.
  std::string value = {};
  // Event time of the winning value.
  Timestamp occurred_at = {};
  // Who said so.
  std::string source = {};
  // In which event: explains the value.
  Position position = 0;
};

// All that is known about a customer at one position: what her records say,
// put together. At most 1,000 traits of each record: further names are not
// taken in.
struct Profile {
  CustomerId customer = 0;
  // Of the last event that was folded in.
  Position version = 0;
  // How many events are hers, over all her records.
  uint64_t events = 0;
  // Earliest and latest event time, whatever the order of arrival.
  std::optional<Timestamp> first_seen = {};
  std::optional<Timestamp> last_seen = {};
  // Sorted by name.
  std::vector<Trait> traits = {};

  // Null when there is none. Valid until the profile changes.
  const Trait* Find(std::string_view name) const;
};

// Which part of a customer's timeline is wanted, newest first by default.
// Events of one time are ordered by position.
struct TimelineQuery {
  // Half open event times; absent: no bound.
  std::optional<Timestamp> from = {};
  std::optional<Timestamp> until = {};
  // Any of these; empty: all. A type that nobody used matches nothing.
  std::vector<std::string> types = {};
  bool oldest_first = false;
  // Payloads as they were appended, not as upcasters make them.
  bool as_appended = false;
  // Entries on a page: 1 to 1,000 (kInvalidArgument otherwise).
  size_t limit = 50;
  // From the previous page of the same query; empty: the first one. Opaque
  // and stable: events that arrive meanwhile shift nothing.
  std::string cursor = {};
};

// One event as the timeline shows it.
struct TimelineEntry {
  Position position = 0;
  Timestamp occurred_at = {};
  std::string type = {};
  std::string source = {};
  RecordId record = 0;
  // False: the person's key is gone, and with it what follows.
  bool opened = false;
  // Its payload was taken out (Tenant::Redact), and is {}.
  bool redacted = false;
  // What it said is older than it may be kept (Tenant::Retain); not opened.
  bool expired = false;
  std::string id = {};
  // A JSON object, of this version.
  std::string payload = {};
  std::string version = {};
};

// One page of a timeline.
struct TimelinePage {
  std::vector<TimelineEntry> entries = {};
  // Goes into TimelineQuery::cursor; empty: this was the last page.
  std::string next = {};
  // Matching entries over all pages.
  uint64_t total = 0;
};

}  // namespace crm

#endif  // CRM_INCLUDE_PROFILE_H_
