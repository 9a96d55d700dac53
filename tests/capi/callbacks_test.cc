// Callbacks: when they are called, how they stop a call, and that what they
// were given is destroyed once, whatever comes of the call.

#include <cstring>
#include <fstream>

#include "fixture.h"

namespace crm {
namespace {

struct Counter {
  int calls = 0;
  int destroyed = 0;
  int32_t answer = 0;
  int64_t time_us = 0;
};

Counter& CounterOf(void* user_data) {
  return *static_cast<Counter*>(user_data);
}
void Destroy(void* user_data) { ++CounterOf(user_data).destroyed; }

int32_t Tell(void* user_data, int64_t* now_us) {
  Counter& counter = CounterOf(user_data);
  ++counter.calls;
  *now_us = counter.time_us;
  return counter.answer;
}

int32_t Hear(void* user_data, int32_t, crm_slice) {
  ++CounterOf(user_data).calls;
  return 0;
}

uint64_t RecordedAt(crm_tenant* tenant, uint64_t position) {
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.first = query.last = position;
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(crm_tenant_replay(tenant, &query, cursor.out(), error));
  crm_event_view event = {};
  REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &event, error));
  return static_cast<uint64_t>(event.recorded_at_us);
}

TEST_CASE("clock: gives recorded_at, and may fail") {
  Counter clock;
  clock.time_us = 1'767'225'600'000'000;
  {
    crm_store_options options = CRM_STORE_OPTIONS_INIT;
    options.flags = CRM_STORE_NO_BACKGROUND_THREAD;
    options.clock = Tell;
    options.clock_user_data = &clock;
    options.clock_destroy = Destroy;
    OwnedStore store;
    OwnedTenant tenant;
    REQUIRE_STATUS_OK(crm_store_open_in_memory(&options, store.out(), error));
    REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("club"), nullptr,
                                      tenant.out(), error));
    uint64_t position = AppendOne(tenant.get(), EventJson("1", "")).position;
    CHECK(RecordedAt(tenant.get(), position) == 1'767'225'600'000'000);
    clock.answer = 1;
    clock.time_us = 1'999'999'999'000'000;
    position = AppendOne(tenant.get(), EventJson("2", "")).position;
    CHECK(RecordedAt(tenant.get(), position) == 1'767'225'600'000'000);
    CHECK(clock.destroyed == 0);
    tenant.Free();
  }
  CHECK(clock.calls >= 2);
  CHECK(clock.destroyed == 1);
}

TEST_CASE("callbacks of a store that cannot be opened are destroyed") {
  Counter clock;
  Counter log;
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.clock = Tell;
  options.clock_user_data = &clock;
  options.clock_destroy = Destroy;
  options.log = Hear;
  options.log_user_data = &log;
  options.log_destroy = Destroy;
  crm_store* store = nullptr;
  CHECK_STATUS(
      crm_store_open(Slice("/nonexistent/store"), &options, &store, error),
      CRM_NOT_FOUND);
  CHECK(clock.destroyed == 1);
  CHECK(log.destroyed == 1);
  options.flags = 1u << 31;
  CHECK_STATUS(crm_store_open_in_memory(&options, &store, error),
               CRM_INVALID_ARGUMENT);
  CHECK(clock.destroyed == 2);
  CHECK(log.destroyed == 2);
}

int32_t Stop(void* user_data, uint64_t, uint64_t) {
  Counter& counter = CounterOf(user_data);
  ++counter.calls;
  return counter.answer;
}

TEST_CASE("verify: progress, and a stop that comes back unchanged") {
  Club club;
  for (int i = 0; i < 20; ++i) {
    AppendOne(club.tenant.get(), EventJson(std::to_string(i), "a@b.example"));
  }
  Counter progress;
  crm_verify_options options = CRM_VERIFY_OPTIONS_INIT;
  options.progress = Stop;
  options.user_data = &progress;
  options.destroy = Destroy;
  OwnedProof report;
  CHECK_STATUS(
      crm_store_verify(club.store.get(), &options, report.out(), error),
      CRM_OK);
  CHECK(crm_verify_report_read(report.get())->findings_total == 0);
  CHECK(progress.calls > 0);
  CHECK(progress.destroyed == 1);
  for (const int32_t answer : {int32_t{CRM_CANCELLED}, int32_t{-7777}}) {
    progress.answer = answer;
    Error error;
    CHECK(crm_store_verify(club.store.get(), &options, report.out(), error) ==
          answer);
    CHECK(error.code() == answer);
    CHECK(report.get() == nullptr);
  }
  CHECK(progress.destroyed == 3);
  CHECK(AppendOne(club.tenant.get(), EventJson("after", "")).position > 0);
}

