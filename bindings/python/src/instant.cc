#include "bindings/python/src/instant.h"

// Defines objects of its own, so it must be in one file only.
#include <datetime.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "bindings/python/src/errors.h"

namespace crm::python {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kDaySeconds = 86'400;

// Days since 1970 of a date of the Gregorian calendar, which begins in March
// here, so that the leap day is the last of its year.
int64_t DaysFromDate(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

struct Civil {
  int year, month, day, hour, minute, second, micro;
};

int64_t FloorDivide(int64_t value, int64_t by) {
  return value / by - (value % by < 0);
}

Civil CivilFromInstant(Timestamp instant) {
  const int64_t micros = instant.time_since_epoch().count();
  const int64_t seconds = FloorDivide(micros, kMicros);
  int64_t days = FloorDivide(seconds, kDaySeconds);
  const int64_t time = seconds - days * kDaySeconds;
  const int64_t micro = micros - seconds * kMicros;
  days += 719'468;
  const int64_t era = FloorDivide(days, 146'097);
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1'460 +
                               day_of_era / 36'524 - day_of_era / 146'096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * shifted + 2) / 5 + 1;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2);
  const auto narrow = [](int64_t value) { return static_cast<int>(value); };
  return {narrow(year),        narrow(month),          narrow(day),
          narrow(time / 3600), narrow(time / 60 % 60), narrow(time % 60),
          narrow(micro)};
}

int64_t MicrosOfDelta(PyObject* delta) {
  return (PyDateTime_DELTA_GET_DAYS(delta) * kDaySeconds +
          PyDateTime_DELTA_GET_SECONDS(delta)) *
             kMicros +
         PyDateTime_DELTA_GET_MICROSECONDS(delta);
}

// First microsecond of a year.
int64_t YearMicros(int64_t year) {
  return DaysFromDate(year, 1, 1) * kDaySeconds * kMicros;
}

}  // namespace

void InitInstants() {
  PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

bool IsDatetime(py::handle object) {
  return PyDateTime_Check(object.ptr()) != 0;
}

Timestamp InstantFromPython(py::handle datetime) {
  PyObject* const at = datetime.ptr();
  if (std::string_view(Py_TYPE(at)->tp_name).ends_with("NaTType")) {
    RaiseInput("a datetime that is none: NaT");
  }
  const py::object offset = datetime.attr("utcoffset")();
  if (offset.is_none()) {
    RaiseInput(
        "a datetime without a time zone; give it a tzinfo, for example "
        "datetime.timezone.utc");
  }
  // A subclass of datetime may give anything.
  if (!PyDelta_Check(offset.ptr())) {
    throw py::type_error("a datetime whose utcoffset() is no timedelta");
  }
  const int offset_days = PyDateTime_DELTA_GET_DAYS(offset.ptr());
  if (offset_days < -1 || offset_days > 0) {
    RaiseInput("a datetime whose utcoffset() is not less than a day");
  }
  const int64_t days =
      DaysFromDate(PyDateTime_GET_YEAR(at), PyDateTime_GET_MONTH(at),
                   PyDateTime_GET_DAY(at));
  const int64_t seconds =
      days * kDaySeconds + PyDateTime_DATE_GET_HOUR(at) * 3600 +
      PyDateTime_DATE_GET_MINUTE(at) * 60 + PyDateTime_DATE_GET_SECOND(at);
  const int64_t micros = seconds * kMicros +
                         PyDateTime_DATE_GET_MICROSECOND(at) -
                         MicrosOfDelta(offset.ptr());
  if (micros < YearMicros(1900) || micros >= YearMicros(2200)) {
    RaiseInput("a datetime out of range: from 1900 up to, not including, 2200");
  }
  return Timestamp(std::chrono::microseconds(micros));
}

py::object InstantToPython(Timestamp instant) {
  const Civil at = CivilFromInstant(instant);
  PyObject* const made = PyDateTimeAPI->DateTime_FromDateAndTime(
      at.year, at.month, at.day, at.hour, at.minute, at.second, at.micro,
      PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

std::string InstantText(Timestamp instant) {
  const Civil at = CivilFromInstant(instant);
  char text[96];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                at.year, at.month, at.day, at.hour, at.minute, at.second,
                at.micro);
  return text;
}

std::chrono::microseconds DurationFromPython(py::handle object) {
  // A century is for ever, and fits.
  constexpr int kMaxDays = 100 * 366;
  int64_t micros = 0;
  if (PyDelta_Check(object.ptr())) {
    const int days = PyDateTime_DELTA_GET_DAYS(object.ptr());
    micros = days < 0           ? -1
             : days >= kMaxDays ? kMaxDays * kDaySeconds * kMicros
                                : MicrosOfDelta(object.ptr());
  } else {
    const double seconds = PyFloat_AsDouble(object.ptr());
    if (seconds == -1 && PyErr_Occurred() != nullptr) {
      if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) {
        throw py::error_already_set();
      }
      PyErr_Clear();
      RaiseInput("a span of time out of range");
    }
    if (std::isnan(seconds)) RaiseInput("a span of time that is no number");
    micros = static_cast<int64_t>(
        std::fmax(-1, std::fmin(seconds, 1.0 * kMaxDays * kDaySeconds)) *
        kMicros);
  }
  if (micros < 0) RaiseInput("a negative span of time");
  return std::chrono::microseconds(micros);
}

}  // namespace crm::python
