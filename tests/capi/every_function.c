/* Every function of crm.h, called from C99. A test compares the header with
 * this file and those beside it, so that none is left out. */

#include "every_function.h"

#include <unistd.h>

crm_error* error = NULL;

int is(crm_slice slice, const char* text) {
  return slice.size == strlen(text) &&
         (slice.size == 0 || memcmp(slice.data, text, slice.size) == 0);
}

static const int64_t january_us = 1767225600000000; /* 2026-01-01 */

static void versions(void) {
  EXPECT(crm_version_number() == CRM_HEADER_VERSION);
  EXPECT(strlen(crm_version_string()) >= 5);
  EXPECT(strncmp(crm_source_id(), crm_version_string(),
                 strlen(crm_version_string())) == 0);
  EXPECT(crm_format_version() >= crm_format_version_min());
  EXPECT(crm_format_version_min() >= 1);
  EXPECT(strcmp(crm_status_name(CRM_OK), "OK") == 0);
  EXPECT(strcmp(crm_status_name(CRM_DONE), "DONE") == 0);
  EXPECT(strcmp(crm_status_name(CRM_BUSY), "BUSY") == 0);
  EXPECT(strcmp(crm_status_name(-999), "UNKNOWN") == 0);
  EXPECT(crm_status_remedy(CRM_DONE) == CRM_REMEDY_NONE);
  EXPECT(crm_status_remedy(CRM_TOO_LARGE) == CRM_REMEDY_FIX_INPUT);
  EXPECT(crm_status_remedy(CRM_NOT_FOUND) == CRM_REMEDY_NOT_FOUND);
  EXPECT(crm_status_remedy(CRM_ID_CONFLICT) == CRM_REMEDY_CONFLICT);
  EXPECT(crm_status_remedy(CRM_ERASED) == CRM_REMEDY_DENIED);
  EXPECT(crm_status_remedy(CRM_NO_SPACE) == CRM_REMEDY_RETRY);
  EXPECT(crm_status_remedy(CRM_INTERNAL) == CRM_REMEDY_UNRECOVERABLE);
  EXPECT(crm_status_remedy(-150) == CRM_REMEDY_FIX_INPUT);
  EXPECT(crm_status_remedy(-7) == CRM_REMEDY_UNRECOVERABLE);
  EXPECT(crm_status_remedy(-7777) == CRM_REMEDY_UNRECOVERABLE);
}

static void errors(void) {
  EXPECT(crm_error_code(NULL) == CRM_OK);
  EXPECT(strcmp(crm_error_message(NULL), "") == 0);
  EXPECT(crm_error_retryable(NULL) == 0);
  crm_error_free(NULL);
  EXPECT(crm_store_sync(NULL, &error) == CRM_INVALID_ARGUMENT);
  EXPECT(strcmp(crm_error_message(error), "store: NULL") == 0);
  EXPECT(crm_error_retryable(error) == 0);
  crm_error_free(error);
  error = NULL;
  EXPECT(crm_buffer_size(NULL) == 0);
  EXPECT(strcmp(crm_buffer_data(NULL), "") == 0);
  crm_buffer_free(NULL);
  EXPECT(is(crm_slice_of(NULL), "") && is(crm_slice_of("abc"), "abc"));
}

static int32_t log_lines = 0;

static int32_t count_lines(void* user_data, int32_t level, crm_slice message) {
  (void)user_data;
  (void)level;
  (void)message;
  ++log_lines;
  return 0;
}

static int32_t stand_still(void* user_data, int64_t* now_us) {
  *now_us = *(const int64_t*)user_data;
  return 0;
}

crm_store* open_store(const char* folder) {
  char path[512];
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  crm_store* store = NULL;
  snprintf(path, sizeof(path), "%s/store", folder);
  options.flags = CRM_STORE_CREATE_IF_MISSING | CRM_STORE_NO_BACKGROUND_THREAD;
  options.durability = CRM_DURABILITY_OS;
  options.default_region = crm_slice_of("ZA");
  options.clock = stand_still;
  options.clock_user_data = (void*)&january_us;
  options.log = count_lines;
  EXPECT_OK(crm_store_open(crm_slice_of(path), &options, &store, &error));
  return store;
}