int32_t ImportStep(void* user_data, const crm_import_progress* progress) {
  Counter& counter = CounterOf(user_data);
  ++counter.calls;
  CHECK(progress->read > 0);
  return counter.answer;
}

int32_t Refused(void* user_data, const crm_rejected_row* row) {
  Counter& counter = CounterOf(user_data);
  ++counter.calls;
  CHECK(row->code < 0);
  return counter.answer;
}

TEST_CASE("import: messages of another system, when their format is said") {
  Folder folder;
  Club club;
  const std::string path = folder / "segment.ndjson";
  std::ofstream(path) << R"({"type":"track","event":"Booked","messageId":"m",)"
                      << R"("userId":"u1","properties":{"course":"Links"}})"
                      << "\n";
  crm_import_options options = CRM_IMPORT_OPTIONS_INIT;
  options.threads = 1;
  options.source = Slice("web");
  OwnedReport report;
  const auto import = [&](crm_error** error) {
    return crm_tenant_import_file(club.tenant.get(), Slice(path), &options,
                                  report.out(), error);
  };
  CHECK_STATUS(import(error), CRM_OK);
  CHECK(crm_import_report_read(report.get())->rejected == 1);
  options.format = CRM_FORMAT_SEGMENT;
  CHECK_STATUS(import(error), CRM_OK);
  CHECK(crm_import_report_read(report.get())->appended == 1);
  options.format = 4;
  CHECK_STATUS(import(error), CRM_INVALID_ARGUMENT);
  options.format = -1;
  CHECK_STATUS(import(error), CRM_INVALID_ARGUMENT);
  options.format = CRM_FORMAT_NATIVE;
  for (const int32_t encoding : {-1, 7}) {
    options.encoding = encoding;
    CHECK_STATUS(import(error), CRM_INVALID_ARGUMENT);
  }
  // In UTF-16 it would have a byte order mark.
  options.encoding = CRM_ENCODING_UTF16;
  CHECK_STATUS(import(error), CRM_INVALID_ARGUMENT);
}

TEST_CASE("import: contacts by a preset, in the encoding that is said") {
  Folder folder;
  Club club;
  const std::string path = folder / "contacts.csv";
  std::ofstream(path) << "Email,First Name,Email Marketing Consent\r"
                         "ada@example.com,Zo\x91,SUBSCRIBED\r"
                         "nobody,,\r";
  OwnedMap map;
  CHECK_STATUS(crm_import_map_from_preset(Slice("none"), map.out(), error),
               CRM_NOT_FOUND);
  CHECK_STATUS(crm_import_map_from_preset(Slice("klaviyo"), map.out(), error),
               CRM_OK);
  crm_import_options options = CRM_IMPORT_OPTIONS_INIT;
  options.map = map.get();
  options.encoding = CRM_ENCODING_MAC_ROMAN;
  OwnedReport report;
  CHECK_STATUS(crm_tenant_import_file(club.tenant.get(), Slice(path), &options,
                                      report.out(), error),
               CRM_OK);
  const crm_import_report_view* view = crm_import_report_read(report.get());
  CHECK(view->appended == 2);
  REQUIRE(view->rejected_row_count == 1);
  CHECK(view->rejected_rows[0].reason == CRM_REJECT_INVALID_EMAIL);
  CHECK(std::string_view(view->rejected_rows[0].column.data,
                         view->rejected_rows[0].column.size) == "Email");
  crm_slice name;
  CHECK(crm_import_preset_at(3, &name, nullptr) == 1);
  CHECK(crm_import_preset_at(4, &name, nullptr) == 0);
  CHECK(name.size == 0);
  CHECK(crm_reject_reason_name(0).size == 0);
  CHECK(crm_reject_reason_name(-1).size == 0);
  CHECK(crm_reject_reason_name(18).size == 0);
  CHECK(crm_import_map_json(nullptr).size == 0);
}

TEST_CASE("import: NDJSON with bad rows, progress, and a stop") {
  Folder folder;
  Club club;
  const std::string path = folder / "events.ndjson";
  {
    std::ofstream file(path);
    for (int i = 0; i < 50; ++i) {
      file << EventJson(std::to_string(i), "a@b.example") << "\n";
    }
    file << "bad\n";
  }
  Counter counter;
  crm_import_options options = CRM_IMPORT_OPTIONS_INIT;
  options.threads = 1;
  options.user_data = &counter;
  options.destroy = Destroy;
  options.flags = CRM_IMPORT_DRY_RUN;
  OwnedReport report;
  const auto import = [&](crm_error** error) {
    return crm_tenant_import_file(club.tenant.get(), Slice(path), &options,
                                  report.out(), error);
  };
  CHECK_STATUS(import(error), CRM_OK);
  CHECK(crm_import_report_read(report.get())->appended == 50);
  options.flags = CRM_IMPORT_STRICT;
  CHECK_STATUS(import(error), CRM_INVALID_ARGUMENT);
  options.flags = 0;
  options.rejected = Refused;
  counter.answer = -4242;
  {
    Error stopped;
    CHECK(import(stopped) == -4242);
    CHECK(stopped.code() == -4242);
  }
  CHECK(counter.calls == 1);
  counter.answer = 0;
  options.progress = ImportStep;
  CHECK_STATUS(import(error), CRM_OK);
  CHECK(crm_import_report_read(report.get())->rejected == 1);
  CHECK(crm_import_report_read(report.get())->read == 51);
  CHECK(counter.destroyed == 4);
  options.threads = 1000;
  CHECK_STATUS(import(error), CRM_INVALID_ARGUMENT);
  CHECK(counter.destroyed == 5);
}

