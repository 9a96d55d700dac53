#include "ingest/json_members.h"

#include <doctest/doctest.h>

#include <string>

namespace crm::ingest {
namespace {

TEST_CASE("members: taken, looked at and left as they are") {
  JsonMembers members;
  REQUIRE(members
              .Split(" {\"a\" : 1.50, \"\\u0062\":\"x\\n\",\"c\":{\"d\":[1 , "
                     "\"]}\"]}, \"n\":null,\"e\":\"\"} ")
              .ok());
  CHECK(members.Peek("b") == "\"x\\n\"");
  CHECK(members.TakeScalar("a") == "1.50");
  CHECK(members.TakeObject("c") == "{\"d\":[1 , \"]}\"]}");
  CHECK(members.Take("n").empty());
  CHECK(members.TakeString("e").empty());
  CHECK(members.Take("z").empty());
  CHECK(members.Has("n"));
  CHECK_FALSE(members.Has("z"));
  std::string rest = "{";
  members.AppendRest(&rest);
  CHECK(rest == "{\"\\u0062\":\"x\\n\",\"n\":null,\"e\":\"\"");
  CHECK(members.ok());
  // Only what is a string for certain can be dropped.
  REQUIRE(members.Split(R"({"k":"abc","l":"a\q","m":5,"n":"\xc3\xa9"})").ok());
  for (const char* name : {"k", "l", "m", "n"}) members.Drop(name);
  rest = "{";
  members.AppendRest(&rest);
  CHECK(rest.starts_with(R"({"l":"a\q","m":5,"n":)"));
}

TEST_CASE("members: what is wrong is named once") {
  JsonMembers members;
  REQUIRE(members.Split("{\"a\":1,\"b\":true,\"a\":2}", "x.").ok());
  CHECK(members.TakeScalar("b").empty());
  members.TakeString("a");
  CHECK(members.status().message() == "x.b: neither a string nor a number");
  REQUIRE(members.Split("{\"a\":1,\"a\":2}").ok());
  members.Take("a");
  CHECK(members.status().message() == "a: is there twice");
  REQUIRE(members.Split("{}").ok());
  CHECK(members.ok());
}

TEST_CASE("members: what is no object") {
  JsonMembers members;
  for (const char* text : {"",
                           " ",
                           "1",
                           "[]",
                           "{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":}",
                           "{\"a\":1",
                           "{\"a\":1,",
                           "{\"a\":1 2}",
                           "{a:1}",
                           "{\"a\":1}x",
                           "{\"a\":[1}]}",
                           "{\"a\":{\"b\":1]}",
                           "{\"a\":\"x}",
                           "{,}",
                           "{\"a\":1,,\"b\":2}",
                           "{\"a\\",
                           "{\"a\":\"\\"}) {
    CHECK_MESSAGE(!members.Split(text).ok(), text);
    CHECK(members.status().code() == StatusCode::kMalformed);
  }
}

TEST_CASE("the text of a JSON string") {
  CHECK(TextOfJson("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"") == "a\"\\/\b\f\n\r\t");
  CHECK(TextOfJson("\"\\u0041\\u00e9\\u20AC\"") == "A\xc3\xa9\xe2\x82\xac");
  CHECK(TextOfJson("\"\\ud83d\\ude00\"") == "\xf0\x9f\x98\x80");
  CHECK(TextOfJson("12.0") == "12.0");
  CHECK(TextOfJson("") == "");
  // What is no escape stays; it is refused with the event.
  for (const std::string bad :
       {"\\", "\\u12", "\\ud83d", "\\ud83d\\u", "\\x", "\\ude00"}) {
    CHECK(TextOfJson("\"" + bad + "\"") == bad);
  }
}

TEST_CASE("objects put together") {
  std::string out = "{";
  AppendInner("{}", &out);
  AppendInner("{ \n}", &out);
  CHECK(out == "{");
  AppendMember("a", "1", &out);
  AppendInner("{ \"b\":2 }", &out);
  CHECK(out == "{\"a\":1,\"b\":2 ");
}

}  // namespace
}  // namespace crm::ingest
