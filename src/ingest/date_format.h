// Dates in columns, read by an explicit format. Strict, without locale: a
// date that could be read in two ways has to be told how.

#ifndef CRM_INGEST_DATE_FORMAT_H_
#define CRM_INGEST_DATE_FORMAT_H_

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "crm/types.h"

namespace crm::ingest {

// Immutable; any thread.
class DateFormat final {
 public:
  DateFormat() = default;

  // Directives: %Y (four digits) %m %d %H %M %S (two digits), %y (00 to 68:
  // 2000 on; 69 to 99: 1900 on), %e (day, one or two digits, may begin with a
  // blank), %b (Jan to Dec, any case), %I with %p (AM, PM), %f (1 to 9 digits
  // of fraction, cut to microseconds only when nothing is lost), %z (Z,
  // +hhmm, +hh:mm), %s (seconds since 1970, alone or with .%f), %%. %-m, %-d
  // and %-H take one digit or two.
  // Everything else stands for itself. kInvalidArgument: unknown or missing
  // directives; the message names them.
  static Result<DateFormat> Parse(std::string_view format);

  // All of `text` must be used. Without %z and %s the text is local time at
  // `offset` from UTC. Messages hold nothing of `text`.
  Result<Timestamp> Read(std::string_view text,
                         std::chrono::seconds offset) const;

  bool has_offset() const { return has_offset_; }

 private:
  struct Item {
    char directive = '\0';  // '\0': literal.
    char literal = '\0';
    bool loose = false;  // One digit will do.
  };
  std::vector<Item> items_;
  bool has_offset_ = false;  // %z or %s.
};

// "Z", "+02:00" or "-0330". kInvalidArgument.
Result<std::chrono::seconds> ParseUtcOffset(std::string_view text);

}  // namespace crm::ingest

#endif  // CRM_INGEST_DATE_FORMAT_H_
