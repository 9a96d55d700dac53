// Criteria: who is meant? A question about customers, as JSON, that is true,
// false or unknown of each of them at an instant.
//
//   auto criteria = crm::Criteria::Parse(R"({"and": [
//       {"field": "country", "operator": "eq", "value": "ZA"},
//       {"event": "order.placed", "operator": "gte", "value": 3,
//        "window": {"last": {"days": 30}}}]})");
//   auto answer = tenant->Evaluate(7, *criteria);
//   if (answer->truth == crm::Truth::kTrue) Greet();
//   std::string why = crm::CriteriaAnswerToText(*answer);
//   auto preview = tenant->Preview(*criteria, {.sample = 5});
//
// A node is a JSON object; what it is, is told by its member:
//
//   {"and": [NODE, ...]}, {"or": [NODE, ...]}, {"not": NODE}
//   {"combinator": "AND" | "OR", "rules": [NODE, ...]}   the same as these two;
//                        without combinator AND
//   {"field": PATH, "operator": OPERATOR, "value": VALUE}      a trait
//   {"event": TYPES, "where": FILTER, "window": WINDOW,        her events:
//    "aggregate": AGGREGATE, "of": PATH,                       a number about
//    "operator": OPERATOR, "value": VALUE}                     them
//   {"event": TYPES, "where": FILTER, "window": WINDOW,        the first or the
//    "pick": "first" | "last", "has": FILTER}                  last of them
//   {"sequence": [{"event": TYPES, "where": FILTER},           the first, and
//                 {"event": TYPES, "where": FILTER}],          later the second
//    "within": DURATION, "join": PATH, "window": WINDOW}
//   {"consent": PURPOSE, "channel": "email", "class": "marketing",
//    "is": "allow" | "deny" | "defer"}
//                        what Tenant::CheckConsent says; class and is may be
//                        missing (marketing, allow)
//   {"bucket": TEXT, "of": N, "from": A, "until": B}   a random part of all:
//                        by a hash of TEXT and her id each is in one of N
//                        (1 to 1,000,000) buckets; true from A up to below B.
//                        The same on every machine, as long as her id is
//
//   TYPES      a type of events, an array of up to 50, or "*": all
//   FILTER     {"property": PATH, "operator": OPERATOR, "value": VALUE} of the
//              payload, as readers see it; and/or/not of such
//   PATH       a name; or, where it begins with "/", a JSON pointer, whose
//              first part is the name: "/address/city"
//   AGGREGATE  count (where none is named), sum, avg, min, max: of the numbers
//              at `of`; unique: how many different texts, numbers or truth
//              values at `of`; first, last: when that was. Without operator
//              and value a count is "gte" 1: it happened. "eq" 0: it never did
//   DURATION   {"days": 30}: one of seconds, minutes, hours, days, weeks (of
//              fixed length), months, years (of the calendar, in the time zone;
//              the last day of a month where there is no such day)
//   INSTANT    "2026-02-03T10:00:00Z" (RFC 3339); "2026-02-03": when the day
//              begins in the time zone; {"ago": DURATION}, {"ahead": DURATION};
//              {"startOf": "day" | "week" | "month" | "quarter" | "year",
//              "offset": N}: of the current one, or N later (or earlier, below
//              zero); weeks begin on Monday
//   WINDOW     event times: {"last": DURATION}: rolling, that long before the
//              instant of the question, excluded, up to it, included;
//              {"calendar": "month", "offset": -1}: the month before this one;
//              {"from": INSTANT, "until": INSTANT}: from included, until
//              excluded, one of them may be missing. Without a window: all
//
// Operators. Each says what `value` is; no text is ever taken for a number.
//   eq neq                   a text (to the byte), a number, true or false
//   in notIn                 an array of these
//   gt gte lt lte            a number or an INSTANT; what is compared is then
//   between                  a number, or a text that is RFC 3339 or a day.
//                            between: [low, high], both included
//   contains notContains startsWith endsWith   a text, whatever its case
//   matches                  a regular expression of RE2, found anywhere
//   isNull isNotNull         (also missing, exists) no value: is it there?
//   hasAny hasAll hasNone    an array of texts, numbers, truth values; what is
//                            asked about is an array
//   near                     {"latitude": N, "longitude": N, "meters": N}; what
//                            is asked about is an object with latitude and
//                            longitude, or lat and lon (or lng). On a sphere,
//                            to the meter
//   Aggregates take eq, neq, gt, gte, lt, lte and between, with a number; first
//   and last take all of these but eq and neq, with an INSTANT.
//
// True, false, unknown
//   `not` of unknown is unknown; `and` is false where one is false, else
//   unknown where one is unknown; `or` is true where one is true, else unknown
//   where one is unknown. Only who makes it true is meant: neither a criterion
//   nor its `not` holds somebody of whom it is not known. Unknown is
//   - a trait or property that is not there (or null), but for isNull and
//     isNotNull, which then are true and false ("missing");
//   - a value of another type than the operator asks for ("type");
//   - avg, min, max, first, last, and pick, when there is no event or no number
//     ("none"). Count, sum and unique of nothing are 0;
//   - what hangs on events whose content nobody can read any more: erased,
//     redacted, expired ("unreadable"). Their type and time are known: a count
//     without filter counts them. With a filter each may or may not match, and
//     it is unknown only if that makes a difference;
//   - a sum beyond what Decimal holds, 18 digits ("overflow").
//   In a filter an event of which it is unknown, and that can be read, does not
//   match: "coupon eq X" passes over orders without a coupon.
//
// What counts
//   All events of the customer up to `as_of`, by their own time, in whatever
//   order they came; and what they say of her traits. Later ones are not there
//   yet. Who is who is as it is now; so is what is known of consent. Of events
//   at one time the one with the greatest hash of its id is the later one; a
//   sequence needs two times.
//   Who was merged into another is asked about by the other's id; who was
//   erased is nobody.
//
// Limits: 64 KiB, 16 levels, 500 nodes, 1,000 values in an array, texts of 1
// KiB, expressions of 1,000 bytes, durations from a second to a hundred years.
//
// Not among these: being in another segment, "regularly", "stopped" and
// "restarted" as words of their own, identifiers, households.

