// The ledger through the public face: what is in it, proofs of every leaf in
// every tree, signed notes, and that nothing of it depends on the views.

#include "crm/ledger.h"

#include <filesystem>

#include "store/fixture.h"

namespace crm {
namespace {

Event ConsentEvent(const std::string& id, int customer,
                   const std::string& type = "ConsentGranted") {
  Event event = MemberEvent(id, customer);
  event.type = type;
  event.payload = R"({"purpose":"marketing","channel":"email"})";
  return event;
}

// Acts of several persons among other events, choices and a definition.
void Live(Tenant& tenant, int acts) {
  REQUIRE_OK(tenant.RegisterSchema({"ConsentGranted", "1.0", "{}"}));
  for (int i = 0; i < acts; ++i) {
    const std::string id = std::to_string(i);
    MustAppend(tenant, {ConsentEvent("act-" + id, i % 5),
                        MemberEvent("event-" + id, i % 7)});
  }
  REQUIRE_OK(tenant.Merge(1, 2, {.by = "desk", .why = "known", .force = true}));
}

LedgerHead HeadOf(const Tenant& tenant) {
  const Result<LedgerHead> head = tenant.GetLedgerHead();
  REQUIRE_OK(head);
  return *head;
}

std::vector<LedgerRecord> RecordsOf(const Tenant& tenant,
                                    const LedgerQuery& query = {}) {
  const Result<std::vector<LedgerRecord>> records = tenant.ListLedger(query);
  REQUIRE_OK(records);
  return *records;
}

std::string KeyOf(const Tenant& tenant) {
  const Result<std::string> key = tenant.GetLedgerKey();
  REQUIRE_OK(key);
  return *key;
}

TEST_CASE("ledger: acts are in it, and other events are not") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  CHECK(HeadOf(tenant).size == 0);
  CHECK(RecordsOf(tenant).empty());
  MustAppend(tenant, {MemberEvent("e", 1)});
  CHECK(HeadOf(tenant).size == 0);
  for (const char* type :
       {"ConsentGranted", "ConsentRevoked", "ConsentUpdatedEvent",
        "consent.updated", "contactPreference.updated", "crm.consent.recorded",
        "crm.consent.withdrawn"}) {
    MustAppendOne(tenant, ConsentEvent(type, 1, type));
  }
  CHECK(HeadOf(tenant).size == 7);
  for (const char* type : {"PreferencesUpdated", "ConsentGrante", "Consent",
                           "consent", "crm.consent", "crm.other", "c"}) {
    MustAppendOne(tenant, ConsentEvent(type, 1, type));
  }
  CHECK(HeadOf(tenant).size == 7);
  // The same event again is not there twice.
  MustAppendOne(tenant, ConsentEvent("ConsentGranted", 1));
  CHECK(HeadOf(tenant).size == 7);
}

TEST_CASE("ledger: a record says what is open of it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Event event = ConsentEvent("a", 1);
  event.occurred_at = At(-5);
  const EventOutcome outcome = MustAppendOne(tenant, event);
  MustAppendOne(tenant, ConsentEvent("b", 2));
  REQUIRE_OK(tenant.SetValidation("ConsentGranted", Validation::kWarn));
  const Result<MergeResult> merge =
      tenant.Merge(1, 2, {.by = "desk", .why = "known", .force = true});
  REQUIRE_OK(merge);
  const std::vector<LedgerRecord> records = RecordsOf(tenant);
  REQUIRE(records.size() == 5);  // A merge by hand says must-link, too.
  CHECK(records[0].kind == LedgerKind::kEvent);
  CHECK(records[0].position == outcome.position);
  CHECK(records[0].record == outcome.record);
  CHECK(records[0].customer == outcome.customer);
  CHECK(records[0].type == "ConsentGranted");
  CHECK(records[0].source == "scl");
  CHECK(records[0].occurred_at == At(-5));
  CHECK(records[0].recorded_at > records[0].occurred_at);
  CHECK(records[0].before == LedgerHash{});
  CHECK(records[2].kind == LedgerKind::kDefinition);
  CHECK(records[2].what ==
        static_cast<uint8_t>(DefinitionView::Kind::kValidation));
  CHECK(records[2].type == "ConsentGranted");
  CHECK(records[3].kind == LedgerKind::kChoice);
  CHECK(records[3].what == static_cast<uint8_t>(ChoiceView::Kind::kAssertion));
  CHECK(records[4].what == static_cast<uint8_t>(ChoiceView::Kind::kMerge));
  CHECK(records[4].position == merge->position);
  CHECK(records[4].record == 0);
  CHECK(records[4].link_index == 2);  // Behind the definition and the first.
  CHECK(records[4].before == records[3].link);
  for (size_t i = 0; i < records.size(); ++i) {
    CHECK(records[i].index == i);
    CHECK(records[i].header.size() == 128);
  }
  CHECK(HeadOf(tenant).root == records[4].root);
}

TEST_CASE(
    "ledger: every leaf is proved in every tree, and every tree in later "
    "ones") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 40);
  const std::vector<LedgerRecord> records = RecordsOf(tenant);
  const uint64_t size = HeadOf(tenant).size;
  REQUIRE(size == records.size());
  REQUIRE(size > 40);
  for (uint64_t n = 1; n <= size; ++n) {
    for (uint64_t i = 0; i < n; ++i) {
      const Result<InclusionProof> proof =
          tenant.ProveInclusion({.position = records[i].position}, n);
      REQUIRE_OK(proof);
      CHECK(proof->head.root == records[n - 1].root);
      CHECK_CODE(VerifyInclusion(*proof), kOk);
      if (n == size) CHECK_CODE(VerifyLedgerProof(ToJson(*proof)), kOk);
    }
    for (uint64_t old = 0; old <= n; ++old) {
      const Result<ConsistencyProof> proof = tenant.ProveConsistency(old, n);
      REQUIRE_OK(proof);
      CHECK_CODE(VerifyConsistency(*proof), kOk);
      if (n == size) CHECK_CODE(VerifyLedgerProof(ToJson(*proof)), kOk);
    }
  }
}

