// Tenant::Redact: what one event said goes from wherever it was, and nothing
// else does.

#include <filesystem>
#include <optional>

#include "crm/export.h"
#include "store/fixture.h"

namespace crm {
namespace {

// Ada said three things, of which the second is not to be known any more.
class Club {
 public:
  explicit Club(const std::string& path)
      : store(MustOpen(path)), tenant(MustTenant(store)) {
    Say("a-1", R"({"traits":{"name":"Ada","handicap":20}})");
    secret = Say("a-2", R"({"traits":{"handicap":18,"health":"frail"}})");
    Say("a-3", R"({"traits":{"city":"Paarl"}})");
    MustAppendOne(tenant, MakeEvent("b-1", {{"sclMemberId", "m-ben"}},
                                    R"({"traits":{"name":"Ben"}})"));
  }

  Position Say(const std::string& id, const std::string& payload) {
    Event event = MakeEvent(
        id, {{"sclMemberId", "m-ada"}, {"email", "ada@x.example"}}, payload);
    event.metadata = R"({"desk":"front"})";
    return MustAppendOne(tenant, event).position;
  }
  std::string TraitOf(const char* name) const {
    const Result<Profile> profile = tenant.GetProfile(1);
    REQUIRE_OK(profile);
    const Trait* trait = profile->Find(name);
    return trait == nullptr ? "" : trait->value;
  }
  void CheckRedacted() const {
    CHECK(TraitOf("name") == "\"Ada\"");
    CHECK(TraitOf("handicap") == "20");
    CHECK(TraitOf("health").empty());
    CHECK(TraitOf("city") == "\"Paarl\"");
    CHECK(TraitOf("email") == "\"ada@x.example\"");
    CHECK(tenant.GetProfile(1)->events == 3);
    const auto page = tenant.GetTimeline(1, {});
    REQUIRE_OK(page);
    REQUIRE(page->total == 3);
    for (const TimelineEntry& entry : page->entries) {
      CHECK(entry.opened);
      CHECK(entry.redacted == (entry.id == "a-2"));
      CHECK((entry.payload == "{}") == entry.redacted);
    }
    for (const ReplayQuery& query :
         {ReplayQuery{}, ReplayQuery{.customer = 1}}) {
      Result<EventCursor> cursor = tenant.Replay(query);
      REQUIRE_OK(cursor);
      EventView event;
      uint64_t redacted = 0;
      while (*cursor->Next(&event)) {
        if (!event.redacted) continue;
        ++redacted;
        CHECK(event.position == secret);
        CHECK(event.opened);
        CHECK(event.id == "a-2");
        CHECK(event.type == "scl.booking.made");
        CHECK(event.payload == "{}");
        CHECK(event.metadata.empty());
        CHECK(event.identity.find("m-ada") != std::string_view::npos);
      }
      CHECK(redacted == 1);
    }
  }

