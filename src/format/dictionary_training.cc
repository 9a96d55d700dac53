// TrainDictionary: the skeleton that most samples share, their keys with all
// punctuation and with every value left empty, as
// {"email":"","phoneNumber":"","address":{"city":""}}. A typical text then
// consists of runs of the skeleton (`","phoneNumber":"`) and of values.

#include <algorithm>
#include <memory>

#include "crm/event.h"
#include "format/dictionary.h"
#include "format/json_internal.h"

namespace crm {
namespace {

constexpr size_t kMaxKeyBytes = 64;
// An object with more keys is a map: its keys are data.
constexpr size_t kMaxChildren = 256;
constexpr size_t kMaxDigitsInARow = 4;

// What was seen at one place of the samples.
struct Place {
  std::string key;
  size_t samples = 0;
  size_t last_sample = 0;  // 1-based.
  size_t strings = 0;
  size_t objects = 0;
  size_t arrays = 0;
  std::vector<std::unique_ptr<Place>> children;

  Place* Child(std::string_view name) {
    for (const auto& child : children) {
      if (child->key == name) return child.get();
    }
    if (children.size() >= kMaxChildren) return nullptr;
    children.push_back(std::make_unique<Place>());
    children.back()->key = name;
    return children.back().get();
  }
};

// Looks like a name that a programmer chose. Somebody's number or address may
// be a key in a map, and if half of the samples are hers it would be common.
bool IsFieldName(std::string_view key) {
  if (key.empty() || key.size() > kMaxKeyBytes) return false;
  size_t digits = 0;
  for (size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        c == '_' || c == '$';
    digits = digit ? digits + 1 : 0;
    if (digits > kMaxDigitsInARow) return false;
    if (letter || (i > 0 && (digit || c == '-' || c == '.'))) continue;
    return false;
  }
  return true;
}

class Survey final {
 public:
  // Finds the objects in the sample, whatever lies between them.
  void Add(std::string_view sample) {
    ++sample_;
    size_t found = 0;
    size_t at = sample.find('{');
    while (at != std::string_view::npos) {
      JsonScanner check(sample.substr(at), kMaxJsonDepth, nullptr);
      size_t next = at + 1;
      if (check.TakeValue(0)) {
        next = at + check.offset();
        if (found == roots_.size()) roots_.emplace_back();
        JsonScanner walk(sample.substr(at), kMaxJsonDepth, nullptr);
        Walk(&walk, 0, &roots_[found++]);
      }
      at = sample.find('{', next);
    }
  }

  std::string Skeleton() const {
    std::string out;
    for (const Place& root : roots_) {
      std::string text;
      if (AppendObject(root, &text)) out += text;
    }
    return out;
  }

 private:
  bool Walk(JsonScanner* scanner, size_t depth, Place* place) {
    if (place->last_sample != sample_) ++place->samples;
    place->last_sample = sample_;
    const char kind = scanner->Peek();
    if (kind == '{') {
      ++place->objects;
      return scanner->TakeObject(depth, [&](const JsonScanner::Key& key) {
        Place* const child = !key.escaped && IsFieldName(key.text)
                                 ? place->Child(key.text)
                                 : nullptr;
        if (child == nullptr) return scanner->TakeValue(depth + 1);
        return Walk(scanner, depth + 1, child);
      });
    }
    if (kind == '[') {
      ++place->arrays;
      return scanner->TakeArray(depth, [&] {
        Place* const element = place->Child("");
        if (element == nullptr) return scanner->TakeValue(depth + 1);
        return Walk(scanner, depth + 1, element);
      });
    }
    place->strings += kind == '"' ? 1 : 0;
    return scanner->TakeValue(depth);
  }

  bool IsCommon(const Place& place) const {
    return place.samples * 2 >= sample_;
  }

  // False when there is nothing in it.
  bool AppendObject(const Place& place, std::string* out) const {
    char before = '{';
    for (const auto& child : place.children) {
      if (child->key.empty() || !IsCommon(*child)) continue;
      *out += before;
      *out += '"';
      *out += child->key;
      *out += "\":";
      AppendValue(*child, out);
      before = ',';
    }
    if (before == '{') return false;
    *out += '}';
    return true;
  }

  // The punctuation of the kind of value that is there most often.
  void AppendValue(const Place& place, std::string* out) const {
    const size_t most =
        std::max({place.strings, place.objects, place.arrays, size_t{1}});
    if (place.objects == most) {
      AppendObject(place, out);
    } else if (place.arrays == most) {
      *out += '[';
      for (const auto& child : place.children) {
        if (child->key.empty() && IsCommon(*child)) AppendValue(*child, out);
      }
      *out += ']';
    } else if (place.strings == most) {
      *out += "\"\"";
    }
  }

  size_t sample_ = 0;
  std::vector<Place> roots_;
};

}  // namespace

std::string TrainDictionary(const std::vector<std::string>& samples) {
  Survey survey;
  for (const std::string& sample : samples) survey.Add(sample);
  std::string bytes = survey.Skeleton();
  if (bytes.size() > kMaxDictionaryBytes) bytes.resize(kMaxDictionaryBytes);
  return bytes;
}

}  // namespace crm
