// JSON as a tree, for definitions: schemas and upcasters. Numbers keep their
// token. Events are never made into trees.

#ifndef CRM_FORMAT_JSON_TREE_H_
#define CRM_FORMAT_JSON_TREE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/status.h"

namespace crm {

struct JsonTree {
  enum class Kind : uint8_t {
    kNull,
    kFalse,
    kTrue,
    kNumber,
    kString,
    kArray,
    kObject,
  };

  Kind kind = Kind::kNull;
  std::string text;                // A string, unescaped; or a number's token.
  std::vector<JsonTree> elements;  // Of an array; values of an object.
  std::vector<std::string> keys;   // Of an object, beside `elements`.

  bool Is(Kind other) const { return kind == other; }
  bool IsBool() const { return kind == Kind::kFalse || kind == Kind::kTrue; }
  // The member, or null. Also null when this is no object.
  const JsonTree* Find(std::string_view key) const;
};

// kMalformed: not one JSON value of valid UTF-8, or an object has a key
// twice. kTooLarge: nested deeper than `max_depth`. `what` begins the message.
Result<JsonTree> ParseJsonTree(std::string_view json, size_t max_depth,
                               std::string_view what);

// Minified, members in their order.
void AppendJson(const JsonTree& tree, std::string* out);
// Minified, with the keys of each object in order of their bytes.
void AppendCanonicalJson(const JsonTree& tree, std::string* out);

// Appends "/" and `token` as a part of a JSON pointer.
void AppendPointerToken(std::string_view token, std::string* pointer);
// The parts of a JSON pointer, unescaped. False: it is none.
bool SplitPointer(std::string_view pointer, std::vector<std::string>* tokens);

}  // namespace crm

#endif  // CRM_FORMAT_JSON_TREE_H_
