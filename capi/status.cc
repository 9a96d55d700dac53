// Statuses, slices, errors and buffers.

#include <cstdlib>
#include <cstring>

#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

// The message lies behind the struct, in the same piece of memory.
struct crm_error {
  crm_status code;
  const char* message;
};

namespace crm::capi {
namespace {

crm_error out_of_memory = {CRM_OUT_OF_MEMORY, "no memory"};
crm_error internal = {CRM_INTERNAL, "an exception that nobody expected"};

void Set(crm_error** error, crm_error* value) {
  if (error != nullptr) *error = value;
}

}  // namespace

crm_status FailOutOfMemory(crm_error** error) noexcept {
  Set(error, &out_of_memory);
  return CRM_OUT_OF_MEMORY;
}

crm_status FailInternal(crm_error** error) noexcept {
  Set(error, &internal);
  return CRM_INTERNAL;
}

crm_status Fail(const Status& status, crm_error** error) noexcept {
  const auto code = static_cast<crm_status>(status.code());
  if (error == nullptr) return code;
  const std::string_view message = status.message();
  void* const memory = std::malloc(sizeof(crm_error) + message.size() + 1);
  if (memory == nullptr) return FailOutOfMemory(error);
  char* const text = static_cast<char*>(memory) + sizeof(crm_error);
  std::memcpy(text, message.data(), message.size());
  text[message.size()] = '\0';
  *error = new (memory) crm_error{code, text};
  return code;
}

crm_status GiveBuffer(std::string text, crm_buffer** out) {
  *out = Make<crm_buffer>(std::move(text));
  return CRM_OK;
}

}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

const char* crm_status_name(crm_status status) noexcept {
  return GuardValue("UNKNOWN", [&] {
    if (status == CRM_DONE) return "DONE";
    // Names are literals, and so ended by a zero.
    return crm::StatusCodeName(static_cast<crm::StatusCode>(status)).data();
  });
}

int32_t crm_status_remedy(crm_status status) noexcept {
  return GuardValue(int32_t{CRM_REMEDY_UNRECOVERABLE}, [&]() -> int32_t {
    if (status >= 0) return CRM_REMEDY_NONE;
    switch (crm::RemedyOf(static_cast<crm::StatusCode>(status))) {
      case crm::Remedy::kFixInput:
        return CRM_REMEDY_FIX_INPUT;
      case crm::Remedy::kNotFound:
        return CRM_REMEDY_NOT_FOUND;
      case crm::Remedy::kConflict:
        return CRM_REMEDY_CONFLICT;
      case crm::Remedy::kDenied:
        return CRM_REMEDY_DENIED;
      case crm::Remedy::kRetry:
        return CRM_REMEDY_RETRY;
      default:
        return CRM_REMEDY_UNRECOVERABLE;
    }
  });
}

crm_slice crm_slice_of(const char* text) noexcept {
  return GuardValue(crm_slice{nullptr, 0}, [&] {
    return text == nullptr ? crm_slice{nullptr, 0}
                           : crm_slice{text, std::strlen(text)};
  });
}

crm_status crm_error_code(const crm_error* error) noexcept {
  return GuardValue(crm_status{CRM_OK}, [&] {
    return error == nullptr ? crm_status{CRM_OK} : error->code;
  });
}

const char* crm_error_message(const crm_error* error) noexcept {
  return GuardValue("", [&] { return error == nullptr ? "" : error->message; });
}

int32_t crm_error_retryable(const crm_error* error) noexcept {
  return GuardValue(int32_t{0}, [&]() -> int32_t {
    return crm_status_remedy(crm_error_code(error)) == CRM_REMEDY_RETRY;
  });
}

void crm_error_free(crm_error* error) noexcept {
  GuardValue(0, [&] {
    if (error != &out_of_memory && error != &internal) std::free(error);
    return 0;
  });
}

const char* crm_buffer_data(const crm_buffer* buffer) noexcept {
  return GuardValue("", [&] {
    return Check(buffer, "buffer").ok() ? StateOf(buffer).text.c_str() : "";
  });
}

size_t crm_buffer_size(const crm_buffer* buffer) noexcept {
  return GuardValue(size_t{0}, [&] {
    return Check(buffer, "buffer").ok() ? StateOf(buffer).text.size() : 0;
  });
}

void crm_buffer_free(crm_buffer* buffer) noexcept { Free(buffer); }
