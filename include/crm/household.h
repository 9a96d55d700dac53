// Households: customers who live together, and stay who they are.
//
// A household is a relation. Nobody is merged by it, no identifier moves, and
// no event changes hands: it has a number, a name if the host gives it one, and
// members. Somebody says who belongs to it, or a run finds out.
//
//   auto made = tenant->ChangeHousehold({.name = "H-4711",
//                                        .join = {{7}, {12}},
//                                        .by = "support desk"});
//   tenant->ChangeHousehold({.household = *made, .leave = {12}});
//   auto hers = tenant->ListHouseholds({.customer = 7});
//
//   crm::HouseholdMatchOptions options;            // A dry run.
//   auto would = tenant->MatchHouseholds(options);
//
// Who is a member
//   A membership belongs to the record that began the customer's id, whoever
//   has that record now. So it needs no step when customers are merged (the one
//   who stays is a member wherever one of the two was), and an unmerge gives
//   each her own households back. Who leaves does so with every record that
//   makes her a member then. Erasing a customer takes her out of every
//   household, and nothing of her stays in any.
//   A customer may be in several households, and a household may be empty: its
//   number stays, and is never another's.
//
// By hand, or derived
//   What a run finds is derived: the next run changes it again when the
//   evidence has changed. What is said by hand stays: a run neither takes out
//   who was put in by hand, nor puts in who left by hand, and a household that
//   was made by hand is nobody's but the host's. Whoever is in one by hand is
//   put in no other by a run.
//
// What a run finds
//   Two customers go together when enough speaks for it (min_evidence), and
//   more than a surname: the same address (street with house number, and
//   postcode or city), the same e-mail address or telephone (in their profiles,
//   or as an identifier that both named), another identifier that both named,
//   the same surname. A value that more than max_members customers share says
//   nothing: it is an office, a block of flats, a role address. Groups grow
//   from the pairs for which most speaks, and two groups join when half of the
//   pairs between them share a value: a chain of neighbours is no household.
//   The same store gives the same answer, and a second run finds nothing to do.
//
// Every change is a choice in the log (ChoiceView::Kind::kHousehold): it is
// there in replays, backups and exports, and says nothing about a person but
// numbers and kinds of evidence.

#ifndef CRM_INCLUDE_HOUSEHOLD_H_
#define CRM_INCLUDE_HOUSEHOLD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crm/match.h"
#include "crm/types.h"

namespace crm {

// The number of a household, from 1 within its tenant.
using HouseholdId = uint64_t;

// What speaks for a membership, as bits that are added. They never change.
enum class HouseholdEvidence : uint32_t {
  kAddress = 1,
  kEmail = 2,
  kPhone = 4,
  kSurname = 8,
  kIdentifier = 16,  // Another shareable or ephemeral identifier.
};
inline constexpr uint32_t kAllHouseholdEvidence = 31;

// "address", "email", "phone", "surname", "identifier", in this order; of bits
// that are none, nothing.
std::vector<std::string_view> HouseholdEvidenceNames(uint32_t evidence);

inline constexpr size_t kMaxHouseholdNameBytes = 128;
// Of one household, those who left by hand included.
inline constexpr size_t kMaxHouseholdMembers = 1'000;

// A member of a household.
struct HouseholdMember {
  CustomerId customer = 0;
  // The record that the membership belongs to; of several of hers the first.
  RecordId record = 0;
  // Of the choice by which she is a member.
  Position position = 0;
  // Bits of HouseholdEvidence. Zero: by hand.
  uint32_t evidence = 0;
};

// A household as it is.
struct Household {
  HouseholdId id = 0;
  // Unique in the tenant; empty: it has none.
  std::string name = {};
  // A run made it; else somebody did.
  bool derived = false;
  // Of the choice that made it, when that was, who did, and why.
  Position position = 0;
  Timestamp at = {};
  std::string by = {};
  std::string why = {};
  // By customer.
  std::vector<HouseholdMember> members = {};
};

// Somebody who joins.
struct HouseholdJoin {
  CustomerId customer = 0;
  // Bits of HouseholdEvidence: of a change that is derived at least one, of any
  // other none.
  uint32_t evidence = 0;

  bool operator==(const HouseholdJoin&) const = default;
};

// What is to become of a household.
struct HouseholdChange {
  // Zero: a new one.
  HouseholdId household = 0;
  // Of a new one, up to 128 bytes: its name elsewhere, such as a number. It is
  // kept in the log for good: never the name of a person.
  std::string name = {};
  // Who is a member already stays one; by hand, if she was derived.
  std::vector<HouseholdJoin> join = {};
  std::vector<CustomerId> leave = {};
  // True: some finder of the host's says so, other than MatchHouseholds, and
  // it may be changed again by either. False: by hand.
  bool derived = false;
  // Who says so, and why: kept in the log for good, so write nothing about the
  // persons. Each up to 256 bytes.
  std::string by = {};
  std::string why = {};
};

// Which households are wanted. Several conditions are all to hold.
struct HouseholdQuery {
  // Zero, zero, empty: any.
  HouseholdId household = 0;
  CustomerId customer = 0;
  std::string name = {};
  // Also those without members.
  bool empty = false;
  // Pages: only numbers greater than this one, 1 to 1,000 of them.
  HouseholdId after = 0;
  size_t limit = 100;
};

// How households are looked for.
struct HouseholdMatchOptions {
  // Only says what would come of it.
  bool dry_run = true;
  // As in MatchCustomersOptions.
  std::string fields = {};
  // So many kinds of evidence two customers need, 1 to 4: one of them is more
  // than a surname.
  int min_evidence = 2;
  // So many members a household has at most, 2 to 100; a value that more
  // customers share is no evidence.
  size_t max_members = 10;
  // As in HouseholdChange.
  std::string by = {};
  std::string why = {};
  // Steps "read" (records) and "pair" (values). It must call nothing of this
  // store; false cancels (kCancelled), and nothing was changed.
  MatchProgressCallback progress = {};
};

// What a run found; of a dry run: what it would change.
struct HouseholdReport {
  uint64_t records = 0;     // That know something of a household.
  uint64_t customers = 0;   // Whose they are.
  uint64_t households = 0;  // Groups that were found.
  uint64_t made = 0;        // Households that are new.
  uint64_t joined = 0;      // Memberships that are new ...
  uint64_t left = 0;        // ... and those that ended.
  // Households that would change, too: a run changes 10,000 at most.
  uint64_t remaining = 0;
  // The first 1,000 changes. Of a dry run a new household is number zero.
  std::vector<HouseholdChange> changes = {};
  // Of the last choice that was written; zero: none.
  Position position = 0;
};

}  // namespace crm

#endif  // CRM_INCLUDE_HOUSEHOLD_H_
