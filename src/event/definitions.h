// What a tenant has defined about her events: schemas, upcasters, how strictly
// events are checked, and how it is found out whose they are. Each is a record
// of the log; here they are in use, compiled, with the position from which on
// they count.
//
// A TenantDefinitions never changes: a new definition makes a new one, that
// takes the place of the one before when the record is in the log. So who has
// one in hand may use it without a lock, and finds out by the generation
// whether there is a newer one. Definitions that are newer than what somebody
// looks at do no harm: upcasters are asked for as of a position.
//
// Thread safety: all methods of Definitions, from any thread.

#ifndef CRM_EVENT_DEFINITIONS_H_
#define CRM_EVENT_DEFINITIONS_H_

#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "crm/schema.h"
#include "crm/status.h"
#include "event/schema.h"
#include "event/upcaster.h"
#include "format/log_record.h"

namespace crm {

class ConsentSettings;
class IdentitySettings;
class LogView;
class Names;
class PrivacySettings;

// For questions as of now.
inline constexpr Position kEveryPosition = ~Position{0};

// Numbers of the log; never change.
enum class DefinitionKind : uint8_t {
  kSchema = 1,
  kUpcaster = 2,
  kValidation = 3,
  kIdentity = 4,  // Takes the place of the one before.
  kConsent = 5,   // As kIdentity.
  kPrivacy = 6,   // As kIdentity.
};

// Makes of JSON what a room works with; those rooms are further up, so that it
// is handed in.
using IdentityCompiler =
    Result<std::shared_ptr<const IdentitySettings>> (*)(std::string_view json);
using ConsentCompiler =
    Result<std::shared_ptr<const ConsentSettings>> (*)(std::string_view json);
using PrivacyCompiler =
    Result<std::shared_ptr<const PrivacySettings>> (*)(std::string_view json);

// A definition, as it is in the log.
struct Definition {
  DefinitionKind kind = DefinitionKind::kSchema;
  Position position = 0;
  uint32_t type_id = 0;  // Zero: all types.
  std::string type = {};
  std::string version = {};  // Of an upcaster: where it begins.
  std::string to = {};
  Compatibility compatibility = Compatibility::kNone;
  Validation mode = Validation::kOff;
  std::string json = {};
  // Of kIdentity, not in the log: the JSON, compiled.
  std::shared_ptr<const IdentitySettings> identity = {};
  // The same of kConsent.
  std::shared_ptr<const ConsentSettings> consent = {};
  // The same of kPrivacy.
  std::shared_ptr<const PrivacySettings> privacy = {};
};

// What is sealed of it: everything that is not a name.
std::string EncodeDefinition(const Definition& definition);
[[nodiscard]] bool DecodeDefinition(std::string_view body,
                                    Definition* definition);

// The definition that a record of the log holds. kFormatTooNew: of a kind that
// this version does not know.
Status ReadDefinition(const LogView& log, const Names& names, Position position,
                      const LogRecord& record, Definition* definition);

// A schema in use.
struct SchemaInUse {
  Definition definition;
  Schema schema;
};

// An upcaster in use.
struct UpcasterInUse {
  Definition definition;
  Upcaster upcaster;
};

class TenantDefinitions;
// Those of `definitions`, which may be null, at a position; null: none.
const IdentitySettings* IdentityAt(const TenantDefinitions* definitions,
                                   Position at);

// That of the catalogue, compiled; null: it does not know the type.
const Schema* CompiledCatalogueSchema(std::string_view type);

// Everything of one event type, each list in the order of the log.
struct TypeDefinitions {
  std::vector<SchemaInUse> schemas;
  std::vector<UpcasterInUse> upcasters;
  UpcasterChain chain;  // The same: what may be added to them.
  Definition validation = {.kind = DefinitionKind::kValidation,
                           .mode = Validation::kInherit};

