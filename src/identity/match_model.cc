// The default model, and models as files.

#include "identity/match_model.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "format/json_tree.h"

namespace crm {
namespace {

constexpr std::string_view kFormat = "libcrm match model";
constexpr int kVersion = 1;
constexpr size_t kMaxModelDepth = 8;
constexpr std::string_view kStateNames[kStates] = {"alone", "agrees",
                                                   "differs"};

// From level 1 (different) on.
using Shares = std::array<double, kMaxLevels - 1>;
struct Default {
  Comparator comparator;
  State state;
  Shares m;
  Shares u;
};

// What persons and pairs of strangers are generally like, in percent. A state
// that is not there is as kAlone. Beside an address that agrees strangers are a
// family: they have one surname, sometimes one given name (father and son),
// and one birth date in a hundred (twins).
constexpr Default kDefaults[] = {
    {kGiven, kAlone, {3, 3, 2, 1, 3, 8, 80}, {93, 3, 1.2, .3, .5, .7, 1.3}},
    {kGiven, kAgrees, {3, 3, 2, 1, 3, 8, 80}, {92, 3, 1.2, .3, .5, .9, 2}},
    {kSurname, kAlone, {5, 3, 3, 9, 80}, {96.5, 2, .4, .6, .5}},
    {kSurname, kAgrees, {4, 2, 3, 7, 84}, {35, 2, 2, 3, 58}},
    {kMiddle, kAlone, {25, 20, 55}, {90, 5, 5}},
    {kBirth, kAlone, {3, 2, 6, 7, 7, 75}, {90, 8, 1.2, .5, .2, .004}},
    {kBirth, kAgrees, {3, 2, 6, 7, 7, 75}, {82, 12, 2, 1.6, .6, 1.8}},
    {kPostcode, kAlone, {15, 7, 8, 70}, {95, 4, .6, .4}},
    {kStreet, kAlone, {15, 5, 10, 70}, {98.5, .7, .3, .5}},
    {kStreet, kAgrees, {6, 5, 12, 77}, {60, 2, 2, 36}},
    {kStreet, kDiffers, {60, 8, 7, 25}, {98.5, .7, .3, .5}},
    {kHouse, kAlone, {12, 8, 80}, {90, 7, 3}},
    {kHouse, kAgrees, {5, 7, 88}, {57, 6, 37}},
    {kHouse, kDiffers, {65, 7, 28}, {90, 7, 3}},
    {kCity, kAlone, {12, 4, 7, 77}, {97, 1, .3, 1.7}},
    {kCity, kAgrees, {3, 3, 9, 85}, {8, 2, 5, 85}},
    {kCity, kDiffers, {50, 5, 5, 40}, {97, 1, .3, 1.7}},
    {kRegion, kAlone, {8, 3, 89}, {83, 1, 16}},
    {kRegion, kAgrees, {3, 2, 95}, {4, 2, 94}},
    {kRegion, kDiffers, {30, 3, 67}, {83, 1, 16}},
    {kCountry, kAlone, {2, 1, 97}, {30, 1, 69}},
    {kCountry, kAgrees, {1, 1, 98}, {1, 1, 98}},
    {kCountry, kDiffers, {10, 1, 89}, {50, 1, 49}},
    {kPhone, kAlone, {35, 3, 62}, {99.996, .002, .002}},
    {kPhone, kAgrees, {30, 3, 67}, {60, 1, 39}},
    {kPhone, kDiffers, {55, 3, 42}, {99.996, .002, .002}},
    {kEmail, kAlone, {35, 5, 8, 52}, {99.84, .1, .05, .01}},
    {kEmail, kAgrees, {30, 5, 8, 57}, {86, 3, 2, 9}},
    {kEmail, kDiffers, {35, 7, 12, 46}, {90, 7, 3, .01}},
    {kNationalId, kAlone, {4, 4, 10, 82}, {99.85, .1, .04, .01}},
    {kSex, kAlone, {3, 97}, {50, 50}},
    {kSex, kAgrees, {1, 99}, {4, 96}},
    {kSex, kDiffers, {10, 90}, {52, 48}},
    {kOccupation, kAlone, {30, 10, 5, 55}, {90, 3, 1, 6}},
    {kBirthPlace, kAlone, {20, 8, 8, 64}, {95, 2, .5, 2.5}},
    {kBirthPlace, kAgrees, {20, 8, 8, 64}, {80, 4, 1, 15}},
    {kOther0, kAlone, {20, 5, 8, 67}, {96, 1, .5, 2.5}},
};

MatchModel::Impl MakeDefault() {
  MatchModel::Impl model;
  const auto copy = [](const ComparatorInfo& info, const Shares& shares,
                       LevelTable* out) {
    double sum = 0;
    for (size_t i = 1; i < info.levels; ++i) sum += shares[i - 1];
    for (size_t i = 1; i < info.levels; ++i) (*out)[i] = shares[i - 1] / sum;
  };
  for (const Default& one : kDefaults) {
    const ComparatorInfo& info = InfoOf(one.comparator);
    copy(info, one.m, &model.m[one.comparator][one.state]);
    copy(info, one.u, &model.u[one.comparator][one.state]);
  }
  for (size_t c = 0; c < kComparators; ++c) {
    if (c > kOther0) {
      model.m[c] = model.m[kOther0];
      model.u[c] = model.u[kOther0];
    }
    for (size_t s = kAgrees; s < kStates; ++s) {
      if (model.m[c][s][kDifferent] > 0) continue;
      model.m[c][s] = model.m[c][kAlone];
      model.u[c][s] = model.u[c][kAlone];
    }
  }
  return model;
}

// Seven digits: the same bytes from the same bits.
std::string Number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value,
                                 std::chars_format::general, 7);
  return std::string(text, end.ptr);
}

