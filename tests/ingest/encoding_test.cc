#include "ingest/encoding.h"

#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

constexpr char kMap[] = R"({
  "format": "csv",
  "event": {"type": "t", "source": "s", "id": {"column": "id"},
            "payload": {"name": {"column": "name"}}}})";

// UTF-16 of text in the basic plane.
std::string Utf16(std::u16string_view text, bool little) {
  std::string out;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xff);
    const char high = static_cast<char>(unit >> 8);
    out.push_back(little ? low : high);
    out.push_back(little ? high : low);
  }
  return out;
}

// The names that a file gives when it is imported, or why it cannot be.
std::string Names(std::string_view content, TextEncoding encoding,
                  const char* map = kMap) {
  const Folder folder;
  Shop shop;
  ImportOptions options = OptionsOf(map);
  options.encoding = encoding;
  const Result<ImportReport> report =
      shop.Import(folder.Write("names.csv", content), options);
  if (!report.ok()) return report.status().ToString();
  std::string names;
  for (const std::string& event : shop.Events()) {
    const size_t begin = event.find("\"name\":\"") + 8;
    names += event.substr(begin, event.find('"', begin) - begin) + ";";
  }
  for (const std::string& reason : Reasons(*report)) names += reason + ";";
  return names;
}

TEST_CASE("8-bit sets become UTF-8") {
  std::string out;
  CHECK(AppendFromEightBit(TextEncoding::kWindows1252, "A\xa3\xe9\x80", &out));
  CHECK(out == "A\xc2\xa3\xc3\xa9\xe2\x82\xac");
  CHECK_FALSE(AppendFromEightBit(TextEncoding::kWindows1252, "\x81", &out));
  out.clear();
  CHECK(AppendFromEightBit(TextEncoding::kMacRoman, "A\x8e\xdb\xde", &out));
  CHECK(out == "A\xc3\xa9\xe2\x82\xac\xef\xac\x81");
}

TEST_CASE("UTF-16 becomes UTF-8, in pieces of any size") {
  const std::string text("\x3d\xd8\x00\xde\xac\x20\x41\x00", 8);
  for (const size_t piece : {size_t{1}, size_t{3}, text.size()}) {
    Utf8Stream stream(TextEncoding::kUtf16Le);
    std::string out;
    for (size_t i = 0; i < text.size(); i += piece) {
      stream.Append(std::string_view(text).substr(i, piece), &out);
    }
    stream.Finish(&out);
    CHECK(out ==
          "\xf0\x9f\x98\x80\xe2\x82\xac"
          "A");
  }
  // Half a pair, then half a unit.
  Utf8Stream stream(TextEncoding::kUtf16Be);
  std::string out;
  stream.Append(std::string("\xd8\x3d\x00\x41\x00", 5), &out);
  stream.Finish(&out);
  CHECK(out ==
        "\xff"
        "A\xff");
}

TEST_CASE("a file is read in the encoding that is declared") {
  const std::u16string text = u"id,name\r\n1,Zo\u00eb\r\n2,\u20ac\r\n";
  const std::string want = "Zo\xc3\xab;\xe2\x82\xac;";
  for (const bool little : {false, true}) {
    const TextEncoding exact =
        little ? TextEncoding::kUtf16Le : TextEncoding::kUtf16Be;
    CHECK(Names(Utf16(u"\ufeff" + text, little), TextEncoding::kUtf16) == want);
    CHECK(Names(Utf16(u"\ufeff" + text, little), exact) == want);
    CHECK(Names(Utf16(text, little), exact) == want);
  }
  CHECK(Names("id,name\r1,Zo\xeb\r2,\x80\r", TextEncoding::kWindows1252) ==
        want);
  CHECK(Names("id,name\r1,Zo\x91\r2,\xdb\r", TextEncoding::kMacRoman) == want);
  const std::string utf8 = "id,name\n1,Zo\xc3\xab\n2,\xe2\x82\xac\n";
  CHECK(Names(utf8, TextEncoding::kDefault) == want);
  CHECK(Names("\xef\xbb\xbf" + utf8, TextEncoding::kUtf8) == want);
  // The option counts, not the map.
  std::string map(kMap);
  map.replace(map.find("\"csv\""), 5, "\"csv\",\"encoding\":\"mac-roman\"");
  CHECK(Names(utf8, TextEncoding::kUtf8, map.c_str()) == want);
  CHECK(Names("id,name\n1,Zo\x91\n2,\xdb\n", TextEncoding::kDefault,
              map.c_str()) == want);
}

