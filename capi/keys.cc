// Key providers: the two that libcrm has, and a host's own; rotation.

#include <array>

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

// Where a callback writes its answer. It may be the key itself, also when the
// callback then fails.
struct WipedRoom {
  std::array<char, CRM_MAX_WRAPPED_KEY_BYTES> bytes;
  ~WipedRoom() { Wipe(bytes.data(), bytes.size()); }
};

class CallbackKeyProvider final : public KeyProvider {
 public:
  CallbackKeyProvider(crm_key_callback wrap, crm_key_callback unwrap,
                      const crm_key_provider_options& options,
                      UserData user_data)
      : wrap_(wrap),
        unwrap_(unwrap),
        begin_(options.begin_rotation),
        end_(options.end_rotation),
        user_data_(std::move(user_data)) {}

  Result<std::string> Wrap(std::string_view tenant,
                           std::string_view key) override {
    return Call(wrap_, CRM_MAX_WRAPPED_KEY_BYTES, tenant, key);
  }
  Result<std::string> Unwrap(std::string_view tenant,
                             std::string_view wrapped) override {
    Result<std::string> key = Call(unwrap_, CRM_KEY_BYTES, tenant, wrapped);
    if (key.ok() && key->size() != CRM_KEY_BYTES) {
      return Status(StatusCode::kCorruption,
                    "key provider: unwrapped a key of " +
                        std::to_string(key->size()) + " bytes, not 32");
    }
    return key;
  }
  Status BeginRotation() override {
    return begin_ != nullptr ? Answered(begin_(user_data_.get()))
                             : KeyProvider::BeginRotation();
  }
  Status EndRotation() override {
    return end_ != nullptr ? Answered(end_(user_data_.get()))
                           : KeyProvider::EndRotation();
  }

 private:
  static Status Answered(int32_t code) {
    if (code == CRM_OK) return Status::Ok();
    // A positive number would pass for a success on its way out.
    return Status(
        code > 0 ? StatusCode::kKeyMissing : static_cast<StatusCode>(code),
        "key provider: its callback answered " + std::to_string(code));
  }
  Result<std::string> Call(crm_key_callback function, size_t room,
                           std::string_view tenant, std::string_view key) {
    WipedRoom answer{};
    size_t size = room;
    const int32_t code = function(user_data_.get(), Slice(tenant), Slice(key),
                                  answer.bytes.data(), &size);
    if (code != CRM_OK) return Answered(code);
    if (size > room) {
      return Status(StatusCode::kTooLarge,
                    "key provider: " + std::to_string(size) + " bytes, where " +
                        std::to_string(room) + " fit");
    }
    return std::string(answer.bytes.data(), size);
  }

  const crm_key_callback wrap_;
  const crm_key_callback unwrap_;
  const crm_key_rotation_callback begin_;
  const crm_key_rotation_callback end_;
  const UserData user_data_;
};

Status CheckKeyInput(const crm_key_provider* provider, crm_slice tenant,
                     crm_slice key) {
  Status status = Check(provider, "provider");
  if (status.ok()) status = CheckSlice(tenant, "tenant");
  if (status.ok()) status = CheckSlice(key, "key");
  return status;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_key_provider_new(crm_key_callback wrap, crm_key_callback unwrap,
                                const crm_key_provider_options* options,
                                void* user_data, void (*destroy)(void*),
                                crm_key_provider** out,
                                crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    PassingUserData held(user_data, destroy);
    crm::Status status = CheckOut(out);
    if (!status.ok()) return status;
    if (wrap == nullptr || unwrap == nullptr) {
      return Invalid("wrap, unwrap: both are needed");
    }
    crm_key_provider_options own = CRM_KEY_PROVIDER_OPTIONS_INIT;
    status = ReadOptions(options, "options", 0, &own);
    if (status.ok()) status = CheckReserved(own.reserved);
    if (!status.ok()) return status;
    if ((own.begin_rotation == nullptr) != (own.end_rotation == nullptr)) {
      return Invalid(
          "options.begin_rotation, options.end_rotation: both, or none");
    }
    std::shared_ptr<crm::KeyProvider> provider =
        std::make_shared<CallbackKeyProvider>(wrap, unwrap, own, held.Give());
    *out = Make<crm_key_provider>(std::move(provider));
    return status;
  });
}

