// Status and Result<T>: how every libcrm call says whether it worked.
//
// libcrm throws nothing, prints nothing and never aborts: a call that can fail
// returns a Status, or a Result<T> that holds either a value or a Status. The
// codes are grouped by what the caller can do about them, and their numbers
// are the same in C++, C and Python and never change.
//
//   crm::Result<crm::Store> store = crm::Store::Open("/var/lib/app/crm");
//   if (!store.ok()) return Fail(store.status().ToString());
//
// Messages are one line of plain English that names the field, the row and
// the limit. They never hold personal data: no identifier, no payload.

#ifndef CRM_INCLUDE_STATUS_H_
#define CRM_INCLUDE_STATUS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace crm {

// What happened. The hundreds digit is the remedy (see Remedy).
enum class StatusCode : int32_t {
  kOk = 0,

  // Bad input: correct the call. Nothing was changed.
  kInvalidArgument = -101,     // A value that is never right.
  kTooLarge = -102,            // Over a documented limit.
  kMalformed = -103,           // Text that is not what it claims (JSON, CSV).
  kUnsupported = -104,         // Right, but not in this build or version.
  kFailedPrecondition = -105,  // Closed handle, wrong order of calls.

  // Not found.
  kNotFound = -201,

  // Conflict: read again, then decide.
  kConflict = -301,       // A condition of the request does not hold.
  kAlreadyExists = -302,  // Something of that name is there already.
  kIdConflict = -303,     // Same event id, other content.

  // Denied by consent or by an erasure.
  kDenied = -401,
  kErased = -402,

  // Retryable: the same call may work later.
  kBusy = -501,       // Somebody else has the store, or the subscription.
  kNoSpace = -502,    // The disk is full. Nothing was applied.
  kCancelled = -503,  // The caller's own cancel.

  // Unrecoverable: close the store and look at the message.
  kCorruption = -601,    // Stored bytes are not what was written.
  kRolledBack = -602,    // The log is older than what was acknowledged.
  kFormatTooNew = -603,  // Written by a later libcrm.
  kIoError = -604,       // The operating system refused.
  kReadOnly = -605,      // An earlier write failed; reopen the store.
  kKeyMissing = -606,    // The key that unwraps this data is not there.
  kOutOfMemory = -607,
  kInternal = -608,  // A bug in libcrm.
};

// What the caller can do.
enum class Remedy {
  kNone,           // Nothing is wrong.
  kFixInput,       // Correct the call; nothing was changed.
  kNotFound,       // There is no such thing; often no error at all.
  kConflict,       // Read again, then decide.
  kDenied,         // Do not: a person said no.
  kRetry,          // The same call may work later.
  kUnrecoverable,  // Close the store and look at the message.
};

// The name of a code, for example "INVALID_ARGUMENT". Static storage.
std::string_view StatusCodeName(StatusCode code);
// The remedy that a code's hundreds digit stands for.
Remedy RemedyOf(StatusCode code);

// The outcome of a call: eight bytes, a null pointer when all is well.
// Immutable once made; copying an error copies its text.
class [[nodiscard]] Status final {
 public:
  Status() = default;
  // `code` must not be kOk; `message` is one line without personal data.
  Status(StatusCode code, std::string message);

  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;

  bool ok() const { return rep_ == nullptr; }
  StatusCode code() const { return ok() ? StatusCode::kOk : rep_->code; }
  // Empty when ok. Valid as long as this Status lives.
  std::string_view message() const;
  // What the caller can do about it.
  Remedy remedy() const { return RemedyOf(code()); }
  // "OK", or "CODE_NAME: message".
  std::string ToString() const;

  static Status Ok() { return Status(); }

 private:
  struct Rep {
    StatusCode code;
    std::string message;
  };
  std::unique_ptr<const Rep> rep_;
};

// Either a T or the Status that says why there is none. Not looking at it is a
// compiler warning; as thread-safe as T.
//
//   crm::Result<crm::Profile> profile = tenant.GetProfile(customer);
//   if (profile.ok()) Show(*profile);
//
// Of a result without a name, value() and operator* give the value itself, and
// no reference into what is about to go, so that it lives as long as its name:
//
//   for (const crm::Review& review : *tenant.ListReviews({})) ...
//
// operator-> does not: f()->list is gone behind its own line.
//
// REQUIRES for value(), operator* and operator->: ok().
template <typename T>
class [[nodiscard]] Result final {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit by design
  // REQUIRES: !status.ok().
  Result(Status status) : status_(std::move(status)) {}  // NOLINT
  Result(StatusCode code, std::string message)
      : status_(code, std::move(message)) {}

  bool ok() const { return value_.has_value(); }
  // Ok when there is a value.
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace crm

#endif  // CRM_INCLUDE_STATUS_H_
