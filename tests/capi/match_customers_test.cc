// Matching: customers who are one person by what is known of them.

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm {
namespace {

using OwnedMatched = Owned<crm_match_report, crm_match_report_free>;
using OwnedHow = Owned<crm_identity_history, crm_identity_history_free>;

// A member by e-mail address alone; Ada twice, and others around her.
std::string Member(int number, const std::string& name) {
  const std::string id = std::to_string(number);
  return R"({"id":")" + id +
         R"(","type":"scl.member.updated","source":"app","identity":{)"
         R"("email":"m)" +
         id + R"(@club.test"},"payload":{)" + name + "}}";
}

constexpr char kAda[] =
    R"("firstName":"Ada","lastName":"Zubizarreta","dateOfBirth":"1961-04-09")";

struct Matching {
  Matching() {
    std::mt19937 random(1);
    const auto name = [&] {
      std::string text;
      for (int k = 0; k < 8; ++k) {
        text.push_back(static_cast<char>('a' + random() % 26));
      }
      return text;
    };
    for (int i = 0; i < 60; ++i) {
      AppendOne(tenant,
                Member(i, R"("firstName":")" + name() + R"(","lastName":")" +
                              name() + R"(","dateOfBirth":"19)" +
                              std::to_string(20 + i) + R"(-03-05")"));
    }
    one = AppendOne(tenant, Member(100, kAda));
    two = AppendOne(tenant, Member(101, kAda));
  }
  uint64_t Now(uint64_t customer) {
    Owned<crm_customer, crm_customer_free> owned;
    REQUIRE_STATUS_OK(
        crm_tenant_get_customer(tenant, customer, nullptr, owned.out(), error));
    return crm_customer_read(owned.get())->customer;
  }

  Club club;
  crm_tenant* const tenant = club.tenant.get();
  crm_event_outcome one = {};
  crm_event_outcome two = {};
};

struct Watched {
  int calls = 0;
  int destroyed = 0;
  int32_t answer = 0;
};

int32_t Watch(void* user_data, uint64_t done, uint64_t total) {
  Watched& watched = *static_cast<Watched*>(user_data);
  CHECK(done <= total);
  ++watched.calls;
  return watched.answer;
}

void Unwatch(void* user_data) { ++static_cast<Watched*>(user_data)->destroyed; }

TEST_CASE("match: looks, stops, and then merges") {
  Matching all;
  Watched steps;
  crm_match_options options = CRM_MATCH_OPTIONS_INIT;
  options.by = Slice("nightly");
  options.fields = crm_default_match_fields();
  options.threads = 2;
  options.progress = Watch;
  options.user_data = &steps;
  options.destroy = Unwatch;
  OwnedMatched report;
  const auto run = [&](crm_error** error) {
    return crm_tenant_match_customers(all.tenant, &options, report.out(),
                                      error);
  };
  steps.answer = CRM_CANCELLED;
  CHECK_STATUS(run(error), CRM_CANCELLED);
  CHECK(report.get() == nullptr);
  steps.answer = 0;
  for (const uint32_t flags : {0u, uint32_t{CRM_MATCH_APPLY}}) {
    options.flags = flags;
    REQUIRE_STATUS_OK(run(error));
    const crm_match_report_view* const view =
        crm_match_report_read(report.get());
    CHECK(view->records == 62);
    CHECK(view->pairs > 0);
    CHECK(view->prior < 0);
    CHECK(view->merged == 1);
    CHECK(view->left + view->known + view->withheld == 0);
    REQUIRE(view->match_count == view->merged + view->asked);
    CHECK(view->matches[0].a == all.one.record);
    CHECK(view->matches[0].b == all.two.record);
    CHECK(view->matches[0].weight >= 12);
    CHECK(view->matches[0].reason == CRM_IDENTITY_NONE);
    CHECK((view->position != 0) == (flags != 0));
    const bool is_one = all.Now(all.two.customer) == all.one.customer;
    CHECK(is_one == (flags != 0));
  }
  CHECK(steps.calls > 0);
  CHECK(steps.destroyed == 3);
  OwnedHow how;
  REQUIRE_STATUS_OK(
      crm_tenant_how(all.tenant, all.one.customer, nullptr, how.out(), error));
  const crm_identity_history_view* const made =
      crm_identity_history_read(how.get());
  CHECK(made->steps[made->step_count - 1].weight >= 12);
  REQUIRE_STATUS_OK(
      crm_tenant_match_customers(all.tenant, nullptr, report.out(), error));
  CHECK(crm_match_report_read(report.get())->merged == 0);
}

