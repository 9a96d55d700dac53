// What comes in through crm.h, checked and made into what the C++ face takes.

#ifndef CRM_CAPI_INPUT_H_
#define CRM_CAPI_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm.h"
#include "crm/options.h"
#include "crm/status.h"
#include "crm/types.h"

namespace crm::capi {

inline Status Invalid(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}

inline std::string_view View(crm_slice slice) {
  return slice.size == 0 ? std::string_view()
                         : std::string_view(slice.data, slice.size);
}
// With an address also when it is empty: printf("%.*s") and its like must not
// be given NULL.
inline crm_slice Slice(std::string_view text) {
  return {text.data() != nullptr ? text.data() : "", text.size()};
}
// Views `texts`.
inline std::vector<crm_slice> SlicesOf(const std::vector<std::string>& texts) {
  std::vector<crm_slice> slices;
  for (const std::string& text : texts) slices.push_back(Slice(text));
  return slices;
}
inline Timestamp Time(int64_t us) {
  return Timestamp(std::chrono::microseconds(us));
}
inline int64_t Microseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

// An address of null with a length.
Status CheckSlice(crm_slice slice, const char* name);
// A path: as it is, but not empty and without a zero in it.
Status CheckPath(crm_slice path, const char* name);
// An array: null with a count is refused.
Status CheckArray(const void* array, size_t count, const char* name);

// Members that must be zero.
template <size_t N>
bool IsZero(const uint64_t (&reserved)[N]) {
  return std::all_of(std::begin(reserved), std::end(reserved),
                     [](uint64_t word) { return word == 0; });
}

// The part of ReadOptions that is the same for all.
Status ReadOptionBytes(const void* in, size_t own_size, const char* name,
                       void* out);

// Reads an options struct as old or as new as the caller's, over the defaults
// that `out` holds. Null: those. Flags that are not in `known` are refused.
template <typename T>
Status ReadOptions(const T* in, const char* name, uint32_t known, T* out) {
  static_assert(offsetof(T, struct_size) == 0);
  Status status = ReadOptionBytes(in, sizeof(T), name, out);
  if (status.ok() && (out->flags & ~known) != 0) {
    return Invalid(std::string(name) + ".flags: holds unknown ones");
  }
  return status;
}

// The member that fills up an options struct.
inline Status CheckReserved(uint32_t reserved) {
  if (reserved == 0) return Status::Ok();
  return Invalid("options.reserved: must be zero");
}

// crm_read_options says nothing yet.
inline Status CheckReadOptions(const crm_read_options* in) {
  crm_read_options options = CRM_READ_OPTIONS_INIT;
  const Status status = ReadOptions(in, "options", 0, &options);
  return status.ok() ? CheckReserved(options.reserved) : status;
}

Status ReadDurability(int32_t value, std::optional<Durability>* out);

// A time that is there when `flag` is among `flags`, and zero otherwise.
Status ReadTime(int64_t us, uint32_t flags, uint32_t flag, const char* name,
                std::optional<Timestamp>* out);

Status ReadTexts(const crm_slice* texts, size_t count, const char* name,
                 std::vector<std::string>* out);

// What a callback is called with. Destroyed with the last that holds it.
using UserData = std::shared_ptr<void>;

// Destroys user data at the end of a call, whatever comes of it, unless it was
// given to somebody. It looks at the options only then: make it before they are
// read, since that may fail after they hold something.
class PassingUserData final {
 public:
  PassingUserData(void* const& user_data, void (*const& destroy)(void*))
      : user_data_(user_data), destroy_(destroy) {}
  ~PassingUserData() {
    if (!given_ && destroy_ != nullptr) destroy_(user_data_);
  }
  PassingUserData(const PassingUserData&) = delete;
  PassingUserData& operator=(const PassingUserData&) = delete;

  void* get() const { return user_data_; }
  UserData Give() {
    if (destroy_ == nullptr) return UserData(UserData(), user_data_);
    given_ = true;  // Without memory for its owner it is destroyed at once.
    return UserData(user_data_, destroy_);
  }

 private:
  void* const& user_data_;
  void (*const& destroy_)(void*);
  bool given_ = false;
};

}  // namespace crm::capi

#endif  // CRM_CAPI_INPUT_H_
