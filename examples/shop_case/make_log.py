"""Writes the export of a small shop: two months of orders, the catalogue and the customers.

The same files come out on every machine: python make_log.py [FOLDER]
"""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

SEED = 1
CUSTOMERS = 60
CATEGORIES = ("Garden > Tools", "Kitchen > Pans", "Sport > Running", "Home > Lamps")
BRANDS = ("Falk", "Müller & Söhne", "Ørn", "Plato", "Quist")
START = datetime(2025, 3, 1)
HEADER = "order_no;line;customer;sku;ordered_at;amount;state"


def price(number: int) -> str:
    """Returns the price of product `number` as the shop writes it, such as 1.049,90."""
    return f"{9 + number * number},90" if number < 32 else f"1.0{number},90"


def write_products(folder: Path) -> None:
    """Writes 40 products: ten of each category, eight of each brand."""
    lines = ["sku;name;category;brand;price"]
    for number in range(40):
        brand, category = BRANDS[number % 5], CATEGORIES[number % 4]
        cost = "on request" if number == 39 else f"{price(number)} €"
        lines.append(f"A-{number:03};{brand} no. {number};{category};{brand};{cost}")
    (folder / "products.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))


def write_customers(folder: Path) -> None:
    """Writes the 60 customers; customer n is member n of the pool that the examples share."""
    lines = ["customer;email_sha256"]
    for number in range(CUSTOMERS):
        email = hashlib.sha256(f"member{number}@example.org".encode()).hexdigest()
        lines.append(f"C{1000 + number};{email}")
    (folder / "customers.csv").write_text("\n".join(lines) + "\n")


def draw_orders(random: Random) -> list[tuple[datetime, str]]:
    """Returns the rows of 4 to 8 purchases of each customer, and a wish of every second one.

    Four of five rows are of the customer's own category.
    """
    rows = []
    for customer in range(CUSTOMERS):
        purchases = 4 + customer % 5
        for n in range(purchases + (customer % 2 == 0)):
            category = customer % 4 if random.random() < 0.8 else int(random.random() * 4)
            product = category + 4 * int(random.random() * 10)
            at = START + timedelta(seconds=int(random.random() * 61 * 86_400))
            state = "paid" if n < purchases else "wishlist"
            amount = price(product) if state == "paid" else ""
            rows.append(
                (at, f"C{1000 + customer};A-{product:03};{at:%d.%m.%Y %H:%M:%S};{amount};{state}")
            )
    return sorted(rows)


def write_orders(folder: Path) -> None:
    """Writes March and April. April begins with March's last six rows, and both have some dirt."""
    orders = draw_orders(Random(SEED))
    rows = [f"{70_000 + n};1;{row}" for n, (_, row) in enumerate(orders)]
    march = sum(at < datetime(2025, 4, 1) for at, _ in orders)
    dirt = [
        "90001;1;NULL;A-003;07.03.2025 10:00:00;18,90;paid",  # a guest
        "90002;1;NULL;A-007;07.03.2025 10:05:00;58,90;paid",
        "90003;1;C1001;A-004;31.02.2025 10:00:00;25,90;paid",  # no such day
        "90004;1;C1002;A-005;09.03.2025 11:00:00;34,90;test",  # a word nobody told us
        "90005;1;C1003;A-006;09.03.2025 12:00:00;45,90;paid;gift; wrapped",  # a note with the mark
        "90006;1;C1004;A-007;09.03.2025 13:00:00;fifty;paid",
        *(f"9001{n};1;C100{n};A-01{n};1{n}.03.2025 09:00:00;9,90;cancelled" for n in range(4)),
    ]
    for name, part in (("03", rows[:march] + dirt), ("04", rows[march - 6 :])):
        text = "\r\n".join([HEADER, *part]) + "\r\n"
        (folder / f"orders-2025-{name}.csv").write_bytes(text.encode("cp1252"))


def main(folder: Path) -> None:
    """Writes all files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_products(folder)
    write_customers(folder)
    write_orders(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
