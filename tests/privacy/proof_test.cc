// That an erasure can be proved: the bytes of her keys are in no file any
// more, of mode kHard nor those that were sealed; and whatever goes wrong on
// the way, and wherever, it comes to the same end. The same of a redaction, and
// of a retention.

#include "base/coding.h"
#include "format/log_record.h"
#include "privacy/cut_off.h"
#include "privacy/key_rows.h"
#include "store/files.h"

namespace crm {
namespace {

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

TEST_CASE("the keys of an erased customer are in no file any more") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 50);
    REQUIRE_OK(store.Close());
  }
  const std::string hers = StoredKey(path, kRecordKeys, 7);
  const std::string anothers = StoredKey(path, kRecordKeys, 8);
  const std::string bucket = StoredKey(path, kBucketKeys, 0);
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
  CHECK(StoredKey(path, kRecordKeys, 7) == "erased");
  CHECK(StoredKey(path, kRecordKeys, 8) == anothers);
  CHECK(StoredKey(path, kBucketKeys, 0) != bucket);
}

std::unique_ptr<Database> OpenLog(const std::string& store) {
  DatabaseOptions options;
  options.families = {{"default", FamilyKind::kLog},
                      {"ops", FamilyKind::kPoint}};
  options.must_exist = true;
  auto log = Database::Open(store + "/log", Disk::Machine(), options);
  REQUIRE_OK(log);
  return *std::move(log);
}

// What was sealed of the events of a record, the newest first: the last bytes
// of each, by which it can be found again.
std::vector<std::string> SealedOf(const std::string& store, uint64_t record) {
  constexpr size_t kTail = 24;
  std::vector<std::string> tails;
  const auto log = OpenLog(store);
  REQUIRE_OK(log->ScanBackward(
      0, {}, {}, [&](std::string_view, std::string_view value) {
        LogRecordReader reader;
        LogRecord read;
        REQUIRE(reader.Read(value, &read).ok());
        if (read.kind == LogKind::kEvent && read.event.record == record) {
          REQUIRE(read.sealed.size() > kTail);
          tails.emplace_back(read.sealed.substr(read.sealed.size() - kTail));
        }
        return true;
      }));
  return tails;
}

Position PositionOf(const Tenant& tenant, const std::string& id) {
  const auto page = tenant.GetTimeline(7, {});
  REQUIRE_OK(page);
  for (const TimelineEntry& entry : page->entries) {
    if (entry.id == id) return entry.position;
  }
  return 0;
}

StoreOptions Readable() {
  StoreOptions options = Quick();
  options.compress_blocks = false;
  return options;
}

TEST_CASE("hard: what was sealed of an erased customer is in no file") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  {
    Store store = MustOpen(path, Readable());
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 50);
    REQUIRE_OK(store.Flush());
    Tenant another = MustTenant(store, "another");
    FillPeople(another, 3);
    REQUIRE_OK(store.Close());
  }
  const std::vector<std::string> hers = SealedOf(path, 7);
  const std::vector<std::string> anothers = SealedOf(path, 8);
  REQUIRE(hers.size() == 3);
  Store store = MustOpen(path, Readable());
  Tenant tenant = MustTenant(store);
  for (const std::string& bytes : hers) REQUIRE(FilesWith(path, bytes) > 0);
  const auto plan =
      tenant.Erase(7, {.mode = ErasureMode::kHard, .dry_run = true});
  REQUIRE_OK(plan);
  CHECK(plan->events == 3);
  CHECK(plan->bytes > 100);
  CHECK(plan->removed_bytes == 0);
  const auto erased = tenant.Erase(7, {.mode = ErasureMode::kHard});
  REQUIRE_OK(erased);
  CHECK(erased->complete);
  CHECK(erased->mode == ErasureMode::kHard);
  CHECK(erased->removed_bytes > erased->bytes);
  CHECK(erased->files_searched > 0);
  CHECK(erased->certificate.find(R"("mode":"hard")") != std::string::npos);
  CHECK(erased->certificate.find(R"("removed":{"bytes":)") !=
        std::string::npos);
  // With the store still open.
  for (const std::string& bytes : hers) CHECK(FilesWith(path, bytes) == 0);
  for (const std::string& bytes : anothers) CHECK(FilesWith(path, bytes) > 0);
  CheckSound(store);
  const auto report = tenant.VerifyLedger({.open = true});
  REQUIRE_OK(report);
  CHECK(report->sound());
  const auto listed = tenant.ListErasures();
  REQUIRE_OK(listed);
  CHECK(listed->front().removed_bytes == erased->removed_bytes);
  CHECK(listed->front().files_searched == erased->files_searched);
  MustAppendOne(tenant, PersonEvent("later", 51));
  CHECK(tenant.GetProfile(8)->Find("name")->value == "\"Person 7\"");
  REQUIRE_OK(store.Close());
  for (const std::string& bytes : hers) CHECK(FilesWith(path, bytes) == 0);
}

