// crm.Subscription: an iterator of messages.

#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bindings/python/src/append.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/reading.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Waits in slices, so that Ctrl-C and close() need not wait long.
constexpr milliseconds kSlice{50};

constexpr EnumName<Message::Kind> kKinds[] = {
    {Message::Kind::kEvent, "EVENT"},
    {Message::Kind::kCheckpoint, "CHECKPOINT"},
    {Message::Kind::kCaughtUp, "CAUGHT_UP"},
    {Message::Kind::kMerged, "MERGED"},
    {Message::Kind::kSplit, "SPLIT"},
    {Message::Kind::kErased, "ERASED"},
};

constexpr char kSubscribeDoc[] =
    "What is appended, from a stored checkpoint or a position on: a\n"
    "Subscription, which is an iterator of Message and a context manager.\n\n"
    "    with tenant.subscribe(\"mailer\") as mailer:\n"
    "        for message in mailer:\n"
    "            if message.event is not None:\n"
    "                send(message.event)\n"
    "            mailer.acknowledge(message.position)\n\n"
    "First it catches up with the log, then it follows. Each event comes "
    "once,\n"
    "in order; what was not acknowledged comes again when the name is opened\n"
    "again.\n\n"
    "name: of the stored checkpoint; not personal. Empty: none is stored.\n"
    "after: begin behind this position, when none is stored; 0: at the\n"
    "beginning, FROM_NOW: with what comes from now on.\n"
    "types, sources: any of these; empty: all.\n"
    "skip_backfill: leave out what was appended as backfill.\n"
    "skip_identity: leave out MERGED, SPLIT and ERASED, which otherwise\n"
    "come to every consumer, whatever its types, sources and share.\n"
    "open_parts_only: do not open sealed parts; several times faster.\n"
    "consumer, consumers: one of several, each with its own share of the\n"
    "customers and its own checkpoint. Their number is fixed with the name.\n"
    "checkpoint_interval: a CHECKPOINT comes after so many log records "
    "without\n"
    "an event.\n"
    "timeout: iterating ends when nothing came for so long (seconds, or a\n"
    "timedelta; None: never).\n\n"
    "Raises InputError, RetryableError (this consumer of the name is open),\n"
    "ConflictError (the name has another number of consumers), FatalError "
    "with\n"
    "code ROLLED_BACK (the log was set back behind the checkpoint or `after`:\n"
    "drop_subscription, then subscribe after what need not be seen again).";

// A message and what it says, beyond the next one.
struct MessageRecord {
  explicit MessageRecord(const Message& from)
      : kind(from.kind), position(from.position) {
    if (kind == Message::Kind::kEvent) event.emplace(from.event);
    if (kind == Message::Kind::kMerged || kind == Message::Kind::kSplit ||
        kind == Message::Kind::kErased) {
      change.emplace(from.change);
    }
  }
  Message::Kind kind;
  Position position;
  std::optional<StoredEvent> event = {};
  std::optional<IdentityChange> change = {};
};

class SubscriptionHandle final {
 public:
  SubscriptionHandle(std::shared_ptr<StoreBox> box, Subscription subscription,
                     py::object timeout)
      : state_(State::Make(std::move(box), std::move(subscription),
                           "the subscription")),
        timeout_(std::move(timeout)) {}

