// Tenant: what she has defined about her events. See crm/schema.h.

#include <algorithm>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/utf8.h"
#include "event/catalogue.h"
#include "format/json.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr size_t kMaxTypeBytes = 128;
constexpr size_t kMaxVersionBytes = 32;

// As it was given, without the blanks between its tokens. `json` is JSON.
std::string WithoutBlanks(std::string_view json) {
  std::string out;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_text && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
    out += c;
    if (c == '"') in_text = !in_text;
    if (in_text && c == '\\' && i + 1 < json.size()) out += json[++i];
  }
  return out;
}

SchemaInfo InfoOf(const SchemaInUse& schema, bool latest) {
  const Definition& definition = schema.definition;
  SchemaInfo info;
  info.type = definition.type;
  info.version = definition.version;
  info.json = definition.json;
  info.compatibility = definition.compatibility;
  info.latest = latest;
  info.position = definition.position;
  info.fields = schema.schema.Fields();
  return info;
}

// Null schema: it is not in the catalogue.
Result<SchemaInfo> CatalogueInfo(std::string_view type,
                                 std::string_view version) {
  const CatalogueSchema* known = FindCatalogueSchema(type);
  const Schema* schema = CompiledCatalogueSchema(type);
  if (known == nullptr || schema == nullptr ||
      (!version.empty() && version != known->version)) {
    return Status(StatusCode::kNotFound, "no schema of this type and version");
  }
  SchemaInfo info;
  info.type = known->type;
  info.version = known->version;
  info.json = known->json;
  info.catalogue = true;
  info.latest = true;
  info.fields = schema->Fields();
  return info;
}

UpcasterInfo InfoOf(const UpcasterInUse& upcaster) {
  const Definition& definition = upcaster.definition;
  return {definition.type, definition.version, definition.to, definition.json,
          definition.position};
}

// What a tenant has defined, while the store is open. Never null.
class Reading {
 public:
  explicit Reading(const Tenant::Impl& tenant)
      : open_(tenant.core->lifecycle), status_(tenant.CheckOpen()) {
    if (!status_.ok()) return;
    now_ = tenant.core->definitions.Of(tenant.info.id);
    if (now_ == nullptr) now_ = std::make_shared<const TenantDefinitions>();
  }
  const Status& status() const { return status_; }
  const TenantDefinitions& now() const { return *now_; }

 private:
  ReaderLock open_;
  Status status_;
  std::shared_ptr<const TenantDefinitions> now_;
};

const TypeDefinitions* FindType(const TenantDefinitions* definitions,
                                const StoreCore& core, std::string_view type) {
  const uint32_t id = core.names.Find(NameKind::kType, type);
  return definitions == nullptr || id == 0 ? nullptr : definitions->Find(id);
}

Status CheckRoom(const TenantDefinitions* definitions) {
  if (definitions == nullptr || definitions->count() < kMaxDefinitions) {
    return Status::Ok();
  }
  return Status(StatusCode::kTooLarge,
                "definitions: at most " + std::to_string(kMaxDefinitions));
}

Status CheckSize(std::string_view what, std::string_view json) {
  if (json.size() <= kMaxDefinitionBytes) return Status::Ok();
  return Status(StatusCode::kTooLarge, std::string(what) + ": at most " +
                                           std::to_string(kMaxDefinitionBytes) +
                                           " bytes");
}

// Whether a schema may come behind those that are there. `*known`: it is one
// of them.
Status CheckNext(const TypeDefinitions* type, const SchemaDefinition& next,
                 const Schema& schema, bool* known) {
  if (type == nullptr || type->schemas.empty()) return Status::Ok();
  if (const SchemaInUse* same = type->FindSchema(next.version)) {
    *known = same->schema.Canonical() == schema.Canonical();
    return *known ? Status::Ok()
                  : Status(StatusCode::kAlreadyExists,
                           "schema " + next.type + " " + next.version +
                               ": registered already, with other content");
  }
  return CheckCompatible(type->schemas.back().schema, schema,
                         next.compatibility);
}

// Runs `choose` in the sequencer, while the store is open.
Status Define(const Tenant::Impl& tenant,
              const Sequencer::ChooseDefinition& choose) {
  ReaderLock open(tenant.core->lifecycle);
  Status status = tenant.CheckOpen();
  if (!status.ok()) return status;
  return tenant.core->sequencer->Define(tenant.info.id, choose).status();
}

}  // namespace

