// Reading through C: replays of every kind, timelines, snapshots, copies.

#include "fixture.h"

namespace crm {
namespace {

using Ids = std::vector<std::string>;

// Six events of three people, one a day, the last one late; types a and b.
struct History : Club {
  History() {
    constexpr int64_t kDayUs = 86'400'000'000;
    const crm_identifier who[] = {
        Email("a@example.com"), Email("b@example.com"), Email("c@example.com")};
    const std::string ids[] = {"0", "1", "2", "3", "4", "5"};
    for (size_t i = 0; i < 6; ++i) {
      crm_event event = EventOf(ids[i], &who[i % 3]);
      event.type = Slice(i % 2 == 0 ? "a" : "b");
      event.flags = CRM_EVENT_HAS_TIME;
      event.occurred_at_us =
          kStart + kDayUs * (i == 5 ? -1 : static_cast<int64_t>(i));
      REQUIRE_STATUS_OK(
          crm_tenant_append(tenant.get(), &event, 1, nullptr, nullptr, error));
    }
  }
  Ids Replay(const crm_replay_query& query) {
    OwnedCursor cursor;
    REQUIRE_STATUS_OK(
        crm_tenant_replay(tenant.get(), &query, cursor.out(), error));
    return IdsOf(cursor.get());
  }
  static constexpr int64_t kStart = 1'767'225'600'000'000;
};

TEST_CASE("replay: by position, time, customer, record, type; both ways") {
  History history;
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  CHECK(history.Replay(query) == Ids{"0", "1", "2", "3", "4", "5"});
  query.flags = CRM_QUERY_BACKWARD;
  CHECK(history.Replay(query) == Ids{"5", "4", "3", "2", "1", "0"});
  query.order = CRM_ORDER_OCCURRED_AT;
  CHECK(history.Replay(query) == Ids{"4", "3", "2", "1", "0", "5"});
  query.flags = CRM_QUERY_FROM | CRM_QUERY_UNTIL;
  query.from_us = History::kStart;
  query.until_us = History::kStart + 2 * 86'400'000'000;
  CHECK(history.Replay(query) == Ids{"0", "1"});
  query = CRM_REPLAY_QUERY_INIT;
  query.customer = 2;
  CHECK(history.Replay(query) == Ids{"1", "4"});
  query.customer = 0;
  query.record = 3;
  CHECK(history.Replay(query) == Ids{"2", "5"});
  query = CRM_REPLAY_QUERY_INIT;
  const crm_slice types[] = {Slice("b"), Slice("never")};
  query.types = types;
  query.type_count = 2;
  CHECK(history.Replay(query) == Ids{"1", "3", "5"});
  query.customer = 1;
  CHECK(history.Replay(query) == Ids{"3"});
}

TEST_CASE("replay: bounds of positions are both included") {
  History history;
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(history.tenant.get(), nullptr, cursor.out(), error));
  std::vector<uint64_t> positions;
  crm_event_view event = {};
  while (crm_event_cursor_next(cursor.get(), &event, nullptr) == CRM_OK) {
    positions.push_back(event.position);
  }
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.first = positions[1];
  query.last = positions[3];
  CHECK(history.Replay(query) == Ids{"1", "2", "3"});
}

TEST_CASE("replay: open parts only") {
  History history;
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.flags = CRM_QUERY_OPEN_PARTS_ONLY;
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(history.tenant.get(), &query, cursor.out(), error));
  crm_event_view event = {};
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  CHECK((event.flags & CRM_EVENT_VIEW_OPENED) == 0);
  CHECK(Text(event.type) == "a");
  CHECK(event.id.size == 0);
  CHECK(event.payload.size == 0);
}

TEST_CASE("arrow: what a stream gives can be appended again") {
  History history;
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(history.tenant.get(), nullptr, cursor.out(), error));
  ArrowArrayStream stream;
  REQUIRE_STATUS_OK(
      crm_event_cursor_to_arrow(cursor.get(), nullptr, &stream, error));
  *cursor.handle() = nullptr;
  Owned<crm_arrow_events, crm_arrow_events_free> rows;
  crm_read_options options = CRM_READ_OPTIONS_INIT;
  REQUIRE_STATUS_OK(
      crm_arrow_events_open(&stream, &options, rows.out(), error));
  CHECK((stream.release == nullptr));
  size_t count = 0;
  crm_slice json;
  crm_status status = CRM_OK;
  while ((status = crm_arrow_events_next(rows.get(), &json, nullptr)) ==
         CRM_OK) {
    Owned<crm_append_result, crm_append_result_free> result;
    REQUIRE_STATUS_OK(crm_tenant_append_json(history.tenant.get(), &json, 1,
                                             nullptr, result.out(), error));
    const crm_append_result_view* view = crm_append_result_read(result.get());
    CHECK(view->duplicates == 1);
    CHECK(view->appended == 0);
    ++count;
  }
  CHECK(status == CRM_DONE);
  CHECK(json.size == 0);
  CHECK(count > 0);
}

