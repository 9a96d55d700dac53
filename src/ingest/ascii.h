// Characters that mean something in every format that is read.

#ifndef CRM_INGEST_ASCII_H_
#define CRM_INGEST_ASCII_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace crm::ingest {

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// White space of JSON.
inline bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

inline char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Takes an English month, by its first three letters, from the front; 1 to 12.
// 0: there is none.
inline uint32_t TakeMonth(std::string_view* text) {
  constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (text->size() < 3) return 0;
  const char name[3] = {Lower((*text)[0]), Lower((*text)[1]),
                        Lower((*text)[2])};
  for (uint32_t i = 0; i < 12; ++i) {
    if (kMonths.substr(size_t{3} * i, 3) != std::string_view(name, 3)) continue;
    text->remove_prefix(3);
    return i + 1;
  }
  return 0;
}

}  // namespace crm::ingest

#endif  // CRM_INGEST_ASCII_H_
