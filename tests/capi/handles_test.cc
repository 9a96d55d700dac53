// Handles that are NULL, freed, closed, of another kind, of another store, or
// of another process.

#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

namespace crm {
namespace {

TEST_CASE("handles: NULL is an error to use and nothing to free") {
  crm_store_close(nullptr, nullptr);
  crm_tenant_free(nullptr);
  crm_snapshot_free(nullptr);
  crm_event_cursor_free(nullptr);
  crm_dry_run_free(nullptr);
  crm_append_order_free(nullptr);
  crm_key_provider_free(nullptr);
  crm_import_map_free(nullptr);
  crm_buffer_free(nullptr);
  crm_append_result_free(nullptr);
  CHECK(crm_append_result_read(nullptr) == nullptr);
  CHECK(crm_profile_read(nullptr) == nullptr);
  CHECK(crm_profile_find(nullptr, Slice("x")) == nullptr);
  CHECK(crm_timeline_read(nullptr) == nullptr);
  CHECK(crm_customer_read(nullptr) == nullptr);
  CHECK(crm_store_stats_read(nullptr) == nullptr);
  CHECK(crm_verify_report_read(nullptr) == nullptr);
  CHECK(crm_import_report_read(nullptr) == nullptr);
  CHECK(crm_parsed_event_read(nullptr) == nullptr);
  CHECK(crm_name_list_read(nullptr) == nullptr);
  CHECK(crm_snapshot_position(nullptr) == 0);
  CHECK(Text(crm_tenant_name(nullptr)).empty());
  OwnedTenant tenant;
  CHECK_STATUS(
      crm_tenant_open(nullptr, Slice("t"), nullptr, tenant.out(), error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_append_json(nullptr, nullptr, 0, nullptr, nullptr, error),
      CRM_INVALID_ARGUMENT);
}

TEST_CASE("handles: no place for what a call gives") {
  Club club;
  CHECK_STATUS(crm_store_open_in_memory(nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_get_profile(club.tenant.get(), 1, nullptr, nullptr, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_find_customer(club.tenant.get(), Slice("email"),
                               Slice("a@b.co"), nullptr, nullptr, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_wait_for_events(club.tenant.get(), 0, 0, nullptr,
                                          nullptr, error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("handles: freed ones are recognised, also when freed twice") {
  Club club;
  crm_snapshot* snapshot = nullptr;
  CHECK_STATUS(
      crm_tenant_get_snapshot(club.tenant.get(), nullptr, &snapshot, error),
      CRM_OK);
  crm_snapshot_free(snapshot);
  crm_snapshot_free(snapshot);
  OwnedCursor cursor;
  CHECK_STATUS(crm_snapshot_replay(snapshot, nullptr, cursor.out(), error),
               CRM_FAILED_PRECONDITION);
  CHECK(crm_snapshot_position(snapshot) == 0);

  crm_store* store = nullptr;
  CHECK_STATUS(crm_store_open_in_memory(nullptr, &store, error), CRM_OK);
  CHECK_STATUS(crm_store_close(store, error), CRM_OK);
  CHECK_STATUS(crm_store_close(store, error), CRM_FAILED_PRECONDITION);
  CHECK_STATUS(crm_store_sync(store, error), CRM_FAILED_PRECONDITION);
}

TEST_CASE("handles: of another kind") {
  Club club;
  auto* const store = reinterpret_cast<crm_store*>(club.tenant.get());
  CHECK_STATUS(crm_store_sync(store, error), CRM_INVALID_ARGUMENT);
}

TEST_CASE("handles: a closed store's tenants say so; results live on") {
  OwnedTenant tenant;
  OwnedResult result;
  OwnedProfile profile;
  OwnedBuffer buffer;
  {
    Club club;
    REQUIRE_STATUS_OK(crm_tenant_open(club.store.get(), Slice("club"), nullptr,
                                      tenant.out(), error));
    const std::string first = EventJson("1", "a@example.com");
    const std::string json =
        R"({"id":"2","type":"t","source":"other",)"
        R"("identity":{"email":"A@example.com"},"payload":{}})";
    const crm_slice events[] = {Slice(first), Slice(json)};
    REQUIRE_STATUS_OK(crm_tenant_append_json(tenant.get(), events, 2, nullptr,
                                             result.out(), error));
    REQUIRE_STATUS_OK(
        crm_tenant_get_profile(tenant.get(), 1, nullptr, profile.out(), error));
    club.tenant.Free();
  }
  CHECK_STATUS(
      crm_tenant_append_json(tenant.get(), nullptr, 0, nullptr, nullptr, error),
      CRM_FAILED_PRECONDITION);
  CHECK_STATUS(crm_tenant_get_offset(tenant.get(), Slice("x"), nullptr,
                                     buffer.out(), error),
               CRM_FAILED_PRECONDITION);
  CHECK(Text(crm_tenant_name(tenant.get())) == "club");
  tenant.Free();
  const crm_append_result_view* view = crm_append_result_read(result.get());
  CHECK(Text(view->events[1].matched_by) == "email");
  CHECK(crm_profile_find(profile.get(), Slice("email")) != nullptr);
}

TEST_CASE("handles: a store with open cursors is not closed") {
  Club club;
  AppendOne(club.tenant.get(), EventJson("1", "a@example.com"));
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(club.tenant.get(), nullptr, cursor.out(), error));
  CHECK_STATUS(crm_store_close(club.store.get(), error),
               CRM_FAILED_PRECONDITION);
  CHECK(IdsOf(cursor.get()) == std::vector<std::string>{"1"});
  CHECK(AppendOne(club.tenant.get(), EventJson("2", "")).position > 0);
}

TEST_CASE("handles: a dry run is of one tenant of one store") {
  Club club;
  Club other;
  OwnedDryRun dry_run;
  REQUIRE_STATUS_OK(crm_dry_run_new(dry_run.out(), error));
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.dry_run = dry_run.get();
  const std::string json = EventJson("1", "a@example.com");
  CHECK(AppendOne(club.tenant.get(), json, &options).outcome ==
        CRM_OUTCOME_APPENDED);
  CHECK(AppendOne(club.tenant.get(), json, &options).outcome ==
        CRM_OUTCOME_DUPLICATE);
  const crm_slice event = Slice(json);
  CHECK_STATUS(crm_tenant_append_json(other.tenant.get(), &event, 1, &options,
                                      nullptr, error),
               CRM_INVALID_ARGUMENT);
  OwnedTenant second;
  REQUIRE_STATUS_OK(crm_tenant_open(club.store.get(), Slice("two"), nullptr,
                                    second.out(), error));
  CHECK_STATUS(
      crm_tenant_append_json(second.get(), &event, 1, &options, nullptr, error),
      CRM_INVALID_ARGUMENT);
  second.Free();
  club.tenant.Free();
  club.store.Free();
  CHECK_STATUS(crm_tenant_append_json(other.tenant.get(), &event, 1, &options,
                                      nullptr, error),
               CRM_FAILED_PRECONDITION);
}

TEST_CASE("handles: a store that is not closed after all keeps its dry runs") {
  Club club;
  OwnedDryRun dry_run;
  REQUIRE_STATUS_OK(crm_dry_run_new(dry_run.out(), error));
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.dry_run = dry_run.get();
  AppendOne(club.tenant.get(), EventJson("1", ""), &options);
  OwnedSnapshot snapshot;
  REQUIRE_STATUS_OK(crm_tenant_get_snapshot(club.tenant.get(), nullptr,
                                            snapshot.out(), error));
  CHECK_STATUS(crm_store_close(club.store.get(), error),
               CRM_FAILED_PRECONDITION);
  CHECK(AppendOne(club.tenant.get(), EventJson("1", ""), &options).outcome ==
        CRM_OUTCOME_DUPLICATE);
}

// What a child sees; its exit code is the number of things that are wrong.
int UseAfterFork(const Club& club, crm_snapshot* snapshot,
                 crm_event_cursor* cursor, crm_append_result* result) {
  int wrong = 0;
  const auto expect = [&](bool right) { wrong += right ? 0 : 1; };
  crm_event_view event;
  crm_error* error = nullptr;
  crm_profile* profile = nullptr;
  const std::string json = EventJson("9", "");
  const crm_slice events = {json.data(), json.size()};
  expect(crm_tenant_append_json(club.tenant.get(), &events, 1, nullptr, nullptr,
                                &error) == CRM_FAILED_PRECONDITION);
  expect(std::string(crm_error_message(error)).find("fork") !=
         std::string::npos);
  crm_error_free(error);
  expect(crm_store_sync(club.store.get(), nullptr) == CRM_FAILED_PRECONDITION);
  expect(crm_tenant_get_profile(club.tenant.get(), 1, nullptr, &profile,
                                nullptr) == CRM_FAILED_PRECONDITION);
  expect(crm_event_cursor_next(cursor, &event, nullptr) ==
         CRM_FAILED_PRECONDITION);
  expect(crm_snapshot_position(snapshot) == 0);
  // Freeing and closing do nothing.
  crm_event_cursor_free(cursor);
  crm_snapshot_free(snapshot);
  crm_tenant_free(club.tenant.get());
  expect(crm_store_close(club.store.get(), nullptr) == CRM_FAILED_PRECONDITION);
  // What is memory and nothing else goes on.
  expect(crm_append_result_read(result)->appended == 1);
  // A child may have a store of its own.
  crm_store* own = nullptr;
  expect(crm_store_open_in_memory(nullptr, &own, nullptr) == CRM_OK);
  expect(crm_store_close(own, nullptr) == CRM_OK);
  return wrong;
}

TEST_CASE("handles: dead in a child of fork, alive in its parent") {
  Club club;
  const std::string json = EventJson("1", "a@example.com");
  const crm_slice event = Slice(json);
  OwnedResult result;
  REQUIRE_STATUS_OK(crm_tenant_append_json(club.tenant.get(), &event, 1,
                                           nullptr, result.out(), error));
  OwnedSnapshot snapshot;
  REQUIRE_STATUS_OK(crm_tenant_get_snapshot(club.tenant.get(), nullptr,
                                            snapshot.out(), error));
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(club.tenant.get(), nullptr, cursor.out(), error));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    _exit(UseAfterFork(club, snapshot.get(), cursor.get(), result.get()));
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(IdsOf(cursor.get()) == std::vector<std::string>{"1"});
  CHECK(AppendOne(club.tenant.get(), EventJson("2", "")).position > 0);
}

}  // namespace
}  // namespace crm
