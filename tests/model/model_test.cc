// Random operations on a store and on the oracle, compared after each batch:
// outcomes, profiles, timelines, customers, replays, counts. The seed is
// printed when something differs and may be given as CRM_TEST_SEED.
//
//   model_test [--test-case=...]   CRM_TEST_SEED, CRM_MODEL_SECONDS

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>

#include "oracle.h"
#include "store/fixture.h"

namespace crm {
namespace {

constexpr size_t kTenants = 3;

// A minute passes with each look, long before anything that events tell: so no
// erasure is later than what happened, and none refuses an event.
class SlowClock final : public Clock {
 public:
  Timestamp Now() override {
    return Timestamp(std::chrono::minutes(kStart + looks_.fetch_add(1)));
  }

 private:
  static constexpr int64_t kStart = 15'778'080;  // 2000-01-01
  std::atomic<int64_t> looks_{0};
};

// One life of a store: opened, used, closed, opened again.
class Model {
 public:
  explicit Model(uint32_t seed) : random_(seed) {
    on_disk_ = seed % 4 != 0;
    options_ = Quick();
    options_.background_threads = static_cast<int>(seed / 2 % 2);
    options_.checkpoint_records = 1000;
    options_.compress_blocks = seed % 3 != 0;
    if (seed % 5 == 0) options_.resident_bytes = size_t{16} << 20;
    options_.clock = std::make_shared<SlowClock>();
    for (size_t i = 0; i < kTenants; ++i) NameTenant(i);
    Open();
  }

  void Run(int batches) {
    for (int batch = 0; batch < batches; ++batch) {
      for (size_t n = 1 + Pick(40); n > 0; --n) AppendSome(Pick(kTenants));
      if (OneIn(2)) EraseSome(Pick(kTenants));
      if (OneIn(25)) DropSome(Pick(kTenants));
      Disturb();
      for (size_t tenant = 0; tenant < kTenants; ++tenant) Compare(tenant);
      CompareStats();
    }
    CheckSound(*store_);
  }

 private:
  size_t Pick(size_t n) { return random_() % n; }
  bool OneIn(size_t n) { return Pick(n) == 0; }

  void Open() {
    store_ =
        std::make_unique<Store>(on_disk_ ? MustOpen(scratch_ / "s", options_)
                                         : MustOpenInMemory(options_));
    tenants_.clear();
    for (size_t i = 0; i < kTenants; ++i) {
      tenants_.push_back(MustTenant(*store_, names_[i]));
    }
  }

  void NameTenant(size_t t) {
    names_[t] = "tenant-" + std::to_string(named_++);
  }

  void EraseSome(size_t t) {
    Oracle& oracle = oracles_[t];
    if (oracle.customers().empty()) return;
    const CustomerId id = 1 + Pick(oracle.customers().size());
    CAPTURE(id);
    ErasureOptions options;
    options.confirm = true;
    if (OneIn(4)) options.mode = ErasureMode::kHard;
    const Result<ErasureReport> report = tenants_[t].Erase(id, options);
    if (oracle.IsErased(id)) {
      CHECK_CODE(report, kErased);
      return;
    }
    REQUIRE_OK(report);
    CHECK(report->complete);
    CHECK(report->customer == oracle.Current(id));
    CHECK(report->events == oracle.EventsOf(id).size());
    std::vector<RecordId> records =
        oracle.customers()[oracle.Current(id) - 1].records;
    std::sort(records.begin(), records.end());
    CHECK(report->records == records);
    oracle.Erase(id, report->position);
  }

  // Another one, of another name, takes its place.
  void DropSome(size_t t) {
    const Result<TenantDrop> drop =
        store_->DropTenant(names_[t], {.confirm = true});
    REQUIRE_OK(drop);
    CHECK(drop->events == oracles_[t].events().size());
    CHECK(drop->customers == oracles_[t].live_customers());
    CHECK(drop->records == oracles_[t].records().size());
    CHECK_CODE(tenants_[t].Append(NewEvent()), kErased);
    CHECK_CODE(tenants_[t].GetSnapshot(), kErased);
    CHECK_CODE(store_->Tenant(names_[t]), kErased);
    dropped_events_ += drop->events;
    ++dropped_;
    NameTenant(t);
    oracles_[t] = Oracle();
    offsets_[t].clear();
    tenants_[t] = MustTenant(*store_, names_[t]);
  }

