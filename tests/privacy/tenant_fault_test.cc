// A drop of a tenant that is cut off at any point comes to the same end: it is
// done, or it never was. And no key that sealed it is left in the files.

#include "base/coding.h"
#include "privacy/cut_off.h"
#include "privacy/key_rows.h"
#include "store/files.h"

namespace crm {
namespace {

using Style = FaultyDisk::Style;

constexpr int kPeople = 8;
constexpr char kGone[] = "club";
constexpr char kStays[] = "spa";

// Keys of the tenant that goes, the first one, as they are stored.
std::vector<std::string> KeysOfGone(const std::string& store) {
  std::string lower;
  std::string upper;
  PutBe32(&lower, 1);
  PutBe32(&upper, 2);
  return StoredKeys(store, lower, upper);
}

class Trial {
 public:
  Trial() {
    Store store = store_.MustOpen();
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
    stored_ = KeysOfGone(store_.path());
    REQUIRE(stored_.size() > 40);
  }

  // How many points there are.
  uint64_t Drop(uint64_t point, Style style) {
    return store_.Cut(point, style, [&](Store& store) {
      acknowledged_ = store.DropTenant(kGone, {.confirm = true}).ok();
    });
  }

  void Check() {
    {
      Store store = store_.MustOpen();
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
    // Of its keys one row is left, which holds none.
    CHECK(KeysOfGone(store_.path()).size() <= 1);
    const std::string files = AllBytes(store_.path() + "/keys");
    size_t left = 0;
    // Some of all: there are thousands, made ahead. The first is the row that
    // held the wrapping key.
    for (size_t i = 0; i < stored_.size(); i += stored_.size() / 40) {
      left += files.find(stored_[i]) != std::string::npos ? 1 : 0;
    }
    CHECK(left == 0);
    // Nothing is left to be done.
    Store store = store_.MustOpen();
    CheckDropped(store);
    REQUIRE_OK(store.Close());
  }

 private:
  void CheckDropped(Store& store) {
    CHECK_CODE(store.Tenant(kGone), kErased);
    CHECK(store.TenantNames() == std::vector<std::string>{kStays});
    CHECK(Everything(MustTenant(store, kStays)) == before_);
    CheckSound(store);
  }

  FaultyStore store_;
  std::string before_;
  std::vector<std::string> stored_;
  bool acknowledged_ = false;
};

TEST_CASE("a drop that is cut off at any point comes to the same end") {
  CutOffEverywhere(10, [](uint64_t point, Style style) {
    Trial trial;
    const uint64_t points = trial.Drop(point, style);
    trial.Check();
    return points;
  });
}

}  // namespace
}  // namespace crm
