#include "event/upcaster.h"

#include <algorithm>

#include "crm/event.h"
#include "event/upcaster_steps.h"
#include "format/json_tree.h"

namespace crm {
namespace {

using Kind = JsonTree::Kind;

constexpr size_t kMaxUpcasterDepth = 16;
// As long as a version and a type of an event may be.
constexpr size_t kMaxVersionBytes = 32;
constexpr size_t kMaxTypeBytes = 128;

Status Wrong(const std::string& pointer, std::string_view why) {
  return Status(
      StatusCode::kInvalidArgument,
      std::string("upcaster ").append(pointer).append(": ").append(why));
}

// Reads one step: {"<kind>": <from>, ...}.
class StepReader final {
 public:
  StepReader(const JsonTree& tree, std::string pointer)
      : tree_(tree), pointer_(std::move(pointer)) {}

  Result<UpcasterStep> Read() {
    if (!tree_.Is(Kind::kObject) || tree_.keys.empty()) {
      return Wrong(pointer_, "must be an object with a step");
    }
    using Step = UpcasterStep::Kind;
    bool fine = true;
    if (tree_.Find("rename") != nullptr) {
      fine = Begin(Step::kRename, {"rename", "to"}) && OneFrom("rename") &&
             OneTo();
    } else if (tree_.Find("split") != nullptr) {
      fine = Begin(Step::kSplit, {"split", "by", "to"}) && OneFrom("split") &&
             Text("by", false) && Paths("to", &step_.to);
    } else if (tree_.Find("combine") != nullptr) {
      fine = Begin(Step::kCombine, {"combine", "with", "to"}) &&
             Paths("combine", &step_.from) && Text("with", true) && OneTo();
    } else if (tree_.Find("default") != nullptr) {
      fine = Begin(Step::kDefault, {"default", "value"}) &&
             OneFrom("default") && Value();
    } else if (tree_.Find("convert") != nullptr) {
      fine = Begin(Step::kConvert, {"convert", "to"}) && OneFrom("convert") &&
             Target();
    } else if (tree_.Find("remove") != nullptr) {
      fine = Begin(Step::kRemove, {"remove"}) && OneFrom("remove");
    } else {
      return Wrong(pointer_,
                   "is none of rename, split, combine, default, convert and "
                   "remove");
    }
    if (!fine) return std::move(status_);
    return std::move(step_);
  }

 private:
  bool Fail(std::string_view name, std::string_view why) {
    std::string place = pointer_;
    AppendPointerToken(name, &place);
    status_ = Wrong(place, why);
    return false;
  }

  bool Begin(UpcasterStep::Kind kind,
             std::initializer_list<std::string_view> members) {
    step_.kind = kind;
    for (const std::string& key : tree_.keys) {
      if (std::find(members.begin(), members.end(), key) == members.end()) {
        return Fail(key, "is no member of this step");
      }
    }
    for (const std::string_view name : members) {
      if (tree_.Find(name) == nullptr) return Fail(name, "is missing");
    }
    return true;
  }

  bool Path(const JsonTree& value, std::string_view name,
            std::vector<PointerTokens>* paths) {
    PointerTokens tokens;
    if (!value.Is(Kind::kString) || !SplitPointer(value.text, &tokens) ||
        tokens.empty()) {
      return Fail(name, "must be a JSON pointer, such as \"/name\"");
    }
    if (tokens.size() > kMaxUpcasterDepth) {
      return Fail(name, "is more than 16 objects deep");
    }
    if (std::find(paths->begin(), paths->end(), tokens) != paths->end()) {
      return Fail(name, "has a path twice");
    }
    if (step_.pointer.empty()) step_.pointer = value.text;
    paths->push_back(std::move(tokens));
    return true;
  }

  bool OneFrom(std::string_view name) {
    return Path(*tree_.Find(name), name, &step_.from);
  }

