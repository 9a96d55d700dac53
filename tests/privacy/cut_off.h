// What the tests of long calls share (erasures, rotations, drops of tenants):
// a store whose disk fails at one point of such a call, and the sweep over all
// of its points.
//
//   class Trial {            // A store of its own, and what must hold.
//    public:
//     uint64_t Rotate(uint64_t point, FaultyDisk::Style style);
//     void Check();
//   };
//   CutOffEverywhere(10, [](uint64_t point, FaultyDisk::Style style) {
//     Trial trial;
//     const uint64_t points = trial.Rotate(point, style);
//     trial.Check();
//     return points;
//   });

#ifndef CRM_TESTS_PRIVACY_CUT_OFF_H_
#define CRM_TESTS_PRIVACY_CUT_OFF_H_

#include <cstdint>
#include <functional>
#include <string>

#include "fault/faulty_disk.h"
#include "store/fixture.h"

namespace crm {

// A store in a folder of its own, on a disk that fails on demand. Its key file
// lies beside it.
class FaultyStore final {
 public:
  explicit FaultyStore(StoreOptions options = Quick());

  const std::string& path() const { return path_; }
  std::string key_file() const { return scratch_ / "key"; }
  Store MustOpen();

  // Opens the store and makes it ready, and then does the call with a fault at
  // this point of it; at point 0 with none. Closes it; of a power cut, what was
  // not synced is lost. How many points the call has.
  uint64_t Cut(uint64_t point, FaultyDisk::Style style,
               const std::function<void(Store&)>& call,
               const std::function<void(Store&)>& make_ready = {});

 private:
  const Scratch scratch_;
  const std::string path_;
  StoreOptions options_;
  FaultyDisk faulty_;
};

// Runs the trial without a fault, which must have more than `least` points, and
// then with a fault at points of it: at a sample, another one in each run of
// the test, in one style each, mostly of power cuts; with CRM_TEST_ALL_POINTS
// in the environment at every point, in all styles.
void CutOffEverywhere(
    uint64_t least,
    const std::function<uint64_t(uint64_t point, FaultyDisk::Style style)>&
        trial);

}  // namespace crm

#endif  // CRM_TESTS_PRIVACY_CUT_OFF_H_
