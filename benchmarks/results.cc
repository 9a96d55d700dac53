#include "benchmarks/results.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

namespace crm::bench {
namespace {

std::string ShowNumber(double value) {
  char text[48];
  const double size = std::fabs(value);
  const char* const format = size >= 1000  ? "%.0f"
                             : size >= 100 ? "%.1f"
                             : size >= 1   ? "%.2f"
                                           : "%.3g";
  std::snprintf(text, sizeof(text), format, value);
  std::string digits = text;
  if (size < 1000) return digits;
  for (size_t i = digits.size() - 3; i > (value < 0 ? 1u : 0u); i -= 3) {
    digits.insert(i, ",");
    if (i < 4) break;
  }
  return digits;
}

std::string JsonNumber(double value) {
  if (!std::isfinite(value)) return "null";
  char text[48];
  std::snprintf(text, sizeof(text), "%.6g", value);
  return text;
}

// The names and units here hold nothing but plain ASCII.
std::string JsonText(const std::string& text) {
  if (text.empty()) return "null";
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string ToJson(const Measurement& m) {
  const bool compared = !m.comparator.empty();
  const bool has_goal = m.kind != Goal::kNone;
  std::string json = "{\"name\": " + JsonText(m.name);
  json += ", \"value\": " + JsonNumber(m.value);
  json += ", \"unit\": " + JsonText(m.unit);
  json += ", \"comparator\": " + JsonText(m.comparator);
  json += ", \"comparator_value\": ";
  json += compared ? JsonNumber(m.comparator_value) : "null";
  json += ", \"ratio\": ";
  json += compared ? JsonNumber(m.ratio()) : "null";
  json += ", \"goal\": ";
  json += has_goal ? JsonNumber(m.goal) : "null";
  json += ", \"goal_of\": ";
  json += !has_goal ? "null" : compared ? "\"ratio\"" : "\"value\"";
  json += ", \"goal_kind\": ";
  json += !has_goal                 ? "null"
          : m.kind == Goal::kAtMost ? "\"at most\""
                                    : "\"at least\"";
  json += ", \"met\": ";
  json += !has_goal ? "null" : m.met() ? "true" : "false";
  return json + "}";
}

std::string ShowGoal(const Measurement& m) {
  if (m.kind == Goal::kNone) return "";
  std::string text = m.kind == Goal::kAtLeast ? ">= " : "<= ";
  text += ShowNumber(m.goal);
  if (!m.comparator.empty()) text += "x";
  return text;
}

}  // namespace

double Measurement::ratio() const {
  return comparator_value != 0 ? value / comparator_value : 0;
}

bool Measurement::met() const {
  const double judged = comparator.empty() ? value : ratio();
  if (!std::isfinite(judged)) return false;
  return kind == Goal::kAtLeast ? judged >= goal : judged <= goal;
}

void Results::Add(Measurement measurement) {
  all_.push_back(std::move(measurement));
}

void Results::Plain(std::string name, double value, std::string unit) {
  Add({.name = std::move(name), .value = value, .unit = std::move(unit)});
}

void Results::AtLeast(std::string name, double value, std::string unit,
                      double goal) {
  Add({.name = std::move(name),
       .value = value,
       .unit = std::move(unit),
       .kind = Goal::kAtLeast,
       .goal = goal});
}

void Results::AtMost(std::string name, double value, std::string unit,
                     double goal) {
  Add({.name = std::move(name),
       .value = value,
       .unit = std::move(unit),
       .kind = Goal::kAtMost,
       .goal = goal});
}

void Results::Ratio(std::string name, double value, std::string unit,
                    std::string comparator, double comparator_value,
                    double goal) {
  Add({.name = std::move(name),
       .value = value,
       .unit = std::move(unit),
       .comparator = std::move(comparator),
       .comparator_value = comparator_value,
       .kind = Goal::kAtLeast,
       .goal = goal});
}

void Results::PrintTable() const {
  std::map<std::string, int> comparators;
  int goals = 0;
  int met = 0;
  std::printf("\n%-46s %12s %-9s %12s %8s %12s  %s\n", "measured", "value",
              "unit", "comparator", "ratio", "goal", "");
  for (const Measurement& m : all_) {
    std::string rival;
    std::string ratio;
    if (!m.comparator.empty()) {
      const int number =
          comparators
              .emplace(m.comparator, static_cast<int>(comparators.size()) + 1)
              .first->second;
      rival = "[" + std::to_string(number) + "] ";
      rival += ShowNumber(m.comparator_value);
      ratio = ShowNumber(m.ratio()) + "x";
    }
    const bool has_goal = m.kind != Goal::kNone;
    goals += has_goal;
    met += has_goal && m.met();
    std::printf("%-46s %12s %-9s %12s %8s %12s  %s\n", m.name.c_str(),
                ShowNumber(m.value).c_str(), m.unit.c_str(), rival.c_str(),
                ratio.c_str(), ShowGoal(m).c_str(),
                !has_goal ? ""
                : m.met() ? "met"
                          : "NOT MET");
  }
  for (const auto& [text, number] : comparators) {
    std::printf("[%d] %s\n", number, text.c_str());
  }
  std::printf("%d of %d goals met\n", met, goals);
}

Status Results::WriteJson(const std::string& path) const {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return Status(StatusCode::kIoError, "cannot write " + path);
  }
  std::fputs("[\n", file);
  for (size_t i = 0; i < all_.size(); ++i) {
    std::fprintf(file, "  %s%s\n", ToJson(all_[i]).c_str(),
                 i + 1 < all_.size() ? "," : "");
  }
  std::fputs("]\n", file);
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) == 0 && !failed) return Status::Ok();
  return Status(StatusCode::kIoError, "cannot write " + path);
}

}  // namespace crm::bench