crm_status crm_key_provider_open_file(crm_slice path,
                                      const crm_key_file_options* options,
                                      crm_key_provider** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckPath(path, "path");
    crm_key_file_options in = CRM_KEY_FILE_OPTIONS_INIT;
    if (status.ok()) {
      status =
          ReadOptions(options, "options", CRM_KEY_FILE_CREATE_IF_MISSING, &in);
    }
    if (status.ok()) status = CheckReserved(in.reserved);
    if (!status.ok()) return status;
    const bool create = (in.flags & CRM_KEY_FILE_CREATE_IF_MISSING) != 0;
    auto provider = crm::FileKeyProvider::Open(std::string(View(path)), create);
    if (!provider.ok()) return provider.status();
    *out = Make<crm_key_provider>(*std::move(provider));
    return status;
  });
}

crm_status crm_key_provider_new_ephemeral(crm_key_provider** out,
                                          crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (!status.ok()) return status;
    *out = Make<crm_key_provider>(crm::NewEphemeralKeyProvider());
    return status;
  });
}

crm_status crm_key_provider_wrap(crm_key_provider* provider, crm_slice tenant,
                                 crm_slice key, crm_buffer** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckKeyInput(provider, tenant, key);
    if (!status.ok()) return status;
    if (key.size != CRM_KEY_BYTES) {
      return Invalid("key: must have 32 bytes");
    }
    auto wrapped = StateOf(provider)->Wrap(View(tenant), View(key));
    if (!wrapped.ok()) return wrapped.status();
    GiveBuffer(*std::move(wrapped), out);
    return status;
  });
}

crm_status crm_key_provider_unwrap(crm_key_provider* provider, crm_slice tenant,
                                   crm_slice wrapped, crm_buffer** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckKeyInput(provider, tenant, wrapped);
    if (!status.ok()) return status;
    auto key = StateOf(provider)->Unwrap(View(tenant), View(wrapped));
    if (!key.ok()) return key.status();
    GiveBuffer(*std::move(key), out);
    return status;
  });
}

crm_status crm_key_provider_begin_rotation(crm_key_provider* provider,
                                           crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    const crm::Status status = Check(provider, "provider");
    return status.ok() ? StateOf(provider)->BeginRotation() : status;
  });
}

crm_status crm_key_provider_end_rotation(crm_key_provider* provider,
                                         crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    const crm::Status status = Check(provider, "provider");
    return status.ok() ? StateOf(provider)->EndRotation() : status;
  });
}

crm_status crm_store_rotate_keys(crm_store* store,
                                 const crm_key_rotation_options* options,
                                 crm_key_rotation* out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_key_rotation_options own = CRM_KEY_ROTATION_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    crm::Status status =
        ReadOptions(options, "options", CRM_ROTATE_KEEP_OLD, &own);
    if (out != nullptr) *out = {};
    if (status.ok()) status = CheckReserved(own.reserved);
    if (status.ok()) status = Check(store, "store");
    if (!status.ok()) return status;
    int32_t stopped = 0;
    crm::KeyRotationOptions how;
    how.keep_old = (own.flags & CRM_ROTATE_KEEP_OLD) != 0;
    how.progress = ProgressOf(own.progress, held.get(), &stopped);
    const auto done = Change(StateOf(store), false, [&](StoreState& state) {
      return state.store.RotateKeys(how);
    });
    if (stopped != 0) return StoppedBy(stopped, "rotate");
    if (!done.ok()) return done.status();
    if (out == nullptr) return status;
    out->tenants = done->tenants;
    out->keys = done->keys;
    out->old_destroyed = done->old_destroyed ? 1 : 0;
    return status;
  });
}

void crm_key_provider_free(crm_key_provider* provider) noexcept {
  Free(provider);
}
