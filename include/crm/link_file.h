// Link a file: which rows of a file of persons are the same person?
//
//   auto map = crm::PersonMap::FromFile("people.json");
//   if (!map.ok()) return Fail(map.status());
//   auto report = crm::LinkFile("people.csv", *map, "clusters.csv");
//   if (!report.ok()) return Fail(report.status());
//   Print(report->records, report->clusters, report->largest);
//
// Reads CSV by a small map that says what each column is, trains a model on the
// file itself (or takes one that was kept), links its records as crm/match.h
// says, and writes a line for each of them: its id and the number of its
// cluster. No store is opened and none is changed.
//
// Thread safety: any thread; nothing is shared between calls. Memory: see
// crm/match.h; the file itself is read in pieces.

#ifndef CRM_INCLUDE_LINK_FILE_H_
#define CRM_INCLUDE_LINK_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/ingest.h"
#include "crm/match.h"
#include "crm/status.h"

namespace crm {

// What the columns of a file of persons are. Made from JSON; the format is
// documented in examples/maps/README.md. The smallest one that makes sense:
//
//   {"id": "rec_id",
//    "fields": {"full_name": "name",
//               "birth_date": {"column": "dob", "format": "%d.%m.%Y"}}}
class PersonMap final {
 public:
  // Errors: kMalformed (not JSON), kTooLarge, kInvalidArgument (names the
  // member).
  static Result<PersonMap> FromJson(std::string_view json);
  // The same from a file. kNotFound, kIoError.
  static Result<PersonMap> FromFile(const std::string& path);

  // The JSON it was made from, without insignificant blanks. Lives as long as
  // the map.
  std::string_view json() const;

  PersonMap(const PersonMap&);
  PersonMap& operator=(const PersonMap&);
  PersonMap(PersonMap&&) noexcept;
  PersonMap& operator=(PersonMap&&) noexcept;
  ~PersonMap();

  struct Impl;  // Internal.
  const Impl& impl() const { return *impl_; }

 private:
  explicit PersonMap(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

struct LinkFileOptions {
  // Links with this model. Absent: one is trained on the file; where that
  // cannot be (see TrainModel), MatchModel::Default() is taken, and the report
  // says why.
  std::optional<MatchModel> model = {};
  // See LinkOptions. Unlike there, nobody is merged for good here, so that
  // odds of 4 to 1 are enough; cohesion stops what they would chain up.
  double link_weight = 2;
  // Lighter pairs of at least so many bits go to `review`.
  double review_weight = 0;
  // The file of pairs that a person should look at, the heaviest first:
  // record_a, record_b, weight, reason (see ReviewReason) and evidence, such as
  // "given_name=nickname 5.8; birth_date=exact 12.1". Empty: none is written.
  std::string review = {};
  // Unless kDefault, it counts instead of what the map says.
  TextEncoding encoding = TextEncoding::kDefault;
  // Of the training.
  uint64_t seed = 1;
  // Threads that compare, 1 to 64. The result does not depend on it.
  int threads = 2;
  // Steps: "read" (bytes of the file), then those of MatchProgress.
  MatchProgressCallback progress = {};
};

struct LinkFileReport {
  uint64_t records = 0;
  uint64_t clusters = 0;
  uint64_t largest = 0;  // Records of the largest cluster.
  uint64_t linked = 0;   // Records that are not alone in theirs.
  // Records without a value that could be compared: each is alone.
  uint64_t without_values = 0;
  // Birth dates that no format fits: they count as missing.
  uint64_t unreadable_dates = 0;
  uint64_t pairs = 0;         // Compared.
  uint64_t review_total = 0;  // Pairs to be looked at.
  uint64_t cut_pairs = 0;     // See LinkResult.
  double prior = 0;           // Bits; see LinkResult.
  // The model that was used; keep its ToJson() to use it again.
  MatchModel model = MatchModel::Default();
  bool trained = false;  // On this file.
  // Why not, when nobody gave a model. Empty: it was trained, or given.
  std::string not_trained_because = {};
  // See Training; of a model that was trained on this file.
  std::vector<std::string> kept_default = {};
};

// Links the records of the CSV file `path` ("-": standard input; plain or gzip)
// and writes `out` ("-": standard output; gzip when it ends in .gz), whole or
// not at all: a header `record_id,cluster_id`, then each record in the order of
// the file. Clusters are numbered from 1 on, by their first record. What is
// written depends on the file, the map, the model and the weights alone.
//
// A row that cannot be read is an error, since whoever leaves it out would
// leave out a person: kMalformed, with its line and column. Other errors:
// kNotFound, kIoError, kNoSpace (the files), kInvalidArgument (options; columns
// that the header lacks; an id that is empty; an encoding that the byte order
// mark contradicts), kAlreadyExists (an id that stands twice, with both lines),
// kTooLarge, kCancelled. Messages hold no value of a row.
Result<LinkFileReport> LinkFile(const std::string& path, const PersonMap& map,
                                const std::string& out,
                                const LinkFileOptions& options = {});

// Trains a model on such a file, to be kept. Of the options `seed`, `encoding`
// and `progress` count. Errors: those of LinkFile, and of TrainModel.
Result<Training> TrainModelOnFile(const std::string& path, const PersonMap& map,
                                  const LinkFileOptions& options = {});

}  // namespace crm

#endif  // CRM_INCLUDE_LINK_FILE_H_