TEST_CASE("redact: what was sealed of the event is in no file any more") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  {
    Store store = MustOpen(path, Readable());
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 50);
    REQUIRE_OK(store.Close());
  }
  const std::vector<std::string> hers = SealedOf(path, 7);  // Newest first.
  Store store = MustOpen(path, Readable());
  Tenant tenant = MustTenant(store);
  const auto redacted = tenant.Redact(PositionOf(tenant, "e1-6"));
  REQUIRE_OK(redacted);
  CHECK(FilesWith(path, hers[0]) > 0);
  CHECK(FilesWith(path, hers[1]) == 0);
  CHECK(FilesWith(path, hers[2]) > 0);
  CheckSound(store);
}

constexpr std::chrono::hours kDay(24);

// Made by FillPeople, and newest of all: by what it is called, it goes.
void AddOld(Tenant& tenant, int person) {
  Event old = PersonEvent("old-" + std::to_string(person), person);
  old.type = "visited";
  old.occurred_at = At(0) - 100 * kDay;
  MustAppendOne(tenant, old);
}

TEST_CASE("retain: what was sealed of what is too old is in no file any more") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  {
    Store store = MustOpen(path, Readable());
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 50);
    AddOld(tenant, 6);
    AddOld(tenant, 7);
    REQUIRE_OK(tenant.SetPrivacySettings(R"({"retention":{"days":90}})"));
    REQUIRE_OK(store.Close());
  }
  const std::vector<std::string> hers = SealedOf(path, 7);  // Newest first.
  REQUIRE(hers.size() == 4);
  REQUIRE(FilesWith(path, hers[0]) > 0);
  Store store = MustOpen(path, Readable());
  Tenant tenant = MustTenant(store);
  const auto done = tenant.Retain(At(0));
  REQUIRE_OK(done);
  CHECK(done->events == 2);
  // With the store still open.
  CHECK(FilesWith(path, hers[0]) == 0);
  for (size_t i = 1; i < hers.size(); ++i) CHECK(FilesWith(path, hers[i]) > 0);
  CheckSound(store);
  REQUIRE_OK(store.Close());
  CHECK(FilesWith(path, hers[0]) == 0);
}

// Says that it was a retention, or nothing.
void TakeOut(const std::string& path, Position event, bool expired) {
  const auto log = OpenLog(path);
  std::string key;
  PutBe64(&key, event);
  std::string value;
  std::string removed;
  REQUIRE(*log->Get(0, key, &value));
  REQUIRE_OK(RemoveSealed(value, {}, &removed));
  if (expired) MarkExpired(&removed);
  Batch batch;
  batch.Put(0, key, removed);
  REQUIRE_OK(log->Write(batch, true));
}

TEST_CASE("a part that a retention took out without a mark is found") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  Position event = 0;
  {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 10);
    AddOld(tenant, 6);
    REQUIRE_OK(tenant.SetPrivacySettings(R"({"retention":{"days":90}})"));
    REQUIRE_OK(tenant.Retain(At(0)));
    CheckSound(store);
    event = PositionOf(tenant, "e1-6");
    REQUIRE_OK(store.Close());
  }
  TakeOut(path, event, true);
  Store store = MustOpen(path);
  const auto report = store.Verify();
  REQUIRE_OK(report);
  REQUIRE(report->findings_total > 0);
  CHECK(report->findings[0].room == "log");
  CHECK(report->findings[0].position == event);
}

