// No personal data in the clear on disk. A store without compression is
// searched twice: file by file, and value by value through the database. With
// sealing off the same search must find everything, or it proves nothing.

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "storage/database.h"
#include "store/files.h"
#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

// What a person could be known by. The phone number is also in the form to
// which it is normalised.
const std::array<std::string, 12> kCanaries = {
    "canary.mailbox@birdcage.example",
    "+27829175533",
    "Philippa Canaryname",
    "198.51.100.217",
    "Mozilla/5.0 (CanaryPhone; rv:99)",
    "a note in the payload about a canary",
    "\u043a\u0430\u043d\u0430\u0440\u0435\u0439\u043a\u0430",
    "\u91d1\u7d72\u96c0\u9ce5",
    "canary-member-77",
    "canary-event-id",
    "canary-correlation",
    "canary-in-a-trait",
};

std::string Hex(std::string_view text, const char* digits) {
  std::string out;
  for (const char c : text) {
    out += digits[static_cast<uint8_t>(c) >> 4];
    out += digits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

// The characters of base64 that depend on `text` alone, when it begins `skip`
// bytes after a group of three.
std::string Base64(std::string_view text, size_t skip) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string padded(skip, '\0');
  padded += text;
  padded.resize(padded.size() / 3 * 3);
  std::string out;
  for (size_t i = 0; i < padded.size(); i += 3) {
    const uint32_t group =
        static_cast<uint32_t>(static_cast<uint8_t>(padded[i]) << 16 |
                              static_cast<uint8_t>(padded[i + 1]) << 8 |
                              static_cast<uint8_t>(padded[i + 2]));
    for (int shift = 18; shift >= 0; shift -= 6) {
      out += kDigits[group >> shift & 63];
    }
  }
  return skip == 0 ? out : out.substr(4);
}

// UTF-8 of the basic plane in UTF-16.
std::string Utf16(std::string_view text, bool big_endian) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<uint8_t>(text[i]);
    const size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : 3;
    uint32_t point = bytes == 1 ? c : bytes == 2 ? c & 31u : c & 15u;
    for (size_t j = 1; j < bytes; ++j) {
      point = point << 6 | (static_cast<uint8_t>(text[i + j]) & 63u);
    }
    const char high = static_cast<char>(point >> 8);
    const char low = static_cast<char>(point & 255);
    out += big_endian ? high : low;
    out += big_endian ? low : high;
    i += bytes;
  }
  return out;
}

struct Needle {
  size_t canary;
  std::string form;
  std::string bytes;
};

std::vector<Needle> Needles() {
  std::vector<Needle> needles;
  for (size_t i = 0; i < kCanaries.size(); ++i) {
    const std::string& text = kCanaries[i];
    needles.push_back({i, "text", text});
    needles.push_back({i, "utf-16le", Utf16(text, false)});
    needles.push_back({i, "utf-16be", Utf16(text, true)});
    needles.push_back({i, "hex", Hex(text, "0123456789abcdef")});
    needles.push_back({i, "HEX", Hex(text, "0123456789ABCDEF")});
    for (size_t skip = 0; skip < 3; ++skip) {
      needles.push_back({i, "base64", Base64(text, skip)});
    }
  }
  return needles;
}

// Collects what is found: canary and form, and where.
class Search {
 public:
  void Look(std::string_view bytes, const std::string& where) {
    bytes_ += bytes.size();
    for (const Needle& needle : needles_) {
      if (bytes.find(needle.bytes) == std::string_view::npos) continue;
      found_.insert(kCanaries[needle.canary]);
      places_ += needle.form + " of canary " + std::to_string(needle.canary) +
                 " in " + where + "\n";
    }
  }
  const std::set<std::string>& found() const { return found_; }
  const std::string& places() const { return places_; }
  size_t bytes() const { return bytes_; }

 private:
  const std::vector<Needle> needles_ = Needles();
  std::set<std::string> found_;
  std::string places_;
  size_t bytes_ = 0;
};

void SearchFiles(const std::string& directory, Search* search) {
  size_t files = 0;
  ForEachFile(directory, [&](const fs::path& path, const std::string& bytes) {
    search->Look(bytes, path.string());
    search->Look(path.filename().string(), "a file's name");
    ++files;
  });
  CHECK(files > 10);
}

void SearchRows(const std::string& path, const std::string& what,
                const std::vector<FamilySpec>& families, Search* search) {
  DatabaseOptions options;
  options.families = families;
  options.must_exist = true;
  options.memtable_bytes = size_t{1} << 20;
  const auto database = Database::Open(path, Disk::Machine(), options);
  REQUIRE_OK(database);
  size_t rows = 0;
  for (size_t family = 0; family < families.size(); ++family) {
    REQUIRE_OK((*database)->ScanBackward(
        family, {}, {}, [&](std::string_view key, std::string_view value) {
          const std::string where = what + " " + families[family].name;
          search->Look(key, "a key of " + where);
          search->Look(value, "a value of " + where);
          ++rows;
          return true;
        }));
  }
  CHECK(rows > 0);
}

