"""Real-looking work for tests and the demo: many actions over several accounts, each recognisable at X."""
import random

POSTS = [
    "Shipping the new release tonight \N{ROCKET} number {n}",
    "Notes from the field, part {n}: measure first, then cut",
    "\u4eca\u65e5\u306e\u5929\u6c17\u306f\u6674\u308c\u3067\u3059 {n}",
    "Read more: https://example.com/posts/{n}?ref=roost",
    "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} hello again, round {n} & counting <3",
    "Caf\u00e9, na\u00efve, \u00fcber: accents survive \u2014 {n}",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\ub3c4 \uc798 \ub429\ub2c8\ub2e4 {n}",
]
DMS = ["See you at eight, table {n}", "\u00a1Gracias! Orden {n} \N{PARTY POPPER}", "Invoice {n} is on its way"]


def make(count, accounts, users, posts, seed=1, dm_share=0.06):
    """`count` jobs, each with a `mark` by which its effect at X is known: (kind, account, what)."""
    r = random.Random(seed)
    used = set()
    jobs = []
    while len(jobs) < count:
        n = len(jobs)
        account = accounts[n % len(accounts)]
        roll = r.random()
        if roll < 0.40:
            text = r.choice(POSTS).format(n=n)
            job = {"action": "post", "args": {"text": text}}
            mark = ("post", account, text)
        elif roll < 0.50:
            text = f"\u21a9 agreed, and thank you ({n})"
            job = {"action": "reply", "args": {"to": r.choice(posts), "text": text}}
            mark = ("post", account, text)
        elif roll < 0.68:
            post = r.choice(posts)
            job = {"action": "like", "args": {"post": post}}
            mark = ("like", account, post)
        elif roll < 0.80:
            user = r.choice(users)
            job = {"action": "follow", "args": {"user": user}}
            mark = ("follow", account, user)
        elif roll < 0.88:
            post = r.choice(posts)
            job = {"action": "repost", "args": {"post": post}}
            mark = ("repost", account, post)
        elif roll < 1 - dm_share:
            post = r.choice(posts)
            job = {"action": "bookmark", "args": {"post": post}}
            mark = ("bookmark", account, post)
        else:
            text = r.choice(DMS).format(n=n)
            job = {"action": "dm", "args": {"to": r.choice(users), "text": text}}
            mark = ("dm", account, text)
        if mark in used:
            continue  # the same effect twice would be two jobs with one mark
        used.add(mark)
        job["account"] = account
        jobs.append((job, mark))
    return jobs
