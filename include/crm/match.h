// Match: which records speak of the same person, when no identifier says so.
//
//   crm::MatchSet set;
//   for (const Row& row : rows) {
//     crm::Status added = set.Add({.id = row.key, .values = {
//         {crm::MatchField::kGivenName, row.first_name},
//         {crm::MatchField::kSurname, row.last_name},
//         {crm::MatchField::kBirthDate, "1961-04-09"}}});
//   }
//   auto training = crm::TrainModel(set);
//   const crm::MatchModel model =
//       training.ok() ? training->model : crm::MatchModel::Default();
//   auto links = crm::LinkRecords(set, model);
//   // links->clusters[i] is the person of the i-th record.
//
// How it works (Fellegi and Sunter 1969). Records that share one of many
// *blocking keys* (a sounding surname and a birth year, a postcode and a house
// number, ...) are candidates. Each field of two candidates is compared and
// falls into a *level*, from different to exact; a missing value is no
// evidence. A level weighs log2(m / u) bits: m is how often it is seen with one
// person, u with two. An exact value weighs more the rarer it is in the set,
// and a full name by how many have just that; copies of a record that names one
// person are counted once. What hangs together is not counted twice: whoever
// lives at one address has one postcode, one city and often one surname, so
// that these have tables of their own for pairs whose address agrees, and
// others where it does not. The sum and the *prior* (how rare matches are among
// all pairs of the set) is the weight of the pair: 4 bits are odds of 16 to 1,
// 12 bits 4,096 to 1.
//
// Pairs become clusters from the heaviest to the lightest. Before two clusters
// are united they must pass the guards: no cannot-link, no two values of one
// exclusive namespace, and *cohesion*: all records of one side are compared
// with those of the other, and must fit on the average. So a chain of weak
// links does not collapse into one big person. What lasts for life (given name,
// birth date, sex, national id) and speaks against counts in full there, and
// again when both sides say it again: one slip keeps nobody apart, but twins
// and a father and his son of one name stay two. What a guard stops, and what
// is too light to be linked but not to be looked at, is listed for review.
//
// Pure functions: no clock, no disk, no randomness, no thread but those that
// the caller asks for. The partition depends on the records and the model, and
// not on the order of the records or the number of threads.
//
// Memory: about 250 bytes for each record, and the text of each different
// value; while linking, 90 bytes for each record and 16 for each pair that is
// heavy enough to be looked at.

#ifndef CRM_INCLUDE_MATCH_H_
#define CRM_INCLUDE_MATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/status.h"

namespace crm {

// What a value is. Numbers and names stay.
enum class MatchField : uint8_t {
  kGivenName = 1,  // given_name: one or several; nicknames are known.
  kSurname = 2,    // surname
  // full_name: "Ada King Lovelace" or "Lovelace, Ada King". Fills in the given
  // name and the surname where they are missing; the rest are middle names.
  kFullName = 3,
  kMiddleName = 4,  // middle_name: one or several.
  // birth_date: "1961-04-09"; unknown parts are zeros or left out at the end:
  // "1961-04", "1961", "0000-04-09".
  kBirthDate = 5,
  kStreet = 6,       // street: may begin or end with the house number.
  kHouseNumber = 7,  // house_number
  kCity = 8,         // city: or suburb, village, parish.
  kPostcode = 9,     // postcode
  kRegion = 10,      // region: or state, province, county.
  kCountry = 11,     // country
  kEmail = 12,       // email: two are compared, further ones left out.
  kPhone = 13,       // phone: the same; with or without a country code.
  kNationalId = 14,  // national_id: or another number of her own.
  kSex = 15,         // sex: its first letter counts.
  kOccupation = 16,  // occupation
  kBirthPlace = 17,  // birth_place
  kOther = 18,       // other: anything else that is a word or a number.
};

// "given_name"; empty for numbers that are none.
std::string_view MatchFieldName(MatchField field);

// One value. Case, accents, punctuation and blanks do not count; an empty text
// is a missing value.
struct MatchValue {
  MatchField field = MatchField::kOther;
  std::string text = {};  // UTF-8, at most 4,096 bytes.
  // Of kOther: 0 to 3, which other. Only equal slots are compared.
  uint8_t slot = 0;
};

// One record: what one source said of one person.
struct MatchRecord {
  // 1 to 256 bytes, unique in its set. It orders records that are otherwise
  // alike, and is not compared.
  std::string id = {};
  std::vector<MatchValue> values = {};
  // (namespace, value) of exclusive identifiers, such as an account number:
  // records with different values of one namespace are never put together.
  std::vector<std::pair<std::string, std::string>> exclusive = {};
};

// The records to train on and to link, in a compact form. They have numbers,
// from 0 on, in the order in which they were added.
//
// Thread safety: calls that do not change it may be made at the same time.
class MatchSet final {
 public:
  MatchSet();
  ~MatchSet();
  MatchSet(MatchSet&&) noexcept;
  MatchSet& operator=(MatchSet&&) noexcept;