void SearchDatabases(const std::string& store, Search* search) {
  constexpr FamilyKind kPoint = FamilyKind::kPoint;
  constexpr FamilyKind kPacked = FamilyKind::kPacked;
  SearchRows(store + "/log", "log",
             {{"default", FamilyKind::kLog}, {"ops", kPoint}}, search);
  SearchRows(store + "/keys", "keys",
             {{"default", kPoint},
              {"records", kPoint},
              {"months", kPoint},
              {"buckets", kPoint},
              {"erasures", kPoint}},
             search);
  SearchRows(store + "/views", "views",
             {{"default", kPoint},
              {"dedupe", kPoint},
              {"names", kPoint},
              {"tenants", kPoint},
              {"dictionaries", kPoint},
              {"types", kPacked},
              {"times", kPacked},
              {"filter", kPacked},
              {"definitions", kPoint},
              {"identifiers", kPoint},
              {"record_keys", kPoint},
              {"records", kPoint},
              {"members", kPoint},
              {"claimants", kPoint},
              {"assertions", kPoint},
              {"reviews", kPoint},
              {"review_pairs", kPoint},
              {"tombstones", kPoint},
              {"holds", kPoint},
              {"households", kPoint},
              {"households_of", kPoint},
              {"household_names", kPoint},
              {"profiles", FamilyKind::kSealed},
              {"timeline", kPacked},
              {"consents", kPoint},
              {"suppressions", kPoint},
              {"ledgers", kPoint},
              {"ledger_tiles", kPoint},
              {"ledger_links", kPoint}},
             search);
}

// Every canary in every event, with much that repeats, so that dictionaries
// are trained on it.
Event CanaryEvent(int i) {
  const std::string number = std::to_string(i);
  Event event = MakeEvent(kCanaries[9] + number, {});
  event.type = i % 2 == 0 ? "crm.profile.updated" : "visited";
  event.identifiers = {{"sclMemberId", kCanaries[8] + std::to_string(i % 40)},
                       {"email", kCanaries[0]},
                       {"phoneNumber", kCanaries[1]}};
  if (i % 9 == 0) event.identifiers.clear();
  event.correlation_id = kCanaries[10] + number;
  event.causation_id = kCanaries[10];
  event.payload = "{\"name\":\"" + kCanaries[2] + "\",\"note\":\"" +
                  kCanaries[5] + " " + number + "\",\"cyr\":\"" + kCanaries[6] +
                  "\",\"han\":\"" + kCanaries[7] + "\",\"" + kCanaries[5] +
                  "\":1,\"traits\":{\"plan\":\"" + kCanaries[11] + "\"}";
  if (i % 11 == 0) {
    // An act of consent, of the ledger.
    event.type = "ConsentGranted";
    event.payload += R"(,"purpose":"marketing","channel":"email","address":")" +
                     kCanaries[0] + "\"";
  }
  if (i % 50 == 0) {
    event.payload += ",\"long\":\"";
    for (int n = 0; n < 2000; ++n) event.payload += kCanaries[5];
    event.payload += "\"";
  }
  event.payload += "}";
  event.metadata = "{\"ip\":\"" + kCanaries[3] + "\",\"userAgent\":\"" +
                   kCanaries[4] + "\"}";
  return event;
}

// Choices by hand about members 1 and 2; what the store says of a bad one.
std::string Choose(Tenant& tenant) {
  // Two members who share address and phone; why is sealed, too.
  MergeOptions by_hand;
  by_hand.by = kCanaries[2];
  by_hand.why = kCanaries[5];
  REQUIRE_OK(tenant.AddAssertion(Assertion::Kind::kCannotLink, 1, 2, by_hand));
  // And so is the name of a household, whatever it is.
  HouseholdChange change;
  change.name = kCanaries[4];
  change.join = {{1}, {2}};
  change.by = kCanaries[2];
  change.why = kCanaries[5];
  REQUIRE_OK(tenant.ChangeHousehold(change));
  return tenant.ChangeHousehold(change).status().ToString();
}

