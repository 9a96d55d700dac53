#include "ingest/row_fields.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "crm/event.h"
#include "ingest/encoding.h"

namespace crm::ingest {
namespace {

bool IsSpaceOrTab(char c) { return c == ' ' || c == '\t'; }

// How many bytes the character has that `lead` begins, and the smallest and
// greatest second byte it may have; zero: it begins none.
size_t SequenceSize(unsigned char lead, unsigned char* low,
                    unsigned char* high) {
  *low = 0x80;
  *high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (lead == 0xe0) *low = 0xa0;
    if (lead == 0xed) *high = 0x9f;
    return 3;
  }
  if (lead < 0xf0 || lead > 0xf4) return 0;
  if (lead == 0xf0) *low = 0x90;
  if (lead == 0xf4) *high = 0x8f;
  return 4;
}

}  // namespace

bool IsUtf8Text(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    uint64_t eight = 0;
    while (text.size() - i >= sizeof(eight)) {
      std::memcpy(&eight, text.data() + i, sizeof(eight));
      if ((eight & 0x8080808080808080u) != 0) break;
      i += sizeof(eight);
    }
    if (i == text.size()) break;
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    unsigned char low = 0;
    unsigned char high = 0;
    const size_t size = SequenceSize(lead, &low, &high);
    if (size == 0 || text.size() - i < size) return false;
    for (size_t k = 1; k < size; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if (byte < low || byte > high) return false;
      low = 0x80;
      high = 0xbf;
    }
    i += size;
  }
  return true;
}

RowFields::RowFields(const ImportMap::Impl& map, TextEncoding encoding)
    : map_(map), encoding_(encoding) {
  if (map.format != ImportMap::Impl::Format::kJson) return;
  for (const UsedColumn& used : map.used) pointers_.Add(used.names);
}

Status RowFields::Fail(size_t field, RejectReason reason,
                       const std::string& what) {
  reason_ = reason;
  field_ = field;
  const std::string where =
      field == kNone ? "row" : "field " + std::to_string(field + 1);
  return Status(StatusCode::kMalformed, where + ": " + what);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpaceOrTab(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpaceOrTab(text.back())) text.remove_suffix(1);
  return text;
}

Status RowFields::Split(std::string_view row, bool strict_quotes) {
  fields_.clear();
  reason_ = RejectReason::kNone;
  field_ = kNone;
  Status status;
  if (map_.format == ImportMap::Impl::Format::kJson) return SplitJson(row);
  if (map_.format == ImportMap::Impl::Format::kCsv) {
    status = SplitCsv(row, strict_quotes);
  } else if (map_.whitespace) {
    SplitAtBlanks(row);
  } else {
    status = SplitSlices(row);
  }
  if (!status.ok()) return status;
  if (IsEightBit(encoding_)) return Decode();
  if (IsUtf8Text(row)) return Status::Ok();
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (!IsUtf8Text(fields_[i])) {
      return Fail(i, RejectReason::kBadEncoding, "bytes that are no UTF-8");
    }
  }
  return Fail(kNone, RejectReason::kBadEncoding, "bytes that are no UTF-8");
}

Status RowFields::SplitJson(std::string_view row) {
  if (!IsUtf8Text(row)) {
    return Fail(kNone, RejectReason::kBadEncoding, "bytes that are no UTF-8");
  }
  // The store would not take the row as an event; but that it is JSON at all
  // is what it looks at first.
  const Status status = EventFromJson(row, nullptr).status();
  if (status.code() == StatusCode::kMalformed) {
    reason_ = RejectReason::kBadJson;
    return status;
  }
  pointers_.Read(row);
  for (const std::string& text : pointers_.texts()) fields_.push_back(text);
  return Status::Ok();
}

