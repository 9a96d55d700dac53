// Keys of the rows of identity, for the files of its room.

#ifndef CRM_IDENTITY_IDENTITY_INTERNAL_H_
#define CRM_IDENTITY_IDENTITY_INTERNAL_H_

#include <string>

#include "identity/identity_room.h"

namespace crm {

inline RowKey HashRow(uint32_t tenant, const Hash128& hash) {
  return RowKey{hash.hi, hash.lo, tenant};
}

inline RowKey NumberRow(uint32_t tenant, uint64_t number) {
  return RowKey{number, 0, tenant};
}

inline RowKey PairRow(uint32_t tenant, RecordId a, RecordId b) {
  return RowKey{a < b ? a : b, a < b ? b : a, tenant};
}

inline Status MalformedRow(const char* family) {
  return Status(StatusCode::kCorruption,
                std::string("family ") + family + ": malformed row");
}

// A row as what it means; an absent one is that of nothing.
template <typename T>
Result<T> ReadAs(Result<Row> row, const char* family) {
  if (!row.ok()) return std::move(row).status();
  T out;
  if (row->exists() && !out.Decode(row->value())) return MalformedRow(family);
  return out;
}

// An absent row is number zero.
inline Result<uint64_t> ReadNumber(Result<Row> row, const char* family) {
  Result<IdentifierRow> number = ReadAs<IdentifierRow>(std::move(row), family);
  if (!number.ok()) return std::move(number).status();
  return number->owner;
}

inline std::string EncodeNumber(uint64_t number) {
  return IdentifierRow{number, false}.Encode();
}

Result<RecordRow> ReadRecord(Result<Row> row);

// Whether an identifier before this one is the same.
inline bool IsRepeated(const IdentityData& data, size_t index) {
  for (size_t i = 0; i < index; ++i) {
    if (data.identifiers[i].hash == data.identifiers[index].hash) return true;
  }
  return false;
}

}  // namespace crm

#endif  // CRM_IDENTITY_IDENTITY_INTERNAL_H_
