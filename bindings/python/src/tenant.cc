// crm.Tenant.

#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "bindings/python/src/append.h"
#include "bindings/python/src/commands.h"
#include "bindings/python/src/consent.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/criteria.h"
#include "bindings/python/src/household.h"
#include "bindings/python/src/identity.h"
#include "bindings/python/src/identity_settings.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/ledger.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/privacy.h"
#include "bindings/python/src/reading.h"
#include "bindings/python/src/retention.h"
#include "bindings/python/src/schemas.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

// Waits in slices, so that Ctrl-C and Store.close() need not wait long.
constexpr std::chrono::milliseconds kSlice{100};

Position WaitForEvents(const TenantHandle& self, Position after,
                       py::object timeout) {
  using std::chrono::steady_clock;
  const bool for_ever = timeout.is_none();
  const auto until =
      steady_clock::now() +
      (for_ever ? std::chrono::microseconds(0) : DurationFromPython(timeout));
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        until - steady_clock::now());
    const auto slice =
        for_ever ? kSlice
                 : std::clamp(left, std::chrono::milliseconds(0), kSlice);
    const Position head = self.Run([&](const Tenant& tenant) {
      return tenant.WaitForEvents(after, slice);
    });
    if (head > after || (!for_ever && left <= kSlice)) return head;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
}

}  // namespace

void DefineTenant(py::module_& module) {
  py::class_<TenantHandle> type(
      module, "Tenant",
      "One tenant of a store: a wall. Made by Store.tenant(); thread-safe;\n"
      "keeps the store alive.\n\n"
      "The questions are asked of everything that was acknowledged so far;\n"
      "snapshot() asks several of one instant.",
      py::is_final());
  type.def_property_readonly(
      "name", [](const TenantHandle& self) { return self.tenant().name(); },
      "What Store.tenant was given.");
  DefineAppend(type);
  DefineAppendMany(type);
  DefineImportFile(type);
  DefineTenantExports(type);
  DefineReconcile(type);
  Def(
      type, "offset",
      [](const TenantHandle& self, const Text& name) {
        return py::bytes(self.Run(
            [&](const Tenant& tenant) { return tenant.GetOffset(name); }));
      },
      "What the program stored last under this name (see append): bytes.\n\n"
      "Raises NotFoundError: nothing.",
      py::arg("name"));
  Def(
      type, "snapshot",
      [](const TenantHandle& self) {
        return std::make_unique<SnapshotHandle>(
            self.box(), self.Run([](const Tenant& tenant) {
              return tenant.GetSnapshot();
            }));
      },
      "Everything acknowledged so far, at one instant: a Snapshot.");
  DefineQuestions(type);
  DefineIdentity(type);
  DefineSchemas(type);
  DefineIdentitySettings(type);
  DefineConsent(type);
  DefinePrivacy(type);
  DefinePersonExport(type);
  DefineRetention(type);
  DefineCommands(type);
  DefineHouseholds(type);
  DefineCriteria(type);
  DefineLedger(type);
  Def(type, "wait_for_events", &WaitForEvents,
      "Waits until the head is past `after`, at most `timeout` (seconds, or a\n"
      "timedelta; None: for ever). The new head.",
      py::arg("after"), py::arg("timeout") = py::none());
  DefineSubscriptions(type);
  FinishClass(type, "ask Store.tenant for it again");
}

}  // namespace crm::python
