#include "fixture.h"

#include <cstdlib>
#include <filesystem>

namespace crm {

Folder::Folder() {
  path_ = (std::filesystem::temp_directory_path() / "crm-capi-XXXXXX").string();
  REQUIRE(mkdtemp(path_.data()) != nullptr);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Club::Club() {
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.flags = CRM_STORE_NO_BACKGROUND_THREAD;
  options.default_region = Slice("ZA");
  REQUIRE_STATUS_OK(crm_store_open_in_memory(&options, store.out(), error));
  REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("club"), nullptr,
                                    tenant.out(), error));
}

Club::~Club() = default;

std::string EventJson(std::string_view id, std::string_view email,
                      std::string_view type) {
  std::string json = R"({"id":")" + std::string(id) + R"(","type":")";
  json += std::string(type) + R"(","source":"test","payload":{"n":1.50})";
  if (!email.empty()) {
    json += R"(,"identity":{"email":")" + std::string(email) + R"("})";
  }
  return json + "}";
}

crm_identifier Email(std::string_view value) {
  return {Slice("email"), Slice(value)};
}

crm_event EventOf(std::string_view id, const crm_identifier* who) {
  crm_event event = {};
  event.id = Slice(id);
  event.type = Slice("booked");
  event.source = Slice("test");
  event.identifiers = who;
  event.identifier_count = who == nullptr ? 0 : 1;
  return event;
}

crm_event_outcome AppendOne(crm_tenant* tenant, std::string_view json,
                            const crm_append_options* options) {
  const crm_slice event = Slice(json);
  OwnedResult result;
  REQUIRE_STATUS_OK(
      crm_tenant_append_json(tenant, &event, 1, options, result.out(), error));
  const crm_append_result_view* const view =
      crm_append_result_read(result.get());
  REQUIRE(view->event_count == 1);
  crm_event_outcome outcome = view->events[0];
  // These go with the result.
  outcome.matched_by = outcome.message = {nullptr, 0};
  outcome.withheld = nullptr;
  outcome.merged = outcome.reviews = nullptr;
  return outcome;
}

std::vector<std::string> IdsOf(crm_event_cursor* cursor) {
  std::vector<std::string> ids;
  crm_event_view event = {};
  Error error;
  crm_status status = CRM_OK;
  while ((status = crm_event_cursor_next(cursor, &event, error)) == CRM_OK) {
    ids.push_back(Text(event.id));
  }
  CHECK(status == CRM_DONE);
  return ids;
}

}  // namespace crm
