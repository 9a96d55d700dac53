#include "benchmarks/bench.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace crm::bench {
namespace {

// "--name=value": true when `argument` is `name`, and then the value.
bool Takes(std::string_view argument, std::string_view name,
           std::string* value) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  if (!argument.starts_with("=")) return false;
  *value = argument.substr(1);
  return true;
}

}  // namespace

Status ParseFlags(int* argc, char** argv, Flags* flags) {
  flags->out = CRM_BENCH_OUTPUT;
  flags->scratch = CRM_BENCH_SCRATCH;
  flags->data = CRM_BENCH_SOURCE "/../shared/data";
  int kept = 1;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = argv[i];
    std::string value;
    if (argument == "--help" || argument == "-h") {
      flags->help = true;
    } else if (argument == "--list") {
      flags->list = true;
    } else if (argument == "--long") {
      flags->run_long = true;
    } else if (argument == "--keep") {
      flags->keep = true;
    } else if (Takes(argument, "--out", &flags->out) ||
               Takes(argument, "--scratch", &flags->scratch) ||
               Takes(argument, "--data", &flags->data)) {
      continue;
    } else if (Takes(argument, "--scale", &value)) {
      flags->scale = std::strtod(value.c_str(), nullptr);
      if (!(flags->scale > 0 && flags->scale <= 10)) {
        return Status(StatusCode::kInvalidArgument,
                      "--scale: must be above 0, and at most 10");
      }
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  return Status::Ok();
}

uint64_t Scaled(const Flags& flags, uint64_t size) {
  const auto scaled = static_cast<uint64_t>(
      std::llround(flags.scale * static_cast<double>(size)));
  // Whole batches of 500.
  return std::max<uint64_t>((scaled + 499) / 500 * 500, 1000);
}

}  // namespace crm::bench
