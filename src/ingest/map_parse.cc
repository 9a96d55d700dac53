// Maps: the file, and the event that becomes of a row. See map_parser.h.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "ingest/encoding.h"
#include "ingest/guarded.h"
#include "ingest/map_parser.h"

namespace crm {
namespace ingest {
bool MapParser::GetBool(Members* in, const std::string& name, bool* out) {
  const Json* json = in->Find(name);
  if (json == nullptr) return true;
  if (!json->is_boolean()) return Fail(in->PathOf(name), "must be a boolean");
  *out = json->get<bool>();
  return true;
}

bool MapParser::GetText(Members* in, const std::string& name,
                        std::string* out) {
  const Json* json = in->Find(name);
  if (json == nullptr) return true;
  if (!json->is_string()) return Fail(in->PathOf(name), "must be a string");
  *out = json->get<std::string>();
  return true;
}

bool MapParser::GetCount(Members* in, const std::string& name, uint64_t* out) {
  const Json* json = in->Find(name);
  if (json == nullptr) return true;
  if (!json->is_number_unsigned() || json->get<uint64_t>() > 1'000'000'000) {
    return Fail(in->PathOf(name), "must be a count, at most 1000000000");
  }
  *out = json->get<uint64_t>();
  return true;
}

bool MapParser::GetTexts(Members* in, const std::string& name,
                         std::vector<std::string>* out) {
  const Json* json = in->Find(name);
  if (json == nullptr) return true;
  if (!json->is_array()) {
    return Fail(in->PathOf(name), "must be an array of strings");
  }
  for (const Json& element : *json) {
    if (!element.is_string()) {
      return Fail(in->PathOf(name), "must be an array of strings");
    }
    out->push_back(element.get<std::string>());
  }
  return true;
}

bool MapParser::GetCharacter(Members* in, const std::string& name,
                             bool may_be_empty, char* out) {
  std::string text(1, *out);
  if (!GetText(in, name, &text)) return false;
  if (text.empty() && may_be_empty) {
    *out = '\0';
    return true;
  }
  if (text.size() != 1 || text[0] == '\n' || text[0] == '\r' ||
      text[0] == '\0' || static_cast<unsigned char>(text[0]) > 0x7f) {
    return Fail(in->PathOf(name), "must be one ASCII character");
  }
  *out = text[0];
  return true;
}

bool MapParser::ParseMap(const Json& root) {
  if (!IsObject(root, "")) return false;
  Members in(root, "");
  if (!ParseFormat(&in) || !ParseEncoding(&in)) return false;
  if (!GetCount(&in, "skip_lines", &map_->skip_lines) ||
      !GetBool(&in, "trim", &map_->trim) ||
      !GetTexts(&in, "nulls", &map_->nulls)) {
    return false;
  }
  std::string kind = "events";
  if (!GetText(&in, "kind", &kind)) return false;
  if (kind != "events" && kind != "contacts") {
    return Fail("kind", "must be \"events\" or \"contacts\"");
  }
  const std::string name = kind == "events" ? "event" : "contact";
  const Json* rule = in.Find(name);
  if (rule == nullptr) return Fail(name, "is missing");
  if (kind == "contacts") {
    // An equal row is the same statement about the same person.
    map_->equal_rows_differ = false;
    return ParseContact(*rule) && Finish(in) && CheckColumns();
  }
  std::string equal_rows = "differ";
  if (!GetText(&in, "equal_rows", &equal_rows)) return false;
  if (equal_rows != "differ" && equal_rows != "same") {
    return Fail("equal_rows", "must be \"differ\" or \"same\"");
  }
  map_->equal_rows_differ = equal_rows == "differ";
  return ParseEvent(*rule) && Finish(in) && CheckColumns();
}

bool MapParser::ParseFormat(Members* in) {
  std::string format;
  if (!GetText(in, "format", &format)) return false;
  if (format == "csv") {
    map_->format = ImportMap::Impl::Format::kCsv;
    return ParseCsv(in);
  }
  if (format == "fixed") {
    map_->format = ImportMap::Impl::Format::kFixed;
    map_->trim = true;
    map_->quote = '\0';
    return ParseFixed(in);
  }
  if (format == "json") {
    map_->format = ImportMap::Impl::Format::kJson;
    map_->quote = '\0';
    for (const char* name : {"skip_lines", "trim"}) {
      if (in->Has(name)) return Fail(name, "is for text only");
    }
    return true;
  }
  return Fail("format", "must be \"csv\", \"fixed\" or \"json\"");
}

bool MapParser::ParseCsv(Members* in) {
  map_->header = true;
  if (!GetCharacter(in, "delimiter", false, &map_->delimiter) ||
      !GetCharacter(in, "quote", true, &map_->quote) ||
      !GetBool(in, "header", &map_->header) ||
      !GetTexts(in, "columns", &map_->columns)) {
    return false;
  }
  if (map_->delimiter == map_->quote) {
    return Fail("quote", "must differ from the delimiter");
  }
  return true;
}

bool MapParser::ParseFixed(Members* in) {
  if (!GetBool(in, "whitespace", &map_->whitespace)) return false;
  const Json* columns = in->Find("columns");
  if (columns == nullptr || !columns->is_array() || columns->empty()) {
    return Fail("columns", "must be an array with the columns");
  }
  if (map_->whitespace) return GetTexts(in, "columns", &map_->columns);
  return ParseSlices(*columns);
}

bool MapParser::ParseSlices(const Json& columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string path = "columns[" + std::to_string(i) + "]";
    if (!IsObject(columns[i], path)) return false;
    Members in(columns[i], path);
    std::string name;
    uint64_t start = 0;
    uint64_t width = 0;
    if (!GetText(&in, "name", &name) || !GetCount(&in, "start", &start) ||
        !GetCount(&in, "width", &width) || !Finish(in)) {
      return false;
    }
    if (name.empty()) return Fail(path + ".name", "is missing");
    if (!in.Has("start")) return Fail(path + ".start", "is missing");
    if (in.Has("width") && width == 0) {
      return Fail(path + ".width", "must be at least 1");
    }
    Slice slice;
    slice.start = start;
    if (width > 0) slice.width = width;
    map_->columns.push_back(name);
    map_->slices.push_back(slice);
  }
  return true;
}

bool MapParser::ParseEncoding(Members* in) {
  std::string name = "utf-8";
  if (!GetText(in, "encoding", &name)) return false;
  const std::optional<TextEncoding> encoding = EncodingOfName(name);
  if (!encoding.has_value()) {
    return Fail("encoding",
                "must be \"utf-8\", \"utf-16\", \"utf-16le\", "
                "\"utf-16be\", \"windows-1252\" (or \"latin-1\") or "
                "\"mac-roman\"");
  }
  map_->encoding = *encoding;
  return true;
}

bool MapParser::CheckColumns() {
  const std::vector<std::string>& names = map_->columns;
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return Fail("columns", "two have the same name");
  }
  const bool named = map_->header || !names.empty();
  const bool json = map_->format == ImportMap::Impl::Format::kJson;
  if (map_->contact.has_value() && !named && !json &&
      map_->contact->others != ContactRule::Others::kIgnore) {
    return Fail("contact.others",
                "without names of columns only \"ignore\" makes sense");
  }
  for (const UsedColumn& used : map_->used) {
    if (json) {
      if (used.number > 0) return Fail("column", "JSON has no numbers of them");
      continue;
    }
    if (used.number == 0 && !named) {
      return Fail("columns",
                  "must name the columns when there is no header (or say the "
                  "number of each, such as {\"column\": 3})");
    }
    if (names.empty()) continue;
    const bool found =
        used.number > 0 ? used.number <= names.size()
                        : std::any_of(used.names.begin(), used.names.end(),
                                      [&](const std::string& name) {
                                        return std::binary_search(
                                            sorted.begin(), sorted.end(), name);
                                      });
    if (found || used.optional) continue;
    return Fail(map_->contact.has_value() ? "contact" : "event",
                "uses column \"" + used.Label() +
                    "\", which \"columns\" does not name");
  }
  return true;
}

