#include "crm/status.h"

#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <set>

#include "crm/options.h"

namespace crm {
namespace {

constexpr StatusCode kAllCodes[] = {StatusCode::kOk,
                                    StatusCode::kInvalidArgument,
                                    StatusCode::kTooLarge,
                                    StatusCode::kMalformed,
                                    StatusCode::kUnsupported,
                                    StatusCode::kFailedPrecondition,
                                    StatusCode::kNotFound,
                                    StatusCode::kConflict,
                                    StatusCode::kAlreadyExists,
                                    StatusCode::kIdConflict,
                                    StatusCode::kDenied,
                                    StatusCode::kErased,
                                    StatusCode::kBusy,
                                    StatusCode::kNoSpace,
                                    StatusCode::kCancelled,
                                    StatusCode::kCorruption,
                                    StatusCode::kRolledBack,
                                    StatusCode::kFormatTooNew,
                                    StatusCode::kIoError,
                                    StatusCode::kReadOnly,
                                    StatusCode::kKeyMissing,
                                    StatusCode::kOutOfMemory,
                                    StatusCode::kInternal};

TEST_CASE("status: ok is a null pointer") {
  const Status status;
  CHECK(sizeof(Status) == sizeof(void*));
  CHECK(status.ok());
  CHECK(status.code() == StatusCode::kOk);
  CHECK(status.message().empty());
  CHECK(status.ToString() == "OK");
  CHECK(status.remedy() == Remedy::kNone);
}

TEST_CASE("status: an error copies and moves with its text") {
  const Status error(StatusCode::kTooLarge, "payload: over 262144 bytes");
  Status copy = error;
  CHECK(copy.ToString() == "TOO_LARGE: payload: over 262144 bytes");
  Status moved = std::move(copy);
  CHECK(moved.code() == StatusCode::kTooLarge);
  copy = moved;
  CHECK(copy.message() == error.message());
  Status& self = copy;
  copy = self;
  CHECK(copy.message() == error.message());
  copy = Status();
  CHECK(copy.ok());
}

TEST_CASE("status: a failure never passes as success") {
  const Status status(StatusCode::kOk, "oops");
  CHECK_FALSE(status.ok());
  CHECK(status.code() == StatusCode::kInternal);
}

TEST_CASE("status: every code has its own name and the remedy of its hundred") {
  std::set<std::string_view> names;
  for (const StatusCode code : kAllCodes) {
    CHECK(names.insert(StatusCodeName(code)).second);
    CHECK(StatusCodeName(code) != "UNKNOWN");
    const int hundred = static_cast<int>(code) / -100;
    CHECK(static_cast<int>(RemedyOf(code)) == hundred);
  }
  CHECK(StatusCodeName(static_cast<StatusCode>(-999)) == "UNKNOWN");
}

TEST_CASE("result: holds a value or a status") {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(7);
  CHECK(good.ok());
  CHECK(good.status().ok());
  CHECK(**good == 7);
  const std::unique_ptr<int> out = std::move(good).value();
  CHECK(*out == 7);
  Result<int> bad(StatusCode::kNotFound, "no such customer");
  CHECK_FALSE(bad.ok());
  CHECK(std::move(bad).status().code() == StatusCode::kNotFound);
}

// Counts what is alive.
struct Counted {
  explicit Counted(int* alive) : alive_(alive) { ++*alive_; }
  Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
  ~Counted() { --*alive_; }
  int* alive_;
};

TEST_CASE("result: a range-for over an unnamed result reads what is gone") {
  int alive = 0;
  const auto make = [&]() -> Result<Counted> { return Counted(&alive); };
  {
    const Counted& by_star = *make();
    const Counted& by_name = make().value();
    CHECK(alive == 2);
    CHECK(by_star.alive_ == by_name.alive_);
  }
  CHECK(alive == 0);
}

TEST_CASE("clock: one system clock, in this century") {
  const std::shared_ptr<Clock> clock = SystemClock();
  CHECK(clock == SystemClock());
  const Timestamp first = clock->Now();
  CHECK(first.time_since_epoch().count() > 1'600'000'000'000'000);
  CHECK(clock->Now() >= first);
}

}  // namespace
}  // namespace crm
