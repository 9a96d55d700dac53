// One changed byte of one value, in every family of the views and in the log:
// verify (or the open before it) must find it and say where it is.

#include <array>
#include <optional>

#include "storage/database.h"
#include "store/fixture.h"

namespace crm {
namespace {

// In the order of Views::Open.
struct Family {
  const char* name;
  FamilyKind kind;
  const char* room;
  bool of_customer;
};
constexpr std::array<Family, 29> kFamilies = {{
    {"default", FamilyKind::kPoint, "store", false},
    {"dedupe", FamilyKind::kPoint, "event", false},
    {"names", FamilyKind::kPoint, "event", false},
    {"tenants", FamilyKind::kPoint, "event", false},
    {"dictionaries", FamilyKind::kPoint, "event", false},
    {"types", FamilyKind::kPacked, "event", false},
    {"times", FamilyKind::kPacked, "event", false},
    {"filter", FamilyKind::kPacked, "event", false},
    {"definitions", FamilyKind::kPoint, "event", false},
    {"identifiers", FamilyKind::kPoint, "identity", true},
    {"record_keys", FamilyKind::kPoint, "identity", true},
    {"records", FamilyKind::kPoint, "identity", true},
    {"members", FamilyKind::kPoint, "identity", true},
    {"claimants", FamilyKind::kPoint, "identity", false},
    {"assertions", FamilyKind::kPoint, "identity", true},
    {"reviews", FamilyKind::kPoint, "identity", true},
    {"review_pairs", FamilyKind::kPoint, "identity", true},
    {"tombstones", FamilyKind::kPoint, "identity", false},
    {"holds", FamilyKind::kPoint, "identity", false},
    {"households", FamilyKind::kPoint, "identity", false},
    {"households_of", FamilyKind::kPoint, "identity", true},
    {"household_names", FamilyKind::kPoint, "identity", false},
    {"profiles", FamilyKind::kSealed, "profile", true},
    {"timeline", FamilyKind::kPacked, "profile", true},
    {"consents", FamilyKind::kPoint, "consent", false},
    {"suppressions", FamilyKind::kPoint, "consent", false},
    {"ledgers", FamilyKind::kPoint, "ledger", false},
    {"ledger_tiles", FamilyKind::kPoint, "ledger", false},
    {"ledger_links", FamilyKind::kPoint, "ledger", false},
}};

std::unique_ptr<Database> OpenViews(const std::string& path) {
  DatabaseOptions options;
  options.memtable_bytes = size_t{1} << 20;
  options.must_exist = true;
  for (const Family& family : kFamilies) {
    options.families.push_back({family.name, family.kind});
  }
  auto database = Database::Open(path, Disk::Machine(), options);
  REQUIRE_OK(database);
  return *std::move(database);
}

// Changes byte `at` (from the front, or from the end when negative) of the
// last value of a family. False: the value has no such byte.
bool ChangeByte(Database& database, size_t family, int at) {
  std::string key;
  std::string value;
  REQUIRE_OK(database.ScanBackward(family, {}, {},
                                   [&](std::string_view k, std::string_view v) {
                                     key.assign(k);
                                     value.assign(v);
                                     return false;
                                   }));
  REQUIRE(!key.empty());
  const auto size = static_cast<int>(value.size());
  const int place = at < 0 ? size + at : at;
  if (place < 0 || place >= size) return false;
  value[static_cast<size_t>(place)] ^= 1;
  Batch batch;
  batch.Put(family, key, value);
  REQUIRE_OK(database.Write(batch, true));
  return true;
}

// A closed store in which every family has rows, dictionaries included.
void MakeStore(const std::string& path) {
  Store store = MustOpen(path);
  Tenant tenant = MustTenant(store);
  REQUIRE_OK(tenant.RegisterSchema({"scl.member.updated", "1.0", "{}"}));
  REQUIRE_OK(tenant.SetValidation("", Validation::kWarn));
  for (int round = 0; round < 3; ++round) {
    std::vector<Event> events;
    for (int i = 0; i < 500; ++i) {
      Event event = MemberEvent(std::to_string(round * 500 + i), i % 20);
      event.type = "scl.member.updated";
      event.identifiers.push_back(
          {"email", "p" + std::to_string(i % 20) + "@example.com"});
      event.payload = R"({"course":"Fancourt","holes":18,"score":)" +
                      std::to_string(70 + i % 30) + "}";
      events.push_back(std::move(event));
    }
    MustAppend(tenant, events);
  }
  // Somebody else with the address of the first one, whose record is 1.
  const EventOutcome contest = MustAppendOne(
      tenant, MakeEvent("contest", {{"sclMemberId", "other"},
                                    {"email", "p0@example.com"}}));
  REQUIRE(contest.reviews.size() == 1);
  REQUIRE_OK(
      tenant.AddAssertion(Assertion::Kind::kCannotLink, 1, contest.record));
  ConsentAct act;
  act.action = ConsentAction::kSuppress;
  act.channel = ConsentChannel::kEmail;
  act.identifiers = {{"email", "p3@example.com"}};
  REQUIRE_OK(tenant.RecordConsent(act));
  const EventOutcome gone =
      MustAppendOne(tenant, MakeEvent("gone", {{"sclMemberId", "gone"}}));
  REQUIRE_OK(tenant.Erase(gone.customer));
  REQUIRE_OK(tenant.PlaceHold(contest.customer));
  REQUIRE_OK(tenant.ChangeHousehold(
      {.name = "H-1", .join = {{contest.customer}, {1}}}));
  REQUIRE_OK(store.Close());
}

// Opens and verifies; the findings, or what open said when it refused.
std::string Diagnose(const std::string& path, std::vector<Finding>* findings) {
  LogLines lines;
  StoreOptions options = Quick();
  options.log = lines.Callback();
  Result<Store> store = Store::Open(path, options);
  if (!store.ok()) return store.status().ToString();
  const Result<VerifyReport> report = store->Verify();
  REQUIRE_OK(report);
  CHECK(report->findings_total >= report->findings.size());
  CHECK(report->sound() == report->findings.empty());
  *findings = report->findings;
  return Findings(*report) + lines.Text();
}

void TestFamily(size_t family, int at) {
  const Scratch scratch;
  MakeStore(scratch / "s");
  {
    const auto views = OpenViews(scratch / "s/views");
    if (!ChangeByte(*views, family, at)) return;
  }
  std::vector<Finding> findings;
  const std::string said = Diagnose(scratch / "s", &findings);
  INFO(kFamilies[family].name << " byte " << at << ": " << said);
  if (findings.empty()) {
    // Views that cannot be used at all are built anew, which is said.
    CHECK(said.find("views are built anew") != std::string::npos);
    const bool at_open =
        std::string_view(kFamilies[family].name) == "default" ||
        std::string_view(kFamilies[family].name) == "names" ||
        std::string_view(kFamilies[family].name) == "filter" ||
        std::string_view(kFamilies[family].name) == "definitions" ||
        std::string_view(kFamilies[family].name) == "tenants";
    CHECK(at_open);
    return;
  }
  bool named = false;
  bool customer = false;
  for (const Finding& finding : findings) {
    const bool here =
        finding.room == kFamilies[family].room &&
        finding.detail.find(kFamilies[family].name) != std::string::npos;
    named |= here;
    customer |= here && finding.customer != 0 && finding.tenant == "golf-club";
  }
  CHECK(named);
  CHECK(customer == kFamilies[family].of_customer);
}

TEST_CASE("an untouched store is sound, and every family has rows") {
  const Scratch scratch;
  MakeStore(scratch / "s");
  {
    const auto views = OpenViews(scratch / "s/views");
    for (size_t family = 0; family < kFamilies.size(); ++family) {
      size_t rows = 0;
      REQUIRE_OK(views->ScanBackward(family, {}, {},
                                     [&](std::string_view, std::string_view) {
                                       ++rows;
                                       return true;
                                     }));
      INFO(kFamilies[family].name);
      CHECK(rows > 0);
    }
  }
  std::vector<Finding> findings;
  CHECK(Diagnose(scratch / "s", &findings).find("anew") == std::string::npos);
  CHECK(findings.empty());
}

TEST_CASE("one changed byte in a view is found and named") {
  for (size_t family = 0; family < kFamilies.size(); ++family) {
    for (const int at : {0, 3, -1}) TestFamily(family, at);
  }
}

TEST_CASE("a missing row and a row too many are found") {
  for (const bool missing : {true, false}) {
    const Scratch scratch;
    MakeStore(scratch / "s");
    {
      const auto views = OpenViews(scratch / "s/views");
      constexpr size_t kMembers = 12;
      std::string key;
      std::string value;
      REQUIRE_OK(views->ScanBackward(
          kMembers, {}, {}, [&](std::string_view k, std::string_view v) {
            key.assign(k);
            value.assign(v);
            return false;
          }));
      Batch batch;
      if (missing) {
        batch.Delete(kMembers, key);
      } else {
        key.back() = static_cast<char>(key.back() + 50);
        batch.Put(kMembers, key, value);
      }
      REQUIRE_OK(views->Write(batch, true));
    }
    std::vector<Finding> findings;
    Diagnose(scratch / "s", &findings);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].room == "identity");
    CHECK(findings[0].customer == (missing ? 22 : 72));
    CHECK(findings[0].tenant == "golf-club");
  }
}

