// crm schema: what a tenant has defined about her events.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"

namespace crm::cli {
namespace {

std::string_view NameOf(Validation mode) {
  switch (mode) {
    case Validation::kOff:
      return "off";
    case Validation::kWarn:
      return "warn";
    case Validation::kEnforce:
      return "enforce";
    case Validation::kInherit:
      break;
  }
  return "inherit";
}

std::string_view NameOf(Compatibility compatibility) {
  switch (compatibility) {
    case Compatibility::kNone:
      return "none";
    case Compatibility::kBackward:
      return "backward";
    case Compatibility::kForward:
      return "forward";
    case Compatibility::kFull:
      break;
  }
  return "full";
}

Compatibility CompatibilityOf(const std::string& name) {
  for (const Compatibility known :
       {Compatibility::kNone, Compatibility::kForward, Compatibility::kFull}) {
    if (name == NameOf(known)) return known;
  }
  return Compatibility::kBackward;
}

Validation ValidationOf(const std::string& name) {
  for (const Validation known :
       {Validation::kWarn, Validation::kEnforce, Validation::kInherit}) {
    if (name == NameOf(known)) return known;
  }
  return Validation::kOff;
}

// A file, or standard input for "-".
class Input final {
 public:
  Status Open(const std::string& name) {
    if (name == "-") return Status::Ok();
    file_.open(name, std::ios::binary);
    if (file_.is_open()) return Status::Ok();
    return Status(
        errno == ENOENT ? StatusCode::kNotFound : StatusCode::kIoError,
        name + ": " + std::strerror(errno));
  }
  std::istream& stream() {
    return file_.is_open() ? static_cast<std::istream&>(file_) : std::cin;
  }

