"""Who is meant, how many are they, and why is she one of them?

    PYTHONPATH=build/release/bindings/python python3 examples/segment.py
"""

import datetime
import tempfile

import crm
from crm.criteria import ago, event, field, prop

NOW = datetime.datetime(2026, 3, 15, tzinfo=datetime.timezone.utc)


def order(number, customer, day, total):
    return {"id": f"o-{number}", "type": "OrderPlaced", "source": "shop",
            "timestamp": f"2026-{day}T10:00:00Z",
            "identity": {"customerId": f"c{customer}"},
            "payload": {"orderId": f"o-{number}", "total": total,
                        "traits": {"country": "ZA" if customer < 3 else "DE"}}}


def main():
    with tempfile.TemporaryDirectory() as folder, crm.Store.open(
            folder + "/store", create_if_missing=True) as store:
        shop = store.tenant("shop")
        shop.append([order(1, 1, "02-20", 700), order(2, 1, "03-01", 400),
                     order(3, 2, "03-02", 90), order(4, 3, "03-05", 900),
                     order(5, 4, "01-05", 50)])

        # Who spent over 1,000 in the last 30 days, or 80 at once in ZA?
        orders = event("OrderPlaced")
        good = (orders.last(days=30).sum("total") > 1000) | (
            (field("country") == "ZA")
            & orders.where(prop("total") >= 80).happened())
        print(crm.describe_criteria(good))
        found = shop.preview(good, as_of=NOW)
        print(f"{found.matching} of {found.customers}: {found.sample}")

        # Who is going away? Nobody of whom it is not known.
        lapsed = orders.last_time() < ago(months=2)
        print("lapsed:", shop.preview(lapsed, as_of=NOW).sample)

        # Why her?
        print(shop.evaluate(found.sample[0], good, as_of=NOW).text, end="")


if __name__ == "__main__":
    main()
