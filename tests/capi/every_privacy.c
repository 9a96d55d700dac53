/* The part of every_function.c that is about erasing. */

#include "every_function.h"

static void certificates(crm_tenant* tenant, crm_slice certificate) {
  crm_buffer* key = NULL;
  crm_certificate_info* info = NULL;
  const crm_certificate_info_view* view;
  crm_erasure_report* again = NULL;
  crm_slice public_key;
  EXPECT_OK(crm_tenant_get_signing_key(tenant, NULL, &key, &error));
  EXPECT(crm_buffer_size(key) == 64);
  public_key.data = crm_buffer_data(key);
  public_key.size = crm_buffer_size(key);
  EXPECT_OK(
      crm_verify_certificate(certificate, public_key, NULL, &info, &error));
  view = crm_certificate_info_read(info);
  EXPECT(is(view->tenant, "privacy"));
  EXPECT(view->customer == 1 && view->record_count == 1);
  EXPECT(view->public_key.size == 64);
  crm_certificate_info_free(info);
  EXPECT_CODE(crm_verify_certificate(crm_slice_of("{}"), crm_slice_of(""), NULL,
                                     &info, &error),
              CRM_MALFORMED);
  EXPECT(info == NULL);
  /* Done already. */
  EXPECT_OK(
      crm_tenant_apply_certificate(tenant, certificate, NULL, &again, &error));
  EXPECT(crm_erasure_report_read(again)->customer == 1);
  crm_erasure_report_free(again);
  crm_buffer_free(key);
}

/* The program runs in a folder of its own, which is empty. */
static void backups(crm_store* store) {
  crm_backup_options options = CRM_BACKUP_OPTIONS_INIT;
  crm_store_options opening = CRM_STORE_OPTIONS_INIT;
  crm_backup_report report;
  crm_buffer* key_file = NULL;
  const crm_slice data = crm_slice_of("backup-data");
  const crm_slice keys = crm_slice_of("backup-keys");
  EXPECT_OK(crm_backup_store(store, data, &options, &report, &error));
  EXPECT(report.head > 0 && report.files > 2 && report.bytes > 0);
  EXPECT_CODE(crm_backup_store(store, data, NULL, NULL, &error),
              CRM_ALREADY_EXISTS);
  EXPECT_OK(crm_backup_keys(store, keys, NULL, &report, &error));
  EXPECT_OK(crm_verify_backup(keys, NULL, &report, &error));
  EXPECT(report.files > 2);
  EXPECT_CODE(crm_verify_backup(crm_slice_of("nowhere"), NULL, NULL, &error),
              CRM_NOT_FOUND);
  EXPECT_OK(crm_store_get_key_file(store, &key_file, &error));
  opening.key_file.data = crm_buffer_data(key_file);
  opening.key_file.size = crm_buffer_size(key_file);
  EXPECT_CODE(
      crm_restore_store(data, crm_slice_of(""), crm_slice_of("restored"),
                        &opening, NULL, &error),
      CRM_KEY_MISSING);
  EXPECT_OK(crm_restore_store(data, keys, crm_slice_of("restored"), &opening,
                              &report, &error));
  EXPECT(report.head > 0);
  crm_buffer_free(key_file);
}