// --- The log -----------------------------------------------------------------

std::string PositionKey(Position position) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(position >> shift));
  }
  return key;
}

void DamageLog(const std::string& path, Position position, int at) {
  DatabaseOptions options;
  options.families = {{"default", FamilyKind::kLog},
                      {"ops", FamilyKind::kPoint}};
  options.must_exist = true;
  auto log = Database::Open(path, Disk::Machine(), options);
  REQUIRE_OK(log);
  std::string value;
  REQUIRE(*(*log)->Get(0, PositionKey(position), &value));
  const auto size = static_cast<int>(value.size());
  value[static_cast<size_t>(at < 0 ? size + at : size * at / 100)] ^= 4;
  Batch batch;
  batch.Put(0, PositionKey(position), value);
  REQUIRE_OK((*log)->Write(batch, true));
}

TEST_CASE("one changed byte in the log is found, and its position") {
  // 50: its tenant. 90: what is sealed.
  for (const int at : {0, 10, 45, 50, 55, 90, -1}) {
    const Scratch scratch;
    MakeStore(scratch / "s");
    DamageLog(scratch / "s/log", 777, at);
    std::vector<Finding> findings;
    const std::string said = Diagnose(scratch / "s", &findings);
    INFO(at << ": " << said);
    CHECK(said.find("log record 777") != std::string::npos);
    REQUIRE(!findings.empty());
    CHECK(findings[0].room == "log");
    CHECK(findings[0].position == 777);
  }
}