  Identifier RandomIdentifier() {
    const std::string number = std::to_string(1 + Pick(25));
    switch (Pick(9)) {
      case 0:
        return {"authUserId", "u" + number};
      case 1:
        return {"sclMemberId", "m" + number};
      case 2:
        return {"pos", "p" + number};
      case 3:
        return {"email", "P" + number + "@Example.com"};
      case 4:
        return {"email", "p" + number + "@example.com"};
      case 5:
        return {"phoneNumber", "+278212345" + std::to_string(10 + Pick(25))};
      case 6:
        return {"phone", "+278212345" + std::to_string(10 + Pick(25))};
      case 7:
        return {"deviceId", "d" + number};
      default:
        return {"authUserId", OneIn(2) ? "null" : "anonymous"};
    }
  }

  Event NewEvent() {
    Event event;
    event.id = "e" + std::to_string(++ids_);
    event.type = "type-" + std::to_string(Pick(4) * Pick(4));
    if (event.type == "type-3") event.type = kAct;
    event.source = "source-" + std::to_string(Pick(3));
    // Each time is used once: no tie is to be broken.
    event.occurred_at =
        At(static_cast<int64_t>(Pick(3'000'000) * 1'000'003 + ids_ * 2));
    // Long after, when phone numbers are somebody else's.
    if (OneIn(30)) *event.occurred_at += std::chrono::hours(24 * 700);
    for (size_t n = Pick(4); n > 0; --n) {
      const Identifier identifier = RandomIdentifier();
      // One value of a namespace, as JSON has it.
      bool repeated = false;
      for (const Identifier& other : event.identifiers) {
        repeated |= other.name_space == identifier.name_space ||
                    (other.name_space.starts_with("phone") &&
                     identifier.name_space.starts_with("phone"));
      }
      if (!repeated) event.identifiers.push_back(identifier);
    }
    event.payload = "{\"n\":" + std::to_string(ids_);
    if (OneIn(2)) {
      event.payload += ",\"traits\":{\"x\":" + std::to_string(ids_) +
                       (OneIn(3) ? ",\"y\":null" : ",\"y\":\"why\"");
      if (OneIn(2)) {
        const char* const names[] = {"Ann", "Anna", "Bob", "Robert", "Zoe"};
        const char* const dates[] = {"1990-02-03", "1990-03-02", "1971-12-25"};
        event.payload += std::string(",\"firstName\":\"") + names[Pick(5)] +
                         "\",\"dateOfBirth\":\"" + dates[Pick(3)] + "\"";
      }
      event.payload += "}";
    }
    event.payload += "}";
    if (OneIn(30)) event.payload = "17";
    return event;
  }

  Event SomeEvent(const Oracle& oracle) {
    if (oracle.events().empty() || !OneIn(8)) return NewEvent();
    Event event = oracle.events()[Pick(oracle.events().size())].event;
    if (OneIn(4)) event.payload = "{\"changed\":true}";
    return event;
  }

  Condition SomeCondition(const Oracle& oracle) {
    CustomerId customer = Pick(oracle.customers().size() + 1);
    if (oracle.IsErased(customer)) customer = 0;
    Condition condition;
    condition.customer = OneIn(2) ? 0 : customer;
    do {
      condition.identifier = RandomIdentifier();
    } while (condition.identifier.value == "null" ||
             condition.identifier.value == "anonymous");
    condition.kind = static_cast<Condition::Kind>(Pick(5));
    const CustomerId who = condition.customer != 0
                               ? condition.customer
                               : oracle.Owner(condition.identifier);
    condition.version = oracle.Version(who);
    if (OneIn(4) && condition.version > 0) {
      condition.version -= 1 + Pick(condition.version);
    }
    condition.type = "type-" + std::to_string(Pick(10));
    return condition;
  }

