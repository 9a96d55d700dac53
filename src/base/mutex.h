// Mutexes that the compiler watches.
//
// What std::mutex, std::shared_mutex and std::condition_variable do, with the
// annotations of clang's thread safety analysis: a member that is
// CRM_GUARDED_BY(mutex_) can't be touched without it, and a function that
// CRM_REQUIRES(mutex_) can't be called without it, or `./dev tidy` fails. Other
// compilers see nothing of it. Everything below the public face locks with
// these.
//
//   Mutex mutex_;
//   std::deque<Job> queue_ CRM_GUARDED_BY(mutex_);
//   ...
//   MutexLock lock(mutex_);
//   queue_.push_back(job);
//
// See https://clang.llvm.org/docs/ThreadSafetyAnalysis.html.

#ifndef CRM_BASE_MUTEX_H_
#define CRM_BASE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#if defined(__clang__)
#define CRM_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define CRM_THREAD_ANNOTATION(x)
#endif

#define CRM_CAPABILITY(x) CRM_THREAD_ANNOTATION(capability(x))
#define CRM_SCOPED_CAPABILITY CRM_THREAD_ANNOTATION(scoped_lockable)
// Of a member: touched only while the mutex is held.
#define CRM_GUARDED_BY(x) CRM_THREAD_ANNOTATION(guarded_by(x))
// Of a member that points: what it points to is.
#define CRM_PT_GUARDED_BY(x) CRM_THREAD_ANNOTATION(pt_guarded_by(x))
// Of a function: called only while the mutexes are held.
#define CRM_REQUIRES(...) \
  CRM_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define CRM_REQUIRES_SHARED(...) \
  CRM_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
// Of a function: called only while they are not held by this thread.
#define CRM_EXCLUDES(...) CRM_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define CRM_ACQUIRE(...) CRM_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define CRM_ACQUIRE_SHARED(...) \
  CRM_THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define CRM_RELEASE(...) CRM_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define CRM_RELEASE_SHARED(...) \
  CRM_THREAD_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define CRM_TRY_ACQUIRE(...) \
  CRM_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define CRM_RETURN_CAPABILITY(x) CRM_THREAD_ANNOTATION(lock_returned(x))
// Of a function that says, at run time or by its contract, that it is held:
// for lambdas, into which the analysis doesn't look from outside.
#define CRM_ASSERT_CAPABILITY(x) CRM_THREAD_ANNOTATION(assert_capability(x))
#define CRM_ASSERT_SHARED_CAPABILITY(x) \
  CRM_THREAD_ANNOTATION(assert_shared_capability(x))
// Of a function that locks in a way the analysis can't follow: says why.
#define CRM_NO_THREAD_SAFETY_ANALYSIS \
  CRM_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace crm {

class CRM_CAPABILITY("mutex") Mutex final {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() CRM_ACQUIRE() { mutex_.lock(); }
  void Unlock() CRM_RELEASE() { mutex_.unlock(); }
  bool TryLock() CRM_TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  // For lambdas that are only called while it is held. Does nothing.
  void AssertHeld() const CRM_ASSERT_CAPABILITY(this) {}

 private:
  friend class ConditionVariable;

  std::mutex mutex_;
};

// Many readers or one writer.
class CRM_CAPABILITY("mutex") SharedMutex final {
 public:
  SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void Lock() CRM_ACQUIRE() { mutex_.lock(); }
  void Unlock() CRM_RELEASE() { mutex_.unlock(); }
  void LockShared() CRM_ACQUIRE_SHARED() { mutex_.lock_shared(); }
  void UnlockShared() CRM_RELEASE_SHARED() { mutex_.unlock_shared(); }
  // As those of Mutex.
  void AssertReaderHeld() const CRM_ASSERT_SHARED_CAPABILITY(this) {}

 private:
  std::shared_mutex mutex_;
};

// Holds a mutex as long as it lives.
class CRM_SCOPED_CAPABILITY MutexLock final {
 public:
  explicit MutexLock(Mutex& mutex) CRM_ACQUIRE(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  // One that is held already, from TryLock.
  MutexLock(Mutex& mutex, std::adopt_lock_t) CRM_REQUIRES(mutex)
      : mutex_(mutex) {}
  ~MutexLock() CRM_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Holds a shared mutex as one of its readers.
class CRM_SCOPED_CAPABILITY ReaderLock final {
 public:
  explicit ReaderLock(SharedMutex& mutex) CRM_ACQUIRE_SHARED(mutex)
      : mutex_(mutex) {
    mutex_.LockShared();
  }
  ~ReaderLock() CRM_RELEASE() { mutex_.UnlockShared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mutex_;
};

// Holds a shared mutex alone.
class CRM_SCOPED_CAPABILITY WriterLock final {
 public:
  explicit WriterLock(SharedMutex& mutex) CRM_ACQUIRE(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~WriterLock() CRM_RELEASE() { mutex_.Unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mutex_;
};

// Where threads wait for what a mutex guards. As with the standard's, a wait
// may end for nothing: look again.
class ConditionVariable final {
 public:
  void Wait(Mutex& mutex) CRM_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False: the deadline has passed.
  template <typename Instant>
  bool WaitUntil(Mutex& mutex, const Instant& deadline) CRM_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool in_time =
        condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace crm

#endif  // CRM_BASE_MUTEX_H_
