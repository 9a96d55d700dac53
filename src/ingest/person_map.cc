#include "ingest/person_map.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include "ingest/ascii.h"
#include "ingest/encoding.h"
#include "ingest/guarded.h"
#include "ingest/map_parser.h"

namespace crm {
namespace ingest {
namespace {

constexpr size_t kMaxOthers = 4;
constexpr size_t kMaxContacts = 2;
// Nobody is called like this.
constexpr const char* kUsualMissing[] = {"null", "nan", "n/a",     "none",
                                         "nil",  "\\n", "unknown", "-"};
constexpr const char* kUsualFormats[] = {"%Y-%m-%d", "%Y%m%d", "%Y-%m", "%Y"};

class PersonMapParser final {
 public:
  explicit PersonMapParser(PersonMap::Impl* map) : map_(*map) {}

  bool Parse(const Json& root);
  const Status& status() const { return status_; }

 private:
  bool Fail(const std::string& path, const std::string& what) {
    if (status_.ok()) {
      status_ = Status(StatusCode::kInvalidArgument,
                       "map: " + (path.empty() ? what : path + ": " + what));
    }
    return false;
  }
  bool Text(const Json* json, const std::string& path, std::string* out) {
    if (json == nullptr) return true;
    if (!json->is_string()) return Fail(path, "must be a string");
    *out = json->get<std::string>();
    return true;
  }
  bool Character(const Json* json, const std::string& path, char* out);
  bool File(Members* in);
  bool Missing(const Json* json);
  bool Fields(const Json& json);
  bool Field(const std::string& name, const Json& json);
  bool Add(MatchField field, uint8_t slot, const Json& json,
           const std::string& path);
  bool Birth(const Json& json, const std::string& path);
  bool BirthParts(Members* in, const std::string& path);
  bool Formats(const Json* json, const std::string& path);
  // A name, or a number from 1 on.
  bool Column(const Json& json, const std::string& path, ColumnRef* out);