// XOR is well wrapped, for a test.
int32_t Wrap(void* user_data, crm_slice tenant, crm_slice key, char* out,
             size_t* out_size) {
  Counter& counter = CounterOf(user_data);
  ++counter.calls;
  if (counter.answer != 0) return counter.answer;
  if (*out_size < key.size || Text(tenant).empty()) return CRM_CORRUPTION;
  for (size_t i = 0; i < key.size; ++i) {
    out[i] = static_cast<char>(key.data[i] ^ 0x5a);
  }
  *out_size = key.size;
  return 0;
}

int32_t WriteTooMuch(void*, crm_slice, crm_slice, char*, size_t* out_size) {
  *out_size = CRM_MAX_WRAPPED_KEY_BYTES + 1;
  return 0;
}

TEST_CASE("key provider: keeps a store on disk readable; its errors are told") {
  Folder folder;
  const std::string path = folder / "store";
  Counter keys;
  OwnedKeys provider;
  REQUIRE_STATUS_OK(crm_key_provider_new(Wrap, Wrap, nullptr, &keys, Destroy,
                                         provider.out(), error));
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.flags = CRM_STORE_CREATE_IF_MISSING;
  options.key_provider = provider.get();
  for (int i = 0; i < 2; ++i) {
    OwnedStore store;
    OwnedTenant tenant;
    REQUIRE_STATUS_OK(
        crm_store_open(Slice(path), &options, store.out(), error));
    REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("club"), nullptr,
                                      tenant.out(), error));
    AppendOne(tenant.get(), EventJson("1", "a@example.com"));
    OwnedBuffer name;
    REQUIRE_STATUS_OK(crm_store_get_key_file(store.get(), name.out(), error));
    CHECK(crm_buffer_size(name.get()) == 0);
  }
  CHECK(keys.calls >= 2);
  keys.answer = CRM_KEY_MISSING;
  crm_store* store = nullptr;
  CHECK_STATUS(crm_store_open(Slice(path), &options, &store, error),
               CRM_KEY_MISSING);
  CHECK(store == nullptr);
  CHECK(keys.destroyed == 0);
  // To a store these two would say that there is nothing, and that the person
  // was erased.
  for (const int32_t code : {CRM_NOT_FOUND, CRM_ERASED}) {
    keys.answer = code;
    CHECK_STATUS(crm_store_open(Slice(path), &options, &store, error),
                 CRM_KEY_MISSING);
  }
  keys.answer = CRM_BUSY;
  CHECK_STATUS(crm_store_open(Slice(path), &options, &store, error), CRM_BUSY);
  provider.Free();
  CHECK(keys.destroyed == 1);
}

struct Turns {
  int begun = 0;
  int ended = 0;
  int32_t answer = 0;
};
int32_t Turn(void*, crm_slice, crm_slice key, char* out, size_t* out_size) {
  for (size_t i = 0; i < key.size; ++i) {
    out[i] = static_cast<char>(key.data[i] ^ 0x5a);
  }
  *out_size = key.size;
  return 0;
}
int32_t Begin(void* user_data) {
  Turns& turns = *static_cast<Turns*>(user_data);
  ++turns.begun;
  return turns.answer;
}
int32_t End(void* user_data) {
  ++static_cast<Turns*>(user_data)->ended;
  return 0;
}

