// Schemas: what checking an event costs, beside valijson. Of libcrm only the
// public headers are to be seen here, and there a check is a part of an
// append; so a program of the tests measures, and this one tells.

#include <cstdio>
#include <string>
#include <vector>

#include "benchmarks/bench.h"

namespace crm::bench {
namespace {

// Nanoseconds per event.
struct Answer {
  double own = 0;
  double parsing = 0;
  double alone = 0;
  double bytes = 0;
};

Result<Answer> RunProgram() {
#ifdef CRM_BENCH_SCHEMA_SPEED
  std::FILE* const pipe = popen("'" CRM_BENCH_SCHEMA_SPEED "'", "r");
  if (pipe == nullptr) return Status(StatusCode::kIoError, "no pipe");
  Answer answer;
  const int read = std::fscanf(pipe, "%lf %lf %lf %lf", &answer.own,
                               &answer.parsing, &answer.alone, &answer.bytes);
  if (pclose(pipe) == 0 && read == 4) return answer;
  return Status(StatusCode::kInternal, "crm_schema_speed failed");
#else
  return Status(StatusCode::kNotFound, "the tests are not built");
#endif
}

Result<Timing> RunValidate(const Flags&, Results& results) {
  const Result<Answer> answer = RunProgram();
  if (!answer.ok()) return answer.status();
  results.AtMost("schema/validate", answer->own, "ns/event", 1000);
  results.Ratio("schema/validate/events", 1e9 / answer->own, "events/s",
                "valijson over nlohmann::json, with the parse",
                1e9 / answer->parsing, 10);
  results.Ratio("schema/validate/parsed", 1e9 / answer->own, "events/s",
                "valijson over nlohmann::json, parsed before",
                1e9 / answer->alone, 1);
  results.Plain("schema/validate/payload", answer->bytes, "bytes");
  return Timing{answer->own / 1e9, 1};
}

}  // namespace

std::vector<Workload> SchemaWorkloads() {
  return {{"schema/validate",
           "the catalogue's events against their schemas, beside valijson",
           false, RunValidate}};
}

}  // namespace crm::bench
