// Schemas: their records, and the methods of crm.Tenant.

#include "bindings/python/src/schemas.h"

#include <pybind11/stl.h>

#include <string>
#include <utility>

#include "bindings/python/src/json_text.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"
#include "crm/schema.h"

namespace crm::python {
namespace {

constexpr EnumName<Validation> kModes[] = {
    {Validation::kOff, "OFF"},
    {Validation::kWarn, "WARN"},
    {Validation::kEnforce, "ENFORCE"},
    {Validation::kInherit, "INHERIT"},
};
constexpr EnumName<DefinitionView::Kind> kDefinitions[] = {
    {DefinitionView::Kind::kSchema, "SCHEMA"},
    {DefinitionView::Kind::kUpcaster, "UPCASTER"},
    {DefinitionView::Kind::kValidation, "VALIDATION"},
    {DefinitionView::Kind::kIdentity, "IDENTITY"},
    {DefinitionView::Kind::kConsent, "CONSENT"},
    {DefinitionView::Kind::kPrivacy, "PRIVACY"},
};
constexpr EnumName<Compatibility> kCompatibilities[] = {
    {Compatibility::kNone, "NONE"},
    {Compatibility::kBackward, "BACKWARD"},
    {Compatibility::kForward, "FORWARD"},
    {Compatibility::kFull, "FULL"},
};

void DefineRegister(py::class_<TenantHandle>& type) {
  Def(
      type, "register_schema",
      [](TenantHandle& self, Text event_type, py::object schema, Text version,
         py::object compatibility) {
        const SchemaDefinition definition = {
            .type = std::move(event_type),
            .version = std::move(version),
            .json = JsonFromPython(schema, "schema"),
            .compatibility = EnumFromPython("Compatibility", kCompatibilities,
                                            compatibility)};
        return Take(Change(self, [&](Tenant& tenant) {
          return tenant.RegisterSchema(definition);
        }));
      },
      "Adds a version to the schemas of a type: a SchemaInfo.\n\n"
      "schema: JSON Schema, as a dict or text; \"x-personal\": true marks a\n"
      "field that says something about a person.\n"
      "compatibility: with the latest version, \"backward\" (what was valid\n"
      "stays valid), \"forward\" (what is valid was valid), \"full\", "
      "\"none\".\n\n"
      "The same again is no error. Raises ConflictError: not compatible, or\n"
      "this version has another schema; InputError: the schema.",
      py::arg("type"), py::arg("schema"), py::kw_only(),
      py::arg("version") = "1.0", py::arg("compatibility") = "backward");
  Def(
      type, "register_upcaster",
      [](TenantHandle& self, py::object upcaster) {
        const std::string json = JsonFromPython(upcaster, "upcaster");
        return Take(Change(self, [&](Tenant& tenant) {
          return tenant.RegisterUpcaster(json);
        }));
      },
      "Adds an upcaster: an UpcasterInfo.\n\n"
      "    tenant.register_upcaster({\n"
      "        \"type\": \"ConsentGranted\", \"from\": \"1\", \"to\": \"2\",\n"
      "        \"steps\": [{\"default\": \"/legalBasis\",\n"
      "                   \"value\": \"unknown\"}]})\n\n"
      "From then on every event of version 1 is read as one of version 2,\n"
      "unless as_appended is asked for. The same again is no error. Raises\n"
      "ConflictError, InputError.",
      py::arg("upcaster"));
  Def(
      type, "set_validation",
      [](TenantHandle& self, py::object mode, const Text& event_type) {
        const Validation own = EnumFromPython("Validation", kModes, mode);
        Check(Change(self, [&](Tenant& tenant) {
          return tenant.SetValidation(event_type, own);
        }));
      },
      "Checks events from now on: \"off\", \"warn\" (appended, with\n"
      "EventOutcome.warning), \"enforce\" (refused), or for a single type\n"
      "\"inherit\". Without type: all types that have no rule of their own.",
      py::arg("mode"), py::kw_only(), py::arg("type") = "");
}

void DefineAsk(py::class_<TenantHandle>& type) {
  Def(
      type, "schema",
      [](const TenantHandle& self, const Text& event_type,
         const Text& version) {
        return self.Run([&](const Tenant& tenant) {
          return tenant.GetSchema(event_type, version);
        });
      },
      "The schema of a type: a SchemaInfo. Without version: the latest.\n\n"
      "Raises NotFoundError.",
      py::arg("type"), py::kw_only(), py::arg("version") = "");
  Def(
      type, "schemas",
      [](const TenantHandle& self) {
        return TupleOf(self.Run(
            [](const Tenant& tenant) { return tenant.ListSchemas(); }));
      },
      "All of them, with those of the catalogue that count for this tenant;\n"
      "by type, then in the order of registration.");
  Def(
      type, "upcasters",
      [](const TenantHandle& self) {
        return TupleOf(self.Run(
            [](const Tenant& tenant) { return tenant.ListUpcasters(); }));
      },
      "By type, then in the order of registration.");
  Def(
      type, "validation",
      [](const TenantHandle& self) {
        return TupleOf(self.Run(
            [](const Tenant& tenant) { return tenant.GetValidation(); }));
      },
      "The rule for all types (its type is empty), then those of single\n"
      "types: ValidationRule.");
  Def(
      type, "check",
      [](const TenantHandle& self, const Text& event_type, py::object payload,
         const Text& version) {
        const std::string json = JsonFromPython(payload, "payload");
        return TupleOf(self.Run([&](const Tenant& tenant) {
          return tenant.CheckPayload(event_type, version, json);
        }));
      },
      "What \"warn\" or \"enforce\" would say of such an event, whatever the\n"
      "rules are: a tuple of SchemaViolation, empty when it fits. Without\n"
      "version: against the latest schema.\n\n"
      "Raises NotFoundError: no schema of this type; InputError: the payload.",
      py::arg("type"), py::arg("payload"), py::kw_only(),
      py::arg("version") = "");
}

void DefineInfos(py::module_& module) {
  RecordClass<SchemaField>(module, "SchemaField",
                           "A field that a schema names.")
      .Field("pointer", &SchemaField::pointer,
             "JSON pointer into the payload; * stands for any element, and\n"
             "for members without a name of their own.")
      .Computed(
          "types", [](const SchemaField& self) { return TupleOf(self.types); },
          "JSON types; empty: any.")
      .Field("required", &SchemaField::required,
             "The object around it must have it.")
      .Field("personal", &SchemaField::personal,
             "It says something about a person.")
      .Field("format", &SchemaField::format, "Or empty.")
      .Finish();
  RecordClass<SchemaInfo>(module, "SchemaInfo", "A schema as it is known.")
      .Field("type", &SchemaInfo::type, "Of the events.")
      .Field("version", &SchemaInfo::version, "As events name it.")
      .Field("schema_json", &SchemaInfo::json,
             "As registered, without the blanks between its tokens.")
      .Computed(
          "compatibility",
          [](const SchemaInfo& self) {
            return EnumToPython("Compatibility", kCompatibilities,
                                self.compatibility);
          },
          "A Compatibility.")
      .Field("catalogue", &SchemaInfo::catalogue,
             "It is that of the library's own catalogue.")
      .Field("latest", &SchemaInfo::latest, "The latest of its type.")
      .Field("position", &SchemaInfo::position,
             "Where in the log; zero: in the catalogue.")
      .Computed(
          "fields", [](const SchemaInfo& self) { return TupleOf(self.fields); },
          "A tuple of SchemaField.")
      .Derived(
          "schema", [](const SchemaInfo& self) { return ParseJson(self.json); },
          "schema_json as a dict.")
      .Finish();
  RecordClass<UpcasterInfo>(module, "UpcasterInfo",
                            "An upcaster as it is known.")
      .Field("type", &UpcasterInfo::type, "Of the events.")
      .Field("from_version", &UpcasterInfo::from, "Where it begins.")
      .Field("to_version", &UpcasterInfo::to, "Where it leads.")
      .Field("upcaster_json", &UpcasterInfo::json,
             "As registered, without the blanks between its tokens.")
      .Field("position", &UpcasterInfo::position, "Where in the log.")
      .Derived(
          "upcaster",
          [](const UpcasterInfo& self) { return ParseJson(self.json); },
          "upcaster_json as a dict.")
      .Finish();
}

void DefineDefinition(py::module_& module) {
  RecordClass<DefinitionRecord>(module, "Definition",
                                "A definition of a tenant, as it was made.")
      .Computed(
          "kind",
          [](const DefinitionRecord& self) {
            return EnumToPython("DefinitionKind", kDefinitions, self.kind);
          },
          "A DefinitionKind.")
      .Field("position", &DefinitionRecord::position, "Where in the log.")
      .Field("type", &DefinitionRecord::type,
             "Of the events. Empty: validation of all types, or settings of\n"
             "identity.")
      .Field("version", &DefinitionRecord::version,
             "Of a schema; of an upcaster: where it begins ...")
      .Field("to", &DefinitionRecord::to, "... and where it leads.")
      .Computed(
          "compatibility",
          [](const DefinitionRecord& self) {
            if (self.kind != DefinitionView::Kind::kSchema) {
              return py::object(py::none());
            }
            return EnumToPython("Compatibility", kCompatibilities,
                                self.compatibility);
          },
          "Of a schema: a Compatibility; otherwise None.")
      .Computed(
          "mode",
          [](const DefinitionRecord& self) {
            if (self.kind != DefinitionView::Kind::kValidation) {
              return py::object(py::none());
            }
            return EnumToPython("Validation", kModes, self.mode);
          },
          "Of a validation: a Validation; otherwise None.")
      .Field("json", &DefinitionRecord::json,
             "The schema or the upcaster, without the blanks between its\n"
             "tokens; of settings of identity what differs from the defaults;\n"
             "of a validation: empty.")
      .Finish();
}

void DefineRules(py::module_& module) {
  RecordClass<ValidationRule>(module, "ValidationRule",
                              "What was said with Tenant.set_validation.")
      .Field("type", &ValidationRule::type,
             "Empty: all types that have no rule of their own.")
      .Computed(
          "mode",
          [](const ValidationRule& self) {
            return EnumToPython("Validation", kModes, self.mode);
          },
          "A Validation.")
      .Field("position", &ValidationRule::position,
             "Where in the log; zero: never said.")
      .Finish();
  RecordClass<SchemaViolation>(module, "SchemaViolation",
                               "A rule that a payload breaks; never personal.")
      .Field("path", &SchemaViolation::path,
             "JSON pointer into the payload; * in place of a name that the\n"
             "schema does not name.")
      .Field("keyword", &SchemaViolation::keyword, "Of the schema.")
      .Field("message", &SchemaViolation::message,
             "Goes behind the path: \"must be at least 0\".")
      .Finish();
}

}  // namespace

void DefineSchemas(py::class_<TenantHandle>& type) {
  DefineRegister(type);
  DefineAsk(type);
}

void DefineSchemaRecords(py::module_& module) {
  DefineInfos(module);
  DefineRules(module);
  DefineDefinition(module);
}

}  // namespace crm::python
