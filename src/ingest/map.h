// An ImportMap in the form that rows are mapped with.

#ifndef CRM_INGEST_MAP_H_
#define CRM_INGEST_MAP_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/ingest.h"
#include "crm/status.h"
#include "ingest/date_format.h"

namespace crm::ingest {

// A column as expressions name it: its place in ImportMap::Impl::used.
using ColumnRef = size_t;

enum class As : uint8_t { kString, kNumber, kInteger, kBoolean, kJson };
enum class WhenEmpty : uint8_t { kOmit, kNull, kReject };

struct Member;

// What a member of an event is made of.
struct Expression {
  enum class Kind : uint8_t { kColumn, kConstant, kObject };
  Kind kind = Kind::kConstant;
  // kColumn.
  ColumnRef column = 0;
  As as = As::kString;
  WhenEmpty when_empty = WhenEmpty::kOmit;
  bool normalise = false;
  std::string strip_suffix;
  // kConstant: JSON where JSON is wanted, else the text itself.
  std::string constant;
  // kObject, in the order of the map.
  std::vector<Member> members;
};

struct Member {
  std::string name;
  Expression value;
};

// The type of the event if the column's value is like this.
struct TypeCase {
  enum class Test : uint8_t { kEquals, kStartsWith, kEndsWith, kEmpty };
  ColumnRef column = 0;
  Test test = Test::kEquals;
  std::string text;
  bool empty = true;  // kEmpty: what is expected.
  std::string then;
};

struct TimeRule {
  ColumnRef column = 0;
  std::vector<DateFormat> formats;  // The first that fits counts.
  std::chrono::seconds offset{0};
  bool required = true;  // Else a row without has the time of the import.
};

// What a value of a contact's column does to her profile.
enum class Policy : uint8_t { kOverwrite, kFillEmpty, kAppend, kIgnore };

// A trait of a contact.
struct TraitRule {
  std::string name;
  Expression value;  // Of a column.
  Policy policy = Policy::kOverwrite;
  std::string separator;  // kAppend: between the elements of a cell.
};

// An identifier of a contact.
struct ContactIdentifier {
  std::string name_space;
  Expression value;
  bool keep_row = false;  // When it is invalid: the row does without it.
};

// A column that tells what a contact agreed to.
struct ConsentRule {
  enum class Meaning : uint8_t { kGranted, kRevoked, kNothing };
  ColumnRef column = 0;
  std::string purpose;
  std::string channel;
  // Values, in small letters, with what they mean.
  std::vector<std::pair<std::string, Meaning>> values;
  // What any other value means; absent: the row is bad.
  std::optional<Meaning> otherwise;
  std::optional<TimeRule> at;
  std::optional<ColumnRef> ip_address;
};

struct ContactRule {
  enum class Others : uint8_t { kTraits, kIgnore, kReject };
  std::string type;
  std::string source;
  std::optional<Expression> id;
  std::optional<TimeRule> occurred_at;
  std::vector<ContactIdentifier> identity;
  std::vector<TraitRule> traits;
  std::vector<ConsentRule> consents;
  std::vector<std::string> ignored;  // Columns.
  Others others = Others::kTraits;
  Policy others_policy = Policy::kOverwrite;
  std::string clear;  // A cell that says that there is no value; empty: none.
};

// How a column of a file is found: by the first of its names that the header
// has, or by its number.
struct UsedColumn {
  std::vector<std::string> names;
  size_t number = 0;  // 1-based; zero: by name.
  bool optional = false;

  // What errors call it.
  std::string Label() const {
    return number > 0 ? std::to_string(number) : names.front();
  }
};

struct EventRule {
  std::vector<TypeCase> type_cases;
  Expression type;  // When no case fits.
  std::string source;
  std::optional<Expression> version;
  std::optional<Expression> id;
  std::optional<Expression> correlation_id;
  std::optional<TimeRule> occurred_at;
  std::vector<Member> identity;  // By namespace.
  Expression payload;
  std::optional<Expression> metadata;
};

// A column of fixed-width text.
struct Slice {
  size_t start = 0;
  size_t width = SIZE_MAX;  // To the end of the line.
};

// Whether `text` is one JSON value and nothing else.
bool IsJsonValue(std::string_view text);

}  // namespace crm::ingest

namespace crm {

struct ImportMap::Impl {
  enum class Format : uint8_t { kCsv, kFixed, kJson };
  Format format = Format::kCsv;
  char delimiter = ',';
  char quote = '"';  // '\0': none.
  bool header = false;
  bool trim = false;
  TextEncoding encoding = TextEncoding::kUtf8;
  bool whitespace = false;  // kFixed: fields are what blanks separate.
  uint64_t skip_lines = 0;
  bool equal_rows_differ = true;
  std::vector<std::string> nulls;     // Values that count as empty.
  std::vector<std::string> columns;   // Empty: the header names them.
  std::vector<ingest::Slice> slices;  // kFixed without `whitespace`.
  ingest::EventRule event;
  std::optional<ingest::ContactRule> contact;  // Instead of `event`.
  // The columns that expressions use; ColumnRef counts in it.
  std::vector<ingest::UsedColumn> used;
  // The map as text without insignificant blanks.
  std::string canonical;

  const std::string& source() const {
    return contact.has_value() ? contact->source : event.source;
  }
  bool has_id() const {
    return contact.has_value() ? contact->id.has_value() : event.id.has_value();
  }
};

}  // namespace crm

#endif  // CRM_INGEST_MAP_H_