bool MapParser::ParseEvent(const Json& json) {
  if (!IsObject(json, "event")) return false;
  Members in(json, "event");
  EventRule& event = map_->event;
  const Json* type = in.Find("type");
  if (type == nullptr) return Fail("event.type", "is missing");
  if (!ParseType(*type) || !GetText(&in, "source", &event.source) ||
      !ParseOptionalText(&in, "version", &event.version) ||
      !ParseOptionalText(&in, "id", &event.id) ||
      !ParseOptionalText(&in, "correlation_id", &event.correlation_id)) {
    return false;
  }
  // An id that may be missing would be none.
  if (event.id.has_value()) event.id->when_empty = WhenEmpty::kReject;
  const Json* time = in.Find("occurred_at");
  if (time != nullptr &&
      !ParseTime(*time, "event.occurred_at", &event.occurred_at.emplace())) {
    return false;
  }
  const Json* identity = in.Find("identity");
  if (identity != nullptr && !ParseIdentity(*identity)) return false;
  event.payload.kind = Expression::Kind::kObject;
  const Json* payload = in.Find("payload");
  if (payload != nullptr &&
      !ParseObject(*payload, "event.payload", &event.payload)) {
    return false;
  }
  const Json* metadata = in.Find("metadata");
  if (metadata != nullptr) {
    event.metadata.emplace();
    if (!ParseObject(*metadata, "event.metadata", &*event.metadata)) {
      return false;
    }
  }
  return Finish(in);
}