  void AppendSome(size_t t) {
    Oracle& oracle = oracles_[t];
    AppendOptions options;
    options.partial = OneIn(2);
    options.backfill = OneIn(5);
    std::vector<Event> events;
    for (size_t n = Pick(8); n > 0; --n) events.push_back(SomeEvent(oracle));
    if (!events.empty() && OneIn(6)) {
      events.push_back(events[Pick(events.size())]);
      if (OneIn(3)) events.back().type = "repeated";
    }
    for (size_t n = OneIn(3) ? 1 + Pick(2) : 0; n > 0; --n) {
      options.conditions.push_back(SomeCondition(oracle));
    }
    if (OneIn(4)) {
      options.offset = HostOffset{"o", std::to_string(random_())};
    }
    const OracleAnswer expected = oracle.Append(events, options);
    if (OneIn(6)) CompareDryRun(t, events, options, expected);
    const Result<AppendResult> result = tenants_[t].Append(events, options);
    INFO(StatusOf(result).ToString());
    REQUIRE(StatusCodeName(StatusOf(result).code()) ==
            StatusCodeName(expected.code));
    if (!result.ok()) return;
    if (options.offset.has_value()) offsets_[t] = options.offset->value;
    CompareOutcomes(&oracle, *result, expected);
  }

  // A dry run must say the same before as the real run says after.
  void CompareDryRun(size_t t, const std::vector<Event>& events,
                     AppendOptions options, const OracleAnswer& expected) {
    options.dry_run = NewDryRun();
    const Result<AppendResult> dry = tenants_[t].Append(events, options);
    INFO("dry run: " << StatusOf(dry).ToString());
    REQUIRE(StatusCodeName(StatusOf(dry).code()) ==
            StatusCodeName(expected.code));
    if (!dry.ok()) return;
    for (size_t i = 0; i < expected.events.size(); ++i) {
      CHECK(dry->events[i].outcome == expected.events[i].outcome);
      CHECK(dry->events[i].customer == expected.events[i].customer);
      CHECK(dry->events[i].record == expected.events[i].record);
      CHECK(dry->events[i].merged == expected.events[i].merged);
      CHECK(dry->events[i].withheld.size() ==
            expected.events[i].withheld.size());
      CHECK(dry->events[i].reviews.size() == expected.events[i].reviews);
    }
  }

  static void CompareOutcomes(Oracle* oracle, const AppendResult& result,
                              const OracleAnswer& expected) {
    REQUIRE(result.events.size() == expected.events.size());
    uint64_t created = 0;
    uint64_t appended = 0;
    for (size_t i = 0; i < expected.events.size(); ++i) {
      const EventOutcome& have = result.events[i];
      const OracleOutcome& want = expected.events[i];
      CAPTURE(i);
      REQUIRE(have.outcome == want.outcome);
      if (expected.appended[i].has_value()) {
        oracle->SetPosition(*expected.appended[i], have.position);
        ++appended;
      }
      if (have.outcome == Outcome::kDuplicate) {
        CHECK(have.position == oracle->events()[want.known].position);
      }
      CHECK(have.status.ok() == (want.outcome == Outcome::kAppended ||
                                 want.outcome == Outcome::kDuplicate));
      if (have.outcome != Outcome::kAppended) continue;
      CHECK(have.record == want.record);
      CHECK(have.customer == want.customer);
      CHECK(have.revision == want.revision);
      CHECK(have.confidence == want.confidence);
      CHECK(have.matched_by == want.matched_by);
      CHECK(have.new_record == want.new_record);
      CHECK(have.new_customer == want.new_customer);
      CHECK(have.contested == want.contested);
      CHECK(have.merged == want.merged);
      CHECK(have.reviews.size() == want.reviews);
      REQUIRE(have.withheld.size() == want.withheld.size());
      for (size_t j = 0; j < want.withheld.size(); ++j) {
        CHECK(have.withheld[j].name_space == want.withheld[j].name_space);
        CHECK(have.withheld[j].owner == want.withheld[j].owner);
        CHECK(std::string(IdentityReasonName(have.withheld[j].reason)) ==
              IdentityReasonName(want.withheld[j].reason));
      }
      created += want.new_customer ? 1 : 0;
    }
    CHECK(result.customers_created == created);
    CHECK(result.appended == appended);
  }

  void Disturb() {
    switch (Pick(6)) {
      case 0:
        REQUIRE_OK(store_->Flush());
        return;
      case 1:
        REQUIRE_OK(store_->Sync());
        return;
      case 2:
        REQUIRE_OK(store_->Maintain(std::chrono::milliseconds(2)));
        return;
      case 3:
        if (OneIn(3)) CheckSound(*store_);
        return;
      default:
        break;
    }
    if (!on_disk_ || OneIn(2)) return;
    tenants_.clear();
    REQUIRE_OK(store_->Close());
    store_.reset();
    if (OneIn(3)) std::filesystem::remove_all(scratch_ / "s/views");
    options_.background_threads = static_cast<int>(Pick(2));
    Open();
  }

