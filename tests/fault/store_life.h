// A small life of a store, for sweeps over its I/O points, and what must be
// true of the store afterwards.

#ifndef CRM_TESTS_FAULT_STORE_LIFE_H_
#define CRM_TESTS_FAULT_STORE_LIFE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crm/store.h"
#include "storage/disk.h"

namespace crm {

// One request, and what was said about it.
struct SentRequest {
  enum class Fate : uint8_t { kUndecided, kOs, kSync };
  std::string tenant;
  std::vector<uint64_t> numbers;
  std::vector<Position> positions;  // Empty while undecided.
  Fate fate = Fate::kUndecided;
};

class StoreLife final {
 public:
  // The store is `directory`, its key lies beside it, and so does the file
  // that is imported.
  StoreLife(std::shared_ptr<Disk> disk, std::string directory);

  // Creates, appends, defines a schema, flushes, closes, opens again, appends
  // what is known and what is new, imports, closes. Goes on after an error, as
  // a host might. The first error.
  Status Live();

  // What must hold once the disk is sound again. `power_cut`: what was not
  // synced may be gone. Empty: all is well; else what is not.
  std::string Check(bool power_cut);

  // Why the first open was refused in Check; empty when it was not.
  const std::string& refusal() const { return refusal_; }

 private:
  void Send(Store& store, uint64_t first, uint64_t count, size_t size,
            Durability durability);
  void SendOne(Store& store, const std::string& tenant,
               const std::vector<uint64_t>& numbers, Durability durability);
  void SyncAll(Store& store);
  void Import(Store& store);
  void Define(Store& store);
  void FirstSession();
  void SecondSession();
  void Note(const Status& status);
  std::string CheckOpen(Store& store, bool power_cut);
  std::string CheckRequest(Store& store, const SentRequest& sent, Position head,
                           bool power_cut);
  std::string CheckDefined(Store& store) const;
  StoreOptions Options(bool create) const;

  std::shared_ptr<Disk> disk_;
  std::string directory_;
  std::vector<SentRequest> sent_;
  Position defined_ = 0;  // Acknowledged: a schema at this position.
  Status first_error_;
  std::string refusal_;
};

}  // namespace crm

#endif  // CRM_TESTS_FAULT_STORE_LIFE_H_
