// Legal hold and retention: what must not go, whoever wants it erased; and what
// goes when its time is over.
//
// A hold is put on a customer, as a whole or for some categories of her data,
// by somebody, for a reason, and lasts until it is released. It is a choice in
// the log: it outlives exports, imports and backups, and says nothing about the
// person.
//
//   auto hold = tenant->PlaceHold(7, {.categories = {"orders"},
//                                     .by = "legal", .why = "case 4711"});
//   tenant->Erase(7);                    // kFailedPrecondition, names the hold
//   crm::ErasureOptions later;
//   later.wait_for_release = true;
//   tenant->Erase(7, later);             // Is kept, and waits.
//   tenant->ReleaseHold(*hold, {.by = "legal"});   // She is erased now.
//
// What a hold does
//   Erase answers kFailedPrecondition, whatever the categories: a record has
//   one key for all of its events, so that she is erased as a whole or not at
//   all. A dry run names the holds. Redact refuses her events of the categories
//   that are held, and Retain passes over them. Nothing else is held back:
//   events go on to come in, customers are merged and unmerged.
//
// Whom it holds
//   The customer, whoever she is merged with: a hold on one of two is a hold on
//   both as long as they are one. After an unmerge, or when records of hers
//   become somebody else's, it holds everybody who has one of the records that
//   she had when it was placed, and whoever bears her number.
//
// Categories
//   A category is a set of types of events: whole names, or beginnings that end
//   with "*" ("shop.order.*"). An alias counts as the type that it stands for.
//   A type may be in several; those that are in none are in "others". These are
//   there until a tenant sets others:
//     profile     who she is: CustomerCreated, contact.updated,
//                 scl.member.updated, teetime.player.updated ...
//     consent     what she allowed: ConsentGranted, PreferencesUpdated ...
//     messaging   what was sent to her: message.sent, EmailSent ...
//     orders      orders, contracts and payments: OrderPlaced, PaymentFailed,
//                 scl.payment.received ...
//     browsing    what she looked at: PageViewed, CartCreated ...
//     bookings    teetime.booking.created, teetime.competition.entered ...
//     aggregates  crm.events.anonymised: see crm/privacy.h
//
// Retention
//   Tenant::Retain removes what events say when they have happened longer ago
//   than the settings let them be kept. Nothing goes by itself: the host calls,
//   and says which time it is.
//
//     tenant->SetPrivacySettings(R"({"retention": {"days": 90}})");
//     auto plan = tenant->Retain(now, {.dry_run = true});   // What would go.
//     auto done = tenant->Retain(now, {.by = "nightly"});
//
//   What goes: payload, metadata, ids and identity of the event, out of the
//   log, out of the timeline, out of every file. Readers then find its open
//   part (EventView::expired). Also of events that are nobody's.
//   What stays: the open part, so that counts by type, and first and last
//   times, are exact for ever; and what the event has made. Who is whose,
//   merges that can be undone, profiles with the source and time of every value
//   that an event has won: all of it as if nothing had gone, also when the
//   views are made anew from the log, and for events that come later, whenever
//   they have happened. That much of the event is carried in its place, sealed
//   with the key of its record, so that an erasure takes it, too.
//   What is exempt: acts of consent (crm/consent.h), whatever the settings say.
//   They are evidence, and have limits of their own; so decisions and histories
//   of consent can be asked for as of any time.
//   A choice in the log, the mark, says what went: when, up to which position,
//   older than what. A run that is cut off is finished by maintenance, the next
//   Retain or the next open; a reader sees an event either whole or expired
//   (but for a cursor that was opened before, which goes on as it began).
//   What cannot come back: a value that had lost against another one, should
//   that be redacted (Tenant::Redact) when the event of the first has expired.
//   An export (crm/export.h) has events that are expired as it has those that
//   are erased: without what they said, so that an import leaves them out.
//   Backups and copies that were made before hold what went: let them grow old
//   no longer than the data.
//
// Settings: what a tenant can define, as JSON; Tenant::SetPrivacySettings. All
// members may be missing.
//   categories    {name: [types]}. What is named takes the place of the default
//                 of that name, or is a new one; null takes a default away. Up
//                 to 100 of up to 1,000 types; a name has up to 64 bytes.
//                 "others" cannot be named. A category that an open hold names
//                 cannot be taken away.
//   retention     For how many days (1 to 36,500, of 24 hours) what events say
//                 is kept. Nothing is removed by default; 90 is what many take.
//                 {"types": {type: days}, "categories": {name: days}, "days":
//                 days}. The first that fits counts: the whole name of the type
//                 (or of what it is an alias of), its longest beginning that
//                 ends with "*", its category (of several the longest time;
//                 "others" among them), `days`. What nothing fits stays.
//                 `days` is not for crm.events.anonymised, which are sums over
//                 many people: they stay, or have a limit of their own. Events
//                 for 90 days, and sums for seven years:
//                 {"days": 90, "categories": {"aggregates": 2555}}