static void holds(crm_tenant* tenant, uint64_t customer) {
  crm_hold_options options = CRM_HOLD_OPTIONS_INIT;
  crm_hold_release_options release_options = CRM_HOLD_RELEASE_OPTIONS_INIT;
  crm_hold_query query = CRM_HOLD_QUERY_INIT;
  crm_erasure_options erasure = CRM_ERASURE_OPTIONS_INIT;
  crm_hold_list* list = NULL;
  crm_hold_release* release = NULL;
  crm_erasure_report* report = NULL;
  crm_buffer* settings = NULL;
  const crm_hold_list_view* view;
  crm_slice category = crm_slice_of("health");
  uint64_t hold = 0;
  EXPECT_OK(crm_tenant_set_privacy_settings(
      tenant, crm_slice_of("{\"categories\":{\"health\":[\"visit.*\"]}}"),
      &error));
  EXPECT_OK(crm_tenant_get_privacy_settings(tenant, NULL, &settings, &error));
  EXPECT(crm_buffer_size(settings) > 100);
  crm_buffer_free(settings);
  options.categories = &category;
  options.category_count = 1;
  options.why = crm_slice_of("case");
  EXPECT_OK(crm_tenant_place_hold(tenant, customer, &options, &hold, &error));
  EXPECT(hold == 1);
  EXPECT_CODE(crm_tenant_erase(tenant, customer, NULL, NULL, &error),
              CRM_FAILED_PRECONDITION);
  erasure.flags = CRM_ERASURE_WAIT_FOR_RELEASE;
  EXPECT_OK(crm_tenant_erase(tenant, customer, &erasure, &report, &error));
  EXPECT(crm_erasure_report_read(report)->hold_count == 1);
  EXPECT(crm_erasure_report_read(report)->holds[0] == hold);
  EXPECT(crm_erasure_report_read(report)->flags == 0);
  crm_erasure_report_free(report);
  query.customer = customer;
  EXPECT_OK(crm_tenant_list_holds(tenant, &query, &list, &error));
  view = crm_hold_list_read(list);
  EXPECT(view->hold_count == 1 && view->waiting_count == 1);
  EXPECT(view->holds[0].customer == customer);
  EXPECT(is(view->holds[0].categories[0], "health"));
  EXPECT(view->holds[0].released_position == 0);
  EXPECT(view->waiting[0].hold_count == 1);
  EXPECT(view->waiting[0].mode == CRM_ERASURE_SHRED);
  crm_hold_list_free(list);
  release_options.by = crm_slice_of("legal");
  EXPECT_OK(crm_tenant_release_hold(tenant, hold, &release_options, &release,
                                    &error));
  EXPECT(crm_hold_release_read(release)->erased_count == 1);
  EXPECT(crm_hold_release_read(release)->failed_count == 0);
  EXPECT(is(crm_hold_release_read(release)->hold.released_by, "legal"));
  EXPECT(crm_hold_release_read(release)->erased[0].customer == customer);
  crm_hold_release_free(release);
}

static void redactions(crm_tenant* tenant, uint64_t event) {
  crm_redact_options options = CRM_REDACT_OPTIONS_INIT;
  crm_redact_report report;
  options.why = crm_slice_of("health data");
  options.flags = CRM_REDACT_DRY_RUN;
  EXPECT_OK(crm_tenant_redact(tenant, event, &options, &report, &error));
  EXPECT(report.event == event && report.position == 0);
  options.flags = 0;
  EXPECT_OK(crm_tenant_redact(tenant, event, &options, &report, &error));
  EXPECT(report.customer == 1 && report.position > event);
  EXPECT_CODE(crm_tenant_redact(tenant, event, NULL, NULL, &error),
              CRM_ALREADY_EXISTS);
}

