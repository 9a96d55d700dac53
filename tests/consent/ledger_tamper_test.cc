// Somebody changes what was recorded, and covers it as well as can be done
// without the keys and without the checkpoints that others have. Found it must
// be, and where.

#include <cstring>
#include <functional>
#include <map>
#include <optional>

#include "base/merkle.h"
#include "consent/ledger_check.h"
#include "consent/ledger_note.h"
#include "event/log_view.h"
#include "store/fixture.h"

namespace crm {
namespace {

using Values = std::vector<std::string>;  // Of positions 1, 2, ...

Event ConsentEvent(const std::string& id, int customer, bool granted) {
  Event event = MemberEvent(id, customer);
  event.type = granted ? "ConsentGranted" : "ConsentRevoked";
  event.payload = R"({"purpose":"marketing","channel":"email"})";
  event.occurred_at = At(-1'000'000);
  return event;
}

// A closed store: acts of four persons in batches of several, alone, among
// other events, with choices and definitions.
void MakeStore(const std::string& path) {
  Store store = MustOpen(path);
  Tenant tenant = MustTenant(store);
  REQUIRE_OK(tenant.SetValidation("ConsentGranted", Validation::kOff));
  for (int round = 0; round < 3; ++round) {
    std::vector<Event> events;
    for (int i = 0; i < 4; ++i) {
      const std::string id = std::to_string(round * 4 + i);
      events.push_back(ConsentEvent("c" + id, i, round != 1));
      events.push_back(MemberEvent("e" + id, i));
    }
    MustAppend(tenant, events);
  }
  REQUIRE_OK(tenant.Merge(1, 2, {.by = "desk", .why = "known", .force = true}));
  MustAppendOne(tenant, ConsentEvent("last", 3, false));
  REQUIRE_OK(store.Close());
}

std::unique_ptr<Database> OpenLog(const std::string& path) {
  DatabaseOptions options;
  options.families = {{"default", FamilyKind::kLog},
                      {"ops", FamilyKind::kPoint}};
  options.must_exist = true;
  auto log = Database::Open(path + "/log", Disk::Machine(), options);
  REQUIRE_OK(log);
  return *std::move(log);
}

Values ReadLog(const std::string& path) {
  const auto log = OpenLog(path);
  Values values;
  std::string value;
  while (*log->Get(kLogEvents, LogKey(values.size() + 1), &value)) {
    values.push_back(value);
  }
  REQUIRE(values.size() > 30);
  return values;
}

// The anchor goes, and the views if they are not to be believed: whoever can
// write to the log can delete them.
void WriteLog(const std::string& path, const Values& values, bool views) {
  {
    const auto log = OpenLog(path);
    Batch batch;
    for (size_t i = 0; i < values.size(); ++i) {
      batch.Put(kLogEvents, LogKey(i + 1), values[i]);
    }
    REQUIRE_OK(log->Write(batch, true));
  }
  if (views) REQUIRE_OK(Disk::Machine()->RemoveTree(path + "/views"));
  REQUIRE_OK(Disk::Machine()->RemoveTree(path + "/ANCHOR"));
}

std::optional<LogRecord> Parse(const std::string& value,
                               LogRecordReader* reader) {
  LogRecord record;
  if (!reader->Read(value, &record).ok()) return std::nullopt;
  return record;
}

// The chain of batches has no key: anybody can make it anew.
void Rechain(Values* values) {
  Digest chain{};
  std::optional<ChainHash> hash;
  uint32_t count = 0;
  for (size_t i = 0; i < values->size(); ++i) {
    std::string& value = (*values)[i];
    if (!hash.has_value()) hash.emplace(chain);
    const bool ends = (value[1] & 1) != 0;
    if (ends) {
      value.resize(value.size() - kLogTrailerBytes);
      value[1] = static_cast<char>(value[1] & ~1);
    }
    hash->Add(i + 1, value);
    ++count;
    if (!ends && i + 1 < values->size()) continue;
    chain = hash->Finish();
    AppendTrailer(count, chain, &value);
    hash.reset();
    count = 0;
  }
}

struct Damage {
  Position position = 0;  // 0: none.
  std::string what;
};

// What VerifyLedger does, without a store: the first that is wrong.
Damage Find(const Values& values) {
  LogRecordReader reader;
  LedgerCheck check;
  ChainReader chain{Digest{}};
  for (size_t i = 0; i < values.size(); ++i) {
    LogRecord record;
    Status status = reader.Read(values[i], &record);
    if (status.ok()) status = check.Add(i + 1, record);
    if (status.ok()) status = chain.Add(i + 1, values[i], record);
    if (!status.ok()) return {i + 1, std::string(status.message())};
  }
  if (!chain.at_batch_end()) return {values.size(), "its batch is not whole"};
  return {};
}

bool InLedger(const std::string& value) {
  LogRecordReader reader;
  const std::optional<LogRecord> record = Parse(value, &reader);
  return record.has_value() && record->ledger.has_value();
}

std::vector<size_t> LedgerPlaces(const Values& values) {
  std::vector<size_t> places;
  for (size_t i = 0; i < values.size(); ++i) {
    if (InLedger(values[i])) places.push_back(i);
  }
  REQUIRE(places.size() == 16);
  return places;
}

Values MadeLog() {
  const Scratch scratch;
  MakeStore(scratch / "s");
  return ReadLog(scratch / "s");
}

TEST_CASE("tamper: every changed byte of a record is found") {
  const Values values = MadeLog();
  CHECK(Find(values).position == 0);
  for (const size_t place : LedgerPlaces(values)) {
    for (size_t at = 0; at < values[place].size(); ++at) {
      for (const int bit : {1, 128}) {
        Values changed = values;
        changed[place][at] = static_cast<char>(changed[place][at] ^ bit);
        const Damage damage = Find(changed);
        INFO("record " << place + 1 << " byte " << at << ": " << damage.what);
        CHECK(damage.position > place);
        // No later than where its batch ends; or the next one, when this is to
        // be no end any more.
        if (at == 1) continue;
        size_t end = place;
        while ((values[end][1] & 1) == 0) ++end;
        CHECK(damage.position <= end + 2);
      }
    }
  }
}

// The same fields, whatever the bytes between them are. An event has none but
// those of its header.
bool SaysTheSame(const LogRecord& a, const LogRecord& b) {
  return a.kind == b.kind && a.sealed == b.sealed &&
         (a.kind == LogKind::kEvent ||
          (a.tenant == b.tenant && a.type == b.type && a.epoch == b.epoch)) &&
         std::memcmp(&a.event, &b.event, sizeof(a.event)) == 0 &&
         std::memcmp(&a.definition, &b.definition, sizeof(a.definition)) == 0 &&
         a.ledger.has_value() == b.ledger.has_value() &&
         (!a.ledger.has_value() ||
          std::memcmp(&*a.ledger, &*b.ledger, sizeof(LedgerEntry)) == 0);
}

TEST_CASE("tamper: a changed byte is found also when the chain is made anew") {
  const Values values = MadeLog();
  for (const size_t place : LedgerPlaces(values)) {
    LogRecordReader reader;
    const LogRecord record = *Parse(values[place], &reader);
    for (size_t at = 0; at < kLogPrefixBytes + record.header.size(); ++at) {
      // Where a batch ends, which the chain says; and where what is sealed
      // begins, which its own tag says.
      if (at > 0 && at < kLogPrefixBytes) continue;
      Values changed = values;
      changed[place][at] = static_cast<char>(changed[place][at] ^ 1);
      Rechain(&changed);
      const Damage damage = Find(changed);
      INFO("record " << place + 1 << " byte " << at << ": " << damage.what);
      if (damage.position == place + 1) continue;
      // Bytes that no field has, and those that say that it is no record of
      // the ledger: then the next one is.
      LogRecordReader again;
      const std::optional<LogRecord> now = Parse(changed[place], &again);
      REQUIRE(now.has_value());
      if (damage.position == 0) {
        const bool last = place == LedgerPlaces(values).back();
        CHECK((SaysTheSame(record, *now) || (last && !now->ledger)));
      } else {
        CHECK(!now->ledger.has_value());
        CHECK(damage.position > place + 1);
      }
    }
  }
}

TEST_CASE("tamper: a removed record is found where it was") {
  const Values values = MadeLog();
  const std::vector<size_t> places = LedgerPlaces(values);
  for (size_t i = 0; i + 1 < places.size(); ++i) {
    Values changed = values;
    changed.erase(changed.begin() + static_cast<ptrdiff_t>(places[i]));
    Rechain(&changed);
    const Damage damage = Find(changed);
    INFO(damage.what);
    CHECK(damage.position >= places[i] + 1);
    CHECK(damage.position <= places[i + 1] + 1);
    CHECK(damage.what.starts_with("ledger: "));
  }
  // Something before it, of no ledger: its position is another one.
  Values changed = values;
  changed.erase(changed.begin() + static_cast<ptrdiff_t>(places[3] + 1));
  Rechain(&changed);
  CHECK(Find(changed).position == places[4]);
}

TEST_CASE("tamper: records in another order are found at the first of them") {
  const Values values = MadeLog();
  const std::vector<size_t> places = LedgerPlaces(values);
  for (size_t i = 0; i < places.size(); ++i) {
    for (size_t k = i + 1; k < places.size(); ++k) {
      Values changed = values;
      std::swap(changed[places[i]], changed[places[k]]);
      Rechain(&changed);
      const Damage damage = Find(changed);
      INFO(damage.what);
      CHECK(damage.position == places[i] + 1);
      CHECK(damage.what.starts_with("ledger: "));
    }
  }
}

TEST_CASE("tamper: a record that is there twice is found") {
  const Values values = MadeLog();
  const std::vector<size_t> places = LedgerPlaces(values);
  Values changed = values;
  changed[places[5]] = values[places[4]];
  Rechain(&changed);
  CHECK(Find(changed).position == places[5] + 1);
}

// Type, source and whatever else stands in a table of names.
TEST_CASE("tamper: another name for a type is found") {
  const Values values = MadeLog();
  Values changed = values;
  bool renamed = false;
  for (std::string& value : changed) {
    const size_t at = value.find("ConsentGranted");
    if (InLedger(value) || at == std::string::npos) continue;
    value.replace(at, 14, "ConsentRevokec");
    renamed = true;
  }
  REQUIRE(renamed);
  Rechain(&changed);
  const Damage damage = Find(changed);
  CHECK(damage.position == LedgerPlaces(values)[0] + 1);
  CHECK(damage.what.find("leaf 0") != std::string::npos);
}

// All hashes made anew behind a change, as far as that needs no key.
void Forge(Values* values, size_t from,
           const std::function<void(std::string*)>& change) {
  change(&(*values)[from]);
  Names names;
  MerkleFrontier tree;
  std::map<RecordId, Digest> links;
  for (size_t i = 0; i < values->size(); ++i) {
    std::string& value = (*values)[i];
    LogRecordReader reader;
    const LogRecord record = *Parse(value, &reader);
    if (record.kind == LogKind::kName) {
      names.Add(static_cast<NameKind>(record.name_kind), record.name_id,
                record.text);
    }
    if (!record.ledger.has_value()) continue;
    const LedgerFacts facts = FactsOf(i + 1, record, names);
    LedgerEntry entry = *record.ledger;
    const size_t at = value.find(
        std::string_view(reinterpret_cast<const char*>(&entry), sizeof(entry)));
    REQUIRE(at != std::string::npos);
    const LedgerHeader header = MakeLedgerHeader(facts, entry);
    entry.link = LedgerLink(links[facts.record], header, entry.commitment);
    entry.leaf = LedgerLeaf(header, entry.commitment, entry.link);
    tree.Append(entry.leaf);
    if ((entry.flags & kLedgerRoot) != 0) entry.root = tree.Root();
    links[facts.record] = entry.link;
    std::memcpy(value.data() + at, &entry, sizeof(entry));
  }
  Rechain(values);
}

// One day earlier, in both places where it may stand.
void Redate(std::string* value) {
  LogRecordReader reader;
  const LogRecord record = *Parse(*value, &reader);
  for (const int64_t time :
       {record.event.occurred_at, record.event.recorded_at}) {
    const std::string old(reinterpret_cast<const char*>(&time), 8);
    const int64_t earlier = time - int64_t{86'400} * 1'000'000;
    for (size_t at = value->find(old); at != std::string::npos;
         at = value->find(old)) {
      std::memcpy(value->data() + at, &earlier, 8);
    }
  }
}

// Stores of which somebody has checkpoints, their key, and a proof.
struct Audited {
  explicit Audited(const std::string& path) {
    MakeStore(path);
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    key = *tenant.GetLedgerKey();
    for (const uint64_t size : {3, 7, 12, 16}) {
      notes.push_back(*tenant.GetLedgerCheckpoint(size));
    }
    proof = *tenant.ProveInclusion({.source = "scl", .id = "c5"}, 12);
    REQUIRE_OK(store.Close());
  }
  std::string key;
  std::vector<std::string> notes;
  InclusionProof proof;
};

TEST_CASE(
    "tamper: a record of another date is found, however well it is "
    "covered") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  const Audited audited(path);
  const auto& [key, notes, proof] = audited;
  Values values = ReadLog(path);
  const std::vector<size_t> places = LedgerPlaces(values);
  const size_t place = places[6];  // Leaf 6.
  CHECK(proof.record.index == 6);

  SUBCASE("not at all") {
    Redate(&values[place]);
    CHECK(Find(values).position == place + 1);
  }
  SUBCASE("by a new chain") {
    Redate(&values[place]);
    Rechain(&values);
    CHECK(Find(values).position == place + 1);
  }
  SUBCASE("by all hashes made anew") {
    Forge(&values, place, Redate);
    CHECK(Find(values).position == 0);
    WriteLog(path, values, false);
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    // The key of the person tells it,
    const Result<VerifyReport> opened = tenant.VerifyLedger({.open = true});
    REQUIRE_OK(opened);
    REQUIRE(!opened->sound());
    CHECK(opened->findings[0].position == place + 1);
    CHECK(opened->findings[0].room == "ledger");
    // and so does a checkpoint that somebody has, without it. Those of before
    // still are true.
    const Result<VerifyReport> report =
        tenant.VerifyLedger({.checkpoints = notes, .key = key});
    REQUIRE_OK(report);
    CHECK(report->findings_total == 4);
    CHECK(report->findings[0].position == place + 1);
    CHECK(report->findings[0].tenant == "golf-club");
    CHECK(report->findings[1].position == places[11] + 1);
    CHECK(report->findings[2].position == places[15] + 1);
    // The views have the tree as it was.
    CHECK(report->findings[3].position == 0);
    const Result<VerifyReport> before =
        tenant.VerifyLedger({.checkpoints = {notes[0]}, .key = key});
    REQUIRE_OK(before);
    CHECK(before->findings_total == 1);
    // The proof that she was given says what was there.
    CHECK_CODE(VerifyLedgerProof(ToJson(proof), notes[2], key), kOk);
    const std::string now =
        ToJson(*tenant.ProveInclusion({.position = Position{place + 1}}, 12));
    CHECK_CODE(VerifyLedgerProof(now), kCorruption);
    REQUIRE_OK(store.Close());
    // Views that are made anew need the key, which tells it again.
    WriteLog(path, values, true);
    CHECK_CODE(Store::Open(path, Quick()), kCorruption);
  }
}

TEST_CASE("tamper: a log that was cut off is held against a checkpoint") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  MakeStore(path);
  std::string note;
  {
    Store store = MustOpen(path);
    note = *MustTenant(store).GetLedgerCheckpoint();
    REQUIRE_OK(store.Close());
  }
  Values values = ReadLog(path);
  {
    const auto log = OpenLog(path);
    Batch batch;
    for (size_t i = values.size(); i > LedgerPlaces(values).back(); --i) {
      batch.Delete(kLogEvents, LogKey(i));
    }
    REQUIRE_OK(log->Write(batch, true));
  }
  values.resize(LedgerPlaces(values).back());
  Rechain(&values);
  WriteLog(path, values, true);
  Store store = MustOpen(path);
  const Result<VerifyReport> report =
      MustTenant(store).VerifyLedger({.checkpoints = {note}});
  REQUIRE_OK(report);
  REQUIRE(report->findings_total == 1);
  CHECK(report->findings[0].detail.find("16") != std::string::npos);
}

TEST_CASE("tamper: verification of a store says where") {
  for (const size_t place : {2, 9, 14}) {
    const Scratch scratch;
    const std::string path = scratch / "s";
    MakeStore(path);
    Values values = ReadLog(path);
    const size_t at = LedgerPlaces(values)[place];
    values[at][100] = static_cast<char>(values[at][100] ^ 4);
    Rechain(&values);
    WriteLog(path, values, false);
    Store store = MustOpen(path);
    const Result<VerifyReport> report = MustTenant(store).VerifyLedger();
    REQUIRE_OK(report);
    REQUIRE(!report->sound());
    INFO(Findings(*report));
    CHECK(report->findings[0].position == at + 1);
    const Result<VerifyReport> whole = store.Verify();
    REQUIRE_OK(whole);
    REQUIRE(!whole->sound());
    CHECK(whole->findings[0].position == at + 1);
  }
}

TEST_CASE("tamper: a log that cannot be read is reported, and no error") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  MakeStore(path);
  Values values = ReadLog(path);
  {
    const auto log = OpenLog(path);
    Batch batch;
    batch.Put(kLogEvents, LogKey(12), "nothing");
    REQUIRE_OK(log->Write(batch, true));
  }
  Store store = MustOpen(path);
  const Result<VerifyReport> report = MustTenant(store).VerifyLedger();
  REQUIRE_OK(report);
  REQUIRE(report->findings_total == 1);
  CHECK(report->findings[0].position == 12);
  CHECK(report->findings[0].room == "log");
  CHECK(report->log_records == 11);
}

