#!/usr/bin/env python3
"""Writes Python's own answers of fnmatchcase to test/data/fnmatch.json: texts, and for each pattern one digit a text."""
import fnmatch
import json
import random

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


def main():
    chance = random.Random(1)
    alphabet = "ab@.*?[]!-^\\"
    patterns = PATTERNS + ["".join(chance.choice(alphabet) for _ in range(chance.randint(1, 7))) for _ in range(400)]
    short = ["".join(chance.choice("ab@.[]!-^\\") for _ in range(chance.randint(0, 5))) for _ in range(60)]
    texts = sorted(set(TEXTS + short))
    corpus = []
    for pattern in dict.fromkeys(patterns):
        low = pattern.lower()
        corpus.append([pattern, "".join("1" if fnmatch.fnmatchcase(text, low) else "0" for text in texts)])
    with open("test/data/fnmatch.json", "w") as out:
        out.write('{"texts": %s,\n"answers": [\n%s\n]}\n' % (json.dumps(texts), ",\n".join(json.dumps(row) for row in corpus)))


main()