static void append_structs(crm_tenant* tenant) {
  crm_identifier who[2];
  crm_event events[2];
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  crm_condition condition;
  crm_append_result* result = NULL;
  const crm_append_result_view* view;
  memset(who, 0, sizeof(who));
  memset(events, 0, sizeof(events));
  memset(&condition, 0, sizeof(condition));
  who[0].name_space = crm_slice_of("sclMemberId");
  who[0].value = crm_slice_of("10001");
  who[1].name_space = crm_slice_of("email");
  who[1].value = crm_slice_of("ada@example.com");
  events[0].id = crm_slice_of("m-1");
  events[0].type = crm_slice_of("scl.member.created");
  events[0].source = crm_slice_of("scl");
  events[0].identifiers = who;
  events[0].identifier_count = 2;
  events[0].payload = crm_slice_of("{\"firstName\":\"Ada\"}");
  events[0].occurred_at_us = january_us;
  events[0].flags = CRM_EVENT_HAS_TIME;
  events[1].id = crm_slice_of("x-1");
  events[1].type = crm_slice_of("page.viewed");
  events[1].source = crm_slice_of("web");
  condition.kind = CRM_CONDITION_NO_CUSTOMER;
  condition.identifier = who[1];
  options.conditions = &condition;
  options.condition_count = 1;
  options.offset_name = crm_slice_of("topic/0");
  options.offset_value = crm_slice_of("2");
  EXPECT_OK(crm_tenant_append(tenant, events, 2, &options, &result, &error));
  view = crm_append_result_read(result);
  EXPECT(view->event_count == 2 && view->appended == 2);
  EXPECT(view->events[0].outcome == CRM_OUTCOME_APPENDED);
  EXPECT(view->events[0].customer == 1 && view->events[1].customer == 0);
  EXPECT(view->events[0].flags ==
         (CRM_OUTCOME_NEW_RECORD | CRM_OUTCOME_NEW_CUSTOMER));
  EXPECT(view->customers_created == 1 && view->unattributed == 1);
  crm_append_result_free(result);
  events[0].id = crm_slice_of("m-2");
  EXPECT_CODE(crm_tenant_append(tenant, events, 1, &options, &result, &error),
              CRM_CONFLICT);
  EXPECT(result == NULL);
}

static void append_json(crm_tenant* tenant) {
  const crm_slice event = crm_slice_of(
      "{\"id\":\"b-1\",\"type\":\"booked\",\"source\":\"teetime\","
      "\"identity\":{\"teetimePlayerId\":\"7\","
      "\"email\":\"Ada@Example.com\"},\"payload\":{\"fee\":325.00}}");
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  crm_append_result* result = NULL;
  crm_append_order* order = NULL;
  crm_dry_run* dry_run = NULL;
  uint64_t places[3];
  int i;
  EXPECT_OK(crm_dry_run_new(&dry_run, &error));
  options.dry_run = dry_run;
  EXPECT_OK(
      crm_tenant_append_json(tenant, &event, 1, &options, &result, &error));
  EXPECT(crm_append_result_read(result)->appended == 1);
  EXPECT(crm_append_result_read(result)->events[0].position == 0);
  crm_append_result_free(result);
  crm_dry_run_free(dry_run);
  options.dry_run = NULL;

  EXPECT_OK(crm_append_order_new(&order, &error));
  for (i = 0; i < 3; ++i) {
    EXPECT_OK(crm_append_order_take_place(order, &places[i], &error));
  }
  EXPECT_OK(crm_append_order_wait(order, places[0], &error));
  EXPECT_OK(crm_append_order_pass(order, places[0], &error));
  options.order = order;
  options.place = places[1];
  EXPECT_OK(
      crm_tenant_append_json(tenant, &event, 1, &options, &result, &error));
  EXPECT(is(crm_append_result_read(result)->events[0].matched_by, "email"));
  crm_append_result_free(result);
  options.place = places[2];
  EXPECT_OK(crm_tenant_append_json(tenant, &event, 1, &options, NULL, &error));
  crm_append_order_free(order);
}

static void tenants(crm_store* store, crm_tenant* tenant) {
  crm_name_list* list = NULL;
  crm_buffer* value = NULL;
  uint64_t head = 0;
  EXPECT(is(crm_tenant_name(tenant), "golf-club"));
  EXPECT_OK(crm_store_get_tenant_names(store, NULL, &list, &error));
  EXPECT(crm_name_list_read(list)->count == 1);
  EXPECT(is(crm_name_list_read(list)->names[0], "golf-club"));
  crm_name_list_free(list);
  EXPECT_OK(crm_tenant_get_offset(tenant, crm_slice_of("topic/0"), NULL, &value,
                                  &error));
  EXPECT(strcmp(crm_buffer_data(value), "2") == 0);
  crm_buffer_free(value);
  EXPECT_CODE(crm_tenant_get_offset(tenant, crm_slice_of("topic/1"), NULL,
                                    &value, &error),
              CRM_NOT_FOUND);
  EXPECT(value == NULL);
  EXPECT_OK(crm_tenant_wait_for_events(tenant, 0, 1000, NULL, &head, &error));
  EXPECT(head >= 3);
}

