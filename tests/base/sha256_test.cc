#include "base/sha256.h"

#include <doctest/doctest.h>

#include <string>

namespace crm {
namespace {

std::string Hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : digest) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

TEST_CASE("sha256: gives the vectors of FIPS 180-2") {
  REQUIRE(InitCrypto().ok());
  CHECK(Hex(Sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Hex(Sha256("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string two = "abcdbcdecdefdefgefghfghighijhijk";
  CHECK(Hex(Sha256(two + "ijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(Hex(Sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: the processor's instructions agree with libsodium") {
  REQUIRE(InitCrypto().ok());
  std::string data;
  for (int size = 0; size < 600; ++size) {
    CHECK(Sha256(data) == PortableSha256(data));
    data.push_back(static_cast<char>(size * 37 + size / 256));
  }
  // Not aligned.
  for (size_t at = 1; at < 20; ++at) {
    const std::string_view part = std::string_view(data).substr(at);
    CHECK(Sha256(part) == PortableSha256(part));
  }
}

}  // namespace
}  // namespace crm
