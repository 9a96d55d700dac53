#include "base/crypto.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace crm {
namespace {

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(
        std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string Text(const Digest& digest) {
  return std::string(reinterpret_cast<const char*>(digest.data()),
                     digest.size());
}

TEST_CASE("crypto: XChaCha20-Poly1305 gives the vector of its draft") {
  // draft-irtf-cfrg-xchacha-03, A.3.1.
  REQUIRE(InitCrypto().ok());
  Key key;
  for (size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<uint8_t>(0x80 + i);
  }
  Nonce nonce;
  for (size_t i = 0; i < nonce.size(); ++i) {
    nonce[i] = static_cast<uint8_t>(0x40 + i);
  }
  const std::string associated = FromHex("50515253c0c1c2c3c4c5c6c7");
  const std::string plain =
      "Ladies and Gentlemen of the class of '99: If I could offer you only "
      "one tip for the future, sunscreen would be it.";
  std::string sealed = "kept";
  Seal(key, nonce, plain, associated, &sealed);
  CHECK(sealed ==
        "kept" + FromHex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2"
                         "902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c670"
                         "8c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1"
                         "bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9"
                         "768812f615c68b13b52e"
                         "c0875924c1c7987947deafd8780acf49"));
  std::string opened;
  CHECK(Unseal(key, nonce, sealed.substr(4), associated, &opened));
  CHECK(opened == plain);
}

TEST_CASE("crypto: nothing opens with one bit changed") {
  const Key key = RandomKey();
  const Nonce nonce = RandomNonce();
  std::string sealed;
  Seal(key, nonce, "secret", "context", &sealed);
  CHECK(sealed.size() == 6 + kTagBytes);
  std::string opened = "old";
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string bad = sealed;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    CHECK_FALSE(Unseal(key, nonce, bad, "context", &opened));
    CHECK(opened.empty());
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    CHECK_FALSE(Unseal(key, nonce, sealed.substr(0, size), "context", &opened));
  }
  CHECK_FALSE(Unseal(RandomKey(), nonce, sealed, "context", &opened));
  CHECK_FALSE(Unseal(key, RandomNonce(), sealed, "context", &opened));
  CHECK_FALSE(Unseal(key, nonce, sealed, "contexT", &opened));
  CHECK(Unseal(key, nonce, sealed, "context", &opened));
  CHECK(opened == "secret");
}

TEST_CASE("crypto: empty text is sealed too") {
  const Key key = RandomKey();
  const Nonce nonce = RandomNonce();
  std::string sealed;
  Seal(key, nonce, {}, {}, &sealed);
  CHECK(sealed.size() == kTagBytes);
  std::string opened = "old";
  CHECK(Unseal(key, nonce, sealed, {}, &opened));
  CHECK(opened.empty());
}

TEST_CASE("crypto: BLAKE2b-256, whole and in pieces") {
  CHECK(Text(Blake2b("")) ==
        FromHex("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12f"
                "e3a8"));
  CHECK(Text(Blake2b("abc")) ==
        FromHex("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d5"
                "2319"));
  CHECK(Blake2b("abc", "key") != Blake2b("abc"));
  CHECK(Blake2b("abc", "key") != Blake2b("abc", "kez"));
  const std::string text(1000, 'x');
  for (const size_t piece : {1, 7, 128, 999}) {
    Blake2bStream stream;
    for (size_t at = 0; at < text.size(); at += piece) {
      stream.Update(std::string_view(text).substr(at, piece));
    }
    CHECK(stream.Finish() == Blake2b(text));
  }
}

TEST_CASE("crypto: random bytes differ") {
  CHECK(RandomKey() != RandomKey());
  CHECK(RandomNonce() != RandomNonce());
}

TEST_CASE("crypto: secrets compare and go") {
  CHECK(SecretEquals("", ""));
  CHECK(SecretEquals("abc", "abc"));
  CHECK_FALSE(SecretEquals("abc", "abd"));
  CHECK_FALSE(SecretEquals("abc", "ab"));
  char bytes[4] = {1, 2, 3, 4};
  Wipe(bytes, sizeof(bytes));
  CHECK(std::string_view(bytes, 4) == std::string_view("\0\0\0\0", 4));
}

TEST_CASE("crypto: a secret key moves") {
  const Key key = RandomKey();
  SecretKey one(key);
  CHECK(one.get() == key);
  SecretKey two(std::move(one));
  CHECK(two.get() == key);
  SecretKey three;
  CHECK(three.get() == Key{});
  three = std::move(two);
  CHECK(three.get() == key);
}

TEST_CASE("crypto: Ed25519 gives the vectors of RFC 8032") {
  REQUIRE(InitCrypto().ok());
  Key seed;
  const auto set_seed = [&](std::string_view hex) {
    const std::string bytes = FromHex(hex);
    std::copy(bytes.begin(), bytes.end(), seed.begin());
  };
  // 7.1, TEST 2.
  set_seed("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const std::string key = SigningPublicKey(seed);
  CHECK(key ==
        FromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af466"
                "0c"));
  const std::string message = FromHex("72");
  const std::string signature = Sign(seed, message);
  CHECK(signature ==
        FromHex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69"
                "da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb"
                "0c00"));
  CHECK(VerifySignature(key, message, signature));
  CHECK(!VerifySignature(key, "s", signature));
  CHECK(!VerifySignature(key, message, signature.substr(1)));
  CHECK(!VerifySignature(key, message, std::string(64, '\0')));
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(!VerifySignature(key, message, changed));
  }
}

TEST_CASE("crypto: salts differ") {
  REQUIRE(InitCrypto().ok());
  std::vector<Digest> salts;
  for (int i = 0; i < 1000; ++i) salts.push_back(RandomSalt());
  std::sort(salts.begin(), salts.end());
  CHECK(std::adjacent_find(salts.begin(), salts.end()) == salts.end());
}

}  // namespace
}  // namespace crm
