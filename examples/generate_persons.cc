// Writes made-up person records as CSV, for `crm identity link-file`: the
// first column is the id, the last one (truth) is the person.
//
//   crm_generate_persons --persons 10000 --out persons.csv

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "examples/person_generator.h"

using crm::examples::PersonGenerator;
using crm::examples::PersonOptions;
using crm::examples::PersonRecord;
using crm::examples::PersonStyle;
using crm::examples::Random;

namespace {

int Usage() {
  std::fprintf(stderr,
               "usage: crm_generate_persons [--persons N] [--records N] "
               "[--seed N]\n         [--style clean|historical] [--out FILE]\n"
               "With --records: at most so many lines.\n");
  return 2;
}

int Generate(const PersonOptions& options, uint64_t limit, std::FILE* out) {
  PersonGenerator generator(options);
  std::string line = "record_id";
  for (const std::string& name : generator.columns()) line += "," + name;
  std::fprintf(out, "%s,truth\n", line.c_str());
  std::vector<std::string> lines;
  PersonRecord record;
  while (lines.size() < limit && generator.Next(&record)) {
    line = record.id;
    // No cell has a comma or a quote.
    for (const std::string& cell : record.cells) line += "," + cell;
    lines.push_back(line + "," + std::to_string(record.person));
  }
  // Nobody's records stand together.
  Random random(options.seed);
  for (size_t i = lines.size(); i > 1; --i) {
    lines[i - 1].swap(lines[random.Below(i)]);
  }
  for (const std::string& one : lines) std::fprintf(out, "%s\n", one.c_str());
  return std::ferror(out) != 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  PersonOptions options;
  uint64_t limit = UINT64_MAX;
  std::string path;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) return Usage();
    const std::string value = argv[i + 1];
    if (name == "--persons") {
      options.persons = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--records") {
      limit = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--seed") {
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--style" && value == "historical") {
      options.style = PersonStyle::kHistorical;
    } else if (name == "--style" && value == "clean") {
      options.style = PersonStyle::kClean;
    } else if (name == "--out") {
      path = value;
    } else {
      return Usage();
    }
  }
  std::FILE* const out = path.empty() ? stdout : std::fopen(path.c_str(), "w");
  if (out == nullptr) {
    std::fprintf(stderr, "cannot write %s\n", path.c_str());
    return 1;
  }
  const int code = Generate(options, limit, out);
  if (out != stdout && std::fclose(out) != 0) return 1;
  return code;
}
