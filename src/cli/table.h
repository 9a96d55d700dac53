// Tables and numbers for people.

#ifndef CRM_CLI_TABLE_H_
#define CRM_CLI_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crm::cli {

// Columns as wide as their widest cell. Cells may hold anything: what could
// steer a terminal is shown as a question mark.
class Table final {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    size_t max_width = 60;  // In characters; longer cells are cut.
  };

  explicit Table(std::vector<Column> columns);

  // One cell for each column.
  void Add(std::vector<std::string> cells);
  size_t rows() const { return rows_.size(); }
  // On standard output.
  void Print() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// `text` without control characters, at most `max_width` characters long, the
// last of them an ellipsis when it was cut.
std::string Showable(std::string_view text, size_t max_width);

// "1,234,567".
std::string ShowCount(uint64_t number);
// "1.5 MiB".
std::string ShowBytes(uint64_t bytes);

// Prints "  title      value", the titles as wide as `width`.
void PrintField(std::string_view title, std::string_view value,
                size_t width = 20);

}  // namespace crm::cli

#endif  // CRM_CLI_TABLE_H_
