// What checking an event costs: the made-up club's payloads, each against the
// catalogue's schema of its type, beside valijson over nlohmann::json. Prints
// nanoseconds per event: libcrm; valijson with the parse that it needs;
// valijson alone, on documents parsed before; and the bytes of a payload.
// benchmarks/workloads_schema.cc runs it.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "event/catalogue.h"
#include "event/schema.h"
#include "examples/event_generator.h"
#include "format/json.h"

namespace crm {
namespace {

using valijson::adapters::NlohmannJsonAdapter;

constexpr uint64_t kEvents = 2'000;
constexpr int kRounds = 5;

double ThreadTime() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

// The schema of one type, on both sides.
struct Sides {
  explicit Sides(Schema own_schema) : own(std::move(own_schema)) {}
  Schema own;
  nlohmann::json document;
  valijson::Schema rival;
};

struct Sample {
  const Sides* sides;
  std::string payload;
  nlohmann::json parsed;
};

class Speed final {
 public:
  bool Make() {
    examples::EventGenerator generator({.events = kEvents, .customers = 200});
    EventDecoder decoder;
    DecodedEvent event;
    std::string json;
    while (generator.Next(&json)) {
      if (!decoder.Decode(json, &event).ok()) return false;
      const CatalogueSchema* entry = FindCatalogueSchema(event.type);
      if (entry == nullptr) continue;
      const Sides* sides = SidesOf(*entry);
      if (sides == nullptr) return false;
      samples_.push_back({sides, std::string(event.payload),
                          nlohmann::json::parse(event.payload)});
    }
    return !samples_.empty();
  }

  double Bytes() const {
    double bytes = 0;
    for (const Sample& sample : samples_) {
      bytes += static_cast<double>(sample.payload.size());
    }
    return bytes / static_cast<double>(samples_.size());
  }

  // Nanoseconds of this thread per event, the best of some rounds; below 0: a
  // payload was found invalid.
  template <typename F>
  double Measure(F&& is_valid) const {
    double best = -1;
    for (int round = 0; round < kRounds; ++round) {
      const double start = ThreadTime();
      for (const Sample& sample : samples_) {
        if (!is_valid(sample)) return -1;
      }
      const double each =
          (ThreadTime() - start) / static_cast<double>(samples_.size());
      best = best < 0 ? each : std::min(best, each);
    }
    return best;
  }

 private:
  const Sides* SidesOf(const CatalogueSchema& entry) {
    const auto found = sides_.find(entry.type);
    if (found != sides_.end()) return found->second.get();
    Result<Schema> own = Schema::Compile(entry.json);
    if (!own.ok()) return nullptr;
    auto sides = std::make_unique<Sides>(std::move(own).value());
    sides->document = nlohmann::json::parse(entry.json);
    // It does not know the name of the newer draft.
    sides->document.erase("$schema");
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(NlohmannJsonAdapter(sides->document), sides->rival);
    return sides_.emplace(entry.type, std::move(sides)).first->second.get();
  }

  std::map<std::string_view, std::unique_ptr<Sides>> sides_;
  std::vector<Sample> samples_;
};

bool RivalTakes(const Sample& sample, const nlohmann::json& value) {
  valijson::Validator validator;
  return validator.validate(sample.sides->rival, NlohmannJsonAdapter(value),
                            nullptr);
}

int Main() {
  Speed speed;
  if (!speed.Make()) return 1;
  const double own = speed.Measure([](const Sample& sample) {
    return sample.sides->own.Validate(sample.payload, nullptr);
  });
  const double parsing = speed.Measure([](const Sample& sample) {
    return RivalTakes(sample, nlohmann::json::parse(sample.payload));
  });
  const double alone = speed.Measure(
      [](const Sample& sample) { return RivalTakes(sample, sample.parsed); });
  std::printf("%.1f %.1f %.1f %.1f\n", own, parsing, alone, speed.Bytes());
  return own > 0 && parsing > 0 && alone > 0 ? 0 : 1;
}

}  // namespace
}  // namespace crm

int main() { return crm::Main(); }
