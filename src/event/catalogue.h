// The events that libcrm knows without being told: their schemas, with each
// field marked as personal or not, and the other names that they go by.
//
// The schemas are open: members they do not name are allowed (and personal).
// What the envelope carries (customerId, source, time) is never required of a
// payload.

#ifndef CRM_EVENT_CATALOGUE_H_
#define CRM_EVENT_CATALOGUE_H_

#include <string>
#include <string_view>
#include <vector>

namespace crm {

inline constexpr std::string_view kCatalogueVersion = "1.0";

// One type of the catalogue. Views are of static storage.
struct CatalogueSchema {
  std::string_view type;     // "OrderPlaced"
  std::string_view version;  // kCatalogueVersion
  std::string_view json;     // A JSON Schema, minified.
};

// All types, in order of their bytes. Made at the first call; thread-safe.
const std::vector<CatalogueSchema>& CatalogueSchemas();

// The schema of a type, or of what it is an alias of; null: not in the
// catalogue. "EmailSent" is an alias that has a schema of its own.
const CatalogueSchema* FindCatalogueSchema(std::string_view type);

// The name that the catalogue has for `type`: itself, or what it is an alias
// of ("CustomerPreferencesUpdated" is "PreferencesUpdated"); empty: unknown.
// An event keeps the name it came with.
std::string_view CanonicalType(std::string_view type);

struct CatalogueAlias {
  std::string_view alias;
  std::string_view type;
};
// In order of the aliases' bytes.
const std::vector<CatalogueAlias>& CatalogueAliases();

}  // namespace crm

#endif  // CRM_EVENT_CATALOGUE_H_