  PersonMap::Impl& map_;
  Status status_;
};

bool PersonMapParser::Character(const Json* json, const std::string& path,
                                char* out) {
  std::string text(1, *out);
  if (!Text(json, path, &text)) return false;
  if (text.size() != 1 || text[0] == '\n' || text[0] == '\r' ||
      text[0] == '\0' || static_cast<unsigned char>(text[0]) > 0x7f) {
    return Fail(path, "must be one ASCII character");
  }
  *out = text[0];
  return true;
}

bool PersonMapParser::File(Members* in) {
  std::string format = "csv";
  std::string encoding = "utf-8";
  if (!Text(in->Find("format"), "format", &format) ||
      !Text(in->Find("encoding"), "encoding", &encoding) ||
      !Character(in->Find("delimiter"), "delimiter", &map_.file.delimiter) ||
      !Character(in->Find("quote"), "quote", &map_.file.quote)) {
    return false;
  }
  if (format != "csv") return Fail("format", "must be \"csv\"");
  if (map_.file.delimiter == map_.file.quote) {
    return Fail("quote", "must differ from the delimiter");
  }
  const std::optional<TextEncoding> known = EncodingOfName(encoding);
  if (!known.has_value()) return Fail("encoding", "is not known");
  map_.file.encoding = *known;
  map_.file.trim = true;
  map_.file.header = true;
  if (const Json* header = in->Find("header"); header != nullptr) {
    if (!header->is_boolean()) return Fail("header", "must be a boolean");
    map_.file.header = header->get<bool>();
  }
  return true;
}

bool PersonMapParser::Missing(const Json* json) {
  if (json == nullptr) {
    map_.missing.assign(std::begin(kUsualMissing), std::end(kUsualMissing));
    return true;
  }
  if (!json->is_array()) return Fail("missing", "must be an array of strings");
  for (const Json& one : *json) {
    if (!one.is_string()) {
      return Fail("missing", "must be an array of strings");
    }
    std::string text = one.get<std::string>();
    for (char& c : text) c = Lower(c);
    map_.missing.push_back(std::move(text));
  }
  return true;
}

bool PersonMapParser::Column(const Json& json, const std::string& path,
                             ColumnRef* out) {
  UsedColumn column;
  if (json.is_string() && !json.get<std::string>().empty()) {
    if (!map_.file.header) {
      return Fail(path, "must be a number: the file has no header");
    }
    column.names.push_back(json.get<std::string>());
  } else if (json.is_number_unsigned() && json.get<uint64_t>() >= 1 &&
             json.get<uint64_t>() <= 10'000) {
    column.number = json.get<uint64_t>();
  } else {
    return Fail(path, "must be a column: its name, or its number from 1 on");
  }
  std::vector<UsedColumn>& used = map_.file.used;
  const auto it =
      std::find_if(used.begin(), used.end(), [&](const UsedColumn& other) {
        return other.names == column.names && other.number == column.number;
      });
  *out = static_cast<size_t>(it - used.begin());
  if (it == used.end()) used.push_back(std::move(column));
  return true;
}

bool PersonMapParser::Add(MatchField field, uint8_t slot, const Json& json,
                          const std::string& path) {
  PersonColumn column;
  column.field = field;
  column.slot = slot;
  if (!Column(json, path, &column.column)) return false;
  map_.columns.push_back(column);
  return true;
}

bool PersonMapParser::Formats(const Json* json, const std::string& path) {
  std::vector<std::string> formats;
  if (json == nullptr) {
    formats.assign(std::begin(kUsualFormats), std::end(kUsualFormats));
  } else if (json->is_string()) {
    formats.push_back(json->get<std::string>());
  } else if (json->is_array() && !json->empty() &&
             std::all_of(json->begin(), json->end(),
                         [](const Json& one) { return one.is_string(); })) {
    for (const Json& one : *json) formats.push_back(one.get<std::string>());
  } else {
    return Fail(path, "must be a format, or an array of them");
  }
  for (const std::string& text : formats) {
    Result<BirthFormat> format = BirthFormat::Parse(text);
    if (!format.ok()) {
      return Fail(path, std::string(format.status().message()));
    }
    map_.birth.formats.push_back(*std::move(format));
  }
  return true;
}

bool PersonMapParser::BirthParts(Members* in, const std::string& path) {
  BirthColumns& birth = map_.birth;
  birth.parts = true;
  const Json* const month = in->Find("month");
  const Json* const day = in->Find("day");
  if (!Column(*in->Find("year"), path + ".year", &birth.year)) return false;
  birth.has_month = month != nullptr;
  birth.has_day = day != nullptr;
  if (birth.has_month && !Column(*month, path + ".month", &birth.month)) {
    return false;
  }
  return !birth.has_day || Column(*day, path + ".day", &birth.day);
}

bool PersonMapParser::Birth(const Json& json, const std::string& path) {
  map_.birth.present = true;
  if (!json.is_object()) {
    return Column(json, path, &map_.birth.date) && Formats(nullptr, path);
  }
  Members in(json, path);
  const Json* const column = in.Find("column");
  bool good = false;
  if (column != nullptr) {
    good = Column(*column, path + ".column", &map_.birth.date) &&
           Formats(in.Find("format"), path + ".format");
  } else if (in.Has("year")) {
    good = BirthParts(&in, path);
  } else {
    return Fail(path, "must have a column, or year, month and day");
  }
  const std::string unknown = in.Unknown();
  return good && (unknown.empty() || Fail(unknown, "is not known here"));
}

bool PersonMapParser::Field(const std::string& name, const Json& json) {
  const std::string path = "fields." + name;
  MatchField field = MatchField::kOther;
  bool known = false;
  for (int number = 1; number < 64 && !known; ++number) {
    const auto one = static_cast<MatchField>(number);
    known = !name.empty() && MatchFieldName(one) == name;
    if (known) field = one;
  }
  if (!known) return Fail(path, "is no field");
  if (field == MatchField::kBirthDate) return Birth(json, path);
  if (!json.is_array()) return Add(field, 0, json, path);
  const bool other = field == MatchField::kOther;
  const bool contact =
      field == MatchField::kEmail || field == MatchField::kPhone;
  const bool words = field == MatchField::kGivenName ||
                     field == MatchField::kSurname ||
                     field == MatchField::kMiddleName;
  if (!other && !contact && !words) return Fail(path, "must be one column");
  const size_t most = other ? kMaxOthers : contact ? kMaxContacts : SIZE_MAX;
  if (json.empty() || json.size() > most) {
    return Fail(path, "must have 1 to " + std::to_string(most) + " columns");
  }
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string one = path + "[" + std::to_string(i) + "]";
    const auto slot = static_cast<uint8_t>(other ? i : 0);
    if (!Add(field, slot, json[i], one)) return false;
  }
  return true;
}

bool PersonMapParser::Fields(const Json& json) {
  if (!json.is_object() || json.empty()) {
    return Fail("fields", "must be an object with one field at least");
  }
  for (const auto& [name, value] : json.items()) {
    if (!Field(name, value)) return false;
  }
  return true;
}

bool PersonMapParser::Parse(const Json& root) {
  if (!root.is_object()) return Fail("", "must be an object");
  Members in(root, "");
  if (!File(&in)) return false;
  const Json* const id = in.Find("id");
  if (id == nullptr) return Fail("id", "is missing");
  const Json* const fields = in.Find("fields");
  if (fields == nullptr) return Fail("fields", "is missing");
  if (!Column(*id, "id", &map_.id) || !Missing(in.Find("missing")) ||
      !Fields(*fields)) {
    return false;
  }
  const std::string unknown = in.Unknown();
  return unknown.empty() || Fail(unknown, "is not known here");
}

// Up to `most` digits.
bool ReadNumber(std::string_view* text, size_t least, size_t most,
                uint32_t* out) {
  size_t n = 0;
  *out = 0;
  while (n < most && n < text->size() && IsDigit((*text)[n])) {
    *out = *out * 10 + static_cast<uint32_t>((*text)[n++] - '0');
  }
  text->remove_prefix(n);
  return n >= least;
}

bool ReadMonth(std::string_view* text, uint32_t* month) {
  *month = TakeMonth(text);
  return *month > 0;
}

}  // namespace

std::string BirthText(uint32_t year, uint32_t month, uint32_t day) {
  if (month > 12 && day >= 1 && day <= 12 && month <= 31) {
    std::swap(month, day);
  }
  if (month > 12) month = 0;
  if (day > 31) day = 0;
  if (year > 9999) year = 0;
  if (year == 0 && (month == 0 || day == 0)) return {};
  char text[48];
  std::snprintf(text, sizeof(text), "%04u-%02u-%02u", year, month, day);
  return text;
}

Result<BirthFormat> BirthFormat::Parse(std::string_view format) {
  BirthFormat out;
  bool year = false;
  for (size_t i = 0; i < format.size(); ++i) {
    Item item;
    if (format[i] != '%') {
      item.literal = format[i];
      out.items_.push_back(item);
      continue;
    }
    if (++i < format.size() && format[i] == '-') {
      item.loose = true;
      ++i;
    }
    const char c = i < format.size() ? format[i] : '\0';
    const bool known = item.loose ? c == 'm' || c == 'd'
                                  : std::string_view("Yymdeb%").find(c) !=
                                            std::string_view::npos &&
                                        c != '\0';
    if (!known) {
      return Status(StatusCode::kInvalidArgument,
                    "must be made of %Y %y %m %-m %d %-d %e %b and what stands "
                    "between them");
    }
    if (c == '%') {
      item.literal = '%';
    } else {
      item.directive = c;
    }
    year = year || c == 'Y' || c == 'y';
    out.items_.push_back(item);
  }
  if (!year) {
    return Status(StatusCode::kInvalidArgument, "has no year (%Y or %y)");
  }
  return out;
}

bool BirthFormat::Read(std::string_view text, std::string* date) const {
  uint32_t year = 0;
  uint32_t month = 0;
  uint32_t day = 0;
  for (const Item& item : items_) {
    bool good = false;
    switch (item.directive) {
      case 'Y':
        good = ReadNumber(&text, 4, 4, &year);
        break;
      case 'y':
        good = ReadNumber(&text, 2, 2, &year);
        year += year <= 30 ? 2000 : 1900;
        break;
      case 'm':
        good = ReadNumber(&text, item.loose ? 1 : 2, 2, &month);
        break;
      case 'e':
        if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
        good = ReadNumber(&text, 1, 2, &day);
        break;
      case 'd':
        good = ReadNumber(&text, item.loose ? 1 : 2, 2, &day);
        break;
      case 'b':
        good = ReadMonth(&text, &month);
        break;
      default:
        good = !text.empty() && text.front() == item.literal;
        if (good) text.remove_prefix(1);
    }
    if (!good) return false;
  }
  const bool time =
      text.size() > 1 && (text[0] == ' ' || text[0] == 'T') && IsDigit(text[1]);
  if (!text.empty() && !time) return false;
  *date = BirthText(year, month, day);
  return true;
}

}  // namespace ingest