Status RowFields::SplitCsv(std::string_view row, bool strict_quotes) {
  unquoted_.clear();
  unquoted_.reserve(row.size());
  size_t pos = 0;
  for (;;) {
    size_t start = pos;
    if (map_.trim) {
      while (start < row.size() && row[start] == ' ') ++start;
    }
    if (map_.quote != '\0' && start < row.size() && row[start] == map_.quote) {
      pos = start + 1;
      Status status = ReadQuoted(row, &pos);
      if (!status.ok()) return status;
    } else {
      const size_t end = std::min(row.find(map_.delimiter, pos), row.size());
      const std::string_view field = row.substr(pos, end - pos);
      if (strict_quotes && field.find(map_.quote) != std::string_view::npos) {
        return Fail(fields_.size(), RejectReason::kBadQuotes,
                    "a quote inside it, behind a row with broken quotes");
      }
      fields_.push_back(map_.trim ? Trim(field) : field);
      pos = end;
    }
    if (pos == row.size()) return Status::Ok();
    ++pos;  // The delimiter.
  }
}

Status RowFields::ReadQuoted(std::string_view row, size_t* pos) {
  const size_t begin = unquoted_.size();
  for (;;) {
    const size_t end = row.find(map_.quote, *pos);
    if (end == std::string_view::npos) {
      return Fail(fields_.size(), RejectReason::kBadQuotes,
                  "the quote is never closed");
    }
    unquoted_.append(row.substr(*pos, end - *pos));
    *pos = end + 1;
    if (*pos == row.size() || row[*pos] != map_.quote) break;
    unquoted_.push_back(map_.quote);
    ++*pos;
  }
  if (map_.trim) {
    while (*pos < row.size() && row[*pos] == ' ') ++*pos;
  }
  if (*pos < row.size() && row[*pos] != map_.delimiter) {
    return Fail(fields_.size(), RejectReason::kBadQuotes,
                "text after the closing quote");
  }
  fields_.push_back(std::string_view(unquoted_).substr(begin));
  return Status::Ok();
}

void RowFields::SplitAtBlanks(std::string_view row) {
  size_t pos = 0;
  for (;;) {
    while (pos < row.size() && IsSpaceOrTab(row[pos])) ++pos;
    if (pos == row.size()) return;
    const size_t begin = pos;
    while (pos < row.size() && !IsSpaceOrTab(row[pos])) ++pos;
    fields_.push_back(row.substr(begin, pos - begin));
  }
}

Status RowFields::SplitSlices(std::string_view row) {
  for (const Slice& slice : map_.slices) {
    std::string_view field;
    if (slice.start < row.size()) {
      field = row.substr(slice.start, slice.width);
      // A number that is cut off would still be a number: refuse.
      if (slice.width != SIZE_MAX && field.size() < slice.width) {
        return Fail(fields_.size(), RejectReason::kTooFewColumns,
                    "the line ends inside it");
      }
    }
    fields_.push_back(map_.trim ? Trim(field) : field);
  }
  return Status::Ok();
}

Status RowFields::Decode() {
  size_t bytes = 0;
  for (std::string_view field : fields_) bytes += field.size();
  decoded_.clear();
  decoded_.reserve(3 * bytes);
  for (size_t i = 0; i < fields_.size(); ++i) {
    const size_t begin = decoded_.size();
    if (!AppendFromEightBit(encoding_, fields_[i], &decoded_)) {
      return Fail(i, RejectReason::kBadEncoding,
                  "a byte that " + std::string(NameOfEncoding(encoding_)) +
                      " does not know");
    }
    fields_[i] = std::string_view(decoded_).substr(begin);
  }
  return Status::Ok();
}

std::string NameOfField(const ColumnPlan& plan, size_t field) {
  if (field == RowFields::kNone) return std::string();
  if (field < plan.names.size() && !plan.names[field].empty()) {
    return plan.names[field];
  }
  return std::to_string(field + 1);
}

