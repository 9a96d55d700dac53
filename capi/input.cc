#include "capi/input.h"

#include "capi/limits.h"

namespace crm::capi {
namespace {

// No options struct is ever larger than this.
constexpr size_t kMaxOptionBytes = 4096;

}  // namespace

Status CheckSlice(crm_slice slice, const char* name) {
  if (slice.data != nullptr || slice.size == 0) return Status::Ok();
  return Invalid(std::string(name) + ": NULL with a size of " +
                 std::to_string(slice.size));
}

Status CheckPath(crm_slice path, const char* name) {
  Status status = CheckSlice(path, name);
  if (!status.ok()) return status;
  if (path.size == 0) return Invalid(std::string(name) + ": empty");
  if (View(path).find('\0') != std::string_view::npos) {
    return Invalid(std::string(name) + ": holds a zero");
  }
  return status;
}

Status CheckArray(const void* array, size_t count, const char* name) {
  if (array != nullptr || count == 0) return Status::Ok();
  return Invalid(std::string(name) + ": NULL with a count of " +
                 std::to_string(count));
}

Status ReadOptionBytes(const void* in, size_t own_size, const char* name,
                       void* out) {
  if (in == nullptr) return Status::Ok();
  size_t size = 0;
  std::memcpy(&size, in, sizeof(size));
  if (size < sizeof(size) || size > kMaxOptionBytes) {
    return Invalid(std::string(name) + ".struct_size: " + std::to_string(size) +
                   "; begin with the _INIT macro");
  }
  // Before the rest is judged: what callbacks it holds are to be destroyed.
  std::memcpy(out, in, std::min(size, own_size));
  const auto* const bytes = static_cast<const char*>(in);
  if (size > own_size && std::any_of(bytes + own_size, bytes + size,
                                     [](char byte) { return byte != 0; })) {
    return Invalid(std::string(name) +
                   ": sets an option that this library does not know");
  }
  return Status::Ok();
}

Status ReadDurability(int32_t value, std::optional<Durability>* out) {
  switch (value) {
    case CRM_DURABILITY_DEFAULT:
      out->reset();
      return Status::Ok();
    case CRM_DURABILITY_SYNC:
      *out = Durability::kSync;
      return Status::Ok();
    case CRM_DURABILITY_OS:
      *out = Durability::kOs;
      return Status::Ok();
    default:
      return Invalid("options.durability: " + std::to_string(value) +
                     " is none");
  }
}

Status ReadTime(int64_t us, uint32_t flags, uint32_t flag, const char* name,
                std::optional<Timestamp>* out) {
  if ((flags & flag) != 0) {
    *out = Time(us);
  } else if (us != 0) {
    return Invalid(std::string(name) + ": set, but its flag is not");
  }
  return Status::Ok();
}

Status ReadTexts(const crm_slice* texts, size_t count, const char* name,
                 std::vector<std::string>* out) {
  Status status = CheckElements(texts, count, name);
  if (!status.ok()) return status;
  out->reserve(count);
  for (const crm_slice& text : std::span(texts, count)) {
    status = CheckSlice(text, name);
    if (!status.ok()) return status;
    out->emplace_back(View(text));
  }
  return status;
}

}  // namespace crm::capi
