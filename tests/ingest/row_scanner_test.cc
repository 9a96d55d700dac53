#include "ingest/row_scanner.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crm/event.h"

namespace crm::ingest {
namespace {

// Each row as "line:text", or "line!problem"; the text is given to the
// scanner `piece` bytes at a time.
std::vector<std::string> Scan(std::unique_ptr<RowScanner> scanner,
                              std::string_view text, size_t piece) {
  std::vector<std::string> rows;
  std::string buffer;
  size_t taken = 0;
  Row row;
  for (;;) {
    const bool at_end = taken == text.size();
    const RowScanner::Step step = scanner->Next(buffer, at_end, &row);
    if (step == RowScanner::Step::kEnd) return rows;
    if (step == RowScanner::Step::kMore) {
      REQUIRE_FALSE(at_end);
      // What lies before the row is not needed any more.
      const size_t done = scanner->begin();
      buffer.erase(0, done);
      scanner->Rebase(done);
      const size_t n = std::min(piece, text.size() - taken);
      buffer.append(text.substr(taken, n));
      taken += n;
      continue;
    }
    std::string shown = std::to_string(row.line);
    if (row.problem == RowProblem::kNone) {
      shown += ":" + buffer.substr(row.begin, row.size);
    } else {
      shown += "!" + std::to_string(static_cast<int>(row.problem));
    }
    rows.push_back(shown);
  }
}

using Rows = std::vector<std::string>;

// The same whatever the pieces are.
template <typename Make>
void Check(Make make, std::string_view text, const Rows& rows) {
  for (size_t piece : {1u, 2u, 3u, 7u, 1000u}) {
    CHECK(Scan(make(), text, piece) == rows);
  }
}

std::string Problem(uint64_t line, RowProblem problem) {
  return std::to_string(line) + "!" + std::to_string(static_cast<int>(problem));
}

std::unique_ptr<RowScanner> Csv() {
  TextFraming framing;
  framing.quote = '"';
  return NewTextScanner(framing);
}

TEST_CASE("lines of JSON") {
  Check(&NewLineScanner, "", {});
  Check(&NewLineScanner, "{}", {"1:{}"});
  Check(&NewLineScanner, "{}\n", {"1:{}"});
  Check(&NewLineScanner, "\n \r\n{1}\r\n\n{2}\n  ", {"3:{1}", "5:{2}"});
}

TEST_CASE("elements of an array") {
  Check(&NewArrayScanner, "[]", {});
  Check(&NewArrayScanner, " [ ] \n", {});
  Check(&NewArrayScanner, "[{}]", {"1:{}"});
  Check(&NewArrayScanner, R"([{"a":"]},{\"[\\"},
 {"b":[1,{"c":2}]} ,
"x,]", 12,null
])",
        {R"(1:{"a":"]},{\"[\\"})", R"(2:{"b":[1,{"c":2}]})", R"(3:"x,]")",
         "3:12", "3:null"});
}

TEST_CASE("arrays that are not right") {
  Check(&NewArrayScanner, "[{},,{}]",
        {"1:{}", Problem(1, RowProblem::kMissingElement), "1:{}"});
  Check(&NewArrayScanner, "[{},\n]",
        {"1:{}", Problem(2, RowProblem::kMissingElement)});
  Check(&NewArrayScanner, "[,{}]",
        {Problem(1, RowProblem::kMissingElement), "1:{}"});
  Check(&NewArrayScanner, "[{}\n{}]",
        {"1:{}", Problem(2, RowProblem::kMissingComma)});
  Check(&NewArrayScanner,
        "[{},\n{\"a\":", {"1:{}", Problem(2, RowProblem::kArrayCut)});
  Check(&NewArrayScanner, "[{}", {"1:{}", Problem(1, RowProblem::kArrayCut)});
  Check(&NewArrayScanner, "[{}]\n\nx y",
        {"1:{}", Problem(3, RowProblem::kAfterArray)});
}

TEST_CASE("rows of text with any line end") {
  Check(&Csv, "a,b\nc\r\nd\re", {"1:a,b", "2:c", "3:d", "4:e"});
  Check(&Csv, "\r\n\r\na\r\r\rb\n\n", {"3:a", "6:b"});
  Check(&Csv, "a\r\n  \r\nb", {"1:a", "3:b"});
}

TEST_CASE("quotes hold line ends and delimiters") {
  Check(&Csv, "a,\"x\ny\r\nz\",b\nc", {"1:a,\"x\ny\r\nz\",b", "4:c"});
  Check(&Csv, "\"say \"\"\n\"\"\"\nb", {"1:\"say \"\"\n\"\"\"", "3:b"});
  // A quote inside a field is a letter.
  Check(&Csv, "7\" nail\nb", {"1:7\" nail", "2:b"});
}