  void Compare(size_t t) {
    const Oracle& oracle = oracles_[t];
    const Result<Snapshot> snapshot = tenants_[t].GetSnapshot();
    REQUIRE_OK(snapshot);
    const size_t customers = oracle.customers().size();
    // A few each time; all of them sooner or later.
    for (int n = 0; n < 12 && customers > 0; ++n) {
      CompareCustomer(oracle, *snapshot, 1 + Pick(customers));
    }
    CHECK_CODE(snapshot->GetCustomer(customers + 1), kNotFound);
    CHECK_CODE(snapshot->GetProfile(customers + 1), kNotFound);
    for (int n = 0; n < 10; ++n) {
      const Identifier identifier = RandomIdentifier();
      const Result<CustomerId> found = snapshot->FindCustomer(identifier);
      const CustomerId owner = oracle.Found(identifier);
      INFO(identifier.name_space << " " << identifier.value);
      CHECK((found.ok() ? *found : 0) == owner);
    }
    for (int n = 0; n < 3; ++n) CompareReplay(oracle, *snapshot);
    const Result<std::string> offset = tenants_[t].GetOffset("o");
    CHECK((offset.ok() ? *offset : "") == offsets_[t]);
  }

  static void CompareCustomer(const Oracle& oracle, const Snapshot& snapshot,
                              CustomerId id) {
    CAPTURE(id);
    if (oracle.IsErased(id)) {
      CHECK_CODE(snapshot.GetCustomer(id), kErased);
      CHECK_CODE(snapshot.GetProfile(id), kErased);
      CHECK_CODE(snapshot.GetTimeline(id, {}), kErased);
      CHECK_CODE(snapshot.Replay({.customer = id}), kErased);
      return;
    }
    const CustomerId current = oracle.Current(id);
    const Oracle::CustomerState& want = oracle.customers()[current - 1];
    const std::vector<size_t> events = oracle.EventsOf(id);
    const Result<Customer> have = snapshot.GetCustomer(id);
    REQUIRE_OK(have);
    CHECK(have->id == current);
    std::vector<CustomerId> retired = want.retired;
    std::sort(retired.begin(), retired.end());
    CHECK(have->retired == retired);
    CHECK(have->version == oracle.Version(id));
    CHECK(have->events == events.size());
    REQUIRE(have->records.size() == want.records.size());
    for (size_t i = 0; i < want.records.size(); ++i) {
      const Oracle::Record& record = oracle.records()[want.records[i] - 1];
      CHECK(have->records[i].record == want.records[i]);
      CHECK(have->records[i].source == record.source);
      CHECK(have->records[i].events == record.events.size());
      CHECK(have->records[i].linked_at ==
            oracle.events()[record.linked_by].position);
      CHECK(have->records[i].matched_by == record.matched_by);
      CHECK(have->records[i].confidence == record.confidence);
      CHECK(have->records[i].linked_to == record.linked_to);
    }
    CompareProfile(oracle, snapshot, id, events);
    CompareTimeline(oracle, snapshot, id, events);
  }

  static void CompareProfile(const Oracle& oracle, const Snapshot& snapshot,
                             CustomerId id, const std::vector<size_t>& events) {
    const Result<Profile> profile = snapshot.GetProfile(id);
    REQUIRE_OK(profile);
    const auto traits = oracle.Traits(id);
    REQUIRE(profile->traits.size() == traits.size());
    size_t i = 0;
    for (const auto& [name, winner] : traits) {
      const OracleEvent& event = oracle.events()[winner.event];
      const Trait& trait = profile->traits[i++];
      CHECK(trait.name == name);
      CHECK(trait.value == winner.value);
      CHECK(trait.occurred_at == winner.time);
      CHECK(trait.source == event.event.source);
      CHECK(trait.position == event.position);
    }
    CHECK(profile->version == oracle.Version(id));
    CHECK(profile->events == events.size());
    Timestamp first = *oracle.events()[events[0]].event.occurred_at;
    Timestamp last = first;
    for (const size_t index : events) {
      first = std::min(first, *oracle.events()[index].event.occurred_at);
      last = std::max(last, *oracle.events()[index].event.occurred_at);
    }
    CHECK(profile->first_seen == first);
    CHECK(profile->last_seen == last);
  }