TEST_CASE("ledger: an event is found by its id") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 3);
  const Result<InclusionProof> proof =
      tenant.ProveInclusion({.source = "scl", .id = "act-1"});
  REQUIRE_OK(proof);
  CHECK(proof->record.type == "ConsentGranted");
  CHECK_CODE(VerifyInclusion(*proof), kOk);
  CHECK_CODE(tenant.ProveInclusion({.source = "scl", .id = "act-9"}),
             kNotFound);
  // An event, and not of the ledger.
  CHECK_CODE(tenant.ProveInclusion({.source = "scl", .id = "event-1"}),
             kNotFound);
}

TEST_CASE("ledger: what cannot be asked is refused") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 3);
  const Position first = RecordsOf(tenant)[0].position;
  const uint64_t size = HeadOf(tenant).size;
  CHECK_CODE(tenant.ProveInclusion({}), kInvalidArgument);
  CHECK_CODE(tenant.ProveInclusion({.position = first, .id = "a"}),
             kInvalidArgument);
  CHECK_CODE(tenant.ProveInclusion({.position = first + 100'000}), kNotFound);
  CHECK_CODE(tenant.ProveInclusion({.position = 1}), kNotFound);
  CHECK_CODE(tenant.ProveInclusion({.position = first}, size + 1),
             kInvalidArgument);
  const Position last = RecordsOf(tenant).back().position;
  CHECK_CODE(tenant.ProveInclusion({.position = last}, size - 1),
             kInvalidArgument);
  CHECK_CODE(tenant.ProveConsistency(size + 1), kInvalidArgument);
  CHECK_CODE(tenant.ProveConsistency(3, 2), kInvalidArgument);
  CHECK_CODE(tenant.ProveConsistency(0, size + 1), kInvalidArgument);
  CHECK_CODE(tenant.GetLedgerCheckpoint(size + 1), kInvalidArgument);
  CHECK_CODE(tenant.ListLedger({.limit = 0}), kInvalidArgument);
  CHECK_CODE(tenant.ListLedger({.limit = 10'001}), kInvalidArgument);
  CHECK(RecordsOf(tenant, {.first = size}).empty());
  CHECK(RecordsOf(tenant, {.first = size - 2}).size() == 2);
  CHECK(RecordsOf(tenant, {.first = 1, .limit = 2}).size() == 2);
  REQUIRE_OK(store.Close());
  CHECK_CODE(tenant.GetLedgerHead(), kFailedPrecondition);
  CHECK_CODE(tenant.VerifyLedger(), kFailedPrecondition);
  CHECK_CODE(tenant.GetLedgerKey(), kFailedPrecondition);
}

TEST_CASE("ledger: a person's chain is listed in its order") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 23);
  const RecordId record = MustAppendOne(tenant, ConsentEvent("x", 3)).record;
  const std::vector<LedgerRecord> chain = RecordsOf(tenant, {.record = record});
  REQUIRE(chain.size() == 5);
  LedgerHash before = {};
  for (size_t i = 0; i < chain.size(); ++i) {
    CHECK(chain[i].record == record);
    CHECK(chain[i].link_index == i);
    CHECK(chain[i].before == before);
    before = chain[i].link;
  }
  const std::vector<LedgerRecord> some =
      RecordsOf(tenant, {.first = 2, .limit = 3, .record = record});
  REQUIRE(some.size() == 3);
  CHECK(some[0].position == chain[2].position);
  CHECK(RecordsOf(tenant, {.record = 12345}).empty());
  CHECK(RecordsOf(tenant, {.record = 0}).size() == 3);
}

TEST_CASE("ledger: checkpoints are signed notes") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const std::string key = KeyOf(tenant);
  Live(tenant, 10);
  const Result<std::string> note = tenant.GetLedgerCheckpoint();
  REQUIRE_OK(note);
  const Result<LedgerHead> head = VerifyCheckpoint(*note, key);
  REQUIRE_OK(head);
  CHECK(*head == HeadOf(tenant));
  CHECK(head->origin.starts_with("crm-ledger/"));
  CHECK(key.starts_with(head->origin + "+"));
  MustAppendOne(tenant, ConsentEvent("later", 1));
  // One of an older tree is the same whenever it is made.
  CHECK(*tenant.GetLedgerCheckpoint(head->size) == *note);
  CHECK(KeyOf(tenant) == key);

  for (size_t i = 0; i < note->size(); ++i) {
    std::string changed = *note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const Result<LedgerHead> other = VerifyCheckpoint(changed, key);
    INFO(i);
    CHECK(!other.ok());
  }
  // Somebody else may sign it, too: before or behind.
  const size_t gap = note->find("\n\n") + 2;
  const std::string witness =
      "\xe2\x80\x94 witness AAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
  CHECK_CODE(VerifyCheckpoint(*note + witness, key), kOk);
  CHECK_CODE(
      VerifyCheckpoint(note->substr(0, gap) + witness + note->substr(gap), key),
      kOk);
  CHECK_CODE(VerifyCheckpoint(note->substr(0, gap) + witness, key),
             kCorruption);
  CHECK_CODE(VerifyCheckpoint("", key), kMalformed);
  CHECK_CODE(VerifyCheckpoint(*note, ""), kMalformed);
  CHECK_CODE(VerifyCheckpoint(*note, key.substr(1)), kMalformed);
  CHECK_CODE(VerifyCheckpoint(*note, KeyOf(MustTenant(store, "other"))),
             kCorruption);
}

TEST_CASE("ledger: the example of the specification of signed notes") {
  // Its text is no checkpoint: the signature is right, so that it is malformed
  // and not corrupt.
  const std::string key =
      "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  std::string note =
      "This is an example message.\n\n"
      "\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2O"
      "NncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
  CHECK_CODE(VerifyCheckpoint(note, key), kMalformed);
  note[3] = 'S';
  CHECK_CODE(VerifyCheckpoint(note, key), kCorruption);
}

TEST_CASE("ledger: a proof is held against a checkpoint") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 10);
  const std::string key = KeyOf(tenant);
  const std::string old = *tenant.GetLedgerCheckpoint(4);
  const std::string now = *tenant.GetLedgerCheckpoint();
  const std::string inclusion =
      ToJson(*tenant.ProveInclusion({.source = "scl", .id = "act-1"}));
  const std::string consistency = ToJson(*tenant.ProveConsistency(4));
  CHECK_CODE(VerifyLedgerProof(inclusion, now, key), kOk);
  CHECK_CODE(VerifyLedgerProof(inclusion, old, key), kCorruption);
  CHECK_CODE(VerifyLedgerProof(consistency, now, key), kOk);
  CHECK_CODE(VerifyLedgerProof(consistency, old, key), kOk);
  CHECK_CODE(
      VerifyLedgerProof(consistency, *tenant.GetLedgerCheckpoint(5), key),
      kCorruption);
  CHECK_CODE(VerifyLedgerProof(inclusion, "no note", key), kMalformed);
}