 private:
  std::ifstream file_;
};

void AddSchema(const SchemaInfo& info, bool whole, JsonWriter* json) {
  json->BeginObject();
  json->Text("type", info.type);
  json->Text("version", info.version);
  json->Text("origin", info.catalogue ? "catalogue" : "tenant");
  json->Text("compatibility", NameOf(info.compatibility));
  json->Boolean("latest", info.latest);
  json->Number("position", info.position);
  json->BeginArray("fields");
  for (const SchemaField& field : info.fields) {
    json->BeginObject();
    json->Text("pointer", field.pointer);
    json->BeginArray("types");
    for (const std::string& type : field.types) json->Text({}, type);
    json->EndArray();
    json->Boolean("required", field.required);
    json->Boolean("personal", field.personal);
    json->Text("format", field.format);
    json->EndObject();
  }
  json->EndArray();
  if (whole) json->Raw("schema", info.json);
  json->EndObject();
}

void PrintSchema(const SchemaInfo& info, bool as_json) {
  if (as_json) {
    JsonWriter json;
    AddSchema(info, true, &json);
    json.PrintLine();
    return;
  }
  PrintField("type", info.type);
  PrintField("version", info.version + (info.latest ? " (latest)" : ""));
  PrintField("from", info.catalogue
                         ? "the catalogue"
                         : "position " + std::to_string(info.position));
  Table table({{"FIELD"}, {"TYPES"}, {"REQUIRED"}, {"PERSONAL"}, {"FORMAT"}});
  for (const SchemaField& field : info.fields) {
    std::string types;
    for (const std::string& type : field.types) {
      types += (types.empty() ? "" : ",") + type;
    }
    table.Add({field.pointer, types, field.required ? "yes" : "",
               field.personal ? "yes" : "", field.format});
  }
  table.Print();
}

void PrintUpcaster(const UpcasterInfo& info, bool as_json) {
  if (!as_json) {
    std::printf("%s  %s -> %s  position %llu\n",
                Showable(info.type, 60).c_str(),
                Showable(info.from, 32).c_str(), Showable(info.to, 32).c_str(),
                static_cast<unsigned long long>(info.position));
    return;
  }
  JsonWriter json;
  json.BeginObject();
  json.Text("type", info.type);
  json.Text("from", info.from);
  json.Text("to", info.to);
  json.Number("position", info.position);
  json.Raw("upcaster", info.json);
  json.EndObject();
  json.PrintLine();
}

// What only reads definitions. A store in which nothing was said yet answers
// what the first tenant of any will: by the catalogue. Nothing is made in it.
int WithDefinitions(const StoreOption& option,
                    const std::function<int(Tenant&)>& work) {
  Result<Store> store = OpenStore(option);
  if (!store.ok()) return Fail(store.status());
  const Result<std::vector<TenantEntry>> known = store->ListTenants();
  if (!known.ok()) return Finish(&*store, Fail(known.status()));
  if (!known->empty() || option.tenant != StoreOption().tenant) {
    Result<Tenant> tenant = FindTenant(&*store, option.tenant);
    if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
    return Finish(&*store, work(*tenant));
  }
  Result<Store> nothing = Store::OpenInMemory();
  if (!nothing.ok()) return Finish(&*store, Fail(nothing.status()));
  Result<Tenant> tenant = nothing->Tenant(option.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  return Finish(&*store, work(*tenant));
}

void PrintViolation(uint64_t line, const Event& event,
                    const SchemaViolation& violation, bool as_json) {
  if (!as_json) {
    std::printf(
        "%llu  %s  payload%s: %s\n", static_cast<unsigned long long>(line),
        Showable(event.type, 60).c_str(), Showable(violation.path, 200).c_str(),
        Showable(violation.message, 200).c_str());
    return;
  }
  JsonWriter json;
  json.BeginObject();
  json.Number("line", line);
  json.Text("type", event.type);
  json.Text("version", event.version);
  json.Text("path", violation.path);
  json.Text("keyword", violation.keyword);
  json.Text("message", violation.message);
  json.EndObject();
  json.PrintLine();
}

// What is wrong with one line. Not ok: the tenant cannot be asked.
Result<std::vector<SchemaViolation>> CheckLine(const Tenant& tenant,
                                               const std::string& line,
                                               Event* event) {
  const auto one = [](const char* keyword, const Status& status) {
    return std::vector<SchemaViolation>{
        {"", keyword, std::string(status.message())}};
  };
  Result<Event> read = EventFromJson(line, nullptr);
  if (!read.ok()) return one("event", read.status());
  *event = *std::move(read);
  auto found = tenant.CheckPayload(event->type, event->version, event->payload);
  if (found.status().code() == StatusCode::kNotFound) {
    return one("type", found.status());
  }
  return found;
}

int CheckEvents(const Tenant& tenant, const SchemaCheckCommand& command) {
  Input input;
  const Status opened = input.Open(command.file);
  if (!opened.ok()) return Fail(opened);
  uint64_t number = 0;
  uint64_t bad = 0;
  for (std::string line; std::getline(input.stream(), line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    Event event;
    const auto found = CheckLine(tenant, line, &event);
    if (!found.ok()) return Fail(found.status());
    for (const SchemaViolation& violation : *found) {
      PrintViolation(number, event, violation, command.store.json);
    }
    if (!found->empty()) ++bad;
  }
  if (!command.store.json) {
    std::printf("%llu lines, %llu that do not fit\n",
                static_cast<unsigned long long>(number),
                static_cast<unsigned long long>(bad));
  }
  return bad == 0 ? kExitOk : kExitRefused;
}

}  // namespace

int Run(const SchemaRegisterCommand& command) {
  Result<std::string> text = ReadText(command.file);
  if (!text.ok()) return Fail(text.status());
  return WithTenant(command.store, true, [&](Tenant& tenant) {
    const auto info = tenant.RegisterSchema(
        {.type = command.type,
         .version = command.version,
         .json = *text,
         .compatibility = CompatibilityOf(command.compatibility)});
    if (!info.ok()) return Fail(info.status());
    PrintSchema(*info, command.store.json);
    return int{kExitOk};
  });
}

int Run(const SchemaListCommand& command) {
  return WithDefinitions(command.store, [&](const Tenant& tenant) {
    const auto all = tenant.ListSchemas();
    if (!all.ok()) return Fail(all.status());
    Table table({{"TYPE"}, {"VERSION"}, {"FROM"}, {"LATEST"}, {"FIELDS"}});
    for (const SchemaInfo& info : *all) {
      if (command.own && info.catalogue) continue;
      if (command.store.json) {
        JsonWriter json;
        AddSchema(info, false, &json);
        json.PrintLine();
        continue;
      }
      table.Add({info.type, info.version,
                 info.catalogue ? "catalogue"
                                : "position " + std::to_string(info.position),
                 info.latest ? "yes" : "", ShowCount(info.fields.size())});
    }
    if (!command.store.json) table.Print();
    return int{kExitOk};
  });
}

int Run(const SchemaShowCommand& command) {
  return WithDefinitions(command.store, [&](const Tenant& tenant) {
    const auto info = tenant.GetSchema(command.type, command.version);
    if (!info.ok()) return Fail(info.status());
    PrintSchema(*info, command.store.json);
    return int{kExitOk};
  });
}

int Run(const SchemaCheckCommand& command) {
  return WithDefinitions(command.store, [&](const Tenant& tenant) {
    return CheckEvents(tenant, command);
  });
}

int Run(const SchemaUpcasterCommand& command) {
  std::string text;
  if (!command.file.empty()) {
    Result<std::string> read = ReadText(command.file);
    if (!read.ok()) return Fail(read.status());
    text = *std::move(read);
  }
  if (!command.file.empty()) {
    return WithTenant(command.store, true, [&](Tenant& tenant) {
      const auto info = tenant.RegisterUpcaster(text);
      if (!info.ok()) return Fail(info.status());
      PrintUpcaster(*info, command.store.json);
      return int{kExitOk};
    });
  }
  return WithDefinitions(command.store, [&](const Tenant& tenant) {
    const auto all = tenant.ListUpcasters();
    if (!all.ok()) return Fail(all.status());
    for (const UpcasterInfo& info : *all) {
      PrintUpcaster(info, command.store.json);
    }
    return int{kExitOk};
  });
}

int Run(const SchemaValidationCommand& command) {
  const auto show = [&](const Tenant& tenant) {
    const auto rules = tenant.GetValidation();
    if (!rules.ok()) return Fail(rules.status());
    for (const ValidationRule& rule : *rules) {
      if (command.store.json) {
        JsonWriter json;
        json.BeginObject();
        json.Text("type", rule.type);
        json.Text("mode", NameOf(rule.mode));
        json.Number("position", rule.position);
        json.EndObject();
        json.PrintLine();
      } else {
        PrintField(rule.type.empty() ? "(all types)" : Showable(rule.type, 60),
                   NameOf(rule.mode), 40);
      }
    }
    return int{kExitOk};
  };
  if (command.mode.empty()) return WithDefinitions(command.store, show);
  return WithTenant(command.store, true, [&](Tenant& tenant) {
    const Status status =
        tenant.SetValidation(command.type, ValidationOf(command.mode));
    return status.ok() ? show(tenant) : Fail(status);
  });
}

}  // namespace crm::cli
