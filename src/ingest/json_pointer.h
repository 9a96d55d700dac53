// Values of a JSON object by pointer (RFC 6901): "/user/email", "/items/0".

#ifndef CRM_INGEST_JSON_POINTER_H_
#define CRM_INGEST_JSON_POINTER_H_

#include <string>
#include <string_view>
#include <vector>

namespace crm::ingest {

// Used again for each row; one thread. What is read lives as long as the row's
// text and until the next Read.
class JsonPointers final {
 public:
  // Another place to read, by the first of `names` where there is something.
  // A name that does not begin with "/" is that of a member of the row itself;
  // the empty one is the row.
  void Add(const std::vector<std::string>& names);

  // `row`: JSON for certain.
  void Read(std::string_view row);

  // By place: the JSON token, and the text that it means (of a string what it
  // says, of anything else the token). Absent, null and "" are empty.
  const std::vector<std::string_view>& tokens() const { return tokens_; }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  using Path = std::vector<std::string>;
  std::vector<std::vector<Path>> places_;
  std::vector<std::string_view> tokens_;
  std::vector<std::string> texts_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_JSON_POINTER_H_
