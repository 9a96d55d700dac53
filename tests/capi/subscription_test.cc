// Subscriptions in C: options, messages, handles, close and fork.

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <thread>

#include "fixture.h"

namespace crm {
namespace {

crm_subscription_options Named(std::string_view name) {
  crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  options.name = Slice(name);
  return options;
}

// Ids of the events up to CRM_DONE.
std::vector<std::string> Drain(crm_subscription* subscription) {
  std::vector<std::string> ids;
  crm_message message;
  while (true) {
    Error error;
    const crm_status status =
        crm_subscription_next(subscription, 0, &message, error);
    REQUIRE(status >= 0);
    if (status == CRM_DONE) break;
    if (message.kind == CRM_MESSAGE_EVENT) {
      ids.push_back(Text(message.event.id));
    } else {
      CHECK(message.event.id.size == 0);
      CHECK(message.event.position == 0);
    }
  }
  CHECK(message.kind == 0);
  CHECK(message.position == 0);
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("subscriptions: what was not acknowledged comes again") {
  Club club;
  for (const char* id : {"1", "2", "3"}) {
    AppendOne(club.tenant.get(), EventJson(id, "a@example.com"));
  }
  const crm_subscription_options options = Named("mailer");
  OwnedSubscription subscription;
  REQUIRE_STATUS_OK(crm_tenant_subscribe(club.tenant.get(), &options,
                                         subscription.out(), error));
  CHECK(Drain(subscription.get()) == Ids{"1", "2", "3"});
  const uint64_t position = crm_subscription_position(subscription.get());
  CHECK_STATUS(crm_subscription_acknowledge(subscription.get(), position + 1,
                                            CRM_DURABILITY_DEFAULT, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_subscription_acknowledge(subscription.get(), position, 9, error),
      CRM_INVALID_ARGUMENT);
  REQUIRE_STATUS_OK(crm_subscription_acknowledge(
      subscription.get(), position - 1, CRM_DURABILITY_DEFAULT, error));
  OwnedSubscription second;
  CHECK_STATUS(
      crm_tenant_subscribe(club.tenant.get(), &options, second.out(), error),
      CRM_BUSY);
  CHECK(second.get() == nullptr);
  subscription.Free();
  REQUIRE_STATUS_OK(
      crm_tenant_subscribe(club.tenant.get(), &options, second.out(), error));
  CHECK(Drain(second.get()) == Ids{"3"});
}

// Customers 1 and 2, until the third event names both.
void MeetInAnEvent(crm_tenant* tenant) {
  for (const char* json :
       {R"({"id":"1","type":"t","source":"s","identity":{"sclMemberId":"1"}})",
        R"({"id":"2","type":"t","source":"s","identity":{"email":"a@b.com"}})",
        R"({"id":"3","type":"t","source":"s",)"
        R"("identity":{"sclMemberId":"1","email":"a@b.com"}})"}) {
    AppendOne(tenant, json);
  }
}

TEST_CASE("subscriptions: a merge comes before the event that caused it") {
  Club club;
  MeetInAnEvent(club.tenant.get());
  crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  for (const bool deaf : {false, true}) {
    options.flags = deaf ? uint32_t{CRM_SUBSCRIPTION_SKIP_IDENTITY} : 0;
    OwnedSubscription subscription;
    REQUIRE_STATUS_OK(crm_tenant_subscribe(club.tenant.get(), &options,
                                           subscription.out(), error));
    std::vector<std::string> found;
    crm_message message;
    while (crm_subscription_next(subscription.get(), 0, &message, nullptr) ==
           CRM_OK) {
      const crm_identity_change& change = message.change;
      const bool merged = message.kind == CRM_MESSAGE_MERGED;
      CHECK((change.kind == CRM_IDENTITY_CHANGE_MERGED) == merged);
      CHECK((change.position == message.position) == merged);
      CHECK(change.record_count == 0);
      if (message.kind == CRM_MESSAGE_EVENT) {
        found.push_back(Text(message.event.id));
      } else if (merged) {
        CHECK(message.event.position == 0);
        found.push_back(std::to_string(change.from) + ">" +
                        std::to_string(change.to));
      }
    }
    CHECK(found == (deaf ? Ids{"1", "2", "3"} : Ids{"1", "2", "2>1", "3"}));
  }
}

TEST_CASE("subscriptions: options are checked, zero is the default") {
  Club club;
  AppendOne(club.tenant.get(), EventJson("1", "", "booked"));
  AppendOne(club.tenant.get(), EventJson("2", "", "paid"));
  crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  OwnedSubscription subscription;
  const auto subscribe = [&](crm_error** error) {
    return crm_tenant_subscribe(club.tenant.get(), &options, subscription.out(),
                                error);
  };
  REQUIRE_STATUS_OK(subscribe(error));
  CHECK(Drain(subscription.get()) == Ids{"1", "2"});
  const crm_slice paid = Slice("paid");
  options.types = &paid;
  options.type_count = 1;
  REQUIRE_STATUS_OK(subscribe(error));
  CHECK(Drain(subscription.get()) == Ids{"2"});
  options.after = CRM_FROM_NOW;
  REQUIRE_STATUS_OK(subscribe(error));
  CHECK(Drain(subscription.get()).empty());
  options.after = 1000;
  CHECK_STATUS(subscribe(error), CRM_ROLLED_BACK);
  options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  options.source_count = 1;
  CHECK_STATUS(subscribe(error), CRM_INVALID_ARGUMENT);
  options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  options.flags = 8;
  CHECK_STATUS(subscribe(error), CRM_INVALID_ARGUMENT);
  options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  options.reserved0 = 1;
  CHECK_STATUS(subscribe(error), CRM_INVALID_ARGUMENT);
  options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  options.consumer = 1;
  CHECK_STATUS(subscribe(error), CRM_INVALID_ARGUMENT);
  options.consumers = CRM_MAX_CONSUMERS + 1;
  CHECK_STATUS(subscribe(error), CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_subscribe(club.tenant.get(), nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("subscriptions: a closed store wakes who waits, and ends the rest") {
  Club club;
  OwnedSubscription subscription;
  const crm_subscription_options options = Named("mailer");
  REQUIRE_STATUS_OK(crm_tenant_subscribe(club.tenant.get(), &options,
                                         subscription.out(), error));
  Drain(subscription.get());
  std::thread closer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    club.store.Free();
  });
  crm_message message;
  CHECK_STATUS(crm_subscription_next(subscription.get(),
                                     std::numeric_limits<uint64_t>::max(),
                                     &message, error),
               CRM_FAILED_PRECONDITION);
  closer.join();
  crm_lag lag;
  CHECK_STATUS(
      crm_subscription_get_lag(subscription.get(), nullptr, &lag, error),
      CRM_FAILED_PRECONDITION);
  CHECK_STATUS(crm_subscription_acknowledge(subscription.get(), 0,
                                            CRM_DURABILITY_DEFAULT, error),
               CRM_FAILED_PRECONDITION);
  REQUIRE_STATUS_OK(crm_subscription_cancel(subscription.get(), error));
}

TEST_CASE("subscriptions: stale handles and NULL are errors") {
  Club club;
  crm_subscription* stale = nullptr;
  REQUIRE_STATUS_OK(
      crm_tenant_subscribe(club.tenant.get(), nullptr, &stale, error));
  crm_subscription_free(stale);
  crm_message message;
  crm_lag lag;
  CHECK_STATUS(crm_subscription_next(stale, 0, &message, error),
               CRM_FAILED_PRECONDITION);
  CHECK_STATUS(crm_subscription_get_lag(stale, nullptr, &lag, error),
               CRM_FAILED_PRECONDITION);
  CHECK_STATUS(crm_subscription_cancel(stale, error), CRM_FAILED_PRECONDITION);
  CHECK(crm_subscription_position(stale) == 0);
  CHECK(crm_subscription_acknowledged(stale) == 0);
  crm_subscription_free(stale);
  CHECK_STATUS(crm_subscription_next(nullptr, 0, &message, error),
               CRM_INVALID_ARGUMENT);
  crm_subscription_free(nullptr);
  CHECK(crm_subscription_list_read(nullptr) == nullptr);
}

TEST_CASE("subscriptions: dead in a child of fork, alive in its parent") {
  Club club;
  AppendOne(club.tenant.get(), EventJson("1", ""));
  OwnedSubscription subscription;
  const crm_subscription_options options = Named("mailer");
  REQUIRE_STATUS_OK(crm_tenant_subscribe(club.tenant.get(), &options,
                                         subscription.out(), error));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    crm_message message;
    int wrong = 0;
    if (crm_subscription_next(subscription.get(), 0, &message, nullptr) !=
        CRM_FAILED_PRECONDITION) {
      ++wrong;
    }
    if (crm_subscription_cancel(subscription.get(), nullptr) !=
        CRM_FAILED_PRECONDITION) {
      ++wrong;
    }
    crm_subscription_free(subscription.get());  // Does nothing.
    _exit(wrong);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(Drain(subscription.get()) == Ids{"1"});
}

}  // namespace
}  // namespace crm
