// An ImportMap in the form that rows are mapped with.

#ifndef CRM_INGEST_MAP_H_
#define CRM_INGEST_MAP_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
  DateFormat format;
  std::chrono::seconds offset{0};
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
  enum class Format : uint8_t { kCsv, kFixed };
  Format format = Format::kCsv;
  char delimiter = ',';
  char quote = '"';  // '\0': none.
  bool header = false;
  bool trim = false;
  bool windows_1252 = false;
  bool whitespace = false;  // kFixed: fields are what blanks separate.
  uint64_t skip_lines = 0;
  std::vector<std::string> nulls;     // Values that count as empty.
  std::vector<std::string> columns;   // Empty: the header names them.
  std::vector<ingest::Slice> slices;  // kFixed without `whitespace`.
  ingest::EventRule event;
  // Names of the columns that expressions use; ColumnRef counts in it.
  std::vector<std::string> used;
  // The map as text without insignificant blanks.
  std::string canonical;
};

}  // namespace crm

#endif  // CRM_INGEST_MAP_H_
