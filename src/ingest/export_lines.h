// The lines of a store's export: their checks, and reading them back. What they
// hold is described in crm/export.h.

#ifndef CRM_INGEST_EXPORT_LINES_H_
#define CRM_INGEST_EXPORT_LINES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "crm/household.h"
#include "crm/identity.h"
#include "crm/schema.h"
#include "crm/status.h"
#include "crm/store.h"
#include "ingest/byte_source.h"
#include "ingest/json_members.h"

namespace crm::ingest {

inline constexpr uint64_t kExportVersion = 1;
// An event and what stands around it.
inline constexpr size_t kMaxExportLine = kMaxEventBytes + 64 * 1024;

// Each check is made of the line and the check before.
class CheckChain final {
 public:
  // The check of a line; `body` is all of it before `,"check":`.
  const std::string& Next(std::string_view body);
  // Makes a line of `body`: appends the check and ends it.
  void Close(std::string* body);

 private:
  std::string check_;
  std::string buffer_;
};

// Appends `,"name":"text"` and `,"name":number`.
void AppendTextMember(std::string_view name, std::string_view text,
                      std::string* out);
void AppendNumberMember(std::string_view name, uint64_t number,
                        std::string* out);

// What a line says instead of the numbers; empty: no such number.
std::string_view KindText(DefinitionView::Kind kind);
std::string_view CompatibilityText(Compatibility compatibility);
std::string_view ModeText(Validation mode);

// A definition, and whose it is.
struct DefinitionLine {
  std::string tenant;
  uint64_t after = 0;  // Events of the tenant before it.
  DefinitionView::Kind kind = DefinitionView::Kind::kSchema;
  std::string type;
  std::string version;
  std::string to;
  Compatibility compatibility = Compatibility::kNone;
  Validation mode = Validation::kOff;
  std::string json;
};

// The body of its line.
void AppendDefinition(std::string_view tenant, uint64_t after,
                      const DefinitionView& definition, std::string* out);

// A choice, and whose it is. What it does not say is zero or empty.
struct ChoiceLine {
  using Kind = ChoiceView::Kind;
  using Origin = ChoiceView::Origin;
  struct Part {
    CustomerId customer = 0;
    std::vector<RecordId> records;  // Ascending.

    bool operator==(const Part&) const = default;
  };

  std::string tenant;
  uint64_t after = 0;  // Events of the tenant before it.
  Kind kind = Kind::kMerge;
  Origin origin = Origin::kEvent;
  CustomerId customer = 0;
  CustomerId retired = 0;
  RecordId a = 0;
  RecordId b = 0;
  Assertion::Kind assertion = Assertion::Kind::kCannotLink;
  bool retracted = false;
  ReviewAnswer answer = ReviewAnswer::kDismiss;
  // Of a match.
  IdentityReason reason = IdentityReason::kNone;
  double weight = 0;
  std::vector<Part> parts;
  // Of a hold.
  enum class Said : uint8_t { kPlaced = 1, kReleased, kWaiting };
  Said said = Said::kPlaced;
  uint64_t hold = 0;
  std::vector<std::string> categories;
  ErasureMode mode = ErasureMode::kShred;
  bool confirm = false;
  // Of a household.
  HouseholdId household = 0;
  bool made = false;
  std::string name;
  std::vector<HouseholdJoin> joined;
  std::vector<CustomerId> left;
  std::string by;
  std::string why;
};

// The body of its line.
void AppendChoice(std::string_view tenant, uint64_t after,
                  const ChoiceView& choice, std::string* out);
// [{"customer":1,"records":[1,3]}], as an export writes it. False: it is not.
[[nodiscard]] bool ReadParts(std::string_view json,
                             std::vector<ChoiceLine::Part>* parts);

// Reads lines of an export. One thread. Errors name the line.
class ExportReader final {
 public:
  static Result<std::unique_ptr<ExportReader>> Open(const std::string& path);

  // The next line, its check verified; false at the end of the file.
  Result<bool> Next();

  // Of the line that was read. Valid until the next.
  uint64_t line() const { return line_; }
  const std::string& kind() const { return kind_; }
  // The line without its check.
  std::string_view body() const { return body_; }
  JsonMembers& members() { return members_; }

  // Members; missing ones and those of another kind go to status().
  uint64_t Number(std::string_view name);
  std::string Text(std::string_view name);
  // Of a line of the kind "definition". kUnsupported: it defines what this
  // version does not know.
  Status ReadDefinition(DefinitionLine* out);
  // The same of the kind "choice".
  Status ReadChoice(ChoiceLine* out);
  Status status() const;
  // An error that names the line.
  Status Error(StatusCode code, const std::string& what) const;

 private:
  explicit ExportReader(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)) {}
  void ReadHold(ChoiceLine* out);
  void ReadHousehold(ChoiceLine* out);
  // The next line into text_; false at the end.
  Result<bool> ReadLine();
  Status TakeApart();

  const std::unique_ptr<ByteSource> source_;
  std::string buffer_;
  size_t begin_ = 0;
  bool at_end_ = false;
  uint64_t line_ = 0;
  std::string_view text_;
  std::string_view body_;
  std::string object_;  // body_ as an object of its own.
  std::string kind_;
  JsonMembers members_;
  CheckChain chain_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_EXPORT_LINES_H_