static int count_events(crm_event_cursor* cursor) {
  crm_event_view event;
  crm_status status;
  int count = 0;
  while ((status = CALL(crm_event_cursor_next(cursor, &event, &error))) ==
         CRM_OK) {
    EXPECT((event.flags & CRM_EVENT_VIEW_OPENED) != 0);
    ++count;
  }
  EXPECT(status == CRM_DONE && error == NULL && event.position == 0);
  crm_event_cursor_free(cursor);
  return count;
}

static void replays(crm_tenant* tenant, crm_snapshot* snapshot) {
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  crm_event_cursor* cursor = NULL;
  crm_event_view event;
  crm_buffer* json = NULL;
  crm_parsed_event* parsed = NULL;
  crm_slice text;
  query.customer = 1;
  EXPECT_OK(crm_tenant_replay(tenant, &query, &cursor, &error));
  EXPECT(count_events(cursor) == 2);
  EXPECT_OK(crm_snapshot_replay(snapshot, NULL, &cursor, &error));
  EXPECT(count_events(cursor) == 3);
  columns(tenant);
  query.flags = CRM_QUERY_BACKWARD;
  EXPECT_OK(crm_tenant_replay(tenant, &query, &cursor, &error));
  EXPECT_OK(crm_event_cursor_next(cursor, &event, &error));
  EXPECT(is(event.id, "b-1") && is(event.payload, "{\"fee\":325.00}"));
  EXPECT_OK(crm_event_view_to_json(&event, crm_slice_of("golf-club"), NULL,
                                   &json, &error));
  text.data = crm_buffer_data(json);
  text.size = crm_buffer_size(json);
  EXPECT_OK(crm_parsed_event_from_json(text, &parsed, &error));
  EXPECT(is(crm_parsed_event_read(parsed)->tenant, "golf-club"));
  EXPECT(is(crm_parsed_event_read(parsed)->event.id, "b-1"));
  EXPECT(crm_parsed_event_read(parsed)->event.identifier_count == 2);
  crm_parsed_event_free(parsed);
  crm_buffer_free(json);
  crm_event_cursor_free(cursor);
}

static void expect_ada(const crm_profile* profile) {
  const crm_trait* name = crm_profile_find(profile, crm_slice_of("firstName"));
  EXPECT(crm_profile_read(profile)->customer == 1);
  EXPECT(crm_profile_read(profile)->events == 2);
  EXPECT(name != NULL && is(name->value, "\"Ada\"") && is(name->source, "scl"));
  EXPECT(name->occurred_at_us == january_us);
  EXPECT(crm_profile_find(profile, crm_slice_of("none")) == NULL);
}

static void profiles(crm_tenant* tenant, crm_snapshot* snapshot) {
  crm_profile* profile = NULL;
  EXPECT_OK(crm_tenant_get_profile(tenant, 1, NULL, &profile, &error));
  expect_ada(profile);
  crm_profile_free(profile);
  EXPECT_OK(crm_snapshot_get_profile(snapshot, 1, NULL, &profile, &error));
  expect_ada(profile);
  crm_profile_free(profile);
  EXPECT_OK(crm_profile_new(&profile, &error));
  EXPECT_OK(crm_tenant_read_profile(tenant, 1, NULL, profile, &error));
  expect_ada(profile);
  EXPECT_CODE(crm_tenant_read_profile(tenant, 9, NULL, profile, &error),
              CRM_NOT_FOUND);
  EXPECT(crm_profile_read(profile)->trait_count == 0);
  EXPECT_OK(crm_snapshot_read_profile(snapshot, 1, NULL, profile, &error));
  expect_ada(profile);
  crm_profile_free(profile);
}

static void expect_records(crm_customer* customer) {
  const crm_customer_view* view = crm_customer_read(customer);
  EXPECT(view->customer == 1 && view->events == 2 && view->record_count == 2);
  EXPECT(is(view->records[1].matched_by, "email"));
  EXPECT(view->records[1].confidence == 95);
  crm_customer_free(customer);
}

static void identity(crm_tenant* tenant, crm_snapshot* snapshot) {
  const crm_slice name_space = crm_slice_of("email");
  const crm_slice value = crm_slice_of("ADA@example.com");
  uint64_t ada = 0;
  crm_customer* customer = NULL;
  EXPECT_OK(
      crm_tenant_find_customer(tenant, name_space, value, NULL, &ada, &error));
  EXPECT(ada == 1);
  EXPECT_OK(crm_snapshot_find_customer(snapshot, name_space, value, NULL, &ada,
                                       &error));
  EXPECT(ada == 1);
  EXPECT_OK(crm_tenant_get_customer(tenant, 1, NULL, &customer, &error));
  expect_records(customer);
  EXPECT_OK(crm_snapshot_get_customer(snapshot, 1, NULL, &customer, &error));
  expect_records(customer);
}