#ifndef CRM_INCLUDE_CRITERIA_H_
#define CRM_INCLUDE_CRITERIA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "crm/types.h"

namespace crm {

inline constexpr size_t kMaxCriteriaBytes = 65'536;
inline constexpr size_t kMaxCriteriaDepth = 16;
inline constexpr size_t kMaxCriteriaNodes = 500;
// In an array: `in`, hasAny and the like.
inline constexpr size_t kMaxCriteriaValues = 1'000;
// That a preview shows.
inline constexpr size_t kMaxCriteriaSample = 10'000;

// The numbers never change.
enum class Truth : uint8_t {
  kFalse = 0,
  kTrue = 1,
  kUnknown = 2,
};

// "false", "true", "unknown"; of another number, nothing.
std::string_view TruthName(Truth truth);

// Criteria, checked and made ready. Immutable: of use to any thread, cheap to
// copy, bound to no store.
class Criteria final {
 public:
  // Errors name the node by its JSON pointer ("/and/1/window/last"), what is
  // wrong and the limit, never a value: kMalformed (not JSON), kTooLarge (a
  // limit), kInvalidArgument (everything else: what no node, member or operator
  // is called, an empty group, a value of the wrong type, an expression that
  // RE2 does not take, a window that is none).
  static Result<Criteria> Parse(std::string_view json);

  // As it was given, without the blanks between its tokens.
  const std::string& json() const;
  // In words, for people: English, one line.
  std::string Describe() const;

  struct Impl;  // Internal.
  explicit Criteria(std::shared_ptr<const Impl> impl);
  const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

// The JSON Schema (draft 7) of criteria, as text: all that Parse takes is valid
// by it. Also installed as share/crm/criteria.schema.json. What a schema cannot
// say (an expression, the order of two instants, how much is too much) is
// looked at by Parse alone.
std::string_view CriteriaSchema();

// At which instant a question is put.
struct CriteriaOptions {
  // Absent: now, by the store's clock.
  std::optional<Timestamp> as_of = {};
  // Where days, weeks, months and years begin: "Europe/Berlin". Empty: UTC.
  std::string time_zone = {};
};

// An event that speaks for an answer.
struct CriteriaEvent {
  Position position = 0;
  // Empty: it cannot be read any more.
  std::string id = {};
  // Absent: it is not hers (an act of consent about an address), or later.
  std::optional<Timestamp> occurred_at = {};
};

// Why a node is what it is.
struct CriteriaProof {
  // Where it stands in the criteria, as a JSON pointer; empty: the whole.
  std::string path = {};
  Truth truth = Truth::kUnknown;
  // The node in words; of a group "and", "or", "not".
  std::string text = {};
  // What was found, as JSON: a trait's value, a count, a sum, an instant, the
  // word of a decision. Empty: nothing. An avg is {"sum": S, "count": N}.
  std::string value = {};
  // Of what is unknown: "missing", "type", "none", "unreadable", "overflow".
  // Of consent: the rule that decided.
  std::string reason = {};
  // What decides it: of a trait the event that set it, of events those that
  // match (a hundred of them, the latest), of a sequence its two. By time.
  std::vector<CriteriaEvent> events = {};
  // How many match, or may match and cannot be read.
  uint64_t matching = 0;
  uint64_t unreadable = 0;
  // Of a group, in its order.
  std::vector<CriteriaProof> parts = {};
};

// What Evaluate answers.
struct CriteriaAnswer {
  // By the id that she goes by.
  CustomerId customer = 0;
  Truth truth = Truth::kUnknown;
  // For which instant, and by which events of the log.
  Timestamp as_of = {};
  Position position = 0;
  CriteriaProof proof = {};
};

// As a JSON object with the members of the struct, what is empty left out;
// truth is a word, instants are RFC 3339. Holds personal data.
std::string CriteriaAnswerToJson(const CriteriaAnswer& answer);
// As a tree of lines for people. Holds personal data.
std::string CriteriaAnswerToText(const CriteriaAnswer& answer);

// How Preview looks.
struct PreviewOptions {
  // As in CriteriaOptions.
  std::optional<Timestamp> as_of = {};
  std::string time_zone = {};
  // So many customers are named, 0 to 10,000.
  size_t sample = 10;
  // Customers that were looked at, of all ids. Calls nothing of this store;
  // false cancels (kCancelled).
  Progress progress = {};
};

// Of whom it is true.
struct CriteriaPreview {
  // Who was asked about: all customers of the tenant.
  uint64_t customers = 0;
  uint64_t matching = 0;
  uint64_t unknown = 0;
  // The first of those of whom it is true, by id.
  std::vector<CustomerId> sample = {};
  // For which instant, and by which events of the log.
  Timestamp as_of = {};
  Position position = 0;
};

}  // namespace crm

#endif  // CRM_INCLUDE_CRITERIA_H_