// Each character of it, but for spaces there are none.
TEST_CASE("ledger: a changed proof is no proof") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 6);
  for (const std::string& json :
       {ToJson(*tenant.ProveInclusion({.source = "scl", .id = "act-1"})),
        ToJson(*tenant.ProveConsistency(3))}) {
    REQUIRE_OK(VerifyLedgerProof(json));
    // The root after the record is told, and proves nothing here; and the
    // name of a ledger can only be held against a checkpoint.
    const size_t told = json.find("\"root\"");
    const size_t origin = json.find("\"origin\"");
    const size_t tenant_number = json.find("\"size\"");
    for (size_t i = 0; i < json.size(); ++i) {
      if (i >= told && i < told + 75 && told < origin) continue;
      if (i > origin && i < tenant_number) continue;
      std::string changed = json;
      changed[i] = changed[i] == '7' ? '3' : '7';
      if (changed == json) continue;
      INFO(changed);
      CHECK(!VerifyLedgerProof(changed).ok());
    }
  }
  CHECK_CODE(VerifyLedgerProof(""), kMalformed);
  CHECK_CODE(VerifyLedgerProof("[]"), kMalformed);
  CHECK_CODE(VerifyLedgerProof("{}"), kMalformed);
  CHECK_CODE(VerifyLedgerProof(R"({"proof":"other"})"), kMalformed);
  CHECK_CODE(VerifyLedgerProof(R"({"proof":"inclusion"})"), kMalformed);
}

