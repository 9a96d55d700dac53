#include "ingest/workers.h"

#include <exception>
#include <new>
#include <utility>

namespace crm::ingest {

namespace {

// Runs `work` where nobody could catch what it throws: kOk unless it does. A
// code, because a Status may need the very memory that has run out.
template <typename Work>
StatusCode CodeOf(Work work) noexcept {
  try {
    work();
    return StatusCode::kOk;
  } catch (const std::bad_alloc&) {
    return StatusCode::kOutOfMemory;
  } catch (const std::exception&) {
    return StatusCode::kInternal;
  }
}

}  // namespace

Workers::Workers(int threads, const crm::Tenant& tenant, const AppendPlan& plan,
                 Recount* recount)
    : tenant_(tenant),
      plan_(plan),
      recount_(recount),
      own_(tenant, plan),
      order_(std::make_shared<AppendOrder>()) {
  if (threads <= 1) return;
  threads_.reserve(static_cast<size_t>(threads));
  // Threads that run keep this from failing: when there are no more to be had,
  // or no memory for them, go on with those there are.
  const StatusCode all = CodeOf([&] {
    for (int i = 0; i < threads; ++i) {
      auto appender = std::make_unique<BatchAppender>(tenant_, plan_);
      threads_.emplace_back(
          [this, own = std::move(appender)] { Run(own.get()); });
    }
  });
  (void)all;
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
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [job] { return job->done; });
  }
  // Here, because it takes memory, and nobody could catch that in a worker.
  if (job->failed == StatusCode::kOutOfMemory) {
    job->result.status = Status(job->failed, "import: out of memory");
  } else if (job->failed != StatusCode::kOk) {
    job->result.status = Status(job->failed, "import: an unexpected error");
  }
}

void Workers::Run(BatchAppender* appender) {
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
    Work(appender, job);
    order_->Pass(job->place);  // Also when there was nothing to append.
    lock.lock();
    job->done = true;
    changed_.notify_all();
  }
}

void Workers::Work(BatchAppender* appender, Job* job) {
  job->failed = CodeOf([&] {
    job->result = BatchResult();
    appender->Append(job->batch, job->options,
                     job->append_again ? recount_ : nullptr, job->recount_from,
                     &job->result);
  });
}

}  // namespace crm::ingest
