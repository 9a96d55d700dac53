#include "ingest/workers.h"

#include <exception>
#include <new>
#include <system_error>

namespace crm::ingest {

Workers::Workers(int threads, const crm::Tenant& tenant, const AppendPlan& plan,
                 Recount* recount)
    : tenant_(tenant),
      plan_(plan),
      recount_(recount),
      own_(tenant, plan),
      order_(std::make_shared<AppendOrder>()) {
  if (threads <= 1) return;
  threads_.reserve(static_cast<size_t>(threads));
  try {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { Run(); });
    }
  } catch (const std::system_error&) {
    // The system has no more threads to give: go on with those there are.
  }
}

Workers::~Workers() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::Submit(Job* job) {
  job->done = false;
  if (threads_.empty()) {
    Work(&own_, job);
    job->done = true;
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(job);
  }
  changed_.notify_all();
}

void Workers::Wait(Job* job) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [job] { return job->done; });
}

void Workers::Run() {
  BatchAppender appender(tenant_, plan_);
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    Job* const job = queue_.front();
    queue_.pop_front();
    job->place = order_->TakePlace();
    lock.unlock();
    job->options.order = order_;
    job->options.place = job->place;
    Work(&appender, job);
    order_->Pass(job->place);  // Also when there was nothing to append.
    lock.lock();
    job->done = true;
    changed_.notify_all();
  }
}

void Workers::Work(BatchAppender* appender, Job* job) {
  job->result = BatchResult();
  try {
    appender->Append(job->batch, job->options,
                     job->append_again ? recount_ : nullptr, job->recount_from,
                     &job->result);
  } catch (const std::bad_alloc&) {
    job->result.status =
        Status(StatusCode::kOutOfMemory, "import: out of memory");
  } catch (const std::exception&) {
    job->result.status =
        Status(StatusCode::kInternal, "import: an unexpected error");
  }
}

}  // namespace crm::ingest
