// Schemas: what a tenant has defined about her events.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

Status ReadCompatibility(int32_t value, Compatibility* out) {
  switch (value) {
    case CRM_COMPATIBILITY_DEFAULT:
    case CRM_COMPATIBILITY_BACKWARD:
      *out = Compatibility::kBackward;
      return Status::Ok();
    case CRM_COMPATIBILITY_FORWARD:
      *out = Compatibility::kForward;
      return Status::Ok();
    case CRM_COMPATIBILITY_FULL:
      *out = Compatibility::kFull;
      return Status::Ok();
    case CRM_COMPATIBILITY_NONE:
      *out = Compatibility::kNone;
      return Status::Ok();
    default:
      return Invalid("definition.compatibility: " + std::to_string(value) +
                     " is none");
  }
}

int32_t CompatibilityOf(Compatibility from) {
  return from == Compatibility::kNone ? int32_t{CRM_COMPATIBILITY_NONE}
                                      : static_cast<int32_t>(from);
}

Status ReadDefinition(const crm_schema_definition* definition,
                      SchemaDefinition* out) {
  if (definition == nullptr) return Invalid("definition: NULL");
  crm_schema_definition in = CRM_SCHEMA_DEFINITION_INIT;
  Status status = ReadOptions(definition, "definition", 0, &in);
  if (status.ok()) {
    status = ReadCompatibility(in.compatibility, &out->compatibility);
  }
  if (status.ok()) status = CheckSlice(in.type, "definition.type");
  if (status.ok()) status = CheckSlice(in.version, "definition.version");
  if (status.ok()) status = CheckSlice(in.json, "definition.json");
  if (!status.ok()) return status;
  out->type = View(in.type);
  if (in.version.size != 0) out->version = View(in.version);
  out->json = View(in.json);
  return status;
}

crm_schema_field Show(const SchemaField& from, std::deque<std::string>* kept) {
  std::string& types = kept->emplace_back();
  for (const std::string& type : from.types) {
    if (!types.empty()) types += ',';
    types += type;
  }
  crm_schema_field out = {};
  out.pointer = Slice(from.pointer);
  out.types = Slice(types);
  out.format = Slice(from.format);
  out.flags = (from.required ? uint32_t{CRM_FIELD_REQUIRED} : 0) |
              (from.personal ? uint32_t{CRM_FIELD_PERSONAL} : 0);
  return out;
}

void Give(std::vector<SchemaInfo> infos, crm_schema_list** out) {
  auto state =
      std::make_unique<SchemaListState>(SchemaListState{std::move(infos)});
  for (const SchemaInfo& from : state->infos) {
    std::vector<crm_schema_field>& fields = state->fields.emplace_back();
    for (const SchemaField& field : from.fields) {
      fields.push_back(Show(field, &state->types));
    }
    crm_schema_info info = {};
    info.type = Slice(from.type);
    info.version = Slice(from.version);
    info.json = Slice(from.json);
    info.compatibility = CompatibilityOf(from.compatibility);
    info.flags = (from.catalogue ? uint32_t{CRM_SCHEMA_CATALOGUE} : 0) |
                 (from.latest ? uint32_t{CRM_SCHEMA_LATEST} : 0);
    info.position = from.position;
    info.fields = fields.data();
    info.field_count = fields.size();
    state->schemas.push_back(info);
  }
  state->view.schemas = state->schemas.data();
  state->view.schema_count = state->schemas.size();
  *out = Adopt<crm_schema_list>(std::move(state));
}

void Give(std::vector<UpcasterInfo> infos, crm_upcaster_list** out) {
  auto state =
      std::make_unique<UpcasterListState>(UpcasterListState{std::move(infos)});
  for (const UpcasterInfo& from : state->infos) {
    crm_upcaster_info info = {};
    info.type = Slice(from.type);
    info.from = Slice(from.from);
    info.to = Slice(from.to);
    info.json = Slice(from.json);
    info.position = from.position;
    state->upcasters.push_back(info);
  }
  state->view.upcasters = state->upcasters.data();
  state->view.upcaster_count = state->upcasters.size();
  *out = Adopt<crm_upcaster_list>(std::move(state));
}

void Give(std::vector<ValidationRule> rules, crm_validation** out) {
  auto state =
      std::make_unique<ValidationState>(ValidationState{std::move(rules)});
  for (const ValidationRule& from : state->from) {
    crm_validation_rule rule = {};
    rule.type = Slice(from.type);
    rule.mode = static_cast<int32_t>(from.mode);
    rule.position = from.position;
    state->rules.push_back(rule);
  }
  state->view.rules = state->rules.data();
  state->view.rule_count = state->rules.size();
  *out = Adopt<crm_validation>(std::move(state));
}

void Give(std::vector<SchemaViolation> violations, crm_violation_list** out) {
  auto state = std::make_unique<ViolationListState>(
      ViolationListState{std::move(violations)});
  for (const SchemaViolation& from : state->from) {
    crm_schema_violation violation = {};
    violation.path = Slice(from.path);
    violation.keyword = Slice(from.keyword);
    violation.message = Slice(from.message);
    state->violations.push_back(violation);
  }
  state->view.violations = state->violations.data();
  state->view.violation_count = state->violations.size();
  *out = Adopt<crm_violation_list>(std::move(state));
}

