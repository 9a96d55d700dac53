// A drop of a tenant that is cut off at any point comes to the same end: it is
// done, or it never was. And no key that sealed it is left in the files.

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

constexpr int kPeople = 8;
constexpr char kGone[] = "club";
constexpr char kStays[] = "spa";

// Rows of keys/ as they are stored, of the tenant of this number.
std::vector<std::string> StoredKeys(const std::string& store, uint32_t tenant) {
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
  std::string lower;
  std::string upper;
  PutBe32(&lower, tenant);
  PutBe32(&upper, tenant + 1);
  std::vector<std::string> rows;
  for (size_t family = 0; family < 4; ++family) {
    REQUIRE_OK((*database)->ScanBackward(
        family, lower, upper, [&](std::string_view, std::string_view value) {
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
    stored_ = StoredKeys(path_, 1);
    REQUIRE(stored_.size() > 40);
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
    // Of its keys one row is left, which holds none.
    CHECK(StoredKeys(path_, 1).size() <= 1);
    const std::string files = AllBytes(path_ + "/keys");
    size_t left = 0;
    // Some of all: there are thousands, made ahead. The first is the row that
    // held the wrapping key.
    for (size_t i = 0; i < stored_.size(); i += stored_.size() / 40) {
      left += files.find(stored_[i]) != std::string::npos ? 1 : 0;
    }
    CHECK(left == 0);
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
  std::vector<std::string> stored_;
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