static void timelines(crm_tenant* tenant, crm_snapshot* snapshot) {
  crm_timeline_query query = CRM_TIMELINE_QUERY_INIT;
  crm_timeline* first = NULL;
  crm_timeline* second = NULL;
  query.limit = 1;
  query.flags = CRM_QUERY_OLDEST_FIRST;
  EXPECT_OK(crm_tenant_get_timeline(tenant, 1, &query, &first, &error));
  EXPECT(crm_timeline_read(first)->total == 2);
  EXPECT(crm_timeline_read(first)->entry_count == 1);
  EXPECT(is(crm_timeline_read(first)->entries[0].id, "m-1"));
  query.cursor = crm_timeline_read(first)->next;
  EXPECT_OK(crm_snapshot_get_timeline(snapshot, 1, &query, &second, &error));
  EXPECT(is(crm_timeline_read(second)->entries[0].id, "b-1"));
  EXPECT(is(crm_timeline_read(second)->next, ""));
  crm_timeline_free(first);
  crm_timeline_free(second);
}

/* The next message that is an event; the others are passed over. */
static void expect_event(crm_subscription* subscription, const char* id) {
  crm_message message;
  do {
    EXPECT_OK(crm_subscription_next(subscription, 1000, &message, &error));
    EXPECT(message.position == crm_subscription_position(subscription));
  } while (message.kind != CRM_MESSAGE_EVENT);
  EXPECT(is(message.event.id, id));
  EXPECT(message.event.position == message.position);
}

static void subscriptions(crm_tenant* tenant) {
  crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  crm_subscription* mailer = NULL;
  crm_subscription_list* list = NULL;
  const crm_subscription_info* info;
  crm_message message;
  crm_lag lag;
  uint64_t first;
  options.name = crm_slice_of("mailer");
  EXPECT_OK(crm_tenant_subscribe(tenant, &options, &mailer, &error));
  expect_event(mailer, "m-1");
  first = crm_subscription_position(mailer);
  EXPECT_OK(
      crm_subscription_acknowledge(mailer, first, CRM_DURABILITY_SYNC, &error));
  EXPECT(crm_subscription_acknowledged(mailer) == first);
  EXPECT_OK(crm_subscription_get_lag(mailer, NULL, &lag, &error));
  EXPECT(lag.events == 2 && (lag.flags & CRM_LAG_HAS_OLDEST) != 0);
  EXPECT_OK(crm_tenant_list_subscriptions(tenant, NULL, &list, &error));
  EXPECT(crm_subscription_list_read(list)->count == 1);
  info = &crm_subscription_list_read(list)->subscriptions[0];
  EXPECT(is(info->name, "mailer") && info->position == first);
  EXPECT(info->flags == CRM_SUBSCRIPTION_INFO_LIVE && info->lag.events == 2);
  crm_subscription_list_free(list);
  EXPECT_CODE(crm_tenant_drop_subscription(tenant, options.name, &error),
              CRM_BUSY);
  EXPECT_OK(crm_subscription_cancel(mailer, &error));
  EXPECT_CODE(crm_subscription_next(mailer, 1000, &message, &error),
              CRM_CANCELLED);
  crm_subscription_free(mailer);
  EXPECT_OK(crm_tenant_subscribe(tenant, &options, &mailer, &error));
  EXPECT(crm_subscription_position(mailer) == first);
  crm_subscription_free(mailer);
  EXPECT_OK(crm_tenant_drop_subscription(tenant, options.name, &error));
}

static void snapshots(crm_store* store, crm_tenant* tenant) {
  crm_snapshot* snapshot = NULL;
  crm_tenant_stats stats;
  EXPECT_OK(crm_tenant_get_snapshot(tenant, NULL, &snapshot, &error));
  EXPECT(crm_snapshot_position(snapshot) >= 3);
  EXPECT_OK(crm_snapshot_get_stats(snapshot, NULL, &stats, &error));
  EXPECT(is(stats.tenant, "golf-club") && stats.events == 3);
  replays(tenant, snapshot);
  profiles(tenant, snapshot);
  identity(tenant, snapshot);
  timelines(tenant, snapshot);
  EXPECT_CODE(crm_store_close(store, &error), CRM_FAILED_PRECONDITION);
  crm_snapshot_free(snapshot);
}