TEST_CASE("a sealed part that is taken out and nobody said so is found") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  Position event = 0;
  {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 10);
    event = PositionOf(tenant, "e1-6");
    REQUIRE_OK(store.Close());
  }
  TakeOut(path, event, false);
  Store store = MustOpen(path);
  Tenant tenant = MustTenant(store);
  const auto report = store.Verify();
  REQUIRE_OK(report);
  REQUIRE(report->findings_total == 1);
  CHECK(report->findings[0].room == "log");
  CHECK(report->findings[0].position == event);
  // The chain itself is whole, and the event reads as one that is erased.
  CHECK(tenant.VerifyLedger()->sound());
  Result<EventCursor> cursor = tenant.Replay({.first = event, .last = event});
  REQUIRE_OK(cursor);
  EventView shown;
  REQUIRE(*cursor->Next(&shown));
  CHECK_FALSE(shown.opened);
  CHECK_FALSE(shown.redacted);
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
  enum class What { kShred, kAnonymise, kHard, kRedact, kRetain };
  explicit Trial(What what) : what_(what), store_(Options()) {}

  void Prepare() {
    Store store = store_.MustOpen();
    Tenant tenant = MustTenant(store);
    FillPeople(tenant, 20);
    event_ = PositionOf(tenant, "e1-6");
    if (what_ == What::kRetain) {
      REQUIRE_OK(tenant.SetPrivacySettings(R"({"retention":{"days":90}})"));
      AddOld(tenant, 6);
      event_ = PositionOf(tenant, "old-6");
    }
    if (what_ == What::kAnonymise) AnonymiseNine(tenant);
    REQUIRE_OK(store.Flush());
    // Some of it is in memory only.
    MustAppendOne(tenant, PersonEvent("tail", 6));
    REQUIRE_OK(store.Sync());
    REQUIRE_OK(store.Close());
    hers_ = StoredKey(store_.path(), kRecordKeys, 7);
    sealed_ = SealedOf(store_.path(), 7);
    if (what_ == What::kRedact) sealed_ = {sealed_[2]};  // Of "e1-6".
    if (what_ == What::kRetain) sealed_ = {sealed_[1]};  // Of "old-6".
  }
  // How many points there are.
  uint64_t Erase(uint64_t point, Style style) {
    const auto call = [&](Store& store) {
      Tenant tenant = MustTenant(store);
      told_ = Do(tenant).ok();
    };
    return store_.Cut(point, style, call, [](Store& store) {
      Tenant tenant = MustTenant(store);
      // Not at rest before: so has the epoch its record.
      MustAppendOne(tenant, PersonEvent("tail 2", 6));
    });
  }
  void Check() {
    switch (what_) {
      case What::kRedact:
        CheckRedacted();
        break;
      case What::kRetain:
        CheckRetained();
        break;
      case What::kShred:
      case What::kAnonymise:
      case What::kHard:
        CheckErased();
        break;
    }
    if (what_ == What::kShred || what_ == What::kAnonymise) return;
    for (const std::string& bytes : sealed_) {
      CHECK(FilesWith(store_.path(), bytes) == 0);
    }
  }

 private:
  static StoreOptions Options() {
    StoreOptions options = Readable();
    options.durability = Durability::kSync;
    options.clock = std::make_shared<StillClock>();  // All in one month.
    return options;
  }
  Status Do(Tenant& tenant) const {
    if (what_ == What::kRedact) return tenant.Redact(event_).status();
    if (what_ == What::kRetain) return tenant.Retain(At(0)).status();
    ErasureOptions options;
    if (what_ == What::kHard) options.mode = ErasureMode::kHard;
    if (what_ == What::kAnonymise) options.mode = ErasureMode::kAnonymise;
    return tenant.Erase(7, options).status();
  }
  // Nobody was counted twice, or half: ten and their events, and nobody waits.
  void CheckSums(Tenant& tenant) {
    const auto lines =
        Walk(tenant.Replay({.types = {std::string(kAnonymisedEventType)}}));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find(R"("people":10,"events":14)") != std::string::npos);
    const auto plan =
        tenant.Erase(8, {.mode = ErasureMode::kAnonymise, .dry_run = true});
    REQUIRE_OK(plan);
    CHECK(plan->counted == 3);
    CHECK(plan->waiting_sums == 1);
  }
  // Of these and whoever comes next there will be ten.
  static void AnonymiseNine(Tenant& tenant) {
    for (int i = 0; i < 9; ++i) {
      const EventOutcome outcome = MustAppendOne(
          tenant, PersonEvent("nine" + std::to_string(i), 100 + i));
      REQUIRE_OK(
          tenant.Erase(outcome.customer, {.mode = ErasureMode::kAnonymise}));
    }
  }
  void CheckRedacted() {
    Store store = store_.MustOpen();
    Tenant tenant = MustTenant(store);
    const Status again = tenant.Redact(event_).status();
    INFO(again.ToString());
    CHECK((again.ok() || again.code() == StatusCode::kAlreadyExists));
    if (told_) CHECK_FALSE(again.ok());
    const auto profile = tenant.GetProfile(7);
    REQUIRE_OK(profile);
    CHECK(profile->events == 5);
    const auto page = tenant.GetTimeline(7, {});
    REQUIRE_OK(page);
    REQUIRE(page->total == 5);
    for (const TimelineEntry& entry : page->entries) {
      CHECK(entry.redacted == (entry.position == event_));
      CHECK((entry.payload == "{}") == entry.redacted);
    }
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }
  void CheckRetained() {
    Store store = store_.MustOpen();
    Tenant tenant = MustTenant(store);
    const auto again = tenant.Retain(At(0));
    REQUIRE_OK(again);
    if (told_) CHECK(again->events == 0);
    const auto profile = tenant.GetProfile(7);
    REQUIRE_OK(profile);
    CHECK(profile->events == 6);
    CHECK(profile->Find("name")->value == "\"Person 6\"");
    const auto page = tenant.GetTimeline(7, {});
    REQUIRE_OK(page);
    REQUIRE(page->total == 6);
    for (const TimelineEntry& entry : page->entries) {
      CHECK(entry.expired == (entry.position == event_));
      CHECK(entry.opened != entry.expired);
    }
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }
  void CheckErased() {
    Store store = store_.MustOpen();
    Tenant tenant = MustTenant(store);
    auto erasures = tenant.ListErasures();
    REQUIRE_OK(erasures);
    const size_t before = what_ == What::kAnonymise ? 9 : 0;
    REQUIRE(erasures->size() <= before + 1);
    if (told_) CHECK(erasures->size() == before + 1);
    if (erasures->size() == before) {
      // It never was: nothing is missing, and it can be asked for again.
      CHECK(tenant.GetProfile(7)->events == 5);
      REQUIRE_OK(Do(tenant));
      erasures = tenant.ListErasures();
      REQUIRE_OK(erasures);
    }
    REQUIRE(erasures->size() == before + 1);
    const ErasureReport& report = erasures->back();
    if (what_ == What::kAnonymise) CheckSums(tenant);
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
    CHECK(FilesWith(store_.path() + "/keys", hers_) == 0);
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }

  const What what_;
  FaultyStore store_;
  std::string hers_;
  std::vector<std::string> sealed_;
  Position event_ = 0;
  bool told_ = false;
};

void CutOff(Trial::What what) {
  CutOffEverywhere(20, [what](uint64_t point, Style style) {
    Trial trial(what);
    trial.Prepare();
    const uint64_t points = trial.Erase(point, style);
    trial.Check();
    return points;
  });
}

TEST_CASE("an erasure that is cut off at any point comes to the same end") {
  CutOff(Trial::What::kShred);
}

TEST_CASE("anonymise: an erasure that is cut off counts her once") {
  CutOff(Trial::What::kAnonymise);
}

TEST_CASE("hard: an erasure that is cut off comes to the same end") {
  CutOff(Trial::What::kHard);
}

TEST_CASE("a redaction that is cut off at any point comes to the same end") {
  CutOff(Trial::What::kRedact);
}

TEST_CASE("a retention that is cut off at any point comes to the same end") {
  CutOff(Trial::What::kRetain);
}

}  // namespace
}  // namespace crm