void AppendTables(const ComparatorInfo& info, const StateTables& tables,
                  std::string* out) {
  for (size_t s = 0; s < kStates; ++s) {
    *out += s == 0 ? "{" : ",";
    *out += "\"" + std::string(kStateNames[s]) + "\":[";
    for (size_t level = 1; level < info.levels; ++level) {
      if (level > 1) *out += ",";
      *out += Number(tables[s][level]);
    }
    *out += "]";
  }
  *out += "}";
}

Status BadModel(const std::string& path, std::string_view what) {
  return Status(StatusCode::kInvalidArgument,
                "model: " + path + ": " + std::string(what));
}

bool ReadNumber(const JsonTree& json, double* value) {
  const char* const end = json.text.data() + json.text.size();
  return json.Is(JsonTree::Kind::kNumber) &&
         std::from_chars(json.text.data(), end, *value).ec == std::errc();
}

Status ReadTable(const JsonTree* array, const std::string& path, size_t levels,
                 LevelTable* out) {
  if (array == nullptr || !array->Is(JsonTree::Kind::kArray) ||
      array->elements.size() != levels - 1) {
    return BadModel(
        path, "must be an array of " + std::to_string(levels - 1) + " numbers");
  }
  double sum = 0;
  for (size_t i = 0; i + 1 < levels; ++i) {
    const JsonTree& element = array->elements[i];
    double value = -1;
    if (!ReadNumber(element, &value) || !(value > 0 && value <= 1)) {
      return BadModel(path, "holds what is no number between 0 and 1");
    }
    (*out)[i + 1] = value;
    sum += value;
  }
  if (std::abs(sum - 1) > 1e-4) return BadModel(path, "the sum is not 1");
  return Status();
}

Status ReadTables(const JsonTree* object, const std::string& path,
                  const ComparatorInfo& info, StateTables* out) {
  if (object == nullptr || object->keys.size() != kStates) {
    return BadModel(path, "must have alone, agrees and differs");
  }
  for (size_t s = 0; s < kStates; ++s) {
    const std::string name(kStateNames[s]);
    Status status = ReadTable(object->Find(name), path + "." + name,
                              info.levels, &(*out)[s]);
    if (!status.ok()) return status;
  }
  return Status();
}

Status ReadField(const std::string& name, const JsonTree& json,
                 MatchModel::Impl* model) {
  const std::string path = "fields." + name;
  const std::optional<Comparator> comparator = ComparatorOfName(name);
  if (!comparator.has_value()) return BadModel(path, "is not known");
  const ComparatorInfo& info = InfoOf(*comparator);
  const JsonTree* const levels = json.Find("levels");
  bool same = levels != nullptr && json.keys.size() == 3 &&
              levels->elements.size() == info.levels - 1u;
  for (size_t i = 1; same && i < info.levels; ++i) {
    same = levels->elements[i - 1].text == info.level_names[i];
  }
  if (!same) {
    return BadModel(path, "must have the levels of this version, m and u");
  }
  Status status =
      ReadTables(json.Find("m"), path + ".m", info, &model->m[*comparator]);
  if (status.ok()) {
    status =
        ReadTables(json.Find("u"), path + ".u", info, &model->u[*comparator]);
  }
  return status;
}

