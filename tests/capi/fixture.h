// What the tests of the C interface share: handles that free themselves, short
// ways to append, and the words with which a call fails.

#ifndef CRM_TESTS_CAPI_FIXTURE_H_
#define CRM_TESTS_CAPI_FIXTURE_H_

#include <crm.h>
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crm {

inline crm_slice Slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string Text(crm_slice slice) {
  return slice.size == 0 ? std::string() : std::string(slice.data, slice.size);
}

// Where a call puts its error.
class Error final {
 public:
  Error() = default;
  ~Error() { crm_error_free(error_); }
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;

  crm_error** out() {
    crm_error_free(error_);
    error_ = nullptr;
    return &error_;
  }
  operator crm_error**() { return out(); }  // NOLINT: implicit by design
  crm_status code() const { return crm_error_code(error_); }
  std::string message() const { return crm_error_message(error_); }
  bool set() const { return error_ != nullptr; }

 private:
  crm_error* error_ = nullptr;
};

// A handle with its free.
template <typename H, void (*kFree)(H*)>
class Owned final {
 public:
  Owned() = default;
  ~Owned() { kFree(handle_); }
  Owned(Owned&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  H* get() const { return handle_; }
  H** handle() { return &handle_; }
  H** out() {
    Free();
    return &handle_;
  }
  void Free() { kFree(std::exchange(handle_, nullptr)); }

 private:
  H* handle_ = nullptr;
};

inline void CloseStore(crm_store* store) {
  const crm_status status = crm_store_close(store, nullptr);
  CHECK(status == CRM_OK);
}

using OwnedStore = Owned<crm_store, CloseStore>;
using OwnedTenant = Owned<crm_tenant, crm_tenant_free>;
using OwnedSnapshot = Owned<crm_snapshot, crm_snapshot_free>;
using OwnedCursor = Owned<crm_event_cursor, crm_event_cursor_free>;
using OwnedSubscription = Owned<crm_subscription, crm_subscription_free>;
using OwnedSubscriptions =
    Owned<crm_subscription_list, crm_subscription_list_free>;
using OwnedDryRun = Owned<crm_dry_run, crm_dry_run_free>;
using OwnedOrder = Owned<crm_append_order, crm_append_order_free>;
using OwnedResult = Owned<crm_append_result, crm_append_result_free>;
using OwnedProfile = Owned<crm_profile, crm_profile_free>;
using OwnedCustomer = Owned<crm_customer, crm_customer_free>;
using OwnedTimeline = Owned<crm_timeline, crm_timeline_free>;
using OwnedBuffer = Owned<crm_buffer, crm_buffer_free>;
using OwnedKeys = Owned<crm_key_provider, crm_key_provider_free>;
using OwnedMap = Owned<crm_import_map, crm_import_map_free>;
using OwnedReport = Owned<crm_import_report, crm_import_report_free>;
using OwnedProof = Owned<crm_verify_report, crm_verify_report_free>;
using OwnedStats = Owned<crm_store_stats, crm_store_stats_free>;
using OwnedParsed = Owned<crm_parsed_event, crm_parsed_event_free>;

// The call must answer `expected`, and the error must say the same.
#define CHECK_STATUS(call, expected)                                     \
  do {                                                                   \
    Error error;                                                         \
    const crm_status outcome = (call);                                   \
    INFO(std::string(crm_status_name(outcome)), ": ", error.message());  \
    CHECK(std::string(crm_status_name(outcome)) ==                       \
          std::string(crm_status_name(expected)));                       \
    CHECK(error.code() == (outcome < 0 ? outcome : crm_status{CRM_OK})); \
  } while (false)

#define REQUIRE_STATUS_OK(call)                                         \
  do {                                                                  \
    Error error;                                                        \
    const crm_status outcome = (call);                                  \
    INFO(std::string(crm_status_name(outcome)), ": ", error.message()); \
    REQUIRE(outcome == CRM_OK);                                         \
    REQUIRE_FALSE(error.set());                                         \
  } while (false)

// A folder that goes with its owner.
class Folder final {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

// A store in memory with the tenant "club", and no thread of its own.
struct Club {
  OwnedStore store;
  OwnedTenant tenant;
  Club();
  ~Club();
};

// {"id": id, "type": type, ...} with an e-mail address.
std::string EventJson(std::string_view id, std::string_view email,
                      std::string_view type = "booked");
// The same as a struct; what it points at is the caller's.
crm_event EventOf(std::string_view id, const crm_identifier* who);
crm_identifier Email(std::string_view value);

// Appends one event and gives its outcome.
crm_event_outcome AppendOne(crm_tenant* tenant, std::string_view json,
                            const crm_append_options* options = nullptr);

// The ids of what a cursor gives; checks that it ends with CRM_DONE.
std::vector<std::string> IdsOf(crm_event_cursor* cursor);

}  // namespace crm

#endif  // CRM_TESTS_CAPI_FIXTURE_H_
