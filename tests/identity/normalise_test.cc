#include "identity/normalise.h"

#include <doctest/doctest.h>

#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace crm {
namespace {

// The canonical form, or the name of the code.
std::string Canonical(std::string_view name_space, std::string_view value,
                      const std::string& region = "ZA") {
  const Normaliser normaliser(region);
  std::string canonical = "old";
  const Status status = normaliser.Normalise(name_space, value, &canonical);
  if (status.ok()) return canonical;
  CHECK(canonical.empty());
  if (value.size() > 5) {
    CHECK(status.message().find(value) == std::string_view::npos);
  }
  return std::string(StatusCodeName(status.code()));
}

std::string Email(std::string_view value) { return Canonical("email", value); }
std::string Phone(std::string_view value, const std::string& region = "ZA") {
  return Canonical("phoneNumber", value, region);
}

constexpr char kInvalid[] = "INVALID_ARGUMENT";
constexpr char kDenied[] = "DENIED";

TEST_CASE("normalise: namespaces have a class, an order and one spelling") {
  const NamespaceInfo email = ClassifyNamespace("email");
  CHECK(email.klass == IdentifierClass::kShareable);
  CHECK(email.confidence == 95);
  CHECK(email.priority == 0);
  const NamespaceInfo phone = ClassifyNamespace("phone");
  CHECK(phone.name == "phoneNumber");
  CHECK(phone.confidence == 85);
  CHECK(phone.priority == 1);
  CHECK(ClassifyNamespace("phone_number").name == "phoneNumber");
  uint8_t priority = 0;
  for (const char* name : {"authUserId", "sclMemberId", "teetimePlayerId",
                           "messagingContactId", "customerId", "aggregateId"}) {
    const NamespaceInfo info = ClassifyNamespace(name);
    CHECK(info.name == name);
    CHECK(info.klass == IdentifierClass::kExclusive);
    CHECK(info.confidence == 100);
    CHECK(info.priority == priority++);
  }
  priority = 0;
  for (const char* name : {"anonymousId", "deviceId", "sessionId"}) {
    const NamespaceInfo info = ClassifyNamespace(name);
    CHECK(info.klass == IdentifierClass::kEphemeral);
    CHECK(info.confidence == 80);
    CHECK(info.priority == priority++);
  }
  const NamespaceInfo other = ClassifyNamespace("loyaltyCard");
  CHECK(other.name == "loyaltyCard");
  CHECK(other.klass == IdentifierClass::kExclusive);
  CHECK(other.confidence == 100);
  CHECK(other.priority == 100);
}

TEST_CASE("normalise: addresses in ASCII") {
  CHECK(Email("jane@example.com") == "jane@example.com");
  CHECK(Email(" \tJane.Doe+Golf@EXAMPLE.Com\n") == "jane.doe+golf@example.com");
  CHECK(Email("jane@example.com.") == "jane@example.com");
  CHECK(Email("o'brien_{x}@sub.example.co.za") ==
        "o'brien_{x}@sub.example.co.za");
  CHECK(Email("info@example.org") == "info@example.org");
  CHECK(Email("a@b") == "a@b");
  CHECK(Email("a@xn--bcher-kva.example") == "a@xn--bcher-kva.example");
  CHECK(Canonical("e-mail", "A@B.C") == "a@b.c");
}

TEST_CASE("normalise: what cannot be an address") {
  for (const char* value :
       {"jane", "jane@", "@example.com", "jane@@example.com", "a@b@c",
        "jane doe@example.com", "jane@exam ple.com", "jane@.example.com",
        "jane@example..com", "jane@example.com..", "jane@exam\tple.com",
        "jane@[127.0.0.1]", "jane@example,com", "ja\x01ne@example.com",
        "jane@\x7f", "\xff@example.com", "j@\xc3", "jane@-\xc3\xbc-.com"}) {
    CAPTURE(value);
    CHECK(Email(value) == kInvalid);
  }
  CHECK(Email(std::string_view("a\0b@c.d", 7)) == kInvalid);
}

TEST_CASE("normalise: the length of an address") {
  const std::string local(64, 'a');
  const std::string label(60, 'b');
  CHECK(Email(local + "@b.c") == local + "@b.c");
  CHECK(Email(local + "a@b.c") == kInvalid);
  const std::string domain = label + "." + label + "." + label;  // 182.
  const std::string most = local + "@" + domain + ".abcdef";     // 254.
  CHECK(most.size() == 254);
  CHECK(Email(most) == most);
  CHECK(Email(most + "g") == kInvalid);
  CHECK(Email("a@" + std::string(64, 'b') + ".c") == kInvalid);
  CHECK(Email(std::string(100'000, 'a')) == kInvalid);
  CHECK(Email(std::string(100'000, '@')) == kInvalid);
  // One letter that NFKC makes eighteen of.
  std::string long_ligature;
  for (int i = 0; i < 300; ++i) long_ligature += "\xef\xb7\xba";
  CHECK(Email(long_ligature + "@b.c") == kInvalid);
}

TEST_CASE("normalise: addresses beyond ASCII") {
  // Case, composed and decomposed, full-width letters, no-break space.
  CHECK(Email("J\xc3\x9cRGEN@example.com") == "j\xc3\xbcrgen@example.com");
  CHECK(Email("Ju\xcc\x88rgen@example.com") == "j\xc3\xbcrgen@example.com");
  CHECK(Email("\xef\xbc\xaa\xef\xbc\xa1\xef\xbc\xa7\xef\xbc\xa0"
              "b.c") == "jag@b.c");
  CHECK(Email("\xc2\xa0jane@example.com\xc2\xa0") == "jane@example.com");
  CHECK(Email("stra\xc3\x9f"
              "e@b.c") == "strasse@b.c");
  CHECK(Email("jane@B\xc3\x9c"
              "CHER.example") == "jane@xn--bcher-kva.example");
  CHECK(Email("jane@bu\xcc\x88"
              "cher.example.") == "jane@xn--bcher-kva.example");
  // Non-transitional: the sharp s makes a domain of its own.
  CHECK(Email("jane@stra\xc3\x9f"
              "e.de") == "jane@xn--strae-oqa.de");
  CHECK(Email("jane@example\xe3\x80\x82"
              "com\xc3\xbc") == "jane@example.xn--com-joa");
  CHECK(Email("jane\xc3\xbc\xef\xbc\xa0"
              "b@c") == kInvalid);
}

TEST_CASE("normalise: canonical addresses stay what they are") {
  std::mt19937 random(13);
  static constexpr std::string_view kPieces[] = {"a",
                                                 "Z",
                                                 ".",
                                                 "+",
                                                 "9",
                                                 "\xc3\x9c",
                                                 "\xc3\x9f",
                                                 "\xce\xa3",
                                                 "I",
                                                 "\xc4\xb0",
                                                 "\xef\xbc\xa1",
                                                 "e\xcc\x81",
                                                 "\xc2\xad",
                                                 "\xef\xac\x81"};
  size_t good = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string value;
    for (size_t i = 1 + random() % 6; i > 0; --i)
      value += kPieces[random() % 14];
    value += "@";
    for (size_t i = 1 + random() % 6; i > 0; --i)
      value += kPieces[random() % 14];
    value += ".com";
    const std::string once = Email(value);
    if (once == kInvalid) continue;
    CAPTURE(value);
    CHECK(Email(once) == once);
    ++good;
  }
  CHECK(good > 1000);
}

TEST_CASE("normalise: addresses that name nobody") {
  for (const char* value :
       {"", "  ", "null", "None", "UNKNOWN", "email", "a@invalid",
        "a@shop.invalid", "a@localhost", "A@my.LocalHost."}) {
    CAPTURE(value);
    CHECK(Email(value) == kDenied);
  }
  CHECK(Email("a@notinvalid") == "a@notinvalid");
  CHECK(Email("a@invalid.com") == "a@invalid.com");
  CHECK(Email("null@b.c") == "null@b.c");
}

TEST_CASE("normalise: phone numbers") {
  for (const char* value :
       {"+27821234567", "0821234567", "27821234567", "082 123 4567",
        "(082) 123-4567", "+27 (0)82 123 4567", " +27-82-123-4567 ",
        "0027821234567", "tel:+27821234567", "082 123 4567 ext. 89",
        "\xef\xbc\x8b\xef\xbc\x92\xef\xbc\x97"
        "821234567"}) {
    CAPTURE(value);
    CHECK(Phone(value) == "+27821234567");
  }
  CHECK(Phone("+12125550123") == "+12125550123");
  CHECK(Phone("(212) 555-0123", "US") == "+12125550123");
  CHECK(Phone("+49 30 123456", "") == "+4930123456");
  CHECK(Canonical("mobile", "082 123 4567") == "+27821234567");
  // As is, even if no plan has it: plans change.
  CHECK(Phone("+99912345678") == "+99912345678");
  CHECK(Phone("+12345678") == "+12345678");
  CHECK(Phone("+123456789012345") == "+123456789012345");
}

TEST_CASE("normalise: what cannot be a phone number") {
  for (const char* value :
       {"12", "+1234567890123456", "hello", "+", "+27", "jane@example.com",
        "08212345678901234567", "+0821234567"}) {
    CAPTURE(value);
    CHECK(Phone(value) == kInvalid);
  }
  // Without a region nothing is guessed.
  CHECK(Phone("0821234567", "") == kInvalid);
  // Dialled only within a town: there is no number for the world.
  CHECK(Phone("253-0000", "US") == kInvalid);
  CHECK(Phone(std::string(300, '1') + "2") == kInvalid);
}

TEST_CASE("normalise: phone numbers that name nobody") {
  for (const char* value :
       {"", "0", "000-000-0000", "+11111111111", "1111111111", "1234567890",
        "+1234567890", "unknown", "n/a", "-1"}) {
    CAPTURE(value);
    CHECK(Phone(value) == kDenied);
  }
}

TEST_CASE("normalise: everything else is trimmed and otherwise kept") {
  CHECK(Canonical("authUserId", " aB-9\n") == "aB-9");
  CHECK(Canonical("sclMemberId", "4711") == "4711");
  CHECK(Canonical("loyaltyCard", "\xc3\x9c 1") == "\xc3\x9c 1");
  const std::string most(256, 'x');
  CHECK(Canonical("customerId", most) == most);
  CHECK(Canonical("customerId", most + "x") == kInvalid);
  CHECK(Canonical("customerId", "a\x01z") == kInvalid);
  CHECK(Canonical("customerId", "ab\xff") == kInvalid);
}

TEST_CASE("normalise: ids that name nobody") {
  for (const char* value : {"",
                            " ",
                            "null",
                            "NULL",
                            "none",
                            "nil",
                            "undefined",
                            "NaN",
                            "n/a",
                            "NA",
                            "unknown",
                            "Anonymous",
                            "guest",
                            "test",
                            "true",
                            "False",
                            "id",
                            "email",
                            "distinct_id",
                            "not_authenticated",
                            "[object Object]",
                            "-1",
                            "0",
                            "000",
                            "0-0",
                            "---",
                            "111111",
                            "9999999999",
                            "00000000-0000-0000-0000-000000000000"}) {
    CAPTURE(value);
    CHECK(Canonical("authUserId", value) == kDenied);
    CHECK(Canonical("deviceId", value) == kDenied);
  }
  // Real member numbers.
  for (const char* value : {"1", "77", "22222", "0012", "10", "-12", "nulls",
                            "guest1", "1112", "11112"}) {
    CHECK(Canonical("sclMemberId", value) == value);
  }
}

TEST_CASE("normalise: regions are checked") {
  CHECK(Normaliser::CheckRegion("").ok());
  CHECK(Normaliser::CheckRegion("ZA").ok());
  CHECK(Normaliser::CheckRegion("GB").ok());
  for (const char* region : {"za", "XX", "ZAF", "UK", "001", "Z"}) {
    CHECK(Normaliser::CheckRegion(region).code() ==
          StatusCode::kInvalidArgument);
  }
}

TEST_CASE("normalise: the memo forgets, and keeps regions apart") {
  CHECK(Phone("0821234567", "ZA") == "+27821234567");
  CHECK(Phone("0821234567", "DE") == "+49821234567");
  CHECK(Phone("0821234567", "ZA") == "+27821234567");
  const Normaliser normaliser("ZA");
  std::string canonical;
  for (int i = 0; i < 5000; ++i) {
    const std::string number = std::to_string(1'000'000 + i).substr(1);
    CHECK(normaliser.Normalise("phone", "0821" + number, &canonical).ok());
    CHECK(canonical == "+27821" + number);
  }
}

TEST_CASE("normalise: from several threads") {
  const Normaliser normaliser("ZA");
  std::vector<int> good(4, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      std::string canonical;
      for (int i = 0; i < 200; ++i) {
        const std::string number = std::to_string(100'000 + i);
        const bool phone =
            normaliser.Normalise("phone", "082 1" + number, &canonical).ok() &&
            canonical == "+27821" + number;
        const bool email =
            normaliser.Normalise("email", "\xc3\x9c@b.c", &canonical).ok() &&
            canonical == "\xc3\xbc@b.c";
        good[t] += phone && email ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : good) CHECK(count == 200);
}

}  // namespace
}  // namespace crm