static void all_tenants(crm_store* store) {
  crm_store_snapshot* all = NULL;
  crm_store_cursor* cursor = NULL;
  crm_name_list* names = NULL;
  crm_snapshot* one = NULL;
  crm_store_event event;
  crm_status status;
  uint64_t definitions = 7;
  int count = 0;
  EXPECT_OK(crm_store_get_snapshot(store, NULL, &all, &error));
  EXPECT(crm_store_snapshot_position(all) >= 3);
  EXPECT_OK(crm_store_snapshot_get_tenant_names(all, NULL, &names, &error));
  EXPECT(is(crm_name_list_read(names)->names[0], "golf-club"));
  crm_name_list_free(names);
  EXPECT_OK(crm_store_snapshot_get_tenant(all, crm_slice_of("golf-club"), NULL,
                                          &one, &error));
  EXPECT(crm_snapshot_position(one) == crm_store_snapshot_position(all));
  crm_snapshot_free(one);
  EXPECT_OK(
      crm_store_snapshot_count_definitions(all, NULL, &definitions, 1, &error));
  EXPECT(definitions == 0);
  EXPECT_OK(crm_store_snapshot_replay(all, NULL, &cursor, &error));
  crm_store_snapshot_free(all);
  while ((status = CALL(crm_store_cursor_next(cursor, &event, &error))) ==
         CRM_OK) {
    EXPECT(event.kind == CRM_STORE_EVENT && is(event.tenant, "golf-club"));
    EXPECT(event.event.recorded_at_us == january_us);
    ++count;
  }
  EXPECT(status == CRM_DONE && count == 3);
  crm_store_cursor_free(cursor);
}

static int32_t count_rows(void* user_data, const crm_rejected_row* row) {
  EXPECT(row->line == 3 && row->code < 0 && row->message.size > 0);
  EXPECT(row->reason == CRM_REJECT_MISSING_REQUIRED);
  EXPECT(row->column.size == 3 && memcmp(row->column.data, "who", 3) == 0);
  EXPECT(crm_reject_reason_name(row->reason).size == 16);
  ++*(int*)user_data;
  return 0;
}

static void imports(crm_tenant* tenant, const char* folder) {
  const char map_json[] =
      "{\"format\":\"csv\",\"header\":true,\"event\":{\"type\":\"Bought\","
      "\"source\":\"till\",\"identity\":{\"email\":{\"column\":\"who\","
      "\"empty\":\"reject\"}},\"payload\":{\"what\":{\"column\":\"what\"}}}}";
  char path[512];
  char map_path[512];
  int rejected = 0;
  FILE* file;
  crm_slice name = {0, 0};
  crm_slice about = {0, 0};
  crm_import_map* map = NULL;
  crm_import_options options = CRM_IMPORT_OPTIONS_INIT;
  crm_import_report* report = NULL;
  snprintf(path, sizeof(path), "%s/till.csv", folder);
  file = fopen(path, "w");
  EXPECT(file != NULL);
  fputs("who,what\nada@example.com,tees\n,balls\n", file);
  fclose(file);
  snprintf(map_path, sizeof(map_path), "%s/map.json", folder);
  file = fopen(map_path, "w");
  EXPECT(file != NULL);
  fputs(map_json, file);
  fclose(file);
  EXPECT_OK(crm_import_map_from_file(crm_slice_of(map_path), &map, &error));
  crm_import_map_free(map);
  EXPECT(crm_canonical_event_type(crm_slice_of("EmailSent")).size == 11);
  EXPECT(crm_import_preset_at(0, &name, &about) == 1);
  EXPECT(name.size > 0 && about.size > 0);
  EXPECT_OK(crm_import_map_from_preset(name, &map, &error));
  EXPECT(crm_import_map_json(map).size > 0);
  crm_import_map_free(map);
  EXPECT_OK(crm_import_map_from_json(crm_slice_of(map_json), &map, &error));
  options.map = map;
  options.threads = 1;
  options.rejected = count_rows;
  options.user_data = &rejected;
  EXPECT_OK(crm_tenant_import_file(tenant, crm_slice_of(path), &options,
                                   &report, &error));
  crm_import_map_free(map);
  EXPECT(crm_import_report_read(report)->read == 2);
  EXPECT(crm_import_report_read(report)->appended == 1);
  EXPECT(crm_import_report_read(report)->rejected_rows[0].line == 3);
  EXPECT(rejected == 1);
  crm_import_report_free(report);
}

static int32_t count_bytes(void* user_data, crm_slice text) {
  *(size_t*)user_data += text.size;
  return 0;
}

/* An export goes to whoever takes it, and stops when he does. */
static int32_t take_nothing(void* user_data, crm_slice text) {
  (void)user_data;
  return text.size > 0 ? CRM_NO_SPACE : 0;
}