Result<SchemaInfo> Tenant::RegisterSchema(const SchemaDefinition& definition) {
  Status status = CheckName("type", definition.type, kMaxTypeBytes);
  if (status.ok()) {
    status = CheckName("version", definition.version, kMaxVersionBytes);
  }
  if (status.ok()) status = CheckSize("schema", definition.json);
  if (status.ok() && definition.compatibility > Compatibility::kFull) {
    status = Status(StatusCode::kInvalidArgument, "compatibility: unknown");
  }
  if (!status.ok()) return status;
  Result<Schema> schema = Schema::Compile(definition.json);
  if (!schema.ok()) return std::move(schema).status();
  status = Define(*impl_, [&](std::optional<Definition>* out) -> Status {
    const auto now = impl_->core->definitions.Of(impl_->info.id);
    bool known = false;
    Status fits = CheckNext(FindType(now.get(), *impl_->core, definition.type),
                            definition, *schema, &known);
    if (!fits.ok() || known) return fits;
    fits = CheckRoom(now.get());
    if (!fits.ok()) return fits;
    *out = Definition{.kind = DefinitionKind::kSchema,
                      .type = definition.type,
                      .version = definition.version,
                      .compatibility = definition.compatibility,
                      .json = WithoutBlanks(definition.json)};
    return fits;
  });
  if (!status.ok()) return status;
  return GetSchema(definition.type, definition.version);
}

Result<SchemaInfo> Tenant::GetSchema(std::string_view type,
                                     std::string_view version) const {
  const Reading reading(*impl_);
  if (!reading.status().ok()) return reading.status();
  const TypeDefinitions* own = FindType(&reading.now(), *impl_->core, type);
  if (own == nullptr || own->schemas.empty()) {
    return CatalogueInfo(type, version);
  }
  const SchemaInUse& last = own->schemas.back();
  const SchemaInUse* wanted =
      version.empty() ? &last : own->FindSchema(version);
  if (wanted == nullptr) {
    return Status(StatusCode::kNotFound, "no schema of this type and version");
  }
  return InfoOf(*wanted, wanted == &last);
}

Result<std::vector<SchemaInfo>> Tenant::ListSchemas() const {
  const Reading reading(*impl_);
  if (!reading.status().ok()) return reading.status();
  std::vector<SchemaInfo> all;
  std::vector<std::string_view> own;
  for (const auto& [id, type] : reading.now().types()) {
    for (const SchemaInUse& schema : type->schemas) {
      all.push_back(InfoOf(schema, &schema == &type->schemas.back()));
      own.push_back(schema.definition.type);
    }
  }
  for (const CatalogueSchema& known : CatalogueSchemas()) {
    if (std::find(own.begin(), own.end(), known.type) != own.end()) continue;
    Result<SchemaInfo> info = CatalogueInfo(known.type, {});
    if (info.ok()) all.push_back(std::move(info).value());
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.type != b.type ? a.type < b.type : a.position < b.position;
  });
  return all;
}

Result<UpcasterInfo> Tenant::RegisterUpcaster(std::string_view json) {
  Status status = CheckSize("upcaster", json);
  if (!status.ok()) return status;
  Result<Upcaster> upcaster = Upcaster::FromJson(json);
  if (!upcaster.ok()) return std::move(upcaster).status();
  status = CheckName("upcaster /type", upcaster->type(), kMaxTypeBytes);
  if (status.ok()) {
    status = CheckName("upcaster /from", upcaster->from(), kMaxVersionBytes);
  }
  if (status.ok()) {
    status = CheckName("upcaster /to", upcaster->to(), kMaxVersionBytes);
  }
  if (!status.ok()) return status;
  std::optional<UpcasterInfo> info;
  status = Define(*impl_, [&](std::optional<Definition>* out) -> Status {
    const auto now = impl_->core->definitions.Of(impl_->info.id);
    const TypeDefinitions* type =
        FindType(now.get(), *impl_->core, upcaster->type());
    const UpcasterInUse* same =
        type == nullptr ? nullptr
                        : type->FindUpcaster(upcaster->from(), kEveryPosition);
    if (same != nullptr &&
        same->upcaster.Canonical() == upcaster->Canonical()) {
      info = InfoOf(*same);
      return Status::Ok();
    }
    Status fits = CheckRoom(now.get());
    if (!fits.ok()) return fits;
    *out = Definition{.kind = DefinitionKind::kUpcaster,
                      .type = upcaster->type(),
                      .version = upcaster->from(),
                      .to = upcaster->to(),
                      .json = WithoutBlanks(json)};
    UpcasterChain chain;
    if (type != nullptr) chain = type->chain;
    return chain.Add(*upcaster);
  });
  if (!status.ok()) return status;
  if (info.has_value()) return *info;
  const Reading reading(*impl_);
  if (!reading.status().ok()) return reading.status();
  return InfoOf(*FindType(&reading.now(), *impl_->core, upcaster->type())
                     ->FindUpcaster(upcaster->from(), kEveryPosition));
}