TEST_CASE("rotation: by callbacks, watched, stopped and completed") {
  Turns turns;
  crm_key_provider_options can = CRM_KEY_PROVIDER_OPTIONS_INIT;
  OwnedKeys provider;
  const auto make = [&](crm_error** error) {
    return crm_key_provider_new(Turn, Turn, &can, &turns, nullptr,
                                provider.out(), error);
  };
  can.begin_rotation = Begin;
  CHECK_STATUS(make(error), CRM_INVALID_ARGUMENT);
  can.end_rotation = End;
  can.reserved = 1;
  CHECK_STATUS(make(error), CRM_INVALID_ARGUMENT);
  can.reserved = 0;
  REQUIRE_STATUS_OK(make(error));
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.key_provider = provider.get();
  OwnedStore store;
  OwnedTenant tenant;
  REQUIRE_STATUS_OK(crm_store_open_in_memory(&options, store.out(), error));
  REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("club"), nullptr,
                                    tenant.out(), error));
  AppendOne(tenant.get(), EventJson("1", "a@example.com"));

  Counter watched;
  crm_key_rotation_options how = CRM_KEY_ROTATION_OPTIONS_INIT;
  how.progress = [](void* user_data, uint64_t done, uint64_t total) {
    CHECK(done <= total);
    return CounterOf(user_data).answer;
  };
  how.user_data = &watched;
  how.destroy = Destroy;
  crm_key_rotation done = {};
  const auto rotate = [&](crm_error** error) {
    return crm_store_rotate_keys(store.get(), &how, &done, error);
  };
  turns.answer = CRM_IO_ERROR;
  CHECK_STATUS(rotate(error), CRM_IO_ERROR);
  turns.answer = 0;
  watched.answer = CRM_CANCELLED;
  CHECK_STATUS(rotate(error), CRM_CANCELLED);
  CHECK(done.keys == 0);
  CHECK(turns.ended == 0);
  watched.answer = 0;
  how.flags = CRM_ROTATE_KEEP_OLD;
  REQUIRE_STATUS_OK(rotate(error));
  CHECK(done.old_destroyed == 0);
  CHECK(turns.ended == 0);
  how.flags = 0;
  REQUIRE_STATUS_OK(rotate(error));
  CHECK(done.tenants == 1);
  CHECK(done.keys > 0);
  CHECK(done.old_destroyed == 1);
  CHECK(turns.ended == 1);
  CHECK(turns.begun == 4);
  CHECK(watched.destroyed == 4);
  how.flags = 2;
  CHECK_STATUS(rotate(error), CRM_INVALID_ARGUMENT);
  how.flags = 0;
  how.reserved = 1;
  CHECK_STATUS(rotate(error), CRM_INVALID_ARGUMENT);
  AppendOne(tenant.get(), EventJson("2", "b@example.com"));
}

TEST_CASE("rotation: with no options, and of no handle") {
  Club club;
  AppendOne(club.tenant.get(), EventJson("1", "a@example.com"));
  REQUIRE_STATUS_OK(
      crm_store_rotate_keys(club.store.get(), nullptr, nullptr, error));
  AppendOne(club.tenant.get(), EventJson("2", "b@example.com"));
  CHECK_STATUS(crm_store_rotate_keys(nullptr, nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_key_provider_begin_rotation(nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_key_provider_end_rotation(nullptr, error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("key provider: a positive answer is no success") {
  Counter keys;
  keys.answer = 1;
  OwnedKeys provider;
  REQUIRE_STATUS_OK(crm_key_provider_new(Wrap, Wrap, nullptr, &keys, nullptr,
                                         provider.out(), error));
  OwnedBuffer out;
  const std::string key(CRM_KEY_BYTES, 'k');
  CHECK_STATUS(crm_key_provider_wrap(provider.get(), Slice("t"), Slice(key),
                                     out.out(), error),
               CRM_KEY_MISSING);
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.key_provider = provider.get();
  OwnedStore store;
  OwnedTenant tenant;
  REQUIRE_STATUS_OK(crm_store_open_in_memory(&options, store.out(), error));
  CHECK_STATUS(
      crm_tenant_open(store.get(), Slice("club"), nullptr, tenant.out(), error),
      CRM_KEY_MISSING);
  keys.answer = -7777;
  Error unchanged;
  CHECK(crm_key_provider_unwrap(provider.get(), Slice("t"), Slice(key),
                                out.out(), unchanged) == -7777);
}

TEST_CASE("key provider: callbacks that are missing or write too much") {
  Counter keys;
  OwnedKeys provider;
  CHECK_STATUS(crm_key_provider_new(Wrap, nullptr, nullptr, &keys, Destroy,
                                    provider.out(), error),
               CRM_INVALID_ARGUMENT);
  CHECK(keys.destroyed == 1);
  REQUIRE_STATUS_OK(crm_key_provider_new(WriteTooMuch, WriteTooMuch, nullptr,
                                         nullptr, nullptr, provider.out(),
                                         error));
  OwnedBuffer out;
  const std::string key(CRM_KEY_BYTES, 'k');
  CHECK_STATUS(crm_key_provider_wrap(provider.get(), Slice("t"), Slice(key),
                                     out.out(), error),
               CRM_TOO_LARGE);
  CHECK_STATUS(crm_key_provider_wrap(provider.get(), Slice("t"), Slice("k"),
                                     out.out(), error),
               CRM_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace crm
