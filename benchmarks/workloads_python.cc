// The Python package beside C++: the same events, the same batches, one
// thread. Skipped when the package is not built.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/child.h"
#include "benchmarks/files.h"

namespace crm::bench {
namespace {

constexpr int kRounds = 3;

// What the script prints: seconds, and how many of something.
struct Answer {
  double seconds = 0;
  double count = 0;
};

Result<Answer> RunScript(const std::string& arguments) {
#ifdef CRM_BENCH_PYTHON
  const std::string command = "PYTHONPATH='" CRM_BENCH_PYTHON_PACKAGE
                              "' '" CRM_BENCH_PYTHON "' -B '" CRM_BENCH_SOURCE
                              "/benchmarks/python_append.py' " +
                              arguments;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return Status(StatusCode::kIoError, "no pipe");
  Answer answer;
  const int read = std::fscanf(pipe, "%lf %lf", &answer.seconds, &answer.count);
  if (pclose(pipe) == 0 && read == 2) return answer;
  return Status(StatusCode::kInternal, "python_append.py failed");
#else
  return Status(StatusCode::kNotFound,
                "the Python package is not built: " + arguments);
#endif
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Events per second, Close included.
Result<double> CppRate(const std::string& input, const std::string& store) {
  const AppendPlan plan = {
      .input = input, .store = store, .threads = 1, .options = MakeOptions()};
  const Result<Figures> wrote =
      RunInChild([&](Figures* figures) { return WriteStore(plan, figures); });
  RemovePath(store);
  if (!wrote.ok()) return wrote.status();
  return wrote->at("events") / wrote->at("seconds");
}

Result<double> PythonRate(const std::string& mode, const std::string& input,
                          const std::string& store) {
  const Result<Answer> ran =
      RunScript(mode + " '" + input + "' '" + store + "'");
  RemovePath(store);
  if (!ran.ok()) return ran.status();
  return ran->count / ran->seconds;
}

Result<Timing> RunAppendMany(const Flags& flags, Results& results) {
  const Result<Answer> import = RunScript("import");
  if (!import.ok()) return import.status();
  const Size size = {"200k_20k", kMillion / 5, kMillion / 50};
  const Result<std::string> input = MakeInput(flags, size);
  if (!input.ok()) return input.status();
  const std::string store = ScratchPath(flags, "store_python");
  RemovePath(store);
  // In turns, so that what disturbs one disturbs all.
  std::vector<double> cpp, ndjson, dicts, imports;
  for (int round = 0; round < kRounds; ++round) {
    const Result<double> first = CppRate(*input, store);
    if (!first.ok()) return first.status();
    const Result<double> second = PythonRate("ndjson", *input, store);
    if (!second.ok()) return second.status();
    const Result<double> third = PythonRate("dicts", *input, store);
    if (!third.ok()) return third.status();
    const Result<Answer> again = RunScript("import");
    if (!again.ok()) return again.status();
    cpp.push_back(*first);
    ndjson.push_back(*second);
    dicts.push_back(*third);
    imports.push_back(again->seconds);
  }
  const std::string beside = "AppendJson of C++, one thread, 500 per call";
  results.Ratio("python/append_many/ndjson/200k_20k", Median(ndjson),
                "events/s", beside, Median(cpp), 0.8);
  results.Ratio("python/append_many/dicts/200k_20k", Median(dicts), "events/s",
                beside, Median(cpp), 0.5);
  results.Plain("python/import_time", Median(imports) * 1000, "ms");
  results.Plain("python/extension", import->count / 1e6, "MB");
  const double events = static_cast<double>(Scaled(flags, size.events));
  return Timing{events / Median(dicts), events};
}

}  // namespace

std::vector<Workload> PythonWorkloads() {
  return {{"python/append_many",
           "the Python package beside C++; import time and size", false,
           RunAppendMany}};
}

}  // namespace crm::bench