// --- Erasure -----------------------------------------------------------------

TEST_CASE("erasure: what is sealed can go, and everything can be checked") {
  Values values = MadeLog();
  for (std::string& value : values) {
    LogRecordReader reader;
    const LogRecord record = *Parse(value, &reader);
    const bool ends = record.ends_batch;
    value.resize(kLogPrefixBytes + record.header.size());
    value[1] = 0;
    if (ends) AppendTrailer(0, Digest{}, &value);
  }
  Rechain(&values);
  const Damage damage = Find(values);
  INFO(damage.what);
  CHECK(damage.position == 0);
}

void CheckProofsHold(ErasureMode mode) {
  const Scratch scratch;
  const std::string path = scratch / "s";
  MakeStore(path);
  const LedgerTarget act{.source = "scl", .id = "c5"};
  CustomerId customer = 0;
  uint64_t size = 0;
  std::string proof;
  std::string note;
  std::string key;
  {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    const InclusionProof made = *tenant.ProveInclusion(act);
    customer = made.record.customer;
    size = made.head.size;
    proof = ToJson(made);
    note = *tenant.GetLedgerCheckpoint();
    key = *tenant.GetLedgerKey();
    CHECK_CODE(tenant.OpenLedgerRecord(act), kOk);
    REQUIRE_OK(store.Close());
  }
  Store store = MustOpen(path);
  Tenant tenant = MustTenant(store);
  REQUIRE_OK(tenant.Erase(customer, {.mode = mode, .confirm = true}));
  CHECK_CODE(VerifyLedgerProof(proof, note, key), kOk);
  CHECK(ToJson(*tenant.ProveInclusion(act, size)) == proof);
  CHECK(*tenant.GetLedgerCheckpoint(size) == note);
  // That she was erased is a record, too.
  CHECK(tenant.GetLedgerHead()->size == size + 1);
  CHECK_CODE(tenant.OpenLedgerRecord(act), kErased);
  const Result<VerifyReport> report =
      tenant.VerifyLedger({.checkpoints = {note}, .key = key, .open = true});
  REQUIRE_OK(report);
  INFO(Findings(*report));
  CHECK(report->sound());
  CHECK(report->erased == 6);
  CHECK(report->opened == 11);
  CHECK(report->ledger_records == 17);
  // Life goes on.
  MustAppendOne(tenant, ConsentEvent("after", 2, true));
  CHECK_CODE(tenant.ProveConsistency(16), kOk);
}

TEST_CASE("erasure: proofs of before hold after the key is destroyed") {
  CheckProofsHold(ErasureMode::kShred);
}

TEST_CASE("erasure: proofs of before hold after what was sealed is removed") {
  CheckProofsHold(ErasureMode::kHard);
}

}  // namespace
}  // namespace crm
