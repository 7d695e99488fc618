#!/usr/bin/env python3
"""
Python's own answers of fnmatchcase. Without arguments: writes test/data/fnmatch.json, texts and for each pattern one
digit a text. With `--cases N [--seed S]`: prints N random cases, ten texts a JSON line `[pattern, [text …], digits]`.
"""
import argparse
import fnmatch
import json
import random
import warnings

# Sets that a later Python may read otherwise.
warnings.simplefilter("ignore", FutureWarning)

TEXTS = [
    "", "a", "b", "ab", "abc", "a@b", "test@example.com", "test1@example.com", "tester.one@example.com", "info@example.com",
    "a.b@example.com", "a-b@example.com", "a]b@example.com", "a!b@example.com", "a[b@example.com", "a^b@example.com",
    "a\\b@example.com", "a*b@example.com", "a?b@example.com", "a+b@example.com", "user@sub.example.com", "x" * 40 + "@example.com",
]
PATTERNS = [
    "*", "?", "??", "a*", "*@example.com", "test*@example.com", "test?@example.com", "*.*@*", "[ab]*", "[!ab]*", "[a-c]*", "[c-a]*",
    "[]a]*", "[!]a]*", "[a", "a[", "[]", "[!]", "[!]*", "a[]]b*", "a[!]]b*", "a[[]b*", "a[\\\\]b*", "a\\b*", "a[*]b*", "a[?]b*",
    "a[+-]b*", "a[+-.]b*", "a[^]b*", "a[!^]b*", "*a*b*c*", "**", "***a", "a**b*", "x*x*x*x*x*x@*", "[a-]*", "[-a]*", "[a-b-c]*",
    "[--a]*", "info@example.com", "INFO@example.com", "*@*.example.com", "", "[0-9]*", "*[0-9]@*", "[a-zA-Z]*", "[!a-z]*",
]


# What fuzzing found to differ from earlier readings of a set, each kind made as short as it gets.
FOUND = [
    "[^-9!]", "[b-a!]", "[b-a^]", "[b-a!a]*", "[!b-a]", "[!b-a]*", "[!b-a!]*", "[b-a!-z]*", "[b-a!-zy-b]*", "[!-z]*", "[!-]*", "[!--z]*",
    "[z-a]*", "[z-aa]*", "[az-a]*", "[az-ab]*", "[c-ba-@]*", "[]-a]*", "[]-[]*", "[!]-[]*", "[a-b-c-d]*", "[a--b]*", "[--]*", "[---]*",
    "[b-a-]*", "[b-a-b-a]*", "[9-!-b]*", "[a-\U0001f600-z]*", "[\U0001f600-a!]*", "[~~b]*", "[a&&b]*", "[a||b]*", "[[a]*", "[^a]*", "[\\-b]*",
]
ALPHABETS = ["9!-^", "b!-^a", "ab@.*?[]!-^\\", "ab!-^]", "azAZ09.-_@![]*?", "[]!-^&|~\\a", "abc-!^[]"]


def digits(texts, pattern):
    low = pattern.lower()
    return "".join("1" if fnmatch.fnmatchcase(text, low) else "0" for text in texts)


def any_pattern(chance):
    alphabet = chance.choice(ALPHABETS)
    some = lambda most: "".join(chance.choice(alphabet) for _ in range(chance.randint(0, most)))
    # Half of them are made of sets: that is where readings differ.
    return chance.choice([some(9), some(2) + "[" + some(7) + "]" + some(2)])


def any_text(chance):
    letters = chance.choice(["9!-^ab", "ab!-^[]@.", "azAZ09.-_@".lower(), "&|~\\a!-^"])
    return "".join(chance.choice(letters) for _ in range(chance.randint(0, 4)))


def print_cases(count, seed):
    chance = random.Random(seed)
    for _ in range(count // 10):
        pattern, texts = any_pattern(chance), [any_text(chance) for _ in range(10)]
        print(json.dumps([pattern, texts, digits(texts, pattern)]))


def write_corpus():
    chance = random.Random(1)
    alphabet = "ab@.*?[]!-^\\"
    patterns = PATTERNS + ["".join(chance.choice(alphabet) for _ in range(chance.randint(1, 7))) for _ in range(400)] + FOUND
    short = ["".join(chance.choice("ab@.[]!-^\\") for _ in range(chance.randint(0, 5))) for _ in range(60)]
    texts = sorted(set(TEXTS + short + list("!&-9@[\\]^|~az")))
    corpus = [[pattern, digits(texts, pattern)] for pattern in dict.fromkeys(patterns)]
    with open("test/data/fnmatch.json", "w") as out:
        out.write('{"texts": %s,\n"answers": [\n%s\n]}\n' % (json.dumps(texts), ",\n".join(json.dumps(row) for row in corpus)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    if given.cases is None:
        write_corpus()
    else:
        print_cases(given.cases, given.seed)


main()