static void export_to_a_callback(crm_store* store) {
  size_t bytes = 0;
  crm_store_export_report* report = NULL;
  crm_store_export_options options = CRM_STORE_EXPORT_OPTIONS_INIT;
  options.write = count_bytes;
  options.user_data = &bytes;
  EXPECT_OK(
      crm_store_export(store, crm_slice_of(""), &options, &report, &error));
  EXPECT(bytes == crm_store_export_report_read(report)->bytes);
  crm_store_export_report_free(report);
  EXPECT_CODE(
      crm_store_export(store, crm_slice_of("file"), &options, NULL, &error),
      CRM_INVALID_ARGUMENT);
  options.write = take_nothing;
  EXPECT_CODE(crm_store_export(store, crm_slice_of(""), &options, NULL, &error),
              CRM_NO_SPACE);
}

static void exports(crm_store* store, crm_tenant* tenant, const char* folder) {
  char path[512];
  crm_slice columns[1];
  crm_store* other;
  crm_export_counts counts;
  crm_store_export_report* exported = NULL;
  crm_store_import_report* imported = NULL;
  crm_reconcile_report* report = NULL;
  crm_export_options options = CRM_EXPORT_OPTIONS_INIT;
  crm_store_options same_region = CRM_STORE_OPTIONS_INIT;
  const crm_tenant_export* first;
  const crm_tenant_export* second;
  export_to_a_callback(store);
  snprintf(path, sizeof(path), "%s/store.ndjson.gz", folder);
  EXPECT_OK(
      crm_store_export(store, crm_slice_of(path), NULL, &exported, &error));
  same_region.default_region = crm_slice_of("ZA");
  EXPECT_OK(crm_store_open_in_memory(&same_region, &other, &error));
  EXPECT_OK(
      crm_store_import(other, crm_slice_of(path), NULL, &imported, &error));
  EXPECT(crm_store_import_report_read(imported)->identical == 1);
  EXPECT(crm_store_import_report_read(imported)->difference_count == 0);
  first = crm_store_export_report_read(exported)->tenants;
  second = crm_store_import_report_read(imported)->tenants;
  EXPECT(first[0].checksum_count == 9);
  EXPECT(second[0].checksum_count == 9);
  EXPECT(memcmp(first[0].checksums[3].checksum.data,
                second[0].checksums[3].checksum.data, 32) == 0);
  EXPECT(crm_store_export_report_read(exported)->events == 4);
  crm_store_export_report_free(exported);
  crm_store_import_report_free(imported);
  EXPECT_CODE(crm_store_import(other, crm_slice_of(path), NULL, NULL, &error),
              CRM_FAILED_PRECONDITION);
  EXPECT_OK(crm_store_close(other, &error));

  snprintf(path, sizeof(path), "%s/events.ndjson", folder);
  EXPECT_OK(crm_tenant_export_file(tenant, crm_slice_of(path), NULL, &counts,
                                   &error));
  EXPECT(counts.written == 4);
  options.format = CRM_EXPORT_PROFILES;
  columns[0] = crm_slice_of("customer");
  options.columns = columns;
  options.column_count = 1;
  EXPECT_OK(crm_tenant_export_file(tenant, crm_slice_of(path), &options,
                                   &counts, &error));
  EXPECT(counts.written == 1);
  options.format = CRM_EXPORT_CSV;
  columns[0] = crm_slice_of("nonsense");
  EXPECT_CODE(crm_tenant_export_file(tenant, crm_slice_of(path), &options, NULL,
                                     &error),
              CRM_INVALID_ARGUMENT);
  options.format = 99;
  EXPECT_CODE(crm_tenant_export_file(tenant, crm_slice_of(path), &options, NULL,
                                     &error),
              CRM_INVALID_ARGUMENT);
  options.format = CRM_EXPORT_NATIVE;
  options.column_count = 0;
  EXPECT_OK(crm_tenant_export_file(tenant, crm_slice_of(path), &options, NULL,
                                   &error));
  EXPECT_OK(crm_tenant_reconcile_file(tenant, crm_slice_of(path), NULL, &report,
                                      &error));
  EXPECT(crm_reconcile_report_read(report)->read == 4);
  EXPECT(crm_reconcile_report_read(report)->count_count > 0);
  crm_reconcile_report_free(report);
}

static void trained_file(const char* folder) {
  char path[512];
  FILE* file;
  crm_link_report* report = NULL;
  const crm_slice map = crm_slice_of(
      "{\"id\":\"id\",\"fields\":{\"given_name\":\"given\","
      "\"surname\":\"last\",\"birth_date\":\"born\"}}");
  snprintf(path, sizeof(path), "%s/crowd.csv", folder);
  file = fopen(path, "w");
  EXPECT(file != NULL);
  write_persons(file);
  EXPECT(fclose(file) == 0);
  EXPECT_OK(crm_train_file(crm_slice_of(path), map, NULL, &report, &error));
  EXPECT(crm_link_report_read(report)->trained == 1);
  crm_link_report_free(report);
}