  // Errors, which leave the set as it was: kInvalidArgument (an id that is
  // empty, text that is no UTF-8, a birth date that is none, a slot over 3;
  // the message names the field and never the value), kTooLarge, kAlreadyExists
  // (the id; the message gives the number of the record that has it).
  Status Add(const MatchRecord& record);
  // How many records there are. At most 100,000,000 (kTooLarge).
  size_t size() const;
  // The id of a record. REQUIRES: number < size().
  std::string_view id(size_t number) const;
  // The number of a record. kNotFound.
  Result<uint32_t> Find(std::string_view id) const;

  struct Impl;  // Internal.
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// How much each level of each field weighs. Immutable, cheap to copy.
class MatchModel final {
 public:
  // Comes with libcrm: made from what such data are generally like. For sets
  // that are too small to train on, and for day one.
  static MatchModel Default();
  // What ToJson gave. Errors: kMalformed (no JSON), kUnsupported (the format
  // version of a later libcrm), kInvalidArgument (names the member: a field or
  // level that is not known or not there, a probability that is not between 0
  // and 1, levels whose sum is not 1).
  static Result<MatchModel> FromJson(std::string_view json);
  // The model as a file, to be kept with a version: the same model is the same
  // bytes. It holds no value of any record.
  std::string ToJson() const;
  // Of how many records it was trained; 0: the default model.
  uint64_t trained_on() const;

  struct Impl;  // Internal.
  const Impl& impl() const { return *impl_; }
  explicit MatchModel(std::shared_ptr<const Impl> impl);

