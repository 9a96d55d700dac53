#include "base/crypto.h"

#include <sodium.h>

#include <cstring>
#include <new>
#include <utility>

#include "base/hex.h"
#include "crm/sha256.h"

namespace crm {
namespace {

static_assert(kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(kNonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kTagBytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(kDigestBytes == crypto_generichash_BYTES);
static_assert(kSignatureBytes == crypto_sign_BYTES);
static_assert(kKeyBytes == crypto_sign_SEEDBYTES);
static_assert(kKeyBytes == crypto_sign_PUBLICKEYBYTES);
static_assert(kDigestBytes == crypto_hash_sha256_BYTES);

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string* text, size_t offset) {
  return reinterpret_cast<unsigned char*>(text->data()) + offset;
}

bool Ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

crypto_generichash_state* State(unsigned char* bytes) {
  return reinterpret_cast<crypto_generichash_state*>(bytes);
}

crypto_hash_sha256_state* Sha256State(unsigned char* bytes) {
  return reinterpret_cast<crypto_hash_sha256_state*>(bytes);
}

}  // namespace

Status InitCrypto() {
  if (Ready()) return Status();
  return Status(StatusCode::kInternal, "the crypto library does not start");
}

void RandomBytes(void* out, size_t size) { randombytes_buf(out, size); }

Key RandomKey() {
  Key key;
  RandomBytes(key.data(), key.size());
  return key;
}

Nonce RandomNonce() {
  Nonce nonce;
  RandomBytes(nonce.data(), nonce.size());
  return nonce;
}

Digest RandomSalt() {
  struct Pool {
    std::array<Digest, 64> salts;
    size_t next = 64;
  };
  thread_local Pool pool;
  if (pool.next == pool.salts.size()) {
    RandomBytes(pool.salts.data(), sizeof(pool.salts));
    pool.next = 0;
  }
  Digest& salt = pool.salts[pool.next++];
  const Digest taken = salt;
  Wipe(salt.data(), salt.size());
  return taken;
}

void Seal(const Key& key, const Nonce& nonce, std::string_view plain,
          std::string_view associated, std::string* out) {
  const size_t offset = out->size();
  out->resize(offset + plain.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      Bytes(out, offset), nullptr, Bytes(plain), plain.size(),
      Bytes(associated), associated.size(), nullptr, nonce.data(), key.data());
}

bool Unseal(const Key& key, const Nonce& nonce, std::string_view sealed,
            std::string_view associated, std::string* plain) {
  plain->clear();
  if (sealed.size() < kTagBytes) return false;
  plain->resize(sealed.size() - kTagBytes);
  const int result = crypto_aead_xchacha20poly1305_ietf_decrypt(
      Bytes(plain, 0), nullptr, nullptr, Bytes(sealed), sealed.size(),
      Bytes(associated), associated.size(), nonce.data(), key.data());
  if (result != 0) plain->clear();
  return result == 0;
}

Digest PortableSha256(std::string_view data) {
  Digest digest{};
  crypto_hash_sha256(digest.data(), Bytes(data), data.size());
  return digest;
}

Digest Blake2b(std::string_view data, std::string_view key) {
  Digest digest{};
  crypto_generichash(digest.data(), digest.size(), Bytes(data), data.size(),
                     key.empty() ? nullptr : Bytes(key), key.size());
  return digest;
}

Blake2bStream::Blake2bStream() {
  static_assert(sizeof(state_) >= sizeof(crypto_generichash_state));
  static_assert(alignof(crypto_generichash_state) <= 64);
  crypto_generichash_init(State(state_), nullptr, 0, kDigestBytes);
}

void Blake2bStream::Update(std::string_view data) {
  crypto_generichash_update(State(state_), Bytes(data), data.size());
}

Digest Blake2bStream::Finish() {
  Digest digest{};
  crypto_generichash_final(State(state_), digest.data(), digest.size());
  return digest;
}

Sha256Hasher::Sha256Hasher() {
  static_assert(sizeof(state_) >= sizeof(crypto_hash_sha256_state));
  static_assert(alignof(crypto_hash_sha256_state) <= 8);
  crypto_hash_sha256_init(Sha256State(state_));
}

void Sha256Hasher::Add(std::string_view bytes) {
  crypto_hash_sha256_update(Sha256State(state_), Bytes(bytes), bytes.size());
}

std::string Sha256Hasher::Finish() {
  std::string digest(kDigestBytes, '\0');
  crypto_hash_sha256_final(Sha256State(state_), Bytes(&digest, 0));
  crypto_hash_sha256_init(Sha256State(state_));
  return HexOf(digest);
}

std::string SigningPublicKey(const Key& seed) {
  std::string public_key(crypto_sign_PUBLICKEYBYTES, '\0');
  unsigned char secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(Bytes(&public_key, 0), secret, seed.data());
  Wipe(secret, sizeof(secret));
  return public_key;
}

std::string Sign(const Key& seed, std::string_view message) {
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(public_key, secret, seed.data());
  std::string signature(kSignatureBytes, '\0');
  crypto_sign_detached(Bytes(&signature, 0), nullptr, Bytes(message),
                       message.size(), secret);
  Wipe(secret, sizeof(secret));
  return signature;
}

bool VerifySignature(std::string_view public_key, std::string_view message,
                     std::string_view signature) {
  return public_key.size() == crypto_sign_PUBLICKEYBYTES &&
         signature.size() == kSignatureBytes &&
         crypto_sign_verify_detached(Bytes(signature), Bytes(message),
                                     message.size(), Bytes(public_key)) == 0;
}

bool SecretEquals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Wipe(void* data, size_t size) { sodium_memzero(data, size); }

SecretKey::SecretKey() : SecretKey(Key{}) {}

SecretKey::SecretKey(const Key& key) {
  // Guarded pages cannot be had before the library is ready, nor when the
  // process has too many of them already: ordinary memory then, still wiped.
  void* memory = Ready() ? sodium_malloc(sizeof(Key)) : nullptr;
  guarded_ = memory != nullptr;
  if (!guarded_) memory = ::operator new(sizeof(Key));
  key_ = new (memory) Key(key);
}

SecretKey::SecretKey(SecretKey&& other) noexcept
    : key_(std::exchange(other.key_, nullptr)), guarded_(other.guarded_) {}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  std::swap(key_, other.key_);
  std::swap(guarded_, other.guarded_);
  return *this;
}

SecretKey::~SecretKey() {
  if (key_ == nullptr) return;
  Wipe(key_->data(), key_->size());
  if (guarded_) {
    sodium_free(key_);
  } else {
    ::operator delete(key_);
  }
}

}  // namespace crm