PersonMap::PersonMap(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
PersonMap::PersonMap(const PersonMap& other)
    : impl_(std::make_unique<const Impl>(*other.impl_)) {}
PersonMap& PersonMap::operator=(const PersonMap& other) {
  if (this != &other) impl_ = std::make_unique<const Impl>(*other.impl_);
  return *this;
}
PersonMap::PersonMap(PersonMap&&) noexcept = default;
PersonMap& PersonMap::operator=(PersonMap&&) noexcept = default;
PersonMap::~PersonMap() = default;

std::string_view PersonMap::json() const { return impl_->canonical; }

Result<PersonMap> PersonMap::FromJson(std::string_view json) {
  return ingest::Guarded([&]() -> Result<PersonMap> {
    Result<ingest::Json> root = ingest::ParseJson(json);
    if (!root.ok()) return root.status();
    auto impl = std::make_unique<Impl>();
    ingest::PersonMapParser parser(impl.get());
    if (!parser.Parse(*root)) return parser.status();
    impl->canonical = root->dump();
    return PersonMap(std::move(impl));
  });
}

Result<PersonMap> PersonMap::FromFile(const std::string& path) {
  Result<std::string> text = ingest::ReadMapText(path);
  if (!text.ok()) return text.status();
  Result<PersonMap> map = FromJson(*text);
  if (map.ok()) return map;
  return Status(map.status().code(),
                path + ": " + std::string(map.status().message()));
}

}  // namespace crm