  bool OneTo() {
    if (!Path(*tree_.Find("to"), "to", &step_.to)) return false;
    // A member cannot move into itself.
    for (const PointerTokens& from : step_.from) {
      if (from.size() < step_.to[0].size() &&
          std::equal(from.begin(), from.end(), step_.to[0].begin())) {
        return Fail("to", "lies within what is moved");
      }
    }
    return true;
  }

  bool Paths(std::string_view name, std::vector<PointerTokens>* paths) {
    const JsonTree& value = *tree_.Find(name);
    if (!value.Is(Kind::kArray) || value.elements.size() < 2) {
      return Fail(name, "must be an array of two paths or more");
    }
    return std::all_of(
        value.elements.begin(), value.elements.end(),
        [&](const JsonTree& path) { return Path(path, name, paths); });
  }

  bool Text(std::string_view name, bool may_be_empty) {
    const JsonTree& value = *tree_.Find(name);
    if (!value.Is(Kind::kString) || (value.text.empty() && !may_be_empty)) {
      return Fail(name, "must be a text");
    }
    step_.text = value.text;
    return true;
  }

  bool Value() {
    // In the order of its members, as it is to appear.
    AppendJson(*tree_.Find("value"), &step_.text);
    return true;
  }

  bool Target() {
    const JsonTree& value = *tree_.Find("to");
    step_.to_string = value.text == "string";
    return (value.Is(Kind::kString) &&
            (value.text == "string" || value.text == "number")) ||
           Fail("to", "must be \"string\" or \"number\"");
  }

