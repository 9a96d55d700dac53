#include "ingest/batch_appender.h"

#include <algorithm>
#include <span>
#include <utility>

#include "ingest/json_text.h"
#include "ingest/reject.h"

namespace crm::ingest {
namespace {

// A message that is no JSON is that first of all: the place is said in the row
// itself, not in what was made of it.
Status WhatIsWrong(std::string_view message, Status status) {
  Status original = EventFromJson(message, nullptr).status();
  return original.code() == StatusCode::kMalformed ? std::move(original)
                                                   : std::move(status);
}

void Reject(const Row& row, const Status& status, RowIssue issue,
            BatchResult* result) {
  ++result->counters.rejected;
  RejectedRow rejected;
  rejected.line = row.line;
  rejected.code = status.code();
  rejected.reason = issue.reason;
  rejected.column = std::move(issue.column);
  rejected.message = status.message();
  if (row.element > 0) {
    rejected.message +=
        " (message " + std::to_string(row.element) + " of its batch)";
  }
  result->rejected.push_back(std::move(rejected));
}

}  // namespace

void Counters::Add(const Counters& other) {
  read += other.read;
  appended += other.appended;
  duplicates += other.duplicates;
  rejected += other.rejected;
  customers_created += other.customers_created;
  unattributed += other.unattributed;
  contested += other.contested;
}

BatchAppender::BatchAppender(const crm::Tenant& tenant, const AppendPlan& plan)
    : tenant_(tenant), plan_(plan) {
  if (plan.map != nullptr && plan.map->contact.has_value()) {
    contacts_.emplace(*plan.map, plan.encoding, plan.columns, plan.source,
                      plan.batch, plan.export_name,
                      [this](const Identifier& identifier) {
                        return CheckIdentifier(identifier);
                      });
  } else if (plan.map != nullptr) {
    mapper_.emplace(*plan.map, plan.encoding, plan.columns, plan.source,
                    plan.batch);
  }
  messages_ = NewMessageMapper(plan.format, plan.source, plan.batch);
}

void BatchAppender::Append(const RowBatch& batch, const AppendOptions& options,
                           Recount* recount, Position recount_from,
                           BatchResult* result) {
  Prepare(batch, result);
  if (rows_.empty() && !options.offset.has_value()) return;
  const Result<AppendResult> appended =
      plan_.map != nullptr ? tenant_.Append(events_.events(), options)
                           : tenant_.AppendJson(json_, options);
  if (!appended.ok()) {
    result->status = appended.status();
    return;
  }
  if (appended->events.size() != rows_.size()) {
    result->status = Status(StatusCode::kInternal,
                            "import: an outcome is missing for some events");
    return;
  }
  result->head = appended->position;
  Count(batch, *appended, recount, recount_from, result);
}

void BatchAppender::Prepare(const RowBatch& batch, BatchResult* result) {
  rows_.clear();
  json_.clear();
  texts_.clear();
  events_.Truncate(0);
  result->counters.read = batch.rows.size();
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    const Row& row = batch.rows[i];
    const std::string_view text = batch.Text(row);
    // Where broken quotes are, the row itself says.
    const bool cut =
        row.problem == RowProblem::kNone ||
        (row.problem == RowProblem::kBadQuotes && plan_.map != nullptr);
    Status status = cut ? Status::Ok() : StatusOf(row.problem);
    RowIssue issue{ReasonOf(row.problem), std::string()};
    if (cut) status = MapRow(batch, row, &issue);
    if (status.ok()) {
      const size_t count = plan_.map != nullptr ? events_.size() : json_.size();
      rows_.resize(count, i);
    } else {
      if (issue.reason == RejectReason::kNone) issue = IssueOf(status, text);
      Reject(row, status, std::move(issue), result);
    }
  }
}

Status BatchAppender::MapRow(const RowBatch& batch, const Row& row,
                             RowIssue* issue) {
  const std::string_view text = batch.Text(row);
  Status status;
  if (contacts_.has_value()) {
    status = contacts_->Map(text, row, &events_);
    *issue = contacts_->issue();
  } else if (mapper_.has_value()) {
    const size_t before = events_.size();
    status = mapper_->Map(text, row, events_.Add());
    *issue = mapper_->issue();
    if (!status.ok()) events_.Truncate(before);
  } else if (messages_ != nullptr) {
    status = MapMessage(batch, row);
  } else {
    json_.push_back(JsonOf(text));
  }
  return status;
}

Status BatchAppender::CheckIdentifier(const Identifier& identifier) const {
  Status status = tenant_.FindCustomer(identifier).status();
  // What the store itself cannot do shows when the event is appended.
  const bool bad = status.code() == StatusCode::kInvalidArgument ||
                   status.code() == StatusCode::kTooLarge ||
                   status.code() == StatusCode::kDenied;
  return bad ? status : Status::Ok();
}

