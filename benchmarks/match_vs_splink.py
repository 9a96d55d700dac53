#!/usr/bin/env python3
"""Links one file of made-up persons with libcrm and with Splink on DuckDB.

  match_vs_splink.py --crm PROGRAM --generate PROGRAM [--records N]

The same file, the same columns to block on, one after the other, each in a
process of its own. Without the packages splink and duckdb it says so, measures
libcrm alone, and is no failure. `./dev bench --splink` installs them.
"""

import argparse
import collections
import csv
import json
import os
import subprocess
import sys
import tempfile
import time

FIELDS = ("given_name", "surname", "birth_date", "sex", "street",
          "house_number", "city", "postcode", "country", "email", "phone")

# Splink leaves the choice to its user: the best of these counts, as only the
# truth can tell. libcrm has its default.
SPLINK_WEIGHTS = (4, 12, 20, 28, 36)


def quality(clusters, truth):
    """(precision, recall, F1) of the pairs."""
    def pairs(counts):
        return sum(n * (n - 1) // 2 for n in counts.values())
    both = pairs(collections.Counter(
        (truth[key], cluster) for key, cluster in clusters.items()))
    found = pairs(collections.Counter(clusters.values()))
    true = pairs(collections.Counter(truth[key] for key in clusters))
    precision = both / max(found, 1)
    recall = both / max(true, 1)
    return precision, recall, 2 * both / max(found + true, 1)


def read_clusters(path):
    with open(path, newline="", encoding="utf-8") as file:
        return {row["record_id"]: row["cluster_id"]
                for row in csv.DictReader(file)}


def timed(command):
    """Runs a child: seconds, peak memory in MiB, its standard output."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        raise SystemExit(f"{command[0]} failed: {status}")
    return seconds, usage.ru_maxrss / 1024, output


def run_splink(path, out, threads):
    """In a process of its own: Splink as its documents teach it."""
    import duckdb
    import pandas as pd
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    people = pd.read_csv(path, dtype=str, keep_default_na=False)
    people = people.drop(columns=["truth"]).replace("", None)
    people = people.rename(columns={"record_id": "unique_id"})
    digits = people["phone"].str.replace(r"\D", "", regex=True)
    people["phone_end"] = digits.str[-7:]
    people["birth_year"] = people["birth_date"].str[:4]
    people["birth_month_day"] = people["birth_date"].str[5:]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.ExactMatch("sex"),
            cl.LevenshteinAtThresholds("street", [1, 2]),
            cl.LevenshteinAtThresholds("house_number", [1]),
            cl.JaroWinklerAtThresholds("city", [0.9]).configure(
                term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("postcode", [1]),
            cl.EmailComparison("email"),
            cl.ExactMatch("phone_end"),
        ],
        # What libcrm blocks on, as far as it is the value of a column.
        blocking_rules_to_generate_predictions=[
            block_on("phone_end"),
            block_on("given_name", "surname"),
            block_on("email"),
            block_on("birth_date"),
            block_on("surname", "birth_year"),
            block_on("given_name", "birth_month_day"),
            block_on("surname", "birth_month_day"),
            block_on("postcode", "house_number"),
            block_on("postcode", "surname"),
            block_on("postcode", "given_name"),
            block_on("street", "house_number"),
            block_on("postcode", "birth_year"),
            block_on("surname", "city"),
            block_on("given_name", "city"),
        ])
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    api = DuckDBAPI(connection=connection)
    try:
        people_in = api.register(people)
        linker = Linker(people_in, settings)
    except AttributeError:
        linker = Linker(people, settings, db_api=api)
    train = linker.training
    train.estimate_probability_two_random_records_match(
        [block_on("given_name", "surname", "birth_date"),
         block_on("email")], recall=0.8)
    train.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("birth_date"), block_on("given_name", "surname"),
                 block_on("email")):
        train.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_weight=-10)
    for weight in SPLINK_WEIGHTS:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_weight=weight)
        clusters = found.as_pandas_dataframe()[["unique_id", "cluster_id"]]
        clusters.columns = ["record_id", "cluster_id"]
        clusters.to_csv(f"{out}.{weight}", index=False)


def has_splink():
    try:
        import duckdb  # noqa: F401
        import splink  # noqa: F401
    except ImportError:
        return False
    return True


def show(name, seconds, memory, result, pairs=None):
    speed = f"{pairs / seconds:12,.0f}" if pairs else f"{'':12}"
    precision, recall, f1 = result
    print(f"{name:18} {seconds:9.1f} s {memory:9,.0f} MiB {speed} pairs/s  "
          f"P {precision:.4f}  R {recall:.4f}  F1 {f1:.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crm")
    parser.add_argument("--generate")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--splink-child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.splink_child:
        run_splink(*options.splink_child, options.threads)
        return
    with tempfile.TemporaryDirectory() as folder:
        people = os.path.join(folder, "people.csv")
        # 2.5 records for each person.
        subprocess.run([options.generate, "--style", "clean", "--persons",
                        str(options.records * 2 // 5 + 1), "--out", people],
                       check=True)
        with open(people, newline="", encoding="utf-8") as file:
            truth = {row["record_id"]: row["truth"]
                     for row in csv.DictReader(file)}
        print(f"{len(truth):,} records of {len(set(truth.values())):,} "
              f"persons, {options.threads} threads, links from 2 bits on")
        people_map = os.path.join(folder, "map.json")
        with open(people_map, "w", encoding="utf-8") as file:
            json.dump({"id": "record_id",
                       "fields": {name: name for name in FIELDS}}, file)
        out = os.path.join(folder, "clusters.csv")
        seconds, memory, output = timed(
            [options.crm, "identity", "link-file", people, "--map", people_map,
             "--out", out, "--threads", str(options.threads), "--json"])
        pairs = json.loads(output.splitlines()[-1])["pairs"]
        ours = quality(read_clusters(out), truth)
        show("libcrm", seconds, memory, ours, pairs)
        if not has_splink():
            print("skipped: Splink is not installed (./dev bench --splink "
                  "installs it)")
            return
        os.remove(out)
        rival, memory, _ = timed(
            [sys.executable, os.path.abspath(__file__), "--threads",
             str(options.threads), "--splink-child", people, out])
        weight, theirs = max(
            ((weight, quality(read_clusters(f"{out}.{weight}"), truth))
             for weight in SPLINK_WEIGHTS), key=lambda one: one[1][2])
        print(f"(Splink links from {weight} bits on, the best of "
              f"{SPLINK_WEIGHTS})")
        show("Splink on DuckDB", rival, memory, theirs)
        print(f"libcrm is {rival / seconds:.1f} times as fast; F1 "
              f"{ours[2] - theirs[2]:+.4f}")


if __name__ == "__main__":
    main()
