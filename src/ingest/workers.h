// The threads of an import.

#ifndef CRM_INGEST_WORKERS_H_
#define CRM_INGEST_WORKERS_H_

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "ingest/batch_appender.h"

namespace crm::ingest {

// One batch on its way. Whoever made it may look at it again after Wait.
struct Job {
  RowBatch batch;
  AppendOptions options;
  uint64_t place = 0;         // In the order of the import.
  bool append_again = false;  // See BatchAppender::Append.
  Position recount_from = 0;
  BatchResult result;
  // Not kOk: it was cut off by an exception, and the result says nothing until
  // Wait gives it this code.
  StatusCode failed = StatusCode::kOk;
  bool done = false;  // Guarded by the mutex of Workers.
};

// Submit and Wait: one thread, the one that made it.
class Workers final {
 public:
  // One thread: none is started, Submit does the work itself. `plan` and
  // `recount` must outlive it.
  Workers(int threads, const crm::Tenant& tenant, const AppendPlan& plan,
          Recount* recount);
  // Waits for the jobs that are being worked on; drops those that wait.
  ~Workers();

  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void Submit(Job* job);
  void Wait(Job* job);

 private:
  void Run(BatchAppender* appender);
  void Work(BatchAppender* appender, Job* job);

  const crm::Tenant tenant_;
  const AppendPlan& plan_;
  Recount* const recount_;
  BatchAppender own_;

  // Batches are decided in the order of the file, whoever prepares them: what
  // an import does must not depend on the threads it has.
  const std::shared_ptr<AppendOrder> order_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> queue_;  // Guarded by mutex_.
  bool stop_ = false;       // Guarded by mutex_.
  std::vector<std::thread> threads_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_WORKERS_H_