// Appends, reads, refuses, checkpoints, reopens; gathers what the store says.
std::string Use(const std::string& path, StoreOptions options) {
  LogLines lines;
  options.log = lines.Callback();
  std::string said;
  for (int session = 0; session < 2; ++session) {
    Store store = MustOpen(path, options);
    Tenant tenant = MustTenant(store);
    for (int i = session * 1000; i < (session + 1) * 1000; i += 20) {
      std::vector<Event> events;
      for (int n = i; n < i + 20; ++n) events.push_back(CanaryEvent(n));
      MustAppend(tenant, events);
      if (i % 400 == 0) REQUIRE_OK(store.Flush());
    }
    CHECK(store.GetStats()->derived > 10);  // Dictionaries, too.
    Event bad = CanaryEvent(1);
    bad.payload += kCanaries[5];
    said += tenant.Append(bad).status().ToString();
    bad = CanaryEvent(1);
    bad.identifiers[0].value = std::string(300, 'x') + kCanaries[8];
    said += tenant.Append(bad).status().ToString();
    bad = CanaryEvent(1);
    bad.payload = "{\"other\":\"" + kCanaries[5] + "\"}";
    said += tenant.Append(bad).status().ToString();
    AppendOptions conditions;
    conditions.conditions = {Condition::NoCustomer({"email", kCanaries[0]})};
    said += tenant.Append(CanaryEvent(9999), conditions).status().ToString();
    said += tenant.FindCustomer({"email", kCanaries[2]}).status().ToString();
    said +=
        tenant.FindCustomer({"email", "x" + kCanaries[0]}).status().ToString();
    // The text of a schema is sealed, too; what it says of an event holds
    // neither a personal value nor a name that it does not know.
    REQUIRE_OK(tenant.RegisterSchema(
        {.type = "visited",
         .json = "{\"description\":\"" + kCanaries[5] +
                 R"(","properties":{"name":{"type":"number",)"
                 R"("x-personal":true}},)"
                 R"("additionalProperties":{"type":"number"}})"}));
    REQUIRE_OK(tenant.SetValidation("visited", Validation::kWarn));
    const EventOutcome warned =
        MustAppendOne(tenant, CanaryEvent(7001 + 2 * session));
    CHECK_FALSE(warned.warning.ok());
    said += warned.warning.ToString();
    const auto found =
        tenant.CheckPayload("visited", "", CanaryEvent(1).payload);
    REQUIRE_OK(found);
    for (const SchemaViolation& violation : *found) {
      said += violation.path + violation.message;
    }
    if (session == 0) said += Choose(tenant);
    CheckSound(store);
    if (session == 0) {
      REQUIRE_OK(store.Checkpoint(path + "-copy"));
    } else {
      // A tail that no checkpoint has seen.
      MustAppendOne(tenant, CanaryEvent(5000));
    }
    REQUIRE_OK(store.Close());
  }
  return said + lines.Text();
}

TEST_CASE("nothing personal is on the disk, in an error or in the log") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.compress_blocks = false;
  Search said;
  said.Look(Use(scratch / "s", options), "what the store said");
  CHECK_MESSAGE(said.found().empty(), said.places());
  CHECK(said.bytes() > 200);
  Search files;
  SearchFiles(scratch / "s", &files);
  SearchFiles(scratch / "s-copy", &files);
  CHECK_MESSAGE(files.found().empty(), files.places().substr(0, 2000));
  CHECK(files.bytes() > 500'000);
  Search rows;
  SearchDatabases(scratch / "s", &rows);
  CHECK_MESSAGE(rows.found().empty(), rows.places().substr(0, 2000));
}

TEST_CASE("while the store is open, its files hold nothing personal either") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.compress_blocks = false;
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store);
  for (int i = 0; i < 300; ++i) MustAppendOne(tenant, CanaryEvent(i));
  REQUIRE_OK(store.Sync());
  Search files;
  SearchFiles(scratch / "s", &files);
  CHECK_MESSAGE(files.found().empty(), files.places().substr(0, 2000));
}

TEST_CASE("without sealing the search finds every canary") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.compress_blocks = false;
  options.seal = false;
  options.insecure_for_tests = true;
  Search said;
  said.Look(Use(scratch / "s", options), "what the store said");
  CHECK_MESSAGE(said.found().empty(), said.places());
  Search files;
  SearchFiles(scratch / "s", &files);
  Search rows;
  SearchDatabases(scratch / "s", &rows);
  for (const std::string& canary : kCanaries) {
    INFO(canary);
    CHECK(files.found().count(canary) == 1);
    CHECK(rows.found().count(canary) == 1);
  }
}

TEST_CASE("the search knows every form") {
  for (const std::string& canary : kCanaries) {
    for (const std::string& hidden :
         {"x" + canary, Utf16(canary, false), Utf16("ab" + canary, true),
          Hex("a" + canary, "0123456789abcdef"),
          Hex(canary + "b", "0123456789ABCDEF"), Base64(canary + "zz", 0),
          Base64("12345" + canary + "zz", 0),
          Base64("1234" + canary + "zz", 0)}) {
      Search search;
      search.Look(hidden, "here");
      INFO(hidden);
      CHECK(search.found().count(canary) == 1);
    }
  }
}

}  // namespace
}  // namespace crm