  static void CompareTimeline(const Oracle& oracle, const Snapshot& snapshot,
                              CustomerId id, std::vector<size_t> events) {
    std::sort(events.begin(), events.end(), [&](size_t a, size_t b) {
      return *oracle.events()[a].event.occurred_at >
             *oracle.events()[b].event.occurred_at;
    });
    TimelineQuery query;
    query.limit = 37;
    size_t next = 0;
    do {
      const Result<TimelinePage> page = snapshot.GetTimeline(id, query);
      REQUIRE_OK(page);
      CHECK(page->total == events.size());
      for (const TimelineEntry& entry : page->entries) {
        REQUIRE(next < events.size());
        const OracleEvent& want = oracle.events()[events[next++]];
        CHECK(entry.position == want.position);
        CHECK(entry.id == want.event.id);
        CHECK(entry.type == want.event.type);
        CHECK(entry.source == want.event.source);
        CHECK(entry.payload == want.event.payload);
        CHECK(entry.record == want.record);
      }
      query.cursor = page->next;
    } while (!query.cursor.empty());
    CHECK(next == events.size());
  }

  ReplayQuery SomeQuery(const Oracle& oracle) {
    ReplayQuery query;
    query.backward = OneIn(2);
    if (OneIn(2)) query.order = ReplayQuery::Order::kOccurredAt;
    if (OneIn(3)) query.first = 1 + Pick(3000);
    if (OneIn(3)) query.last = 1 + Pick(6000);
    if (OneIn(4))
      query.from = At(static_cast<int64_t>(Pick(3'000'000) * 1'000'003));
    if (OneIn(4))
      query.until = At(static_cast<int64_t>(Pick(3'000'000) * 1'000'003));
    if (OneIn(3)) query.types = {"type-" + std::to_string(Pick(10)), "type-9"};
    if (OneIn(4) && !oracle.customers().empty()) {
      query.customer = 1 + Pick(oracle.customers().size());
      if (oracle.IsErased(query.customer)) query.customer = 0;
    } else if (OneIn(4) && !oracle.records().empty()) {
      query.record = 1 + Pick(oracle.records().size());
      if (oracle.records()[query.record - 1].erased) query.record = 0;
    }
    return query;
  }

  void CompareReplay(const Oracle& oracle, const Snapshot& snapshot) {
    const ReplayQuery query = SomeQuery(oracle);
    std::vector<const OracleEvent*> expected;
    for (const OracleEvent& event : oracle.events()) {
      const Timestamp time = *event.event.occurred_at;
      if (event.position < query.first ||
          (query.last != 0 && event.position > query.last) ||
          (query.from.has_value() && time < *query.from) ||
          (query.until.has_value() && time >= *query.until) ||
          (query.record != 0 && event.record != query.record) ||
          (query.customer != 0 &&
           (event.record == 0 || oracle.records()[event.record - 1].customer !=
                                     oracle.Current(query.customer))) ||
          (!query.types.empty() &&
           std::find(query.types.begin(), query.types.end(),
                     event.event.type) == query.types.end())) {
        continue;
      }
      expected.push_back(&event);
    }
    if (query.order == ReplayQuery::Order::kOccurredAt) {
      std::stable_sort(expected.begin(), expected.end(),
                       [](const OracleEvent* a, const OracleEvent* b) {
                         return *a->event.occurred_at < *b->event.occurred_at;
                       });
    }
    if (query.backward) std::reverse(expected.begin(), expected.end());
    Result<EventCursor> cursor = snapshot.Replay(query);
    REQUIRE_OK(cursor);
    EventView view;
    for (const OracleEvent* want : expected) {
      const Result<bool> more = cursor->Next(&view);
      REQUIRE_OK(more);
      REQUIRE(*more);
      REQUIRE(view.position == want->position);
      const bool erased =
          want->record != 0 && oracle.records()[want->record - 1].erased;
      CHECK(view.opened == !erased);
      CHECK(view.id == (erased ? "" : want->event.id));
      CHECK(view.type == want->event.type);
      CHECK(view.source == want->event.source);
      CHECK(view.occurred_at == *want->event.occurred_at);
      CHECK(view.record == want->record);
      // Of one person: whose they are now. Of all: as they were appended.
      const bool of_one = query.customer != 0 || query.record != 0;
      CHECK(view.customer == (of_one
                                  ? oracle.records()[want->record - 1].customer
                                  : want->customer));
      CHECK(view.revision == want->revision);
      CHECK(view.backfill == want->backfill);
      CHECK(view.payload == (erased ? "" : want->event.payload));
    }
    const Result<bool> more = cursor->Next(&view);
    REQUIRE_OK(more);
    CHECK(!*more);
  }

