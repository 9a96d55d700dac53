// Files of persons: maps, rows, clusters; and the sets with a known truth.

#include "crm/link_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace crm {
namespace {

namespace fs = std::filesystem;

class Folder final {
 public:
  Folder()
      : path_(fs::temp_directory_path() /
              ("crm_link_" + std::to_string(getpid()))) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
    return *this / name;
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(*this / name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
  }

 private:
  fs::path path_;
};

PersonMap MapOf(const std::string& json) {
  Result<PersonMap> map = PersonMap::FromJson(json);
  CHECK_MESSAGE(map.ok(), map.status().ToString());
  REQUIRE(map.ok());
  return *std::move(map);
}

constexpr char kSmall[] = R"({"id": "id", "fields": {"full_name": "name",
  "birth_date": "born", "email": "mail"}})";

TEST_CASE("link file: maps are checked") {
  const auto code = [](const std::string& json) {
    return PersonMap::FromJson(json).status();
  };
  CHECK(code("{").code() == StatusCode::kMalformed);
  CHECK(code("[]").code() == StatusCode::kInvalidArgument);
  const auto names = [&](const std::string& json, const std::string& what) {
    const Status status = code(json);
    CAPTURE(json);
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find(what) != std::string_view::npos);
  };
  names(R"({"fields": {"city": "c"}})", "id: is missing");
  names(R"({"id": "i"})", "fields: is missing");
  names(R"({"id": "i", "fields": {}})", "fields");
  names(R"({"id": "i", "fields": {"shoe_size": "s"}})", "fields.shoe_size");
  names(R"({"id": "i", "fields": {"city": ["a", "b"]}})", "fields.city");
  names(R"({"id": "i", "fields": {"other": ["a","b","c","d","e"]}})",
        "fields.other");
  names(R"({"id": "i", "fields": {"city": 0}})", "fields.city");
  names(R"({"id": "i", "fields": {"city": ""}})", "fields.city");
  names(R"({"id": "i", "fields": {"birth_date": {"format": "%Y"}}})",
        "fields.birth_date");
  names(R"({"id": "i", "fields": {"birth_date": {"column": "b",
        "format": "%d.%m"}}})",
        "year");
  names(R"({"id": "i", "fields": {"birth_date": {"column": "b",
        "format": "%Q"}}})",
        "fields.birth_date.format");
  names(R"({"id": "i", "fields": {"city": "c"}, "colour": 1})", "colour");
  names(R"({"id": "i", "fields": {"city": "c"}, "delimiter": "\""})", "quote");
  names(R"({"id": "i", "fields": {"city": "c"}, "encoding": "ebcdic"})",
        "encoding");
  names(R"({"id": "i", "fields": {"city": "c"}, "missing": "x"})", "missing");
  names(R"({"id": "i", "fields": {"city": "c"}, "header": false})", "id");
  CHECK(MapOf(kSmall).json().find('\n') == std::string_view::npos);
}

TEST_CASE("link file: what is written, in the order of the file") {
  const Folder folder;
  const std::string in = folder.Write(
      "in.csv",
      "\xef\xbb\xbf"
      "id, name ,born,mail,more\r\n"
      "\"a,1\",\"Blackwood, William\",1961-04-09,wb1961@example.com,x\r\n"
      "b,Nomsa Dlamini,1990-01-17,,x\r\n"
      "\r\n"
      "c,Bill Blackwood,1961-04-09,WB1961@example.com,\"two\r\nlines\"\r\n"
      "d,,,NULL,x\r\n");
  const Result<LinkFileReport> report =
      LinkFile(in, MapOf(kSmall), folder / "out.csv");
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CHECK(folder.Read("out.csv") ==
        "record_id,cluster_id\n\"a,1\",1\nb,2\nc,1\nd,3\n");
  CHECK(report->records == 4);
  CHECK(report->clusters == 3);
  CHECK(report->largest == 2);
  CHECK(report->linked == 2);
  CHECK(report->without_values == 1);
  CHECK_FALSE(report->trained);
  CHECK(report->not_trained_because.find("200") != std::string::npos);
}

