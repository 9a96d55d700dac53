// The only user of libsodium: sealing, random bytes, BLAKE2b, signatures,
// wiping.

#ifndef CRM_BASE_CRYPTO_H_
#define CRM_BASE_CRYPTO_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 24;
inline constexpr size_t kTagBytes = 16;
inline constexpr size_t kDigestBytes = 32;

using Key = std::array<uint8_t, kKeyBytes>;
using Nonce = std::array<uint8_t, kNonceBytes>;
using Digest = std::array<uint8_t, kDigestBytes>;

// Must succeed before anything else here is used. Idempotent, thread-safe.
Status InitCrypto();

// Fills with bytes from the operating system's generator.
void RandomBytes(void* out, size_t size);
Key RandomKey();
Nonce RandomNonce();
// 32 random bytes from a seeded stream of this thread: without a system call
// each.
Digest RandomSalt();

// XChaCha20-Poly1305. Appends ciphertext and tag (plain.size() + kTagBytes) to
// `*out`. A nonce must never be used twice with one key.
void Seal(const Key& key, const Nonce& nonce, std::string_view plain,
          std::string_view associated, std::string* out);
// Opens into `*plain` (replaced). False: wrong key, nonce, data or
// associated data; `*plain` is then empty.
[[nodiscard]] bool Unseal(const Key& key, const Nonce& nonce,
                          std::string_view sealed, std::string_view associated,
                          std::string* plain);

// SHA-256 without the processor's own instructions; see base/sha256.h.
Digest PortableSha256(std::string_view data);

// BLAKE2b-256; `key` empty or up to 64 bytes.
Digest Blake2b(std::string_view data, std::string_view key = {});

// The same in pieces.
class Blake2bStream final {
 public:
  Blake2bStream();
  void Update(std::string_view data);
  Digest Finish();  // Once.

 private:
  alignas(64) unsigned char state_[384];
};

// Ed25519. Whoever has the seed signs; whoever has the public key that belongs
// to it can tell. `signature`: kSignatureBytes; `public_key`: kKeyBytes.
inline constexpr size_t kSignatureBytes = 64;
std::string SigningPublicKey(const Key& seed);
std::string Sign(const Key& seed, std::string_view message);
[[nodiscard]] bool VerifySignature(std::string_view public_key,
                                   std::string_view message,
                                   std::string_view signature);

// Constant-time equality of two strings of one length.
bool SecretEquals(std::string_view a, std::string_view b);
// Overwrites; never optimised away.
void Wipe(void* data, size_t size);

// Locked, not dumped memory for one key (a few pages each: for the few keys
// that open others, not for every record's); wiped when it goes. One that was
// moved from may only be destroyed or assigned to.
class SecretKey final {
 public:
  SecretKey();  // Zeroes.
  explicit SecretKey(const Key& key);
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  ~SecretKey();
  const Key& get() const { return *key_; }

 private:
  Key* key_;
  bool guarded_ = false;
};

}  // namespace crm

#endif  // CRM_BASE_CRYPTO_H_
