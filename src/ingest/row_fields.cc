#include "ingest/row_fields.h"

#include <algorithm>
#include <utility>

#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

Status FieldError(size_t index, const std::string& what) {
  return Status(StatusCode::kMalformed,
                "field " + std::to_string(index + 1) + ": " + what);
}

}  // namespace

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

Status RowFields::Split(std::string_view row) {
  fields_.clear();
  Status status;
  if (map_.format == ImportMap::Impl::Format::kCsv) {
    status = SplitCsv(row);
  } else if (map_.whitespace) {
    SplitAtBlanks(row);
  } else {
    status = SplitSlices(row);
  }
  if (status.ok() && map_.windows_1252) status = Decode();
  return status;
}

Status RowFields::SplitCsv(std::string_view row) {
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
      return FieldError(fields_.size(), "the quote is never closed");
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
    return FieldError(fields_.size(), "text after the closing quote");
  }
  fields_.push_back(std::string_view(unquoted_).substr(begin));
  return Status::Ok();
}

void RowFields::SplitAtBlanks(std::string_view row) {
  size_t pos = 0;
  for (;;) {
    while (pos < row.size() && IsBlank(row[pos])) ++pos;
    if (pos == row.size()) return;
    const size_t begin = pos;
    while (pos < row.size() && !IsBlank(row[pos])) ++pos;
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
        return FieldError(fields_.size(), "the line ends inside it");
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
    if (!AppendFromWindows1252(fields_[i], &decoded_)) {
      return FieldError(i, "a byte that windows-1252 does not know");
    }
    fields_[i] = std::string_view(decoded_).substr(begin);
  }
  return Status::Ok();
}

Result<ColumnPlan> PlanColumns(const ImportMap::Impl& map,
                               std::string_view header) {
  std::vector<std::string> names = map.columns;
  if (map.header && !header.empty()) {
    RowFields fields(map);
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
  ColumnPlan plan;
  plan.fields = names.size();
  for (const std::string& used : map.used) {
    const auto it = std::find(names.begin(), names.end(), used);
    if (it == names.end()) {
      // An empty file has no header, and nothing to map either.
      if (map.header && header.empty()) continue;
      return Status(StatusCode::kInvalidArgument,
                    "header: has no column \"" + used + "\"");
    }
    if (std::find(it + 1, names.end(), used) != names.end()) {
      return Status(StatusCode::kInvalidArgument,
                    "header: has two columns \"" + used + "\"");
    }
    plan.field_of.push_back(static_cast<size_t>(it - names.begin()));
  }
  return plan;
}

}  // namespace crm::ingest
