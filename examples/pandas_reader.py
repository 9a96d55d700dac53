#!/usr/bin/env python3
"""Reads a store into pandas: one frame of events, one of profiles.

    pandas_reader.py STORE [TENANT] [--key-file FILE] [--type TYPE ...]

Without --type all events are read. A store has one owner: where another
process has it open, read a copy made by Store.checkpoint or crm checkpoint.
"""

import argparse

import pandas

import crm


def events_frame(tenant, types=()):
    """A row for each event; the fields of payloads as columns "payload.x"."""
    rows = []
    with tenant.replay(types=types) as cursor:
        for event in cursor:
            row = {"position": event.position, "type": event.type,
                   "source": event.source, "id": event.id,
                   "customer": event.customer or pandas.NA,
                   "occurred_at": event.occurred_at,
                   "recorded_at": event.recorded_at}
            for name, value in (event.payload or {}).items():
                row[f"payload.{name}"] = value
            rows.append(row)
    frame = pandas.DataFrame(rows)
    if rows:
        frame["customer"] = frame["customer"].astype("Int64")
        frame = frame.set_index("position")
    return frame


def profiles_frame(tenant):
    """A row for each customer; her traits as columns."""
    with tenant.snapshot() as snapshot:
        rows = []
        for customer in range(1, snapshot.stats().last_customer + 1):
            profile = snapshot.profile(customer)
            if profile.customer != customer:
                continue  # Merged: the number leads to who stayed.
            rows.append({"customer": customer, "events": profile.events,
                         "first_seen": profile.first_seen,
                         "last_seen": profile.last_seen, **profile.values})
    frame = pandas.DataFrame(rows)
    return frame.set_index("customer") if rows else frame


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("store")
    parser.add_argument("tenant", nargs="?", default="default")
    parser.add_argument("--key-file")
    parser.add_argument("--type", action="append", default=[])
    arguments = parser.parse_args()
    with crm.Store.open(arguments.store,
                        key_file=arguments.key_file) as store:
        tenant = store.tenant(arguments.tenant)
        events = events_frame(tenant, arguments.type)
        profiles = profiles_frame(tenant)
    print(f"{len(events)} events, {len(profiles)} customers")
    if not events.empty:
        print(events.groupby(["source", "type"]).size().to_string())
        by_day = events["occurred_at"].dt.floor("D")
        print(events.groupby(by_day).size().tail(7).to_string())
    print(profiles.head().to_string())


if __name__ == "__main__":
    main()
