/* The part of every_function.c that is about exporting a person. The program
 * runs in a folder of its own, which is empty. */

#include "every_function.h"

static int32_t count_bytes(void* user_data, crm_slice text) {
  *(size_t*)user_data += text.size;
  return 0;
}

void person_exports(crm_store* store) {
  crm_tenant* tenant = NULL;
  crm_person_export_options options = CRM_PERSON_EXPORT_OPTIONS_INIT;
  crm_erasure_options erasing = CRM_ERASURE_OPTIONS_INIT;
  crm_person_export_report* report = NULL;
  crm_person_export_report* checked = NULL;
  crm_erasure_report* erased = NULL;
  const crm_person_export_report_view* view;
  const crm_slice file = crm_slice_of("person.ndjson");
  const crm_slice leave_out = crm_slice_of("t");
  size_t bytes = 0;
  const crm_slice line = crm_slice_of(
      "{\"id\":\"p1\",\"type\":\"t\",\"source\":\"scl\","
      "\"payload\":{\"agent\":\"Bo\"},\"identity\":{\"sclMemberId\":\"p1\"}}");
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("persons"), NULL, &tenant, &error));
  EXPECT_OK(crm_tenant_append_json(tenant, &line, 1, NULL, NULL, &error));
  /* Decisions need an instant. */
  EXPECT_CODE(crm_tenant_export_person(tenant, 1, file, &options, NULL, &error),
              CRM_INVALID_ARGUMENT);
  options.at_us = 1750000000000000;
  EXPECT_OK(
      crm_tenant_export_person(tenant, 1, file, &options, &report, &error));
  view = crm_person_export_report_read(report);
  EXPECT(view->customer == 1 && view->mode == CRM_PERSON_EXPORT_ACCESS);
  EXPECT(view->at_us == options.at_us && view->position > 0);
  EXPECT(view->events == 1 && view->left_out == 0 && view->redacted == 1);
  EXPECT(view->part_count > 6 && is(view->parts[0].name, "export"));
  EXPECT(view->parts[0].lines == 1 && view->parts[0].sha256.size == 64);
  EXPECT_OK(crm_check_person_export(file, NULL, &checked, &error));
  EXPECT(crm_person_export_report_read(checked)->bytes == view->bytes);
  EXPECT(crm_person_export_report_read(checked)->lines == view->lines);
  EXPECT(view->sha256.size == 64 && view->reserved[0] == 0);
  crm_person_export_report_free(checked);
  /* To a callback, without what the host left out. */
  options.mode = CRM_PERSON_EXPORT_PORTABILITY;
  options.leave_out = &leave_out;
  options.leave_out_count = 1;
  options.write = count_bytes;
  options.user_data = &bytes;
  EXPECT_OK(crm_tenant_export_person(tenant, 1, crm_slice_of(""), &options,
                                     &checked, &error));
  EXPECT(crm_person_export_report_read(checked)->left_out == 1);
  EXPECT(bytes > crm_person_export_report_read(checked)->bytes);
  crm_person_export_report_free(checked);
  crm_person_export_report_free(report);
  EXPECT_CODE(
      crm_check_person_export(crm_slice_of("nowhere"), NULL, &report, &error),
      CRM_NOT_FOUND);
  /* First the file, then the erasure. */
  options.write = NULL;
  EXPECT_CODE(
      crm_tenant_export_and_erase(tenant, 1, crm_slice_of("no/such/folder"),
                                  &options, NULL, NULL, NULL, &error),
      CRM_IO_ERROR);
  erasing.why = crm_slice_of("gdpr-request");
  EXPECT_OK(crm_tenant_export_and_erase(tenant, 1, file, &options, &erasing,
                                        &report, &erased, &error));
  EXPECT(crm_person_export_report_read(report)->left_out == 1);
  EXPECT(crm_erasure_report_read(erased)->flags == CRM_ERASURE_COMPLETE);
  crm_person_export_report_free(report);
  crm_erasure_report_free(erased);
  EXPECT_CODE(crm_tenant_export_person(tenant, 1, file, &options, NULL, &error),
              CRM_ERASED);
  crm_tenant_free(tenant);
}
