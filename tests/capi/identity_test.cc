// Who is who, by hand: what is told, and what is refused.

#include <cstring>

#include "fixture.h"

namespace crm {
namespace {

using OwnedUndone = Owned<crm_unmerge_result, crm_unmerge_result_free>;
using OwnedReviews = Owned<crm_review_list, crm_review_list_free>;
using OwnedAnew = Owned<crm_re_resolve_report, crm_re_resolve_report_free>;
using OwnedWhy = Owned<crm_identity_explanation, crm_identity_explanation_free>;

std::string Account(std::string_view id, std::string_view account) {
  return R"({"id":")" + std::string(id) +
         R"(","type":"t","source":"app","payload":{},"identity":)" +
         R"({"authUserId":")" + std::string(account) + R"("}})";
}

crm_merge_options Desk() {
  crm_merge_options options = CRM_MERGE_OPTIONS_INIT;
  options.by = Slice("support desk");
  options.why = Slice("she called");
  return options;
}

TEST_CASE("merge: is refused where it contradicts, unless by force") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  const uint64_t a = AppendOne(tenant, Account("1", "u1")).customer;
  const uint64_t b = AppendOne(tenant, Account("2", "u2")).customer;
  crm_merge_result merged = {};
  CHECK_STATUS(crm_tenant_merge(tenant, a, a, nullptr, &merged, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_merge(tenant, a, 99, nullptr, &merged, error),
               CRM_NOT_FOUND);
  CHECK_STATUS(crm_tenant_merge(tenant, a, b, nullptr, &merged, error),
               CRM_CONFLICT);
  crm_merge_options options = CRM_MERGE_OPTIONS_INIT;
  options.flags = CRM_MERGE_FORCE;
  CHECK_STATUS(crm_tenant_merge(tenant, a, b, &options, &merged, error),
               CRM_INVALID_ARGUMENT);
  options = Desk();
  options.flags = CRM_MERGE_FORCE | CRM_MERGE_DRY_RUN;
  options.keep = b;
  CHECK_STATUS(crm_tenant_merge(tenant, a, b, &options, &merged, error),
               CRM_OK);
  CHECK(merged.position == 0);
  CHECK(merged.customer == b);
  options.flags = CRM_MERGE_FORCE;
  CHECK_STATUS(crm_tenant_merge(tenant, a, b, &options, nullptr, error),
               CRM_OK);
  OwnedCustomer customer;
  REQUIRE_STATUS_OK(
      crm_tenant_get_customer(tenant, a, nullptr, customer.out(), error));
  const crm_customer_view* const view = crm_customer_read(customer.get());
  CHECK(view->customer == b);
  REQUIRE(view->retired_count == 1);
  CHECK(view->retired[0] == a);
  CHECK(view->record_count == 2);
}

TEST_CASE("unmerge: targets that are none, and records of their own") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  const std::string email = "a@example.com";
  AppendOne(tenant, EventJson("1", email));
  const crm_event_outcome other =
      AppendOne(tenant, R"({"id":"2","type":"t","source":"web","payload":{},)"
                        R"("identity":{"email":"a@example.com"}})");
  OwnedUndone undone;
  const auto undo = [&](const crm_unmerge_target* target, crm_error** error) {
    return crm_tenant_unmerge(tenant, target, nullptr, undone.out(), error);
  };
  crm_unmerge_target target = {};
  CHECK_STATUS(undo(nullptr, error), CRM_INVALID_ARGUMENT);
  CHECK_STATUS(undo(&target, error), CRM_INVALID_ARGUMENT);
  target.record_count = 1;
  CHECK_STATUS(undo(&target, error), CRM_INVALID_ARGUMENT);
  target.records = &other.record;
  target.reserved[0] = 1;
  CHECK_STATUS(undo(&target, error), CRM_INVALID_ARGUMENT);
  target.reserved[0] = 0;
  target.record_count = 10'001;
  CHECK_STATUS(undo(&target, error), CRM_TOO_LARGE);
  target.record_count = 1;
  CHECK_STATUS(undo(&target, error), CRM_OK);
  const crm_unmerge_result_view* const view =
      crm_unmerge_result_read(undone.get());
  REQUIRE(view->part_count == 2);
  CHECK(view->parts[0].customer == other.customer);
  CHECK(view->parts[1].flags == CRM_UNMERGED_NEW);
  REQUIRE(view->parts[1].record_count == 1);
  CHECK(view->parts[1].records[0] == other.record);
  OwnedWhy why;
  REQUIRE_STATUS_OK(crm_tenant_why_not(tenant, other.customer,
                                       view->parts[1].customer, nullptr,
                                       why.out(), error));
  CHECK(crm_identity_explanation_read(why.get())->text.size > 0);
}