TEST_CASE("link file: line ends, encodings and delimiters") {
  const Folder folder;
  const std::string map = R"({"id": 1, "header": false, "delimiter": ";",
    "encoding": "windows-1252", "missing": ["?"],
    "fields": {"surname": 3, "given_name": 2, "birth_date":
      {"year": 4, "month": 5, "day": 6}}})";
  const std::string in = folder.Write(
      "in.csv",
      "1;J\xfcrgen;M\xfcller;1961;4;9\r2;Juergen;M\xfcller;1961;04;09\r"
      "3;?;?;;13;x\r");
  const Result<LinkFileReport> report =
      LinkFile(in, MapOf(map), folder / "out.csv.gz");
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CHECK(report->records == 3);
  CHECK(report->unreadable_dates == 1);
  CHECK(fs::exists(folder / "out.csv.gz"));
}

// The clusters of rows that say one thing in many ways, as "1 1 2".
std::string ClustersOf(const Folder& folder, const std::string& map,
                       const std::string& text) {
  const Result<LinkFileReport> report =
      LinkFile(folder.Write("in.csv", text), MapOf(map), folder / "out.csv");
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  std::istringstream lines(folder.Read("out.csv"));
  std::string line;
  std::string out;
  std::getline(lines, line);
  CHECK(line == "record_id,cluster_id");
  while (std::getline(lines, line)) {
    out += (out.empty() ? "" : " ") + line.substr(line.find(',') + 1);
  }
  return out;
}

