// What the schema engine and the public face both speak of: violations,
// fields, compatibility. They are part of the face.

#ifndef CRM_EVENT_SCHEMA_TYPES_H_
#define CRM_EVENT_SCHEMA_TYPES_H_

#include "crm/schema.h"

#endif  // CRM_EVENT_SCHEMA_TYPES_H_