TEST_CASE("identity: numbers that are none, in every call") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  uint64_t position = 7;
  CHECK_STATUS(
      crm_tenant_add_assertion(tenant, 3, 1, 2, nullptr, &position, error),
      CRM_INVALID_ARGUMENT);
  CHECK(position == 0);
  CHECK_STATUS(
      crm_tenant_answer_review(tenant, 1, 0, nullptr, &position, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_answer_review(tenant, 1, CRM_REVIEW_ANSWER_SAME,
                                        nullptr, &position, error),
               CRM_NOT_FOUND);
  CHECK_STATUS(
      crm_tenant_retract_assertion(tenant, 1, 2, nullptr, nullptr, error),
      CRM_NOT_FOUND);
  crm_review_query query = CRM_REVIEW_QUERY_INIT;
  query.limit = 1001;
  OwnedReviews reviews;
  CHECK_STATUS(crm_tenant_list_reviews(tenant, &query, reviews.out(), error),
               CRM_INVALID_ARGUMENT);
  crm_lookup_result who = {1, 1, 1, 0, {}};
  const crm_identifier unknown = Email("nobody@example.com");
  CHECK_STATUS(crm_tenant_lookup(tenant, &unknown, 1, nullptr, &who, error),
               CRM_NOT_FOUND);
  CHECK(who.customer == 0);
  CHECK_STATUS(
      crm_tenant_lookup(tenant, &unknown, 10'001, nullptr, &who, error),
      CRM_TOO_LARGE);
  crm_merge_options options = CRM_MERGE_OPTIONS_INIT;
  options.reserved = 1;
  CHECK_STATUS(crm_tenant_merge(tenant, 1, 2, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK(crm_identity_reason_name(99).size == 0);
  CHECK(Text(crm_identity_reason_name(CRM_IDENTITY_NONE)) == "none");
}

TEST_CASE("identity: an event that cannot decide says why, and asks") {
  Club club;
  const std::string both[] = {
      R"({"id":"1","type":"t","source":"app","payload":{},"identity":)"
      R"({"authUserId":"u1","email":"f@example.com"}})",
      R"({"id":"2","type":"t","source":"app","payload":{},"identity":)"
      R"({"authUserId":"u2","email":"f@example.com"}})"};
  const crm_slice events[] = {Slice(both[0]), Slice(both[1])};
  OwnedResult result;
  REQUIRE_STATUS_OK(crm_tenant_append_json(club.tenant.get(), events, 2,
                                           nullptr, result.out(), error));
  const crm_event_outcome& second =
      crm_append_result_read(result.get())->events[1];
  CHECK((second.flags & CRM_OUTCOME_CONTESTED) != 0);
  REQUIRE(second.withheld_count == 1);
  CHECK(second.withheld[0].reason == CRM_IDENTITY_EXCLUSIVE_CONFLICT);
  CHECK(second.withheld[0].owner == 1);
  CHECK(second.merged_count == 0);
  REQUIRE(second.review_count == 1);
  OwnedReviews reviews;
  REQUIRE_STATUS_OK(crm_tenant_list_reviews(club.tenant.get(), nullptr,
                                            reviews.out(), error));
  REQUIRE(crm_review_list_read(reviews.get())->review_count == 1);
  CHECK(crm_review_list_read(reviews.get())->reviews[0].position ==
        second.reviews[0]);
}

struct Steps {
  int calls = 0;
  int destroyed = 0;
  int32_t answer = 0;
};

int32_t Step(void* user_data, uint64_t done, uint64_t total) {
  Steps& steps = *static_cast<Steps*>(user_data);
  CHECK(done <= total);
  ++steps.calls;
  return steps.answer;
}

void Destroy(void* user_data) { ++static_cast<Steps*>(user_data)->destroyed; }

void SetSettings(crm_tenant* tenant, std::string_view json) {
  REQUIRE_STATUS_OK(
      crm_tenant_set_identity_settings(tenant, Slice(json), error));
}

TEST_CASE("re-resolve: looks, stops, and then makes two customers one") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  // An address that was not enough, and is.
  SetSettings(tenant, R"({"rules":{"attach_bar":96,"merge_bar":96}})");
  const uint64_t a = AppendOne(tenant, EventJson("1", "a@b.example")).customer;
  const std::string other =
      R"({"id":"2","type":"t","source":"web","payload":{},"identity":)"
      R"({"email":"a@b.example"}})";
  const uint64_t b = AppendOne(tenant, other).customer;
  REQUIRE(a != b);
  SetSettings(tenant, "{}");
  Steps steps;
  crm_re_resolve_options options = CRM_RE_RESOLVE_OPTIONS_INIT;
  options.progress = Step;
  options.user_data = &steps;
  options.destroy = Destroy;
  OwnedAnew report;
  const auto run = [&](crm_error** error) {
    return crm_tenant_re_resolve(tenant, &options, report.out(), error);
  };
  const auto customers = [&] {
    OwnedCustomer first;
    OwnedCustomer second;
    REQUIRE_STATUS_OK(
        crm_tenant_get_customer(tenant, a, nullptr, first.out(), error));
    REQUIRE_STATUS_OK(
        crm_tenant_get_customer(tenant, b, nullptr, second.out(), error));
    return crm_customer_read(first.get())->customer ==
                   crm_customer_read(second.get())->customer
               ? 1
               : 2;
  };
  for (const int32_t answer : {int32_t{CRM_CANCELLED}, int32_t{-7777}}) {
    options.flags = CRM_RE_RESOLVE_APPLY;
    steps.answer = answer;
    Error error;
    CHECK(run(error) == answer);
    CHECK(error.code() == answer);
    CHECK(report.get() == nullptr);
    CHECK(customers() == 2);
  }
  steps.answer = 0;
  for (const uint32_t flags : {0u, uint32_t{CRM_RE_RESOLVE_APPLY}}) {
    options.flags = flags;
    CHECK_STATUS(run(error), CRM_OK);
    const crm_re_resolve_report_view* const view =
        crm_re_resolve_report_read(report.get());
    CHECK(view->records == 2);
    CHECK(view->customers_before == 2);
    CHECK(view->customers_after == 1);
    CHECK(view->records_moved == 1);
    REQUIRE(view->change_count == 1);
    CHECK(view->changes[0].kind == CRM_IDENTITY_CHANGE_MERGED);
    CHECK(view->changes[0].from == b);
    CHECK(view->changes[0].to == a);
    CHECK((view->position != 0) == (flags != 0));
    CHECK(customers() == (flags != 0 ? 1 : 2));
  }
  CHECK(steps.calls > 0);
  CHECK(steps.destroyed == 4);
  CHECK_STATUS(crm_tenant_re_resolve(tenant, nullptr, report.out(), error),
               CRM_OK);
  CHECK(crm_re_resolve_report_read(report.get())->records_moved == 0);
}

TEST_CASE("re-resolve: options that are none") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  OwnedAnew report;
  const auto run = [&](const crm_re_resolve_options& options,
                       crm_error** error) {
    return crm_tenant_re_resolve(tenant, &options, report.out(), error);
  };
  crm_re_resolve_options options = CRM_RE_RESOLVE_OPTIONS_INIT;
  CHECK_STATUS(crm_tenant_re_resolve(tenant, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_re_resolve(nullptr, &options, report.out(), error),
               CRM_INVALID_ARGUMENT);
  options.flags = 2;
  CHECK_STATUS(run(options, error), CRM_INVALID_ARGUMENT);
  options = CRM_RE_RESOLVE_OPTIONS_INIT;
  options.reserved = 1;
  CHECK_STATUS(run(options, error), CRM_INVALID_ARGUMENT);
  options = CRM_RE_RESOLVE_OPTIONS_INIT;
  const std::string long_text(257, 'x');
  options.why = Slice(long_text);
  CHECK_STATUS(run(options, error), CRM_TOO_LARGE);
  CHECK(report.get() == nullptr);
  CHECK(crm_re_resolve_report_read(nullptr) == nullptr);
}

}  // namespace
}  // namespace crm
