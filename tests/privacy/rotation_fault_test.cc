// A rotation of keys that is cut off at any point: the store opens with the
// key file as it lies there, everything can be read, and the next rotation
// completes it. Nothing of the keys before is left in the files then.

#include <filesystem>

#include "privacy/cut_off.h"
#include "privacy/key_rows.h"
#include "store/files.h"

namespace crm {
namespace {

using Style = FaultyDisk::Style;

constexpr int kPeople = 12;

Event Named(const std::string& id, int person) {
  const std::string number = std::to_string(person);
  return MakeEvent(id, {{"sclMemberId", "m-" + number}},
                   "{\"traits\":{\"name\":\"Person " + number + "\"}}");
}

// Two tenants, with a fault at a point of a rotation.
class Trial {
 public:
  Trial() {
    Store store = store_.MustOpen();
    for (const char* name : {"club", "spa"}) {
      Tenant tenant = MustTenant(store, name);
      for (int i = 0; i < kPeople; ++i) {
        MustAppendOne(tenant, Named("e" + std::to_string(i), i));
      }
      MustAppendOne(tenant, MakeEvent("nobody", {}));
      REQUIRE_OK(tenant.Erase(3));
    }
    REQUIRE_OK(store.Close());
    stored_ = StoredKeys(store_.path());
  }

  // How many points there are.
  uint64_t Rotate(uint64_t point, Style style) {
    return store_.Cut(point, style,
                      [](Store& store) { (void)store.RotateKeys().ok(); });
  }

  // Twice: as it was left, and rotated for good.
  void Check() {
    {
      Store store = store_.MustOpen();
      CheckAll(store);
      REQUIRE_OK(store.RotateKeys());
      REQUIRE_OK(store.Close());
    }
    CHECK(std::filesystem::file_size(store_.key_file()) == 44);
    const std::string files = AllBytes(store_.path() + "/keys");
    size_t left = 0;
    // Some of all: there are thousands, made ahead.
    for (size_t i = 0; i < stored_.size(); i += stored_.size() / 40 + 1) {
      left += files.find(stored_[i]) != std::string::npos ? 1 : 0;
    }
    CHECK(left == 0);
    Store store = store_.MustOpen();
    CheckAll(store);
    REQUIRE_OK(store.Close());
  }

 private:
  static void CheckAll(Store& store) {
    for (const char* name : {"club", "spa"}) {
      Tenant tenant = MustTenant(store, name);
      CHECK(Walk(tenant.Replay({})).size() == kPeople + 1);
      CHECK_CODE(tenant.GetProfile(3), kErased);
      for (CustomerId id = 1; id <= kPeople; ++id) {
        if (id == 3) continue;
        const auto profile = tenant.GetProfile(id);
        REQUIRE_OK(profile);
        CHECK(profile->Find("name")->value ==
              "\"Person " + std::to_string(id - 1) + "\"");
      }
    }
    CheckSound(store);
  }

  FaultyStore store_;
  std::vector<std::string> stored_;
};

TEST_CASE("a rotation that is cut off at any point loses no key") {
  CutOffEverywhere(10, [](uint64_t point, Style style) {
    Trial trial;
    const uint64_t points = trial.Rotate(point, style);
    trial.Check();
    return points;
  });
}

}  // namespace
}  // namespace crm
