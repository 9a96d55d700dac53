#include "cli/session.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/json_writer.h"
#include "crm/event.h"

namespace crm::cli {
namespace {

void PrintLog(LogLevel level, std::string_view message) {
  if (level == LogLevel::kInfo) return;
  std::fprintf(stderr, "crm: %s: %.*s\n",
               level == LogLevel::kError ? "error" : "warning",
               static_cast<int>(message.size()), message.data());
}

struct CivilTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
};

// The calendar of a proleptic Gregorian year that begins in March, as its
// leap day then comes last.
CivilTime ToCivil(Timestamp time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const int64_t of_day = (time - days).count();
  const int64_t shifted = days.time_since_epoch().count() + 719468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const int64_t day_of_era = shifted - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36524 - day_of_era / 146096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1);
  civil.month =
      static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  civil.year =
      static_cast<int>(year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0));
  civil.hour = static_cast<int>(of_day / 3'600'000'000);
  civil.minute = static_cast<int>(of_day / 60'000'000 % 60);
  civil.second = static_cast<int>(of_day / 1'000'000 % 60);
  civil.micros = static_cast<int>(of_day % 1'000'000);
  return civil;
}

std::string Format(Timestamp time, char separator) {
  const CivilTime t = ToCivil(time);
  char text[80];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02d%c%02d:%02d:%02d", t.year,
                t.month, t.day, separator, t.hour, t.minute, t.second);
  return text;
}

}  // namespace

Result<Store> OpenStore(const StoreOption& option) {
  StoreOptions options;
  options.key_file = option.key_file;
  options.allow_unreadable = option.allow_unreadable;
  options.log = &PrintLog;
  Result<Store> store = Store::Open(option.directory, options);
  if (store.ok() || store.status().code() != StatusCode::kNotFound) {
    return store;
  }
  return Status(StatusCode::kNotFound, std::string(store.status().message()) +
                                           " (to make a store: crm init " +
                                           option.directory + ")");
}

Result<Tenant> FindTenant(Store* store, const std::string& name) {
  const std::vector<std::string> names = store->TenantNames();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return Status(StatusCode::kNotFound,
                  "tenant: the store has none named " + name);
  }
  return store->Tenant(name);
}

int Fail(const Status& status) {
  // What was printed so far comes first.
  std::fflush(stdout);
  const std::string_view message = status.message();
  std::fprintf(stderr, "crm: %.*s\n", static_cast<int>(message.size()),
               message.data());
  switch (status.remedy()) {
    case Remedy::kNone:
      return kExitOk;
    case Remedy::kFixInput:
      return kExitUsage;
    case Remedy::kNotFound:
      return kExitNotFound;
    case Remedy::kConflict:
    case Remedy::kDenied:
      return kExitConflict;
    case Remedy::kRetry:
      return kExitRetry;
    case Remedy::kUnrecoverable:
      break;
  }
  return kExitBroken;
}

int Finish(Store* store, int code) {
  Status status = store->Close();
  if (!status.ok()) {
    const int closed = Fail(status);
    return code == kExitOk || code == kExitRefused ? closed : code;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Fail(
        Status(StatusCode::kIoError, "standard output cannot be written"));
  }
  return code;
}

int WithTenant(const StoreOption& option, bool make,
               const std::function<int(Tenant&)>& work) {
  Result<Store> store = OpenStore(option);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant =
      make ? store->Tenant(option.tenant) : FindTenant(&*store, option.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  return Finish(&*store, work(*tenant));
}

Result<CustomerId> FindWho(const Tenant& tenant, std::string_view who) {
  const Result<Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  return FindWho(*snapshot, who);
}

Result<CustomerId> FindWho(const Snapshot& snapshot, std::string_view who) {
  const bool number =
      !who.empty() && std::all_of(who.begin(), who.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (number) {
    CustomerId id = 0;
    const auto [end, error] =
        std::from_chars(who.data(), who.data() + who.size(), id);
    if (error != std::errc() || end != who.data() + who.size() || id == 0) {
      return Status(StatusCode::kInvalidArgument, "WHO: no customer id");
    }
    return id;
  }
  Identifier identifier;
  const size_t equals = who.find('=');
  if (equals != std::string_view::npos && equals > 0) {
    identifier.name_space = who.substr(0, equals);
    identifier.value = who.substr(equals + 1);
  } else if (who.find('@') != std::string_view::npos) {
    identifier = {"email", std::string(who)};
  } else if (who.starts_with('+')) {
    identifier = {"phoneNumber", std::string(who)};
  } else {
    return Status(StatusCode::kInvalidArgument,
                  "WHO: give a customer id, an email address, a phone number "
                  "that begins with +, or NAMESPACE=VALUE");
  }
  return snapshot.FindCustomer(identifier);
}

// The library reads instants as part of events: what it accepts there is
// accepted here, no more and no less.
Result<std::optional<Timestamp>> ParseInstant(std::string_view text,
                                              std::string_view option) {
  if (text.empty()) return std::optional<Timestamp>();
  std::string time(text);
  if (time.size() == 10) time += "T00:00:00Z";
  JsonWriter event;
  event.BeginObject();
  event.Text("id", "1");
  event.Text("type", "instant");
  event.Text("source", "crm");
  event.Text("timestamp", time);
  event.EndObject();
  Result<Event> parsed = EventFromJson(event.text(), nullptr);
  if (!parsed.ok() || !parsed->occurred_at.has_value()) {
    return Status(StatusCode::kInvalidArgument,
                  std::string(option) +
                      ": neither a date (2026-02-03) nor an instant "
                      "(2026-02-03T10:00:00Z)");
  }
  return std::optional<Timestamp>(*parsed->occurred_at);
}

Result<Timestamp> ParseInstantOrNow(std::string_view text,
                                    std::string_view option) {
  Result<std::optional<Timestamp>> time = ParseInstant(text, option);
  if (!time.ok()) return time.status();
  return time->value_or(std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now()));
}

std::string FormatInstant(Timestamp time) {
  std::string text = Format(time, 'T');
  const int micros = ToCivil(time).micros;
  if (micros != 0) {
    char fraction[16];
    std::snprintf(fraction, sizeof(fraction), ".%06d", micros);
    text += fraction;
    if (micros % 1000 == 0) text.resize(text.size() - 3);
  }
  return text + "Z";
}

std::string ShowInstant(Timestamp time) { return Format(time, ' '); }

}  // namespace crm::cli
