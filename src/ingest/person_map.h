// A PersonMap in the form that rows are read with.

#ifndef CRM_INGEST_PERSON_MAP_H_
#define CRM_INGEST_PERSON_MAP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crm/link_file.h"
#include "ingest/map.h"

namespace crm::ingest {

// Birth dates in columns: as DateFormat, but of %Y %y %m %-m %d %-d %e %b %%
// alone, and never refused for a day that does not exist: whoever mistyped the
// month still knew the year.
class BirthFormat final {
 public:
  // kInvalidArgument: names the directive.
  static Result<BirthFormat> Parse(std::string_view format);
  // "1961-04-09", zeros for what it does not say. A time of day behind the
  // date is passed over. False: it does not fit.
  bool Read(std::string_view text, std::string* date) const;

 private:
  struct Item {
    char directive = '\0';  // '\0': literal.
    char literal = '\0';
    bool loose = false;
  };
  std::vector<Item> items_;
};

// Year, month and day as "1961-04-09"; a month over 12 that may be the day is
// taken for it, and what is no date at all is unknown.
std::string BirthText(uint32_t year, uint32_t month, uint32_t day);

// One value of a person.
struct PersonColumn {
  MatchField field = MatchField::kOther;
  uint8_t slot = 0;
  ColumnRef column = 0;
};

struct BirthColumns {
  bool present = false;
  bool parts = false;  // Else all of it is in `date`.
  ColumnRef date = 0;
  ColumnRef year = 0;
  ColumnRef month = 0;
  ColumnRef day = 0;
  bool has_month = false;
  bool has_day = false;
  std::vector<BirthFormat> formats;  // The first that fits counts.
};

}  // namespace crm::ingest

namespace crm {

struct PersonMap::Impl {
  // How the file is framed, and the columns that are used.
  ImportMap::Impl file;
  ingest::ColumnRef id = 0;
  std::vector<ingest::PersonColumn> columns;
  ingest::BirthColumns birth;
  std::vector<std::string> missing;  // In small letters.
  std::string canonical;
};

}  // namespace crm

#endif  // CRM_INGEST_PERSON_MAP_H_