bool MapParser::ParseType(const Json& json) {
  EventRule& event = map_->event;
  if (json.is_string()) return ParseText(json, "event.type", &event.type);
  if (!IsObject(json, "event.type")) return false;
  if (!json.contains("when")) {
    if (!ParseText(json, "event.type", &event.type)) return false;
    event.type.when_empty = WhenEmpty::kReject;
    return true;
  }
  Members in(json, "event.type");
  const Json& cases = *in.Find("when");
  if (!cases.is_array() || cases.empty()) {
    return Fail("event.type.when", "must be an array of cases");
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string path = "event.type.when[" + std::to_string(i) + "]";
    if (!ParseCase(cases[i], path)) return false;
  }
  const Json* otherwise = in.Find("else");
  if (otherwise == nullptr || !otherwise->is_string()) {
    return Fail("event.type.else", "must be a string");
  }
  return ParseText(*otherwise, "event.type.else", &event.type) && Finish(in);
}

bool MapParser::ParseCase(const Json& json, const std::string& path) {
  if (!IsObject(json, path)) return false;
  Members in(json, path);
  TypeCase result;
  if (!Column(&in, &result.column) || !GetText(&in, "then", &result.then)) {
    return false;
  }
  if (result.then.empty()) return Fail(path + ".then", "is missing");
  static constexpr std::pair<const char*, TypeCase::Test> kTests[] = {
      {"equals", TypeCase::Test::kEquals},
      {"starts_with", TypeCase::Test::kStartsWith},
      {"ends_with", TypeCase::Test::kEndsWith},
  };
  int tests = 0;
  for (const auto& [name, test] : kTests) {
    if (!in.Has(name)) continue;
    ++tests;
    result.test = test;
    if (!GetText(&in, name, &result.text)) return false;
  }
  if (in.Has("empty")) {
    ++tests;
    result.test = TypeCase::Test::kEmpty;
    if (!GetBool(&in, "empty", &result.empty)) return false;
  }
  if (tests != 1) {
    return Fail(path,
                "needs one of \"equals\", \"starts_with\", \"ends_with\" and "
                "\"empty\"");
  }
  map_->event.type_cases.push_back(std::move(result));
  return Finish(in);
}

bool MapParser::ParseTime(const Json& json, const std::string& path,
                          TimeRule* rule) {
  if (!IsObject(json, path)) return false;
  Members in(json, path);
  std::vector<std::string> formats;
  std::string offset;
  const Json* format = in.Find("format");
  const bool one = format != nullptr && format->is_string();
  if (!Column(&in, &rule->column) || !GetText(&in, "utc_offset", &offset)) {
    return false;
  }
  if (one) formats.push_back(format->get<std::string>());
  if (!one && !GetTexts(&in, "format", &formats)) return false;
  if (formats.empty() || formats.front().empty()) {
    return Fail(path + ".format", "is missing, for example \"%Y-%m-%d\"");
  }
  bool all_have_offset = true;
  for (const std::string& text : formats) {
    Result<DateFormat> parsed = DateFormat::Parse(text);
    if (!parsed.ok()) {
      return Fail(path + ".format", std::string(parsed.status().message()));
    }
    all_have_offset = all_have_offset && parsed->has_offset();
    rule->formats.push_back(*std::move(parsed));
  }
  if (!offset.empty()) {
    if (all_have_offset) {
      return Fail(path + ".utc_offset", "the format has an offset already");
    }
    Result<std::chrono::seconds> seconds = ParseUtcOffset(offset);
    if (!seconds.ok()) {
      return Fail(path + ".utc_offset",
                  std::string(seconds.status().message()));
    }
    rule->offset = *seconds;
  }
  return Finish(in);
}

bool MapParser::ParseIdentity(const Json& json) {
  if (!IsObject(json, "event.identity")) return false;
  for (const auto& [name, value] : json.items()) {
    Expression expression;
    if (!ParseText(value, "event.identity." + name, &expression)) return false;
    map_->event.identity.push_back({name, std::move(expression)});
  }
  return true;
}

