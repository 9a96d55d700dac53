/* The part of every_function.c that is about the ledger. */

#include "every_function.h"

static const crm_slice none = {NULL, 0};

static crm_slice text_of(const crm_buffer* buffer) {
  crm_slice slice;
  slice.data = crm_buffer_data(buffer);
  slice.size = crm_buffer_size(buffer);
  return slice;
}

static void grant(crm_tenant* tenant, const char* id) {
  char json[256];
  crm_slice line;
  snprintf(json, sizeof(json),
           "{\"id\":\"%s\",\"type\":\"ConsentGranted\",\"source\":\"web\","
           "\"identity\":{\"email\":\"l@example.com\"},"
           "\"payload\":{\"purpose\":\"news\"}}",
           id);
  line = crm_slice_of(json);
  EXPECT_OK(crm_tenant_append_json(tenant, &line, 1, NULL, NULL, &error));
}

static void proofs(crm_tenant* tenant, const crm_ledger_head* head) {
  crm_ledger_target act;
  crm_ledger_head of_note;
  crm_buffer* key = NULL;
  crm_buffer* note = NULL;
  crm_buffer* proof = NULL;
  crm_buffer* opening = NULL;
  EXPECT_OK(crm_tenant_get_ledger_key(tenant, NULL, &key, &error));
  EXPECT_OK(crm_tenant_get_ledger_checkpoint(tenant, 0, NULL, &note, &error));
  EXPECT_OK(
      crm_verify_checkpoint(text_of(note), text_of(key), &of_note, &error));
  EXPECT(memcmp(&of_note, head, sizeof(of_note)) == 0);
  memset(&act, 0, sizeof(act));
  act.source = crm_slice_of("web");
  act.id = crm_slice_of("c-2");
  EXPECT_OK(crm_tenant_prove_inclusion(tenant, &act, 0, NULL, &proof, &error));
  EXPECT_OK(
      crm_tenant_open_ledger_record(tenant, &act, NULL, &opening, &error));
  EXPECT_OK(crm_verify_ledger_proof(text_of(proof), text_of(note), text_of(key),
                                    text_of(opening), &error));
  EXPECT_OK(crm_verify_ledger_proof(text_of(proof), none, none, none, &error));
  EXPECT_CODE(
      crm_verify_ledger_proof(text_of(opening), none, none, none, &error),
      CRM_MALFORMED);
  crm_buffer_free(proof);
  crm_buffer_free(opening);
  EXPECT_OK(crm_tenant_prove_consistency(tenant, 1, 0, NULL, &proof, &error));
  EXPECT_OK(crm_verify_ledger_proof(text_of(proof), text_of(note), text_of(key),
                                    none, &error));
  crm_buffer_free(proof);
  EXPECT_CODE(crm_verify_checkpoint(text_of(key), text_of(key), NULL, &error),
              CRM_MALFORMED);
  crm_buffer_free(note);
  crm_buffer_free(key);
}

static int32_t go_on(void* user_data, uint64_t done, uint64_t total) {
  EXPECT(done <= total);
  ++*(int*)user_data;
  return 0;
}

static void whole(crm_tenant* tenant, const char* folder) {
  crm_ledger_query query = CRM_LEDGER_QUERY_INIT;
  crm_ledger_verify_options verify = CRM_LEDGER_VERIFY_OPTIONS_INIT;
  crm_ledger_export_options export = CRM_LEDGER_EXPORT_OPTIONS_INIT;
  crm_ledger_head head;
  crm_verify_report* report = NULL;
  crm_buffer* lines = NULL;
  int calls = 0;
  char path[512];
  query.first = 1;
  query.limit = 1;
  EXPECT_OK(crm_tenant_list_ledger(tenant, &query, &lines, &error));
  EXPECT(strstr(crm_buffer_data(lines), "\"index\":1,") != NULL);
  EXPECT(strstr(crm_buffer_data(lines), "\"index\":2,") == NULL);
  crm_buffer_free(lines);
  verify.flags = CRM_LEDGER_VERIFY_OPEN;
  verify.progress = go_on;
  verify.user_data = &calls;
  EXPECT_OK(crm_tenant_verify_ledger(tenant, &verify, &report, &error));
  EXPECT(crm_verify_report_read(report)->findings_total == 0);
  EXPECT(crm_verify_report_read(report)->ledger_records == 3);
  EXPECT(crm_verify_report_read(report)->opened == 3);
  crm_verify_report_free(report);
  EXPECT(calls > 0);
  snprintf(path, sizeof(path), "%s/ledger.ndjson", folder);
  export.progress = go_on;
  export.user_data = &calls;
  EXPECT_OK(crm_tenant_export_ledger(tenant, crm_slice_of(path), &export, &head,
                                     &error));
  EXPECT(head.size == 3);
}

void ledger(crm_store* store, const char* folder) {
  crm_tenant* tenant = NULL;
  crm_ledger_head head;
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("evidence"), NULL, &tenant, &error));
  grant(tenant, "c-1");
  grant(tenant, "c-2");
  grant(tenant, "c-3");
  EXPECT_OK(crm_tenant_get_ledger_head(tenant, NULL, &head, &error));
  EXPECT(head.size == 3);
  EXPECT(strncmp(head.origin, "crm-ledger/", 11) == 0);
  proofs(tenant, &head);
  whole(tenant, folder);
  crm_tenant_free(tenant);
}
