// Settings of identity: methods of crm.Tenant.

#include "bindings/python/src/identity_settings.h"

#include <string>

#include "bindings/python/src/define.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/schemas.h"

namespace crm::python {

void DefineIdentitySettings(py::class_<TenantHandle>& type) {
  Def(
      type, "set_identity_settings",
      [](TenantHandle& self, py::object settings) {
        const std::string json = JsonFromPython(settings, "settings");
        Check(Change(self, [&](Tenant& tenant) {
          return tenant.SetIdentitySettings(json);
        }));
      },
      "Says how it is found out whose events are: namespaces, forms of\n"
      "values, block lists, bars and limits. A dict or text.\n\n"
      "    tenant.set_identity_settings({\n"
      "        \"namespaces\": {\"card\": {\"class\": \"exclusive\"}},\n"
      "        \"blocked\": {\"email\": [\"pos@club.example\"]},\n"
      "        \"phone\": {\"region\": \"ZA\"}})\n\n"
      "Takes the place of everything set before; what is not named is the\n"
      "default. Counts for the events that come after it. The manual of all\n"
      "members is crm/identity.h. Raises InputError, which names the place.",
      py::arg("settings"));
  Def(
      type, "identity_settings",
      [](const TenantHandle& self) {
        const std::string json = self.Run(
            [](const Tenant& tenant) { return tenant.GetIdentitySettings(); });
        return ParseJson(json);
      },
      "What counts for the next event, with all defaults spelled out, as a\n"
      "dict: change what you like, and set it again.");
}

}  // namespace crm::python
