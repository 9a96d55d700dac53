// All tenants at one position, the walk over all of their events, and times
// of recording that the caller gives.

#include <sys/wait.h>
#include <unistd.h>

#include <limits>

#include "fixture.h"

namespace crm {
namespace {

using Texts = std::vector<std::string>;
using OwnedAll = Owned<crm_store_snapshot, crm_store_snapshot_free>;
using OwnedWalk = Owned<crm_store_cursor, crm_store_cursor_free>;
using OwnedNames = Owned<crm_name_list, crm_name_list_free>;

// Two tenants that take turns.
struct Clubs : Club {
  OwnedTenant other;
  Clubs() {
    REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("other"), nullptr,
                                      other.out(), error));
    AppendOne(tenant.get(), EventJson("1", "a@example.com"));
    AppendOne(other.get(), EventJson("2", "a@example.com"));
    AppendOne(tenant.get(), EventJson("3", "b@example.com"));
  }
};

OwnedAll AllOf(const Club& club) {
  OwnedAll all;
  REQUIRE_STATUS_OK(
      crm_store_get_snapshot(club.store.get(), nullptr, all.out(), error));
  return all;
}

OwnedWalk WalkOf(const OwnedAll& all) {
  OwnedWalk walk;
  REQUIRE_STATUS_OK(
      crm_store_snapshot_replay(all.get(), nullptr, walk.out(), error));
  return walk;
}

// "tenant/id" of all that a walk gives; checks how it ends.
Texts AllIdsOf(crm_store_cursor* walk) {
  Texts found;
  uint64_t position = 0;
  crm_store_event one = {};
  Error error;
  crm_status status = CRM_OK;
  while ((status = crm_store_cursor_next(walk, &one, error)) == CRM_OK) {
    CHECK(one.kind == CRM_STORE_EVENT);
    CHECK(one.event.position > position);
    position = one.event.position;
    found.push_back(Text(one.tenant) + "/" + Text(one.event.id));
  }
  CHECK(status == CRM_DONE);
  CHECK(one.kind == 0);
  CHECK(one.tenant.data == nullptr);
  CHECK(one.event.position == 0);
  return found;
}

Texts NamesOf(const OwnedAll& all) {
  OwnedNames names;
  REQUIRE_STATUS_OK(crm_store_snapshot_get_tenant_names(all.get(), nullptr,
                                                        names.out(), error));
  const crm_name_list_view* const view = crm_name_list_read(names.get());
  Texts found;
  for (size_t i = 0; i < view->count; ++i)
    found.push_back(Text(view->names[i]));
  return found;
}

TEST_CASE("store snapshot: all tenants, and nothing that comes after it") {
  Clubs clubs;
  OwnedAll all = AllOf(clubs);
  const uint64_t position = crm_store_snapshot_position(all.get());
  const uint64_t last =
      AppendOne(clubs.other.get(), EventJson("4", "")).position;
  CHECK(position > 0);
  CHECK(position < last);
  CHECK(NamesOf(all) == Texts{"club", "other"});
  OwnedWalk walk = WalkOf(all);
  OwnedSnapshot other;
  REQUIRE_STATUS_OK(crm_store_snapshot_get_tenant(all.get(), Slice("other"),
                                                  nullptr, other.out(), error));
  // What came from it lives on.
  all.Free();
  CHECK(AllIdsOf(walk.get()) == Texts{"club/1", "other/2", "club/3"});
  CHECK(crm_snapshot_position(other.get()) == position);
  crm_tenant_stats stats = {};
  REQUIRE_STATUS_OK(
      crm_snapshot_get_stats(other.get(), nullptr, &stats, error));
  CHECK(stats.events == 1);
  CHECK(Text(stats.tenant) == "other");
  CHECK(AllIdsOf(WalkOf(AllOf(clubs)).get()).size() == 4);
}