bool MapParser::ParseOptionalText(Members* in, const std::string& name,
                                  std::optional<Expression>* out) {
  const Json* json = in->Find(name);
  if (json == nullptr) return true;
  out->emplace();
  return ParseText(*json, in->PathOf(name), &**out);
}

bool MapParser::ParseText(const Json& json, const std::string& path,
                          Expression* out) {
  if (json.is_string()) {
    out->constant = json.get<std::string>();
    return !out->constant.empty() || Fail(path, "must not be empty");
  }
  if (!IsObject(json, path)) return false;
  Members in(json, path);
  if (in.Has("column")) return ParseColumn(&in, true, out) && Finish(in);
  if (!in.Has("value")) return Fail(path, "needs \"column\" or \"value\"");
  if (!GetText(&in, "value", &out->constant)) return false;
  if (out->constant.empty()) return Fail(path + ".value", "must not be empty");
  return Finish(in);
}

bool MapParser::ParseValue(const Json& json, const std::string& path,
                           Expression* out) {
  if (!IsObject(json, path)) return false;
  Members in(json, path);
  const bool column = in.Has("column");
  const Json* value = in.Find("value");
  const Json* object = in.Find("object");
  if ((column ? 1 : 0) + (value != nullptr) + (object != nullptr) != 1) {
    return Fail(path, "needs one of \"column\", \"value\" and \"object\"");
  }
  if (column) return ParseColumn(&in, false, out) && Finish(in);
  if (object != nullptr) {
    return ParseObject(*object, path + ".object", out) && Finish(in);
  }
  out->constant = value->dump();
  return Finish(in);
}

bool MapParser::ParseObject(const Json& json, const std::string& path,
                            Expression* out) {
  if (!IsObject(json, path)) return false;
  out->kind = Expression::Kind::kObject;
  for (const auto& [name, value] : json.items()) {
    Expression member;
    if (!ParseValue(value, path + "." + name, &member)) return false;
    out->members.push_back({name, std::move(member)});
  }
  return true;
}

bool MapParser::ParseColumn(Members* in, bool text_only, Expression* out) {
  static constexpr std::pair<const char*, As> kAs[] = {
      {"string", As::kString},   {"number", As::kNumber},
      {"integer", As::kInteger}, {"boolean", As::kBoolean},
      {"json", As::kJson},
  };
  static constexpr std::pair<const char*, WhenEmpty> kEmpty[] = {
      {"omit", WhenEmpty::kOmit},
      {"null", WhenEmpty::kNull},
      {"reject", WhenEmpty::kReject},
  };
  out->kind = Expression::Kind::kColumn;
  // Values of JSON stay what they are.
  const bool json = map_->format == ImportMap::Impl::Format::kJson;
  std::string as = json && !text_only ? "json" : "string";
  std::string empty = "omit";
  if (!Column(in, &out->column) || !GetText(in, "as", &as) ||
      !GetText(in, "empty", &empty) ||
      !GetText(in, "strip_suffix", &out->strip_suffix) ||
      !GetBool(in, "normalise", &out->normalise)) {
    return false;
  }
  const auto* found_as = std::find_if(std::begin(kAs), std::end(kAs),
                                      [&](auto& a) { return as == a.first; });
  if (found_as == std::end(kAs) ||
      (text_only && found_as->second != As::kString)) {
    return Fail(in->PathOf("as"),
                text_only ? "only \"string\" makes sense here"
                          : "must be \"string\", \"number\", \"integer\", "
                            "\"boolean\" or \"json\"");
  }
  out->as = found_as->second;
  const auto* found_empty =
      std::find_if(std::begin(kEmpty), std::end(kEmpty),
                   [&](auto& e) { return empty == e.first; });
  if (found_empty == std::end(kEmpty) ||
      (text_only && found_empty->second == WhenEmpty::kNull)) {
    return Fail(in->PathOf("empty"),
                text_only ? "must be \"omit\" or \"reject\""
                          : "must be \"omit\", \"null\" or \"reject\"");
  }
  out->when_empty = found_empty->second;
  if (json && out->as == As::kJson && !out->strip_suffix.empty()) {
    return Fail(in->PathOf("strip_suffix"), "needs another \"as\" than json");
  }
  if (out->normalise && out->as != As::kNumber && out->as != As::kInteger) {
    return Fail(in->PathOf("normalise"), "is for numbers only");
  }
  return true;
}