TEST_CASE("a row with broken quotes ends with its line") {
  const std::string bad = Problem(1, RowProblem::kBadQuotes);
  // Never closed: the rest of the file is no part of it.
  Check(&Csv, "a,\"b\nc\nd", {bad, "2:c", "3:d"});
  Check(&Csv, "a,\"b\r\nc\rd\n", {bad, "2:c", "3:d"});
  // Closed by the quote of a later row.
  Check(&Csv, "1,\"b\n2,c\n3,\"d\"\n4,e", {bad, "2:2,c", "3:3,\"d\"", "4:4,e"});
  // JSON whose quotes nobody doubled.
  Check(&Csv, "1,\"{\"a\":\"b, c\",\"d\":2}\",x\n2,y", {bad, "2:2,y"});
  // The lines of the damaged field are not taken for rows.
  Check(&Csv, "1,\"{\"a\":\"b\n2,\"c\"\n\"d\"e\nf,g\"h\ni\n",
        {bad, "2:2,\"c\"", Problem(3, RowProblem::kBadQuotes),
         Problem(4, RowProblem::kBadQuotes), "5:i"});
}

TEST_CASE("a quote that is never closed does not swallow a large file") {
  std::string text = "1,\"open\n";
  for (int i = 0; i < 50; ++i) text += std::string(40'000, 'x') + ",y\n";
  const auto scanner = Csv();
  Row row;
  REQUIRE(scanner->Next(text, false, &row) == RowScanner::Step::kMore);
  REQUIRE(scanner->scanned() > kMaxEventBytes);
  REQUIRE(scanner->Recover());
  for (uint64_t line = 1; line <= 51; ++line) {
    REQUIRE(scanner->Next(text, true, &row) == RowScanner::Step::kRow);
    CHECK(row.line == line);
    CHECK((row.problem == RowProblem::kBadQuotes) == (line == 1));
  }
  CHECK(scanner->Next(text, true, &row) == RowScanner::Step::kEnd);
}

TEST_CASE("lines at the top are skipped as they are") {
  const auto make = [] {
    TextFraming framing;
    framing.quote = '"';
    framing.skip_lines = 3;
    return NewTextScanner(framing);
  };
  Check(make, "one \"quote\n\nthree\na\nb", {"4:a", "5:b"});
  Check(make, "one", {});
}

TEST_CASE("a row that is too large is passed over") {
  const std::string large(kMaxEventBytes + 1, 'x');
  const std::string fits(kMaxEventBytes, 'y');
  const std::string text = "a\n" + large + "\n" + fits + "\nb\n";
  const Rows rows = Scan(NewLineScanner(), text, 5000);
  REQUIRE(rows.size() == 4);
  CHECK(rows[1] == Problem(2, RowProblem::kTooLarge));
  CHECK(rows[2] == "3:" + fits);
  CHECK(rows[3] == "4:b");
}

TEST_CASE("bytes of a row that is too large can be dropped meanwhile") {
  const auto scanner = NewLineScanner();
  Row row;
  std::string buffer = "a\nbbbbbb";
  REQUIRE(scanner->Next(buffer, false, &row) == RowScanner::Step::kRow);
  REQUIRE(scanner->Next(buffer, false, &row) == RowScanner::Step::kMore);
  CHECK(scanner->scanned() == 6);
  buffer.resize(scanner->begin());
  scanner->DropScanned();
  scanner->Rebase(scanner->begin() - buffer.size());
  buffer += "bb\nc\n";
  REQUIRE(scanner->Next(buffer, true, &row) == RowScanner::Step::kRow);
  CHECK(row.problem == RowProblem::kTooLarge);
  CHECK(row.line == 2);
  REQUIRE(scanner->Next(buffer, true, &row) == RowScanner::Step::kRow);
  CHECK(buffer.substr(row.begin, row.size) == "c");
  CHECK(row.line == 3);
}

TEST_CASE("objects of any number of lines") {
  const std::string text =
      "\n{\n\"a\":\"}\\\"\",\n\"b\":{}}\n no object {\n{}{}\n\n{\"cut\":";
  for (const size_t piece : {text.size(), size_t{3}, size_t{1}}) {
    CHECK(Scan(NewObjectScanner(), text, piece) ==
          std::vector<std::string>{"2:{\n\"a\":\"}\\\"\",\n\"b\":{}}",
                                   "5:no object {", "6:{}", "6:{}",
                                   "8:{\"cut\":"});
  }
  CHECK(Scan(NewObjectScanner(), " \n ", 1).empty());
}

}  // namespace
}  // namespace crm::ingest
