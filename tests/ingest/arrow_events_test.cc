// Rows of Arrow streams as events: from hand-made arrays of every layout.

#include <doctest/doctest.h>

#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/arrow.h"
#include "export_fixture.h"
#include "fixture.h"

namespace crm::ingest {
namespace {

using Cells = std::vector<std::optional<std::string>>;

// Memory of a column, behind a schema and an array that point into it. As a
// producer may, it begins `shift` cells into its buffers.
struct Part {
  std::string format;
  std::string name;
  std::vector<uint8_t> validity;
  std::string first;   // Offsets, views, numbers.
  std::string second;  // Bytes.
  std::vector<const void*> buffers;
  ArrowSchema schema = {};
  ArrowArray array = {};
  std::unique_ptr<Part> dictionary;
};

template <typename T>
void Put(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void Finish(Part& part, int64_t rows, int64_t shift, bool text) {
  part.buffers = {part.validity.empty() ? nullptr : part.validity.data(),
                  part.first.data()};
  if (text) part.buffers.push_back(part.second.data());
  part.schema.format = part.format.c_str();
  part.schema.name = part.name.c_str();
  part.array.length = rows;
  part.array.null_count = part.validity.empty() ? 0 : -1;
  part.array.offset = shift;
  part.array.n_buffers = static_cast<int64_t>(part.buffers.size());
  part.array.buffers = part.buffers.data();
  if (part.dictionary == nullptr) return;
  part.schema.dictionary = &part.dictionary->schema;
  part.array.dictionary = &part.dictionary->array;
}

void Mark(Part& part, size_t at, bool valid) {
  if (part.validity.size() <= at / 8) part.validity.resize(at / 8 + 1, 0);
  if (valid) part.validity[at / 8] |= static_cast<uint8_t>(1u << (at % 8));
}

std::unique_ptr<Part> Text(std::string name, std::string format,
                           const Cells& cells, size_t shift = 0) {
  auto part = std::make_unique<Part>();
  part->name = std::move(name);
  part->format = std::move(format);
  const bool large = part->format == "U";
  const bool view = part->format == "vu";
  const auto offset = [&] {
    if (view) return;
    if (large) {
      Put<int64_t>(static_cast<int64_t>(part->second.size()), &part->first);
    } else {
      Put<int32_t>(static_cast<int32_t>(part->second.size()), &part->first);
    }
  };
  offset();
  for (size_t i = 0; i < shift + cells.size(); ++i) {
    const std::optional<std::string> cell =
        i < shift ? "not seen" : cells[i - shift];
    const std::string text = cell.value_or("");
    Mark(*part, i, cell.has_value());
    if (view) {
      const size_t begin = part->first.size();
      Put<int32_t>(static_cast<int32_t>(text.size()), &part->first);
      if (text.size() <= 12) {
        part->first += text;
      } else {
        part->first += text.substr(0, 4);
        Put<int32_t>(0, &part->first);
        Put<int32_t>(static_cast<int32_t>(part->second.size()), &part->first);
        part->second += text;
      }
      part->first.resize(begin + 16);
    } else {
      part->second += text;
      offset();
    }
  }
  Finish(*part, static_cast<int64_t>(cells.size()), static_cast<int64_t>(shift),
         true);
  return part;
}

template <typename Index>
std::unique_ptr<Part> Numbered(std::string name, const char* format,
                               const Cells& cells) {
  auto part = std::make_unique<Part>();
  part->name = std::move(name);
  part->format = format;
  Cells all;
  for (size_t i = 0; i < cells.size(); ++i) {
    Mark(*part, i, cells[i].has_value());
    Put<Index>(static_cast<Index>(all.size()), &part->first);
    if (cells[i].has_value()) all.push_back(cells[i]);
  }
  part->dictionary = Text("", "u", all);
  Finish(*part, static_cast<int64_t>(cells.size()), 0, false);
  return part;
}

std::unique_ptr<Part> Times(std::string format,
                            const std::vector<std::optional<int64_t>>& cells) {
  auto part = std::make_unique<Part>();
  part->name = "occurred_at";
  part->format = std::move(format);
  for (size_t i = 0; i < cells.size(); ++i) {
    Mark(*part, i, cells[i].has_value());
    Put<int64_t>(cells[i].value_or(0), &part->first);
  }
  Finish(*part, static_cast<int64_t>(cells.size()), 0, false);
  return part;
}

// A stream of batches. Counts what is released.
struct Producer {
  std::vector<std::vector<std::unique_ptr<Part>>> batches;
  std::deque<std::vector<ArrowSchema*>> schemas;
  std::deque<std::vector<ArrowArray*>> arrays;
  size_t next = 0;
  int64_t shift = 0;              // Of the rows in their columns.
  std::vector<uint8_t> validity;  // Of rows.
  const void* rows_valid = nullptr;
  int fails_at = -1;
  int released = 0;

  static Producer& Of(ArrowArrayStream* stream) {
    return *static_cast<Producer*>(stream->private_data);
  }
  ArrowArrayStream Stream() {
    ArrowArrayStream stream = {};
    stream.get_schema = [](ArrowArrayStream* from, ArrowSchema* out) {
      Producer& self = Of(from);
      std::vector<ArrowSchema*>& children = self.schemas.emplace_back();
      for (const auto& part : self.batches.at(0)) {
        children.push_back(&part->schema);
      }
      *out = ArrowSchema();
      out->format = "+s";
      out->n_children = static_cast<int64_t>(children.size());
      out->children = children.data();
      out->private_data = &self;
      out->release = [](ArrowSchema* schema) {
        ++static_cast<Producer*>(schema->private_data)->released;
        schema->release = nullptr;
      };
      return 0;
    };
    stream.get_next = [](ArrowArrayStream* from, ArrowArray* out) {
      Producer& self = Of(from);
      *out = ArrowArray();
      if (static_cast<int>(self.next) == self.fails_at) return 5;
      if (self.next == self.batches.size()) return 0;
      std::vector<ArrowArray*>& children = self.arrays.emplace_back();
      for (const auto& part : self.batches[self.next++]) {
        children.push_back(&part->array);
      }
      if (!self.validity.empty()) self.rows_valid = self.validity.data();
      out->length = children[0]->length - self.shift;
      out->offset = self.shift;
      out->null_count = self.validity.empty() ? 0 : -1;
      out->n_buffers = 1;
      out->buffers = &self.rows_valid;
      out->n_children = static_cast<int64_t>(children.size());
      out->children = children.data();
      out->private_data = &self;
      out->release = [](ArrowArray* array) {
        ++static_cast<Producer*>(array->private_data)->released;
        array->release = nullptr;
      };
      return 0;
    };
    stream.get_last_error = [](ArrowArrayStream*) {
      return "the disk is gone";
    };
    stream.release = [](ArrowArrayStream* from) {
      ++Of(from).released;
      from->release = nullptr;
    };
    stream.private_data = this;
    return stream;
  }
};

void Add(std::vector<std::unique_ptr<Part>>&) {}
template <typename... More>
void Add(std::vector<std::unique_ptr<Part>>& parts, std::unique_ptr<Part> part,
         More... more) {
  parts.push_back(std::move(part));
  Add(parts, std::move(more)...);
}
template <typename... Parts>
Producer Of(Parts... parts) {
  Producer producer;
  Add(producer.batches.emplace_back(), std::move(parts)...);
  return producer;
}

// The three that are needed.
template <typename... Parts>
Producer With(Parts... parts) {
  return Of(Text("id", "u", {"a"}), Text("type", "u", {"t"}),
            Text("source", "u", {"s"}), std::move(parts)...);
}

// Each row, or the message of its error.
std::vector<std::string> RowsOf(Producer& producer) {
  ArrowArrayStream stream = producer.Stream();
  Result<ArrowEvents> rows = ArrowEvents::Open(&stream);
  CHECK((stream.release == nullptr));
  if (!rows.ok()) return {std::string(rows.status().message())};
  std::vector<std::string> out;
  for (int i = 0; i < 1000; ++i) {
    std::string_view json;
    const Result<bool> more = rows->Next(&json);
    if (more.ok() && !*more) break;
    out.emplace_back(more.ok() ? json : more.status().message());
    if (more.status().code() == StatusCode::kIoError) break;
  }
  return out;
}

std::string OnlyRow(Producer producer) {
  const std::vector<std::string> rows = RowsOf(producer);
  REQUIRE(rows.size() == 1);
  return rows[0];
}

const Cells kTexts = {"short",
                      "a text of over twelve bytes \"here\"",
                      std::nullopt,
                      "",
                      "\xc3\x9cn\xc3\xaf, \xe6\xbc\xa2\xe5\xad\x97 wide",
                      "12 bytes end"};

TEST_CASE("arrow in: every layout of text gives the same events") {
  Cells ids;
  Cells types;
  for (size_t i = 0; i < kTexts.size(); ++i) {
    ids.push_back("id-" + std::to_string(i));
    types.push_back("type");
  }
  std::vector<std::vector<std::string>> all;
  const auto read = [&](std::unique_ptr<Part> part) {
    Producer producer = Of(Text("type", "vu", types), Text("id", "U", ids),
                           Text("source", "u", types), std::move(part));
    all.push_back(RowsOf(producer));
    // The schema, the array, the stream.
    CHECK(producer.released == 3);
  };
  for (const char* format : {"u", "U", "vu"}) {
    for (const size_t shift : {0, 1, 9}) {
      read(Text("correlation_id", format, kTexts, shift));
    }
  }
  read(Numbered<int8_t>("correlation_id", "c", kTexts));
  read(Numbered<uint8_t>("correlation_id", "C", kTexts));
  read(Numbered<int16_t>("correlation_id", "s", kTexts));
  read(Numbered<uint16_t>("correlation_id", "S", kTexts));
  read(Numbered<int32_t>("correlation_id", "i", kTexts));
  read(Numbered<uint32_t>("correlation_id", "I", kTexts));
  read(Numbered<int64_t>("correlation_id", "l", kTexts));
  read(Numbered<uint64_t>("correlation_id", "L", kTexts));
  REQUIRE(all[0].size() == kTexts.size());
  CHECK(all[0][1] ==
        R"({"id":"id-1","type":"type","correlationId":)"
        R"("a text of over twelve bytes \"here\"","source":"type"})");
  CHECK(all[0][2] == R"({"id":"id-2","type":"type","source":"type"})");
  for (const std::vector<std::string>& rows : all) CHECK(rows == all[0]);
}

TEST_CASE("arrow in: a batch that is a slice begins where it says") {
  Producer producer =
      Of(Text("id", "u", {"a", "b", "c"}), Text("type", "vu", {"x", "y", "z"}),
         Text("source", "u", {"s", "s", "s"}, 2));
  producer.shift = 2;
  CHECK(RowsOf(producer) ==
        std::vector<std::string>{R"({"id":"c","type":"z","source":"s"})"});
}

TEST_CASE("arrow in: times of every unit, to the microsecond") {
  CHECK(OnlyRow(With(Times("tss:UTC", {1}))).find("1970-01-01T00:00:01") !=
        std::string::npos);
  CHECK(OnlyRow(With(Times("tsm:UTC", {-1}))).find("1969-12-31T23:59:59.999") !=
        std::string::npos);
  CHECK(OnlyRow(With(Times("tsu:Asia/Kolkata", {1'700'000'000'000'001})))
            .find("2023-11-14T22:13:20.000001Z") != std::string::npos);
  CHECK(OnlyRow(With(Times("tsn:+02:00", {1'500}))).find("row 0") == 0);
  CHECK(OnlyRow(With(Times("tsn:UTC", {-3'000}))).find("59.999997Z") !=
        std::string::npos);
  CHECK(OnlyRow(With(Times("tsu:UTC", {std::nullopt}))).find("timestamp") ==
        std::string::npos);
  CHECK(OnlyRow(With(Times("tss:UTC", {253'402'300'800}))) ==
        "row 0, column occurred_at: is not in the years 1 to 9999");
  CHECK(OnlyRow(With(Times("tss:UTC", {INT64_MAX}))) ==
        "row 0, column occurred_at: is finer than a microsecond, or out of "
        "range");
  CHECK(OnlyRow(With(Text("occurred_at", "u", {"2026-01-02T03:04:05Z"})))
            .find(R"("timestamp":"2026-01-02T03:04:05Z")") !=
        std::string::npos);
  CHECK(OnlyRow(With(Times("tsu:", {1}))) ==
        "column occurred_at: a timestamp needs a time zone, such as UTC");
}

TEST_CASE("arrow in: members stay the text they are, and one object each") {
  CHECK(OnlyRow(With(Text("payload", "u", {R"({"n": 0.10, "n2": 1e400})"}))) ==
        R"({"id":"a","type":"t","source":"s","payload":{"n": 0.10, )"
        R"("n2": 1e400}})");
  for (const char* wrong :
       {"", "1", "[]", "{", "{}, \"id\": \"other\"", "{} {}", "null"}) {
    CHECK(OnlyRow(With(Text("payload", "vu", {wrong}))) ==
          "row 0, column payload: is not a JSON object");
  }
}

TEST_CASE("arrow in: columns that do not fit are named") {
  CHECK(OnlyRow(With(Text("email", "u", {"x"}))) ==
        "column email: is no column of an event; see crm/arrow.h");
  CHECK(OnlyRow(With(Text("id", "u", {"x"}))) == "column id: is there twice");
  CHECK(OnlyRow(Of(Text("id", "u", {"a"}), Text("type", "u", {"t"}))) ==
        "column source: is missing");
  CHECK(OnlyRow(With(Text("version", "z", {"1"}))) ==
        "column version: must be text");
  CHECK(OnlyRow(With(Text("occurred_at", "g", {"1"}))) ==
        "column occurred_at: must be a timestamp with a time zone, or text");
  // Made anew by an append, whatever they hold.
  CHECK(OnlyRow(With(Text("customer", "L", {"x"}))) ==
        R"({"id":"a","type":"t","source":"s"})");
  Producer nothing = With(Text("version", "n", {std::nullopt}));
  CHECK(OnlyRow(std::move(nothing)) == R"({"id":"a","type":"t","source":"s"})");
}

TEST_CASE("arrow in: a row that is none is named, and the next one comes") {
  Producer producer = Of(Text("id", "u", {"a", std::nullopt, "c", "d"}),
                         Text("type", "u", {"t", "t", "t", "t"}),
                         Text("source", "u", {"s", "s", "s", "s"}));
  producer.validity = {0b1011};
  CHECK(RowsOf(producer) ==
        std::vector<std::string>{R"({"id":"a","type":"t","source":"s"})",
                                 "row 1, column id: is null", "row 2: is null",
                                 R"({"id":"d","type":"t","source":"s"})"});
}

TEST_CASE("arrow in: the stream's own error is told with its text") {
  Producer producer = With();
  producer.fails_at = 1;
  const std::vector<std::string> rows = RowsOf(producer);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1] == "stream: the disk is gone");
  CHECK(producer.released == 3);
}

TEST_CASE("arrow in: what is no stream makes no rows") {
  CHECK(ArrowEvents::Open(nullptr).status().code() ==
        StatusCode::kInvalidArgument);
  ArrowArrayStream stream = {};
  CHECK(ArrowEvents::Open(&stream).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("arrow in: what came out goes in again, as duplicates") {
  Store store = NewStore(1'700'000'000);
  Append(store, "t",
         {R"({"id": "1", "type": "a", "source": "s", "payload": {"x": 0.10},)"
          R"( "timestamp": "2023-01-01T00:00:00.5Z",)"
          R"( "identity": {"email": "p@example.com", "sclMemberId": 7},)"
          R"( "metadata": {"userAgent": "m"}, "correlationId": "c"})",
          R"({"id": "2", "type": "b", "source": "s",)"
          R"( "timestamp": "2023-01-01T00:00:00Z"})"});
  Tenant tenant = TenantOf(store, "t");
  Tenant other = TenantOf(store, "other");
  for (Tenant* to : {&tenant, &other}) {
    ArrowArrayStream stream;
    REQUIRE(EventsToArrow(*tenant.Replay({}), {}, &stream).ok());
    Result<ArrowEvents> rows = ArrowEvents::Open(&stream);
    REQUIRE(rows.ok());
    std::vector<std::string> texts;
    for (std::string_view json; *rows->Next(&json);) texts.emplace_back(json);
    CHECK(rows->rows() == 2);
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    Result<AppendResult> result = to->AppendJson(views);
    REQUIRE(result.ok());
    CHECK(result->duplicates == (to == &tenant ? 2 : 0));
    CHECK(result->appended == (to == &tenant ? 0 : 2));
  }
  CHECK(other.GetProfile(1).ok());
}

}  // namespace
}  // namespace crm::ingest
