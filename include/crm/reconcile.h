// Reconcile: is everything that a file says in the store, and nothing else?
//
//   auto report = crm::ReconcileFile(tenant, "members.csv", import_options);
//   if (report->same()) ...                 // The migration is complete.
//   for (const auto& count : report->counts) // By source and type.
//     Print(count.source, count.type, count.file, count.stored, count.missing);
//
// Reads a file as ImportFile does, with the same options, writes nothing, and
// compares. An event is found when its id is in the store with the same
// content. Importing a file and reconciling it, in any order and as often as
// one likes, changes nothing that a first import did not change.
//
// Compared are the sources that occur in the file: what the store has of others
// is not looked at. Nobody should append to these sources meanwhile.
//
// Memory: two bits for each position of the log, some 50 bytes for each
// customer of these sources, and what a dry run keeps of events that are
// missing.
// Thread safety: any thread.

#ifndef CRM_INCLUDE_RECONCILE_H_
#define CRM_INCLUDE_RECONCILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crm/ingest.h"
#include "crm/status.h"
#include "crm/store.h"
#include "crm/types.h"

namespace crm {

struct ReconcileOptions {
  // The file is one of several of these sources: what the store has beyond it
  // is counted, and is no difference.
  bool partial = false;
  // At most so many differences, and so many customers, are listed. All of them
  // are counted.
  size_t max_listed = 1000;
};

// Events of one source and type. file = found + missing + conflicting.
struct ReconcileCount {
  std::string source = {};
  std::string type = {};
  uint64_t file = 0;         // In the file, each once.
  uint64_t stored = 0;       // In the store, of this source and type.
  uint64_t found = 0;        // In both, and the same.
  uint64_t missing = 0;      // In the file alone.
  uint64_t conflicting = 0;  // Another event of the store has the id.
  uint64_t extra = 0;        // In the store alone.

  bool operator==(const ReconcileCount&) const = default;
};

// A customer for whom file and store do not agree.
struct ReconcileCustomer {
  CustomerId customer = 0;
  uint64_t file = 0;    // Events of the file that are hers, or would be.
  uint64_t found = 0;   // Of them, in the store.
  uint64_t stored = 0;  // Hers in the store, of these sources.
};

enum class ReconcileKind : uint8_t {
  kMissing = 1,
  kConflict = 2,
  kExtra = 3,
  kRejected = 4,  // A row that an import would refuse.
};

// One difference. No id: it would be personal; line and position find it.
struct ReconcileDifference {
  ReconcileKind kind = ReconcileKind::kMissing;
  uint64_t line = 0;      // Of the file; zero: kExtra.
  Position position = 0;  // In the store, of kConflict (zero: the file
                          // contradicts itself) and kExtra.
  std::string source = {};
  std::string type = {};
  CustomerId customer = 0;   // Zero: nobody, or somebody new.
  std::string message = {};  // Of kRejected.
};

struct ReconcileReport {
  uint64_t read = 0;      // Rows of the file.
  uint64_t repeated = 0;  // Rows that say what a row before them says.
  uint64_t rejected = 0;
  // The sums of `counts`.
  ReconcileCount total = {};
  // By source, then type.
  std::vector<ReconcileCount> counts = {};
  // Customers who would be made by an import.
  uint64_t new_customers = 0;
  // All for whom file and store do not agree; `customers` lists the first, by
  // number.
  uint64_t customers_total = 0;
  std::vector<ReconcileCustomer> customers = {};
  // Missing, conflicting, rejected and, unless partial, extra.
  uint64_t differences_total = 0;
  // Those of the file in its order, then those of the store in its.
  std::vector<ReconcileDifference> differences = {};

  bool same() const { return differences_total == 0; }
};

// Compares `path` ("-": standard input) with `tenant`. Of `import` these are
// not looked at: strict, dry_run, backfill, durability, threads, max_rejected.
// Errors: as ImportFile.
Result<ReconcileReport> ReconcileFile(Tenant& tenant, const std::string& path,
                                      const ImportOptions& import = {},
                                      const ReconcileOptions& options = {});

}  // namespace crm

#endif  // CRM_INCLUDE_RECONCILE_H_
