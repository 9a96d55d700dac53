// A rotation of keys that is cut off at any point: the store opens with the
// key file as it lies there, everything can be read, and the next rotation
// completes it. Nothing of the keys before is left in the files then.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/coding.h"
#include "fault/faulty_disk.h"
#include "storage/database.h"
#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;
using Style = FaultyDisk::Style;

constexpr int kPeople = 12;

Event Named(const std::string& id, int person) {
  const std::string number = std::to_string(person);
  return MakeEvent(id, {{"sclMemberId", "m-" + number}},
                   "{\"traits\":{\"name\":\"Person " + number + "\"}}");
}

// Every row of keys/ as it is stored.
std::vector<std::string> StoredKeys(const std::string& store) {
  DatabaseOptions options;
  constexpr FamilyKind kPoint = FamilyKind::kPoint;
  options.families = {{"default", kPoint},
                      {"records", kPoint},
                      {"months", kPoint},
                      {"buckets", kPoint},
                      {"erasures", kPoint}};
  options.must_exist = true;
  const auto database =
      Database::Open(store + "/keys", Disk::Machine(), options);
  REQUIRE_OK(database);
  std::vector<std::string> rows;
  for (size_t family = 0; family < 4; ++family) {
    REQUIRE_OK((*database)->ScanBackward(
        family, {}, {}, [&](std::string_view, std::string_view value) {
          if (value.size() > 32) rows.emplace_back(value);
          return true;
        }));
  }
  return rows;
}

std::string AllBytes(const std::string& directory) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

// Two tenants, with a fault at a point of a rotation.
class Trial {
 public:
  Trial() : path_(scratch_ / "s") {
    Store store = MustOpenIt();
    for (const char* name : {"club", "spa"}) {
      Tenant tenant = MustTenant(store, name);
      for (int i = 0; i < kPeople; ++i) {
        MustAppendOne(tenant, Named("e" + std::to_string(i), i));
      }
      MustAppendOne(tenant, MakeEvent("nobody", {}));
      REQUIRE_OK(tenant.Erase(3));
    }
    REQUIRE_OK(store.Close());
    stored_ = StoredKeys(path_);
  }

  // How many points there are.
  uint64_t Rotate(uint64_t point, Style style) {
    uint64_t points = 0;
    {
      Store store = MustOpenIt();
      faulty_.Reset();
      if (point > 0) faulty_.FailAt(point, style);
      (void)store.RotateKeys().ok();
      points = faulty_.points();
      (void)store.Close().ok();
    }
    if (style == Style::kPowerOff) REQUIRE(faulty_.DropUnsynced().ok());
    faulty_.Reset();
    return points;
  }
  // Twice: as it was left, and rotated for good.
  void Check() {
    {
      Store store = MustOpenIt();
      CheckAll(store);
      REQUIRE_OK(store.RotateKeys());
      REQUIRE_OK(store.Close());
    }
    CHECK(fs::file_size(scratch_ / "key") == 44);
    const std::string files = AllBytes(path_ + "/keys");
    size_t left = 0;
    // Some of all: there are thousands, made ahead.
    for (size_t i = 0; i < stored_.size(); i += stored_.size() / 40 + 1) {
      left += files.find(stored_[i]) != std::string::npos ? 1 : 0;
    }
    CHECK(left == 0);
    Store store = MustOpenIt();
    CheckAll(store);
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

  const Scratch scratch_;
  FaultyDisk faulty_;
  std::string path_;
  std::vector<std::string> stored_;
};

TEST_CASE("a rotation that is cut off at any point loses no key") {
  uint64_t points = 0;
  {
    Trial trial;
    points = trial.Rotate(0, Style::kOnce);
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
      trial.Rotate(point, how);
      trial.Check();
    }
  }
}

}  // namespace
}  // namespace crm
