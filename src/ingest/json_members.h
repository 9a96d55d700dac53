// One JSON object taken apart into its members, which stay the text they are.
//
// No more is checked than that takes: whoever gets the text checks the rest.

#ifndef CRM_INGEST_JSON_MEMBERS_H_
#define CRM_INGEST_JSON_MEMBERS_H_

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"

namespace crm::ingest {

// Used again for each object; one thread. The text must outlive what is asked
// afterwards.
//
// A member counts as absent when it is not there, null or an empty string.
// The first thing that is wrong stays in status(), and names the member.
class JsonMembers final {
 public:
  // `path`: in front of the names in errors, such as "context.", or empty.
  Status Split(std::string_view object, std::string_view path = {});

  // Whether there is a member of that name, whatever it holds.
  bool Has(std::string_view name) { return Find(name) != nullptr; }
  // The value of a member as JSON text, without taking it; empty: absent.
  std::string_view Peek(std::string_view name);
  // The same, and the member is no part of the rest any more.
  std::string_view Take(std::string_view name);
  // The same; a value of another kind is an error.
  std::string_view TakeString(std::string_view name);
  std::string_view TakeScalar(std::string_view name);  // String or number.
  std::string_view TakeObject(std::string_view name);
  // Drops a member that is a string of plain ASCII, such as a key. (Nobody
  // would look any more whether something else is JSON at all.)
  void Drop(std::string_view name);

  // Appends `"name":value` for each member that was not taken, in their order,
  // with a comma before each but the first of the object that `out` ends in.
  void AppendRest(std::string* out) const;
  bool HasRest() const;
  // Of all members, in their order; valid until the next Split.
  std::vector<std::string_view> Names() const;

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }
  void Fail(std::string_view name, std::string_view what);

 private:
  struct Member {
    std::string_view name;
    std::string_view text;  // `"name" : value`
    std::string_view value;
    bool taken = false;
  };
  // Null: not there. Twice is an error.
  Member* Find(std::string_view name);
  Status SplitObject(std::string_view object);

  std::vector<Member> members_;
  std::deque<std::string> names_;  // Those that were written with escapes.
  std::string path_;
  Status status_;
};

// The text of a JSON string token; of any other token, itself.
std::string TextOfJson(std::string_view token);

// Behind the string, or the value, that begins at `i` of JSON text; npos: it
// never ends.
size_t SkipJsonString(std::string_view text, size_t i);
size_t SkipJsonValue(std::string_view text, size_t i);
size_t SkipJsonBlanks(std::string_view text, size_t i);

// Begins another member of the object that `out` ends in.
void AppendComma(std::string* out);
void AppendMember(std::string_view name, std::string_view value,
                  std::string* out);
// Appends what is between the braces of `object`.
void AppendInner(std::string_view object, std::string* out);

}  // namespace crm::ingest

#endif  // CRM_INGEST_JSON_MEMBERS_H_
