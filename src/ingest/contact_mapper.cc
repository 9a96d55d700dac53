#include "ingest/contact_mapper.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "ingest/content_hash.h"
#include "ingest/json_members.h"
#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

// What a profile takes as the name of a trait.
constexpr size_t kMaxTraitNameBytes = 128;

void AppendText(std::string_view name, std::string_view text,
                std::string* out) {
  AppendComma(out);
  AppendJsonString(name, out);
  out->push_back(':');
  AppendJsonString(text, out);
}

std::string InSmallLetters(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

RejectReason InvalidReason(std::string_view name_space) {
  if (name_space == "email") return RejectReason::kInvalidEmail;
  const bool phone = name_space == "phoneNumber" || name_space == "phone" ||
                     name_space == "phone_number";
  return phone ? RejectReason::kInvalidPhone : RejectReason::kInvalidIdentifier;
}

// The texts of a JSON array of texts; false: it is something else.
bool ReadTexts(std::string_view array, std::vector<std::string>* out) {
  if (!array.starts_with('[')) return false;
  const std::unique_ptr<RowScanner> scanner = NewArrayScanner();
  Row row;
  while (scanner->Next(array, true, &row) == RowScanner::Step::kRow) {
    const std::string_view token = array.substr(row.begin, row.size);
    if (row.problem != RowProblem::kNone || !token.starts_with('"')) {
      return false;
    }
    out->push_back(TextOfJson(token));
  }
  return true;
}

// The elements of a cell such as `VIP, Blog` or `"VIP","Blog"`.
std::vector<std::string> SplitCell(std::string_view cell,
                                   std::string_view separator) {
  std::vector<std::string> out;
  for (;;) {
    const size_t end = std::min(cell.find(separator), cell.size());
    std::string_view element = Trim(cell.substr(0, end));
    if (element.size() >= 2 && element.front() == '"' &&
        element.back() == '"') {
      element = element.substr(1, element.size() - 2);
    }
    if (!element.empty()) out.emplace_back(element);
    if (end == cell.size()) return out;
    cell.remove_prefix(end + separator.size());
  }
}

}  // namespace

Event* EventList::Add() {
  if (events_.size() == size_) events_.emplace_back();
  Event* const event = &events_[size_++];
  event->version = "1.0";
  event->occurred_at.reset();
  event->payload.clear();
  event->metadata.clear();
  event->correlation_id.clear();
  return event;
}

ContactMapper::ContactMapper(const ImportMap::Impl& map, TextEncoding encoding,
                             const ColumnPlan& plan, std::string_view source,
                             std::string_view batch,
                             std::string_view export_name,
                             IdentifierCheck check)
    : rule_(*map.contact),
      plan_(plan),
      source_(source),
      batch_(batch),
      export_name_(export_name),
      check_(std::move(check)),
      values_(map, encoding, plan) {}

Status ContactMapper::Map(std::string_view text, const Row& row,
                          EventList* out) {
  issue_ = RowIssue();
  const size_t before = out->size();
  Status status = values_.Split(text, row);
  if (status.ok()) status = MapRow(row, out);
  if (status.ok()) return status;
  out->Truncate(before);
  if (issue_.reason == RejectReason::kNone) issue_ = values_.issue();
  return status;
}