static void persons(const char* folder) {
  char path[512];
  char clusters[512];
  FILE* file;
  crm_link_report* report = NULL;
  crm_link_options options = CRM_LINK_OPTIONS_INIT;
  const crm_slice map = crm_slice_of(
      "{\"id\":\"id\",\"fields\":{\"full_name\":\"name\","
      "\"birth_date\":\"born\",\"email\":\"mail\"}}");
  snprintf(path, sizeof(path), "%s/persons.csv", folder);
  snprintf(clusters, sizeof(clusters), "%s/clusters.csv", folder);
  file = fopen(path, "w");
  EXPECT(file != NULL);
  fputs("id,name,born,mail\n", file);
  fputs("1,William Blackwood,1961-04-09,wb@example.com\n", file);
  fputs("2,Bill Blackwood,1961-04-09,wb@example.com\n", file);
  fputs("3,Nomsa Dlamini,1990-01-17,nd@example.com\n", file);
  EXPECT(fclose(file) == 0);
  EXPECT_OK(crm_link_file(crm_slice_of(path), map, crm_slice_of(clusters), NULL,
                          &report, &error));
  EXPECT(crm_link_report_read(report)->records == 3);
  EXPECT(crm_link_report_read(report)->clusters == 2);
  EXPECT(crm_link_report_read(report)->trained == 0);
  EXPECT(crm_link_report_read(report)->not_trained_because.size > 0);
  options.model = crm_link_report_read(report)->model_json;
  options.link_weight = 4;
  EXPECT_OK(crm_link_file(crm_slice_of(path), map, crm_slice_of(clusters),
                          &options, NULL, &error));
  crm_link_report_free(report);
  options.model = crm_slice_of("{}");
  EXPECT_CODE(crm_link_file(crm_slice_of(path), map, crm_slice_of(clusters),
                            &options, NULL, &error),
              CRM_INVALID_ARGUMENT);
  EXPECT_CODE(crm_link_file(crm_slice_of(path), crm_slice_of("{}"),
                            crm_slice_of(clusters), NULL, NULL, &error),
              CRM_INVALID_ARGUMENT);
  EXPECT_CODE(crm_train_file(crm_slice_of(path), map, NULL, &report, &error),
              CRM_FAILED_PRECONDITION);
  EXPECT(crm_link_report_read(NULL) == NULL);
  crm_link_report_free(NULL);
  trained_file(folder);
}

static void whole_store(crm_store* store, const char* folder) {
  char copy[512];
  int32_t more = 1;
  crm_buffer* key_file = NULL;
  crm_buffer* region = NULL;
  crm_store_stats* stats = NULL;
  crm_verify_report* report = NULL;
  EXPECT_OK(crm_store_sync(store, &error));
  EXPECT_OK(crm_store_maintain(store, 1000000, &more, &error));
  EXPECT(more == 0);
  EXPECT_OK(crm_store_flush(store, &error));
  EXPECT_OK(crm_store_get_key_file(store, &key_file, &error));
  EXPECT(strstr(crm_buffer_data(key_file), "store.key") != NULL);
  EXPECT_OK(crm_store_get_default_region(store, &region, &error));
  EXPECT(strcmp(crm_buffer_data(region), "ZA") == 0);
  crm_buffer_free(region);
  snprintf(copy, sizeof(copy), "%s/copy", folder);
  EXPECT_OK(crm_store_checkpoint(store, crm_slice_of(copy), NULL, &error));
  crm_buffer_free(key_file);
  EXPECT_OK(crm_store_get_stats(store, NULL, &stats, &error));
  EXPECT(crm_store_stats_read(stats)->events == 4);
  EXPECT(crm_store_stats_read(stats)->tenant_count == 1);
  EXPECT(crm_store_stats_read(stats)->tenants[0].customers == 1);
  crm_store_stats_free(stats);
  rotation(store);
  EXPECT_OK(crm_store_verify(store, NULL, &report, &error));
  EXPECT(crm_verify_report_read(report)->findings_total == 0);
  EXPECT(crm_verify_report_read(report)->log_records >= 4);
  crm_verify_report_free(report);
}

static void identity_settings(crm_tenant* tenant) {
  crm_buffer* settings = NULL;
  EXPECT_OK(crm_tenant_set_identity_settings(
      tenant, crm_slice_of("{\"rules\":{\"attach_bar\":90}}"), &error));
  EXPECT_OK(crm_tenant_get_identity_settings(tenant, NULL, &settings, &error));
  EXPECT(strstr(crm_buffer_data(settings), "\"attach_bar\":90") != NULL);
  crm_buffer_free(settings);
  EXPECT_CODE(crm_tenant_set_identity_settings(
                  tenant, crm_slice_of("{\"rules\":{\"bar\":90}}"), &error),
              CRM_INVALID_ARGUMENT);
  EXPECT_OK(
      crm_tenant_set_identity_settings(tenant, crm_slice_of("{}"), &error));
}

