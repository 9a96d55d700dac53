#include "ingest/json_pointer.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "ingest/json_members.h"
#include "ingest/row_scanner.h"

namespace crm::ingest {
namespace {

// "~1" is a slash and "~0" a tilde.
std::string Unescape(std::string_view part) {
  std::string out;
  for (size_t i = 0; i < part.size(); ++i) {
    const char next = i + 1 < part.size() ? part[i + 1] : '\0';
    if (part[i] == '~' && (next == '0' || next == '1')) {
      out.push_back(next == '0' ? '~' : '/');
      ++i;
    } else {
      out.push_back(part[i]);
    }
  }
  return out;
}

// The element of an array, or nothing.
std::string_view Element(std::string_view array, const std::string& part) {
  size_t index = 0;
  const char* const end = part.data() + part.size();
  const auto [last, error] = std::from_chars(part.data(), end, index);
  if (error != std::errc() || last != end) return {};
  const std::unique_ptr<RowScanner> scanner = NewArrayScanner();
  Row row;
  for (size_t i = 0;; ++i) {
    if (scanner->Next(array, true, &row) != RowScanner::Step::kRow) return {};
    if (row.problem != RowProblem::kNone) return {};
    if (i == index) return array.substr(row.begin, row.size);
  }
}

std::string_view Find(std::string_view token,
                      const std::vector<std::string>& path) {
  JsonMembers members;
  for (const std::string& part : path) {
    const size_t begin = token.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    token.remove_prefix(begin);
    if (token.front() == '[') {
      token = Element(token, part);
    } else if (token.front() == '{' && members.Split(token).ok()) {
      token = members.Peek(part);
    } else {
      return {};
    }
    if (token.empty() || token == "null" || token == "\"\"") return {};
  }
  return token;
}

}  // namespace

void JsonPointers::Add(const std::vector<std::string>& names) {
  std::vector<Path> paths;
  for (const std::string& name : names) {
    Path path;
    if (!name.empty() && name.front() != '/') path.push_back(name);
    for (size_t begin = 1; !name.empty() && name.front() == '/';) {
      const size_t end = std::min(name.find('/', begin), name.size());
      path.push_back(
          Unescape(std::string_view(name).substr(begin, end - begin)));
      if (end == name.size()) break;
      begin = end + 1;
    }
    paths.push_back(std::move(path));
  }
  places_.push_back(std::move(paths));
  tokens_.emplace_back();
  texts_.emplace_back();
}

void JsonPointers::Read(std::string_view row) {
  for (size_t i = 0; i < places_.size(); ++i) {
    tokens_[i] = {};
    for (const Path& path : places_[i]) {
      tokens_[i] = Find(row, path);
      if (!tokens_[i].empty()) break;
    }
    texts_[i] = TextOfJson(tokens_[i]);
  }
}

}  // namespace crm::ingest