namespace {

// Finds each used column of the map among `names`; those that are not there
// go to `missing`. kInvalidArgument: one is there twice.
Status FindColumns(const ImportMap::Impl& map,
                   const std::vector<std::string>& names, ColumnPlan* plan,
                   std::string* missing) {
  for (const UsedColumn& used : map.used) {
    size_t field = used.number > 0 ? used.number - 1 : RowFields::kNone;
    if (used.number > 0 && (plan->open_ended || names.empty())) {
      plan->fields = std::max(plan->fields, used.number);
    } else if (used.number > names.size()) {
      field = RowFields::kNone;
    }
    for (const std::string& name : used.names) {
      const auto it = std::find(names.begin(), names.end(), name);
      if (it == names.end()) continue;
      if (std::find(it + 1, names.end(), name) != names.end()) {
        return Status(StatusCode::kInvalidArgument,
                      "header: has two columns \"" + name + "\"");
      }
      field = static_cast<size_t>(it - names.begin());
      break;
    }
    plan->field_of.push_back(field);
    if (field != RowFields::kNone || used.optional) continue;
    *missing += (missing->empty() ? "\"" : ", \"") + used.Label() + "\"";
  }
  return Status::Ok();
}

// The columns of a contacts file that its map does not mention. A name that
// another trait has already is told apart by the number of its column.
Status FindOthers(const ContactRule& contact, ColumnPlan* plan) {
  if (contact.others == ContactRule::Others::kIgnore) return Status::Ok();
  std::string unknown;
  for (size_t i = 0; i < plan->fields; ++i) {
    const std::string& name = plan->names[i];
    const bool used = std::find(plan->field_of.begin(), plan->field_of.end(),
                                i) != plan->field_of.end();
    const bool ignored =
        std::find(contact.ignored.begin(), contact.ignored.end(), name) !=
        contact.ignored.end();
    if (used || ignored) continue;
    unknown += (unknown.empty() ? "\"" : ", \"") + NameOfField(*plan, i) + "\"";
    if (contact.others_policy == Policy::kIgnore) continue;
    const bool taken =
        std::any_of(contact.traits.begin(), contact.traits.end(),
                    [&](const TraitRule& rule) { return rule.name == name; });
    const bool twice =
        name.empty() || taken ||
        std::count(plan->names.begin(), plan->names.end(), name) > 1;
    plan->others.emplace_back(twice ? name + "#" + std::to_string(i + 1) : name,
                              i);
  }
  if (contact.others != ContactRule::Others::kReject || unknown.empty()) {
    return Status::Ok();
  }
  return Status(StatusCode::kInvalidArgument,
                "header: has columns that the map does not know: " + unknown);
}

}  // namespace

Result<ColumnPlan> PlanColumns(const ImportMap::Impl& map,
                               TextEncoding encoding, std::string_view header) {
  ColumnPlan plan;
  if (map.format == ImportMap::Impl::Format::kJson) {
    for (size_t i = 0; i < map.used.size(); ++i) {
      plan.field_of.push_back(i);
      plan.names.push_back(map.used[i].names.front());
    }
    plan.fields = map.used.size();
    return plan;
  }
  std::vector<std::string> names = map.columns;
  const bool no_header = map.header && header.empty();
  if (map.header && !header.empty()) {
    RowFields fields(map, encoding);
    Status status = fields.Split(header);
    if (!status.ok()) {
      return Status(status.code(), "header: " + std::string(status.message()));
    }
    std::vector<std::string> found;
    for (size_t i = 0; i < fields.size(); ++i) {
      found.emplace_back(Trim(fields[i]));
    }
    // What stands in the file is not repeated: it may be data after all.
    if (!names.empty() && names != found) {
      return Status(StatusCode::kInvalidArgument,
                    "header: is not what \"columns\" of the map says");
    }
    names = std::move(found);
  }
  plan.open_ended = names.empty();
  plan.fields = names.size();
  std::string missing;
  Status status = FindColumns(map, names, &plan, &missing);
  if (!status.ok()) return status;
  // An empty file has no header, and nothing to map either.
  if (!missing.empty() && !no_header) {
    return Status(StatusCode::kInvalidArgument,
                  "header: has no column " + missing);
  }
  plan.names = std::move(names);
  if (map.contact.has_value() && !plan.open_ended) {
    status = FindOthers(*map.contact, &plan);
    if (!status.ok()) return status;
  }
  return plan;
}

}  // namespace crm::ingest
