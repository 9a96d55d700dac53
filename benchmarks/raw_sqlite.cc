#include "benchmarks/raw_sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "benchmarks/files.h"
#include "benchmarks/stream.h"

namespace crm::bench {
namespace {

constexpr char kSchema[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-65536;"
    "CREATE TABLE events(position INTEGER PRIMARY KEY, id TEXT NOT NULL,"
    " customer TEXT NOT NULL, type TEXT NOT NULL, event BLOB NOT NULL);"
    "CREATE UNIQUE INDEX events_id ON events(id);"
    "CREATE INDEX events_customer ON events(customer);"
    "CREATE INDEX events_type ON events(type);";

struct Row {
  std::string_view id;
  std::string_view customer;
  std::string_view type;
  std::string_view event;
};

// The text of a member of the benchmarks' events, which hold no escapes.
std::string_view Member(std::string_view json, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\":\"";
  const size_t at = json.find(start);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + start.size());
  return json.substr(0, json.find('"'));
}

class Database final {
 public:
  ~Database() {
    sqlite3_finalize(insert_);
    sqlite3_finalize(begin_);
    sqlite3_finalize(commit_);
    sqlite3_close(db_);
  }

  Status Open(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK ||
        sqlite3_exec(db_, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK ||
        !Prepare("INSERT INTO events(id, customer, type, event)"
                 " VALUES(?, ?, ?, ?)",
                 &insert_) ||
        !Prepare("BEGIN", &begin_) || !Prepare("COMMIT", &commit_)) {
      return Failed();
    }
    return Status::Ok();
  }

  // One transaction.
  Status Insert(const Row* rows, size_t count) {
    if (!Run(begin_)) return Failed();
    for (size_t i = 0; i < count; ++i) {
      Bind(1, rows[i].id);
      Bind(2, rows[i].customer);
      Bind(3, rows[i].type);
      sqlite3_bind_blob(insert_, 4, rows[i].event.data(),
                        static_cast<int>(rows[i].event.size()), SQLITE_STATIC);
      if (!Run(insert_)) return Failed();
    }
    if (!Run(commit_)) return Failed();
    return Status::Ok();
  }

 private:
  bool Prepare(const char* sql, sqlite3_stmt** statement) {
    return sqlite3_prepare_v2(db_, sql, -1, statement, nullptr) == SQLITE_OK;
  }
  void Bind(int column, std::string_view text) {
    sqlite3_bind_text(insert_, column, text.data(),
                      static_cast<int>(text.size()), SQLITE_STATIC);
  }
  static bool Run(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
  }
  Status Failed() const {
    return Status(StatusCode::kIoError,
                  std::string("sqlite: ") + sqlite3_errmsg(db_));
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
};

void RemoveDatabase(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) RemovePath(path + suffix);
}

Status InsertAll(const std::vector<Row>& rows, const std::string& path,
                 size_t batch, std::vector<double>* latencies,
                 double* seconds) {
  StopWatch whole;
  {
    Database database;
    Status status = database.Open(path);
    if (!status.ok()) return status;
    whole = StopWatch();
    for (size_t i = 0; i < rows.size(); i += batch) {
      const StopWatch watch;
      status = database.Insert(&rows[i], std::min(batch, rows.size() - i));
      if (!status.ok()) return status;
      latencies->push_back(watch.seconds());
    }
  }
  *seconds = whole.seconds();
  return Status::Ok();
}

}  // namespace

std::string SqliteOptions(size_t batch) {
  return "SQLite, one thread, journal_mode=WAL, synchronous=FULL, cache 64 "
         "MiB; one table of events with indexes by id (unique), customer and "
         "type; " +
         std::to_string(batch) +
         " per transaction, prepared statements; close timed";
}

Status SqliteInserts(const std::string& input, const std::string& path,
                     uint64_t events, size_t batch, Figures* figures) {
  Result<Stream> stream = Stream::Open(input);
  if (!stream.ok()) return stream.status();
  std::string buffer;
  std::vector<std::string_view> lines;
  Status status = stream->Read(0, events, &buffer, &lines);
  if (!status.ok()) return status;
  std::vector<Row> rows;
  for (std::string_view line : lines) {
    rows.push_back({Member(line, "id"), Member(line, "authUserId"),
                    Member(line, "type"), line});
  }
  RemoveDatabase(path);
  SettleDisk();
  std::vector<double> latencies;
  double seconds = 0;
  status = InsertAll(rows, path, batch, &latencies, &seconds);
  RemoveDatabase(path);
  if (!status.ok()) return status;
  std::sort(latencies.begin(), latencies.end());
  (*figures)["rate"] = static_cast<double>(rows.size()) / seconds;
  (*figures)["p50_us"] = latencies[latencies.size() / 2] * 1e6;
  (*figures)["p99_us"] = latencies[latencies.size() * 99 / 100] * 1e6;
  return Status::Ok();
}

}  // namespace crm::bench