  Store store;
  Tenant tenant;
  Position secret = 0;
};

TEST_CASE("redact: what an event said goes, the event and its person stay") {
  for (const bool flushed : {false, true}) {
    CAPTURE(flushed);
    const Scratch scratch;
    std::string before;
    {
      Club club(scratch / "s");
      if (flushed) REQUIRE_OK(club.store.Flush());
      const auto done =
          club.tenant.Redact(club.secret, {.by = "desk", .why = "health data"});
      REQUIRE_OK(done);
      CHECK(done->event == club.secret);
      CHECK(done->position > club.secret);
      CHECK(done->customer == 1);
      CHECK(done->record == 1);
      CHECK(done->bytes > 50);
      CHECK(done->files_searched > 0);
      club.CheckRedacted();
      // It is there still: the same id again is a duplicate.
      CHECK_CODE(club.tenant.Redact(club.secret), kAlreadyExists);
      CheckSound(club.store);
      club.CheckRedacted();
      club.Say("a-4", R"({"traits":{"handicap":17}})");
      CHECK(club.TraitOf("handicap") == "17");
      CheckSound(club.store);
      before = Everything(club.tenant);
      REQUIRE_OK(club.store.Close());
    }
    for (const bool rebuilt : {false, true}) {
      if (rebuilt) std::filesystem::remove_all(scratch / "s/views");
      Store store = MustOpen(scratch / "s");
      Tenant tenant = MustTenant(store);
      CHECK(Everything(tenant) == before);
      CheckSound(store);
      REQUIRE_OK(store.Close());
    }
  }
}

TEST_CASE("redact: a dry run says what would go, and changes nothing") {
  const Scratch scratch;
  Club club(scratch / "s");
  const std::string before = Everything(club.tenant);
  const auto plan = club.tenant.Redact(club.secret, {.dry_run = true});
  REQUIRE_OK(plan);
  CHECK(plan->event == club.secret);
  CHECK(plan->position == 0);
  CHECK(plan->bytes > 50);
  CHECK(plan->files_searched == 0);
  CHECK(Everything(club.tenant) == before);
  CheckSound(club.store);
}

TEST_CASE("redact: what cannot be redacted changes nothing") {
  const Scratch scratch;
  Club club(scratch / "s");
  Tenant other = MustTenant(club.store, "another-club");
  Event act = MakeEvent("act", {{"sclMemberId", "m-ada"}},
                        R"({"purpose":"marketing","channel":"email"})");
  act.type = "ConsentGranted";
  const Position consent = MustAppendOne(club.tenant, act).position;
  const std::string before = Everything(club.tenant);
  CHECK_CODE(club.tenant.Redact(0), kNotFound);
  CHECK_CODE(club.tenant.Redact(1), kNotFound);  // The name of the tenant.
  CHECK_CODE(club.tenant.Redact(9999), kNotFound);
  CHECK_CODE(other.Redact(club.secret), kNotFound);
  CHECK_CODE(club.tenant.Redact(consent), kFailedPrecondition);
  CHECK_CODE(club.tenant.Redact(club.secret, {.why = std::string(257, 'x')}),
             kTooLarge);
  CHECK_CODE(club.tenant.Redact(club.secret, {.by = "a\nb"}), kInvalidArgument);
  CHECK(Everything(club.tenant) == before);
  REQUIRE_OK(club.tenant.Erase(1));
  CHECK_CODE(club.tenant.Redact(club.secret), kErased);
}

TEST_CASE("redact: an event of nobody") {
  const Scratch scratch;
  Club club(scratch / "s");
  const Position position =
      MustAppendOne(club.tenant, MakeEvent("n-1", {}, R"({"seen":"a face"})"))
          .position;
  const auto done = club.tenant.Redact(position);
  REQUIRE_OK(done);
  CHECK(done->record == 0);
  CHECK(done->customer == 0);
  const auto lines = Walk(club.tenant.Replay({.first = position}));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("a face") == std::string::npos);
  CHECK(lines[0].find("n-1") != std::string::npos);
  CheckSound(club.store);
}

TEST_CASE("redact: what is held stays, as far as it is held") {
  const Scratch scratch;
  Club club(scratch / "s");
  Event order = MakeEvent("o-1", {{"sclMemberId", "m-ada"}}, R"({"n":1})");
  order.type = "OrderPlaced";
  const Position ordered = MustAppendOne(club.tenant, order).position;
  const auto hold = club.tenant.PlaceHold(
      1, {.categories = {"orders"}, .by = "legal", .why = "case 4711"});
  REQUIRE_OK(hold);
  for (const bool dry_run : {true, false}) {
    const auto held = club.tenant.Redact(ordered, {.dry_run = dry_run});
    CHECK_CODE(held, kFailedPrecondition);
    CHECK(held.status().message() == "event " + std::to_string(ordered) +
                                         " is held, and not redacted: hold 1");
  }
  REQUIRE_OK(club.tenant.Redact(club.secret));
  CheckSound(club.store);
  REQUIRE_OK(club.tenant.ReleaseHold(*hold, {.by = "legal"}));
  REQUIRE_OK(club.tenant.Redact(ordered));
  REQUIRE_OK(club.tenant.PlaceHold(1, {.by = "legal"}));
  CHECK_CODE(club.tenant.Redact(1 + club.secret), kFailedPrecondition);
  CheckSound(club.store);
}

TEST_CASE("redact: a redacted event goes with its person") {
  for (const ErasureMode mode : {ErasureMode::kShred, ErasureMode::kHard}) {
    const Scratch scratch;
    Club club(scratch / "s");
    REQUIRE_OK(club.tenant.Redact(club.secret));
    REQUIRE_OK(club.tenant.Erase(1, {.mode = mode}));
    for (const std::string& line : Walk(club.tenant.Replay({}))) {
      CHECK(line.find("ada") == std::string::npos);
    }
    CheckSound(club.store);
  }
}

TEST_CASE("redact: a cursor that keeps an old file delays the proof, no more") {
  const Scratch scratch;
  Club club(scratch / "s");
  // Into a file.
  REQUIRE_OK(club.tenant.Erase(2, {.mode = ErasureMode::kHard}));
  std::optional<EventCursor> cursor = *club.tenant.Replay({});
  EventView event;
  REQUIRE(*cursor->Next(&event));
  const auto done = club.tenant.Redact(club.secret);
  CHECK_CODE(done, kBusy);
  club.CheckRedacted();
  CheckSound(club.store);
  cursor.reset();
  REQUIRE_OK(club.store.Maintain(std::chrono::seconds(1)));
  CHECK_CODE(club.tenant.Redact(club.secret), kAlreadyExists);
  club.CheckRedacted();
}

TEST_CASE("redact: an export shows it, and an import has the rest") {
  const Scratch scratch;
  Club club(scratch / "s");
  REQUIRE_OK(club.tenant.Redact(club.secret, {.why = "health data"}));
  std::string text;
  const ExportWriter writer = [&](std::string_view piece) {
    text += piece;
    return Status::Ok();
  };
  REQUIRE_OK(ExportStore(club.store, writer));
  CHECK(text.find("frail") == std::string::npos);
  CHECK(text.find(R"("redacted":true)") != std::string::npos);
  CHECK(text.find(R"("choice":"redaction","origin":"hand","events":1,)"
                  R"("why":"health data")") != std::string::npos);
  REQUIRE_OK(ExportStore(club.store, scratch / "all.ndjson"));
  Store copy = MustOpen(scratch / "copy");
  const auto report = ImportStore(copy, scratch / "all.ndjson");
  REQUIRE_OK(report);
  CHECK(report->events == 4);
  CHECK(report->redacted == 1);
  CHECK(report->erased == 0);
  CHECK(report->differences_total == 0);
  CHECK_FALSE(report->identical());
  CHECK(MustTenant(copy).GetProfile(1)->Find("handicap")->value == "20");
  CheckSound(copy);
}

TEST_CASE("an export of a store where somebody was erased can be imported") {
  for (const ErasureMode mode : {ErasureMode::kShred, ErasureMode::kHard}) {
    const Scratch scratch;
    Club club(scratch / "s");
    REQUIRE_OK(club.tenant.Erase(1, {.mode = mode}));
    const auto out = ExportStore(club.store, scratch / "all.ndjson");
    REQUIRE_OK(out);
    CHECK(out->erased == 3);
    Store copy = MustOpen(scratch / "copy");
    const auto report = ImportStore(copy, scratch / "all.ndjson");
    REQUIRE_OK(report);
    CHECK(report->events == 1);
    CHECK(report->erased == 3);
  }
}

}  // namespace
}  // namespace crm
