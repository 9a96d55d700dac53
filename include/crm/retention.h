// Legal hold: what must not go, whoever wants it erased; and what kinds of data
// there are.
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
//   that are held. Nothing else is: events come in, customers are merged.
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
//
// Settings: what a tenant can define, as JSON; Tenant::SetPrivacySettings. All
// members may be missing.
//   categories    {name: [types]}. What is named takes the place of the default
//                 of that name, or is a new one; null takes a default away. Up
//                 to 100 of up to 1,000 types; a name has up to 64 bytes.
//                 "others" cannot be named. A category that an open hold names
//                 cannot be taken away.

#ifndef CRM_INCLUDE_RETENTION_H_
#define CRM_INCLUDE_RETENTION_H_

#include <cstdint>
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