// Runs `define`, which writes, and gives what it answers as a list of one.
template <typename Out, typename F>
Status Define(crm_tenant* tenant, Out** out, F define) {
  TenantState& state = StateOf(tenant);
  const Writing writing(*state.health);
  Status status = writing.Begin();
  if (!status.ok()) return status;
  auto info = define(state.tenant);
  if (!info.ok()) return writing.End(info.status());
  if (out != nullptr) Give({*std::move(info)}, out);
  return status;
}

}  // namespace

static_assert(static_cast<int>(DefinitionView::Kind::kSchema) ==
              CRM_DEFINITION_SCHEMA);
static_assert(static_cast<int>(DefinitionView::Kind::kValidation) ==
              CRM_DEFINITION_VALIDATION);

void ShowDefinition(const DefinitionView& from, crm_definition_view* out) {
  *out = crm_definition_view();
  out->kind = static_cast<int32_t>(from.kind);
  out->position = from.position;
  out->type = Slice(from.type);
  out->version = Slice(from.version);
  out->to = Slice(from.to);
  out->json = Slice(from.json);
  if (from.kind == DefinitionView::Kind::kSchema) {
    out->compatibility = CompatibilityOf(from.compatibility);
  } else if (from.kind == DefinitionView::Kind::kValidation) {
    out->mode = static_cast<int32_t>(from.mode);
  }
}

}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_register_schema(crm_tenant* tenant,
                                      const crm_schema_definition* definition,
                                      crm_schema_list** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(tenant, "tenant");
    crm::SchemaDefinition own;
    if (status.ok()) status = ReadDefinition(definition, &own);
    if (!status.ok()) return status;
    return Define(tenant, out,
                  [&](crm::Tenant& of) { return of.RegisterSchema(own); });
  });
}

crm_status crm_tenant_get_schema(crm_tenant* tenant, crm_slice type,
                                 crm_slice version,
                                 const crm_read_options* options,
                                 crm_schema_list** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (status.ok()) status = CheckSlice(type, "type");
    if (status.ok()) status = CheckSlice(version, "version");
    if (!status.ok()) return status;
    auto info = Source(tenant).GetSchema(View(type), View(version));
    if (info.ok()) Give(std::vector{*std::move(info)}, out);
    return info.status();
  });
}

crm_status crm_tenant_list_schemas(crm_tenant* tenant,
                                   const crm_read_options* options,
                                   crm_schema_list** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto infos = Source(tenant).ListSchemas();
    if (infos.ok()) Give(*std::move(infos), out);
    return infos.status();
  });
}

const crm_schema_list_view* crm_schema_list_read(
    const crm_schema_list* list) noexcept {
  return ReadView(list);
}

void crm_schema_list_free(crm_schema_list* list) noexcept { Free(list); }

crm_status crm_tenant_register_upcaster(crm_tenant* tenant, crm_slice json,
                                        crm_upcaster_list** out,
                                        crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckSlice(json, "json");
    if (!status.ok()) return status;
    return Define(tenant, out, [&](crm::Tenant& of) {
      return of.RegisterUpcaster(View(json));
    });
  });
}

crm_status crm_tenant_list_upcasters(crm_tenant* tenant,
                                     const crm_read_options* options,
                                     crm_upcaster_list** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto infos = Source(tenant).ListUpcasters();
    if (infos.ok()) Give(*std::move(infos), out);
    return infos.status();
  });
}

const crm_upcaster_list_view* crm_upcaster_list_read(
    const crm_upcaster_list* list) noexcept {
  return ReadView(list);
}

void crm_upcaster_list_free(crm_upcaster_list* list) noexcept { Free(list); }

crm_status crm_tenant_set_validation(crm_tenant* tenant, crm_slice type,
                                     int32_t mode, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckSlice(type, "type");
    if (!status.ok()) return status;
    if (mode < CRM_VALIDATION_OFF || mode > CRM_VALIDATION_INHERIT) {
      return Invalid("mode: " + std::to_string(mode) + " is none");
    }
    return Write(StateOf(tenant), [&](TenantState& state) {
      return state.tenant.SetValidation(View(type),
                                        static_cast<crm::Validation>(mode));
    });
  });
}

crm_status crm_tenant_get_validation(crm_tenant* tenant,
                                     const crm_read_options* options,
                                     crm_validation** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto rules = Source(tenant).GetValidation();
    if (rules.ok()) Give(*std::move(rules), out);
    return rules.status();
  });
}

const crm_validation_view* crm_validation_read(
    const crm_validation* validation) noexcept {
  return ReadView(validation);
}

void crm_validation_free(crm_validation* validation) noexcept {
  Free(validation);
}

crm_status crm_tenant_check_payload(crm_tenant* tenant, crm_slice type,
                                    crm_slice version, crm_slice payload,
                                    const crm_read_options* options,
                                    crm_violation_list** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (status.ok()) status = CheckSlice(type, "type");
    if (status.ok()) status = CheckSlice(version, "version");
    if (status.ok()) status = CheckSlice(payload, "payload");
    if (!status.ok()) return status;
    auto found =
        Source(tenant).CheckPayload(View(type), View(version), View(payload));
    if (found.ok()) Give(*std::move(found), out);
    return found.status();
  });
}

const crm_violation_list_view* crm_violation_list_read(
    const crm_violation_list* list) noexcept {
  return ReadView(list);
}

void crm_violation_list_free(crm_violation_list* list) noexcept { Free(list); }
