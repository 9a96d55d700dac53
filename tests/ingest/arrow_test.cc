// Events as columns: read by a consumer that takes the interface at its word.

#include "crm/arrow.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "export_fixture.h"
#include "fixture.h"

namespace crm::ingest {
namespace {

// A cell as text; "null" where it is none.
std::string Cell(const ArrowSchema& schema, const ArrowArray& array,
                 int64_t row) {
  const auto* const validity = static_cast<const uint8_t*>(array.buffers[0]);
  if (validity != nullptr && (validity[row / 8] >> (row % 8) & 1) == 0) {
    return "null";
  }
  if (std::string(schema.format) != "u") {
    REQUIRE(array.n_buffers == 2);
    return std::to_string(static_cast<const uint64_t*>(array.buffers[1])[row]);
  }
  REQUIRE(array.n_buffers == 3);
  const auto* const offsets = static_cast<const int32_t*>(array.buffers[1]);
  const auto* const bytes = static_cast<const char*>(array.buffers[2]);
  return std::string(bytes + offsets[row], bytes + offsets[row + 1]);
}

struct Table {
  std::vector<std::string> names;
  std::vector<size_t> batches;  // Rows of each.
  std::vector<std::vector<std::string>> rows;
  int error = 0;
  std::string message;
};

// Reads a stream to its end or error, and releases all of it.
Table Read(ArrowArrayStream* stream) {
  Table table;
  ArrowSchema schema;
  REQUIRE(stream->get_schema(stream, &schema) == 0);
  REQUIRE(std::string(schema.format) == "+s");
  for (int64_t i = 0; i < schema.n_children; ++i) {
    table.names.push_back(schema.children[i]->name);
  }
  for (;;) {
    ArrowArray batch;
    table.error = stream->get_next(stream, &batch);
    if (table.error != 0) {
      table.message = stream->get_last_error(stream);
      break;
    }
    if (batch.release == nullptr) break;
    REQUIRE(batch.n_children == schema.n_children);
    table.batches.push_back(static_cast<size_t>(batch.length));
    for (int64_t row = 0; row < batch.length; ++row) {
      std::vector<std::string> cells;
      for (int64_t i = 0; i < batch.n_children; ++i) {
        CHECK(batch.children[i]->length == batch.length);
        cells.push_back(Cell(*schema.children[i], *batch.children[i], row));
      }
      table.rows.push_back(std::move(cells));
    }
    batch.release(&batch);
    CHECK((batch.release == nullptr));
  }
  schema.release(&schema);
  stream->release(stream);
  return table;
}

std::string OrNull(std::string_view text) {
  return text.empty() ? "null" : std::string(text);
}
std::string Number(Timestamp time) {
  return std::to_string(time.time_since_epoch().count());
}

std::vector<std::string> Expected(const EventView& event) {
  return {std::to_string(event.position),
          std::string(event.type),
          std::string(event.source),
          std::string(event.version),
          Number(event.occurred_at),
          Number(event.recorded_at),
          event.record == 0 ? "null" : std::to_string(event.record),
          event.customer == 0 ? "null" : std::to_string(event.customer),
          std::to_string(event.revision),
          event.opened ? std::string(event.id) : "null",
          OrNull(event.correlation_id),
          OrNull(event.causation_id),
          OrNull(event.identity),
          event.opened ? std::string(event.payload) : "null",
          OrNull(event.metadata)};
}

Store Filled() {
  Store store = NewStore(1'700'000'000);
  std::vector<std::string> events;
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    std::string event = R"({"id": "e-)" + n + R"(", "type": "t)" +
                        std::to_string(i % 3) + R"(", "source": "s")";
    if (i % 4 != 0) {
      event += R"(, "identity": {"email": "p)" + std::to_string(i % 7) +
               R"(@example.com"})";
    }
    if (i % 5 == 0) event += R"(, "correlationId": "c-)" + n + "\"";
    events.push_back(event + R"(, "payload": {"n": )" + n + "}}");
  }
  Append(store, "t", events);
  return store;
}

Table TableOf(Tenant& tenant, const ReplayQuery& query,
              const ArrowOptions& options) {
  Result<EventCursor> cursor = tenant.Replay(query);
  REQUIRE(cursor.ok());
  ArrowArrayStream stream;
  REQUIRE(EventsToArrow(*std::move(cursor), options, &stream).ok());
  return Read(&stream);
}