Result<std::vector<UpcasterInfo>> Tenant::ListUpcasters() const {
  const Reading reading(*impl_);
  if (!reading.status().ok()) return reading.status();
  std::vector<UpcasterInfo> all;
  for (const auto& [id, type] : reading.now().types()) {
    for (const UpcasterInUse& upcaster : type->upcasters) {
      all.push_back(InfoOf(upcaster));
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.type != b.type ? a.type < b.type : a.position < b.position;
  });
  return all;
}

Status Tenant::SetValidation(std::string_view type, Validation mode) {
  Status status;
  if (!type.empty()) status = CheckName("type", type, kMaxTypeBytes);
  if (status.ok() && (mode > Validation::kInherit ||
                      (type.empty() && mode == Validation::kInherit))) {
    status = Status(StatusCode::kInvalidArgument,
                    "mode: must be off, warn or enforce, or inherit for a "
                    "single type");
  }
  if (!status.ok()) return status;
  return Define(*impl_, [&](std::optional<Definition>* out) -> Status {
    const auto now = impl_->core->definitions.Of(impl_->info.id);
    Validation before = type.empty() ? Validation::kOff : Validation::kInherit;
    if (now != nullptr && type.empty()) before = now->validation().mode;
    const TypeDefinitions* own = FindType(now.get(), *impl_->core, type);
    if (own != nullptr) before = own->validation.mode;
    if (before == mode) return Status::Ok();
    *out = Definition{.kind = DefinitionKind::kValidation,
                      .type = std::string(type),
                      .mode = mode};
    return Status::Ok();
  });
}

Result<std::vector<ValidationRule>> Tenant::GetValidation() const {
  const Reading reading(*impl_);
  if (!reading.status().ok()) return reading.status();
  const Definition& rest = reading.now().validation();
  std::vector<ValidationRule> all{{{}, rest.mode, rest.position}};
  for (const auto& [id, type] : reading.now().types()) {
    const Definition& rule = type->validation;
    if (rule.mode == Validation::kInherit) continue;
    all.push_back({rule.type, rule.mode, rule.position});
  }
  std::sort(all.begin() + 1, all.end(),
            [](const auto& a, const auto& b) { return a.type < b.type; });
  return all;
}

Result<std::vector<SchemaViolation>> Tenant::CheckPayload(
    std::string_view type, std::string_view version,
    std::string_view payload) const {
  Event event;
  event.id = "-";  // Only the rest is looked at.
  event.source = "-";
  event.type = type;
  if (!version.empty()) event.version = version;
  event.payload = payload;
  EventDecoder decoder;
  DecodedEvent decoded;
  Status status = decoder.Decode(event, &decoded);
  if (!status.ok()) return status;
  const Reading reading(*impl_);
  if (!reading.status().ok()) return reading.status();
  TypedPayload given{impl_->core->names.Find(NameKind::kType, type), type,
                     decoded.version, decoded.payload};
  if (version.empty()) {
    const TypeDefinitions* own = reading.now().Find(given.type_id);
    given.version = own == nullptr || own->schemas.empty()
                        ? kCatalogueVersion
                        : own->schemas.back().definition.version;
  }
  std::string upcast;
  std::string_view reached;
  const Schema* schema = reading.now().SchemaFor(given, &upcast, &reached);
  if (schema == nullptr) {
    return Status(StatusCode::kNotFound, "no schema of this type");
  }
  return schema->ValidateAll(
      upcast.empty() ? given.payload : std::string_view(upcast),
      kMaxViolations);
}

}  // namespace crm