TEST_CASE("link file: columns in odd shapes") {
  const Folder folder;
  const std::string full = R"({"id": "id", "fields": {"full_name": "name",
    "birth_date": {"column": "born",
                   "format": ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y"]}}})";
  const std::string head = "id,name,born\n";
  // Surnames first, capitals, initials, two formats in a column, two digits.
  CHECK(ClustersOf(folder, full,
                   head + "1,\"FEATHERSTONE, Wilhelmina A.\",1961-04-09\n"
                          "2,Wilhelmina Featherstone,09/04/1961\n"
                          "3,wilhelmina a featherstone,09.04.61\n"
                          "4,Ingrid Osei,1970-01-02\n"
                          "5,\"OSEI, INGRID\",1970-01-02\n"
                          "6,n/a,-\n7,NULL,\n") == "1 1 1 2 2 3 4");
  // Names from elsewhere.
  CHECK(ClustersOf(folder, full,
                   head +
                       "1,\"Quintanilla Zubizarreta, M\xc2\xaa Bego\xc3\xb1"
                       "a\",1961-04-09\n"
                       "2,Bego\xc3\xb1"
                       "a Quintanilla,1961-04-09\n"
                       "3,J\xc3\xbcrgen Gro\xc3\x9fsch\xc3\xa4"
                       "dl,1970-01-02\n"
                       "4,JUERGEN GROSSSCHAEDL,1970-01-02\n"
                       "5,OUYANG Xiuying,1980-03-04\n"
                       "6,Xiuying Ouyang,1980-03-04\n"
                       "7,\xe7\x8e\x8b\xe7\xa7\x80\xe8\x8b\xb1,1985-06-07\n"
                       "8,\xe7\x8e\x8b\xe7\xa7\x80\xe8\x8b\xb1,1985-06-07\n") ==
        "1 1 2 2 3 3 4 4");
  // Little or nothing.
  CHECK(ClustersOf(folder, full, "") == "");
  CHECK(ClustersOf(folder, full, head) == "");
  CHECK(ClustersOf(folder, full, head + "1,,\n") == "1");
  CHECK(ClustersOf(folder, full, head + "1,,\n2,,\n") == "1 2");
  const std::string other = R"({"id": "id", "fields": {"other": ["a", "b"]}})";
  CHECK(ClustersOf(folder, other, "id,a,b\n1,x,\n2,x,\n3,,y\n") == "1 2 3");
}

TEST_CASE("link file: a file of one record over and over is one person") {
  const Folder folder;
  std::string text = "id,name,born,mail\n";
  std::string expected;
  for (int i = 0; i < 400; ++i) {
    text += std::to_string(i) + ",John Smith,1961-04-09,\n";
    expected += i == 0 ? "1" : " 1";
  }
  CHECK(ClustersOf(folder, kSmall, text) == expected);
}

TEST_CASE("link file: birth dates in many forms") {
  const Folder folder;
  const auto clusters = [&](const std::string& formats,
                            const std::string& date) {
    const std::string map =
        R"({"id": "id", "fields": {"full_name": "name", "birth_date":
          {"column": "born", "format": )" +
        formats + "}}}";
    const std::string in =
        folder.Write("in.csv",
                     "id,name,born\n1,Wilhelmina Featherstone,1961-04-09\n"
                     "2,Wilhelmina Featherstone," +
                         date + "\n");
    const Result<LinkFileReport> report =
        LinkFile(in, MapOf(map), folder / "out.csv", {.link_weight = 12});
    REQUIRE_MESSAGE(report.ok(), report.status().ToString());
    return std::pair(report->clusters, report->unreadable_dates);
  };
  const std::string all =
      R"(["%Y-%m-%d", "%d.%m.%Y", "%e %b %Y", "%Y%m%d", "%-d/%-m/%y"])";
  // All of them are the same date: nothing is unreadable, all weigh the same.
  for (const char* date :
       {"1961-04-09", "09.04.1961", "9 Apr 1961", "19610409", "9/4/61",
        "1961-04-09 00:00:00", "1961-04-09T12:30:00Z"}) {
    CAPTURE(date);
    CHECK(clusters(all, date) == clusters(all, "1961-04-09"));
  }
  CHECK(clusters(all, "").second == 0);
  CHECK(clusters(all, "soon").second == 1);
  CHECK(clusters(R"("%Y-%m-%d")", "1961-04-09x").second == 1);
  // A month that cannot be is taken for the day.
  CHECK(clusters(all, "1961-13-04").second == 0);
}

TEST_CASE("link file: bad files are errors, and write nothing") {
  const Folder folder;
  const auto code = [&](const std::string& text, const std::string& what) {
    const std::string in = folder.Write("in.csv", text);
    const Status status =
        LinkFile(in, MapOf(kSmall), folder / "out.csv").status();
    CAPTURE(text);
    CAPTURE(status.ToString());
    CHECK(status.message().find(what) != std::string_view::npos);
    CHECK(status.message().find("secret") == std::string_view::npos);
    CHECK_FALSE(fs::exists(folder / "out.csv"));
    CHECK_FALSE(fs::exists(folder / "out.csv.tmp"));
    return status.code();
  };
  const std::string head = "id,name,born,mail\n";
  CHECK(code(head + "1,secret,,\n2,secret,,\n1,secret,,\n", "line 4") ==
        StatusCode::kAlreadyExists);
  CHECK(code(head + "1,a,,\n1,b,,\n", "that of line 2") ==
        StatusCode::kAlreadyExists);
  CHECK(code(head + "1,a,,\n,secret,,\n", "line 3") ==
        StatusCode::kInvalidArgument);
  CHECK(code(head + "1,secret\n", "line 2") == StatusCode::kMalformed);
  CHECK(code(head + "1,a,,,secret\n", "line 2") == StatusCode::kMalformed);
  CHECK(code(head + "1,\"secret,,\n2,b,,\n", "line 2") ==
        StatusCode::kMalformed);
  CHECK(code(head + "1,secret\xff,,\n", "line 2") == StatusCode::kMalformed);
  CHECK(code("id,name\n1,a\n", "\"born\", \"mail\"") ==
        StatusCode::kInvalidArgument);
  CHECK(code("id,name,name,born,mail\n", "name") ==
        StatusCode::kInvalidArgument);
  CHECK(LinkFile(folder / "none.csv", MapOf(kSmall), folder / "out.csv")
            .status()
            .code() == StatusCode::kNotFound);
  const std::string good = folder.Write("in.csv", head + "1,a,,\n");
  CHECK(LinkFile(good, MapOf(kSmall), folder / "no/out.csv").status().code() ==
        StatusCode::kIoError);
  CHECK(LinkFile(good, MapOf(kSmall), folder / "out.csv", {.threads = 0})
            .status()
            .code() == StatusCode::kInvalidArgument);
  CHECK(LinkFile(good, MapOf(kSmall), folder / "out.csv",
                 {.progress = [](const MatchProgress&) { return false; }})
            .status()
            .code() == StatusCode::kCancelled);
  CHECK_FALSE(fs::exists(folder / "out.csv"));
  // No rows at all are no error.
  const std::string none = folder.Write("in.csv", head);
  CHECK(LinkFile(none, MapOf(kSmall), folder / "out.csv").ok());
  CHECK(folder.Read("out.csv") == "record_id,cluster_id\n");
}

TEST_CASE("link file: any bytes are an error or clusters, never a crash") {
  const Folder folder;
  std::mt19937 random(9);
  const std::string good =
      "id,name,born,mail\n1,\"Ada, \"\"King\",1815-12-10,a@b.co\n"
      "2,Ada King,1815,\n3,\xc3\x89mile,,\"x\ny\"\n";
  const PersonMap map = MapOf(kSmall);
  for (int round = 0; round < 100; ++round) {
    std::string text = good;
    const size_t changes = 1 + random() % 4;
    for (size_t i = 0; i < changes; ++i) {
      const size_t at = random() % text.size();
      constexpr char kBytes[] = "\",\n\r\0x9\xff\xc3 ";
      const char byte = kBytes[random() % (sizeof(kBytes) - 1)];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random() % 5);
          if (text.empty()) text = good;
      }
    }
    const std::string in = folder.Write("in.csv", text);
    const Result<LinkFileReport> report =
        LinkFile(in, map, folder / "out.csv", {.threads = 1});
    if (report.ok()) CHECK(report->clusters <= report->records);
  }
}

