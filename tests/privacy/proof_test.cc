// That an erasure can be proved: the bytes of her keys are in no file any
// more, and whatever goes wrong on the way, and wherever, it comes to the same
// end.

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

Event PersonEvent(const std::string& id, int person) {
  const std::string number = std::to_string(person);
  return MakeEvent(id,
                   {{"sclMemberId", "m-" + number},
                    {"email", "person" + number + "@golf.example"}},
                   "{\"traits\":{\"name\":\"Person " + number +
                       "\",\"note\":\"canary of " + number + "\"}}");
}

void FillPeople(Tenant& tenant, int people) {
  for (int round = 0; round < 3; ++round) {
    std::vector<Event> events;
    for (int i = 0; i < people; ++i) {
      events.push_back(PersonEvent(
          "e" + std::to_string(round) + "-" + std::to_string(i), i));
    }
    MustAppend(tenant, events);
  }
}

// Rows of keys/ as they are stored: number to wrapped key.
std::string StoredKey(const std::string& store, size_t family, uint64_t row) {
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
  std::string key;
  PutBe32(&key, 1);
  PutBe64(&key, row);
  std::string value;
  const auto found = (*database)->Get(family, key, &value);
  REQUIRE_OK(found);
  REQUIRE(*found);
  return value;
}

// In how many files the bytes are.
size_t FilesWith(const std::string& directory, const std::string& bytes) {
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string all(std::istreambuf_iterator<char>(in), {});
    if (all.find(bytes) != std::string::npos) ++files;
  }
  return files;
}

constexpr size_t kRecords = 1;
constexpr size_t kBuckets = 3;

TEST_CASE("the keys of an erased customer are in no file any more") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 50);
    REQUIRE_OK(store.Close());
  }
  const std::string hers = StoredKey(path, kRecords, 7);
  const std::string anothers = StoredKey(path, kRecords, 8);
  const std::string bucket = StoredKey(path, kBuckets, 0);
  REQUIRE(hers.size() == 72);
  REQUIRE(FilesWith(path, hers) > 0);
  REQUIRE(FilesWith(path, bucket) > 0);
  Store store = MustOpen(path);
  Tenant tenant = MustTenant(store);
  const auto erased = tenant.Erase(7);
  REQUIRE_OK(erased);
  CHECK(erased->records == std::vector<RecordId>{7});
  // With the store still open.
  CHECK(FilesWith(path, hers) == 0);
  CHECK(FilesWith(path, bucket) == 0);
  CHECK(FilesWith(path, anothers) > 0);
  CHECK(tenant.GetProfile(8)->Find("name")->value == "\"Person 7\"");
  CheckSound(store);
  REQUIRE_OK(store.Close());
  CHECK(FilesWith(path, hers) == 0);
  CHECK(StoredKey(path, kRecords, 7) == "erased");
  CHECK(StoredKey(path, kRecords, 8) == anothers);
  CHECK(StoredKey(path, kBuckets, 0) != bucket);
}

TEST_CASE("profiles of her bucket are read while its key is renewed") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.resident_bytes = size_t{16} << 20;
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store);
  FillPeople(tenant, 1500);
  REQUIRE_OK(store.Flush());
  for (CustomerId id = 100; id < 110; ++id) {
    REQUIRE_OK(tenant.Erase(id));
    REQUIRE_OK(tenant.GetProfile(id + 20));
    REQUIRE_OK(tenant.GetProfile(id + 1024));
  }
  REQUIRE_OK(store.Close());
  Store again = MustOpen(scratch / "s", options);
  Tenant reopened = MustTenant(again);
  for (CustomerId id = 1; id <= 1500; ++id) {
    CHECK(reopened.GetProfile(id).ok() == (id < 100 || id >= 110));
  }
  CheckSound(again);
}

// A store with some people, one of whom is erased, with a fault at a point.
class Trial {
 public:
  Trial() : path_(scratch_ / "s") {}

  StoreOptions Options() const {
    StoreOptions options = Quick();
    options.key_file = scratch_ / "key";
    options.durability = Durability::kSync;
    return options;
  }
  Store MustOpenIt() {
    Result<Store> store = Store::OpenOn(path_, Options(), faulty_.disk());
    REQUIRE_OK(store);
    return *std::move(store);
  }
  void Prepare() {
    Store store = MustOpenIt();
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 20);
    REQUIRE_OK(store.Flush());
    // Some of it is in memory only.
    MustAppendOne(tenant, PersonEvent("tail", 6));
    REQUIRE_OK(store.Sync());
    REQUIRE_OK(store.Close());
    hers_ = StoredKey(path_, kRecords, 7);
  }
  // How many points there are.
  uint64_t Erase(uint64_t point, Style style) {
    {
      Store store = MustOpenIt();
      Tenant tenant = MustTenant(store);
      // Not at rest before: so has the epoch its record.
      MustAppendOne(tenant, PersonEvent("tail 2", 6));
      faulty_.Reset();
      if (point > 0) faulty_.FailAt(point, style);
      told_ = tenant.Erase(7).ok();
      points_ = faulty_.points();
      (void)store.Close().ok();
    }
    if (style == Style::kPowerOff) REQUIRE(faulty_.DropUnsynced().ok());
    faulty_.Reset();
    return points_;
  }
  void Check() {
    Store store = MustOpenIt();
    Tenant tenant = MustTenant(store);
    auto erasures = tenant.ListErasures();
    REQUIRE_OK(erasures);
    REQUIRE(erasures->size() <= 1);
    if (told_) CHECK(erasures->size() == 1);
    if (erasures->empty()) {
      // It never was: nothing is missing, and it can be asked for again.
      CHECK(tenant.GetProfile(7)->events == 5);
      REQUIRE_OK(tenant.Erase(7));
      erasures = tenant.ListErasures();
      REQUIRE_OK(erasures);
    }
    REQUIRE(erasures->size() == 1);
    const ErasureReport& report = (*erasures)[0];
    CHECK(report.complete);
    CHECK(report.events == 5);
    REQUIRE_OK(VerifyCertificate(report.certificate, *tenant.GetSigningKey()));
    CHECK_CODE(tenant.GetProfile(7), kErased);
    CHECK_CODE(tenant.FindCustomer({"sclMemberId", "m-6"}), kNotFound);
    for (CustomerId id = 1; id <= 20; ++id) {
      if (id == 7) continue;
      const auto profile = tenant.GetProfile(id);
      REQUIRE_OK(profile);
      CHECK(profile->events == 3);
      CHECK(profile->Find("name")->value ==
            "\"Person " + std::to_string(id - 1) + "\"");
    }
    CHECK(FilesWith(path_ + "/keys", hers_) == 0);
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }

 private:
  const Scratch scratch_;
  FaultyDisk faulty_;
  std::string path_;
  std::string hers_;
  bool told_ = false;
  uint64_t points_ = 0;
};

TEST_CASE("an erasure that is cut off at any point comes to the same end") {
  uint64_t points = 0;
  {
    Trial trial;
    trial.Prepare();
    points = trial.Erase(0, Style::kOnce);
    trial.Check();
  }
  MESSAGE(points << " points");
  REQUIRE(points > 20);
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
      trial.Prepare();
      trial.Erase(point, how);
      trial.Check();
    }
  }
}

}  // namespace
}  // namespace crm