TEST_CASE("JSON may be in another encoding, too") {
  const Folder folder;
  Shop shop;
  ImportOptions options;
  options.encoding = TextEncoding::kWindows1252;
  ImportReport report = shop.MustImport(
      folder.Write("a",
                   "{\"id\":\"1\",\"type\":\"t\",\"source\":\"s\","
                   "\"payload\":{\"n\":\"\xeb\"}}\n"
                   "{\"id\":\"2\",\"type\":\"t\",\"source\":\"s\","
                   "\"payload\":{\"n\":\"\x81\"}}\n"),
      options);
  CHECK(Sums(report) == "2/1/0/1/0/1");
  CHECK(Reasons(report) == std::vector<std::string>{"2 BAD_ENCODING "});
  CHECK(shop.Events()[0].find("\"n\":\"\xc3\xab\"") != std::string::npos);
  options.encoding = TextEncoding::kUtf16;
  report = shop.MustImport(
      folder.Write(
          "b", Utf16(u"\ufeff[{\"id\":\"3\",\"type\":\"t\",\"source\":\"s\"}]",
                     true)),
      options);
  CHECK(Sums(report) == "1/1/0/0/0/1");
}

TEST_CASE("lines of JSON may end with carriage returns alone") {
  const Folder folder;
  Shop shop;
  const std::string line = "{\"type\":\"t\",\"source\":\"s\",\"id\":\"";
  const ImportReport report = shop.MustImport(
      folder.Write("a", line + "1\"}\r" + line + "2\"}\rx\r" + line + "3\"}"));
  CHECK(Sums(report) == "4/3/0/1/0/3");
  CHECK(report.rejected_rows[0].line == 3);
}

TEST_CASE("a file of one line without an end was read from a byte before it") {
  const Folder folder;
  Shop shop;
  const std::string line = "{\"type\":\"t\",\"source\":\"s\",\"id\":\"";
  CHECK(Sums(shop.MustImport(folder.Write("a", line + "1\"}"))) ==
        "1/1/0/0/0/1");
  CHECK(Sums(shop.MustImport(folder.Write("b", line + "2\"}\r"))) ==
        "1/1/0/0/0/1");
  CHECK(Sums(shop.MustImport(folder.Write("c", "{"))) == "1/0/0/1/0/0");
}

TEST_CASE("bytes that do not fit make their row bad, with its column") {
  CHECK(Names("id,name\n1,Zo\xeb\n2,ok\n", TextEncoding::kDefault) ==
        "ok;2 BAD_ENCODING name;");
  CHECK(Names("id,name\n1,\x81\n2,ok\n", TextEncoding::kWindows1252) ==
        "ok;2 BAD_ENCODING name;");
  std::string cut = Utf16(u"\ufeffid,name\n1,ok\n2,", true);
  cut += std::string("\x3d\xd8\x0a\x00", 4) + Utf16(u"3,ok\n", true);
  CHECK(Names(cut, TextEncoding::kUtf16) == "ok;ok;3 BAD_ENCODING name;");
}

TEST_CASE("a byte order mark that says something else is refused") {
  const auto refused = [](std::string_view content, TextEncoding encoding) {
    const std::string answer = Names(content, encoding);
    return answer.find("encoding: ") != std::string::npos &&
           answer.find("INVALID_ARGUMENT") != std::string::npos;
  };
  const std::string utf16 = Utf16(u"\ufeffid,name\n", true);
  CHECK(refused(utf16, TextEncoding::kDefault));
  CHECK(refused(utf16, TextEncoding::kUtf16Be));
  CHECK(refused(utf16, TextEncoding::kMacRoman));
  CHECK(refused("\xef\xbb\xbfid,name\n", TextEncoding::kWindows1252));
  CHECK(refused("\xef\xbb\xbfid,name\n", TextEncoding::kUtf16));
  CHECK(refused("id,name\n", TextEncoding::kUtf16));
  CHECK(Names("", TextEncoding::kUtf16).empty());
}

TEST_CASE("columns of fixed width count the bytes of the file") {
  constexpr char kFixed[] = R"({
    "format": "fixed", "encoding": "mac-roman",
    "columns": [{"name": "name", "start": 0, "width": 3},
                {"name": "id", "start": 3, "width": 2}],
    "event": {"type": "t", "source": "s", "id": {"column": "id"},
              "payload": {"name": {"column": "name"}}}})";
  CHECK(Names("Zo\x91"
              "17\n",
              TextEncoding::kDefault, kFixed) == "Zo\xc3\xab;");
}

}  // namespace
}  // namespace crm::ingest
