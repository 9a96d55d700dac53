#include "crm/person_export.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "crm/sha256.h"
#include "export_fixture.h"

namespace crm::ingest {
namespace {

const Timestamp kAt{std::chrono::seconds(1'760'000'000)};

PersonExportOptions At(PersonExportMode mode = PersonExportMode::kAccess) {
  PersonExportOptions options;
  options.mode = mode;
  options.at = kAt;
  return options;
}

std::string Line(int n, const std::string& type, const std::string& source,
                 const std::string& identity, const std::string& payload) {
  return R"({"id":"e)" + std::to_string(n) + R"(","type":")" + type +
         R"(","source":")" + source + R"(","timestamp":"2025-03-0)" +
         std::to_string(n) + R"(T10:00:00Z","identity":)" + identity +
         R"(,"payload":)" + payload + "}";
}

// Ada, customer 1 with two sources and all that a person has; and Ben, 2.
Store Club() {
  Store store = NewStore(1'750'000'000);
  Append(
      store, "club",
      {Line(1, "scl.member.created", "scl",
            R"({"sclMemberId":"m1","email":"ada@example.com"})",
            R"({"firstName":"Ada","updatedBy":"Agent Bo"})"),
       Line(2, "OrderPlaced", "shop", R"({"email":"ada@example.com"})",
            R"({"orderId":"o1","total":0.10,"note":{"agentName":"Cy"}})"),
       Line(3, "scl.member.created", "scl",
            R"({"sclMemberId":"m2","email":"ben@example.com"})",
            R"({"firstName":"Ben"})"),
       Line(4, "crm.churn.risk.changed", "insight", R"({"sclMemberId":"m1"})",
            R"({"traits":{"churnRisk":"high"}})")});
  Tenant club = TenantOf(store, "club");
  ConsentAct act;
  act.purpose = "marketing";
  act.channel = ConsentChannel::kEmail;
  act.customer = 1;
  act.occurred_at = Timestamp(std::chrono::seconds(1'749'000'000));
  REQUIRE(club.RecordConsent(act).ok());
  act.action = ConsentAction::kRevoke;
  act.channel = ConsentChannel::kSms;
  REQUIRE(club.RecordConsent(act).ok());
  return store;
}

struct Written {
  std::string text;
  PersonExportReport report;
};

Written Export(Store& store, const PersonExportOptions& options,
               CustomerId customer = 1) {
  Written out;
  Result<PersonExportReport> report = ExportPerson(
      TenantOf(store, "club"), customer,
      [&](std::string_view piece) {
        out.text.append(piece);
        return Status::Ok();
      },
      options);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  out.report = *std::move(report);
  return out;
}

std::vector<std::string> LinesOf(const std::string& text,
                                 const std::string& part) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(R"({"part":")" + part + '"')) lines.push_back(line);
  }
  return lines;
}

bool Has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

bool IsThere(const std::string& path) {
  struct stat unused;
  return ::stat(path.c_str(), &unused) == 0;
}

}  // namespace

TEST_CASE("person: an access export has every part, and only what is hers") {
  Store store = Club();
  const Written out = Export(store, At());
  std::vector<std::string> parts;
  for (const PersonExportPart& part : out.report.parts) {
    parts.push_back(part.name);
  }
  CHECK(parts == std::vector<std::string>{"export", "customer", "sources",
                                          "events", "traits", "preferences",
                                          "consents", "receipts", "decisions",
                                          "register", "identity"});
  CHECK(out.report.customer == 1);
  CHECK(out.report.events == 5);
  CHECK(out.report.left_out == 0);
  // Her events to the letter of each number, her traits with their sources.
  CHECK(LinesOf(out.text, "events").size() == 5);
  CHECK(Has(out.text, R"("total":0.10)"));
  CHECK(Has(out.text, R"("name":"firstName","value":"Ada","source":"scl")"));
  CHECK(LinesOf(out.text, "sources").size() == 4);
  // Acts, how things stand, the receipt of the grant, the purposes with bases.
  CHECK(LinesOf(out.text, "consents").size() == 2);
  REQUIRE(LinesOf(out.text, "receipts").size() == 1);
  CHECK(Has(out.text, R"("purpose":"marketing","channel":"email","decision":)"
                      R"({"verdict":"allow")"));
  CHECK(Has(out.text, R"("purpose":"marketing","channel":"sms","decision":)"
                      R"({"verdict":"deny")"));
  CHECK(Has(out.text, R"("register":"purposes","entries":{)"));
  CHECK(Has(out.text, R"("fact":"began")"));
  CHECK(Has(out.text, R"("fact":"attached")"));
  // Nothing of others: neither Ben, nor who handled her.
  CHECK_FALSE(Has(out.text, "Ben"));
  CHECK_FALSE(Has(out.text, "ben@"));
  CHECK_FALSE(Has(out.text, "Agent Bo"));
  CHECK_FALSE(Has(out.text, "Cy"));
  CHECK(Has(out.text, R"("updatedBy":"[redacted]")"));
  CHECK(out.report.redacted == 2);
  PersonExportOptions more = At();
  more.redact = {"orderId"};
  CHECK(Export(store, more).report.redacted == 3);
}

TEST_CASE("person: the same store and options give the same file") {
  Store a = Club();
  Store b = Club();
  CHECK(Export(a, At()).text == Export(b, At()).text);
  CHECK(Export(a, At()).text == Export(a, At()).text);
}

TEST_CASE("person: portability is what she gave, not what was concluded") {
  Store store = Club();
  PersonExportOptions options = At(PersonExportMode::kPortability);
  Written out = Export(store, options);
  // Without the churn risk, its trait, and the controller's revocation.
  CHECK(out.report.events == 3);
  CHECK(out.report.left_out == 2);
  CHECK_FALSE(Has(out.text, "churn"));
  CHECK(LinesOf(out.text, "consents").size() == 1);
  for (const char* part : {"receipts", "decisions", "register", "identity"}) {
    CHECK(LinesOf(out.text, part).empty());
  }
  // What is kept on another basis is named by the host.
  options.leave_out = {"OrderPlaced"};
  out = Export(store, options);
  CHECK(out.report.left_out == 3);
  CHECK_FALSE(Has(out.text, "OrderPlaced"));
  options.mode = PersonExportMode::kAccess;
  const Folder folder;
  CHECK(ExportPerson(TenantOf(store, "club"), 1, folder.Path("x"), options)
            .status()
            .code() == StatusCode::kInvalidArgument);
  CHECK_FALSE(IsThere(folder.Path("x")));
}

TEST_CASE("person: her households are told, and nobody else of them") {
  Store store = Club();
  Tenant club = TenantOf(store, "club");
  const auto change = [&](const HouseholdChange& what) {
    REQUIRE(club.ChangeHousehold(what).ok());
  };
  change({.join = {{1, 9}, {2, 9}}, .derived = true});
  change({.name = "H-4711", .join = {{1}, {2}}, .by = "Agent Dee"});
  change({.join = {{2}}});
  const Written out = Export(store, At());
  CHECK(Has(out.text, R"("fact":"household")"));
  CHECK(Has(out.text, R"("household":2,"name":"H-4711","record":1,)"
                      R"("evidence":[])"));
  CHECK(Has(out.text,
            R"("household":1,"record":1,"evidence":["address","surname"])"));
  CHECK_FALSE(Has(out.text, R"("household":3)"));
  CHECK_FALSE(Has(out.text, "Agent Dee"));
}

TEST_CASE("person: merges and unmerges are told by numbers alone") {
  Store store = Club();
  Tenant club = TenantOf(store, "club");
  MergeOptions by_hand;
  by_hand.by = "Agent Dee";
  by_hand.why = "one household card";
  by_hand.force = true;
  Result<MergeResult> merged = club.Merge(1, 2, by_hand);
  REQUIRE_MESSAGE(merged.ok(), merged.status().ToString());
  const Written both = Export(store, At(), 2);
  CHECK(both.report.customer == 1);
  CHECK(Has(both.text, R"("retired":[2])"));
  CHECK(Has(both.text, R"("fact":"merged")"));
  CHECK(Has(both.text, R"("why":"one household card")"));
  CHECK_FALSE(Has(both.text, "Agent Dee"));
  CHECK(Has(both.text, "Ben"));  // They are one.
  UnmergeTarget target;
  target.merge = merged->position;
  REQUIRE(club.Unmerge(target, {}).ok());
  const Written apart = Export(store, At());
  CHECK_FALSE(Has(apart.text, "Ben"));
  CHECK(Has(apart.text, R"("fact":"split")"));
  CHECK(Has(apart.text, R"("fact":"cannot-link")"));
}

TEST_CASE("person: a file is checked by its manifest, plain and gzip") {
  Store store = Club();
  const Folder folder;
  for (const char* name : {"ada.ndjson", "ada.ndjson.gz"}) {
    Result<PersonExportReport> wrote =
        ExportPerson(TenantOf(store, "club"), 1, folder.Path(name), At());
    REQUIRE_MESSAGE(wrote.ok(), wrote.status().ToString());
    Result<PersonExportReport> read = CheckPersonExport(folder.Path(name));
    REQUIRE_MESSAGE(read.ok(), read.status().ToString());
    CHECK(read->customer == wrote->customer);
    CHECK(read->position == wrote->position);
    CHECK(read->at == kAt);
    CHECK(read->events == wrote->events);
    CHECK(read->redacted == wrote->redacted);
    CHECK(read->parts == wrote->parts);
    CHECK(read->sha256 == wrote->sha256);
  }
  // The sum is that of sha256sum over all lines but the last.
  const std::string text = ReadAll(folder.Path("ada.ndjson"));
  const size_t manifest = text.rfind('\n', text.size() - 2) + 1;
  Sha256Hasher hasher;
  for (const char c : text.substr(0, manifest)) hasher.Add({&c, 1});
  CHECK(hasher.Finish() ==
        CheckPersonExport(folder.Path("ada.ndjson"))->sha256);
  hasher.Add("abc");
  CHECK(hasher.Finish() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("person: whatever is changed in a file is found") {
  Store store = Club();
  const std::string text = Export(store, At()).text;
  const Folder folder;
  const auto code = [&](const std::string& changed) {
    return CheckPersonExport(folder.Write("x", changed)).status().code();
  };
  CHECK(code(text) == StatusCode::kOk);
  // Any byte, a line less, cut anywhere, something behind it.
  for (size_t i = 0; i < text.size(); i += 37) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? '8' : '7';
    CHECK_MESSAGE(code(changed) != StatusCode::kOk, i);
    CHECK_MESSAGE(code(text.substr(0, i)) != StatusCode::kOk, i);
  }
  const size_t second = text.find('\n') + 1;
  const size_t third = text.find('\n', second) + 1;
  CHECK(code(text.substr(0, second) + text.substr(third)) ==
        StatusCode::kMalformed);
  CHECK(code(text + text.substr(0, second)) == StatusCode::kMalformed);
  CHECK(code("") == StatusCode::kMalformed);
  CHECK(code("{}\n") == StatusCode::kMalformed);
  std::string newer = text;
  Replace(&newer, R"("version":1)", R"("version":2)");
  CHECK(code(newer) == StatusCode::kFormatTooNew);
  CHECK(CheckPersonExport(folder.Path("none")).status().code() ==
        StatusCode::kNotFound);
  std::string named = text;
  Replace(&named, R"("firstName","value":"Ada")",
          R"("firstName","value":"Eva")");
  const Status status = CheckPersonExport(folder.Write("x", named)).status();
  CHECK(Has(status.ToString(), "part traits"));
}

TEST_CASE("person: what cannot be exported leaves no file") {
  Store store = Club();
  Tenant club = TenantOf(store, "club");
  const Folder folder;
  const std::string path = folder.Path("ada");
  const auto code = [&](CustomerId customer, const PersonExportOptions& how) {
    return ExportPerson(club, customer, path, how).status().code();
  };
  CHECK(code(9, At()) == StatusCode::kNotFound);
  CHECK(code(1, PersonExportOptions()) == StatusCode::kInvalidArgument);
  PersonExportOptions stops = At();
  stops.progress = [](uint64_t, uint64_t) { return false; };
  CHECK(code(1, stops) == StatusCode::kCancelled);
  // She is erased while it is written: no file with holes.
  PersonExportOptions erases = At();
  erases.progress = [&](uint64_t, uint64_t) {
    CHECK(club.Erase(2).ok());
    return true;
  };
  CHECK(code(2, erases) == StatusCode::kErased);
  CHECK_FALSE(IsThere(path));
  CHECK_FALSE(IsThere(path + ".tmp"));
  CHECK(code(2, At()) == StatusCode::kErased);
}

TEST_CASE("person: the export is on the disk before anything is destroyed") {
  Store store = Club();
  Tenant club = TenantOf(store, "club");
  const Folder folder;
  // It cannot be written: she lives on.
  CHECK(ExportAndErase(club, 1, folder.Path("no/such/folder"), At())
            .status()
            .code() == StatusCode::kIoError);
  CHECK(ExportAndErase(club, 1, "-", At()).status().code() ==
        StatusCode::kInvalidArgument);
  ErasureOptions dry;
  dry.dry_run = true;
  CHECK(ExportAndErase(club, 1, folder.Path("x"), At(), dry).status().code() ==
        StatusCode::kInvalidArgument);
  REQUIRE(club.GetProfile(1).ok());
  // Events that come meanwhile are exported, too.
  int written = 0;
  PersonExportOptions busy = At();
  busy.progress = [&](uint64_t done, uint64_t) {
    if (done == 0 && written++ == 0) {
      Append(store, "club",
             {Line(7, "OrderPlaced", "shop", R"({"email":"ada@example.com"})",
                   R"({"orderId":"o7"})")});
    }
    return true;
  };
  Result<ExportedErasure> done =
      ExportAndErase(club, 1, folder.Path("ada"), busy);
  REQUIRE_MESSAGE(done.ok(), done.status().ToString());
  CHECK(done->exported.events == 6);
  CHECK(done->erasure.events == 6);
  CHECK(done->erasure.complete);
  CHECK(Has(ReadAll(folder.Path("ada")), R"("orderId":"o7")"));
  CHECK(CheckPersonExport(folder.Path("ada")).ok());
  CHECK(club.GetProfile(1).status().code() == StatusCode::kErased);
  // Of somebody who never rests nothing is erased.
  int n = 100;
  busy.progress = [&](uint64_t count, uint64_t) {
    if (count == 0) {
      std::string event =
          Line(8, "OrderPlaced", "shop", R"({"email":"ben@example.com"})",
               R"({"orderId":"o8"})");
      Replace(&event, "\"e8\"", "\"e" + std::to_string(++n) + "\"");
      Append(store, "club", {event});
    }
    return true;
  };
  CHECK(ExportAndErase(club, 2, folder.Path("ben"), busy).status().code() ==
        StatusCode::kConflict);
  CHECK(club.GetProfile(2).ok());
}

TEST_CASE("person: two accounts need a confirmation before a file is made") {
  Store store = NewStore(1'750'000'000);
  Append(store, "club",
         {Line(1, "t", "a", R"({"authUserId":"1"})", "{}"),
          Line(2, "t", "a", R"({"authUserId":"2"})", "{}")});
  Tenant club = TenantOf(store, "club");
  MergeOptions force;
  force.force = true;
  force.by = "desk";
  force.why = "asked";
  REQUIRE(club.Merge(1, 2, force).ok());
  const Folder folder;
  CHECK(ExportAndErase(club, 1, folder.Path("x"), At()).status().code() ==
        StatusCode::kFailedPrecondition);
  CHECK_FALSE(IsThere(folder.Path("x")));
  ErasureOptions confirmed;
  confirmed.confirm = true;
  CHECK(ExportAndErase(club, 1, folder.Path("x"), At(), confirmed).ok());
}

}  // namespace crm::ingest
