// Identity: whose event is it?
//
// Every event with an identifier belongs to a *record*: what one source said
// about one person, keyed by (tenant, source, first present of: exclusive
// identifiers, shareable, ephemeral). An event stays with its record for ever.
// A *customer* is a set of records; which records are together is decided by
// choices, each of them in the log: read by every replay, never made again.
//
//   attach    A new record joins the customer who has one of its identifiers,
//             from confidence 85 on (exclusive 100, email 95, phone 85).
//             What has nothing but an ephemeral identifier (a device) follows
//             it at 80; a customer who is known by nothing else is joined to
//             the first person that the device names.
//   merge     Two customers who meet in one event become one, from confidence
//             95 on; by phone alone only where given name and birth date of
//             both agree, or a second identifier links them.
//   withhold  Where a guard objects, the event goes to one customer, the
//             identifier stays with its owner, the outcome says why, and
//             (for most reasons) a question is put in the review queue.
//
// A merge relabels nothing, so that it can be undone: any merge, not only the
// last, whole or in part. Undoing it gives every answer as if it had not been,
// and leaves a cannot-link behind. Of two customers the one stays who has an
// authUserId, else the older one; the other's id is retired, never reused, and
// leads to the one who stayed in every call that takes an id.
//
//   crm::MergeOptions by_hand;
//   by_hand.by = "support desk";
//   by_hand.why = "she called and asked for it";
//   auto merged = tenant->Merge(7, 12, by_hand);
//   crm::UnmergeTarget target;
//   target.merge = merged->position;
//   tenant->Unmerge(target, by_hand);  // As if it had not been.

//
// Settings. What a tenant sets is one JSON object; every member may be left
// out, and then has its default. Tenant::SetIdentitySettings takes it, refuses
// what it does not know, and names the place; GetIdentitySettings gives it with
// all defaults spelled out.
//
//   {"rules": {
//      "attach_bar": 85,            1 to 100: confidence for an attach ...
//      "merge_bar": 95,             ... and a merge; not below the attach bar
//      "automatic_merges": true,    false: events merge nobody
//      "shared_after": 3,           so many people share a value: it links
//                                   nobody; 2 to 1,000,000, 0: never
//      "values_per_shareable": 5,   of one customer; 1 to 1,000
//      "identifiers": 1000,         of one customer; 1 to 10,000
//      "records": 200,              of one customer; 1 to 10,000
//      "merges": 100,               of one customer; 1 to 10,000
//      "merges_per_minute": 1000,   of the tenant; 1 to 1,000,000
//      "phone_months": 18},         so long unseen, a phone number attaches no
//                                   more; 0 to 1,200, 0: it always does
//    "namespaces": {
//      "loyaltyCard": {
//        "class": "exclusive",      one value of each customer, one customer
//                                   of each value; "shareable": several, as
//                                   addresses; "ephemeral": a device, merges
//                                   nobody
//        "confidence": 100,         0 to 100; default by class 100, 85, 80.
//                                   Of an ephemeral one below the merge bar
//        "priority": 100,           0 to 255: within a class the lower one is
//                                   looked at first
//        "fold_case": false,        "AB-1" is "ab-1"; not of email and phone
//        "aliases": ["card"]}},     other names of it, at most 32
//    "other_namespaces": "accept",  as exclusive ones; "withhold": what is not
//                                   built in or named above is no identifier
//    "blocked": {                   values that name nobody, in any case, up to
//      "*": ["front desk"],         4,096: in every namespace, or in one
//      "email": ["pos@club.example", "@till.example"],     a whole domain
//      "phoneNumber": ["+27820000001"]},                   begins with +
//    "email": {
//      "domains": {                 up to 256; there is no rule for all of them
//        "gmail.com": {
//          "strip_tags": false,     ada+golf@ is ada@
//          "strip_dots": false},    a.da@ is ada@
//        "googlemail.com": {"same_as": "gmail.com"}},      with its rules
//      "block_roles": false,        info@, noreply@, sales@ and their like
//      "block_examples": false},    example.com, .net, .org and *.example
//    "phone": {
//      "region": "ZA",              of national numbers; default: the store's
//      "refuse_national": false,    true: only numbers with a "+"
//      "regions": {"crm-gb": "GB"}}}   by source of the event, up to 256
//
// The namespaces authUserId, sclMemberId, teetimePlayerId, messagingContactId,
// customerId, aggregateId (exclusive), email, phoneNumber (shareable),
// anonymousId, deviceId, sessionId (ephemeral) are built in, with their common
// spellings ("phone_number"); naming one changes what it names, and "aliases"
// adds to its spellings. Blocked always, in any case: empty, "null", "none",
// "nil", "undefined", "nan", "n/a", "na", "unknown", "anonymous", "guest",
// "test", "true", "false", "id", "email", "-1", "1234567890", "distinct_id",
// "not_authenticated", "[object Object]", zeroes and dashes (the nil UUID), six
// and more times one digit, phone numbers of one digit, addresses at localhost
// and *.invalid. A blocked value stays in the event.
//
// Settings count for the events behind them in the log, in every replay; what
// was decided before stays. Class, confidence and priority change what later
// events do with identifiers that are there. Where the form of a value changes
// (fold_case, domains, regions, aliases), an older identifier keeps the form it
// was stored in, and is found by that alone, until ReResolve is run.
// FindCustomer knows of no source: it goes by the tenant's region.

