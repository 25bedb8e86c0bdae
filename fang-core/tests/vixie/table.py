#!/usr/bin/env python3
"""Prints the table that the test reads: when crontab(5) fires, computed without the library.

Follows Vixie cron 3.0 (entry.c, cron.c): a field is a set of numbers; the flags DOM_STAR and DOW_STAR are set when the
field of that day begins with a star; a day matches when both day fields do, if either flag is set, and else when one
does. Run it with no arguments: `python3 table.py > table.txt`.
"""
import datetime
import random

START = datetime.datetime(2026, 11, 24, 10, 0)
NAMES = {
    3: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    4: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
BOUNDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def number(text, field):
    names = NAMES.get(field, [])
    if text.lower() in names:
        return names.index(text.lower()) + BOUNDS[field][0]
    return int(text)


def numbers(text, field):
    low, high = BOUNDS[field]
    found = set()
    for part in text.split(","):
        part, _, step = part.partition("/")
        if part == "*":
            first, last = low, high
        elif "-" in part:
            first, last = (number(end, field) for end in part.split("-"))
        else:
            first = last = number(part, field)
        found.update(range(first, last + 1, int(step or 1)))
    if field == 4 and (0 in found or 7 in found):
        found |= {0, 7}
    return found


def fires(pattern, count=3):
    texts = pattern.split()
    minutes, hours, days, months, weekdays = (numbers(text, field) for field, text in enumerate(texts))
    has_star = texts[2].startswith("*") or texts[4].startswith("*")
    found, day = [], START.date()
    while len(found) < count:
        of_month, of_week = day.day in days, day.isoweekday() % 7 in weekdays
        is_day = (of_month and of_week) if has_star else (of_month or of_week)
        if day.month in months and is_day:
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    at = datetime.datetime.combine(day, datetime.time(hour, minute))
                    if at > START and len(found) < count:
                        found.append(at)
        day += datetime.timedelta(days=1)
    return found


def random_field(rng, field):
    low, high = BOUNDS[field]
    high = min(high, 28) if field == 2 else high
    one = lambda: rng.randint(low, high)
    def part():
        kind = rng.randrange(6)
        first, last = sorted((one(), one()))
        if kind == 0:
            return f"*/{rng.choice([2, 3, 5, 7, 100])}"
        if kind == 1:
            return f"{first}-{last}"
        if kind == 2:
            return f"{first}-{last}/{rng.randint(1, 4)}"
        if kind == 3 and field in NAMES:
            return rng.choice(NAMES[field]).upper()
        return str(one())
    return ",".join(part() for _ in range(rng.choice([1, 1, 1, 2])))


def main():
    rng = random.Random(1)
    patterns = ["0 0 */2 * 1", "0 9 */100,1-7 * MON", "0 0 13 * 5", "30 9 * * 1", "0 0 1,*/10 * 1", "0 0 1-31 * 1",
                "0 0 * * */2", "0 0 13 * */2", "0 0 13 * 0-7", "0 0 1 * 7", "0 0 1 * SUN", "15,45 8-18/2 * 2 *"]
    while len(patterns) < 200:
        fields = [random_field(rng, field) if rng.random() < 0.7 else "*" for field in range(5)]
        patterns.append(" ".join(fields))
    for pattern in patterns:
        print(pattern, *(at.strftime("%Y-%m-%dT%H:%M") for at in fires(pattern)), sep=" | ")


main()