Status ContactMapper::MapRow(const Row& row, EventList* out) {
  Event* const event = out->Add();
  event->type = rule_.type;
  event->source = source_;
  bool present = true;
  Status status;
  if (rule_.occurred_at.has_value()) {
    status = values_.Time(*rule_.occurred_at, &event->occurred_at);
  }
  if (!status.ok()) return status;
  if (rule_.id.has_value()) {
    status = values_.Text(*rule_.id, &event->id, &present);
  } else {
    event->id = RowId(row, source_,
                      event->occurred_at.has_value() ? batch_ : export_name_);
  }
  if (status.ok()) status = SetIdentity(event);
  if (status.ok()) status = SetPayload(event);
  if (!status.ok()) return status;
  // Events move when others are added.
  const std::string id = event->id;
  const std::vector<Identifier> identifiers = event->identifiers;
  const std::optional<Timestamp> time = event->occurred_at;
  for (const ConsentRule& consent : rule_.consents) {
    status = AddConsent(consent, id, identifiers, time, out);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

bool ContactMapper::IsBlank(std::string_view value) const {
  return value.empty() || (!rule_.clear.empty() && value == rule_.clear);
}

Status ContactMapper::Fail(ColumnRef column, RejectReason reason,
                           const std::string& what) {
  issue_ = {reason, values_.NameOf(column)};
  return Status(StatusCode::kInvalidArgument,
                "column \"" + issue_.column + "\": " + what);
}

Status ContactMapper::SetIdentity(Event* event) {
  event->identifiers.clear();
  for (const ContactIdentifier& rule : rule_.identity) {
    Identifier identifier;
    identifier.name_space = rule.name_space;
    bool present = true;
    Status status = values_.Text(rule.value, &identifier.value, &present);
    if (!status.ok()) return status;
    identifier.value = std::string(Trim(identifier.value));
    if (!present || IsBlank(identifier.value)) continue;
    status = check_(identifier);
    if (!status.ok()) {
      if (rule.keep_row) continue;
      return Fail(rule.value.column, InvalidReason(rule.name_space),
                  std::string(status.message()));
    }
    event->identifiers.push_back(std::move(identifier));
  }
  if (!event->identifiers.empty()) return Status::Ok();
  return Fail(rule_.identity.front().value.column,
              RejectReason::kMissingRequired,
              "is empty, and so is every other that says who it is");
}

Status ContactMapper::SetPayload(Event* event) {
  std::string traits = "{";
  std::string defaults = "{";
  Status status = AppendTraits(Policy::kOverwrite, &traits);
  if (status.ok()) status = AppendTraits(Policy::kAppend, &traits);
  if (status.ok()) status = AppendTraits(Policy::kFillEmpty, &defaults);
  if (!status.ok()) return status;
  std::string& payload = event->payload;
  payload = "{";
  if (traits.size() > 1) ingest::AppendMember("traits", traits + "}", &payload);
  if (defaults.size() > 1) {
    ingest::AppendMember("defaultTraits", defaults + "}", &payload);
  }
  payload.push_back('}');
  return Status::Ok();
}

Status ContactMapper::AppendTraits(Policy policy, std::string* out) {
  for (const TraitRule& rule : rule_.traits) {
    if (rule.policy != policy) continue;
    Status status = AppendTrait(rule, out);
    if (!status.ok()) return status;
  }
  if (rule_.others_policy != policy) return Status::Ok();
  for (const auto& [name, field] : plan_.others) {
    const std::string_view value = values_.FieldValue(field);
    if (value.empty()) continue;
    if (!IsBlank(value)) {
      AppendText(name, value, out);
    } else if (policy == Policy::kOverwrite) {
      AppendComma(out);
      AppendJsonString(name, out);
      out->append(":null");
    }
  }
  return Status::Ok();
}

Status ContactMapper::AppendTrait(const TraitRule& rule, std::string* out) {
  const std::string_view value = values_.Value(rule.value.column);
  if (!value.empty() && IsBlank(value)) {
    if (rule.policy != Policy::kOverwrite) return Status::Ok();
    AppendComma(out);
    AppendJsonString(rule.name, out);
    out->append(":null");
    return Status::Ok();
  }
  if (rule.policy == Policy::kAppend && !value.empty()) {
    return AppendList(rule, value, out);
  }
  bool present = true;
  const bool first = out->back() == '{';
  return values_.AppendMember({rule.name, rule.value}, first, out, &present);
}

Status ContactMapper::AppendList(const TraitRule& rule, std::string_view value,
                                 std::string* out) {
  std::vector<std::string> elements;
  if (rule.value.as != As::kJson) {
    elements = SplitCell(value, rule.separator);
  } else if (!IsJsonValue(value) || !ReadTexts(value, &elements)) {
    return Fail(rule.value.column, RejectReason::kBadJson,
                "is no array of texts");
  }
  elements_.clear();
  for (const std::string& element : elements) {
    const std::string name = rule.name + "[" + element + "]";
    if (name.size() > kMaxTraitNameBytes) {
      return Fail(rule.value.column, RejectReason::kTooLarge,
                  "an element that makes a name of more than 128 bytes");
    }
    if (!elements_.insert(name).second) continue;
    AppendComma(out);
    AppendJsonString(name, out);
    out->append(":true");
  }
  return Status::Ok();
}

Status ContactMapper::AddConsent(const ConsentRule& rule,
                                 const std::string& contact_id,
                                 const std::vector<Identifier>& identifiers,
                                 const std::optional<Timestamp>& contact_time,
                                 EventList* out) {
  const std::string_view given = Trim(values_.Value(rule.column));
  if (IsBlank(given)) return Status::Ok();
  std::optional<ConsentRule::Meaning> meaning = rule.otherwise;
  const std::string lower = InSmallLetters(given);
  for (const auto& [value, means] : rule.values) {
    if (value == lower) meaning = means;
  }
  if (!meaning.has_value()) {
    return Fail(rule.column, RejectReason::kBadConsent,
                "a status that the map does not know");
  }
  if (*meaning == ConsentRule::Meaning::kNothing) return Status::Ok();
  Event* const event = out->Add();
  const bool granted = *meaning == ConsentRule::Meaning::kGranted;
  event->type = granted ? "ConsentGranted" : "ConsentRevoked";
  event->source = source_;
  event->identifiers = identifiers;
  std::optional<Timestamp> at;
  if (rule.at.has_value()) {
    Status status = values_.Time(*rule.at, &at);
    if (!status.ok()) return status;
  }
  event->occurred_at = at.has_value() ? at : contact_time;
  std::string& payload = event->payload;
  payload = "{";
  AppendText("purpose", rule.purpose, &payload);
  AppendText("channel", rule.channel, &payload);
  AppendText("importedColumn", values_.NameOf(rule.column), &payload);
  AppendText("importedStatus", given, &payload);
  if (rule.ip_address.has_value()) {
    const std::string_view address = Trim(values_.Value(*rule.ip_address));
    if (!IsBlank(address)) AppendText("ipAddress", address, &payload);
  }
  payload.push_back('}');
  // A decision with a time of its own is the same one in every export; one
  // without is what this row says.
  std::string content;
  AppendPart("consent", &content);
  AppendPart(source_, &content);
  AppendPart(at.has_value() ? batch_ : std::string_view(contact_id), &content);
  AppendPart(event->type, &content);
  AppendPart(payload, &content);
  if (at.has_value()) {
    AppendNumber(static_cast<uint64_t>(at->time_since_epoch().count()),
                 &content);
    for (const Identifier& identifier : identifiers) {
      AppendPart(identifier.name_space, &content);
      AppendPart(identifier.value, &content);
    }
  }
  event->id = ToHex(HashContent(content));
  return Status::Ok();
}

std::string ContactMapper::ColumnOf(std::string_view field) const {
  if (field == "id" && rule_.id.has_value()) {
    return rule_.id->kind == Expression::Kind::kColumn
               ? values_.NameOf(rule_.id->column)
               : std::string();
  }
  if (field == "timestamp" && rule_.occurred_at.has_value()) {
    return values_.NameOf(rule_.occurred_at->column);
  }
  for (const ContactIdentifier& rule : rule_.identity) {
    if (field == "identity." + rule.name_space) {
      return values_.NameOf(rule.value.column);
    }
  }
  return std::string();
}

}  // namespace crm::ingest
