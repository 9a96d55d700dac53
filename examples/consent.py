"""What a service does about consent: a grant, the question before each message,
the link that takes it back, and what is shown later.

    python examples/consent.py
"""

import datetime

import crm


def main():
    now = datetime.datetime.now(datetime.timezone.utc)
    with crm.Store.open_in_memory() as store:
        club = store.tenant("golf-club")
        club.set_consent_settings({
            "purposes": {"newsletter": {"text": {"en": "News of the club"}}},
            "templates": {"booking": {"class": "transactional"}}})
        ada = club.record_consent(
            "grant", purpose="newsletter", channel="email",
            identifiers={"email": "ada@example.com"}, method="web-form",
            ip_address="192.0.2.0").customer

        def ask(**more):
            decision = club.check_consent(ada, "newsletter", "email", at=now,
                                          **more)
            print(f"{decision.verdict} ({decision.rule})")
            return decision

        if ask().verdict == crm.Verdict.ALLOW:
            print("News for Ada")
        club.record_consent("withdraw", purpose="newsletter", channel="email",
                            customer=ada, method="one-click")
        ask()
        ask(template_name="booking")
        for act in club.consent_history(ada):
            print(act["action"], "->", act["state"])
        receipt = club.consent_receipt(
            ada, club.consent_history(ada)[0]["position"], format="iso27560")
        print(receipt["header"]["schema_version"])


if __name__ == "__main__":
    main()
