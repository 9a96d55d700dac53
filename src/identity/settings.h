// What a tenant can set about identity: which namespaces there are and how much
// they say, from when on an event attaches and customers merge, and what the
// guards stand at. Defaults are the seeds' and those of the guide to guards.
//
// An IdentitySettings never changes; a new definition makes a new one.

#ifndef CRM_IDENTITY_SETTINGS_H_
#define CRM_IDENTITY_SETTINGS_H_

#include <cstdint>

namespace crm {

struct IdentityRules {
  // Confidence from which on an event may attach, and two customers merge.
  uint8_t attach_bar = 85;
  uint8_t merge_bar = 95;
  // Two customers who meet are merged by events at all.
  bool automatic_merges = true;
  // A shareable value that so many different people claim links nobody.
  uint32_t shared_after = 3;
  // Per customer.
  uint32_t values_per_shareable = 5;
  uint32_t identifiers = 1000;
  uint32_t records = 200;
  uint32_t merges = 100;
  // Merges by events in a minute of recorded time, before merging pauses.
  uint32_t merges_per_minute = 1000;
  // A phone number not seen for so long no longer attaches; 0: never.
  uint32_t phone_months = 18;
};

}  // namespace crm

#endif  // CRM_IDENTITY_SETTINGS_H_
