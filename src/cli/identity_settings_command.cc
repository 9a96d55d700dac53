// crm identity settings: how it is found out whose events are.

#include <cstdio>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/read_text.h"
#include "cli/session.h"

namespace crm::cli {
namespace {

// The JSON, for people: a line for each namespace, rule and domain. What is
// deeper, and every list, stays on its line.
std::string Indented(std::string_view json) {
  constexpr int kDeepest = 2;
  std::string out;
  int depth = 0;
  bool in_text = false;
  const auto new_line = [&](int indent) {
    out += '\n';
    out.append(static_cast<size_t>(2 * indent), ' ');
  };
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      out += c;
      if (c == '\\') out += json[++i];
      in_text = c != '"';
      continue;
    }
    const bool empty = i + 1 < json.size() && (json[i + 1] == '}');
    if (c == '}' || c == ']') {
      --depth;
      if (c == '}' && depth < kDeepest && json[i - 1] != '{') new_line(depth);
    }
    out += c;
    in_text = c == '"';
    if (c == '{' || c == '[') ++depth;
    if (c == '{' && depth <= kDeepest && !empty) new_line(depth);
    if (c == ',') {
      if (depth <= kDeepest) {
        new_line(depth);
      } else {
        out += ' ';
      }
    }
    if (c == ':') out += ' ';
  }
  return out;
}

}  // namespace

int Run(const IdentitySettingsCommand& command) {
  std::string text;
  if (!command.file.empty()) {
    Result<std::string> read = ReadText(command.file);
    if (!read.ok()) return Fail(read.status());
    text = *std::move(read);
  }
  // Setting may be the first thing that is said of a tenant.
  const bool set = !command.file.empty();
  return WithTenant(command.store, set, [&](Tenant& tenant) {
    if (set) {
      const Status status = tenant.SetIdentitySettings(text);
      if (!status.ok()) return Fail(status);
    }
    const Result<std::string> settings = tenant.GetIdentitySettings();
    if (!settings.ok()) return Fail(settings.status());
    std::printf("%s\n", command.store.json ? settings->c_str()
                                           : Indented(*settings).c_str());
    return int{kExitOk};
  });
}

}  // namespace crm::cli