RowIssue BatchAppender::IssueOf(const Status& status,
                                std::string_view row) const {
  RowIssue issue;
  issue.reason = ReasonOf(status, row);
  const std::string_view field = FieldOf(status.message());
  if (contacts_.has_value()) {
    issue.column = contacts_->ColumnOf(field);
  } else if (mapper_.has_value()) {
    issue.column = mapper_->ColumnOf(field);
  } else {
    issue.column = field;
  }
  return issue;
}

Status BatchAppender::MapMessage(const RowBatch& batch, const Row& row) {
  auto text = std::make_unique<std::string>();
  const std::string_view message = batch.Text(row);
  text->reserve(message.size() + 256);
  Status status = messages_->Map(message, row, batch.Shared(row), text.get());
  if (!status.ok()) return WhatIsWrong(message, std::move(status));
  texts_.push_back(std::move(text));
  json_.push_back(*texts_.back());
  return Status::Ok();
}

Status BatchAppender::Explain(std::string_view row,
                              const Status& status) const {
  if (messages_ == nullptr) return status;
  if (status.code() == StatusCode::kMalformed) {
    Status original = EventFromJson(row, nullptr).status();
    if (original.code() == StatusCode::kMalformed) return original;
  }
  const std::string_view message = status.message();
  const size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return status;
  std::string text(messages_->NameOf(message.substr(0, colon)));
  text.append(message.substr(colon));
  return Status(status.code(), std::move(text));
}

// Gives an event without a source the one of the import.
std::string_view BatchAppender::JsonOf(std::string_view row) {
  if (plan_.source.empty()) return row;
  row.remove_prefix(std::min(row.find_first_not_of(" \t"), row.size()));
  if (!row.starts_with('{')) return row;
  // Only where the word occurs at all does it take a closer look.
  if (row.find("\"source\"") != std::string_view::npos) {
    const Result<Event> event = EventFromJson(row, nullptr);
    if (!event.ok() || !event->source.empty()) return row;
    const size_t space = plan_.source.size() + 16;
    if (row.size() + space > kMaxEventBytes) return row;
  }
  auto text = std::make_unique<std::string>();
  text->reserve(row.size() + plan_.source.size() + 16);
  text->append("{\"source\":");
  AppendJsonString(plan_.source, text.get());
  const size_t next = row.find_first_not_of(" \t\r\n", 1);
  if (next != std::string_view::npos && row[next] != '}') text->push_back(',');
  text->append(row.substr(1));
  texts_.push_back(std::move(text));
  return *texts_.back();
}

void BatchAppender::Count(const RowBatch& batch, const AppendResult& appended,
                          Recount* recount, Position recount_from,
                          BatchResult* result) {
  Counters& counters = result->counters;
  size_t rejected = SIZE_MAX;  // The row that was rejected last.
  for (size_t i = 0; i < rows_.size(); ++i) {
    const EventOutcome& outcome = appended.events[i];
    if (plan_.observe) {
      plan_.observe(batch.rows[rows_[i]],
                    plan_.map != nullptr ? std::string_view() : json_[i],
                    plan_.map != nullptr ? &events_.events()[i] : nullptr,
                    outcome);
    }
    switch (outcome.outcome) {
      case Outcome::kAppended:
        ++counters.appended;
        if (result->range.first == 0) result->range.first = outcome.position;
        result->range.last = outcome.position;
        if (outcome.new_customer) ++counters.customers_created;
        if (outcome.record == 0) ++counters.unattributed;
        if (outcome.contested) ++counters.contested;
        break;
      case Outcome::kDuplicate: {
        Recount::Event event;
        if (recount == nullptr || outcome.position <= recount_from ||
            !recount->Take(outcome.position, &event)) {
          ++counters.duplicates;
          break;
        }
        ++counters.appended;
        if (event.new_customer) ++counters.customers_created;
        if (event.unattributed) ++counters.unattributed;
        break;
      }
      case Outcome::kInvalid:
      case Outcome::kConflict:
      case Outcome::kErased: {
        // A row with several events is one bad row.
        if (rejected == rows_[i]) break;
        rejected = rows_[i];
        const std::string_view text = batch.Text(batch.rows[rejected]);
        const Status status = Explain(text, outcome.status);
        Reject(batch.rows[rejected], status, IssueOf(status, text), result);
        break;
      }
    }
  }
  // Rows that could not be mapped were rejected before the others.
  std::stable_sort(result->rejected.begin(), result->rejected.end(),
                   [](const RejectedRow& a, const RejectedRow& b) {
                     return a.line < b.line;
                   });
}

}  // namespace crm::ingest