TEST_CASE("ledger: what a record says is shown with its salt") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 6);
  const LedgerTarget target{.source = "scl", .id = "act-2"};
  const Result<LedgerOpening> opening = tenant.OpenLedgerRecord(target);
  REQUIRE_OK(opening);
  CHECK(opening->salt.size() == 32);
  CHECK(opening->plain.find(R"("purpose":"marketing")") != std::string::npos);
  const LedgerRecord record = tenant.ProveInclusion(target)->record;
  CHECK_CODE(VerifyOpening(record, *opening), kOk);
  LedgerOpening other = *opening;
  other.plain.back() = static_cast<char>(other.plain.back() ^ 1);
  CHECK_CODE(VerifyOpening(record, other), kCorruption);
  other = *opening;
  other.salt[31] = static_cast<char>(other.salt[31] ^ 1);
  CHECK_CODE(VerifyOpening(record, other), kCorruption);
  other.salt.pop_back();
  CHECK_CODE(VerifyOpening(record, other), kCorruption);
  // Choices and definitions can be shown, too.
  for (const LedgerRecord& each : RecordsOf(tenant)) {
    const Result<LedgerOpening> own =
        tenant.OpenLedgerRecord({.position = each.position});
    REQUIRE_OK(own);
    CHECK_CODE(VerifyOpening(each, *own), kOk);
  }
}

TEST_CASE("ledger: two tenants have two") {
  Store store = MustOpenInMemory();
  Tenant a = MustTenant(store, "a");
  Tenant b = MustTenant(store, "b");
  MustAppendOne(a, ConsentEvent("1", 1));
  MustAppendOne(b, ConsentEvent("1", 1));
  MustAppendOne(a, ConsentEvent("2", 1));
  CHECK(HeadOf(a).size == 2);
  CHECK(HeadOf(b).size == 1);
  CHECK(HeadOf(a).origin != HeadOf(b).origin);
  CHECK(KeyOf(a) != KeyOf(b));
  CHECK_CODE(a.ProveInclusion({.position = RecordsOf(b)[0].position}),
             kNotFound);
  // A proof of the one is none of the other.
  InclusionProof proof = *a.ProveInclusion({.source = "scl", .id = "1"});
  proof.head.origin = HeadOf(b).origin;
  CHECK_CODE(VerifyInclusion(proof), kCorruption);
  for (const Tenant& tenant : {a, b}) {
    const Result<VerifyReport> report = tenant.VerifyLedger({.open = true});
    REQUIRE_OK(report);
    CHECK(report->sound());
    CHECK(report->ledger_records == HeadOf(tenant).size);
    CHECK(report->opened == report->ledger_records);
  }
}