  // Nothing when the time is over. Raises.
  std::optional<MessageRecord> Next(const py::object& timeout) {
    const bool for_ever = timeout.is_none();
    const auto until =
        steady_clock::now() +
        (for_ever ? std::chrono::microseconds(0) : DurationFromPython(timeout));
    for (;;) {
      const auto left =
          std::chrono::ceil<milliseconds>(until - steady_clock::now());
      const milliseconds slice =
          for_ever ? kSlice : std::clamp(left, milliseconds(0), kSlice);
      std::optional<MessageRecord> message;
      Run([&](Subscription& held) -> Status {
        std::lock_guard<std::mutex> one(next_mutex_);
        Message next;
        const Result<bool> got = held.Next(&next, slice);
        if (got.ok() && *got) message.emplace(next);
        return got.status();
      });
      if (message.has_value() || (!for_ever && left <= kSlice)) return message;
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
  }
  std::optional<MessageRecord> NextOfIteration() { return Next(timeout_); }

  // Runs `call` on the subscription, without the lock. Raises.
  template <typename Call>
  void Run(Call call) const {
    Check(state_->box()->CheckUsable());
    Check(Unlocked([&]() -> Status {
      std::shared_lock<std::shared_mutex> lock(state_->mutex());
      Status open = state_->CheckOpen();
      return open.ok() ? call(state_->held()) : open;
    }));
  }

  Position PositionBy(Position (Subscription::*get)() const) const {
    Position position = 0;
    Run([&](Subscription& held) -> Status {
      position = (held.*get)();
      return Status::Ok();
    });
    return position;
  }

  void Close() {
    Unlocked([&] { state_->Close(); });
  }

 private:
  using State = Guarded<Subscription, std::shared_mutex>;
  std::shared_ptr<State> state_;
  py::object timeout_;
  std::mutex next_mutex_;
};

void DefineMessages(py::module_& module) {
  RecordClass<MessageRecord>(module, "Message", "What a Subscription gives.")
      .Computed(
          "kind",
          [](const MessageRecord& self) {
            return EnumToPython("MessageKind", kKinds, self.kind);
          },
          "A MessageKind.")
      .Field("position", &MessageRecord::position,
             "Everything up to here was delivered, or is not for this\n"
             "subscription: may be acknowledged. Of MERGED and SPLIT the one\n"
             "before the choice, while more of its changes are to come.")
      .Field("event", &MessageRecord::event,
             "A StoredEvent when the kind is EVENT; otherwise None.")
      .Field("change", &MessageRecord::change,
             "An IdentityChange when it is MERGED, SPLIT or ERASED; otherwise\n"
             "None.")
      .Finish();
  RecordClass<Lag>(module, "Lag", "How far a place is behind the head.")
      .Field("positions", &Lag::positions,
             "Log records of all tenants and kinds that were not looked at.")
      .Field("events", &Lag::events,
             "Events of this tenant among them, before filters and shares.")
      .Computed(
          "time",
          [](const Lag& self) {
            return py::module_::import("datetime")
                .attr("timedelta")(0, 0, self.time.count());
          },
          "A timedelta: recorded_at of the newest event of the log, less that\n"
          "of the oldest one that was not looked at.")
      .Field("oldest", &Lag::oldest,
             "recorded_at of the oldest event that was not looked at, of any\n"
             "tenant; None: there is none.")
      .Finish();
  RecordClass<SubscriptionInfo>(module, "SubscriptionInfo",
                                "One stored checkpoint.")
      .Field("name", &SubscriptionInfo::name, "Of the subscription.")
      .Field("consumer", &SubscriptionInfo::consumer, "Which one, from 0 ...")
      .Field("consumers", &SubscriptionInfo::consumers, "... of so many.")
      .Field("position", &SubscriptionInfo::position,
             "What was acknowledged; before that, where it began.")
      .Field("live", &SubscriptionInfo::live, "It is open now.")
      .Field("rolled_back", &SubscriptionInfo::rolled_back,
             "The log was set back behind it: subscribe will raise.")
      .Field("lag", &SubscriptionInfo::lag, "A Lag: that of the position.")
      .Finish();
}

void DefineNext(py::class_<SubscriptionHandle>& type) {
  Def(
      type, "__iter__", [](py::object self) { return self; }, "");
  Def(
      type, "__next__",
      [](SubscriptionHandle& self) {
        std::optional<MessageRecord> message = self.NextOfIteration();
        if (!message.has_value()) throw py::stop_iteration();
        return *std::move(message);
      },
      "The next message. Ends when `timeout` of subscribe has passed.");
  Def(
      type, "next",
      [](SubscriptionHandle& self, py::object timeout) {
        return self.Next(timeout);
      },
      "The next message, or None when `timeout` (seconds, or a timedelta;\n"
      "None: for ever) has passed and nothing is there. Ctrl-C works.\n\n"
      "Raises RetryableError (cancelled), CorruptionError (says which\n"
      "position; a later call tries the same again), InputError (closed).",
      py::arg("timeout") = py::none());
}

void DefineAcknowledge(py::class_<SubscriptionHandle>& type) {
  Def(
      type, "acknowledge",
      [](SubscriptionHandle& self, Position position, py::object durability) {
        std::optional<Durability> wanted;
        if (!durability.is_none()) wanted = DurabilityFromPython(durability);
        self.Run([&](Subscription& held) {
          return held.Acknowledge(position, wanted);
        });
      },
      "Stores that everything up to `position` is done with. From any thread.\n"
      "\n"
      "durability: \"sync\" or \"os\"; None: \"os\", whatever the store's. A\n"
      "power cut may then take it back, and some events come again; none is\n"
      "skipped.\n\n"
      "Raises InputError: beyond position, or it has no name.",
      py::arg("position"), py::kw_only(), py::arg("durability") = py::none());
  Def(
      type, "lag",
      [](const SubscriptionHandle& self) {
        Lag lag;
        self.Run([&](Subscription& held) -> Status {
          const Result<Lag> got = held.GetLag();
          if (got.ok()) lag = *got;
          return got.status();
        });
        return lag;
      },
      "How far position is behind the head: a Lag.");
  Def(
      type, "cancel",
      [](const SubscriptionHandle& self) {
        self.Run([](Subscription& held) -> Status {
          held.Cancel();
          return Status::Ok();
        });
      },
      "Wakes next(), which from now on raises RetryableError. From any "
      "thread.");
}

}  // namespace

