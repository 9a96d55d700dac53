#include "ingest/batch_appender.h"

#include <algorithm>
#include <span>
#include <utility>

#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

Status StatusOf(RowProblem problem) {
  switch (problem) {
    case RowProblem::kNone:
      return Status::Ok();
    case RowProblem::kTooLarge:
      return Status(StatusCode::kTooLarge, "row: more than 1048576 bytes");
    case RowProblem::kUnclosedQuote:
      return Status(StatusCode::kMalformed, "row: a quote is never closed");
    case RowProblem::kMissingElement:
      return Status(StatusCode::kMalformed, "array: an element is missing");
    case RowProblem::kMissingComma:
      return Status(StatusCode::kMalformed,
                    "array: no comma before this element");
    case RowProblem::kArrayCut:
      return Status(StatusCode::kMalformed,
                    "array: the file ends inside it (cut off?)");
    case RowProblem::kAfterArray:
      return Status(StatusCode::kMalformed,
                    "array: something follows behind its end");
  }
  return Status(StatusCode::kInternal, "row: unknown problem");
}

// A message that is no JSON is that first of all: the place is said in the row
// itself, not in what was made of it.
Status WhatIsWrong(std::string_view message, Status status) {
  Status original = EventFromJson(message, nullptr).status();
  return original.code() == StatusCode::kMalformed ? std::move(original)
                                                   : std::move(status);
}

void Reject(const Row& row, const Status& status, BatchResult* result) {
  ++result->counters.rejected;
  RejectedRow rejected;
  rejected.line = row.line;
  rejected.code = status.code();
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
  if (plan.map != nullptr) {
    mapper_.emplace(*plan.map, plan.columns, plan.source, plan.batch);
  }
  messages_ = NewMessageMapper(plan.format, plan.source, plan.batch);
}

void BatchAppender::Append(const RowBatch& batch, const AppendOptions& options,
                           Recount* recount, Position recount_from,
                           BatchResult* result) {
  Prepare(batch, result);
  if (rows_.empty() && !options.offset.has_value()) return;
  const Result<AppendResult> appended =
      mapper_.has_value()
          ? tenant_.Append(std::span<const Event>(events_).first(event_count_),
                           options)
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
  event_count_ = 0;
  result->counters.read = batch.rows.size();
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    const Row& row = batch.rows[i];
    Status status = StatusOf(row.problem);
    if (status.ok() && mapper_.has_value()) {
      if (events_.size() == event_count_) events_.emplace_back();
      status = mapper_->Map(batch.Text(row), row, &events_[event_count_]);
      if (status.ok()) ++event_count_;
    } else if (status.ok() && messages_ != nullptr) {
      status = MapMessage(batch, row);
    } else if (status.ok()) {
      json_.push_back(JsonOf(batch.Text(row)));
    }
    if (status.ok()) {
      rows_.push_back(i);
    } else {
      Reject(row, status, result);
    }
  }
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
  for (size_t i = 0; i < rows_.size(); ++i) {
    const EventOutcome& outcome = appended.events[i];
    if (plan_.observe) {
      plan_.observe(batch.rows[rows_[i]],
                    mapper_.has_value() ? std::string_view() : json_[i],
                    mapper_.has_value() ? &events_[i] : nullptr, outcome);
    }
    switch (outcome.outcome) {
      case Outcome::kAppended:
        ++counters.appended;
        if (result->range.first == 0) result->range.first = outcome.position;
        result->range.last = outcome.position;
        if (outcome.new_customer) ++counters.customers_created;
        if (outcome.record == 0) ++counters.unattributed;
        if (!outcome.contested.empty()) ++counters.contested;
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
      case Outcome::kErased:
        Reject(batch.rows[rows_[i]],
               Explain(batch.Text(batch.rows[rows_[i]]), outcome.status),
               result);
        break;
    }
  }
  // Rows that could not be mapped were rejected before the others.
  std::stable_sort(result->rejected.begin(), result->rejected.end(),
                   [](const RejectedRow& a, const RejectedRow& b) {
                     return a.line < b.line;
                   });
}

}  // namespace crm::ingest