#ifndef CRM_INCLUDE_IDENTITY_H_
#define CRM_INCLUDE_IDENTITY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "crm/types.h"

namespace crm {

// Why an identifier, or a merge, was withheld. The numbers never change.
enum class IdentityReason : uint8_t {
  kNone = 0,
  // No identifier: its namespace or its value cannot be one.
  kMalformed = 1,
  // A value that names nobody: "anonymous", zeroes, what the tenant blocked.
  kBlocked = 2,
  // It would give a customer two values of one exclusive namespace.
  kExclusiveConflict = 3,
  // Somebody said that these two are not the same (an assertion).
  kCannotLink = 4,
  // Given names and birth dates of both are known, and both differ.
  kContradiction = 5,
  // Too many people share this value: it links nobody any more.
  kSharedValue = 6,
  // A limit of the tenant's: values, identifiers, records or merges.
  kLimit = 7,
  // A device that two known people use.
  kEphemeral = 8,
  // A phone number that was not seen for long: it may be somebody else's now.
  kRecycled = 9,
  // Enough to attach an event, not to merge two customers.
  kBelowMergeBar = 10,
  // Too many merges within a minute: merging pauses.
  kMergeBrake = 11,
  // A match speaks for some of their records, and not for all of them.
  kCohesion = 12,
  // A match that is neither sure nor out of the question.
  kWeakMatch = 13,
};

// "exclusive_conflict" and so on; "none".
const char* IdentityReasonName(IdentityReason reason);

// An identifier of an event that did not become her customer's.
struct WithheldIdentifier {
  std::string name_space = {};
  // Who keeps it. Zero: nobody has it.
  CustomerId owner = 0;
  IdentityReason reason = IdentityReason::kNone;
};

// How a record came to its customer.
struct CustomerRecord {
  RecordId record = 0;
  std::string source = {};
  uint64_t events = 0;  // Also the next revision.
  // The event or choice that tied the record to the customer, and why.
  Position linked_at = 0;
  std::string matched_by = {};  // Namespace, or empty: she began with it.
  int confidence = 100;
  // The record with which it shared that identifier; zero: none.
  RecordId linked_to = 0;
};

// A customer and her records.
struct Customer {
  // The one asked for, or the one who stands for her since a merge.
  CustomerId id = 0;
  // Position of the last event, link, merge or erasure that concerns her.
  Position version = 0;
  uint64_t events = 0;
  std::vector<CustomerRecord> records = {};
  // Ids that lead to her, ascending.
  std::vector<CustomerId> retired = {};
};

// Who was found, and by which identifier.
struct LookupResult {
  CustomerId customer = 0;
  // Its index in the call, and how sure it is, 0 to 100.
  size_t matched = 0;
  int confidence = 0;
};

// Who makes a choice by hand, and why: kept in the log, sealed with the
// tenant's key, and not erased with the person: write nothing about her. Each
// up to 256 bytes of text.
struct MergeOptions {
  std::string by = {};
  std::string why = {};
  // Says what would come of it, and changes nothing.
  bool dry_run = false;
  // Of a merge: overrules exclusive conflicts and cannot-links. Needs `by`
  // and `why`.
  bool force = false;
  // Of the two customers of a merge this one stays. Zero: by the rule above.
  CustomerId keep = 0;
};

// What became of a merge.
struct MergeResult {
  // Of the choice in the log: what Unmerge takes. Zero: a dry run.
  Position position = 0;
  CustomerId customer = 0;  // Who stays ...
  CustomerId retired = 0;   // ... and who leads to her now.
};

// What is to be undone: exactly one of the three.
struct UnmergeTarget {
  // The merge at this position, as MergeResult, How and the feed of changes
  // name it.
  Position merge = 0;
  // All merges of a customer: each id that leads to her gets its records back.
  CustomerId customer = 0;
  // These records, all of one customer and not all of hers, become a customer
  // of their own.
  std::vector<RecordId> records = {};
};

// A customer after an unmerge.
struct UnmergedPart {
  CustomerId customer = 0;
  // True: an id that never was. False: one that has its records back, or
  // keeps them.
  bool is_new = false;
  std::vector<RecordId> records = {};  // Ascending.
};

// What became of an unmerge.
struct UnmergeResult {
  Position position = 0;  // Zero: a dry run.
  // The one who was split first, then the others, ascending.
  std::vector<UnmergedPart> parts = {};
};

// What somebody said about two records. It beats every rule, and outlives every
// merge, unmerge and re-resolve.
struct Assertion {
  // The numbers never change.
  enum class Kind : uint8_t { kMustLink = 1, kCannotLink = 2 };
  Kind kind = Kind::kCannotLink;
  RecordId a = 0;  // The smaller one.
  RecordId b = 0;
  Position position = 0;  // Of the choice.
};

// A question that a guard or a match left open.
struct Review {
  // Of the choice that put it; its name in AnswerReview.
  Position position = 0;
  // Two records, and whose they are now.
  RecordId record_a = 0;
  RecordId record_b = 0;
  CustomerId a = 0;
  CustomerId b = 0;
  IdentityReason reason = IdentityReason::kNone;
  // What would have linked them; empty: a match.
  std::string name_space = {};
  // Confidence of the link that was withheld, 0 to 100; of a match its weight
  // in bits.
  double weight = 0;
};

// What somebody says to a question. The numbers never change.
enum class ReviewAnswer : uint8_t {
  kSame = 1,       // Merges them, and leaves a must-link.
  kDifferent = 2,  // Leaves a cannot-link.
  kDismiss = 3,    // Neither; the same question is not put again.
};

// Which questions are wanted; those of the greatest weight come first.
struct ReviewQuery {
  // Zero: of all customers.
  CustomerId customer = 0;
  // 1 to 1,000 (kInvalidArgument).
  size_t limit = 100;
};

// One change of who is who, for those who keep customer ids elsewhere: a table
// of a step for each id, followed from id to id. Whoever applies every change
// in its order, some of them again, has at the last what GetCustomer answers:
//
//   kMerged  The step of `from` is to `to`.
//   kSplit   `to` has no step: she is a customer. What is kept for the records
//            that moved goes from `from` to her.
//   kErased  Nobody stands behind `from` any more: what is kept under her id,
//            or an id that leads to her, is to go. The id never comes back.
struct IdentityChange {
  // The numbers never change.
  enum class Kind : uint8_t {
    // `to` stands for `from`, who is retired, or was before and led to another.
    kMerged = 1,
    kSplit = 2,  // Some records of `from` became, or went back to, `to`.
    // `from` was erased, with all ids that lead to her; `to` is zero.
    kErased = 3,
  };
  Kind kind = Kind::kMerged;
  Position position = 0;
  CustomerId from = 0;
  CustomerId to = 0;
  // Of kSplit: the records that moved, ascending. Of kErased: hers.
  std::vector<RecordId> records = {};
};

// A page of changes.
struct IdentityChanges {
  std::vector<IdentityChange> changes = {};
  // Everything up to here has been looked at: the next `after`.
  Position position = 0;
};

// One piece of evidence in an explanation.
struct IdentityEvidence {
  // The numbers never change.
  enum class Kind : uint8_t {
    kSharedIdentifier = 1,  // Both named it.
    kLink = 2,              // Why record a joined the customer of record b.
    kMerge = 3,             // A merge, by an event or by hand.
    kAssertion = 4,         // A must-link or a cannot-link.
    kGuard = 5,             // What stands, or stood, against it: `reason`.
  };
  Kind kind = Kind::kLink;
  RecordId a = 0;
  RecordId b = 0;
  // Where it lies in the log; zero: nowhere in particular.
  Position position = 0;
  std::string name_space = {};
  int confidence = 0;
  IdentityReason reason = IdentityReason::kNone;
  // +1: for, -1: against, 0: neither.
  int sign = 0;
  // Of a merge by a match: bits. Zero: it was none.
  double weight = 0;
};

// Why two customers are one, or are not.
struct IdentityExplanation {
  // As they stand now: equal when they are one.
  CustomerId a = 0;
  CustomerId b = 0;
  // Evidence for and against, in the order of the log.
  std::vector<IdentityEvidence> evidence = {};
  // The same for people: some lines of English, without any value of an
  // identifier.
  std::string text = {};

