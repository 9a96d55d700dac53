// Where the key that opens a store's personal data comes from.
//
// Every person's data is sealed with a key of her record; those keys lie in
// <store>/keys, wrapped by a key of the tenant; and the tenant's key lies
// there too, wrapped by the host's KeyProvider. Whoever has the store's files
// but not the provider's key has nothing but noise.

#ifndef CRM_INCLUDE_KEYS_H_
#define CRM_INCLUDE_KEYS_H_

#include <memory>
#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

// Wraps and unwraps the keys of tenants. Implement it over a KMS, or use
// FileKeyProvider. Called seldom: once per tenant and open. What it fails with
// is what the call that needed the key fails with; kNotFound and kErased, which
// would say something else there, become kKeyMissing.
//
// Thread safety: must be safe to call from any thread.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;

  // Seals `key` (32 bytes) for `tenant` so that only Unwrap with the same
  // tenant opens it. The answer is stored in the store, at most 4 KiB.
  virtual Result<std::string> Wrap(std::string_view tenant,
                                   std::string_view key) = 0;

  // The inverse. kKeyMissing when the wrapping key is not there, kCorruption
  // when `wrapped` was not made by Wrap for this tenant.
  virtual Result<std::string> Unwrap(std::string_view tenant,
                                     std::string_view wrapped) = 0;

  // For Store::RotateKeys. A provider that cannot change its wrapping key
  // leaves these two as they are; then a rotation is kUnsupported, and nothing
  // is changed.

  // From now on Wrap uses a new wrapping key, durable when this returns, and
  // Unwrap opens what the new one and the one before have wrapped. While the
  // one before is still there from a rotation that was not ended, another new
  // one is not needed: that rotation goes on.
  virtual Status BeginRotation();

  // Destroys all wrapping keys but the one that Wrap uses; durable when it
  // returns. Nothing that the store needs is wrapped with them any more. Fine
  // when there are none.
  virtual Status EndRotation();
};

// The default provider: a file of 32 random bytes, mode 0600, which must lie
// outside the store's directory and must be backed up apart from it. After a
// rotation it holds the number of its key as well, and during one both keys.
// Several may be open on one file: each sees what another one rotates.
class FileKeyProvider final : public KeyProvider {
 public:
  // Reads the key file; with `create`, makes it when it is not there.
  // Errors: kKeyMissing (no such file), kInvalidArgument (readable by others,
  // not a plain file, wrong size), kIoError.
  static Result<std::shared_ptr<KeyProvider>> Open(const std::string& path,
                                                   bool create);

  Result<std::string> Wrap(std::string_view tenant,
                           std::string_view key) override;
  // kKeyMissing, too: wrapped with a key that this file holds no more, or that
  // it does not hold yet; the message gives the numbers of both.
  Result<std::string> Unwrap(std::string_view tenant,
                             std::string_view wrapped) override;
  // Exchange the file as a whole: at every instant there is one, with all keys
  // that are needed. kFailedPrecondition: somebody else has put another key
  // file in its place; kNoSpace, kIoError. EndRotation overwrites the old file
  // before it goes, which is as much as a file system lets one do.
  Status BeginRotation() override;
  Status EndRotation() override;

  ~FileKeyProvider() override;

 private:
  struct Impl;
  explicit FileKeyProvider(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A provider whose key exists only in this process: for in-memory stores and
// tests. A store on disk that was made with it cannot be opened again. It can
// rotate.
std::shared_ptr<KeyProvider> NewEphemeralKeyProvider();

}  // namespace crm

#endif  // CRM_INCLUDE_KEYS_H_