// Checks what is around the fields.
Status ReadHead(const JsonTree& tree, MatchModel::Impl* model) {
  const JsonTree* const format = tree.Find("format");
  if (format == nullptr || format->text != kFormat) {
    return BadModel("format", "must be \"" + std::string(kFormat) + "\"");
  }
  const JsonTree* const version = tree.Find("version");
  if (version == nullptr || !version->Is(JsonTree::Kind::kNumber)) {
    return BadModel("version", "must be a number");
  }
  if (version->text != std::to_string(kVersion)) {
    return Status(StatusCode::kUnsupported,
                  "model: version: only 1 can be read here");
  }
  const JsonTree* const records = tree.Find("trained_on");
  if (records == nullptr || !records->Is(JsonTree::Kind::kNumber) ||
      records->text.find_first_not_of("0123456789") != std::string::npos ||
      records->text.size() > 18) {
    return BadModel("trained_on", "must be a count");
  }
  model->trained_on = std::strtoull(records->text.c_str(), nullptr, 10);
  const auto positive = [&](std::string_view name, double* value) {
    const JsonTree* const json = tree.Find(name);
    return json != nullptr && ReadNumber(*json, value) && *value > 0 &&
           *value < 1e6;
  };
  if (!positive("household", &model->household)) {
    return BadModel("household", "must be a number over 0");
  }
  if (!positive("shared_contact", &model->shared_contact)) {
    return BadModel("shared_contact", "must be a number over 0");
  }
  return Status();
}

}  // namespace

const MatchModel::Impl& DefaultTables() {
  static const MatchModel::Impl& model = *new MatchModel::Impl(MakeDefault());
  return model;
}

MatchModel::MatchModel(std::shared_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}

MatchModel MatchModel::Default() {
  return MatchModel(std::make_shared<const Impl>(DefaultTables()));
}

uint64_t MatchModel::trained_on() const { return impl_->trained_on; }

std::string MatchModel::ToJson() const {
  std::string out = "{\"format\":\"" + std::string(kFormat) +
                    "\",\n\"version\":" + std::to_string(kVersion) +
                    ",\n\"trained_on\":" + std::to_string(impl_->trained_on) +
                    ",\n\"household\":" + Number(impl_->household) +
                    ",\n\"shared_contact\":" + Number(impl_->shared_contact) +
                    ",\n\"fields\":{";
  for (size_t c = 0; c < kComparators; ++c) {
    const ComparatorInfo& info = InfoOf(c);
    out += c == 0 ? "\n\"" : ",\n\"";
    out += std::string(info.name) + "\":{\"levels\":[";
    for (size_t level = 1; level < info.levels; ++level) {
      if (level > 1) out += ",";
      out += "\"" + std::string(info.level_names[level]) + "\"";
    }
    out += "],\n \"m\":";
    AppendTables(info, impl_->m[c], &out);
    out += ",\n \"u\":";
    AppendTables(info, impl_->u[c], &out);
    out += "}";
  }
  return out + "}}\n";
}

Result<MatchModel> MatchModel::FromJson(std::string_view json) {
  Result<JsonTree> tree = ParseJsonTree(json, kMaxModelDepth, "model");
  if (!tree.ok()) return tree.status();
  if (!tree->Is(JsonTree::Kind::kObject)) {
    return Status(StatusCode::kMalformed, "model: must be an object");
  }
  auto model = std::make_shared<Impl>(DefaultTables());
  Status status = ReadHead(*tree, model.get());
  if (!status.ok()) return status;
  for (const std::string& key : tree->keys) {
    if (key != "format" && key != "version" && key != "trained_on" &&
        key != "household" && key != "shared_contact" && key != "fields") {
      return BadModel(key, "is not known");
    }
  }
  const JsonTree* const fields = tree->Find("fields");
  if (fields == nullptr || fields->keys.size() != kComparators) {
    return BadModel("fields",
                    "must be an object with all fields of this version");
  }
  for (size_t i = 0; i < fields->keys.size(); ++i) {
    status = ReadField(fields->keys[i], fields->elements[i], model.get());
    if (!status.ok()) return status;
  }
  return MatchModel(std::move(model));
}

}  // namespace crm