bool MapParser::Column(Members* in, ColumnRef* out) {
  UsedColumn column;
  const Json* json = in->Find("column");
  const std::string path = in->PathOf("column");
  if (json == nullptr) return Fail(path, "is missing");
  if (json->is_number_unsigned()) {
    column.number = json->get<uint64_t>();
    if (column.number == 0) return Fail(path, "the first one is 1");
  } else if (json->is_string()) {
    column.names.push_back(json->get<std::string>());
  } else if (!GetTexts(in, "column", &column.names)) {
    return Fail(path, "must be a name, names, or a number");
  }
  const bool whole = map_->format == ImportMap::Impl::Format::kJson;
  const bool empty = std::find(column.names.begin(), column.names.end(), "") !=
                     column.names.end();
  if (column.number == 0 && (column.names.empty() || (empty && !whole))) {
    return Fail(path, "is missing");
  }
  if (!GetBool(in, "optional", &column.optional)) return false;
  std::vector<UsedColumn>& used = map_->used;
  const auto it =
      std::find_if(used.begin(), used.end(), [&](const UsedColumn& other) {
        return other.number == column.number && other.names == column.names;
      });
  *out = static_cast<size_t>(it - used.begin());
  if (it == used.end()) {
    used.push_back(std::move(column));
  } else {
    it->optional = it->optional && column.optional;
  }
  return true;
}

namespace {

constexpr int kMaxMapDepth = 16;

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  if (text.size() > kMaxMapBytes) {
    return Status(StatusCode::kTooLarge, "map: more than 1048576 bytes");
  }
  std::vector<std::set<std::string>> names;
  bool too_deep = false;
  std::string twice;
  const auto check = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kMaxMapDepth) too_deep = true;
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key &&
        !names.back().insert(value.get<std::string>()).second) {
      twice = value.get<std::string>();
    }
    return true;
  };
  try {
    Json json = Json::parse(text.begin(), text.end(), check);
    if (too_deep) {
      return Status(StatusCode::kTooLarge, "map: nested deeper than 16");
    }
    if (!twice.empty()) {
      return Status(StatusCode::kInvalidArgument,
                    "map: \"" + twice + "\" stands twice in one object");
    }
    return json;
  } catch (const Json::parse_error& error) {
    const size_t byte = std::min<size_t>(error.byte, text.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + byte, '\n');
    return Status(StatusCode::kMalformed,
                  "map: not JSON, line " + std::to_string(line));
  } catch (const Json::exception&) {
    return Status(StatusCode::kMalformed, "map: a number is out of range");
  }
}

Result<std::string> ReadMapText(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(
      std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) {
    return Status(StatusCode::kNotFound, "map: cannot open " + path);
  }
  std::string text(kMaxMapBytes + 1, '\0');
  const size_t size = std::fread(text.data(), 1, text.size(), file.get());
  if (std::ferror(file.get()) != 0) {
    return Status(StatusCode::kIoError, "map: cannot read " + path);
  }
  text.resize(size);
  return text;
}

bool IsJsonValue(std::string_view text) {
  return Json::accept(text.begin(), text.end());
}

}  // namespace ingest

ImportMap::ImportMap(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ImportMap::ImportMap(const ImportMap& other)
    : impl_(std::make_unique<Impl>(*other.impl_)) {}
ImportMap& ImportMap::operator=(const ImportMap& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}
ImportMap::ImportMap(ImportMap&&) noexcept = default;
ImportMap& ImportMap::operator=(ImportMap&&) noexcept = default;
ImportMap::~ImportMap() = default;

Result<ImportMap> ImportMap::FromJson(std::string_view json) {
  return ingest::Guarded([&]() -> Result<ImportMap> {
    Result<ingest::Json> root = ingest::ParseJson(json);
    if (!root.ok()) return root.status();
    auto impl = std::make_unique<Impl>();
    ingest::MapParser parser(impl.get());
    if (!parser.ParseMap(*root)) return parser.status();
    impl->canonical = root->dump();
    return ImportMap(std::move(impl));
  });
}

std::string_view ImportMap::json() const { return impl_->canonical; }

Result<ImportMap> ImportMap::FromFile(const std::string& path) {
  Result<std::string> text = ingest::ReadMapText(path);
  if (!text.ok()) return text.status();
  Result<ImportMap> map = FromJson(*text);
  if (map.ok()) return map;
  return Status(map.status().code(),
                path + ": " + std::string(map.status().message()));
}

}  // namespace crm