 private:
  std::shared_ptr<const Impl> impl_;
};

// How far a long call is. Steps come one after the other, each from 0 to its
// total.
struct MatchProgress {
  std::string_view step = {};  // "train", "score" or "cluster".
  uint64_t done = 0;
  uint64_t total = 0;  // 0: not known.
};
// Called on the calling thread now and then; false cancels (kCancelled).
using MatchProgressCallback = std::function<bool(const MatchProgress&)>;

struct TrainOptions {
  // Chooses the random pairs that u is counted in. The same records and the
  // same seed give the same model.
  uint64_t seed = 1;
  // How often expectation and maximisation take turns, 1 to 1,000.
  int iterations = 25;
  MatchProgressCallback progress = {};
};

// A trained model, and how the training went.
struct Training {
  MatchModel model = MatchModel::Default();
  uint64_t pairs = 0;     // Looked at.
  uint32_t sessions = 0;  // That m was learned in (see TrainModel).
  // Names of fields that keep their default m: no session could teach them, or
  // what it taught was refused.
  std::vector<std::string> kept_default = {};
};

// The fewest records that can be trained on.
inline constexpr size_t kMinTrainingRecords = 200;

// Learns m and u from the records themselves, without any truth. u comes from
// random pairs; m from *sessions*, each of pairs that agree on something (the
// birth date; given name and surname; an e-mail address, a phone, a national
// id), where the fields agreed on are left out and the mixture of matches and
// others is told apart by expectation-maximisation. No session is blocked on an
// address: what it would learn is what a household looks like, not a person.
// For the same reason address and telephone have no say in a session of an
// e-mail address or a telephone, which a household may share, and a model in
// which a person mostly has another given name or another birth date is
// refused, as are levels that are worth more the less they agree.
//
// Errors: kFailedPrecondition (fewer than kMinTrainingRecords records; they are
// copies of a few; no session has enough pairs; all that was learned is
// refused), kCancelled, kInvalidArgument (options).
Result<Training> TrainModel(const MatchSet& set,
                            const TrainOptions& options = {});

// How one field of a pair agrees, and what that is worth.
struct MatchEvidence {
  MatchField field = MatchField::kOther;
  uint8_t slot = 0;             // Of kOther.
  std::string_view level = {};  // "exact", "nickname", "missing", ...; static.
  double weight = 0;            // Bits, rareness included.
  double rareness = 0;          // Of them, for a rare (or common) value.
  // What it was weighed beside: "" on its own; "agrees" or "differs": what it
  // hangs together with agrees or differs, so that it says less. Static.
  std::string_view beside = {};
};

// Why a pair is listed for review; numbers stay.
enum class ReviewReason : uint8_t {
  kWeight = 1,      // WEIGHT: too light to be linked without a person's look.
  kCohesion = 2,    // COHESION: the clusters behind it do not fit.
  kExclusive = 3,   // EXCLUSIVE: two values of one exclusive namespace.
  kCannotLink = 4,  // CANNOT_LINK: between two records of the clusters.
  kTooLarge = 5,    // TOO_LARGE: the cluster would be over max_cluster.
};
// "WEIGHT"; empty for numbers that are none.
std::string_view ReviewReasonName(ReviewReason reason);

// Two records, by number, a < b.
struct MatchPair {
  uint32_t a = 0;
  uint32_t b = 0;
  double weight = 0;  // With the prior.
};
// A pair that a person should look at. ExplainPair says why it weighs so much.
struct ReviewPair {
  MatchPair pair = {};
  ReviewReason reason = ReviewReason::kWeight;
};

struct LinkOptions {
  // A pair of at least so many bits is linked, if the guards let it. 12 is for
  // merges that nobody looks at afterwards.
  double link_weight = 12;
  // A lighter pair of at least so many bits is listed for review.
  double review_weight = 4;
  // What a person said, by numbers of records. Must-links come before any
  // weight and any guard; a cannot-link is never overridden.
  std::vector<std::pair<uint32_t, uint32_t>> must_link = {};
  std::vector<std::pair<uint32_t, uint32_t>> cannot_link = {};
  // No cluster becomes larger by itself.
  size_t max_cluster = 1'000;
  // At most so many pairs are listed for review, the heaviest first. All of
  // them are counted.
  size_t max_review = 100'000;
  // Threads that compare, 1 to 64. With one, the calling thread does it all.
  int threads = 1;
  MatchProgressCallback progress = {};
};

struct LinkResult {
  // For each record the number of its cluster: from 0 on, in the order of the
  // first record of each.
  std::vector<uint32_t> clusters = {};
  uint64_t cluster_count = 0;
  // The pairs that united clusters, in the order in which they did; must-links
  // are not among them.
  std::vector<MatchPair> links = {};
  std::vector<ReviewPair> review = {};
  uint64_t review_total = 0;
  double prior = 0;         // Bits: log2 of the odds of any pair.
  uint64_t pairs = 0;       // Compared; a few are so twice.
  uint64_t cut_blocks = 0;  // Blocking keys that too many records share,
  uint64_t cut_pairs = 0;   // and pairs of them that were not compared.
};

// Links the records of a set. Errors: kInvalidArgument (options; a number that
// no record has), kConflict (must-links join what a cannot-link keeps apart;
// the message gives the numbers), kCancelled.
Result<LinkResult> LinkRecords(const MatchSet& set, const MatchModel& model,
                               const LinkOptions& options = {});

// Why two records weigh what they weigh together.
struct MatchExplanation {
  double weight = 0;  // The sum of what follows, and the prior.
  double prior = 0;   // Bits, as it was given.
  // One for each field that the set has, missing ones too.
  std::vector<MatchEvidence> evidence = {};
};

// Compares two records of a set. `prior`: LinkResult::prior, or 0 for the bare
// weight. kInvalidArgument: a number that no record has.
Result<MatchExplanation> ExplainPair(const MatchSet& set,
                                     const MatchModel& model, uint32_t a,
                                     uint32_t b, double prior = 0);

}  // namespace crm

#endif  // CRM_INCLUDE_MATCH_H_
