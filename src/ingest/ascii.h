// Characters that mean something in every format that is read.

#ifndef CRM_INGEST_ASCII_H_
#define CRM_INGEST_ASCII_H_

namespace crm::ingest {

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// White space of JSON.
inline bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace crm::ingest

#endif  // CRM_INGEST_ASCII_H_