static void retention(crm_tenant* tenant) {
  crm_retain_options options = CRM_RETAIN_OPTIONS_INIT;
  crm_retention_report* report = NULL;
  const crm_retention_report_view* view;
  const int64_t as_of_us = 1700000000000000; /* In 2023. */
  const crm_slice old = crm_slice_of(
      "{\"id\":\"r1\",\"type\":\"visited\",\"source\":\"scl\",\"payload\":{},"
      "\"timestamp\":\"2020-01-01T00:00:00Z\","
      "\"identity\":{\"sclMemberId\":\"r1\"}}");
  EXPECT_CODE(crm_tenant_retain(tenant, as_of_us, NULL, NULL, &error),
              CRM_FAILED_PRECONDITION);
  EXPECT_OK(crm_tenant_set_privacy_settings(
      tenant, crm_slice_of("{\"retention\":{\"days\":90}}"), &error));
  EXPECT_OK(crm_tenant_append_json(tenant, &old, 1, NULL, NULL, &error));
  options.flags = CRM_RETAIN_DRY_RUN;
  EXPECT_OK(crm_tenant_retain(tenant, as_of_us, &options, &report, &error));
  view = crm_retention_report_read(report);
  EXPECT(view->position == 0 && view->events == 1 && view->type_count == 1);
  EXPECT(is(view->types[0].type, "visited"));
  EXPECT(view->types[0].customers == 1 && view->types[0].held == 0);
  crm_retention_report_free(report);
  options.flags = 0;
  options.why = crm_slice_of("nightly");
  EXPECT_OK(crm_tenant_retain(tenant, as_of_us, &options, &report, &error));
  EXPECT(crm_retention_report_read(report)->position > 0);
  EXPECT(crm_retention_report_read(report)->more == 0);
  crm_retention_report_free(report);
}

/* A tenant that comes and goes. */
static void drops(crm_store* store) {
  crm_drop_tenant_options options = CRM_DROP_TENANT_OPTIONS_INIT;
  crm_tenant_drop drop;
  crm_tenant* tenant = NULL;
  crm_tenant_list* list = NULL;
  const crm_tenant_list_view* view;
  const crm_slice name = crm_slice_of("short-lived");
  const crm_slice line = crm_slice_of(
      "{\"id\":\"d1\",\"type\":\"t\",\"source\":\"scl\",\"payload\":{},"
      "\"identity\":{\"sclMemberId\":\"d1\"}}");
  size_t i;
  size_t found = 0;
  EXPECT_OK(crm_tenant_open(store, name, NULL, &tenant, &error));
  EXPECT_OK(crm_tenant_append_json(tenant, &line, 1, NULL, NULL, &error));
  EXPECT_CODE(crm_store_drop_tenant(store, name, NULL, NULL, &error),
              CRM_FAILED_PRECONDITION);
  options.flags = CRM_DROP_TENANT_DRY_RUN;
  EXPECT_OK(crm_store_drop_tenant(store, name, &options, &drop, &error));
  EXPECT(drop.position == 0 && drop.events == 1 && drop.customers == 1);
  EXPECT(drop.records == 1 && drop.keys >= 1 && drop.holds == 0);
  options.flags = CRM_DROP_TENANT_CONFIRM;
  options.by = crm_slice_of("desk");
  options.why = crm_slice_of("contract ended");
  EXPECT_OK(crm_store_drop_tenant(store, name, &options, &drop, &error));
  EXPECT(drop.position > 0 && drop.at_us > 0);
  EXPECT_CODE(crm_tenant_append_json(tenant, &line, 1, NULL, NULL, &error),
              CRM_ERASED);
  crm_tenant_free(tenant);
  EXPECT_CODE(crm_tenant_open(store, name, NULL, &tenant, &error), CRM_ERASED);
  EXPECT_CODE(crm_store_drop_tenant(store, name, &options, NULL, &error),
              CRM_ERASED);
  EXPECT_OK(crm_store_list_tenants(store, NULL, &list, &error));
  view = crm_tenant_list_read(list);
  for (i = 0; i < view->tenant_count; ++i) {
    if (view->tenants[i].dropped_position == 0) continue;
    ++found;
    EXPECT(is(view->tenants[i].name, "short-lived"));
    EXPECT(view->tenants[i].events == 1 && view->tenants[i].records == 0);
    EXPECT(view->tenants[i].dropped_position == drop.position);
    EXPECT(view->tenants[i].dropped_at_us == drop.at_us);
    EXPECT(is(view->tenants[i].dropped_by, "desk"));
    EXPECT(is(view->tenants[i].dropped_why, "contract ended"));
  }
  EXPECT(found == 1);
  crm_tenant_list_free(list);
}

