// What the tests of stores share: a folder that goes with its owner, a clock
// that stands still, short ways to make events, and everything that a tenant
// answers as text, so that two states can be compared.

#ifndef CRM_TESTS_STORE_FIXTURE_H_
#define CRM_TESTS_STORE_FIXTURE_H_

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/store.h"

namespace crm {

inline const Status& StatusOf(const Status& status) { return status; }
template <typename T>
const Status& StatusOf(const Result<T>& result) {
  return result.status();
}

#define REQUIRE_OK(expression)              \
  do {                                      \
    const auto& crm_outcome = (expression); \
    INFO(StatusOf(crm_outcome).ToString()); \
    REQUIRE(StatusOf(crm_outcome).ok());    \
  } while (false)

#define CHECK_CODE(expression, expected)                  \
  do {                                                    \
    const auto& crm_outcome = (expression);               \
    INFO(StatusOf(crm_outcome).ToString());               \
    CHECK(StatusCodeName(StatusOf(crm_outcome).code()) == \
          StatusCodeName(StatusCode::expected));          \
  } while (false)

// Where a sync costs nothing, if there is such a place.
class Scratch final {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

// Stands at 2026-01-01 until it is moved.
class StillClock final : public Clock {
 public:
  Timestamp Now() override;
  void Advance(std::chrono::microseconds by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{1767225600000000};
};

// Keeps what a store says.
class LogLines final {
 public:
  LogCallback Callback();
  std::string Text() const;

 private:
  struct Lines {
    std::mutex mutex;
    std::string text;
  };
  std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

// A quick store: made when missing, kOs, the host does maintenance.
StoreOptions Quick();
Store MustOpen(const std::string& path, const StoreOptions& options = Quick());
Store MustOpenInMemory(const StoreOptions& options = Quick());
Tenant MustTenant(Store& store, std::string_view name = "golf-club");

// Microseconds after 2026-01-01.
Timestamp At(int64_t us);
// Of source "scl" and type "scl.booking.made", at no given time.
Event MakeEvent(std::string id, std::vector<Identifier> identifiers,
                std::string payload = "{}");
// Member number `customer`, event `id`.
Event MemberEvent(std::string id, int customer);
AppendResult MustAppend(Tenant& tenant, const std::vector<Event>& events,
                        const AppendOptions& options = {});
EventOutcome MustAppendOne(Tenant& tenant, const Event& event,
                           const AppendOptions& options = {});
// `count` events of `customers` members, ids "<prefix>0" and on, in requests
// of 500.
void Fill(Tenant& tenant, const std::string& prefix, int count, int customers);

// One line each: position, record/customer/revision, and the JSON.
std::vector<std::string> Walk(Result<EventCursor> cursor);
std::vector<Position> Positions(Result<EventCursor> cursor);
// All that can be read of a tenant through one snapshot.
std::string Everything(const Snapshot& snapshot);
std::string Everything(const Tenant& tenant);
// The findings of a report, one a line.
std::string Findings(const VerifyReport& report);
void CheckSound(Store& store);

}  // namespace crm

#endif  // CRM_TESTS_STORE_FIXTURE_H_
