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
  options.mode = CRM_ERASURE_HARD;
  CHECK_STATUS(crm_tenant_erase(tenant, ada, &options, nullptr, error),
               CRM_UNSUPPORTED);
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

}  // namespace
}  // namespace crm
