// FaultyDisk: a disk over a real directory that fails on demand, for tests.
//
// It counts I/O points: writes (append, write in place, truncate), syncs (of
// files and directories) and metadata (create, rename, link, delete). A sweep
// runs its scenario once without faults to learn their number, then once for
// each point and style:
//
//   FaultyDisk faulty;
//   Scenario(faulty.disk());
//   const uint64_t points = faulty.points();
//   for (uint64_t point = 1; point <= points; ++point) {
//     faulty.Reset();
//     faulty.FailAt(point, FaultyDisk::Style::kPowerOff);
//     Scenario(faulty.disk());     // Fails somewhere; closes everything.
//     faulty.DropUnsynced();       // What a power cut leaves.
//     faulty.Reset();
//     Verify(faulty.disk());
//   }
//
// What a power cut leaves: of each file what was there at its last sync; of
// each directory the names that were there at its last sync, except that
// deletions are final at once (a file system may order them so). Reads count
// as no points and fail only while the power is off, and then only where a
// file is opened. Background threads of RocksDB share the count, so that the
// same point need not be the same operation in every run.
//
// Thread-safe, except that DropUnsynced and Reset need all files closed.

#ifndef CRM_TESTS_FAULT_FAULTY_DISK_H_
#define CRM_TESTS_FAULT_FAULTY_DISK_H_

#include <cstdint>
#include <memory>

#include "crm/status.h"
#include "storage/disk.h"

namespace crm {

class FaultState;

class FaultyDisk final {
 public:
  enum class Style {
    kOnce,      // The point fails with an I/O error, later ones do not.
    kForever,   // From the point on, all points fail with an I/O error.
    kNoSpace,   // From the point on, writes and creations find a full disk.
    kPowerOff,  // From the point on, everything fails.
    kKill,      // The process dies at the point, by SIGKILL.
  };

  FaultyDisk();
  ~FaultyDisk();

  // One and the same each time.
  std::shared_ptr<Disk> disk() const { return disk_; }
  // Points since the last Reset.
  uint64_t points() const;
  // The `point`-th point since the last Reset fails; 1 is the first.
  void FailAt(uint64_t point, Style style);
  // Whether the point of FailAt has come.
  bool Failed() const;
  // Whether the power is off.
  bool PowerLost() const;
  // Takes back what was not synced. Afterwards everything there counts as
  // synced. REQUIRES: nothing of this disk is open.
  Status DropUnsynced();
  // Power on, no fault planned, count 0.
  void Reset();

 private:
  std::shared_ptr<FaultState> state_;
  std::shared_ptr<Disk> disk_;
};

}  // namespace crm

#endif  // CRM_TESTS_FAULT_FAULTY_DISK_H_
