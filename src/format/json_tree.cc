#include "format/json_tree.h"

#include <algorithm>
#include <numeric>

#include "format/json.h"
#include "format/json_internal.h"

namespace crm {
namespace {

class TreeReader final {
 public:
  TreeReader(std::string_view json, size_t max_depth, KeyTable* keys)
      : scanner_(json, max_depth, keys), keys_(keys) {}

  bool Read(JsonTree* tree) {
    scanner_.SkipBlanks();
    if (!ReadValue(0, tree)) return false;
    scanner_.SkipBlanks();
    return scanner_.AtEnd() || scanner_.Fail(JsonFault::kSyntax);
  }
  JsonFault fault() const { return scanner_.fault(); }

 private:
  bool ReadValue(size_t depth, JsonTree* tree) {
    using Kind = JsonTree::Kind;
    const char* const first = scanner_.at();
    switch (scanner_.Peek()) {
      case '"': {
        std::string_view raw;
        bool escaped = false;
        tree->kind = Kind::kString;
        if (!scanner_.TakeString(&raw, &escaped)) return false;
        tree->text = escaped ? keys_->Unescape(raw) : raw;
        return true;
      }
      case '{':
        tree->kind = Kind::kObject;
        return scanner_.TakeObject(depth, [&](const JsonScanner::Key& key) {
          tree->keys.emplace_back(key.text);
          return ReadValue(depth + 1, &tree->elements.emplace_back());
        });
      case '[':
        tree->kind = Kind::kArray;
        return scanner_.TakeArray(depth, [&] {
          return ReadValue(depth + 1, &tree->elements.emplace_back());
        });
      case 't':
        tree->kind = Kind::kTrue;
        return scanner_.TakeValue(depth);
      case 'f':
        tree->kind = Kind::kFalse;
        return scanner_.TakeValue(depth);
      case 'n':
        return scanner_.TakeValue(depth);
      default:
        tree->kind = Kind::kNumber;
        if (!scanner_.TakeNumber()) return false;
        tree->text.assign(first, scanner_.at());
        return true;
    }
  }

  JsonScanner scanner_;
  KeyTable* keys_;
};

void Write(const JsonTree& tree, bool sorted, std::string* out);

void WriteObject(const JsonTree& tree, bool sorted, std::string* out) {
  std::vector<size_t> order(tree.keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (sorted) {
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return tree.keys[a] < tree.keys[b]; });
  }
  out->push_back('{');
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonString(tree.keys[order[i]], out);
    out->push_back(':');
    Write(tree.elements[order[i]], sorted, out);
  }
  out->push_back('}');
}

void Write(const JsonTree& tree, bool sorted, std::string* out) {
  using Kind = JsonTree::Kind;
  switch (tree.kind) {
    case Kind::kNull:
      out->append("null");
      return;
    case Kind::kFalse:
      out->append("false");
      return;
    case Kind::kTrue:
      out->append("true");
      return;
    case Kind::kNumber:
      out->append(tree.text);
      return;
    case Kind::kString:
      AppendJsonString(tree.text, out);
      return;
    case Kind::kArray:
      out->push_back('[');
      for (size_t i = 0; i < tree.elements.size(); ++i) {
        if (i > 0) out->push_back(',');
        Write(tree.elements[i], sorted, out);
      }
      out->push_back(']');
      return;
    case Kind::kObject:
      WriteObject(tree, sorted, out);
  }
}

}  // namespace

const JsonTree* JsonTree::Find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found == keys.end()) return nullptr;
  return &elements[static_cast<size_t>(found - keys.begin())];
}

Result<JsonTree> ParseJsonTree(std::string_view json, size_t max_depth,
                               std::string_view what) {
  const auto malformed = [&](std::string_view why) {
    return Status(StatusCode::kMalformed,
                  std::string(what) + ": " + std::string(why));
  };
  if (!IsJsonUtf8(json)) return malformed("not UTF-8");
  KeyTable keys;
  keys.Reset(json.size());
  JsonTree tree;
  TreeReader reader(json, max_depth, &keys);
  if (reader.Read(&tree)) return tree;
  switch (reader.fault()) {
    case JsonFault::kDepth:
      return Status(StatusCode::kTooLarge, std::string(what) +
                                               ": nested deeper than " +
                                               std::to_string(max_depth));
    case JsonFault::kDuplicateKey:
      return malformed("an object has a key twice");
    case JsonFault::kSurrogate:
      return malformed("a lone surrogate");
    default:
      return malformed("not JSON");
  }
}

void AppendJson(const JsonTree& tree, std::string* out) {
  Write(tree, false, out);
}

void AppendCanonicalJson(const JsonTree& tree, std::string* out) {
  Write(tree, true, out);
}

void AppendPointerToken(std::string_view token, std::string* pointer) {
  pointer->push_back('/');
  for (const char c : token) {
    if (c == '~') {
      pointer->append("~0");
    } else if (c == '/') {
      pointer->append("~1");
    } else {
      pointer->push_back(c);
    }
  }
}

bool SplitPointer(std::string_view pointer, std::vector<std::string>* tokens) {
  tokens->clear();
  if (!pointer.empty() && pointer.front() != '/') return false;
  for (size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens->emplace_back();
    } else if (pointer[i] != '~') {
      tokens->back().push_back(pointer[i]);
    } else if (++i < pointer.size() &&
               (pointer[i] == '0' || pointer[i] == '1')) {
      tokens->back().push_back(pointer[i] == '0' ? '~' : '/');
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace crm
