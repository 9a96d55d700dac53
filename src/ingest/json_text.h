// The little JSON that mapping rows takes: writing strings, checking numbers.

#ifndef CRM_INGEST_JSON_TEXT_H_
#define CRM_INGEST_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace crm::ingest {

// Appends `text` as a JSON string, with quotes. Escapes what must be; that
// the rest is UTF-8 is checked when the event is appended.
void AppendJsonString(std::string_view text, std::string* out);

// Whether `text` is a JSON number, to the letter.
bool IsJsonNumber(std::string_view text);
bool IsJsonInteger(std::string_view text);

// Makes a JSON number of "+5", "007", ".5" and "5.": nothing of its value
// changes. Text that is no number either way comes back as it was.
std::string NormaliseNumber(std::string_view text);

}  // namespace crm::ingest

#endif  // CRM_INGEST_JSON_TEXT_H_
