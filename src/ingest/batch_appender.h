// Appends one batch of rows and says what became of it.

#ifndef CRM_INGEST_BATCH_APPENDER_H_
#define CRM_INGEST_BATCH_APPENDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "crm/ingest.h"
#include "crm/store.h"
#include "ingest/batch_reader.h"
#include "ingest/contact_mapper.h"
#include "ingest/message_mapper.h"
#include "ingest/recount.h"
#include "ingest/row_mapper.h"

namespace crm::ingest {

// The sums of a report, in the order in which they are stored for resuming.
struct Counters {
  uint64_t read = 0;
  uint64_t appended = 0;
  uint64_t duplicates = 0;
  uint64_t rejected = 0;
  uint64_t customers_created = 0;
  uint64_t unattributed = 0;
  uint64_t contested = 0;

  void Add(const Counters& other);
};

struct BatchResult {
  Status status;  // Not ok: the store refused the batch as a whole.
  Counters counters;
  std::vector<RejectedRow> rejected;
  Position head = 0;  // Of the store, after the batch.
  // Where its events lie, when this call appended any: a request's events lie
  // side by side.
  PositionRange range;
};

// Sees what became of a row that came to the store. `json`: the event as it was
// appended, when it was appended as JSON; else `event`.
using OutcomeObserver =
    std::function<void(const Row& row, std::string_view json,
                       const Event* event, const EventOutcome& outcome)>;

// What all batches of an import share.
struct AppendPlan {
  ImportFormat format = ImportFormat::kNative;
  const ImportMap::Impl* map = nullptr;  // Null: JSON.
  ColumnPlan columns;
  TextEncoding encoding = TextEncoding::kUtf8;  // Of the rows.
  std::string source;
  std::string batch;
  // Of contacts without a time: the batch, or else what tells this file.
  std::string export_name;
  OutcomeObserver observe;  // Of imports with one thread; may be null.
};

// Used again for each batch; one thread. `plan` must outlive it.
class BatchAppender final {
 public:
  BatchAppender(const crm::Tenant& tenant, const AppendPlan& plan);
  BatchAppender(const BatchAppender&) = delete;
  BatchAppender& operator=(const BatchAppender&) = delete;

  // With `recount`, duplicates that were written after `recount_from` count
  // as appended: this batch was appended before by a run that was cut off.
  void Append(const RowBatch& batch, const AppendOptions& options,
              Recount* recount, Position recount_from, BatchResult* result);

 private:
  void Prepare(const RowBatch& batch, BatchResult* result);
  std::string_view JsonOf(std::string_view row);
  // Adds what a row becomes.
  Status MapRow(const RowBatch& batch, const Row& row, RowIssue* issue);
  Status MapMessage(const RowBatch& batch, const Row& row);
  Status CheckIdentifier(const Identifier& identifier) const;
  // Reason and column of what the store or a message mapper said.
  RowIssue IssueOf(const Status& status, std::string_view row) const;
  // Says of a row that was refused what its format calls things.
  Status Explain(std::string_view row, const Status& status) const;
  void Count(const RowBatch& batch, const AppendResult& appended,
             Recount* recount, Position recount_from, BatchResult* result);

  crm::Tenant tenant_;
  const AppendPlan& plan_;
  std::optional<RowMapper> mapper_;          // Maps of events.
  std::optional<ContactMapper> contacts_;    // Maps of contacts.
  std::unique_ptr<MessageMapper> messages_;  // Null: kNative.
  // What goes to the store, and which row of the batch each element is.
  std::vector<size_t> rows_;
  std::vector<std::string_view> json_;
  EventList events_;
  // Rows that got a source, and messages as events; they do not move once they
  // are here.
  std::vector<std::unique_ptr<std::string>> texts_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_BATCH_APPENDER_H_