  // Null: there is none.
  const SchemaInUse* FindSchema(std::string_view version) const;
  const UpcasterInUse* FindUpcaster(std::string_view from, Position at) const;
};

// An event, as far as definitions look at it.
struct TypedPayload {
  uint32_t type_id = 0;
  std::string_view type;
  std::string_view version;
  std::string_view payload;
};

class TenantDefinitions final {
 public:
  using Types =
      absl::flat_hash_map<uint32_t, std::shared_ptr<const TypeDefinitions>>;

  // Null: nothing is defined for it.
  const TypeDefinitions* Find(uint32_t type_id) const;
  const Types& types() const { return types_; }
  // Of all types without a rule of their own.
  const Definition& validation() const { return validation_; }
  // Schemas and upcasters.
  size_t count() const { return count_; }

  // What SetValidation says of a type.
  Validation ModeOf(uint32_t type_id) const;
  bool has_upcasters() const { return has_upcasters_; }

  // The settings that an event at `at` is prepared with: the last ones before
  // it. Null: there are none. Lives as long as what made this.
  const IdentitySettings* IdentityAt(Position at) const;
  // The last ones; null: there are none.
  const Definition* identity() const {
    return identity_.empty() ? nullptr : &identity_.back();
  }

  // The settings of consent, as those of identity.
  const ConsentSettings* ConsentAt(Position at) const;
  const Definition* consent() const {
    return consent_.empty() ? nullptr : &consent_.back();
  }

  // The settings of privacy: the last ones count. Null: there are none.
  const Definition* privacy() const {
    return privacy_.empty() ? nullptr : &privacy_.back();
  }

  // Ok: the event fits the schema that counts for it. `*mode`: what is to be
  // done when it does not.
  Status Check(const TypedPayload& event, Validation* mode) const;
  // Takes a payload as far as the upcasters lead that were there at `at`.
  // False: it stays as it is. `*reached` lives as long as this does.
  bool Upcast(const TypedPayload& event, Position at, std::string* payload,
              std::string_view* reached) const;

  // The schema that an event is held against, and its version; null: there is
  // none. Not empty `*upcast`: the payload to check.
  const Schema* SchemaFor(const TypedPayload& event, std::string* upcast,
                          std::string_view* version) const;

  // As this, with one more. Errors: it does not go with what is there, or does
  // not compile.
  static Result<std::shared_ptr<const TenantDefinitions>> With(
      const TenantDefinitions* before, const Definition& definition);

 private:
  Types types_;
  Definition validation_ = {.kind = DefinitionKind::kValidation};
  // In the order of the log. Never gets shorter: what was prepared with one of
  // them may point at it.
  std::vector<Definition> identity_;
  std::vector<Definition> consent_;  // As identity_.
  std::vector<Definition> privacy_;  // As identity_.
  size_t count_ = 0;
  bool has_upcasters_ = false;
  bool checks_ = false;  // Some mode is not kOff.
};

class Definitions final {
 public:
  Definitions(IdentityCompiler compile_identity,
              ConsentCompiler compile_consent, PrivacyCompiler compile_privacy)
      : compile_identity_(compile_identity),
        compile_consent_(compile_consent),
        compile_privacy_(compile_privacy) {}

  // Changes with each definition; zero: there has never been one.
  uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }
  // Null: the tenant has defined nothing.
  std::shared_ptr<const TenantDefinitions> Of(uint32_t tenant) const;
  void Set(uint32_t tenant, std::shared_ptr<const TenantDefinitions> all);

  // As of a position, also while newer ones come in. Null: nothing is set.
  const IdentitySettings* IdentityAt(uint32_t tenant, Position at) const;

  // Takes in a record of the log; each once, in their order.
  Status Add(const LogView& log, const Names& names, Position position,
             const LogRecord& record);
  // Forgets everything.
  void Clear();

 private:
  const IdentityCompiler compile_identity_;
  const ConsentCompiler compile_consent_;
  const PrivacyCompiler compile_privacy_;
  mutable SharedMutex mutex_;
  absl::flat_hash_map<uint32_t, std::shared_ptr<const TenantDefinitions>> all_
      CRM_GUARDED_BY(mutex_);
  std::atomic<uint64_t> generation_{0};
};

}  // namespace crm

#endif  // CRM_EVENT_DEFINITIONS_H_
