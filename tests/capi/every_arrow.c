/* The part of every_function.c that is about columns. */

#include "every_function.h"

static int64_t rows_of_stream(crm_event_cursor* cursor) {
  crm_arrow_options options = CRM_ARROW_OPTIONS_INIT;
  struct ArrowArrayStream stream;
  struct ArrowArray batch;
  int64_t count = 0;
  options.batch_rows = 2;
  EXPECT_OK(crm_event_cursor_to_arrow(cursor, &options, &stream, &error));
  for (;;) {
    EXPECT(stream.get_next(&stream, &batch) == 0);
    if (batch.release == NULL) break;
    EXPECT(batch.length <= 2 && batch.n_children == 15);
    count += batch.length;
    batch.release(&batch);
  }
  stream.release(&stream);
  return count;
}

static int64_t events_of_stream(crm_event_cursor* cursor) {
  struct ArrowArrayStream stream;
  crm_arrow_events* rows = NULL;
  crm_slice json;
  crm_status status;
  int64_t count = 0;
  EXPECT_OK(crm_event_cursor_to_arrow(cursor, NULL, &stream, &error));
  EXPECT_OK(crm_arrow_events_open(&stream, NULL, &rows, &error));
  EXPECT(stream.release == NULL);
  while ((status = CALL(crm_arrow_events_next(rows, &json, &error))) ==
         CRM_OK) {
    EXPECT(json.data[0] == '{');
    ++count;
  }
  EXPECT(status == CRM_DONE && json.size == 0);
  crm_arrow_events_free(rows);
  return count;
}

void columns(crm_tenant* tenant) {
  crm_event_cursor* cursor = NULL;
  EXPECT_OK(crm_tenant_replay(tenant, NULL, &cursor, &error));
  EXPECT(rows_of_stream(cursor) == 3);
  EXPECT_OK(crm_tenant_replay(tenant, NULL, &cursor, &error));
  EXPECT(events_of_stream(cursor) == 3);
}
