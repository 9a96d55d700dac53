// Erasing through the C interface: what is told, and what is refused.

#include "fixture.h"

namespace crm {
namespace {

using OwnedErasure = Owned<crm_erasure_report, crm_erasure_report_free>;
using OwnedErasures = Owned<crm_erasure_list, crm_erasure_list_free>;

TEST_CASE("erase: a dry run, the erasure, and what comes late") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  const uint64_t ada =
      AppendOne(tenant, EventJson("1", "ada@example.com")).customer;
  crm_erasure_options options = CRM_ERASURE_OPTIONS_INIT;
  options.flags = CRM_ERASURE_DRY_RUN;
  options.why = Slice("gdpr-request");
  OwnedErasure plan;
  REQUIRE_STATUS_OK(crm_tenant_erase(tenant, ada, &options, plan.out(), error));
  CHECK(crm_erasure_report_read(plan.get())->events == 1);
  CHECK(crm_erasure_report_read(plan.get())->certificate.size == 0);
  options.flags = 0;
  OwnedErasure report;
  REQUIRE_STATUS_OK(
      crm_tenant_erase(tenant, ada, &options, report.out(), error));
  const crm_erasure_report_view* const view =
      crm_erasure_report_read(report.get());
  CHECK(view->customer == ada);
  CHECK(view->flags == CRM_ERASURE_COMPLETE);
  CHECK(Text(view->why) == "gdpr-request");
  CHECK(view->at_us > 0);
  CHECK(view->certificate.size > 100);
  OwnedProfile profile;
  CHECK_STATUS(
      crm_tenant_get_profile(tenant, ada, nullptr, profile.out(), error),
      CRM_ERASED);
  OwnedErasures list;
  REQUIRE_STATUS_OK(
      crm_tenant_list_erasures(tenant, nullptr, list.out(), error));
  REQUIRE(crm_erasure_list_read(list.get())->erasure_count == 1);
  CHECK(Text(crm_erasure_list_read(list.get())->erasures[0].certificate) ==
        Text(view->certificate));
}

TEST_CASE("erase: options that are wrong change nothing") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  const uint64_t ada =
      AppendOne(tenant, EventJson("1", "ada@example.com")).customer;
  crm_erasure_options options = CRM_ERASURE_OPTIONS_INIT;
  options.mode = 7;
  CHECK_STATUS(crm_tenant_erase(tenant, ada, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  options = CRM_ERASURE_OPTIONS_INIT;
  options.flags = 1024;
  CHECK_STATUS(crm_tenant_erase(tenant, ada, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  options = CRM_ERASURE_OPTIONS_INIT;
  options.by = {nullptr, 3};
  CHECK_STATUS(crm_tenant_erase(tenant, ada, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_erase(tenant, 99, nullptr, nullptr, error),
               CRM_NOT_FOUND);
  CHECK_STATUS(crm_tenant_erase(nullptr, ada, nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);
  OwnedProfile profile;
  REQUIRE_STATUS_OK(
      crm_tenant_get_profile(tenant, ada, nullptr, profile.out(), error));
  CHECK(crm_erasure_report_read(nullptr) == nullptr);
  CHECK(crm_certificate_info_read(nullptr) == nullptr);
  CHECK(crm_erasure_list_read(nullptr) == nullptr);
}

TEST_CASE("erase: hard says what was removed") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  const uint64_t ada =
      AppendOne(tenant, EventJson("1", "ada@example.com")).customer;
  crm_erasure_options options = CRM_ERASURE_OPTIONS_INIT;
  options.mode = CRM_ERASURE_HARD;
  OwnedErasure report;
  REQUIRE_STATUS_OK(
      crm_tenant_erase(tenant, ada, &options, report.out(), error));
  const crm_erasure_report_view* const view =
      crm_erasure_report_read(report.get());
  CHECK(view->mode == CRM_ERASURE_HARD);
  CHECK(view->removed_bytes > view->bytes);
  CHECK(view->files_searched > 0);
}

TEST_CASE("erase: anonymised, the tenth makes an event of nobody") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  crm_erasure_options options = CRM_ERASURE_OPTIONS_INIT;
  options.mode = CRM_ERASURE_ANONYMISE;
  for (int i = 0; i < 10; ++i) {
    const std::string id = std::to_string(i);
    const std::string event =
        "{\"id\":\"" + id +
        "\",\"type\":\"OrderPlaced\",\"source\":\"shop\",\"timestamp\":"
        "\"2026-03-0" +
        std::to_string(i % 9 + 1) +
        "T10:00:00Z\",\"identity\":{\"authUserId\":\"u-" + id +
        "\"},\"payload\":{\"total\":2.5,\"note\":\"canary\"}}";
    const uint64_t customer = AppendOne(tenant, event).customer;
    OwnedErasure report;
    REQUIRE_STATUS_OK(
        crm_tenant_erase(tenant, customer, &options, report.out(), error));
    const crm_erasure_report_view* const view =
        crm_erasure_report_read(report.get());
    CHECK(view->mode == CRM_ERASURE_ANONYMISE);
    CHECK(view->counted == 1);
    REQUIRE(view->counted_field_count == 1);
    CHECK(Text(view->counted_fields[0]) == "OrderPlaced /total");
    CHECK(view->waiting_sums == (i == 9 ? 0 : 2));
    REQUIRE(view->anonymised_count == (i == 9 ? 1 : 0));
    if (i != 9) continue;
    CHECK(Text(view->anonymised[0]) ==
          R"({"type":"OrderPlaced","month":"2026-03","people":10,"events":10,)"
          R"("fields":[{"field":"/total","people":10,"values":10,)"
          R"("sum":25}]})");
  }
}

TEST_CASE("redact: a dry run, the redaction, and what is refused") {
  Club club;
  crm_tenant* const tenant = club.tenant.get();
  const auto first = AppendOne(tenant, EventJson("1", "ada@example.com"));
  crm_redact_options options = CRM_REDACT_OPTIONS_INIT;
  options.flags = CRM_REDACT_DRY_RUN;
  options.why = Slice("health data");
  crm_redact_report plan;
  REQUIRE_STATUS_OK(
      crm_tenant_redact(tenant, first.position, &options, &plan, error));
  CHECK(plan.event == first.position);
  CHECK(plan.position == 0);
  CHECK(plan.bytes > 0);
  options.flags = 0;
  crm_redact_report done;
  REQUIRE_STATUS_OK(
      crm_tenant_redact(tenant, first.position, &options, &done, error));
  CHECK(done.position > done.event);
  CHECK(done.customer == first.customer);
  CHECK(done.record == first.record);
  CHECK(done.bytes == plan.bytes);
  CHECK(done.files_searched > 0);
  CHECK_STATUS(crm_tenant_redact(tenant, first.position, nullptr, &done, error),
               CRM_ALREADY_EXISTS);
  CHECK(done.event == 0);
  CHECK_STATUS(crm_tenant_redact(tenant, 99, nullptr, nullptr, error),
               CRM_NOT_FOUND);
  options.flags = 2;
  CHECK_STATUS(crm_tenant_redact(tenant, 1, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  options = CRM_REDACT_OPTIONS_INIT;
  options.reserved = 1;
  CHECK_STATUS(crm_tenant_redact(tenant, 1, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  options = CRM_REDACT_OPTIONS_INIT;
  options.why = {nullptr, 3};
  CHECK_STATUS(crm_tenant_redact(tenant, 1, &options, nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_redact(nullptr, 1, nullptr, nullptr, error),
               CRM_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace crm
