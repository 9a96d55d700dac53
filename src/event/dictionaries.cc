#include "event/dictionaries.h"

namespace crm {

Dictionaries::Dictionaries()
    : none_(std::make_shared<const Dictionary>(std::string())) {}

Dictionaries::Current Dictionaries::Find(uint32_t tenant, uint32_t type,
                                         bool* known) const {
  ReaderLock lock(mutex_);
  auto found = current_.find(Name{tenant, type});
  *known = found != current_.end();
  if (!*known) return Current{0, none_};
  return found->second;
}

void Dictionaries::Set(uint32_t tenant, uint32_t type, Current current) {
  if (current.dictionary == nullptr) current.dictionary = none_;
  WriterLock lock(mutex_);
  current_.insert_or_assign(Name{tenant, type}, std::move(current));
}

void Dictionaries::AddSample(uint32_t tenant, uint32_t type,
                             std::string_view plain) {
  std::vector<std::string> enough;
  {
    MutexLock lock(samples_mutex_);
    auto [found, inserted] = samples_.try_emplace(Name{tenant, type});
    std::vector<std::string>& samples = found->second;
    if (!inserted && samples.empty()) return;
    samples.emplace_back(plain);
    if (samples.size() < kDictionarySamples) return;
    enough.swap(samples);
  }
  std::string bytes = TrainDictionary(enough);
  if (bytes.empty()) return;
  MutexLock lock(samples_mutex_);
  trained_.push_back(Trained{tenant, type, std::move(bytes)});
  any_trained_.store(true, std::memory_order_release);
}

std::vector<Dictionaries::Trained> Dictionaries::TakeTrained() {
  if (!any_trained_.load(std::memory_order_acquire)) return {};
  MutexLock lock(samples_mutex_);
  any_trained_.store(false, std::memory_order_relaxed);
  return std::exchange(trained_, {});
}

}  // namespace crm
