// Options that are older, newer or wrong; records with words that must be
// zero; slices and arrays that cannot be.

#include <pthread.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include <cstring>
#include <limits>

#include "fixture.h"

namespace crm {
namespace {

// The options of a later version: one more member.
struct LaterAppendOptions {
  crm_append_options known = CRM_APPEND_OPTIONS_INIT;
  uint64_t later = 0;
};

TEST_CASE("options: unknown ones give nothing when a model is trained") {
  char somewhere = 0;
  auto* out = reinterpret_cast<crm_link_report*>(&somewhere);
  crm_link_options options = CRM_LINK_OPTIONS_INIT;
  options.flags = 1u << 31;
  CHECK_STATUS(
      crm_train_file(Slice("none"), Slice("{}"), &options, &out, error),
      CRM_INVALID_ARGUMENT);
  CHECK(out == nullptr);
}

TEST_CASE("options: a shorter struct of an older header is enough") {
  Club club;
  const std::string json = EventJson("1", "a@example.com");
  const crm_slice event = Slice(json);
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.struct_size = offsetof(crm_append_options, offset_name);
  // Beyond its size: not looked at.
  options.offset_value = {nullptr, 5};
  options.condition_count = 7;
  CHECK_STATUS(crm_tenant_append_json(club.tenant.get(), &event, 1, &options,
                                      nullptr, error),
               CRM_OK);
}

TEST_CASE("options: a longer struct of a newer header, if its tail is zero") {
  Club club;
  const std::string json = EventJson("1", "a@example.com");
  const crm_slice event = Slice(json);
  LaterAppendOptions options;
  options.known.struct_size = sizeof(options);
  CHECK_STATUS(crm_tenant_append_json(club.tenant.get(), &event, 1,
                                      &options.known, nullptr, error),
               CRM_OK);
  options.later = 1;
  CHECK_STATUS(crm_tenant_append_json(club.tenant.get(), &event, 1,
                                      &options.known, nullptr, error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("options: sizes that no header has") {
  Club club;
  crm_read_options options = CRM_READ_OPTIONS_INIT;
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100'000},
                            std::numeric_limits<size_t>::max()}) {
    options.struct_size = size;
    OwnedSnapshot snapshot;
    CHECK_STATUS(crm_tenant_get_snapshot(club.tenant.get(), &options,
                                         snapshot.out(), error),
                 CRM_INVALID_ARGUMENT);
    CHECK(snapshot.get() == nullptr);
  }
}

TEST_CASE("options: unknown flags are refused") {
  Club club;
  crm_store* store = nullptr;
  crm_store_options opening = CRM_STORE_OPTIONS_INIT;
  opening.flags = 1u << 30;
  {
    Error error;
    CHECK(crm_store_open_in_memory(&opening, &store, error) ==
          CRM_INVALID_ARGUMENT);
    CHECK(error.message() == "options.flags: holds unknown ones");
  }
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.flags = CRM_QUERY_OLDEST_FIRST;
  OwnedCursor cursor;
  CHECK_STATUS(
      crm_tenant_replay(club.tenant.get(), &query, cursor.out(), error),
      CRM_INVALID_ARGUMENT);
  crm_timeline_query pages = CRM_TIMELINE_QUERY_INIT;
  pages.flags = CRM_QUERY_BACKWARD;
  OwnedTimeline timeline;
  CHECK_STATUS(crm_tenant_get_timeline(club.tenant.get(), 1, &pages,
                                       timeline.out(), error),
               CRM_INVALID_ARGUMENT);
  crm_checkpoint_options copy = CRM_CHECKPOINT_OPTIONS_INIT;
  copy.flags = 1;
  CHECK_STATUS(
      crm_store_checkpoint(club.store.get(), Slice("/copy"), &copy, error),
      CRM_INVALID_ARGUMENT);
}

TEST_CASE("options: values that are none") {
  Club club;
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.durability = 3;
  CHECK_STATUS(crm_tenant_append(club.tenant.get(), nullptr, 0, &options,
                                 nullptr, error),
               CRM_INVALID_ARGUMENT);
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.order = 2;
  OwnedCursor cursor;
  CHECK_STATUS(
      crm_tenant_replay(club.tenant.get(), &query, cursor.out(), error),
      CRM_INVALID_ARGUMENT);
  query = CRM_REPLAY_QUERY_INIT;
  query.from_us = 5;  // Without its flag.
  CHECK_STATUS(
      crm_tenant_replay(club.tenant.get(), &query, cursor.out(), error),
      CRM_INVALID_ARGUMENT);
  crm_condition condition = {};
  options = CRM_APPEND_OPTIONS_INIT;
  options.conditions = &condition;
  options.condition_count = 1;
  CHECK_STATUS(crm_tenant_append(club.tenant.get(), nullptr, 0, &options,
                                 nullptr, error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("records: reserved members and unknown flags are refused") {
  Club club;
  const auto append = [&](const crm_event& event, crm_error** error) {
    return crm_tenant_append(club.tenant.get(), &event, 1, nullptr, nullptr,
                             error);
  };
  const crm_event good = EventOf("1", nullptr);
  crm_event event = good;
  event.reserved[3] = 1;
  CHECK_STATUS(append(event, error), CRM_INVALID_ARGUMENT);
  event = good;
  event.reserved0 = 1;
  CHECK_STATUS(append(event, error), CRM_INVALID_ARGUMENT);
  event = good;
  event.flags = 2;
  CHECK_STATUS(append(event, error), CRM_INVALID_ARGUMENT);
  event = good;
  event.occurred_at_us = 1;
  CHECK_STATUS(append(event, error), CRM_INVALID_ARGUMENT);
  CHECK_STATUS(append(good, error), CRM_OK);
}

TEST_CASE("options: what fills them up must be zero") {
  Club club;
  crm_read_options reading = CRM_READ_OPTIONS_INIT;
  reading.reserved = 1;
  OwnedSnapshot snapshot;
  CHECK_STATUS(crm_tenant_get_snapshot(club.tenant.get(), &reading,
                                       snapshot.out(), error),
               CRM_INVALID_ARGUMENT);
  crm_verify_options proof = CRM_VERIFY_OPTIONS_INIT;
  proof.reserved = 1;
  OwnedProof report;
  CHECK_STATUS(crm_store_verify(club.store.get(), &proof, report.out(), error),
               CRM_INVALID_ARGUMENT);
  crm_tenant_options opening = CRM_TENANT_OPTIONS_INIT;
  opening.reserved = 1;
  OwnedTenant tenant;
  CHECK_STATUS(crm_tenant_open(club.store.get(), Slice("club"), &opening,
                               tenant.out(), error),
               CRM_INVALID_ARGUMENT);
  crm_key_file_options key_file = CRM_KEY_FILE_OPTIONS_INIT;
  key_file.reserved = 1;
  OwnedKeys keys;
  CHECK_STATUS(
      crm_key_provider_open_file(Slice("/none"), &key_file, keys.out(), error),
      CRM_INVALID_ARGUMENT);
  crm_event_json_options line = CRM_EVENT_JSON_OPTIONS_INIT;
  line.reserved = 1;
  const crm_event_view event = {};
  OwnedBuffer json;
  CHECK_STATUS(
      crm_event_view_to_json(&event, Slice("club"), &line, json.out(), error),
      CRM_INVALID_ARGUMENT);
  crm_checkpoint_options copy = CRM_CHECKPOINT_OPTIONS_INIT;
  copy.reserved = 1;
  CHECK_STATUS(
      crm_store_checkpoint(club.store.get(), Slice("/copy"), &copy, error),
      CRM_INVALID_ARGUMENT);
}

TEST_CASE("slices: NULL with a length, in every member") {
  Club club;
  const crm_slice bad = {nullptr, 3};
  crm_slice crm_event::*const members[] = {
      &crm_event::id,       &crm_event::type,        &crm_event::source,
      &crm_event::version,  &crm_event::payload,     &crm_event::correlation_id,
      &crm_event::metadata, &crm_event::causation_id};
  for (crm_slice crm_event::*const member : members) {
    crm_event event = EventOf("1", nullptr);
    event.*member = bad;
    CHECK_STATUS(crm_tenant_append(club.tenant.get(), &event, 1, nullptr,
                                   nullptr, error),
                 CRM_INVALID_ARGUMENT);
  }
  CHECK_STATUS(crm_tenant_append_json(club.tenant.get(), &bad, 1, nullptr,
                                      nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_append_json(club.tenant.get(), nullptr, 2, nullptr,
                                      nullptr, error),
               CRM_INVALID_ARGUMENT);
  OwnedTenant tenant;
  CHECK_STATUS(
      crm_tenant_open(club.store.get(), bad, nullptr, tenant.out(), error),
      CRM_INVALID_ARGUMENT);
  crm_tenant_options later = CRM_TENANT_OPTIONS_INIT;
  later.flags = 1;
  CHECK_STATUS(crm_tenant_open(club.store.get(), Slice("club"), &later,
                               tenant.out(), error),
               CRM_INVALID_ARGUMENT);
  uint64_t customer = 7;
  CHECK_STATUS(crm_tenant_find_customer(club.tenant.get(), Slice("email"), bad,
                                        nullptr, &customer, error),
               CRM_INVALID_ARGUMENT);
  CHECK(customer == 0);
}

TEST_CASE("text that is not UTF-8 is refused in every member") {
  Club club;
  const std::string_view bad = "a\xff";
  crm_slice crm_event::*const members[] = {
      &crm_event::id,       &crm_event::type,        &crm_event::source,
      &crm_event::version,  &crm_event::payload,     &crm_event::correlation_id,
      &crm_event::metadata, &crm_event::causation_id};
  for (crm_slice crm_event::*const member : members) {
    crm_event event = EventOf("1", nullptr);
    event.*member = Slice(bad);
    Error error;
    const crm_status status = crm_tenant_append(club.tenant.get(), &event, 1,
                                                nullptr, nullptr, error);
    CHECK(crm_status_remedy(status) == CRM_REMEDY_FIX_INPUT);
    CHECK(error.message().find("\xff") == std::string::npos);
  }
  OwnedTenant tenant;
  CHECK_STATUS(crm_tenant_open(club.store.get(), Slice(bad), nullptr,
                               tenant.out(), error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("a request of too many events is refused before it is read") {
  Club club;
  const crm_slice event = {nullptr, 0};
  Error error;
  CHECK(crm_tenant_append_json(club.tenant.get(), &event,
                               std::numeric_limits<size_t>::max(), nullptr,
                               nullptr, error) == CRM_TOO_LARGE);
  CHECK(error.message().find("10,000") != std::string::npos);
}

TEST_CASE("arrays of names: at most 10,000, and not read beyond that") {
  Club club;
  const crm_slice name = Slice("t");
  crm_replay_query query = CRM_REPLAY_QUERY_INIT;
  query.types = &name;
  query.type_count = std::numeric_limits<size_t>::max();
  OwnedCursor cursor;
  CHECK_STATUS(
      crm_tenant_replay(club.tenant.get(), &query, cursor.out(), error),
      CRM_TOO_LARGE);
  crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  options.sources = &name;
  options.source_count = 10'001;
  OwnedSubscription subscription;
  CHECK_STATUS(crm_tenant_subscribe(club.tenant.get(), &options,
                                    subscription.out(), error),
               CRM_TOO_LARGE);
}

#if defined(__GLIBC__)
TEST_CASE("opening: no thread to be had is an error that says so") {
  pthread_attr_t usual;
  REQUIRE(pthread_getattr_default_np(&usual) == 0);
  pthread_attr_t huge;
  REQUIRE(pthread_attr_init(&huge) == 0);
  // More than an address can say.
  REQUIRE(pthread_attr_setstacksize(&huge, size_t{1} << 48) == 0);
  REQUIRE(pthread_setattr_default_np(&huge) == 0);
  crm_store* store = nullptr;
  Error why;
#if defined(__SANITIZE_ADDRESS__)
  // RocksDB 7.8.3 forgets what it has made until then.
  __lsan_disable();
#endif
  const crm_status status = crm_store_open_in_memory(nullptr, &store, why);
#if defined(__SANITIZE_ADDRESS__)
  __lsan_enable();
#endif
  REQUIRE(pthread_setattr_default_np(&usual) == 0);
  pthread_attr_destroy(&huge);
  pthread_attr_destroy(&usual);
  CHECK(status == CRM_IO_ERROR);
  CHECK(store == nullptr);
  CHECK(why.message().find("operating system refused") != std::string::npos);
}
#endif

TEST_CASE("paths: empty, or with a zero in them") {
  for (const std::string_view path :
       {std::string_view(), std::string_view("a\0b", 3)}) {
    crm_store* store = nullptr;
    CHECK_STATUS(crm_store_open(Slice(path), nullptr, &store, error),
                 CRM_INVALID_ARGUMENT);
    CHECK(store == nullptr);
    OwnedMap map;
    CHECK_STATUS(crm_import_map_from_file(Slice(path), map.out(), error),
                 CRM_INVALID_ARGUMENT);
  }
}

TEST_CASE("opening: each flag does what it says") {
  Folder folder;
  const std::string path = folder / "store";
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  OwnedStore store;
  CHECK_STATUS(crm_store_open(Slice(path), &options, store.out(), error),
               CRM_NOT_FOUND);
  options.flags = CRM_STORE_CREATE_IF_MISSING;
  options.default_region = Slice("ZA");
  const std::string key_file = folder / "the.key";
  options.key_file = Slice(key_file);
  CHECK_STATUS(crm_store_open(Slice(path), &options, store.out(), error),
               CRM_OK);
  OwnedBuffer named;
  CHECK_STATUS(crm_store_get_key_file(store.get(), named.out(), error), CRM_OK);
  CHECK(std::string(crm_buffer_data(named.get())) == key_file);
  CHECK_STATUS(crm_store_get_default_region(store.get(), named.out(), error),
               CRM_OK);
  CHECK(std::string(crm_buffer_data(named.get())) == "ZA");
  crm_store* other = nullptr;
  CHECK_STATUS(crm_store_open(Slice(path), &options, &other, error), CRM_BUSY);
  store.Free();
  options.flags |= CRM_STORE_ERROR_IF_EXISTS;
  CHECK_STATUS(crm_store_open(Slice(path), &options, &other, error),
               CRM_ALREADY_EXISTS);
  options.flags = 0;
  options.default_region = Slice("DE");
  CHECK_STATUS(crm_store_open(Slice(path), &options, &other, error),
               CRM_INVALID_ARGUMENT);
  options.default_region = {nullptr, 0};
  options.checkpoint_bytes = 1;
  CHECK_STATUS(crm_store_open(Slice(path), &options, &other, error),
               CRM_INVALID_ARGUMENT);
  options.checkpoint_bytes = size_t{2} << 20;
  CHECK_STATUS(crm_store_open(Slice(path), &options, store.out(), error),
               CRM_OK);
}

}  // namespace
}  // namespace crm
