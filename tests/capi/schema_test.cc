// Schemas through C: definitions, checks on append, upcasters on reading.

#include <cstring>

#include "fixture.h"

namespace crm {
namespace {

using OwnedSchemas = Owned<crm_schema_list, crm_schema_list_free>;
using OwnedUpcasters = Owned<crm_upcaster_list, crm_upcaster_list_free>;
using OwnedValidation = Owned<crm_validation, crm_validation_free>;
using OwnedViolations = Owned<crm_violation_list, crm_violation_list_free>;

constexpr char kSchema[] =
    R"({"type":"object","properties":{"n":{"type":"integer","minimum":0,)"
    R"("x-personal":true},"m":{"type":["integer","null"]}},"required":["n"]})";
constexpr char kUpcaster[] = R"({"type":"booked","from":"1.0","to":"2.0",)"
                             R"("steps":[{"rename":"/n","to":"/count"}]})";

crm_schema_definition Definition(std::string_view json) {
  crm_schema_definition definition = CRM_SCHEMA_DEFINITION_INIT;
  definition.type = Slice("booked");
  definition.json = Slice(json);
  return definition;
}

std::string Booked(const char* id, const char* payload) {
  return std::string(R"({"id":")") + id +
         R"(","type":"booked","source":"s","identity":{"email":"a@b.org"},)" +
         R"("payload":)" + payload + "}";
}

TEST_CASE("schema: registered, read, listed") {
  Club club;
  OwnedSchemas list;
  const crm_schema_definition definition = Definition(kSchema);
  REQUIRE_STATUS_OK(crm_tenant_register_schema(club.tenant.get(), &definition,
                                               list.out(), error));
  const crm_schema_list_view* view = crm_schema_list_read(list.get());
  REQUIRE(view->schema_count == 1);
  const crm_schema_info& info = view->schemas[0];
  CHECK(Text(info.type) == "booked");
  CHECK(Text(info.version) == "1.0");
  CHECK(Text(info.json) == kSchema);
  CHECK(info.compatibility == CRM_COMPATIBILITY_BACKWARD);
  CHECK(info.flags == CRM_SCHEMA_LATEST);
  CHECK(info.position > 0);
  REQUIRE(info.field_count >= 2);
  bool found = false;
  for (size_t i = 0; i < info.field_count; ++i) {
    const crm_schema_field& field = info.fields[i];
    if (Text(field.pointer) == "/n") {
      found = true;
      CHECK(field.flags == (CRM_FIELD_REQUIRED | CRM_FIELD_PERSONAL));
      CHECK(Text(field.types) == "integer");
    }
    if (Text(field.pointer) == "/m") CHECK(Text(field.types) == "null,integer");
  }
  CHECK(found);
  // Without out, and once more: fine.
  REQUIRE_STATUS_OK(crm_tenant_register_schema(club.tenant.get(), &definition,
                                               nullptr, error));
  REQUIRE_STATUS_OK(crm_tenant_get_schema(club.tenant.get(), Slice("booked"),
                                          Slice(""), nullptr, list.out(),
                                          error));
  CHECK(crm_schema_list_read(list.get())->schema_count == 1);
  REQUIRE_STATUS_OK(
      crm_tenant_list_schemas(club.tenant.get(), nullptr, list.out(), error));
  CHECK(crm_schema_list_read(list.get())->schema_count > 1);
  CHECK_STATUS(crm_tenant_get_schema(club.tenant.get(), Slice("booked"),
                                     Slice("9"), nullptr, list.out(), error),
               CRM_NOT_FOUND);
  CHECK(list.get() == nullptr);
  const crm_schema_definition other = Definition("{}");
  CHECK_STATUS(
      crm_tenant_register_schema(club.tenant.get(), &other, nullptr, error),
      CRM_ALREADY_EXISTS);
}

TEST_CASE("schema: bad arguments") {
  Club club;
  OwnedSchemas list;
  crm_schema_definition definition = Definition(kSchema);
  definition.compatibility = 9;
  CHECK_STATUS(crm_tenant_register_schema(club.tenant.get(), &definition,
                                          list.out(), error),
               CRM_INVALID_ARGUMENT);
  definition.compatibility = 0;
  definition.flags = 1;
  CHECK_STATUS(crm_tenant_register_schema(club.tenant.get(), &definition,
                                          list.out(), error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_register_schema(club.tenant.get(), nullptr, list.out(), error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_register_schema(nullptr, &definition, list.out(), error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_set_validation(club.tenant.get(), Slice(""), 4, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_list_schemas(club.tenant.get(), nullptr, nullptr, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_register_upcaster(club.tenant.get(), Slice("x"),
                                            nullptr, error),
               CRM_MALFORMED);
  CHECK(crm_schema_list_read(nullptr) == nullptr);
}

TEST_CASE("validation: warned, counted, refused") {
  Club club;
  const crm_schema_definition definition = Definition(kSchema);
  REQUIRE_STATUS_OK(crm_tenant_register_schema(club.tenant.get(), &definition,
                                               nullptr, error));
  REQUIRE_STATUS_OK(crm_tenant_set_validation(club.tenant.get(), Slice(""),
                                              CRM_VALIDATION_WARN, error));
  const std::string bad = Booked("1", R"({"n":-1})");
  const crm_slice slice = Slice(bad);
  OwnedResult result;
  REQUIRE_STATUS_OK(crm_tenant_append_json(club.tenant.get(), &slice, 1,
                                           nullptr, result.out(), error));
  const crm_event_outcome& warned =
      crm_append_result_read(result.get())->events[0];
  CHECK((warned.flags & CRM_OUTCOME_SCHEMA_WARNING) != 0);
  CHECK(warned.code == CRM_OK);
  CHECK(Text(warned.message).starts_with("payload/n: "));
  OwnedSnapshot snapshot;
  REQUIRE_STATUS_OK(crm_tenant_get_snapshot(club.tenant.get(), nullptr,
                                            snapshot.out(), error));
  crm_tenant_stats stats;
  REQUIRE_STATUS_OK(
      crm_snapshot_get_stats(snapshot.get(), nullptr, &stats, error));
  CHECK(stats.schema_warnings == 1);
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_snapshot_replay(snapshot.get(), nullptr, cursor.out(), error));
  crm_event_view read = {};
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &read, error));
  CHECK((read.flags & CRM_EVENT_VIEW_WARNED) != 0);
  OwnedBuffer json;
  CHECK_STATUS(
      crm_event_view_to_json(&read, Slice("club"), nullptr, json.out(), error),
      CRM_OK);

  REQUIRE_STATUS_OK(crm_tenant_set_validation(
      club.tenant.get(), Slice("booked"), CRM_VALIDATION_ENFORCE, error));
  const std::string worse = Booked("2", R"({"n":"secret"})");
  const crm_slice refused = Slice(worse);
  Error why;
  CHECK(crm_tenant_append_json(club.tenant.get(), &refused, 1, nullptr, nullptr,
                               why) == CRM_INVALID_ARGUMENT);
  CHECK(why.message().starts_with("event 0: payload/n: "));
  CHECK(why.message().find("secret") == std::string::npos);
  OwnedValidation rules;
  REQUIRE_STATUS_OK(crm_tenant_get_validation(club.tenant.get(), nullptr,
                                              rules.out(), error));
  const crm_validation_view* view = crm_validation_read(rules.get());
  REQUIRE(view->rule_count == 2);
  CHECK(view->rules[0].mode == CRM_VALIDATION_WARN);
  CHECK(view->rules[0].type.size == 0);
  CHECK(view->rules[1].mode == CRM_VALIDATION_ENFORCE);
  CHECK(Text(view->rules[1].type) == "booked");

  OwnedViolations found;
  REQUIRE_STATUS_OK(crm_tenant_check_payload(
      club.tenant.get(), Slice("booked"), Slice(""),
      Slice(R"({"n":-1,"m":"x"})"), nullptr, found.out(), error));
  REQUIRE(crm_violation_list_read(found.get())->violation_count == 2);
  CHECK(Text(crm_violation_list_read(found.get())->violations[0].path) == "/n");
}

TEST_CASE("upcaster: read as the newest version, or as appended") {
  Club club;
  const std::string json = Booked("1", R"({"n":1})");
  AppendOne(club.tenant.get(), json);
  OwnedUpcasters upcasters;
  REQUIRE_STATUS_OK(crm_tenant_register_upcaster(
      club.tenant.get(), Slice(kUpcaster), upcasters.out(), error));
  REQUIRE(crm_upcaster_list_read(upcasters.get())->upcaster_count == 1);
  REQUIRE_STATUS_OK(crm_tenant_list_upcasters(club.tenant.get(), nullptr,
                                              upcasters.out(), error));
  const crm_upcaster_list_view* view = crm_upcaster_list_read(upcasters.get());
  REQUIRE(view->upcaster_count == 1);
  CHECK(Text(view->upcasters[0].from) == "1.0");
  CHECK(Text(view->upcasters[0].to) == "2.0");
  CHECK(Text(view->upcasters[0].json) == kUpcaster);
  for (const bool raw : {false, true}) {
    crm_replay_query query = CRM_REPLAY_QUERY_INIT;
    if (raw) query.flags = CRM_QUERY_AS_APPENDED;
    OwnedCursor cursor;
    REQUIRE_STATUS_OK(
        crm_tenant_replay(club.tenant.get(), &query, cursor.out(), error));
    crm_event_view event;
    REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
    CHECK(Text(event.payload) == (raw ? R"({"n":1})" : R"({"count":1})"));
    CHECK(Text(event.version) == (raw ? "1.0" : "2.0"));
    CHECK(Text(event.upcast_from) == (raw ? "" : "1.0"));
    crm_timeline_query page = CRM_TIMELINE_QUERY_INIT;
    page.flags = query.flags;
    OwnedTimeline timeline;
    REQUIRE_STATUS_OK(crm_tenant_get_timeline(club.tenant.get(), 1, &page,
                                              timeline.out(), error));
    const crm_timeline_entry& entry =
        crm_timeline_read(timeline.get())->entries[0];
    CHECK(Text(entry.version) == (raw ? "1.0" : "2.0"));
  }
}

}  // namespace
}  // namespace crm
