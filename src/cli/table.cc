#include "cli/table.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace crm::cli {
namespace {

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

size_t Width(std::string_view text) {
  return text.size() - static_cast<size_t>(std::count_if(
                           text.begin(), text.end(), IsContinuation));
}

void PrintText(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i] = Showable(cells[i], columns_[i].max_width);
  }
  rows_.push_back(std::move(cells));
}

void Table::Print() const {
  std::vector<size_t> widths;
  std::vector<std::string> titles;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = Width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, Width(row[i]));
    widths.push_back(width);
    titles.push_back(columns_[i].title);
  }
  const auto print = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const size_t pad = widths[i] - Width(cells[i]);
      const bool right = columns_[i].align == Align::kRight;
      line += "  ";
      if (right) line.append(pad, ' ');
      line += cells[i];
      if (!right) line.append(pad, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    PrintText(line + "\n");
  };
  print(titles);
  for (const auto& row : rows_) print(row);
}

std::string Showable(std::string_view text, size_t max_width) {
  std::string result;
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    size_t next = i + 1;
    while (next < text.size() && IsContinuation(text[next])) ++next;
    if (width + 1 == max_width && next < text.size()) {
      return result + "\u2026";
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too: c2 80 to c2 9f.
    const bool high_control = byte == 0xc2 && next - i == 2 &&
                              static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte < 0x20 || byte == 0x7f || high_control) {
      result.push_back('?');
    } else {
      result.append(text.substr(i, next - i));
    }
    ++width;
    i = next;
  }
  return result;
}

std::string ShowCount(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string ShowBytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  char text[64];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value,
                kUnits[unit]);
  return text;
}

void PrintField(std::string_view title, std::string_view value, size_t width) {
  std::string line = "  ";
  line += title;
  line.append(width > Width(title) ? width - Width(title) : 1, ' ');
  line += Showable(value, 1000);
  PrintText(line + "\n");
}

}  // namespace crm::cli