TEST_CASE("store snapshot: a tenant that is none is not made") {
  Clubs clubs;
  const OwnedAll all = AllOf(clubs);
  OwnedSnapshot one;
  CHECK_STATUS(crm_store_snapshot_get_tenant(all.get(), Slice("third"), nullptr,
                                             one.out(), error),
               CRM_NOT_FOUND);
  CHECK_STATUS(crm_store_snapshot_get_tenant(all.get(), {nullptr, 3}, nullptr,
                                             one.out(), error),
               CRM_INVALID_ARGUMENT);
  CHECK(NamesOf(AllOf(clubs)) == Texts{"club", "other"});
  // One that came later is none, either.
  OwnedTenant third;
  REQUIRE_STATUS_OK(crm_tenant_open(clubs.store.get(), Slice("third"), nullptr,
                                    third.out(), error));
  AppendOne(third.get(), EventJson("9", ""));
  CHECK_STATUS(crm_store_snapshot_get_tenant(all.get(), Slice("third"), nullptr,
                                             one.out(), error),
               CRM_NOT_FOUND);
  CHECK(one.get() == nullptr);
  CHECK(NamesOf(all) == Texts{"club", "other"});
}

TEST_CASE("store snapshot: choices stand where they were made") {
  Clubs clubs;
  for (const char* json :
       {R"({"id":"a","type":"t","source":"s","identity":{"sclMemberId":"1"}})",
        R"({"id":"b","type":"t","source":"s","identity":{"email":"m@b.com"}})",
        R"({"id":"c","type":"t","source":"s",)"
        R"("identity":{"sclMemberId":"1","email":"m@b.com"}})"}) {
    AppendOne(clubs.other.get(), json);
  }
  const OwnedWalk walk = WalkOf(AllOf(clubs));
  crm_store_event one = {};
  crm_choice_view choice = {};
  std::string json;
  std::string before;
  std::string last;
  while (crm_store_cursor_next(walk.get(), &one, nullptr) == CRM_OK) {
    CHECK((one.choice.kind != 0) == (one.kind == CRM_STORE_CHOICE));
    if (one.kind == CRM_STORE_CHOICE) {
      CHECK(choice.kind == 0);
      CHECK(one.event.position == 0);
      CHECK(Text(one.tenant) == "other");
      choice = one.choice;
      json = Text(choice.json);
      before = last;
    }
    last = Text(one.event.id);
  }
  CHECK(before == "b");
  CHECK(choice.kind == CRM_CHOICE_MERGE);
  CHECK(choice.origin == CRM_CHOICE_BY_EVENT);
  CHECK(choice.position > 0);
  CHECK(json.find(R"({"choice":"merge","origin":"event","customer":)") == 0);
  CHECK(json.find("m@b.com") == std::string::npos);
}

TEST_CASE("store snapshot: of a store in which nothing is") {
  OwnedStore store;
  REQUIRE_STATUS_OK(crm_store_open_in_memory(nullptr, store.out(), error));
  OwnedAll all;
  REQUIRE_STATUS_OK(
      crm_store_get_snapshot(store.get(), nullptr, all.out(), error));
  CHECK(NamesOf(all).empty());
  CHECK(AllIdsOf(WalkOf(all).get()).empty());
}

TEST_CASE("store snapshot: a store is not closed while one is open") {
  Clubs clubs;
  OwnedAll all = AllOf(clubs);
  CHECK_STATUS(crm_store_close(clubs.store.get(), error),
               CRM_FAILED_PRECONDITION);
  OwnedWalk walk = WalkOf(all);
  all.Free();
  CHECK_STATUS(crm_store_close(clubs.store.get(), error),
               CRM_FAILED_PRECONDITION);
  CHECK(AllIdsOf(walk.get()).size() == 3);
}

