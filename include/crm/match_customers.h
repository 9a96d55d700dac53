// Matching a store's own customers: who is the same person, when no identifier
// says so. See crm/match.h for how records are compared.
//
//   crm::MatchCustomersOptions options;           // A dry run.
//   auto would = tenant->MatchCustomers(options);
//   Print(would->merged, would->asked);           // What would come of it.
//   options.dry_run = false;
//   options.by = "nightly match";
//   auto report = tenant->MatchCustomers(options);
//
// What each record of the tenant knows about its person (name, birth date,
// address, e-mail address, telephone, ...) is compared off the path of appends,
// which go on meanwhile. Pairs that are sure, and whose clusters fit together,
// are merged; pairs between sure and hopeless become questions, which
// Tenant::ListReviews gives and Tenant::AnswerReview answers: an answer is an
// assertion, and a later run obeys it. Everything else is left alone. Each
// merge is a choice in the log with its weight, as any other can be undone, and
// leaves a cannot-link then.
//
// Nothing is merged that an event would not be allowed to merge: not two values
// of an exclusive namespace, not what somebody said cannot be linked, not given
// names and birth dates that contradict each other, nothing beyond the limits
// of a customer (see "Settings" in crm/identity.h). With "automatic_merges":
// false everything becomes a question. A run merges no more than
// "merges_per_minute", the heaviest first, and says how many it left.
//
// The same store gives the same answer, and a second run finds nothing to do
// but what the first one left. Tenant::ReResolve keeps merges of a match.

#ifndef CRM_INCLUDE_MATCH_CUSTOMERS_H_
#define CRM_INCLUDE_MATCH_CUSTOMERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crm/identity.h"
#include "crm/match.h"
#include "crm/types.h"

namespace crm {

// Two records of two customers, and what is made of them.
struct CustomerMatch {
  RecordId a = 0;
  RecordId b = 0;
  // Bits, to a hundredth; between -10,000 and 10,000.
  double weight = 0;
  // kNone: the two are merged. Otherwise somebody is asked, for this reason:
  // kWeakMatch, kCohesion, or the guard that is against it.
  IdentityReason reason = IdentityReason::kNone;
};

// How customers are matched.
struct MatchCustomersOptions {
  // Only says what would come of it.
  bool dry_run = true;
  // Absent: MatchModel::Default(). A store's own records can be exported and
  // trained on; see TrainModel.
  std::optional<MatchModel> model = {};
  // Which traits are compared as what: a JSON object of MatchFieldNames, each
  // with the name of a trait, or an array of names. "address.city" is a member
  // of a trait that is an object. Of an array all given names, phones and
  // e-mail addresses count, of other fields the first that is there. Empty:
  // what the catalogue and common sources call them; see DefaultMatchFields.
  std::string fields = {};
  // A pair of at least so many bits is merged, if the guards let it.
  double merge_weight = 12;
  // A lighter one of at least so many bits becomes a question.
  double review_weight = 4;
  // So many questions are put at most, the heaviest first.
  size_t max_reviews = 1'000;
  // That compare, 1 to 64. The result does not depend on it.
  int threads = 1;
  // As in MergeOptions.
  std::string by = {};
  std::string why = {};
  // Steps: "read" (records), then those of MatchProgress. It must call nothing
  // of this store; false cancels (kCancelled), and nothing was changed.
  MatchProgressCallback progress = {};
};

// What came of matching; of a dry run: what would.
struct MatchReport {
  uint64_t records = 0;   // That were compared: those that know something.
  uint64_t pairs = 0;     // Of them, that were compared.
  double prior = 0;       // Bits; see LinkResult.
  uint64_t merged = 0;    // Merges.
  uint64_t asked = 0;     // Questions that were put.
  uint64_t known = 0;     // Questions that had been put before.
  uint64_t withheld = 0;  // Pairs a guard settles, without a question.
  uint64_t left = 0;      // Merges, or questions, that were too many for a run.
  // The first 1,000 of what was done: merges, then questions.
  std::vector<CustomerMatch> matches = {};
  // Of the last choice that was written; zero: none.
  Position position = 0;
};

// The `fields` that count when none are given.
std::string DefaultMatchFields();

}  // namespace crm

#endif  // CRM_INCLUDE_MATCH_CUSTOMERS_H_
