// The tenants of a store: who they are, and letting one of them go for good.
//
// A tenant is a wall: every event, customer and question belongs to one. One
// that leaves is *dropped*: Store::DropTenant. It is the erasure of everything
// at once, and goes in steps, each of them durable, so that a crash at any
// point is finished by the next open:
//
//   dropped     A record in the log says that the tenant is gone, when, and
//               why. From that instant on every call on one of its handles
//               answers kErased, and nothing is appended for it any more.
//   keys gone   Its wrapping key is destroyed, and with it every key that
//               sealed something of it: of records, months, buckets, its data
//               key and the secret of its look-up hashes. The files that held
//               them are rewritten. From here on nobody can read what is
//               sealed: in the log, in a backup, in a copy.
//   views       Its rows go from the views, its offsets, checkpoints of
//   emptied     subscriptions and counters of refused events from the log's
//               other half.
//   complete
//
// What stays: the records of the log as noise, with their open parts (types,
// times, numbers, links of the ledger), because the log is one chain that can
// still be checked; its name; and the record that says so. The name is not
// given again: Store::Tenant answers kErased for it. A restore of an older
// backup does not bring the tenant back either: the keys say that it was
// dropped, and the record is written again before anybody can read. Only keys
// that are older than that would; drop the tenant again then.
//
// There is no certificate, because the key that would sign it is destroyed.
// Proofs and checkpoints of its ledger that were taken before go on to verify
// with its public key (Tenant::GetLedgerKey): take them before.
//
//   crm::DropTenantOptions options;
//   options.dry_run = true;
//   auto plan = store->DropTenant("golf-club", options);  // What would go.
//   crm::ExportStore(*store, "golf-club.ndjson.gz", {.tenant = "golf-club"});
//   options = {.confirm = true, .why = "contract ended"};
//   auto dropped = store->DropTenant("golf-club", options);
//
// An export of one tenant (crm/export.h) is a whole export: ImportStore makes
// the same tenant of it in an empty store, with the same checksums.

#ifndef CRM_INCLUDE_TENANTS_H_
#define CRM_INCLUDE_TENANTS_H_

#include <cstdint>
#include <string>

#include "crm/types.h"

namespace crm {

// One tenant, as Store::ListTenants tells.
struct TenantEntry {
  std::string name = {};
  // Of one that was dropped: how many of its events are noise in the log.
  uint64_t events = 0;
  // Those that were merged away or erased are not counted. Zero when the tenant
  // was dropped, as is the next.
  uint64_t customers = 0;
  uint64_t records = 0;
  // Of the record that says that it was dropped; zero: it was not, and the next
  // three say nothing.
  Position dropped_position = 0;
  Timestamp dropped_at = {};
  std::string dropped_by = {};
  std::string dropped_why = {};
};

// How Store::DropTenant is to run.
struct DropTenantOptions {
  // Says what would go, and changes nothing.
  bool dry_run = false;
  // Needed, unless it is a dry run: there is no way back.
  bool confirm = false;
  // Who asked for it, and why: kept in the log in the clear, and not erased:
  // write nothing personal. Each up to 256 bytes.
  std::string by = {};
  std::string why = {};
};

// What was dropped, or would be.
struct TenantDrop {
  std::string tenant = {};
  // Of the record in the log. Zero: a dry run.
  Position position = 0;
  Timestamp at = {};
  uint64_t events = 0;
  uint64_t customers = 0;
  uint64_t records = 0;
  // Keys of records (those made ahead, too), months and buckets.
  uint64_t keys = 0;
  // Legal holds that are open: as long as there is one, the tenant is not
  // dropped.
  uint64_t holds = 0;
};

}  // namespace crm

#endif  // CRM_INCLUDE_TENANTS_H_