TEST_CASE("arrow: the columns hold what the cursor gives") {
  Store store = Filled();
  Tenant tenant = TenantOf(store, "t");
  const ReplayQuery queries[] = {{},
                                 {.types = {"t1"}},
                                 {.open_parts_only = true},
                                 {.backward = true, .first = 20},
                                 {.types = {"none"}}};
  for (const ReplayQuery& query : queries) {
    const Table table = TableOf(tenant, query, {});
    CHECK(table.error == 0);
    CHECK(table.names.size() == 15);
    Result<EventCursor> cursor = tenant.Replay(query);
    REQUIRE(cursor.ok());
    EventView event;
    size_t row = 0;
    while (*cursor->Next(&event)) {
      REQUIRE(row < table.rows.size());
      CHECK(table.rows[row++] == Expected(event));
    }
    CHECK(row == table.rows.size());
  }
}

TEST_CASE("arrow: batches end at either limit") {
  Store store = Filled();
  Tenant tenant = TenantOf(store, "t");
  const Table by_rows = TableOf(tenant, {}, {.batch_rows = 33});
  CHECK(by_rows.batches == std::vector<size_t>{33, 33, 33, 1});
  const Table by_bytes = TableOf(tenant, {}, {.batch_bytes = 1});
  CHECK(by_bytes.batches.size() == 100);
  CHECK(by_bytes.rows == by_rows.rows);
}

TEST_CASE("arrow: a column outlives its batch and the stream") {
  Store store = Filled();
  Tenant tenant = TenantOf(store, "t");
  ArrowArrayStream stream;
  REQUIRE(EventsToArrow(*tenant.Replay({}), {}, &stream).ok());
  ArrowSchema schema;
  REQUIRE(stream.get_schema(&stream, &schema) == 0);
  ArrowArray batch;
  REQUIRE(stream.get_next(&stream, &batch) == 0);
  ArrowArray column = *batch.children[9];
  batch.children[9]->release = nullptr;
  batch.release(&batch);
  stream.release(&stream);
  CHECK(store.Close().ok());
  CHECK(Cell(*schema.children[9], column, 42) == "e-42");
  column.release(&column);
  schema.release(&schema);
}

TEST_CASE("arrow: what fails on the way is the error of the stream, for good") {
  int calls = 0;
  const EventSource next = [&](EventView* event) -> Result<bool> {
    event->type = "t";
    event->opened = true;
    if (++calls <= 3) return true;
    return Status(StatusCode::kCorruption, "position 4: missing");
  };
  ArrowArrayStream stream;
  REQUIRE(EventsToArrow(next, {.batch_rows = 2}, &stream).ok());
  ArrowArray batch;
  REQUIRE(stream.get_next(&stream, &batch) == 0);
  CHECK(stream.get_last_error(&stream) == nullptr);
  batch.release(&batch);
  for (int i = 0; i < 2; ++i) {
    CHECK(stream.get_next(&stream, &batch) == EIO);
    CHECK((batch.release == nullptr));
    CHECK(std::string(stream.get_last_error(&stream)) ==
          "CORRUPTION: position 4: missing");
  }
  CHECK(calls == 4);
  stream.release(&stream);
  CHECK((stream.release == nullptr));
}

TEST_CASE("arrow: options out of range make no stream") {
  const EventSource none = [](EventView*) -> Result<bool> { return false; };
  const ArrowOptions wrong[] = {{.batch_rows = 0},
                                {.batch_rows = 1'048'577},
                                {.batch_bytes = 0},
                                {.batch_bytes = 1'073'741'825}};
  for (const ArrowOptions& options : wrong) {
    ArrowArrayStream stream;
    const Status status = EventsToArrow(none, options, &stream);
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find("batch_") == 0);
    CHECK((stream.release == nullptr));
  }
  CHECK(EventsToArrow(none, {}, nullptr).code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("arrow: a store is not closed below a stream") {
  Store store = Filled();
  Tenant tenant = TenantOf(store, "t");
  ArrowArrayStream stream;
  REQUIRE(EventsToArrow(*tenant.Replay({}), {}, &stream).ok());
  CHECK(store.Close().code() == StatusCode::kFailedPrecondition);
  stream.release(&stream);
  CHECK(store.Close().ok());
}

}  // namespace
}  // namespace crm::ingest
