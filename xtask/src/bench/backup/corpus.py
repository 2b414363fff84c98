"""The corpus of `cargo xtask bench backup`: what an office server with some programs on it holds.

    corpus.py make FOLDER [--scale 1.0]
    corpus.py change FOLDER

`make` writes about 1.6 GB in 39,000 files, always the same bytes: a source tree (30,000 text
files), libraries (9,000 half compressible files), a ledger (an SQLite database of 400 MB) and
random bytes (200 MB, as of photographs and archives). `change` edits one file in a hundred of the
tree and the libraries, one row in a hundred of the ledger, and a hundredth of the random bytes.
"""

import argparse
import math
import os
import random
import sqlite3

TEXTS = 30_000
LIBRARIES = 9_000
LEDGER_ROWS = 4_100_000
RANDOM_FILES = 4
RANDOM_BYTES = 50 * 1024 * 1024
SYLLABLES = "ba be bo da de do fa fi ka ke ko la le li lo ma me mi mo na ne no pa pe po ra re ri ro sa se so ta te ti to wa we wi za ze zo".split()


def words(chance):
    """Twenty thousand words, common ones far more often than rare ones."""
    vocabulary = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 5))) for _ in range(20_000)]
    weights = [1 / (rank + 2) for rank in range(len(vocabulary))]
    return vocabulary, weights


def prose(chance, count):
    vocabulary, weights = words(chance)
    drawn = chance.choices(vocabulary, weights, k=count)
    lines = []
    for start in range(0, count, 9):
        indent = "    " * chance.randint(0, 3)
        lines.append(indent + " ".join(drawn[start : start + 9]) + ";\n")
    return "".join(lines).encode()


def make_texts(folder, chance, count):
    pool = prose(chance, 3_000_000)
    for number in range(count):
        place = os.path.join(folder, f"module-{number // 600:03}", f"part-{number // 30:04}")
        os.makedirs(place, exist_ok=True)
        size = min(int(math.exp(chance.gauss(9.1, 0.9))), 400_000)
        start = chance.randrange(len(pool) - size)
        with open(os.path.join(place, f"source-{number:05}.txt"), "wb") as file:
            file.write(f"file {number}, {chance.random()}\n".encode())
            file.write(pool[start : start + size])


def make_libraries(folder, chance, count):
    pool = b"".join(
        number.to_bytes(4, "little") + bytes(8) + chance.randbytes(4) for number in range(500_000)
    )
    for number in range(count):
        place = os.path.join(folder, f"library-{number // 45:03}")
        os.makedirs(place, exist_ok=True)
        size = min(int(math.exp(chance.gauss(10.7, 1.0))), 4_000_000)
        with open(os.path.join(place, f"object-{number:05}.bin"), "wb") as file:
            while size > 0:
                length = min(size, chance.randint(500, 4_000))
                if chance.random() < 0.45:
                    file.write(chance.randbytes(length))
                else:
                    start = chance.randrange(len(pool) - length)
                    file.write(pool[start : start + length])
                size -= length


def make_ledger(path, chance, rows):
    vocabulary, weights = words(chance)
    names = [" ".join(chance.choices(vocabulary, weights, k=4)) for _ in range(5_000)]
    ledger = sqlite3.connect(path)
    ledger.execute("PRAGMA synchronous = OFF")
    ledger.execute(
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, day TEXT, account TEXT, debit INTEGER,"
        " credit INTEGER, document TEXT, note TEXT)"
    )

    def entries():
        for number in range(rows):
            amount = chance.randrange(1, 10_000_000)
            yield (
                number,
                f"20{16 + number * 10 // rows}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
                f"{chance.randrange(100, 999)}-{chance.randrange(10_000)}",
                amount,
                0,
                f"FV/{number % 9_999}/{chance.getrandbits(48):012x}",
                names[chance.randrange(len(names))],
            )

    ledger.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", entries())
    ledger.execute("CREATE INDEX entry_account ON entry (account)")
    ledger.commit()
    ledger.close()


def make_random(folder, chance, size):
    os.makedirs(folder)
    for number in range(RANDOM_FILES):
        with open(os.path.join(folder, f"picture-{number}.raw"), "wb") as file:
            left = size
            while left > 0:
                part = min(left, 1024 * 1024)
                file.write(chance.randbytes(part))
                left -= part


def make(folder, scale):
    os.makedirs(folder)
    make_texts(os.path.join(folder, "tree"), random.Random(1), int(TEXTS * scale))
    make_libraries(os.path.join(folder, "libraries"), random.Random(2), int(LIBRARIES * scale))
    make_ledger(os.path.join(folder, "ledger.db"), random.Random(3), int(LEDGER_ROWS * scale))
    make_random(os.path.join(folder, "pictures"), random.Random(4), int(RANDOM_BYTES * scale))


def all_files(folder):
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        found.extend(os.path.join(place, name) for name in sorted(names))
    return found


def change(folder):
    chance = random.Random(5)
    candidates = all_files(os.path.join(folder, "tree")) + all_files(os.path.join(folder, "libraries"))
    for path in chance.sample(candidates, max(1, len(candidates) // 100)):
        with open(path, "r+b") as file:
            size = os.path.getsize(path)
            file.seek(chance.randrange(size))
            file.write(chance.randbytes(200))
    ledger = sqlite3.connect(os.path.join(folder, "ledger.db"))
    (rows,) = ledger.execute("SELECT count(*) FROM entry").fetchone()
    for _ in range(10):
        start = chance.randrange(rows)
        ledger.execute(
            "UPDATE entry SET credit = debit WHERE id BETWEEN ? AND ?", (start, start + rows // 1_000)
        )
    ledger.commit()
    ledger.close()
    pictures = os.path.join(folder, "pictures")
    first = os.path.join(pictures, sorted(os.listdir(pictures))[0])
    with open(first, "r+b") as file:
        file.write(chance.randbytes(max(1, os.path.getsize(first) * RANDOM_FILES // 100)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["make", "change"])
    parser.add_argument("folder")
    parser.add_argument("--scale", type=float, default=1.0)
    arguments = parser.parse_args()
    if arguments.command == "make":
        make(arguments.folder, arguments.scale)
    else:
        change(arguments.folder)


if __name__ == "__main__":
    main()