  bool together() const { return a == b; }
};

// One step in the making of a customer.
struct IdentityStep {
  // The numbers never change.
  enum class Kind : uint8_t { kBegan = 1, kAttached = 2, kMerged = 3 };
  Kind kind = Kind::kBegan;
  Position position = 0;
  RecordId record = 0;     // Which came in; of kMerged zero.
  CustomerId retired = 0;  // Of kMerged: whose records came in.
  std::string matched_by = {};
  int confidence = 100;
  // Of a choice by hand or a match: who, and why.
  std::string by = {};
  std::string why = {};
  // Of a merge by a match: bits. Zero: it was none.
  double weight = 0;
};

// How a customer came to be, in order.
struct IdentityHistory {
  CustomerId customer = 0;
  std::vector<IdentityStep> steps = {};
  std::string text = {};  // For people.
};

// How ReResolve is to run.
struct ReResolveOptions {
  // Only counts and lists what would change.
  bool dry_run = true;
  // As in MergeOptions.
  std::string by = {};
  std::string why = {};
  // Called with events done and in all, on the calling thread; false cancels
  // (kCancelled), and nothing was changed.
  std::function<bool(uint64_t done, uint64_t total)> progress = {};
};

// What it found.
struct ReResolveReport {
  uint64_t records = 0;
  uint64_t customers_before = 0;
  uint64_t customers_after = 0;
  uint64_t records_moved = 0;
  // The first 1,000.
  std::vector<IdentityChange> changes = {};
  // Of the last choice that was written; zero: none.
  Position position = 0;
};

}  // namespace crm

#endif  // CRM_INCLUDE_IDENTITY_H_
