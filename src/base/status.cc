#include "crm/status.h"

namespace crm {

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
    case StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case StatusCode::kTooLarge:
      return "TOO_LARGE";
    case StatusCode::kMalformed:
      return "MALFORMED";
    case StatusCode::kUnsupported:
      return "UNSUPPORTED";
    case StatusCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case StatusCode::kNotFound:
      return "NOT_FOUND";
    case StatusCode::kConflict:
      return "CONFLICT";
    case StatusCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case StatusCode::kIdConflict:
      return "ID_CONFLICT";
    case StatusCode::kDenied:
      return "DENIED";
    case StatusCode::kErased:
      return "ERASED";
    case StatusCode::kBusy:
      return "BUSY";
    case StatusCode::kNoSpace:
      return "NO_SPACE";
    case StatusCode::kCancelled:
      return "CANCELLED";
    case StatusCode::kCorruption:
      return "CORRUPTION";
    case StatusCode::kRolledBack:
      return "ROLLED_BACK";
    case StatusCode::kFormatTooNew:
      return "FORMAT_TOO_NEW";
    case StatusCode::kIoError:
      return "IO_ERROR";
    case StatusCode::kReadOnly:
      return "READ_ONLY";
    case StatusCode::kKeyMissing:
      return "KEY_MISSING";
    case StatusCode::kOutOfMemory:
      return "OUT_OF_MEMORY";
    case StatusCode::kInternal:
      return "INTERNAL";
  }
  return "UNKNOWN";
}

Remedy RemedyOf(StatusCode code) {
  switch (static_cast<int32_t>(code) / 100) {
    case 0:
      return Remedy::kNone;
    case -1:
      return Remedy::kFixInput;
    case -2:
      return Remedy::kNotFound;
    case -3:
      return Remedy::kConflict;
    case -4:
      return Remedy::kDenied;
    case -5:
      return Remedy::kRetry;
    default:
      return Remedy::kUnrecoverable;
  }
}

Status::Status(StatusCode code, std::string message)
    // A failure that calls itself a success would be lost; it becomes a bug
    // report instead.
    : rep_(new Rep{code == StatusCode::kOk ? StatusCode::kInternal : code,
                   std::move(message)}) {}

Status::Status(const Status& other)
    : rep_(other.ok() ? nullptr : new Rep(*other.rep_)) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) rep_.reset(other.ok() ? nullptr : new Rep(*other.rep_));
  return *this;
}

std::string_view Status::message() const {
  return ok() ? std::string_view() : std::string_view(rep_->message);
}

std::string Status::ToString() const {
  std::string text(StatusCodeName(code()));
  if (ok()) return text;
  text += ": ";
  text += rep_->message;
  return text;
}

}  // namespace crm
