#include "event/definitions.h"

#include <optional>
#include <utility>

#include "base/coding.h"
#include "event/catalogue.h"
#include "event/log_view.h"
#include "event/names.h"

namespace crm {
namespace {

constexpr uint8_t kBodyVersion = 1;

Status At(Position position, const Status& status) {
  return Status(status.code(), "log record " + std::to_string(position) + ": " +
                                   std::string(status.message()));
}

Status AddSchema(const Definition& definition, TypeDefinitions* type) {
  if (type->FindSchema(definition.version) != nullptr) {
    return Status(StatusCode::kAlreadyExists,
                  "schema: this version is registered already");
  }
  Result<Schema> schema = Schema::Compile(definition.json);
  if (!schema.ok()) return std::move(schema).status();
  type->schemas.push_back({definition, std::move(schema).value()});
  return Status::Ok();
}

Status AddUpcaster(const Definition& definition, TypeDefinitions* type) {
  Result<Upcaster> upcaster = Upcaster::FromJson(definition.json);
  if (!upcaster.ok()) return std::move(upcaster).status();
  // The versions within the text are not those that the record names.
  if (upcaster->type() != definition.type ||
      upcaster->from() != definition.version ||
      upcaster->to() != definition.to) {
    return Status(StatusCode::kInvalidArgument, "upcaster: of other versions");
  }
  Status status = type->chain.Add(*upcaster);
  if (!status.ok()) return status;
  type->upcasters.push_back({definition, std::move(upcaster).value()});
  return Status::Ok();
}

}  // namespace

const Schema* CompiledCatalogueSchema(std::string_view type) {
  using Compiled = absl::flat_hash_map<std::string_view, Schema>;
  static const Compiled* const all = [] {
    auto* compiled = new Compiled();  // Never destroyed.
    for (const CatalogueSchema& known : CatalogueSchemas()) {
      Result<Schema> schema = Schema::Compile(known.json);
      if (schema.ok()) compiled->emplace(known.type, *schema);
    }
    return compiled;
  }();
  const CatalogueSchema* known = FindCatalogueSchema(type);
  if (known == nullptr) return nullptr;
  const auto found = all->find(known->type);
  return found == all->end() ? nullptr : &found->second;
}

std::string EncodeDefinition(const Definition& definition) {
  std::string body;
  body.push_back(static_cast<char>(kBodyVersion));
  body.push_back(definition.kind == DefinitionKind::kValidation
                     ? static_cast<char>(definition.mode)
                     : static_cast<char>(definition.compatibility));
  body += definition.json;
  return body;
}

bool DecodeDefinition(std::string_view body, Definition* definition) {
  ByteReader reader(body);
  const uint8_t version = reader.U8();
  const uint8_t choice = reader.U8();
  if (!reader.ok() || version != kBodyVersion || choice > 3) return false;
  definition->mode = static_cast<Validation>(choice);
  definition->compatibility = static_cast<Compatibility>(choice);
  definition->json = reader.Rest();
  return true;
}

const SchemaInUse* TypeDefinitions::FindSchema(std::string_view version) const {
  for (const SchemaInUse& schema : schemas) {
    if (schema.definition.version == version) return &schema;
  }
  return nullptr;
}

const UpcasterInUse* TypeDefinitions::FindUpcaster(std::string_view from,
                                                   Position at) const {
  for (const UpcasterInUse& upcaster : upcasters) {
    if (upcaster.definition.position > at) break;
    if (upcaster.definition.version == from) return &upcaster;
  }
  return nullptr;
}

const TypeDefinitions* TenantDefinitions::Find(uint32_t type_id) const {
  auto found = types_.find(type_id);
  return found == types_.end() ? nullptr : found->second.get();
}

Validation TenantDefinitions::ModeOf(uint32_t type_id) const {
  const TypeDefinitions* type = Find(type_id);
  if (type == nullptr || type->validation.mode == Validation::kInherit) {
    return validation_.mode;
  }
  return type->validation.mode;
}

// That of the event's own version; then the one that upcasters lead to; then
// the latest.
const Schema* TenantDefinitions::SchemaFor(const TypedPayload& event,
                                           std::string* upcast,
                                           std::string_view* version) const {
  *version = event.version;
  const TypeDefinitions* type = Find(event.type_id);
  const bool own_schemas = type != nullptr && !type->schemas.empty();
  const auto find = [&](std::string_view wanted) -> const Schema* {
    if (!own_schemas) {
      return wanted == kCatalogueVersion ? CompiledCatalogueSchema(event.type)
                                         : nullptr;
    }
    const SchemaInUse* own = type->FindSchema(wanted);
    return own == nullptr ? nullptr : &own->schema;
  };
  if (const Schema* schema = find(event.version)) return schema;
  std::string_view reached;
  if (Upcast(event, kEveryPosition, upcast, &reached)) {
    *version = reached;
    if (const Schema* schema = find(reached)) return schema;
    upcast->clear();
  }
  if (!own_schemas) {
    *version = kCatalogueVersion;
    return CompiledCatalogueSchema(event.type);
  }
  *version = type->schemas.back().definition.version;
  return &type->schemas.back().schema;
}

Status TenantDefinitions::Check(const TypedPayload& event,
                                Validation* mode) const {
  *mode = checks_ ? ModeOf(event.type_id) : Validation::kOff;
  if (*mode == Validation::kOff) return Status::Ok();
  thread_local std::string upcast;
  upcast.clear();
  std::string_view version;
  const Schema* schema = SchemaFor(event, &upcast, &version);
  if (schema == nullptr) {
    return Status(StatusCode::kInvalidArgument,
                  "type: no schema of " + std::string(event.type));
  }
  SchemaViolation first;
  if (schema->Validate(
          upcast.empty() ? event.payload : std::string_view(upcast), &first)) {
    return Status::Ok();
  }
  return Status(StatusCode::kInvalidArgument,
                "payload" + first.path + ": " + first.message + " (schema " +
                    std::string(event.type) + " " + std::string(version) + ")");
}

bool TenantDefinitions::Upcast(const TypedPayload& event, Position at,
                               std::string* payload,
                               std::string_view* reached) const {
  if (!has_upcasters_) return false;
  const TypeDefinitions* type = Find(event.type_id);
  if (type == nullptr) return false;
  *reached = event.version;
  bool changed = false;
  while (const UpcasterInUse* next = type->FindUpcaster(*reached, at)) {
    if (!changed) payload->assign(event.payload);
    // One that does not fit changes nothing: the payload keeps its version.
    if (!next->upcaster.Apply(payload).ok()) return changed;
    *reached = next->definition.to;
    changed = true;
  }
  return changed;
}

const IdentitySettings* TenantDefinitions::IdentityAt(Position at) const {
  for (auto one = identity_.rbegin(); one != identity_.rend(); ++one) {
    if (one->position < at) return one->identity.get();
  }
  return nullptr;
}

const ConsentSettings* TenantDefinitions::ConsentAt(Position at) const {
  for (auto one = consent_.rbegin(); one != consent_.rend(); ++one) {
    if (one->position < at) return one->consent.get();
  }
  return nullptr;
}

const IdentitySettings* IdentityAt(const TenantDefinitions* definitions,
                                   Position at) {
  return definitions == nullptr ? nullptr : definitions->IdentityAt(at);
}

Result<std::shared_ptr<const TenantDefinitions>> TenantDefinitions::With(
    const TenantDefinitions* before, const Definition& definition) {
  auto after = std::make_shared<TenantDefinitions>();
  if (before != nullptr) *after = *before;
  if (definition.kind == DefinitionKind::kIdentity) {
    if (definition.identity == nullptr) {
      return Status(StatusCode::kInternal, "identity settings: not compiled");
    }
    after->identity_.push_back(definition);
    return std::shared_ptr<const TenantDefinitions>(std::move(after));
  }
  if (definition.kind == DefinitionKind::kConsent) {
    if (definition.consent == nullptr) {
      return Status(StatusCode::kInternal, "consent settings: not compiled");
    }
    after->consent_.push_back(definition);
    return std::shared_ptr<const TenantDefinitions>(std::move(after));
  }
  if (definition.kind == DefinitionKind::kPrivacy) {
    if (definition.privacy == nullptr) {
      return Status(StatusCode::kInternal, "privacy settings: not compiled");
    }
    after->privacy_.push_back(definition);
    return std::shared_ptr<const TenantDefinitions>(std::move(after));
  }
  if (definition.kind == DefinitionKind::kValidation &&
      definition.type_id == 0) {
    after->validation_ = definition;
  } else {
    const TypeDefinitions* old = after->Find(definition.type_id);
    auto type = old == nullptr ? std::make_shared<TypeDefinitions>()
                               : std::make_shared<TypeDefinitions>(*old);
    Status status;
    if (definition.kind == DefinitionKind::kSchema) {
      status = AddSchema(definition, type.get());
    } else if (definition.kind == DefinitionKind::kUpcaster) {
      status = AddUpcaster(definition, type.get());
    } else {
      type->validation = definition;
    }
    if (!status.ok()) return status;
    after->types_.insert_or_assign(definition.type_id, std::move(type));
  }
  if (definition.kind != DefinitionKind::kValidation) ++after->count_;
  after->has_upcasters_ |= definition.kind == DefinitionKind::kUpcaster;
  after->checks_ = after->validation_.mode != Validation::kOff;
  for (const auto& [id, type] : after->types_) {
    after->checks_ |= type->validation.mode == Validation::kWarn ||
                      type->validation.mode == Validation::kEnforce;
  }
  return std::shared_ptr<const TenantDefinitions>(std::move(after));
}

std::shared_ptr<const TenantDefinitions> Definitions::Of(
    uint32_t tenant) const {
  ReaderLock lock(mutex_);
  auto found = all_.find(tenant);
  return found == all_.end() ? nullptr : found->second;
}

const IdentitySettings* Definitions::IdentityAt(uint32_t tenant,
                                                Position at) const {
  if (generation() == 0) return nullptr;
  ReaderLock lock(mutex_);
  auto found = all_.find(tenant);
  return found == all_.end() ? nullptr : found->second->IdentityAt(at);
}

void Definitions::Set(uint32_t tenant,
                      std::shared_ptr<const TenantDefinitions> all) {
  WriterLock lock(mutex_);
  all_.insert_or_assign(tenant, std::move(all));
  generation_.fetch_add(1, std::memory_order_release);
}

Status ReadDefinition(const LogView& log, const Names& names, Position position,
                      const LogRecord& record, Definition* definition) {
  const DefinitionHeader& header = record.definition;
  definition->kind = static_cast<DefinitionKind>(header.kind);
  if (header.kind < 1 || header.kind > 6) {
    return At(position, Status(StatusCode::kFormatTooNew,
                               "defines what this version does not know"));
  }
  definition->position = position;
  definition->type_id = header.type;
  definition->type = names.Text(NameKind::kType, header.type);
  definition->version = names.Text(NameKind::kVersion, header.version);
  definition->to = names.Text(NameKind::kVersion, header.to_version);
  std::string body;
  Status status = log.OpenOfTenant(position, record, &body);
  if (!status.ok()) return status;
  if (!DecodeDefinition(body, definition)) {
    return At(position, Status(StatusCode::kCorruption, "malformed body"));
  }
  return Status::Ok();
}

Status Definitions::Add(const LogView& log, const Names& names,
                        Position position, const LogRecord& record) {
  const DefinitionHeader& header = record.definition;
  Definition definition;
  Status status = ReadDefinition(log, names, position, record, &definition);
  if (status.ok() && definition.kind == DefinitionKind::kIdentity) {
    Result<std::shared_ptr<const IdentitySettings>> identity =
        compile_identity_(definition.json);
    // What was accepted once, by a version that knows more.
    if (!identity.ok()) {
      return At(position, Status(StatusCode::kFormatTooNew,
                                 std::string(identity.status().message())));
    }
    definition.identity = std::move(identity).value();
  }
  if (status.ok() && definition.kind == DefinitionKind::kConsent) {
    Result<std::shared_ptr<const ConsentSettings>> consent =
        compile_consent_(definition.json);
    if (!consent.ok()) {
      return At(position, Status(StatusCode::kFormatTooNew,
                                 std::string(consent.status().message())));
    }
    definition.consent = std::move(consent).value();
  }
  if (status.ok() && definition.kind == DefinitionKind::kPrivacy) {
    Result<std::shared_ptr<const PrivacySettings>> privacy =
        compile_privacy_(definition.json);
    if (!privacy.ok()) {
      return At(position, Status(StatusCode::kFormatTooNew,
                                 std::string(privacy.status().message())));
    }
    definition.privacy = std::move(privacy).value();
  }
  if (!status.ok()) return status;
  const std::shared_ptr<const TenantDefinitions> before = Of(header.tenant);
  Result<std::shared_ptr<const TenantDefinitions>> after =
      TenantDefinitions::With(before.get(), definition);
  if (!after.ok()) {
    return At(position, Status(StatusCode::kCorruption,
                               std::string(after.status().message())));
  }
  Set(header.tenant, std::move(after).value());
  return Status::Ok();
}

void Definitions::Clear() {
  WriterLock lock(mutex_);
  all_.clear();
}

}  // namespace crm
