// crm identity settings: how it is found out whose events are.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/session.h"

namespace crm::cli {
namespace {

Result<std::string> ReadSettings(const std::string& name) {
  std::ifstream file;
  if (name != "-") {
    file.open(name, std::ios::binary);
    if (!file.is_open()) {
      return Status(
          errno == ENOENT ? StatusCode::kNotFound : StatusCode::kIoError,
          name + ": " + std::strerror(errno));
    }
  }
  std::istream& in = name == "-" ? std::cin : static_cast<std::istream&>(file);
  std::string text(kMaxDefinitionBytes + 1, '\0');  // More is refused.
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

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
    Result<std::string> read = ReadSettings(command.file);
    if (!read.ok()) return Fail(read.status());
    text = *std::move(read);
  }
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  // Setting may be the first thing that is said of a tenant.
  Result<Tenant> tenant = command.file.empty()
                              ? FindTenant(&*store, command.store.tenant)
                              : store->Tenant(command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  if (!command.file.empty()) {
    const Status status = tenant->SetIdentitySettings(text);
    if (!status.ok()) return Finish(&*store, Fail(status));
  }
  const Result<std::string> settings = tenant->GetIdentitySettings();
  if (!settings.ok()) return Finish(&*store, Fail(settings.status()));
  std::printf("%s\n", command.store.json ? settings->c_str()
                                         : Indented(*settings).c_str());
  return Finish(&*store, kExitOk);
}

}  // namespace crm::cli
