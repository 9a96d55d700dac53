// The certificate of an erasure, without a store.

#include <string>

#include "store/fixture.h"

namespace crm {
namespace {

// Of a customer with two values, erased.
struct Erased {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  ErasureReport report;

  Erased() {
    MustAppendOne(tenant, MakeEvent("e-1", {{"sclMemberId", "m-1"},
                                            {"email", "a@golf.example"}}));
    ErasureOptions options;
    options.by = "privacy \"desk\"";
    options.why = "gdpr-request";
    Result<ErasureReport> erased = tenant.Erase(1, options);
    REQUIRE_OK(erased);
    report = *std::move(erased);
  }
};

TEST_CASE("a certificate says what was erased, and who signed it") {
  const Erased erased;
  const auto key = erased.tenant.GetSigningKey();
  REQUIRE_OK(key);
  CHECK(key->size() == 64);
  for (const std::string& expected : {std::string(), *key}) {
    const auto info = VerifyCertificate(erased.report.certificate, expected);
    REQUIRE_OK(info);
    CHECK(info->request == erased.report.request);
    CHECK(info->tenant == "golf-club");
    CHECK(info->customer == 1);
    CHECK(info->position == erased.report.position);
    CHECK(info->records == std::vector<RecordId>{1});
    CHECK(info->public_key == *key);
  }
  CHECK(erased.report.certificate.find("gdpr-request") != std::string::npos);
  CHECK(erased.report.certificate.find("a@golf") == std::string::npos);
  CHECK(erased.report.certificate.find("m-1") == std::string::npos);
}

TEST_CASE("blanks between the tokens of a certificate do not count") {
  const Erased erased;
  std::string pretty;
  bool quoted = false;
  for (const char c : erased.report.certificate) {
    const bool escaped = !pretty.empty() && pretty.back() == '\\';
    if (c == '"' && !escaped) quoted = !quoted;
    pretty += c;
    if (!quoted && (c == ',' || c == '{')) pretty += "\n  ";
  }
  REQUIRE_OK(VerifyCertificate(pretty));
}

TEST_CASE("every changed byte of a certificate is found") {
  const Erased erased;
  const std::string& sound = erased.report.certificate;
  for (size_t i = 0; i < sound.size(); ++i) {
    std::string changed = sound;
    changed[i] = changed[i] == '1' ? '2' : '1';
    if (changed == sound) continue;
    const auto info = VerifyCertificate(changed);
    CAPTURE(i);
    CHECK_FALSE(info.ok());
  }
  CHECK_CODE(VerifyCertificate(sound, std::string(64, '0')), kDenied);
  CHECK_CODE(VerifyCertificate(sound, "00"), kInvalidArgument);
  CHECK_CODE(VerifyCertificate(""), kMalformed);
  CHECK_CODE(VerifyCertificate("{}"), kMalformed);
  CHECK_CODE(VerifyCertificate("[1]"), kMalformed);
  CHECK_CODE(VerifyCertificate(sound.substr(0, sound.size() / 2)), kMalformed);
  CHECK_CODE(VerifyCertificate(std::string(2 << 20, ' ')), kTooLarge);
}

TEST_CASE("each tenant signs with a key of its own") {
  Erased erased;
  Tenant other = MustTenant(erased.store, "other");
  CHECK(*other.GetSigningKey() != *erased.tenant.GetSigningKey());
  CHECK_CODE(other.ApplyCertificate(erased.report.certificate), kDenied);
}

}  // namespace
}  // namespace crm