static void schemas(crm_tenant* tenant) {
  crm_schema_definition definition = CRM_SCHEMA_DEFINITION_INIT;
  crm_schema_list* list = NULL;
  crm_upcaster_list* upcasters = NULL;
  crm_validation* rules = NULL;
  crm_violation_list* found = NULL;
  crm_slice type = crm_slice_of("parcel.sent");
  definition.type = type;
  definition.json = crm_slice_of("{\"required\": [\"weight\"]}");
  EXPECT_OK(crm_tenant_register_schema(tenant, &definition, &list, &error));
  EXPECT(is(crm_schema_list_read(list)->schemas[0].version, "1.0"));
  crm_schema_list_free(list);
  EXPECT_OK(crm_tenant_get_schema(tenant, type, crm_slice_of(""), NULL, &list,
                                  &error));
  EXPECT(crm_schema_list_read(list)->schema_count == 1);
  crm_schema_list_free(list);
  EXPECT_OK(crm_tenant_list_schemas(tenant, NULL, &list, &error));
  EXPECT(crm_schema_list_read(list)->schema_count >= 1);
  crm_schema_list_free(list);
  EXPECT_OK(crm_tenant_register_upcaster(
      tenant,
      crm_slice_of("{\"type\": \"parcel.sent\", \"from\": \"0.9\", "
                   "\"to\": \"1.0\", \"steps\": "
                   "[{\"rename\": \"/w\", \"to\": \"/weight\"}]}"),
      &upcasters, &error));
  EXPECT(is(crm_upcaster_list_read(upcasters)->upcasters[0].from, "0.9"));
  crm_upcaster_list_free(upcasters);
  EXPECT_OK(crm_tenant_list_upcasters(tenant, NULL, &upcasters, &error));
  EXPECT(crm_upcaster_list_read(upcasters)->upcaster_count == 1);
  crm_upcaster_list_free(upcasters);
  EXPECT_OK(
      crm_tenant_set_validation(tenant, type, CRM_VALIDATION_ENFORCE, &error));
  EXPECT_OK(crm_tenant_get_validation(tenant, NULL, &rules, &error));
  EXPECT(crm_validation_read(rules)->rule_count == 2);
  crm_validation_free(rules);
  EXPECT_OK(crm_tenant_check_payload(tenant, type, crm_slice_of(""),
                                     crm_slice_of("{}"), NULL, &found, &error));
  EXPECT(is(crm_violation_list_read(found)->violations[0].path, "/weight"));
  crm_violation_list_free(found);
}

void golf_club(crm_store* store, const char* folder) {
  crm_tenant* tenant = NULL;
  versions();
  errors();
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("golf-club"), NULL, &tenant, &error));
  append_structs(tenant);
  append_json(tenant);
  tenants(store, tenant);
  snapshots(store, tenant);
  all_tenants(store);
  subscriptions(tenant);
  imports(tenant, folder);
  schemas(tenant);
  identity_settings(tenant);
  exports(store, tenant, folder);
  persons(folder);
  whole_store(store, folder);
  crm_tenant_free(tenant);
}

void opening(const char* folder) {
  crm_store* store = open_store(folder);
  EXPECT_OK(crm_store_close(store, &error));
  EXPECT_OK(crm_store_open_in_memory(NULL, &store, &error));
  EXPECT_OK(crm_store_close(store, &error));
}

#ifndef CRM_TEST_MEMORY
static void closed_store(crm_store* store) {
  crm_tenant* tenant = NULL;
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("golf-club"), NULL, &tenant, &error));
  EXPECT_OK(crm_store_close(store, &error));
  EXPECT_CODE(crm_tenant_append_json(tenant, NULL, 0, NULL, NULL, &error),
              CRM_FAILED_PRECONDITION);
  crm_tenant_free(tenant);
}

int main(int argc, char** argv) {
  char folder[256];
  crm_store* store;
  snprintf(folder, sizeof(folder), "%s/crm-c-XXXXXX",
           argc > 1 ? argv[1] : "/tmp");
  EXPECT(mkdtemp(folder) != NULL);
  key_providers(folder);
  opening(folder);
  store = open_store(folder);
  golf_club(store, folder);
  who_is_who(store);
  records_in_memory();
  consent(store);
  criteria(store);
  erasures(store);
  person_exports(store);
  commands(store);
  ledger(store, folder);
  closed_store(store);
  printf("%s\n", folder);
  return 0;
}
#endif
