/* The part of every_function.c that is about criteria. */

#include "every_function.h"

/* Of 2026, in UTC. */
#define MARCH_10 INT64_C(1773100800000000)

static int32_t stop(void* user_data, uint64_t done, uint64_t total) {
  (void)done;
  (void)total;
  return *(int32_t*)user_data;
}

static int freed;
static void count_freed(void* user_data) {
  (void)user_data;
  ++freed;
}

static void answers(crm_tenant* tenant, crm_snapshot* snapshot) {
  const crm_slice often = crm_slice_of(
      "{\"event\":\"shop.order\",\"operator\":\"gte\",\"value\":2}");
  crm_criteria_options options = CRM_CRITERIA_OPTIONS_INIT;
  crm_buffer* proof = NULL;
  int32_t truth = -1;
  options.flags = CRM_CRITERIA_AS_OF;
  options.as_of_us = MARCH_10;
  EXPECT_OK(
      crm_tenant_evaluate(tenant, 1, often, &options, &truth, &proof, &error));
  EXPECT(truth == CRM_TRUTH_TRUE);
  EXPECT(strstr(crm_buffer_data(proof), "\"truth\":\"true\"") != NULL);
  EXPECT(strstr(crm_buffer_data(proof), "\"id\":\"o2\"") != NULL);
  crm_buffer_free(proof);
  options.flags = CRM_CRITERIA_AS_OF | CRM_CRITERIA_TEXT;
  options.as_of_us =
      MARCH_10 - INT64_C(86400000000) * 8; /* The 2nd, at midnight. */
  options.time_zone = crm_slice_of("Europe/Berlin");
  EXPECT_OK(crm_snapshot_evaluate(snapshot, 1, often, &options, &truth, &proof,
                                  &error));
  EXPECT(truth == CRM_TRUTH_FALSE);
  EXPECT(strstr(crm_buffer_data(proof), "false    shop.order at least 2") !=
         NULL);
  crm_buffer_free(proof);
  EXPECT_OK(crm_tenant_evaluate(
      tenant, 1,
      crm_slice_of("{\"field\":\"x\",\"operator\":\"eq\",\"value\":1}"), NULL,
      &truth, NULL, &error));
  EXPECT(truth == CRM_TRUTH_UNKNOWN);
  EXPECT_CODE(
      crm_tenant_evaluate(tenant, 99, often, NULL, &truth, &proof, &error),
      CRM_NOT_FOUND);
  EXPECT(proof == NULL);
  EXPECT_CODE(crm_tenant_evaluate(tenant, 1, crm_slice_of("{}"), NULL, &truth,
                                  NULL, &error),
              CRM_INVALID_ARGUMENT);
  EXPECT_CODE(crm_tenant_evaluate(tenant, 1, often, NULL, NULL, NULL, &error),
              CRM_INVALID_ARGUMENT);
  options.time_zone = crm_slice_of("Nowhere");
  EXPECT_CODE(
      crm_tenant_evaluate(tenant, 1, often, &options, &truth, NULL, &error),
      CRM_INVALID_ARGUMENT);
}

static void previews(crm_tenant* tenant, crm_snapshot* snapshot) {
  const crm_slice all = crm_slice_of("{\"event\":\"shop.order\"}");
  crm_preview_options options = CRM_PREVIEW_OPTIONS_INIT;
  crm_criteria_preview preview;
  uint64_t sample[4];
  size_t count = 9;
  int32_t answer = 0;
  options.flags = CRM_CRITERIA_AS_OF;
  options.as_of_us = MARCH_10;
  EXPECT_OK(crm_tenant_preview(tenant, all, &options, &preview, sample, 4,
                               &count, &error));
  EXPECT(preview.as_of_us == MARCH_10);
  EXPECT(preview.customers == 2 && preview.matching == 2);
  EXPECT(preview.unknown == 0 && preview.position > 0);
  EXPECT(count == 2 && sample[0] == 1 && sample[1] == 2);
  options.progress = stop;
  options.user_data = &answer;
  options.destroy = count_freed;
  freed = 0;
  EXPECT_OK(crm_snapshot_preview(snapshot, all, &options, &preview, NULL, 0,
                                 &count, &error));
  EXPECT(count == 0 && preview.matching == 2 && freed == 1);
  answer = 4711;
  EXPECT_CODE(crm_tenant_preview(tenant, all, &options, &preview, sample, 1,
                                 &count, &error),
              4711);
  EXPECT(freed == 2);
  EXPECT_CODE(
      crm_tenant_preview(tenant, all, NULL, &preview, NULL, 1, &count, &error),
      CRM_INVALID_ARGUMENT);
  EXPECT_CODE(crm_tenant_preview(tenant, crm_slice_of("["), NULL, &preview,
                                 sample, 4, &count, &error),
              CRM_MALFORMED);
}

void criteria(crm_store* store) {
  static const char* const orders[] = {
      "{\"id\":\"o1\",\"type\":\"shop.order\",\"source\":\"web\","
      "\"timestamp\":\"2026-03-01T10:00:00Z\",\"payload\":{},"
      "\"identity\":{\"memberId\":\"c1\"}}",
      "{\"id\":\"o2\",\"type\":\"shop.order\",\"source\":\"web\","
      "\"timestamp\":\"2026-03-02T10:00:00Z\",\"payload\":{},"
      "\"identity\":{\"memberId\":\"c1\"}}",
      "{\"id\":\"o3\",\"type\":\"shop.order\",\"source\":\"web\","
      "\"timestamp\":\"2026-03-02T10:00:00Z\",\"payload\":{},"
      "\"identity\":{\"memberId\":\"c2\"}}"};
  crm_tenant* tenant = NULL;
  crm_snapshot* snapshot = NULL;
  crm_buffer* text = NULL;
  crm_slice lines[3];
  size_t i;
  EXPECT(strstr(crm_criteria_schema(), "draft-07") != NULL);
  EXPECT_OK(crm_criteria_describe(crm_slice_of("{\"event\":\"shop.order\"}"),
                                  &text, &error));
  EXPECT(strcmp(crm_buffer_data(text), "shop.order at least once") == 0);
  crm_buffer_free(text);
  EXPECT_CODE(
      crm_criteria_describe(crm_slice_of("{\"and\":[]}"), &text, &error),
      CRM_INVALID_ARGUMENT);
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("criteria"), NULL, &tenant, &error));
  for (i = 0; i < 3; ++i) lines[i] = crm_slice_of(orders[i]);
  EXPECT_OK(crm_tenant_append_json(tenant, lines, 3, NULL, NULL, &error));
  EXPECT_OK(crm_tenant_get_snapshot(tenant, NULL, &snapshot, &error));
  answers(tenant, snapshot);
  previews(tenant, snapshot);
  crm_snapshot_free(snapshot);
  crm_tenant_free(tenant);
}
