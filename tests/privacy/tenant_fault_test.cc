// A drop of a tenant that is cut off at any point comes to the same end: it is
// done, or it never was. And nothing that sealed it is left in the files.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fault/faulty_disk.h"
#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;
using Style = FaultyDisk::Style;

constexpr int kPeople = 8;
constexpr char kGone[] = "club";
constexpr char kStays[] = "spa";

class Trial {
 public:
  Trial() : path_(scratch_ / "s") {
    Store store = MustOpenIt();
    for (const char* name : {kGone, kStays}) {
      Tenant tenant = MustTenant(store, name);
      for (int i = 0; i < kPeople; ++i) {
        MustAppendOne(tenant, MemberEvent("e" + std::to_string(i), i));
      }
      MustAppendOne(tenant, MakeEvent("nobody", {}),
                    {.offset = HostOffset{"host", "1"}});
      REQUIRE_OK(tenant.Erase(3));
    }
    before_ = Everything(MustTenant(store, kStays));
    REQUIRE_OK(store.Close());
  }

  // How many points there are.
  uint64_t Drop(uint64_t point, Style style) {
    uint64_t points = 0;
    {
      Store store = MustOpenIt();
      faulty_.Reset();
      if (point > 0) faulty_.FailAt(point, style);
      acknowledged_ = store.DropTenant(kGone, {.confirm = true}).ok();
      points = faulty_.points();
      (void)store.Close().ok();
    }
    if (style == Style::kPowerOff) REQUIRE(faulty_.DropUnsynced().ok());
    faulty_.Reset();
    return points;
  }

  void Check() {
    {
      Store store = MustOpenIt();
      const bool dropped =
          store.Tenant(kGone).status().code() == StatusCode::kErased;
      if (acknowledged_) CHECK(dropped);
      if (!dropped) {
        // As if nobody had asked.
        CHECK(store.TenantNames().size() == 2);
        REQUIRE_OK(MustTenant(store, kGone).GetProfile(1));
        CheckSound(store);
        REQUIRE_OK(store.DropTenant(kGone, {.confirm = true}));
      }
      CheckDropped(store);
      REQUIRE_OK(store.Close());
    }
    // Nothing is left to be done.
    Store store = MustOpenIt();
    CheckDropped(store);
    REQUIRE_OK(store.Close());
  }

 private:
  Store MustOpenIt() {
    StoreOptions options = Quick();
    options.key_file = scratch_ / "key";
    Result<Store> store = Store::OpenOn(path_, options, faulty_.disk());
    REQUIRE_OK(store);
    return *std::move(store);
  }
  void CheckDropped(Store& store) {
    CHECK_CODE(store.Tenant(kGone), kErased);
    CHECK(store.TenantNames() == std::vector<std::string>{kStays});
    CHECK(Everything(MustTenant(store, kStays)) == before_);
    CheckSound(store);
  }

  const Scratch scratch_;
  FaultyDisk faulty_;
  std::string path_;
  std::string before_;
  bool acknowledged_ = false;
};

TEST_CASE("a drop that is cut off at any point comes to the same end") {
  uint64_t points = 0;
  {
    Trial trial;
    points = trial.Drop(0, Style::kOnce);
    trial.Check();
  }
  MESSAGE(points << " points");
  REQUIRE(points > 10);
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
      Trial trial;
      trial.Drop(point, how);
      trial.Check();
    }
  }
}

}  // namespace
}  // namespace crm