#ifndef CRM_INCLUDE_RETENTION_H_
#define CRM_INCLUDE_RETENTION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "crm/privacy.h"
#include "crm/types.h"

namespace crm {

// What is to be held.
struct HoldOptions {
  // Categories of the settings, or "others". Empty: everything.
  std::vector<std::string> categories = {};
  // Who wants it, and why: kept in the log for good, so write nothing about
  // the person. Each up to 256 bytes.
  std::string by = {};
  std::string why = {};
};

// Who releases it, and why: as in HoldOptions.
struct HoldReleaseOptions {
  std::string by = {};
  std::string why = {};
};

// One hold.
struct Hold {
  HoldId id = 0;
  // Of the choice that placed it, and when that was.
  Position position = 0;
  Timestamp at = {};
  // Whom it was placed on; of a number that is retired now, the one to whom it
  // leads.
  CustomerId customer = 0;
  // Ascending. Empty: everything.
  std::vector<std::string> categories = {};
  std::string by = {};
  std::string why = {};
  // Of the choice that released it; 0: it is open, and the rest says nothing.
  Position released_position = 0;
  Timestamp released_at = {};
  std::string released_by = {};
  std::string released_why = {};
};

// An erasure that waits for the release of holds.
struct WaitingErasure {
  // Of the choice that keeps it, and when that was.
  Position position = 0;
  Timestamp at = {};
  // As in Hold.
  CustomerId customer = 0;
  ErasureMode mode = ErasureMode::kShred;
  bool confirm = false;
  std::string by = {};
  std::string why = {};
  // The holds that it waits for, ascending. Empty: it was cut off, or it failed
  // when the last one was released; Tenant::Erase does it.
  std::vector<HoldId> holds = {};
};

// Which holds to list.
struct HoldQuery {
  // Only those that hold this customer; 0: all.
  CustomerId customer = 0;
  // Also those that were released.
  bool released = false;
};

// By number, and by position.
struct HoldList {
  std::vector<Hold> holds = {};
  std::vector<WaitingErasure> waiting = {};
};

// How Retain is to run.
struct RetainOptions {
  // Says what would go, and changes nothing.
  bool dry_run = false;
  // At most so many events, the oldest in the log; 0: all. Together with
  // RetentionReport::more: to go on in steps.
  uint64_t max_events = 0;
  // Who wants it, and why: kept in the log. Each up to 256 bytes.
  std::string by = {};
  std::string why = {};
  // Log records looked at, of how many (each is looked at twice). False:
  // kCancelled. Before the mark nothing has changed then; after it the rest is
  // done by maintenance, the next Retain or the next open.
  Progress progress = {};
};

// What of one type went, or would go.
struct RetainedType {
  std::string type = {};
  // What happened before it is too old.
  Timestamp before = {};
  uint64_t events = 0;
  uint64_t bytes = 0;      // As they were sealed.
  uint64_t customers = 0;  // As they are now; nobody is none.
  uint64_t held = 0;       // Events that would have gone but for a hold.
};

// What became of a run.
struct RetentionReport {
  // Of the mark in the log. Zero: a dry run, or nothing was too old.
  Position position = 0;
  // What was asked for; and the last event that was removed.
  Timestamp as_of = {};
  Position last = 0;
  // Types of which something went or is held, by name.
  std::vector<RetainedType> types = {};
  // Of all types.
  uint64_t events = 0;
  uint64_t bytes = 0;
  uint64_t held = 0;
  // More is too old than max_events.
  bool more = false;
};

// What became of a release.
struct HoldRelease {
  Hold hold = {};
  // Erasures that had waited for it, and are done.
  std::vector<ErasureReport> erased = {};
  // Customers whose erasure had waited and failed: HoldList::waiting has them
  // still. The hold is released all the same.
  std::vector<CustomerId> failed = {};
};

}  // namespace crm

#endif  // CRM_INCLUDE_RETENTION_H_