void DefineSubscription(py::module_& module) {
  module.attr("FROM_NOW") = kFromNow;
  module.attr("MAX_CONSUMERS") = kMaxConsumers;
  DefineMessages(module);
  py::class_<SubscriptionHandle> type(
      module, "Subscription",
      "An open subscription: an iterator of Message, and a context manager.\n"
      "Made by Tenant.subscribe(). Several threads may share one; each "
      "message\n"
      "goes to one of them. Closing the store closes it.",
      py::is_final());
  DefineNext(type);
  DefineAcknowledge(type);
  type.def_property_readonly(
      "position",
      [](const SubscriptionHandle& self) {
        return self.PositionBy(&Subscription::position);
      },
      "Everything up to here was delivered, or is not for this subscription.");
  type.def_property_readonly(
      "acknowledged",
      [](const SubscriptionHandle& self) {
        return self.PositionBy(&Subscription::acknowledged);
      },
      "The last position that was acknowledged; before that, where it began.");
  Def(
      type, "close", [](SubscriptionHandle& self) { self.Close(); },
      "Frees its name. Idempotent; its calls raise afterwards.");
  Def(
      type, "__enter__", [](py::object self) { return self; }, "");
  Def(
      type, "__exit__",
      [](SubscriptionHandle& self, py::object, py::object, py::object) {
        self.Close();
      },
      "Closes.", py::arg("exc_type"), py::arg("exc_value"),
      py::arg("traceback"));
  FinishClass(type, "subscribe again, under its name");
}

void DefineSubscriptions(py::class_<TenantHandle>& type) {
  Def(
      type, "subscribe",
      [](TenantHandle& self, const Text& name, Position after, py::object types,
         py::object sources, bool skip_backfill, bool skip_identity,
         bool open_parts_only, uint32_t consumers, uint32_t consumer,
         uint64_t checkpoint_interval, py::object timeout) {
        if (!timeout.is_none()) DurationFromPython(timeout);  // Raises.
        const SubscriptionOptions options = {
            .name = name,
            .after = after,
            .types = TypesFromPython(types),
            .sources = TypesFromPython(sources, "sources"),
            .skip_backfill = skip_backfill,
            .skip_identity = skip_identity,
            .open_parts_only = open_parts_only,
            .consumers = consumers,
            .consumer = consumer,
            .checkpoint_interval = checkpoint_interval};
        Check(self.box()->CheckUsable());
        auto subscription =
            Unlocked([&] { return self.tenant().Subscribe(options); });
        return std::make_unique<SubscriptionHandle>(
            self.box(), Take(std::move(subscription)), std::move(timeout));
      },
      kSubscribeDoc, py::arg("name") = "", py::kw_only(), py::arg("after") = 0,
      py::arg("types") = py::tuple(), py::arg("sources") = py::tuple(),
      py::arg("skip_backfill") = false, py::arg("skip_identity") = false,
      py::arg("open_parts_only") = false, py::arg("consumers") = 1,
      py::arg("consumer") = 0, py::arg("checkpoint_interval") = 10000,
      py::arg("timeout") = py::none());
  Def(
      type, "list_subscriptions",
      [](const TenantHandle& self) {
        return py::list(TupleOf(self.Run(
            [](const Tenant& tenant) { return tenant.ListSubscriptions(); })));
      },
      "All stored checkpoints, by name and consumer: a list of\n"
      "SubscriptionInfo.");
  Def(
      type, "drop_subscription",
      [](TenantHandle& self, const Text& name) {
        Check(self.box()->CheckUsable());
        Check(Unlocked([&] { return self.tenant().DropSubscription(name); }));
      },
      "Forgets the checkpoints of all consumers of a name.\n\n"
      "Raises NotFoundError; RetryableError: one of them is open.",
      py::arg("name"));
}

}  // namespace crm::python