TEST_CASE("damage at the end of the log is found, too") {
  for (const int at : {0, 50, -1}) {
    const Scratch scratch;
    MakeStore(scratch / "s");
    Position head = 0;
    {
      Store store = MustOpen(scratch / "s");
      head = store.GetStats()->head;
    }
    DamageLog(scratch / "s/log", head, at);
    std::vector<Finding> findings;
    const std::string said = Diagnose(scratch / "s", &findings);
    INFO(at << ": " << said);
    CHECK(said.find(std::to_string(head)) != std::string::npos);
  }
}

TEST_CASE("a replay over a damaged record stops and says where") {
  const Scratch scratch;
  MakeStore(scratch / "s");
  DamageLog(scratch / "s/log", 777, 90);  // In what is sealed.
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  Position last = 0;
  while (true) {
    const Result<bool> more = cursor->Next(&event);
    if (!more.ok()) {
      CHECK_CODE(more, kCorruption);
      CHECK(more.status().message().find("777") != std::string_view::npos);
      break;
    }
    REQUIRE(*more);
    last = event.position;
  }
  CHECK(last == 776);
}

TEST_CASE("verify can be cancelled, and the store goes on") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 3000, 10);
  CHECK_CODE(store.Verify([](uint64_t, uint64_t) { return false; }),
             kCancelled);
  uint64_t done = 0;
  uint64_t total = 0;
  const Result<VerifyReport> report = store.Verify([&](uint64_t d, uint64_t t) {
    done = d;
    total = t;
    return true;
  });
  REQUIRE_OK(report);
  CHECK(report->sound());
  CHECK(done == total);
  CHECK(report->log_records == store.GetStats()->head);
  CHECK(report->view_rows > 0);
  CHECK_CODE(tenant.Append(MemberEvent("x", 1)), kOk);
}

}  // namespace
}  // namespace crm
