#include "privacy/cut_off.h"

#include <unistd.h>

#include <cstdlib>
#include <iterator>
#include <utility>

namespace crm {

using Style = FaultyDisk::Style;

FaultyStore::FaultyStore(StoreOptions options)
    : path_(scratch_ / "s"), options_(std::move(options)) {
  options_.key_file = key_file();
}

Store FaultyStore::MustOpen() {
  Result<Store> store = Store::OpenOn(path_, options_, faulty_.disk());
  REQUIRE_OK(store);
  return *std::move(store);
}

uint64_t FaultyStore::Cut(uint64_t point, Style style,
                          const std::function<void(Store&)>& call,
                          const std::function<void(Store&)>& make_ready) {
  uint64_t points = 0;
  {
    Store store = MustOpen();
    if (make_ready) make_ready(store);
    faulty_.Reset();
    if (point > 0) faulty_.FailAt(point, style);
    call(store);
    points = faulty_.points();
    (void)store.Close().ok();
  }
  if (style == Style::kPowerOff) REQUIRE(faulty_.DropUnsynced().ok());
  faulty_.Reset();
  return points;
}

void CutOffEverywhere(uint64_t least,
                      const std::function<uint64_t(uint64_t, Style)>& trial) {
  const uint64_t points = trial(0, Style::kOnce);
  MESSAGE(points << " points");
  REQUIRE(points > least);
  // Every point, or a sample: another one in each run of the test.
  const bool all = std::getenv("CRM_TEST_ALL_POINTS") != nullptr;
  const uint64_t step = all ? 1 : 9;
  constexpr Style kStyles[] = {Style::kPowerOff, Style::kOnce, Style::kPowerOff,
                               Style::kForever, Style::kNoSpace};
  for (uint64_t point = 1 + static_cast<uint64_t>(getpid()) % step;
       point <= points; point += step) {
    for (size_t style = 0; style < (all ? std::size(kStyles) : 1); ++style) {
      const Style how = kStyles[(point / step + style) % std::size(kStyles)];
      CAPTURE(point);
      CAPTURE(static_cast<int>(how));
      trial(point, how);
    }
  }
}

}  // namespace crm
