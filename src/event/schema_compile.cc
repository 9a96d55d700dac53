#include <re2/re2.h>

#include <algorithm>

#include "event/schema_compiler.h"

namespace crm {
namespace {

// What a check nests beside the depth of the payload, for the stack's sake.
constexpr uint8_t kMaxInPlaceDepth = 32;

}  // namespace

Result<Schema> Schema::Compile(std::string_view json) {
  if (json.size() > kMaxSchemaBytes) {
    return Status(StatusCode::kTooLarge,
                  "schema: over " + std::to_string(kMaxSchemaBytes) + " bytes");
  }
  Result<JsonTree> tree = ParseJsonTree(json, kMaxSchemaDepth, "schema");
  if (!tree.ok()) return tree.status();
  auto compiled = std::make_shared<CompiledSchema>();
  compiled->tree = std::move(tree).value();
  AppendCanonicalJson(compiled->tree, &compiled->canonical);
  const Status status = SchemaCompiler(compiled.get()).Run();
  if (!status.ok()) return status;
  return Schema(std::move(compiled));
}

const std::string& Schema::Canonical() const { return compiled_->canonical; }

Status SchemaCompiler::Run() {
  schema_->nodes.resize(2);
  schema_->nodes[kNoValue].types = 0;
  schema_->root = Compile(schema_->tree, "");
  if (schema_->root == kNoNode || !LinkRefs() || !CheckInPlaceDepth()) {
    return std::move(status_);
  }
  SkipPlainRefs();
  return Status();
}

bool SchemaCompiler::Fail(StatusCode code, const std::string& pointer,
                          std::string_view why) {
  if (status_.ok()) {
    std::string text = "schema";
    if (!pointer.empty()) text.append(" ").append(pointer);
    status_ = Status(code, text.append(": ").append(why));
  }
  return false;
}

NodeId SchemaCompiler::Compile(const JsonTree& tree,
                               const std::string& pointer) {
  if (tree.Is(JsonTree::Kind::kTrue)) return kAnyValue;
  if (tree.Is(JsonTree::Kind::kFalse)) return kNoValue;
  if (const auto found = done_.find(&tree); found != done_.end()) {
    return found->second;
  }
  if (!tree.Is(JsonTree::Kind::kObject)) {
    Fail(StatusCode::kInvalidArgument, pointer,
         "must be an object, true or false");
    return kNoNode;
  }
  if (schema_->nodes.size() >= kMaxSchemaNodes) {
    Fail(StatusCode::kTooLarge, pointer,
         "over " + std::to_string(kMaxSchemaNodes) + " schemas");
    return kNoNode;
  }
  const auto id = static_cast<NodeId>(schema_->nodes.size());
  schema_->nodes.emplace_back();
  node(id).tree = &tree;
  node(id).pointer = pointer;
  done_[&tree] = id;
  // How the rest is read depends on it.
  if (const JsonTree* dialect = tree.Find("$schema"); dialect != nullptr) {
    if (!OnDialect({id, tree, "$schema", *dialect, pointer + "/$schema"})) {
      return kNoNode;
    }
  }
  if (!CheckRefNeighbours(tree, pointer)) return kNoNode;
  for (size_t i = 0; i < tree.keys.size(); ++i) {
    if (!CompileKeyword(id, tree, i, pointer)) return kNoNode;
  }
  return id;
}

bool SchemaCompiler::CompileKeyword(NodeId id, const JsonTree& tree, size_t i,
                                    const std::string& pointer) {
  const std::string& name = tree.keys[i];
  std::string place = pointer;
  AppendPointerToken(name, &place);
  const Keyword* keyword = FindKeyword(name);
  if (keyword == nullptr) {
    if (name.substr(0, 2) == "x-") return true;
    return Fail(StatusCode::kInvalidArgument, place,
                "not a keyword (names of your own begin with \"x-\")");
  }
  return (this->*keyword->handler)(
      {id, tree, keyword->name, tree.elements[i], place});
}

bool SchemaCompiler::CheckRefNeighbours(const JsonTree& tree,
                                        const std::string& pointer) {
  if (dialect_ != Dialect::kDraft7 || tree.Find("$ref") == nullptr) return true;
  static constexpr std::string_view kHarmless[] = {
      "$ref",       "$schema",  "$id",      "$comment", "definitions",
      "$defs",      "title",    "default",  "examples", "description",
      "deprecated", "readOnly", "writeOnly"};
  for (const std::string& key : tree.keys) {
    if (key.substr(0, 2) == "x-" ||
        std::count(std::begin(kHarmless), std::end(kHarmless), key) > 0) {
      continue;
    }
    return Fail(StatusCode::kUnsupported, pointer,
                "in draft-07 \"$ref\" makes \"" + key + "\" void");
  }
  return true;
}

bool SchemaCompiler::CompileInto(const Site& site, NodeId* target) {
  *target = Compile(site.value, site.pointer);
  return *target != kNoNode;
}

bool SchemaCompiler::CompileList(const Site& site, std::vector<NodeId>* nodes) {
  if (!site.value.Is(JsonTree::Kind::kArray) || site.value.elements.empty()) {
    return Wrong(site, "must be an array of schemas, with one at least");
  }
  for (size_t i = 0; i < site.value.elements.size(); ++i) {
    const NodeId id =
        Compile(site.value.elements[i], site.pointer + "/" + std::to_string(i));
    if (id == kNoNode) return false;
    nodes->push_back(id);
  }
  return true;
}

const JsonTree* SchemaCompiler::Resolve(std::string_view pointer) const {
  std::vector<std::string> tokens;
  if (!SplitPointer(pointer, &tokens)) return nullptr;
  const JsonTree* at = &schema_->tree;
  for (const std::string& token : tokens) {
    if (at->Is(JsonTree::Kind::kArray)) {
      const bool number =
          !token.empty() && token.size() < 6 &&
          token.find_first_not_of("0123456789") == std::string::npos &&
          (token == "0" || token[0] != '0');
      const size_t i = number ? std::stoul(token) : at->elements.size();
      at = i < at->elements.size() ? &at->elements[i] : nullptr;
    } else {
      at = at->Find(token);
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

bool SchemaCompiler::LinkRefs() {
  // A target may bring more of them.
  for (size_t i = 0; i < refs_.size(); ++i) {
    const Ref ref = refs_[i];
    const NodeId target = Compile(*ref.target, ref.pointer);
    if (target == kNoNode) return false;
    Make(node(ref.from).in_place).all_of.push_back(target);
  }
  return true;
}

bool SchemaCompiler::CheckInPlaceDepth() {
  std::vector<uint8_t> heights(schema_->nodes.size(), 0);
  for (NodeId id = 0; id < schema_->nodes.size(); ++id) {
    if (!Measure(id, &heights)) return false;
  }
  return true;
}

// heights: 0 unknown, 255 being measured.
bool SchemaCompiler::Measure(NodeId id, std::vector<uint8_t>* heights) {
  constexpr uint8_t kMeasuring = 255;
  uint8_t& height = (*heights)[id];
  if (height == kMeasuring) {
    return Fail(StatusCode::kInvalidArgument, node(id).pointer,
                "leads to itself at the same value");
  }
  if (height != 0) return true;
  height = kMeasuring;
  uint8_t most = 0;
  bool fine = true;
  ForEachInPlace(node(id), [&](NodeId child) {
    fine = fine && Measure(child, heights);
    most = std::max(most, (*heights)[child]);
  });
  if (!fine) return false;
  if (most >= kMaxInPlaceDepth) {
    return Fail(StatusCode::kTooLarge, node(id).pointer,
                "more than " + std::to_string(kMaxInPlaceDepth) +
                    " schemas within each other at the same value");
  }
  height = static_cast<uint8_t>(most + 1);
  return true;
}

NodeId SchemaCompiler::Behind(NodeId id) const {
  while (id != kNoNode) {
    const SchemaNode& at = schema_->nodes[id];
    const bool plain =
        at.in_place != nullptr && at.in_place->any_of.empty() &&
        at.in_place->one_of.empty() && at.in_place->all_of.size() == 1 &&
        at.in_place->no == kNoNode && at.in_place->when == kNoNode &&
        !at.says_types && !at.personal.has_value() && at.number == nullptr &&
        at.text == nullptr && at.array == nullptr && at.object == nullptr &&
        at.values.empty();
    if (!plain) break;
    id = at.in_place->all_of.front();
  }
  return id;
}

void SchemaCompiler::SkipPlainRefs() {
  const auto skip = [&](NodeId& id) { id = Behind(id); };
  const auto skip_all = [&](std::vector<NodeId>& ids) {
    for (NodeId& id : ids) skip(id);
  };
  skip(schema_->root);
  for (SchemaNode& at : schema_->nodes) {
    if (at.array != nullptr) {
      skip_all(at.array->prefix);
      skip(at.array->items);
      skip(at.array->contains);
    }
    if (at.object != nullptr) {
      for (ObjectRules::Name& name : at.object->names) skip(name.property);
      for (ObjectRules::Pattern& pattern : at.object->patterns) {
        skip(pattern.value);
      }
      skip(at.object->additional);
      skip(at.object->property_names);
      for (auto& rule : at.object->dependents) skip_all(rule.schemas);
    }
    if (at.in_place != nullptr) {
      skip_all(at.in_place->all_of);
      skip_all(at.in_place->any_of);
      skip_all(at.in_place->one_of);
      skip(at.in_place->no);
      skip(at.in_place->when);
      skip(at.in_place->then);
      skip(at.in_place->otherwise);
    }
  }
}

}  // namespace crm
