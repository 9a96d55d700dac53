// Characters that are the same in every language and locale.

#ifndef CRM_BASE_ASCII_H_
#define CRM_BASE_ASCII_H_

namespace crm {

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace crm

#endif  // CRM_BASE_ASCII_H_
