// Records, proofs and heads of ledgers as JSON, and proofs back.

#include <algorithm>
#include <charconv>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/text_codes.h"
#include "base/time_text.h"
#include "crm/ledger.h"
#include "format/json.h"
#include "format/json_writer.h"

namespace crm {
namespace {

std::string_view BytesOf(const LedgerHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string_view KindText(LedgerKind kind) {
  switch (kind) {
    case LedgerKind::kEvent:
      return "event";
    case LedgerKind::kDefinition:
      return "definition";
    case LedgerKind::kChoice:
      return "choice";
  }
  return "";
}

// Hashes and times are texts.
void Hex(std::string_view name, std::string_view bytes, JsonWriter* out) {
  out->Text(name, ToHexText(bytes));
}
void Hash(std::string_view name, const LedgerHash& hash, JsonWriter* out) {
  Hex(name, BytesOf(hash), out);
}
void Time(std::string_view name, Timestamp time, JsonWriter* out) {
  out->Text(name, FormatTime(time));
}
void Path(const std::vector<LedgerHash>& path, JsonWriter* out) {
  out->BeginArray("path");
  for (const LedgerHash& hash : path) Hash({}, hash, out);
  out->EndArray();
}

// --- And back ---------------------------------------------------------------

// What a member may be; each takes it, or says that it is none.
bool Take(std::string_view json, uint64_t* number) {
  const auto [end, error] =
      std::from_chars(json.data(), json.data() + json.size(), *number);
  return error == std::errc() && end == json.data() + json.size();
}

bool Take(std::string_view json, std::string* text) {
  if (!json.starts_with('"')) return false;
  *text = JsonScalarText(json);
  return true;
}

bool Take(std::string_view json, Timestamp* time) {
  std::string text;
  if (!Take(json, &text)) return false;
  const Result<Timestamp> read = ParseTime(text);
  if (read.ok()) *time = *read;
  return read.ok();
}

bool Take(std::string_view json, LedgerHash* hash) {
  std::string text;
  std::string bytes;
  if (!Take(json, &text) || !FromHexText(text, &bytes) ||
      bytes.size() != hash->size()) {
    return false;
  }
  std::copy(bytes.begin(), bytes.end(), hash->begin());
  return true;
}

bool Take(std::string_view json, LedgerKind* kind) {
  std::string text;
  if (!Take(json, &text)) return false;
  for (const LedgerKind known :
       {LedgerKind::kEvent, LedgerKind::kDefinition, LedgerKind::kChoice}) {
    if (text != KindText(known)) continue;
    *kind = known;
    return true;
  }
  return false;
}

bool Take(std::string_view json, std::vector<LedgerHash>* path) {
  path->clear();
  bool sound = true;
  const Status status = ForEachElement(json, [&](std::string_view element) {
    sound = path->size() < 128 && Take(element, &path->emplace_back());
    return sound;
  });
  return sound && status.ok();
}

using JsonMembers = std::vector<
    std::pair<std::string_view, std::function<bool(std::string_view)>>>;

// All members must be there, once, but for those that are optional; others are
// not looked at.
Status TakeAll(std::string_view json, const JsonMembers& members,
               std::span<const std::string_view> optional = {}) {
  std::vector<bool> taken(members.size());
  std::string wrong;
  Status status =
      ForEachMember(json, [&](std::string_view key, std::string_view value) {
        for (size_t i = 0; i < members.size(); ++i) {
          if (members[i].first != key) continue;
          if (taken[i] || !members[i].second(value)) wrong = key;
          taken[i] = true;
        }
        return wrong.empty();
      });
  if (!status.ok()) return Status(StatusCode::kMalformed, "proof: no JSON");
  for (size_t i = 0; i < members.size() && wrong.empty(); ++i) {
    const bool may_miss = std::find(optional.begin(), optional.end(),
                                    members[i].first) != optional.end();
    if (!taken[i] && !may_miss) wrong = members[i].first;
  }
  if (wrong.empty()) return Status::Ok();
  return Status(StatusCode::kMalformed,
                "proof: " + wrong + " is missing, twice there, or malformed");
}

template <typename T>
std::function<bool(std::string_view)> Into(T* out) {
  return [out](std::string_view json) { return Take(json, out); };
}

Status ReadOpening(std::string_view json, LedgerOpening* opening) {
  const auto hex = [](std::string* bytes) {
    return [bytes](std::string_view value) {
      std::string text;
      return Take(value, &text) && FromHexText(text, bytes);
    };
  };
  return TakeAll(
      json, {{"salt", hex(&opening->salt)}, {"plain", hex(&opening->plain)}});
}

Status ReadHeadJson(std::string_view json, LedgerHead* head) {
  return TakeAll(json, {{"origin", Into(&head->origin)},
                        {"size", Into(&head->size)},
                        {"root", Into(&head->root)}});
}

Status ReadRecord(std::string_view json, LedgerRecord* record) {
  static constexpr std::string_view kOptional[] = {"what", "type", "source",
                                                   "customer", "root"};
  const auto what = [record](std::string_view value) {
    uint64_t number = 0;
    const bool sound = Take(value, &number) && number < 256;
    record->what = static_cast<uint8_t>(number);
    return sound;
  };
  const auto header = [record](std::string_view value) {
    std::string text;
    return Take(value, &text) && FromHexText(text, &record->header);
  };
  return TakeAll(json,
                 {{"index", Into(&record->index)},
                  {"position", Into(&record->position)},
                  {"kind", Into(&record->kind)},
                  {"what", what},
                  {"record", Into(&record->record)},
                  {"linkIndex", Into(&record->link_index)},
                  {"customer", Into(&record->customer)},
                  {"occurredAt", Into(&record->occurred_at)},
                  {"recordedAt", Into(&record->recorded_at)},
                  {"type", Into(&record->type)},
                  {"source", Into(&record->source)},
                  {"header", header},
                  {"commitment", Into(&record->commitment)},
                  {"before", Into(&record->before)},
                  {"link", Into(&record->link)},
                  {"leaf", Into(&record->leaf)},
                  {"root", Into(&record->root)}},
                 kOptional);
}

Status ReadInclusion(std::string_view json, InclusionProof* proof) {
  Status record;
  Status head;
  Status all =
      TakeAll(json, {{"record",
                      [&](std::string_view value) {
                        record = ReadRecord(std::string(value), &proof->record);
                        return true;
                      }},
                     {"head",
                      [&](std::string_view value) {
                        head = ReadHeadJson(std::string(value), &proof->head);
                        return true;
                      }},
                     {"path", Into(&proof->path)}});
  if (!all.ok()) return all;
  return record.ok() ? head : record;
}

Status ReadConsistency(std::string_view json, ConsistencyProof* proof) {
  Status head;
  Status all =
      TakeAll(json, {{"oldSize", Into(&proof->old_size)},
                     {"oldRoot", Into(&proof->old_root)},
                     {"head",
                      [&](std::string_view value) {
                        head = ReadHeadJson(std::string(value), &proof->head);
                        return true;
                      }},
                     {"path", Into(&proof->path)}});
  return all.ok() ? head : all;
}

}  // namespace

std::string ToJson(const LedgerHead& head) {
  JsonWriter out;
  out.BeginObject();
  out.Text("origin", head.origin);
  out.Number("size", head.size);
  Hash("root", head.root, &out);
  out.EndObject();
  return out.Take();
}

std::string ToJson(const LedgerRecord& record) {
  JsonWriter out;
  out.BeginObject();
  out.Number("index", record.index);
  out.Number("position", record.position);
  out.Text("kind", KindText(record.kind));
  out.NumberIfAny("what", record.what);
  out.TextIfAny("type", record.type);
  out.TextIfAny("source", record.source);
  out.Number("record", record.record);
  out.Number("linkIndex", record.link_index);
  out.NumberIfAny("customer", record.customer);
  Time("occurredAt", record.occurred_at, &out);
  Time("recordedAt", record.recorded_at, &out);
  Hex("header", record.header, &out);
  Hash("commitment", record.commitment, &out);
  Hash("before", record.before, &out);
  Hash("link", record.link, &out);
  Hash("leaf", record.leaf, &out);
  if (record.root != LedgerHash{}) Hash("root", record.root, &out);
  out.EndObject();
  return out.Take();
}

std::string ToJson(const InclusionProof& proof) {
  JsonWriter out;
  out.BeginObject();
  out.Text("proof", "inclusion");
  out.Raw("record", ToJson(proof.record));
  out.Raw("head", ToJson(proof.head));
  Path(proof.path, &out);
  out.EndObject();
  return out.Take();
}

std::string ToJson(const ConsistencyProof& proof) {
  JsonWriter out;
  out.BeginObject();
  out.Text("proof", "consistency");
  out.Number("oldSize", proof.old_size);
  Hash("oldRoot", proof.old_root, &out);
  out.Raw("head", ToJson(proof.head));
  Path(proof.path, &out);
  out.EndObject();
  return out.Take();
}

std::string ToJson(const LedgerOpening& opening) {
  JsonWriter out;
  out.BeginObject();
  Hex("salt", opening.salt, &out);
  Hex("plain", opening.plain, &out);
  out.EndObject();
  return out.Take();
}

Status VerifyLedgerProof(std::string_view json, std::string_view note,
                         std::string_view key, std::string_view opening) {
  std::string kind;
  Status status = TakeAll(json, {{"proof", Into(&kind)}});
  if (!status.ok()) return status;
  InclusionProof inclusion;
  ConsistencyProof consistency;
  const bool of_inclusion = kind == "inclusion";
  if (of_inclusion) {
    status = ReadInclusion(json, &inclusion);
    if (status.ok()) status = VerifyInclusion(inclusion);
  } else if (kind == "consistency") {
    status = ReadConsistency(json, &consistency);
    if (status.ok()) status = VerifyConsistency(consistency);
  } else {
    status = Status(StatusCode::kMalformed, "proof: of no known kind");
  }
  if (status.ok() && !opening.empty()) {
    LedgerOpening said;
    status = of_inclusion ? ReadOpening(opening, &said)
                          : Status(StatusCode::kMalformed,
                                   "proof: of no record that could be opened");
    if (status.ok()) status = VerifyOpening(inclusion.record, said);
  }
  if (!status.ok() || note.empty()) return status;
  const Result<LedgerHead> head = VerifyCheckpoint(note, key);
  if (!head.ok()) return head.status();
  const LedgerHead old{consistency.head.origin, consistency.old_size,
                       consistency.old_root};
  const bool of_note = of_inclusion ? *head == inclusion.head
                                    : *head == consistency.head || *head == old;
  if (of_note) return status;
  return Status(StatusCode::kCorruption,
                "proof: not of the tree of the checkpoint");
}

}  // namespace crm