  const JsonTree& tree_;
  std::string pointer_;
  UpcasterStep step_;
  Status status_;
};

}  // namespace

struct Upcaster::Rep {
  std::string type;
  std::string from;
  std::string to;
  std::string canonical;
  std::vector<UpcasterStep> steps;
};

Result<Upcaster> Upcaster::FromJson(std::string_view json) {
  if (json.size() > kMaxUpcasterBytes) {
    return Status(
        StatusCode::kTooLarge,
        "upcaster: over " + std::to_string(kMaxUpcasterBytes) + " bytes");
  }
  const Result<JsonTree> tree =
      ParseJsonTree(json, kMaxUpcasterDepth + 4, "upcaster");
  if (!tree.ok()) return tree.status();
  if (!tree->Is(Kind::kObject)) return Wrong("", "must be an object");
  auto rep = std::make_shared<Rep>();
  const JsonTree* steps = nullptr;
  for (size_t i = 0; i < tree->keys.size(); ++i) {
    const std::string& key = tree->keys[i];
    const JsonTree& value = tree->elements[i];
    if (key == "steps") {
      steps = &value;
      continue;
    }
    std::string* const text = key == "type"   ? &rep->type
                              : key == "from" ? &rep->from
                              : key == "to"   ? &rep->to
                                              : nullptr;
    std::string place;
    AppendPointerToken(key, &place);
    if (text == nullptr) {
      return Wrong(place, "is none of type, from, to and steps");
    }
    const size_t most = key == "type" ? kMaxTypeBytes : kMaxVersionBytes;
    if (!value.Is(Kind::kString) || value.text.empty() ||
        value.text.size() > most) {
      return Wrong(place,
                   "must be a text of 1 to " + std::to_string(most) + " bytes");
    }
    *text = value.text;
  }
  if (rep->type.empty()) return Wrong("/type", "is missing");
  if (rep->from.empty()) return Wrong("/from", "is missing");
  if (rep->to.empty()) return Wrong("/to", "is missing");
  if (rep->from == rep->to) return Wrong("/to", "is the same as \"from\"");
  if (steps == nullptr || !steps->Is(Kind::kArray)) {
    return Wrong("/steps", "must be an array of steps");
  }
  if (steps->elements.size() > kMaxUpcasterSteps) {
    return Status(StatusCode::kTooLarge,
                  "upcaster /steps: over " + std::to_string(kMaxUpcasterSteps));
  }
  for (size_t i = 0; i < steps->elements.size(); ++i) {
    Result<UpcasterStep> step =
        StepReader(steps->elements[i], "/steps/" + std::to_string(i)).Read();
    if (!step.ok()) return step.status();
    rep->steps.push_back(std::move(step).value());
  }
  AppendCanonicalJson(*tree, &rep->canonical);
  return Upcaster(std::move(rep));
}

const std::string& Upcaster::type() const { return rep_->type; }
const std::string& Upcaster::from() const { return rep_->from; }
const std::string& Upcaster::to() const { return rep_->to; }
const std::string& Upcaster::Canonical() const { return rep_->canonical; }

Status Upcaster::Apply(std::string* payload) const {
  Result<PayloadEditor> editor = PayloadEditor::Open(*payload);
  if (!editor.ok()) return editor.status();
  for (size_t i = 0; i < rep_->steps.size(); ++i) {
    const UpcasterStep& step = rep_->steps[i];
    const Status status = editor->Run(step);
    if (status.ok()) continue;
    return Status(status.code(),
                  "upcaster " + rep_->type + " " + rep_->from + " to " +
                      rep_->to + ", step " + std::to_string(i + 1) + " (" +
                      step.pointer + "): " + std::string(status.message()));
  }
  std::string text = editor->Text();
  if (text.size() > kMaxPayloadBytes) {
    return Status(StatusCode::kTooLarge,
                  "upcaster " + rep_->type + " " + rep_->from + " to " +
                      rep_->to + ": the payload would be over " +
                      std::to_string(kMaxPayloadBytes) + " bytes");
  }
  *payload = std::move(text);
  return Status();
}

Status UpcasterChain::Add(Upcaster upcaster) {
  const std::string& from = upcaster.from();
  const std::string& to = upcaster.to();
  const auto fail = [&](StatusCode code, const std::string& why) {
    return Status(code, "upcaster " + upcaster.type() + " " + from + " to " +
                            to + ": " + why);
  };
  if (!empty() && upcaster.type() != type_) {
    return fail(StatusCode::kInvalidArgument,
                "the others are of the type " + type_);
  }
  if (const Upcaster* other = Find(from); other != nullptr) {
    return fail(StatusCode::kAlreadyExists,
                "version " + from + " leads to " + other->to() + " already");
  }
  if (to == from || (!empty() && from == latest_ && Find(to) != nullptr)) {
    return fail(StatusCode::kConflict,
                "version " + to + " leads to " + from + ": a cycle");
  }
  const bool leads_in = to == latest_ || Find(to) != nullptr;
  if (!empty() && from != latest_ && !leads_in) {
    return fail(StatusCode::kConflict,
                "a gap: nothing leads from " + to + " or to " + from +
                    "; the latest version is " + latest_);
  }
  if (empty()) type_ = upcaster.type();
  if (empty() || from == latest_) latest_ = to;
  std::string key = from;
  by_from_.emplace(std::move(key), std::move(upcaster));
  return Status();
}

const Upcaster* UpcasterChain::Find(std::string_view from) const {
  const auto found = by_from_.find(from);
  return found == by_from_.end() ? nullptr : &found->second;
}

std::vector<const Upcaster*> UpcasterChain::Path(std::string_view from) const {
  std::vector<const Upcaster*> path;
  for (const Upcaster* step = Find(from); step != nullptr;
       step = Find(step->to())) {
    path.push_back(step);
  }
  return path;
}

Status UpcasterChain::Apply(std::string* version, std::string* payload) const {
  const std::vector<const Upcaster*> path = Path(*version);
  if (path.empty()) return Status();
  std::string text = *payload;
  for (const Upcaster* step : path) {
    const Status status = step->Apply(&text);
    if (!status.ok()) return status;
  }
  *payload = std::move(text);
  *version = path.back()->to();
  return Status();
}

}  // namespace crm
