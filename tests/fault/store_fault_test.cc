// Every write, sync and change of names of a store's life fails once, for
// good, for want of space, or because the power goes. Afterwards all that was
// acknowledged is there, every request whole or not at all, and Verify is
// content.

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "fault/faulty_disk.h"
#include "fault/store_life.h"

namespace crm {
namespace {

using Style = FaultyDisk::Style;

constexpr Style kStyles[] = {Style::kOnce, Style::kForever, Style::kNoSpace,
                             Style::kPowerOff};
constexpr const char* kStyleNames[] = {"once", "forever", "no space",
                                       "power off"};
constexpr uint64_t kRuns = 250;

// A folder that is gone with this object; where a sync costs nothing, since
// the disk of these tests has its own idea of one.
class Folder final {
 public:
  Folder() {
    path_ = access("/dev/shm", W_OK) == 0 ? "/dev/shm/crm-fault-XXXXXX"
                                          : "/tmp/crm-fault-XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string store() const { return path_ + "/store"; }

 private:
  std::string path_;
};

uint64_t CountPoints() {
  const Folder folder;
  FaultyDisk faulty;
  StoreLife life(faulty.disk(), folder.store());
  const Status status = life.Live();
  INFO(status.ToString());
  REQUIRE(status.ok());
  const uint64_t points = faulty.points();
  faulty.Reset();
  CHECK(life.Check(false) == "");
  CHECK(life.refusal() == "");
  return points;
}

// One life with one fault. Whether the store could be opened afterwards
// without making it anew.
bool RunWith(uint64_t point, size_t style) {
  const Folder folder;
  FaultyDisk faulty;
  faulty.FailAt(point, kStyles[style]);
  StoreLife life(faulty.disk(), folder.store());
  (void)life.Live();
  const bool power_cut = kStyles[style] == Style::kPowerOff;
  if (power_cut) REQUIRE(faulty.DropUnsynced().ok());
  faulty.Reset();
  const std::string problem = life.Check(power_cut);
  CAPTURE(point);
  CAPTURE(kStyleNames[style]);
  CHECK(problem == "");
  return life.refusal().empty();
}

TEST_CASE("a fault at any point loses nothing that was acknowledged") {
  uint64_t runs = kRuns;
  if (const char* text = std::getenv("CRM_FAULT_RUNS")) {
    runs = std::strtoull(text, nullptr, 10);
  }
  // One point, to look at what a sweep found.
  if (const char* text = std::getenv("CRM_FAULT_POINT")) {
    for (size_t style = 0; style < std::size(kStyles); ++style) {
      RunWith(std::strtoull(text, nullptr, 10), style);
    }
    return;
  }
  const uint64_t points = CountPoints();
  const uint64_t all = points * std::size(kStyles);
  // Odd, so that all styles have their turn.
  const uint64_t step = std::max<uint64_t>(1, all / runs) | 1;
  // Another part of the points in every run of the test.
  const uint64_t seed = static_cast<uint64_t>(getpid()) % step;
  uint64_t done = 0;
  uint64_t refused = 0;
  for (uint64_t run = seed; run < all; run += step, ++done) {
    if (!RunWith(run / std::size(kStyles) + 1, run % std::size(kStyles))) {
      ++refused;
    }
  }
  MESSAGE(points << " points, each in " << std::size(kStyles) << " styles; "
                 << done << " runs, every " << step << "th from " << seed
                 << "; made anew after " << refused);
  CHECK(done > 0);
}

}  // namespace
}  // namespace crm