TEST_CASE("match: options that are none") {
  Matching all;
  OwnedMatched report;
  const auto code = [&](const crm_match_options& options) {
    Error error;
    return crm_tenant_match_customers(all.tenant, &options, report.out(),
                                      error);
  };
  crm_match_options options = CRM_MATCH_OPTIONS_INIT;
  CHECK_STATUS(crm_tenant_match_customers(all.tenant, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_match_customers(nullptr, &options, report.out(), error),
      CRM_INVALID_ARGUMENT);
  options.flags = 2;
  CHECK(code(options) == CRM_INVALID_ARGUMENT);
  options = CRM_MATCH_OPTIONS_INIT;
  options.threads = 65;
  CHECK(code(options) == CRM_INVALID_ARGUMENT);
  options = CRM_MATCH_OPTIONS_INIT;
  options.merge_weight = NAN;
  CHECK(code(options) == CRM_INVALID_ARGUMENT);
  options = CRM_MATCH_OPTIONS_INIT;
  options.model = Slice("{");
  CHECK(code(options) == CRM_MALFORMED);
  options = CRM_MATCH_OPTIONS_INIT;
  options.fields = Slice(R"({"nose":"x"})");
  CHECK(code(options) == CRM_INVALID_ARGUMENT);
  CHECK(report.get() == nullptr);
  CHECK(crm_match_report_read(nullptr) == nullptr);
}

TEST_CASE("match: what another matcher decided") {
  Matching all;
  std::vector<crm_customer_match> matches(2);
  matches[0].a = all.one.record;
  matches[0].b = all.two.record;
  matches[0].weight = 13.25;
  matches[1].a = all.one.record;
  matches[1].b = 1;
  matches[1].weight = 5;
  matches[1].reason = CRM_IDENTITY_WEAK_MATCH;
  OwnedMatched report;
  const auto apply = [&](const crm_merge_options* options, crm_error** error) {
    return crm_tenant_apply_matches(all.tenant, matches.data(), matches.size(),
                                    options, report.out(), error);
  };
  matches[1].flags = 1;
  CHECK_STATUS(apply(nullptr, error), CRM_INVALID_ARGUMENT);
  matches[1].flags = 0;
  matches[1].reason = 99;
  CHECK_STATUS(apply(nullptr, error), CRM_INVALID_ARGUMENT);
  matches[1].reason = CRM_IDENTITY_WEAK_MATCH;
  matches[1].b = 4711;
  CHECK_STATUS(apply(nullptr, error), CRM_NOT_FOUND);
  matches[1].b = 1;
  CHECK_STATUS(crm_tenant_apply_matches(all.tenant, nullptr, 1, nullptr,
                                        report.out(), error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_apply_matches(all.tenant, matches.data(), 10'001,
                                        nullptr, report.out(), error),
               CRM_TOO_LARGE);
  crm_merge_options options = CRM_MERGE_OPTIONS_INIT;
  options.flags = CRM_MERGE_DRY_RUN;
  REQUIRE_STATUS_OK(apply(&options, error));
  CHECK(crm_match_report_read(report.get())->merged == 1);
  CHECK(all.Now(all.two.customer) == all.two.customer);
  options.flags = 0;
  options.by = Slice("other matcher");
  REQUIRE_STATUS_OK(apply(&options, error));
  CHECK(crm_match_report_read(report.get())->asked == 1);
  CHECK(crm_match_report_read(report.get())->position != 0);
  CHECK(all.Now(all.two.customer) == all.one.customer);
  REQUIRE_STATUS_OK(crm_tenant_apply_matches(all.tenant, nullptr, 0, nullptr,
                                             nullptr, error));
}

}  // namespace
}  // namespace crm
