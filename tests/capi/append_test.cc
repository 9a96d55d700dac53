// Append through C: outcomes, partial, conditions, offsets, order.

#include <atomic>
#include <thread>

#include "fixture.h"

namespace crm {
namespace {

TEST_CASE("append: one bad event fails the request, or is reported") {
  Club club;
  const std::string good = EventJson("1", "a@example.com");
  const crm_slice events[] = {Slice(good), Slice("{}"), Slice(good)};
  OwnedResult result;
  {
    Error error;
    CHECK(crm_tenant_append_json(club.tenant.get(), events, 3, nullptr,
                                 result.out(), error) < 0);
    CHECK(error.message().find("event 1") == 0);
  }
  CHECK(result.get() == nullptr);
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.flags = CRM_APPEND_PARTIAL;
  REQUIRE_STATUS_OK(crm_tenant_append_json(club.tenant.get(), events, 3,
                                           &options, result.out(), error));
  const crm_append_result_view* const view =
      crm_append_result_read(result.get());
  REQUIRE(view->event_count == 3);
  CHECK(view->appended == 1);
  CHECK(view->rejected == 1);
  CHECK(view->duplicates == 1);
  CHECK(view->events[1].outcome == CRM_OUTCOME_INVALID);
  CHECK(view->events[1].code < 0);
  CHECK(view->events[1].message.size > 0);
  CHECK(view->events[2].outcome == CRM_OUTCOME_DUPLICATE);
  CHECK(view->events[2].position == view->events[0].position);
}

TEST_CASE("append: the same id with other content") {
  Club club;
  AppendOne(club.tenant.get(), EventJson("1", "a@example.com"));
  const std::string other = EventJson("1", "b@example.com");
  const crm_slice event = Slice(other);
  CHECK_STATUS(crm_tenant_append_json(club.tenant.get(), &event, 1, nullptr,
                                      nullptr, error),
               CRM_ID_CONFLICT);
}

TEST_CASE("append: structs and JSON are the same events") {
  Club club;
  const crm_identifier who = Email("a@example.com");
  crm_event event = EventOf("1", &who);
  event.payload = Slice(R"({"n":1.50})");
  OwnedResult result;
  REQUIRE_STATUS_OK(crm_tenant_append(club.tenant.get(), &event, 1, nullptr,
                                      result.out(), error));
  CHECK(crm_append_result_read(result.get())->appended == 1);
  OwnedParsed parsed;
  const std::string json = EventJson("2", "a@example.com");
  REQUIRE_STATUS_OK(
      crm_parsed_event_from_json(Slice(json), parsed.out(), error));
  const crm_event* const from_json =
      &crm_parsed_event_read(parsed.get())->event;
  REQUIRE_STATUS_OK(crm_tenant_append(club.tenant.get(), from_json, 1, nullptr,
                                      result.out(), error));
  CHECK(AppendOne(club.tenant.get(), json).outcome == CRM_OUTCOME_DUPLICATE);
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(club.tenant.get(), nullptr, cursor.out(), error));
  crm_event_view view = {};
  for (int i = 0; i < 2; ++i) {
    REQUIRE_STATUS_OK(crm_event_cursor_next(cursor.get(), &view, error));
    CHECK(Text(view.payload) == R"({"n":1.50})");
    CHECK(Text(view.version) == "1.0");
    CHECK(view.customer == 1);
    CHECK(view.revision == static_cast<uint64_t>(i));
  }
}

TEST_CASE("append: whom an event showed to be one is told") {
  Club club;
  AppendOne(club.tenant.get(), EventJson("1", "a@example.com"));
  AppendOne(club.tenant.get(), EventJson("2", "b@example.com"));
  const std::string json =
      R"({"id":"3","type":"t","source":"web","payload":{},"identity":)"
      R"({"authUserId":"u1","email":"a@example.com"}})";
  const std::string again =
      R"({"id":"4","type":"t","source":"web","payload":{},"identity":)"
      R"({"authUserId":"u1","email":"b@example.com"}})";
  const crm_slice events[] = {Slice(json), Slice(again)};
  OwnedResult result;
  REQUIRE_STATUS_OK(crm_tenant_append_json(club.tenant.get(), events, 2,
                                           nullptr, result.out(), error));
  const crm_append_result_view* const view =
      crm_append_result_read(result.get());
  CHECK(view->events[0].customer == 1);
  CHECK(view->events[0].confidence == 95);
  CHECK(view->events[1].customer == 1);
  CHECK(view->events[1].withheld_count == 0);
  REQUIRE(view->events[1].merged_count == 1);
  CHECK(view->events[1].merged[0] == 2);
}

TEST_CASE("append: every kind of condition holds and fails") {
  Club club;
  const crm_event_outcome first =
      AppendOne(club.tenant.get(), EventJson("1", "a@example.com"));
  int next = 2;
  const auto with = [&](const crm_condition& condition, crm_error** error) {
    crm_append_options options = CRM_APPEND_OPTIONS_INIT;
    options.conditions = &condition;
    options.condition_count = 1;
    const std::string json = EventJson(std::to_string(next++), "");
    const crm_slice event = Slice(json);
    return crm_tenant_append_json(club.tenant.get(), &event, 1, &options,
                                  nullptr, error);
  };
  crm_condition condition = {};
  condition.kind = CRM_CONDITION_CUSTOMER_VERSION;
  condition.customer = first.customer;
  condition.version = first.position;
  CHECK_STATUS(with(condition, error), CRM_OK);
  condition.version = first.position + 1;
  CHECK_STATUS(with(condition, error), CRM_CONFLICT);
  for (const int32_t kind :
       {CRM_CONDITION_NO_CUSTOMER, CRM_CONDITION_IDENTIFIER_ABSENT}) {
    condition = {};
    condition.kind = kind;
    condition.identifier = Email("new@example.com");
    CHECK_STATUS(with(condition, error), CRM_OK);
    condition.identifier = Email("a@example.com");
    CHECK_STATUS(with(condition, error), CRM_CONFLICT);
  }
  condition.kind = CRM_CONDITION_CUSTOMER_EXISTS;
  CHECK_STATUS(with(condition, error), CRM_OK);
  condition = {};
  condition.kind = CRM_CONDITION_NO_EVENT_SINCE;
  condition.customer = first.customer;
  condition.type = Slice("booked");
  condition.version = first.position;
  CHECK_STATUS(with(condition, error), CRM_OK);
  condition.version = first.position - 1;
  CHECK_STATUS(with(condition, error), CRM_CONFLICT);
}

TEST_CASE("append: the host's offset is stored, also with duplicates") {
  Club club;
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.offset_name = Slice("topic/1");
  for (const std::string_view value : {"7", "8"}) {
    options.offset_value = Slice(value);
    AppendOne(club.tenant.get(), EventJson("1", "a@example.com"), &options);
    OwnedBuffer offset;
    REQUIRE_STATUS_OK(crm_tenant_get_offset(club.tenant.get(), Slice("topic/1"),
                                            nullptr, offset.out(), error));
    CHECK(crm_buffer_data(offset.get()) == value);
  }
  options.offset_name = {nullptr, 0};
  const crm_slice none = {nullptr, 0};
  CHECK_STATUS(crm_tenant_append_json(club.tenant.get(), &none, 0, &options,
                                      nullptr, error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("append: threads in an order, and a failure passes its place") {
  Club club;
  OwnedOrder order;
  REQUIRE_STATUS_OK(crm_append_order_new(order.out(), error));
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<uint64_t> places(kThreads * kEach);
  for (uint64_t& place : places) {
    REQUIRE_STATUS_OK(crm_append_order_take_place(order.get(), &place, error));
  }
  std::atomic<int> failures{0};
  const auto work = [&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      const int number = i * kThreads + thread;
      crm_append_options options = CRM_APPEND_OPTIONS_INIT;
      options.order = order.get();
      options.place = places[static_cast<size_t>(number)];
      const std::string json = EventJson(std::to_string(number), "");
      // Every tenth is refused by the face itself, before the store sees it.
      const crm_slice event =
          number % 10 == 0 ? crm_slice{nullptr, 1} : Slice(json);
      failures += crm_tenant_append_json(club.tenant.get(), &event, 1, &options,
                                         nullptr, nullptr) < 0;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 10);
  OwnedCursor cursor;
  REQUIRE_STATUS_OK(
      crm_tenant_replay(club.tenant.get(), nullptr, cursor.out(), error));
  std::vector<std::string> expected;
  for (int i = 0; i < kThreads * kEach; ++i) {
    if (i % 10 != 0) expected.push_back(std::to_string(i));
  }
  CHECK(IdsOf(cursor.get()) == expected);
}

TEST_CASE("append: a place that nobody took is no deadlock") {
  Club club;
  OwnedOrder order;
  REQUIRE_STATUS_OK(crm_append_order_new(order.out(), error));
  CHECK_STATUS(crm_append_order_wait(order.get(), 0, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_append_order_pass(order.get(), 0, error),
               CRM_INVALID_ARGUMENT);
  uint64_t place = 7;
  CHECK_STATUS(crm_append_order_take_place(nullptr, &place, error),
               CRM_INVALID_ARGUMENT);
  CHECK(place == 0);
  REQUIRE_STATUS_OK(crm_append_order_take_place(order.get(), &place, error));
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.order = order.get();
  options.place = place + 1;
  CHECK_STATUS(crm_tenant_append(club.tenant.get(), nullptr, 0, &options,
                                 nullptr, error),
               CRM_INVALID_ARGUMENT);
  options.place = place;
  CHECK_STATUS(crm_tenant_append(club.tenant.get(), nullptr, 0, &options,
                                 nullptr, error),
               CRM_OK);
}

TEST_CASE("append: a tenant that is none holds up nobody in the order") {
  OwnedOrder order;
  REQUIRE_STATUS_OK(crm_append_order_new(order.out(), error));
  uint64_t first = 0;
  uint64_t second = 0;
  REQUIRE_STATUS_OK(crm_append_order_take_place(order.get(), &first, error));
  REQUIRE_STATUS_OK(crm_append_order_take_place(order.get(), &second, error));
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.order = order.get();
  options.place = first;
  CHECK_STATUS(
      crm_tenant_append_json(nullptr, nullptr, 0, &options, nullptr, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_append_order_wait(order.get(), second, error), CRM_OK);
}

TEST_CASE("append: too many identifiers fail one event of a partial request") {
  Club club;
  std::vector<crm_identifier> many(1000, Email("a@example.com"));
  crm_event events[] = {EventOf("1", nullptr), EventOf("2", many.data())};
  events[1].identifier_count = many.size();
  CHECK_STATUS(
      crm_tenant_append(club.tenant.get(), events, 2, nullptr, nullptr, error),
      CRM_TOO_LARGE);
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.flags = CRM_APPEND_PARTIAL;
  OwnedResult result;
  REQUIRE_STATUS_OK(crm_tenant_append(club.tenant.get(), events, 2, &options,
                                      result.out(), error));
  const crm_append_result_view* const view =
      crm_append_result_read(result.get());
  CHECK(view->appended == 1);
  CHECK(view->events[1].code == CRM_TOO_LARGE);
}

TEST_CASE("waiting: for events, and not for longer than asked") {
  Club club;
  uint64_t head = 0;
  REQUIRE_STATUS_OK(crm_tenant_wait_for_events(club.tenant.get(), 1'000'000, 1,
                                               nullptr, &head, error));
  CHECK(head < 1'000'000);
  const uint64_t before = head;
  std::thread writer([&] { AppendOne(club.tenant.get(), EventJson("1", "")); });
  REQUIRE_STATUS_OK(crm_tenant_wait_for_events(club.tenant.get(), before,
                                               60'000, nullptr, &head, error));
  writer.join();
  CHECK(head > before);
}

}  // namespace
}  // namespace crm