TEST_CASE("ledger: a request that is refused leaves nothing in it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 4);
  const LedgerHead before = HeadOf(tenant);
  Event taken = ConsentEvent("act-1", 1);
  taken.payload = R"({"purpose":"other"})";
  CHECK_CODE(tenant.Append(std::vector<Event>{ConsentEvent("new", 1), taken}),
             kIdConflict);
  CHECK(HeadOf(tenant) == before);
  // What if: nothing, either.
  REQUIRE_OK(tenant.WhatIf(ConsentEvent("new", 1)));
  REQUIRE_OK(tenant.Unmerge({.customer = 1}, {.dry_run = true}));
  CHECK(HeadOf(tenant) == before);
  MustAppend(tenant, {ConsentEvent("new", 1), taken}, {.partial = true});
  CHECK(HeadOf(tenant).size == before.size + 1);
  const Result<VerifyReport> report = tenant.VerifyLedger({.open = true});
  REQUIRE_OK(report);
  INFO(Findings(*report));
  CHECK(report->sound());
}

TEST_CASE("ledger: large requests, checkpoints and views made anew") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  LedgerHead head;
  std::string note;
  std::string proof;
  std::string key;
  {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    for (int round = 0; round < 4; ++round) {
      std::vector<Event> events;
      for (int i = 0; i < 700; ++i) {
        const std::string id = std::to_string(round * 700 + i);
        events.push_back(i % 3 == 0 ? MemberEvent("e" + id, i % 90)
                                    : ConsentEvent("c" + id, i % 90));
      }
      MustAppend(tenant, events);
      if (round == 1) REQUIRE_OK(store.Flush());
    }
    head = HeadOf(tenant);
    note = *tenant.GetLedgerCheckpoint(100);
    key = KeyOf(tenant);
    proof = ToJson(*tenant.ProveInclusion({.source = "scl", .id = "c1"}));
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }
  for (const bool anew : {false, true}) {
    if (anew) std::filesystem::remove_all(path + "/views");
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    CHECK(HeadOf(tenant) == head);
    CHECK(KeyOf(tenant) == key);
    CHECK(*tenant.GetLedgerCheckpoint(100) == note);
    CHECK(ToJson(*tenant.ProveInclusion({.source = "scl", .id = "c1"},
                                        head.size)) == proof);
    const Result<VerifyReport> report =
        tenant.VerifyLedger({.checkpoints = {note}, .open = true});
    REQUIRE_OK(report);
    INFO(Findings(*report));
    CHECK(report->sound());
    CHECK(report->ledger_records == head.size);
    CHECK(report->opened == head.size);
    CHECK(report->erased == 0);
    MustAppendOne(tenant, ConsentEvent(anew ? "y" : "x", 1));
    head = HeadOf(tenant);
    proof = ToJson(*tenant.ProveInclusion({.source = "scl", .id = "c1"}));
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }
}

TEST_CASE("ledger: a checkpoint of something else is found") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Live(tenant, 9);
  Store second = MustOpenInMemory();
  Tenant other = MustTenant(second);
  Live(other, 9);
  CHECK_CODE(tenant.VerifyLedger({.checkpoints = {"no note"}}), kMalformed);
  CHECK_CODE(
      tenant.VerifyLedger({.checkpoints = {*other.GetLedgerCheckpoint()}}),
      kCorruption);
  CHECK_CODE(tenant.VerifyLedger({.checkpoints = {*other.GetLedgerCheckpoint()},
                                  .key = KeyOf(other)}),
             kInvalidArgument);
  uint64_t done = 0;
  const Result<VerifyReport> report =
      tenant.VerifyLedger({.checkpoints = {*tenant.GetLedgerCheckpoint(3),
                                           *tenant.GetLedgerCheckpoint()},
                           .key = KeyOf(tenant),
                           .progress = [&](uint64_t at, uint64_t) {
                             done = at;
                             return true;
                           }});
  REQUIRE_OK(report);
  CHECK(report->sound());
  CHECK(done == report->log_records);
  CHECK_CODE(tenant.VerifyLedger(
                 {.progress = [](uint64_t, uint64_t) { return false; }}),
             kCancelled);
}

}  // namespace
}  // namespace crm