/* Open parts, of a backup whose keys are lost. */
static void without_keys(void) {
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  crm_verify_report* report = NULL;
  crm_store* store = NULL;
  int32_t unreadable = 0;
  const crm_slice folder = crm_slice_of("unreadable");
  EXPECT_CODE(crm_restore_store(crm_slice_of("backup-data"), crm_slice_of(""),
                                folder, &options, NULL, &error),
              CRM_KEY_MISSING);
  options.flags = CRM_STORE_ALLOW_UNREADABLE;
  EXPECT_OK(crm_restore_store(crm_slice_of("backup-data"), crm_slice_of(""),
                              folder, &options, NULL, &error));
  EXPECT_OK(crm_store_open(folder, &options, &store, &error));
  EXPECT_OK(crm_store_is_unreadable(store, &unreadable, &error));
  EXPECT(unreadable == 1);
  EXPECT_OK(crm_store_verify(store, NULL, &report, &error));
  EXPECT(crm_verify_report_read(report)->unreadable > 0);
  EXPECT(crm_verify_report_read(report)->findings_total == 0);
  crm_verify_report_free(report);
  EXPECT_OK(crm_store_close(store, &error));
}

void erasures(crm_store* store) {
  crm_tenant* tenant = NULL;
  crm_erasure_options options = CRM_ERASURE_OPTIONS_INIT;
  crm_erasure_report* report = NULL;
  const crm_erasure_report_view* view;
  crm_erasure_list* list = NULL;
  crm_append_result* result = NULL;
  const crm_slice line = crm_slice_of(
      "{\"id\":\"p1\",\"type\":\"t\",\"source\":\"scl\",\"payload\":{},"
      "\"identity\":{\"sclMemberId\":\"p1\"}}");
  const crm_slice held = crm_slice_of(
      "{\"id\":\"p2\",\"type\":\"t\",\"source\":\"scl\",\"payload\":{},"
      "\"identity\":{\"sclMemberId\":\"p2\"}}");
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("privacy"), NULL, &tenant, &error));
  EXPECT_OK(crm_tenant_append_json(tenant, &line, 1, NULL, &result, &error));
  redactions(tenant, crm_append_result_read(result)->events[0].position);
  crm_append_result_free(result);
  options.flags = CRM_ERASURE_DRY_RUN;
  EXPECT_OK(crm_tenant_erase(tenant, 1, &options, &report, &error));
  view = crm_erasure_report_read(report);
  EXPECT(view->position == 0 && view->flags == 0 && view->events == 1);
  crm_erasure_report_free(report);
  options.flags = 0;
  options.by = crm_slice_of("privacy desk");
  options.why = crm_slice_of("gdpr-request");
  EXPECT_OK(crm_tenant_erase(tenant, 1, &options, &report, &error));
  view = crm_erasure_report_read(report);
  EXPECT(view->mode == CRM_ERASURE_SHRED);
  EXPECT(view->flags == CRM_ERASURE_COMPLETE);
  EXPECT(view->position > 0 && view->request.size == 32);
  EXPECT(view->record_count == 1 && view->records[0] == 1);
  certificates(tenant, view->certificate);
  crm_erasure_report_free(report);
  EXPECT_CODE(crm_tenant_erase(tenant, 1, NULL, NULL, &error), CRM_ERASED);
  EXPECT_OK(crm_tenant_list_erasures(tenant, NULL, &list, &error));
  EXPECT(crm_erasure_list_read(list)->erasure_count == 1);
  EXPECT(is(crm_erasure_list_read(list)->erasures[0].why, "gdpr-request"));
  crm_erasure_list_free(list);
  EXPECT_OK(crm_tenant_append_json(tenant, &held, 1, NULL, NULL, &error));
  holds(tenant, 2);
  EXPECT_OK(
      crm_tenant_set_privacy_settings(tenant, crm_slice_of("{}"), &error));
  retention(tenant);
  backups(store);
  without_keys();
  drops(store);
  crm_tenant_free(tenant);
}
