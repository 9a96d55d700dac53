// The extension crm._crm.

#include "bindings/python/src/module.h"

#include <pybind11/pybind11.h>

#include <string>

#include "bindings/python/src/commands.h"
#include "bindings/python/src/consent.h"
#include "bindings/python/src/criteria.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/handles.h"
#include "bindings/python/src/household.h"
#include "bindings/python/src/identity.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/key_providers.h"
#include "bindings/python/src/match.h"
#include "bindings/python/src/privacy.h"
#include "bindings/python/src/reading.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/retention.h"
#include "bindings/python/src/schemas.h"
#include "crm/event.h"
#include "crm/schema.h"
#include "crm/version.h"

namespace crm::python {
namespace {

// Before the interpreter goes, while callbacks and other threads still work.
void CloseStoresAtExit() {
  py::module_::import("atexit").attr("register")(
      py::cpp_function([] { Unlocked([] { CloseAllAtExit(); }); }));
}

void DefineConstants(py::module_& module) {
  module.attr("__version__") = std::to_string(CRM_VERSION_MAJOR) + "." +
                               std::to_string(CRM_VERSION_MINOR) + "." +
                               std::to_string(CRM_VERSION_PATCH);
  module.attr("MAX_EVENT_BYTES") = kMaxEventBytes;
  module.attr("MAX_PAYLOAD_BYTES") = kMaxPayloadBytes;
  module.attr("MAX_JSON_DEPTH") = kMaxJsonDepth;
  module.attr("MAX_IDENTIFIERS") = kMaxIdentifiers;
  module.attr("MAX_ID_BYTES") = kMaxIdBytes;
  module.attr("MAX_REQUEST_EVENTS") = kMaxRequestEvents;
  module.attr("MAX_REQUEST_BYTES") = kMaxRequestBytes;
  module.attr("MAX_HOUSEHOLD_MEMBERS") = kMaxHouseholdMembers;
  module.attr("MAX_HOUSEHOLD_NAME_BYTES") = kMaxHouseholdNameBytes;
  module.attr("MAX_DEFINITIONS") = kMaxDefinitions;
  module.attr("MAX_DEFINITION_BYTES") = kMaxDefinitionBytes;
  module.attr("MAX_VIOLATIONS") = kMaxViolations;
  module.attr("FORMAT_VERSION") = FormatVersion();
  module.attr("OLDEST_FORMAT_VERSION") = OldestFormatVersion();
}

}  // namespace
}  // namespace crm::python

PYBIND11_MODULE(_crm, module) {
  using namespace crm::python;  // NOLINT: the module's own.
  module.doc() = "The C++ part of the package crm; use that one.";
  py::options options;
  options.disable_function_signatures();
  InitInstants();
  InitHandles();
  DefineConstants(module);
  DefineEventRecords(module);
  DefineCustomerRecords(module);
  DefineReports(module);
  DefineSchemaRecords(module);
  DefineExportReports(module);
  DefineIdentityRecords(module);
  DefineConsentRecords(module);
  DefinePrivacyRecords(module);
  DefinePersonExportRecords(module);
  DefineRetentionRecords(module);
  DefineCommandRecords(module);
  DefineHouseholdRecords(module);
  DefineCriteriaRecords(module);
  DefineEvents(module);
  DefineKeyProviders(module);
  DefineImportMap(module);
  DefinePersons(module);
  DefineMatching(module);
  DefineLedgerChecks(module);
  DefineCursor(module);
  DefineSnapshot(module);
  DefineStoreSnapshot(module);
  DefineSubscription(module);
  DefineTenant(module);
  DefineStore(module);
  CloseStoresAtExit();
}