TEST_CASE("arrow: a stream is taken also when its rows are not given") {
  History history;
  ArrowArrayStream stream;
  const auto open = [&] {
    OwnedCursor cursor;
    REQUIRE_STATUS_OK(
        crm_tenant_replay(history.tenant.get(), nullptr, cursor.out(), error));
    REQUIRE_STATUS_OK(
        crm_event_cursor_to_arrow(cursor.get(), nullptr, &stream, error));
    *cursor.handle() = nullptr;
  };
  open();
  CHECK_STATUS(crm_arrow_events_open(&stream, nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK((stream.release == nullptr));
  open();
  crm_read_options options = CRM_READ_OPTIONS_INIT;
  options.flags = 4;
  crm_arrow_events* rows = nullptr;
  CHECK_STATUS(crm_arrow_events_open(&stream, &options, &rows, error),
               CRM_INVALID_ARGUMENT);
  CHECK((stream.release == nullptr));
  CHECK((rows == nullptr));
  CHECK_STATUS(crm_arrow_events_open(nullptr, nullptr, &rows, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_arrow_events_open(&stream, nullptr, &rows, error),
               CRM_INVALID_ARGUMENT);
  crm_slice json;
  CHECK_STATUS(crm_arrow_events_next(nullptr, &json, error),
               CRM_INVALID_ARGUMENT);
  crm_arrow_events_free(nullptr);
}

TEST_CASE("arrow: the stream has the cursor, unless there is none") {
  History history;
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(history.tenant.get(), nullptr, cursor.out(), error));
  ArrowArrayStream stream;
  CHECK_STATUS(crm_event_cursor_to_arrow(cursor.get(), nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_event_cursor_to_arrow(nullptr, nullptr, &stream, error),
               CRM_INVALID_ARGUMENT);
  CHECK((stream.release == nullptr));
  crm_arrow_options options = CRM_ARROW_OPTIONS_INIT;
  options.batch_rows = 2'000'000;
  CHECK_STATUS(
      crm_event_cursor_to_arrow(cursor.get(), &options, &stream, error),
      CRM_INVALID_ARGUMENT);
  CHECK((stream.release == nullptr));
  // The cursor is still the caller's, and where it was.
  crm_event_view event = {};
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  options.batch_rows = 1;
  REQUIRE_STATUS_OK(
      crm_event_cursor_to_arrow(cursor.get(), &options, &stream, error));
  *cursor.handle() = nullptr;  // The stream's now.
  ArrowArray batch;
  REQUIRE(stream.get_next(&stream, &batch) == 0);
  CHECK(static_cast<const uint64_t*>(batch.children[0]->buffers[1])[0] >
        event.position);
  batch.release(&batch);
  CHECK_STATUS(crm_store_close(history.store.get(), error),
               CRM_FAILED_PRECONDITION);
  stream.release(&stream);
}

TEST_CASE("replay: what there is not, and what excludes itself") {
  History history;
  OwnedCursor cursor;
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.customer = 99;
  CHECK_STATUS(
      crm_tenant_replay(history.tenant.get(), &query, cursor.out(), error),
      CRM_NOT_FOUND);
  query.record = 1;
  CHECK_STATUS(
      crm_tenant_replay(history.tenant.get(), &query, cursor.out(), error),
      CRM_INVALID_ARGUMENT);
}

TEST_CASE("snapshot: sees nothing that comes after it") {
  History history;
  OwnedSnapshot snapshot;
  REQUIRE_STATUS_OK(crm_tenant_get_snapshot(history.tenant.get(), nullptr,
                                            snapshot.out(), error));
  AppendOne(history.tenant.get(), EventJson("9", "new@example.com"));
  uint64_t customer = 0;
  CHECK_STATUS(crm_snapshot_find_customer(snapshot.get(), Slice("email"),
                                          Slice("new@example.com"), nullptr,
                                          &customer, error),
               CRM_NOT_FOUND);
  CHECK_STATUS(crm_tenant_find_customer(history.tenant.get(), Slice("email"),
                                        Slice("new@example.com"), nullptr,
                                        &customer, error),
               CRM_OK);
  crm_tenant_stats stats = {};
  REQUIRE_STATUS_OK(
      crm_snapshot_get_stats(snapshot.get(), nullptr, &stats, error));
  CHECK(stats.events == 6);
  CHECK(stats.customers == 3);
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_snapshot_replay(snapshot.get(), nullptr, cursor.out(), error));
  snapshot.Free();
  CHECK(IdsOf(cursor.get()).size() == 6);
}

TEST_CASE("timeline: pages that go on where the last one ended") {
  History history;
  crm_timeline_query query = CRM_TIMELINE_QUERY_INIT;
  query.limit = 1;
  Ids ids;
  OwnedTimeline page;
  std::string cursor;
  do {
    query.cursor = Slice(cursor);
    REQUIRE_STATUS_OK(crm_tenant_get_timeline(history.tenant.get(), 3, &query,
                                              page.out(), error));
    const crm_timeline_view* const view = crm_timeline_read(page.get());
    REQUIRE(view->entry_count == 1);
    CHECK(view->total == 2);
    CHECK((view->entries[0].flags & CRM_EVENT_VIEW_OPENED) != 0);
    ids.push_back(Text(view->entries[0].id));
    cursor = Text(view->next);
  } while (!cursor.empty());
  CHECK(ids == Ids{"2", "5"});
  query.cursor = Slice("not a cursor");
  CHECK_STATUS(crm_tenant_get_timeline(history.tenant.get(), 3, &query,
                                       page.out(), error),
               CRM_INVALID_ARGUMENT);
  CHECK(page.get() == nullptr);
  query.cursor = {nullptr, 0};
  query.limit = 1001;
  CHECK_STATUS(crm_tenant_get_timeline(history.tenant.get(), 3, &query,
                                       page.out(), error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("JSON: the three shapes come out as they went in") {
  Club club;
  const std::string shapes[] = {
      R"({"id":"1","type":"t","version":"1.0",)"
      R"("timestamp":"2026-01-01T00:00:00Z","tenantId":"club","source":"s",)"
      R"("identity":{},"payload":{"a":0.001}})",
      R"({"eventType":"T","eventId":"2","timestamp":"2026-01-01T00:00:00Z",)"
      R"("aggregateId":"x","tenantId":"club","source":"s","payload":{"b":1e400}})",
      R"({"eventType":"T","eventId":"3","customerId":"c",)"
      R"("timestamp":"2026-01-01T00:00:00Z","source":"s",)"
      R"("amount":18446744073709551616})"};
  int32_t shape = CRM_SHAPE_CRM;
  for (const std::string& json : shapes) {
    const uint64_t position = AppendOne(club.tenant.get(), json).position;
    crm_replay_query query = CRM_REPLAY_QUERY_INIT;
    query.first = query.last = position;
    OwnedCursor cursor;
    REQUIRE_STATUS_OK(
        crm_tenant_replay(club.tenant.get(), &query, cursor.out(), error));
    crm_event_view event = {};
    REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
    CHECK(event.shape == shape++);
    OwnedBuffer out;
    REQUIRE_STATUS_OK(crm_event_view_to_json(&event, Slice("club"), nullptr,
                                             out.out(), error));
    // Appended again it is the same event.
    CHECK(AppendOne(club.tenant.get(), crm_buffer_data(out.get())).outcome ==
          CRM_OUTCOME_DUPLICATE);
  }
  crm_event_view nothing = {};
  OwnedBuffer out;
  CHECK_STATUS(crm_event_view_to_json(&nothing, Slice("club"), nullptr,
                                      out.out(), error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_event_view_to_json(nullptr, Slice("club"), nullptr, out.out(), error),
      CRM_INVALID_ARGUMENT);
}

TEST_CASE("JSON: of an event that says too little, or what cannot be") {
  History history;
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.flags = CRM_QUERY_OPEN_PARTS_ONLY;
  crm_event_view event = {};
  OwnedBuffer out;
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(history.tenant.get(), &query, cursor.out(), error));
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  const auto write = [&](crm_error** error) {
    return crm_event_view_to_json(&event, Slice("club"), nullptr, out.out(),
                                  error);
  };
  CHECK_STATUS(write(error), CRM_INVALID_ARGUMENT);
  REQUIRE_STATUS_OK(
      crm_tenant_replay(history.tenant.get(), nullptr, cursor.out(), error));
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  CHECK_STATUS(write(error), CRM_OK);
  event.flags |= 1u << 7;
  CHECK_STATUS(write(error), CRM_INVALID_ARGUMENT);
  event.flags = CRM_EVENT_VIEW_OPENED;
  for (const int64_t us : {INT64_MIN, INT64_MAX}) {
    event.occurred_at_us = us;
    CHECK_STATUS(write(error), CRM_INVALID_ARGUMENT);
  }
}

TEST_CASE("JSON: an event without a time keeps that it had none") {
  Club club;
  const std::string untimed =
      R"({"id":"1","type":"t","version":"1.0","tenantId":"club",)"
      R"("source":"s","identity":{},"payload":{}})";
  AppendOne(club.tenant.get(), untimed);
  AppendOne(club.tenant.get(),
            R"({"id":"2","type":"t","source":"s",)"
            R"("timestamp":"2026-01-01T00:00:00Z","payload":{}})");
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(club.tenant.get(), nullptr, cursor.out(), error));
  crm_event_view event = {};
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  CHECK((event.flags & CRM_EVENT_VIEW_UNTIMED) != 0);
  CHECK(event.occurred_at_us == event.recorded_at_us);
  crm_event_json_options options = CRM_EVENT_JSON_OPTIONS_INIT;
  options.flags = CRM_EVENT_JSON_AS_GIVEN;
  OwnedBuffer out;
  REQUIRE_STATUS_OK(crm_event_view_to_json(&event, Slice("club"), &options,
                                           out.out(), error));
  CHECK(std::string(crm_buffer_data(out.get())) == untimed);
  CHECK(AppendOne(club.tenant.get(), untimed).outcome == CRM_OUTCOME_DUPLICATE);
  REQUIRE_STATUS_OK(
      crm_event_view_to_json(&event, Slice("club"), nullptr, out.out(), error));
  CHECK(std::string(crm_buffer_data(out.get())).find("\"timestamp\"") !=
        std::string::npos);
  options.flags = 2;
  CHECK_STATUS(
      crm_event_view_to_json(&event, Slice("club"), &options, out.out(), error),
      CRM_INVALID_ARGUMENT);
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  CHECK((event.flags & CRM_EVENT_VIEW_UNTIMED) == 0);
}

TEST_CASE("slices that come out have an address, also when they are empty") {
  History history;
  crm_event_view event = {};
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(history.tenant.get(), nullptr, cursor.out(), error));
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  for (const crm_slice slice :
       {event.correlation_id, event.metadata, event.extra}) {
    CHECK(slice.size == 0);
    CHECK(slice.data != nullptr);
  }
  OwnedTimeline page;
  REQUIRE_STATUS_OK(crm_tenant_get_timeline(history.tenant.get(), 1, nullptr,
                                            page.out(), error));
  CHECK(crm_timeline_read(page.get())->next.data != nullptr);
}

TEST_CASE("a copy of a store opens beside it") {
  Folder folder;
  const std::string path = folder / "store";
  const std::string copy_path = folder / "copy";
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.flags = CRM_STORE_CREATE_IF_MISSING;
  OwnedStore store;
  REQUIRE_STATUS_OK(crm_store_open(Slice(path), &options, store.out(), error));
  OwnedTenant tenant;
  REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("club"), nullptr,
                                    tenant.out(), error));
  AppendOne(tenant.get(), EventJson("1", "a@example.com"));
  REQUIRE_STATUS_OK(
      crm_store_checkpoint(store.get(), Slice(copy_path), nullptr, error));
  CHECK_STATUS(
      crm_store_checkpoint(store.get(), Slice(copy_path), nullptr, error),
      CRM_ALREADY_EXISTS);
  OwnedBuffer key_file;
  REQUIRE_STATUS_OK(crm_store_get_key_file(store.get(), key_file.out(), error));
  options.flags = 0;
  options.key_file = crm_slice_of(crm_buffer_data(key_file.get()));
  OwnedStore copy;
  REQUIRE_STATUS_OK(
      crm_store_open(Slice(copy_path), &options, copy.out(), error));
  OwnedStats stats;
  REQUIRE_STATUS_OK(
      crm_store_get_stats(copy.get(), nullptr, stats.out(), error));
  CHECK(crm_store_stats_read(stats.get())->events == 1);
}

}  // namespace
}  // namespace crm
