// What is refused, where, and as what; and what criteria are in words.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "crm/criteria.h"

namespace crm {
namespace {

struct Bad {
  std::string json;
  StatusCode code;
  std::string_view place;
  std::string_view why;
};

void CheckBad(const std::vector<Bad>& all) {
  for (const Bad& bad : all) {
    INFO(bad.json.substr(0, 200));
    const Status status = Criteria::Parse(bad.json).status();
    INFO(status.ToString());
    CHECK(StatusCodeName(status.code()) == StatusCodeName(bad.code));
    const std::string begin =
        "criteria" + (bad.place.empty() ? "" : " " + std::string(bad.place)) +
        ": ";
    CHECK(std::string(status.message()).starts_with(begin));
    CHECK(status.message().find(bad.why) != std::string::npos);
    CHECK(status.message().find("secret") == std::string::npos);
  }
}

std::string Field(std::string_view rest) {
  return R"({"field":"f",)" + std::string(rest) + "}";
}

TEST_CASE("parse: bad input is refused with the place of the node") {
  constexpr auto kBad = StatusCode::kInvalidArgument;
  CheckBad({
      {"", StatusCode::kMalformed, "", "not JSON"},
      {"{", StatusCode::kMalformed, "", "not JSON"},
      {"\xff", StatusCode::kMalformed, "", "UTF-8"},
      {R"({"and":[],"and":[]})", StatusCode::kMalformed, "", "twice"},
      {"[]", kBad, "", "must be an object"},
      {"{}", kBad, "", "no kind of node"},
      {R"({"secret":1})", kBad, "", "no kind of node"},
      {R"({"segment":"vip"})", kBad, "", "no kind of node"},
      {R"({"household":true})", kBad, "", "no kind of node"},
      {R"({"and":[]})", kBad, "/and", "an empty group"},
      {R"({"or":[{"and":[]}]})", kBad, "/or/0/and", "an empty group"},
      {R"({"and":{}})", kBad, "/and", "must be an array"},
      {R"({"and":[{"field":"a","operator":"exists"}],"secret":1})", kBad, "",
       "none of and"},
      {R"({"not":[]})", kBad, "/not", "must be an object"},
      {R"({"combinator":"AND"})", kBad, "/rules", "is missing"},
      {R"({"combinator":"XOR","rules":[]})", kBad, "/combinator", "AND, OR"},
      {R"({"rules":[]})", kBad, "/rules", "an empty group"},
      {R"({"field":1,"operator":"exists"})", kBad, "/field", "a text"},
      {R"({"field":"","operator":"exists"})", kBad, "/field", "not empty"},
      {R"({"field":"/a~","operator":"exists"})", kBad, "/field", "pointer"},
      {R"({"field":"/","operator":"exists"})", kBad, "/field", "first part"},
      {R"({"field":"f"})", kBad, "/operator", "is missing"},
      {Field(R"("operator":"secret")"), kBad, "/operator", "no such operator"},
      {Field(R"("operator":"eq")"), kBad, "/value", "is missing"},
      {Field(R"("operator":"eq","value":null)"), kBad, "/value", "must be"},
      {Field(R"("operator":"eq","value":["secret"])"), kBad, "/value",
       "must be"},
      {Field(R"("operator":"exists","value":1)"), kBad, "/value", "no value"},
      {Field(R"("operator":"in","value":[])"), kBad, "/value", "not empty"},
      {Field(R"("operator":"in","value":["a",{}])"), kBad, "/value/1",
       "must be"},
      {Field(R"("operator":"gt","value":"secret")"), kBad, "/value",
       "an instant"},
      {Field(R"("operator":"gt","value":true)"), kBad, "/value", "a number"},
      {Field(R"("operator":"gt","value":"1899-12-31")"), kBad, "/value",
       "1900"},
      {Field(R"("operator":"between","value":[1])"), kBad, "/value", "of two"},
      {Field(R"("operator":"between","value":[2,1])"), kBad, "/value", "below"},
      {Field(R"("operator":"between","value":["2026-01-02","2026-01-01"])"),
       kBad, "/value", "below"},
      {Field(R"("operator":"between","value":[1,"2026-01-01"])"), kBad,
       "/value", "types"},
      {Field(R"("operator":"matches","value":"secret(")"), kBad, "/value",
       "RE2: missing )"},
      {Field(R"("operator":"near","value":{"latitude":91,"longitude":0,)"
             R"("meters":1})"),
       kBad, "/value/latitude", "at most 90"},
      {Field(R"("operator":"near","value":{"latitude":1,"longitude":0})"), kBad,
       "/value/meters", "is missing"},
      {R"({"property":"total","operator":"exists"})", kBad, "",
       "no kind of node"},
  });
}

TEST_CASE("parse: bad events, windows and the like") {
  constexpr auto kBad = StatusCode::kInvalidArgument;
  CheckBad({
      {R"({"event":""})", kBad, "/event", "not empty"},
      {R"({"event":[]})", kBad, "/event", "no type"},
      {R"({"event":["a","*"]})", kBad, "/event/1", "alone"},
      {R"({"event":"a","where":{"field":"f","operator":"exists"}})", kBad,
       "/where", "a filter has"},
      {R"({"event":"a","where":{"and":[{"event":"b"}]}})", kBad, "/where/and/0",
       "a filter has"},
      {R"({"event":"a","operator":"contains","value":1})", kBad, "/operator",
       "a number takes"},
      {R"({"event":"a","operator":"gt","value":"1"})", kBad, "/value",
       "must be a number"},
      {R"({"event":"a","value":1})", kBad, "/operator", "is missing"},
      {R"({"event":"a","aggregate":"median"})", kBad, "/aggregate", "count"},
      {R"({"event":"a","aggregate":"sum","operator":"gt","value":1})", kBad,
       "/of", "is missing"},
      {R"({"event":"a","of":"total"})", kBad, "/of", "only sum"},
      {R"({"event":"a","aggregate":"sum","of":"t"})", kBad, "/operator",
       "is missing"},
      {R"({"event":"a","aggregate":"last","operator":"eq",)"
       R"("value":"2026-01-01"})",
       kBad, "/operator", "an instant takes"},
      {R"({"event":"a","aggregate":"last","operator":"gt","value":1})", kBad,
       "/value", "an instant"},
      {R"({"event":"a","pick":"last"})", kBad, "/has", "is missing"},
      {R"({"event":"a","pick":"next","has":{}})", kBad, "/pick", "first, last"},
      {R"({"event":"a","pick":"last","has":{},"operator":"gt"})", kBad, "",
       "none of"},
      {R"({"event":"a","window":{}})", kBad, "/window", "must be"},
      {R"({"event":"a","window":{"last":{"days":0}}})", kBad,
       "/window/last/days", "from 1 to 36525"},
      {R"({"event":"a","window":{"last":{"days":-3}}})", kBad,
       "/window/last/days", "from 1"},
      {R"({"event":"a","window":{"last":{"days":1.5}}})", kBad,
       "/window/last/days", "whole"},
      {R"({"event":"a","window":{"last":{"years":101}}})", kBad,
       "/window/last/years", "to 100"},
      {R"({"event":"a","window":{"last":{"days":1,"hours":1}}})", kBad,
       "/window/last", "none of"},
      {R"({"event":"a","window":{"last":{"fortnights":1}}})", kBad,
       "/window/last", "seconds, minutes"},
      {R"({"event":"a","window":{"calendar":"hour"}})", kBad,
       "/window/calendar", "day, week"},
      {R"({"event":"a","window":{"calendar":"year","offset":101}})", kBad,
       "/window/offset", "to 100"},
      {R"({"event":"a","window":{"from":"2026-02-01","until":"2026-01-01"}})",
       kBad, "/window", "ends before"},
      {R"({"event":"a","window":{"from":"2026-02-30"}})", kBad, "/window/from",
       "an instant"},
      {R"({"sequence":[{"event":"a"}]})", kBad, "/sequence", "two events"},
      {R"({"sequence":[{"event":"a"},{"where":{}}]})", kBad,
       "/sequence/1/event", "is missing"},
      {R"({"sequence":[{"event":"a"},{"event":"b"}],"within":{"months":1}})",
       kBad, "/within", "fixed length"},
      {R"({"consent":"marketing"})", kBad, "/channel", "is missing"},
      {R"({"consent":"marketing","channel":"fax"})", kBad, "/channel",
       "email, sms"},
      {R"({"bucket":"a","of":0,"from":0,"until":1})", kBad, "/of", "from 1"},
      {R"({"bucket":"a","of":4,"from":2,"until":2})", kBad, "/until",
       "greater than from"},
      {R"({"bucket":"a","of":4,"from":2,"until":5})", kBad, "/until", "to 4"},
  });
}

TEST_CASE("parse: what is too large") {
  constexpr auto kLarge = StatusCode::kTooLarge;
  const std::string leaf = R"({"field":"f","operator":"exists"})";
  std::string deep = leaf;
  for (int i = 0; i < 15; ++i) deep = R"({"not":)" + deep + "}";
  CHECK(Criteria::Parse(deep).ok());
  std::string many = leaf;
  for (int i = 0; i < 498; ++i) many += "," + leaf;
  CHECK(Criteria::Parse(R"({"and":[)" + many + "]}").ok());
  std::string list = "0";
  for (int i = 1; i < 1'000; ++i) list += "," + std::to_string(i);
  CHECK(
      Criteria::Parse(Field(R"("operator":"in","value":[)" + list + "]")).ok());
  std::string place;
  for (int i = 0; i < 16; ++i) place += "/not";
  CheckBad({
      {R"({"not":)" + deep + "}", kLarge, place, "16 levels"},
      {std::string(200, '['), kLarge, "", "nested deeper"},
      {R"({"and":[)" + many + "," + leaf + "]}", kLarge, "/and/499",
       "500 nodes"},
      {Field(R"("operator":"in","value":[)" + list + ",1]"), kLarge, "/value",
       "1,000 values"},
      {Field(R"("operator":"eq","value":")" + std::string(1'025, 'a') + "\""),
       kLarge, "/value", "1,024 bytes"},
      {Field(R"("operator":"matches","value":")" + std::string(1'001, 'a') +
             "\""),
       kLarge, "/value", "1,000 bytes"},
      {Field(R"("operator":"matches","value":"(\\pL{30}){30}")"), kLarge,
       "/value", "memory"},
      {std::string(65'537, ' '), kLarge, "", "64 KiB"},
  });
}

TEST_CASE("parse: in words") {
  const auto words = [](std::string_view json) {
    const Result<Criteria> criteria = Criteria::Parse(json);
    INFO(criteria.status().ToString());
    REQUIRE(criteria.ok());
    return criteria->Describe();
  };
  CHECK(words(R"({"and":[{"field":"country","operator":"eq","value":"ZA"},
                 {"or":[{"event":"order.placed","operator":"gte","value":3,
                         "window":{"last":{"days":30}}},
                        {"field":"/address/city","operator":"isNull"}]}]})") ==
        "country is \"ZA\" and (order.placed in the last 30 days at least 3 "
        "times or address/city is missing)");
  CHECK(words(R"({"event":["a","b"],"aggregate":"sum","of":"total",
                 "where":{"property":"sku","operator":"in","value":["x",1]},
                 "operator":"gt","value":1000,
                 "window":{"calendar":"month","offset":-1}})") ==
        "the sum of total of a or b where sku is one of \"x\", 1 in the month "
        "before this one is more than 1000");
  CHECK(words(R"({"sequence":[{"event":"cart"},{"event":"order"}],
                 "within":{"days":1},"join":"cartId"})") ==
        "cart, and then order within 1 day with the same cartId");
  CHECK(words(R"({"not":{"event":"*","pick":"last","has":{"property":"channel",
                 "operator":"contains","value":"web"}}})") ==
        "not (of the last any event: channel contains \"web\")");
  CHECK(words(R"({"event":"a","aggregate":"last","operator":"lt",
                 "value":{"ago":{"months":3}}})") ==
        "the last a was before 3 months ago");
  CHECK(words(R"({"consent":"marketing","channel":"email"})") ==
        "consent to marketing messages for marketing by email is allow");
  CHECK(words(R"({"bucket":"x","of":100,"from":0,"until":50})") ==
        "bucket 0 to 49 of 100 by \"x\"");
  CHECK(words(R"({"field":"born","operator":"between",
                 "value":["1990-01-01",{"startOf":"year","offset":-20}]})") ==
        "born is between 1990-01-01 and the start of the year 20 years ago");
}

TEST_CASE("parse: the text is kept, and says the same again") {
  const Result<Criteria> criteria = Criteria::Parse(
      " { \"field\" : \"f\", \"operator\": \"eq\",\n\"value\": 1.50 } ");
  REQUIRE(criteria.ok());
  CHECK(criteria->json() == R"({"field":"f","operator":"eq","value":1.50})");
  CHECK(Criteria::Parse(criteria->json())->Describe() == criteria->Describe());
}

}  // namespace
}  // namespace crm
