// Reads the JSON of an ImportMap. The only user of nlohmann::json: a map is
// read once, so clear errors count for more than speed.

#ifndef CRM_INGEST_MAP_PARSER_H_
#define CRM_INGEST_MAP_PARSER_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ingest/map.h"

namespace crm::ingest {

using Json = nlohmann::ordered_json;

inline constexpr size_t kMaxMapBytes = size_t{1} << 20;

// Parses, and refuses what nlohmann would let pass: names that stand twice in
// one object (it keeps the last) and great depth. kMalformed, kTooLarge,
// kInvalidArgument.
Result<Json> ParseJson(std::string_view text);
// The text of a map; more than kMaxMapBytes of it is cut, so that ParseJson
// refuses it. kNotFound, kIoError.
Result<std::string> ReadMapText(const std::string& path);

// One JSON object of the map. Asking for a member marks it as known; what is
// left at the end is a mistake of the writer.
class Members final {
 public:
  Members(const Json& object, std::string path)
      : object_(object), path_(std::move(path)) {}

  const Json* Find(const std::string& name) {
    known_.insert(name);
    const auto it = object_.find(name);
    return it == object_.end() ? nullptr : &*it;
  }
  bool Has(const std::string& name) { return Find(name) != nullptr; }
  std::string PathOf(const std::string& name) const {
    return path_.empty() ? name : path_ + "." + name;
  }
  // The first member that nobody asked for; empty: none.
  std::string Unknown() const {
    for (const auto& [name, value] : object_.items()) {
      if (known_.count(name) == 0) return PathOf(name);
    }
    return std::string();
  }

 private:
  const Json& object_;
  const std::string path_;
  std::set<std::string> known_;
};

// Every method returns false once something was wrong; status() says what.
class MapParser final {
 public:
  explicit MapParser(ImportMap::Impl* map) : map_(map) {}

  bool ParseMap(const Json& root);
  const Status& status() const { return status_; }

 private:
  bool Fail(const std::string& path, const std::string& what) {
    if (status_.ok()) {
      status_ = Status(StatusCode::kInvalidArgument,
                       "map: " + (path.empty() ? what : path + ": " + what));
    }
    return false;
  }
  bool Finish(const Members& members) {
    const std::string unknown = members.Unknown();
    return unknown.empty() || Fail(unknown, "is not known here");
  }
  bool IsObject(const Json& json, const std::string& path) {
    return json.is_object() || Fail(path, "must be an object");
  }

  bool GetBool(Members* in, const std::string& name, bool* out);
  bool GetText(Members* in, const std::string& name, std::string* out);
  bool GetCount(Members* in, const std::string& name, uint64_t* out);
  bool GetTexts(Members* in, const std::string& name,
                std::vector<std::string>* out);
  bool GetCharacter(Members* in, const std::string& name, bool may_be_empty,
                    char* out);

  bool ParseFormat(Members* in);
  bool ParseCsv(Members* in);
  bool ParseFixed(Members* in);
  bool ParseSlices(const Json& columns);
  bool ParseEncoding(Members* in);
  bool CheckColumns();

  bool ParseEvent(const Json& json);
  bool ParseType(const Json& json);
  bool ParseCase(const Json& json, const std::string& path);
  bool ParseTime(const Json& json, const std::string& path, TimeRule* rule);
  bool ParseIdentity(const Json& json);

  bool ParseContact(const Json& json);
  bool ParseContactIdentity(const Json& json);
  bool ParseTraits(const Json& json);
  bool ParseTrait(const std::string& name, const Json& json, TraitRule* rule);
  bool ParsePolicy(Members* in, const std::string& name, Policy* out);
  bool ParseConsents(const Json& json);
  bool ParseConsent(const Json& json, const std::string& path,
                    ConsentRule* rule);
  bool ParseMeanings(Members* in, ConsentRule* rule);

  bool ParseOptionalText(Members* in, const std::string& name,
                         std::optional<Expression>* out);
  // A column, a constant, or an object of these.
  bool ParseValue(const Json& json, const std::string& path, Expression* out);
  bool ParseObject(const Json& json, const std::string& path, Expression* out);
  // As ParseValue, where only text makes sense.
  bool ParseText(const Json& json, const std::string& path, Expression* out);
  bool ParseColumn(Members* in, bool text_only, Expression* out);
  bool Column(Members* in, ColumnRef* out);

  ImportMap::Impl* const map_;
  Status status_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_MAP_PARSER_H_
