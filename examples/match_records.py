"""Who of these people are one? Records in memory, a question, and its reasons.

    python examples/match_records.py
"""

import crm

MEMBERS = [
    {"id": "club:1", "given_name": "William", "surname": "Blackwood",
     "birth_date": "1961-04-09", "postcode": "7640", "email": "wb@example.com"},
    {"id": "club:2", "given_name": "Nomsa", "surname": "Dlamini",
     "birth_date": "1990-01-17", "postcode": "8001"},
    {"id": "club:3", "given_name": "Karl", "surname": "Blackwood",
     "birth_date": "1993-11-30", "postcode": "7640"},
]
# Another table, with columns of its own.
GUESTS = {
    "guest": ["A-4", "A-5"],
    "name": ["Bill Blackwood", "Dlamini, Nomsa"],
    "born": ["1961-04-09", None],
    "mail": ["wb@example.com", None],
}


def main():
    people = crm.MatchSet()
    people.add_many(MEMBERS)
    people.add_columns(GUESTS, id="guest", fields={
        "full_name": "name", "birth_date": "born", "email": "mail"})

    # Of thousands of records one trains a model; these are too few for that.
    try:
        model = crm.train_model(people).model
    except crm.InputError:
        model = crm.MatchModel.default()
    result = crm.link_records(people, model)

    persons = {}
    for number, cluster in enumerate(result.clusters):
        persons.setdefault(cluster, []).append(people.id(number))
    for ids in persons.values():
        print("one person:", ", ".join(ids))

    for review in result.review:
        a, b = review.pair.a, review.pair.b
        print("perhaps:", people.id(a), "and", people.id(b))
    link = result.links[0]
    why = crm.explain_pair(people, link.a, link.b, model=model,
                           prior=result.prior)
    for evidence in why.evidence:
        if evidence.level != "missing":
            print(f"  {evidence.field}: {evidence.level}")

    # What somebody says about a pair counts in the next run.
    said = crm.link_records(people, model,
                            must_link=[(people.find("club:2"),
                                        people.find("A-5"))])
    print(said.cluster_count, "persons")


if __name__ == "__main__":
    main()
