#include "ingest/json_redact.h"

#include <doctest/doctest.h>

namespace crm::ingest {

TEST_CASE("redact: values of named members, at any depth, and nothing else") {
  JsonRedactor redactor;
  redactor.Add("agent");
  CHECK(redactor.Redact(R"({"agent":"Bo"})") == R"({"agent":"[redacted]"})");
  CHECK(redactor.Redact(R"({"a":[{"agent" : {"id":1,"x":[2,"}"]}, "b":3}]})") ==
        R"({"a":[{"agent" : "[redacted]", "b":3}]})");
  CHECK(redactor.count() == 2);
  // A text that says so, a longer name, nothing to take out.
  for (const char* same :
       {R"({"a":"agent","userAgent":"x"})", R"({"a":"\"agent\":1"})",
        R"({"agent":null})", R"({"agent":""})", R"(["agent"])", "{}", "7"}) {
    CHECK(redactor.Redact(same) == same);
  }
  CHECK(redactor.count() == 2);
  // Written with an escape it is the same name.
  CHECK(redactor.Redact(R"({"\u0061gent":12,"b":"c"})") ==
        R"({"\u0061gent":"[redacted]","b":"c"})");
}

}  // namespace crm::ingest