TEST_CASE("store snapshot: NULL, freed ones, and options that are wrong") {
  Clubs clubs;
  crm_store_snapshot_free(nullptr);
  crm_store_cursor_free(nullptr);
  CHECK(crm_store_snapshot_position(nullptr) == 0);
  crm_read_options options = CRM_READ_OPTIONS_INIT;
  options.flags = 1;
  OwnedAll all;
  CHECK_STATUS(
      crm_store_get_snapshot(clubs.store.get(), &options, all.out(), error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_store_get_snapshot(clubs.store.get(), nullptr, nullptr, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_store_cursor_next(nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);

  crm_store_snapshot* const freed = *AllOf(clubs).handle();
  CHECK(crm_store_snapshot_position(freed) == 0);
  crm_store_snapshot_free(freed);
  OwnedWalk walk;
  CHECK_STATUS(crm_store_snapshot_replay(freed, nullptr, walk.out(), error),
               CRM_FAILED_PRECONDITION);
  OwnedNames names;
  CHECK_STATUS(
      crm_store_snapshot_get_tenant_names(freed, nullptr, names.out(), error),
      CRM_FAILED_PRECONDITION);
  // A cursor over one tenant is none over a store.
  OwnedCursor one;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(clubs.tenant.get(), nullptr, one.out(), error));
  crm_store_event event = {};
  event.kind = 7;
  CHECK_STATUS(
      crm_store_cursor_next(reinterpret_cast<crm_store_cursor*>(one.get()),
                            &event, error),
      CRM_INVALID_ARGUMENT);
  CHECK(event.kind == 0);
}

TEST_CASE("store snapshot: dead in a child of fork, alive in its parent") {
  Clubs clubs;
  const OwnedAll all = AllOf(clubs);
  const OwnedWalk walk = WalkOf(all);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    crm_store_event event = {};
    crm_store_cursor* made = nullptr;
    const bool dead =
        crm_store_snapshot_position(all.get()) == 0 &&
        crm_store_snapshot_replay(all.get(), nullptr, &made, nullptr) ==
            CRM_FAILED_PRECONDITION &&
        crm_store_cursor_next(walk.get(), &event, nullptr) ==
            CRM_FAILED_PRECONDITION;
    // Freeing does nothing.
    crm_store_cursor_free(walk.get());
    crm_store_snapshot_free(all.get());
    _exit(dead ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(AllIdsOf(walk.get()).size() == 3);
}

TEST_CASE("store snapshot: definitions stand where they were made") {
  Clubs clubs;
  crm_tenant* const tenant = clubs.tenant.get();
  crm_schema_definition schema = CRM_SCHEMA_DEFINITION_INIT;
  schema.type = Slice("booked");
  schema.version = Slice("1.0");
  schema.json = Slice(R"({"type": "object"})");
  schema.compatibility = CRM_COMPATIBILITY_NONE;
  REQUIRE_STATUS_OK(
      crm_tenant_register_schema(tenant, &schema, nullptr, error));
  AppendOne(tenant, EventJson("4", ""));
  REQUIRE_STATUS_OK(crm_tenant_register_upcaster(
      tenant,
      Slice(R"({"type":"booked","from":"0.9","to":"1.0",)"
            R"("steps":[{"remove":"/n"}]})"),
      nullptr, error));
  REQUIRE_STATUS_OK(crm_tenant_set_validation(clubs.other.get(), {nullptr, 0},
                                              CRM_VALIDATION_WARN, error));

  const OwnedAll all = AllOf(clubs);
  uint64_t counts[] = {7, 7, 7};
  REQUIRE_STATUS_OK(crm_store_snapshot_count_definitions(all.get(), nullptr,
                                                         counts, 2, error));
  CHECK(counts[0] == 2);
  CHECK(counts[1] == 1);
  CHECK_STATUS(crm_store_snapshot_count_definitions(all.get(), nullptr, counts,
                                                    3, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_store_snapshot_count_definitions(all.get(), nullptr, nullptr,
                                                    2, error),
               CRM_INVALID_ARGUMENT);
  CHECK(counts[2] == 7);

  const OwnedWalk walk = WalkOf(all);
  Texts found;
  uint64_t position = 0;
  crm_store_event one = {};
  Error error;
  crm_status status = CRM_OK;
  while ((status = crm_store_cursor_next(walk.get(), &one, error)) == CRM_OK) {
    const crm_definition_view& definition = one.definition;
    const bool event = one.kind == CRM_STORE_EVENT;
    CHECK((one.event.position == 0) == !event);
    CHECK((definition.kind == 0) == event);
    const uint64_t at = event ? one.event.position : definition.position;
    CHECK(at > position);
    position = at;
    found.push_back(
        event ? Text(one.event.id)
              : Text(one.tenant) + " " + std::to_string(definition.kind) + " " +
                    Text(definition.type) + " " + Text(definition.version) +
                    " " + Text(definition.to) + " " + Text(definition.json) +
                    " " + std::to_string(definition.compatibility) + " " +
                    std::to_string(definition.mode));
  }
  CHECK(status == CRM_DONE);
  CHECK(found == Texts{"1", "2", "3",
                       R"(club 1 booked 1.0  {"type":"object"} 4 0)", "4",
                       R"(club 2 booked 0.9 1.0 {"type":"booked","from":"0.9",)"
                       R"("to":"1.0","steps":[{"remove":"/n"}]} 0 0)",
                       "other 3     0 1"});
}

// --- recorded_at -------------------------------------------------------------

constexpr int64_t kYear2024 = 1'704'067'200'000'000;

crm_status AppendAt(crm_tenant* tenant, const Texts& ids,
                    const std::vector<int64_t>& times, crm_error** error) {
  Texts texts;
  for (const std::string& id : ids) texts.push_back(EventJson(id, ""));
  std::vector<crm_slice> events;
  for (const std::string& text : texts) events.push_back(Slice(text));
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.recorded_at_us = times.data();
  options.recorded_at_count = times.size();
  return crm_tenant_append_json(tenant, events.data(), events.size(), &options,
                                nullptr, error);
}

TEST_CASE("recorded_at: what the caller says, and nothing before it later") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  CHECK_STATUS(AppendAt(tenant, {"1", "2"}, {kYear2024, kYear2024 + 5}, error),
               CRM_OK);
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(crm_tenant_replay(tenant, nullptr, cursor.out(), error));
  for (const int64_t expected : {kYear2024, kYear2024 + 5}) {
    crm_event_view event = {};
    REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
    CHECK(event.recorded_at_us == expected);
    CHECK(event.occurred_at_us == expected);
  }
  cursor.Free();
  CHECK_STATUS(AppendAt(tenant, {"3"}, {kYear2024 + 4}, error),
               CRM_FAILED_PRECONDITION);
  CHECK_STATUS(AppendAt(tenant, {"3"}, {kYear2024 + 5}, error), CRM_OK);
}

TEST_CASE("recorded_at: not one ascending time for each event") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  const std::vector<std::vector<int64_t>> wrong = {
      {kYear2024},
      {kYear2024, kYear2024, kYear2024},
      {kYear2024 + 1, kYear2024},
      {std::numeric_limits<int64_t>::min(), kYear2024},
      {kYear2024, std::numeric_limits<int64_t>::max()}};
  for (const std::vector<int64_t>& times : wrong) {
    CHECK_STATUS(AppendAt(tenant, {"1", "2"}, times, error),
                 CRM_INVALID_ARGUMENT);
  }
  CHECK_STATUS(
      AppendAt(tenant, {"1"}, std::vector<int64_t>(10'001, kYear2024), error),
      CRM_TOO_LARGE);
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.recorded_at_count = 1;
  CHECK_STATUS(
      crm_tenant_append_json(tenant, nullptr, 0, &options, nullptr, error),
      CRM_INVALID_ARGUMENT);
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(crm_tenant_replay(tenant, nullptr, cursor.out(), error));
  CHECK(IdsOf(cursor.get()).empty());
  // Structs of an older header end before it.
  options = CRM_APPEND_OPTIONS_INIT;
  options.struct_size = offsetof(crm_append_options, recorded_at_us);
  options.recorded_at_count = 7;
  const std::string json = EventJson("1", "");
  CHECK(AppendOne(tenant, json, &options).outcome == CRM_OUTCOME_APPENDED);
}

}  // namespace
}  // namespace crm