// Febrl: "rec-NUMBER-org" or "rec-NUMBER-dup-K"; the program may not read it.
double ClusterF1(const std::string& clusters, uint64_t* largest_true) {
  std::istringstream in(clusters);
  std::string line;
  std::getline(in, line);
  std::map<std::string, double> persons;
  std::map<std::string, double> found;
  std::map<std::string, double> both;
  while (std::getline(in, line)) {
    const size_t comma = line.find(',');
    const std::string person = line.substr(4, line.find('-', 4) - 4);
    ++persons[person];
    ++found[line.substr(comma)];
    ++both[person + line.substr(comma)];
  }
  const auto pairs = [](const std::map<std::string, double>& counts) {
    double sum = 0;
    for (const auto& [key, n] : counts) sum += n * (n - 1) / 2;
    return sum;
  };
  for (const auto& [key, n] : persons) {
    *largest_true = std::max(*largest_true, static_cast<uint64_t>(n));
  }
  const double precision = pairs(both) / pairs(found);
  const double recall = pairs(both) / pairs(persons);
  return 2 * precision * recall / (precision + recall);
}

TEST_CASE("link file: Febrl 1 to 3, trained on themselves") {
  const char* const data = std::getenv("CRM_TEST_DATA");
  const std::string root = CRM_SOURCE_DIR;
  const std::string from = data != nullptr ? data : root + "/../shared/data";
  if (!fs::exists(from + "/febrl/dataset1.csv")) {
    MESSAGE("skipped: set CRM_TEST_DATA, or put the data into ../shared/data");
    return;
  }
  const Folder folder;
  const Result<PersonMap> map =
      PersonMap::FromFile(root + "/examples/maps/febrl.json");
  REQUIRE_MESSAGE(map.ok(), map.status().ToString());
  for (const char* number : {"1", "2", "3"}) {
    CAPTURE(number);
    const std::string in = from + "/febrl/dataset" + number + ".csv";
    const Result<LinkFileReport> report = LinkFile(
        in, *map, folder / "out.csv", {.review = folder / "review.csv"});
    REQUIRE_MESSAGE(report.ok(), report.status().ToString());
    CHECK(report->trained);
    uint64_t largest_true = 0;
    const std::string clusters = folder.Read("out.csv");
    CHECK(ClusterF1(clusters, &largest_true) >= 0.995);
    CHECK(report->largest <= 2 * largest_true);
    CHECK(folder.Read("review.csv")
              .starts_with("record_a,record_b,weight,reason,evidence\n"));
    // A model that was kept gives the same clusters, to the byte.
    const Result<Training> training = TrainModelOnFile(in, *map);
    REQUIRE(training.ok());
    CHECK(training->model.ToJson() == report->model.ToJson());
    const Result<MatchModel> kept =
        MatchModel::FromJson(training->model.ToJson());
    REQUIRE(kept.ok());
    REQUIRE(
        LinkFile(in, *map, folder / "again.csv", {.model = *kept, .threads = 1})
            .ok());
    CHECK(folder.Read("again.csv") == clusters);
  }
}

}  // namespace
}  // namespace crm