  void CompareStats() {
    const Result<StoreStats> stats = store_->GetStats();
    REQUIRE_OK(stats);
    REQUIRE(stats->tenants.size() == kTenants);
    uint64_t events = dropped_events_;
    for (size_t t = 0; t < kTenants; ++t) {
      const auto found = std::find_if(
          stats->tenants.begin(), stats->tenants.end(),
          [&](const TenantStats& one) { return one.tenant == names_[t]; });
      REQUIRE(found != stats->tenants.end());
      const TenantStats& have = *found;
      CHECK(have.erased_customers == oracles_[t].erased_customers());
      CHECK(have.events == oracles_[t].events().size());
      CHECK(have.customers == oracles_[t].live_customers());
      CHECK(have.last_customer == oracles_[t].customers().size());
      CHECK(have.open_reviews == oracles_[t].reviews());
      CHECK(have.records == oracles_[t].records().size());
      CHECK(have.unattributed == oracles_[t].unattributed());
      CHECK(have.contested == oracles_[t].contested());
      events += have.events;
      CompareLedger(t);
    }
    const Result<std::vector<TenantEntry>> all = store_->ListTenants();
    REQUIRE_OK(all);
    CHECK(dropped_ ==
          std::count_if(all->begin(), all->end(), [](const TenantEntry& entry) {
            return entry.dropped_position != 0;
          }));
    CHECK(stats->events == events);
    CHECK(stats->head == stats->events + stats->derived);
  }

  // Whatever happened: every act is in it, once, and all of it is sound.
  void CompareLedger(size_t t) {
    const std::vector<OracleEvent>& events = oracles_[t].events();
    const auto acts =
        std::count_if(events.begin(), events.end(),
                      [](const auto& each) { return each.event.type == kAct; });
    const Result<std::vector<LedgerRecord>> records =
        tenants_[t].ListLedger({.limit = 10'000});
    REQUIRE_OK(records);
    CHECK(acts == std::count_if(records->begin(), records->end(),
                                [](const LedgerRecord& record) {
                                  return record.kind == LedgerKind::kEvent;
                                }));
    const Result<VerifyReport> report =
        tenants_[t].VerifyLedger({.open = true});
    REQUIRE_OK(report);
    INFO(Findings(*report));
    CHECK(report->sound());
    CHECK(report->opened + report->erased == records->size());
  }

  static constexpr char kAct[] = "ConsentGranted";

  Scratch scratch_;
  std::mt19937 random_;
  bool on_disk_ = true;
  StoreOptions options_;
  std::unique_ptr<Store> store_;
  std::vector<Tenant> tenants_;
  Oracle oracles_[kTenants];
  std::string names_[kTenants];
  int named_ = 0;
  int dropped_ = 0;
  uint64_t dropped_events_ = 0;
  std::string offsets_[kTenants];
  size_t ids_ = 0;
};

long FromEnvironment(const char* name, long otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

TEST_CASE("a store does what its headers say") {
  const long only = FromEnvironment("CRM_TEST_SEED", 0);
  const auto until =
      std::chrono::steady_clock::now() +
      std::chrono::seconds(FromEnvironment("CRM_MODEL_SECONDS", 20));
  for (long seed = only != 0 ? only : 1;; ++seed) {
    CAPTURE(seed);
    Model(static_cast<uint32_t>(seed)).Run(seed % 7 == 0 ? 80 : 20);
    // Eight lives at least, so that every kind of store was met.
    if (only != 0) break;
    if (seed >= 8 && std::chrono::steady_clock::now() > until) break;
  }
}

}  // namespace
}  // namespace crm
