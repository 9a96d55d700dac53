// crm_generate: writes a made-up stream of events as NDJSON, one event a line.
//
//   crm_generate --events 50000 --customers 5000 --out events.ndjson

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "examples/event_generator.h"

namespace {

using crm::examples::EventGenerator;
using crm::examples::StreamOptions;
using crm::examples::StreamShape;

constexpr char kUsage[] =
    "usage: crm_generate [options]\n"
    "  --events N      lines to write (50000)\n"
    "  --customers N   people they are about (5000)\n"
    "  --seed N        another seed, another stream (1)\n"
    "  --shape SHAPE   mixed, crm, domain or flat envelopes (mixed)\n"
    "  --bench         the uniform stream of the benchmarks\n"
    "  --tenant NAME   what the events name as their tenant (default)\n"
    "  --out FILE      where to (standard output)\n";

struct Arguments {
  StreamOptions options;
  std::string out;
};

bool ParseNumber(const char* text, uint64_t* value) {
  char* end = nullptr;
  *value = std::strtoull(text, &end, 10);
  return end != text && *end == '\0' && *text != '-';
}

bool ParseShape(std::string_view name, StreamShape* shape) {
  if (name == "mixed")
    *shape = StreamShape::kMixed;
  else if (name == "crm")
    *shape = StreamShape::kCrm;
  else if (name == "domain")
    *shape = StreamShape::kDomain;
  else if (name == "flat")
    *shape = StreamShape::kFlat;
  else
    return false;
  return true;
}

bool Parse(int argc, char** argv, Arguments* arguments) {
  StreamOptions& options = arguments->options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--bench") {
      options.shape = StreamShape::kBench;
      continue;
    }
    if (i + 1 == argc) return false;
    const char* const value = argv[++i];
    bool good = true;
    if (name == "--events") {
      good = ParseNumber(value, &options.events);
    } else if (name == "--customers") {
      good = ParseNumber(value, &options.customers);
    } else if (name == "--seed") {
      good = ParseNumber(value, &options.seed);
    } else if (name == "--shape") {
      good = ParseShape(value, &options.shape);
    } else if (name == "--tenant") {
      options.tenant = value;
    } else if (name == "--out") {
      arguments->out = value;
    } else {
      good = false;
    }
    if (!good) return false;
  }
  return true;
}

bool WriteAll(const StreamOptions& options, std::FILE* file) {
  EventGenerator generator(options);
  std::string json;
  bool good = true;
  while (good && generator.Next(&json)) {
    json.push_back('\n');
    good = std::fwrite(json.data(), 1, json.size(), file) == json.size();
  }
  if (std::fflush(file) != 0) good = false;
  const auto& counts = generator.counts();
  std::fprintf(stderr,
               "%llu events: %llu of them late, %llu duplicates,"
               " %llu that belong to nobody\n",
               static_cast<unsigned long long>(counts.events),
               static_cast<unsigned long long>(counts.late),
               static_cast<unsigned long long>(counts.duplicates),
               static_cast<unsigned long long>(counts.unattributed));
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!Parse(argc, argv, &arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::FILE* file = stdout;
  if (!arguments.out.empty()) file = std::fopen(arguments.out.c_str(), "wb");
  if (file == nullptr) {
    std::fprintf(stderr, "crm_generate: cannot write %s: %s\n",
                 arguments.out.c_str(), std::strerror(errno));
    return 1;
  }
  bool good = WriteAll(arguments.options, file);
  if (file != stdout && std::fclose(file) != 0) good = false;
  if (!good) std::fputs("crm_generate: could not write everything\n", stderr);
  return good ? 0 : 1;
}
