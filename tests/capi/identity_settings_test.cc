// Settings of identity through C.

#include "fixture.h"

namespace crm {
namespace {

std::string Settings(const Club& club) {
  OwnedBuffer json;
  REQUIRE_STATUS_OK(crm_tenant_get_identity_settings(club.tenant.get(), nullptr,
                                                     json.out(), error));
  return std::string(crm_buffer_data(json.get()), crm_buffer_size(json.get()));
}

crm_status Set(const Club& club, std::string_view json, crm_error** error) {
  return crm_tenant_set_identity_settings(club.tenant.get(), Slice(json),
                                          error);
}

crm_status Find(const Club& club, std::string_view value, crm_error** error) {
  uint64_t customer = 0;
  return crm_tenant_find_customer(club.tenant.get(), Slice("card"),
                                  Slice(value), nullptr, &customer, error);
}

TEST_CASE("identity settings: set, read, in use") {
  Club club;
  const std::string plain = Settings(club);
  CHECK(plain.find(R"("attach_bar":85)") != std::string::npos);
  REQUIRE_STATUS_OK(
      Set(club, R"({"namespaces":{"card":{"fold_case":true}}})", error));
  CHECK(Settings(club) != plain);
  const std::string event =
      R"({"id":"1","type":"t","source":"s","identity":{"card":"AB"},)"
      R"("payload":{}})";
  const crm_slice events[] = {Slice(event)};
  REQUIRE_STATUS_OK(crm_tenant_append_json(club.tenant.get(), events, 1,
                                           nullptr, nullptr, error));
  REQUIRE_STATUS_OK(Find(club, "aB", error));
  REQUIRE_STATUS_OK(Set(club, "{}", error));
  CHECK_STATUS(Find(club, "aB", error), CRM_NOT_FOUND);
  CHECK(Settings(club) == plain);
}

TEST_CASE("identity settings: what is refused says where") {
  Club club;
  const std::string plain = Settings(club);
  CHECK_STATUS(Set(club, "{", error), CRM_MALFORMED);
  CHECK_STATUS(Set(club, std::string(70'000, ' '), error), CRM_TOO_LARGE);
  Error error;
  CHECK(Set(club, R"({"rules":{"merge_bar":7}})", error) ==
        CRM_INVALID_ARGUMENT);
  CHECK(error.message() ==
        "identity settings /rules/merge_bar: is below the attach bar, 85");
  CHECK(crm_tenant_set_identity_settings(nullptr, Slice("{}"), error) ==
        CRM_INVALID_ARGUMENT);
  CHECK(crm_tenant_get_identity_settings(club.tenant.get(), nullptr, nullptr,
                                         error) == CRM_INVALID_ARGUMENT);
  CHECK(Settings(club) == plain);
}

TEST_CASE("identity settings: a walk over the store gives them") {
  Club club;
  REQUIRE_STATUS_OK(Set(
      club, R"( { "rules" : {"attach_bar":90 , "merge_bar":95} } )", error));
  Owned<crm_store_snapshot, crm_store_snapshot_free> snapshot;
  REQUIRE_STATUS_OK(
      crm_store_get_snapshot(club.store.get(), nullptr, snapshot.out(), error));
  Owned<crm_store_cursor, crm_store_cursor_free> cursor;
  REQUIRE_STATUS_OK(
      crm_store_snapshot_replay(snapshot.get(), nullptr, cursor.out(), error));
  crm_store_event event = {};
  REQUIRE_STATUS_OK(crm_store_cursor_next(cursor.get(), &event, error));
  CHECK(event.kind == CRM_STORE_DEFINITION);
  CHECK(event.definition.kind == CRM_DEFINITION_IDENTITY);
  CHECK(Text(event.definition.type).empty());
  CHECK(Text(event.definition.json) == R"({"rules":{"attach_bar":90}})");
}

}  // namespace
}  // namespace crm
