"""What the check scripts share: which files are ours, and C without its comments and strings."""

import argparse
import os
import re
import sys

FOLDERS = ("common", "dispatcher", "worker", "client", "tests")
SKIPPED = {"__pycache__", ".cache", "node_modules", "corpus"}
REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Check:
    """One run of a check: its options, the files it looks at, what it found."""

    def __init__(self, what, example, add_options=None):
        parser = argparse.ArgumentParser(
            description=what, epilog="example: " + example,
            formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--root", default=REPOSITORY, help="the tree to look at (default: this one)")
        if add_options:
            add_options(parser)
        self.options = parser.parse_args()
        self.name = os.path.basename(sys.argv[0])
        self.found = []

    def files(self, *endings):
        """Paths under the root, with '/', sorted, of the files that end so."""
        root = self.options.root
        paths = []
        for folder in FOLDERS:
            for at, folders, names in os.walk(os.path.join(root, folder)):
                folders[:] = [f for f in folders if f not in SKIPPED and not f.startswith("build")]
                paths += [os.path.relpath(os.path.join(at, n), root) for n in names if n.endswith(endings)]
        return sorted(paths)

    def read(self, path):
        with open(os.path.join(self.options.root, path), encoding="utf-8") as f:
            return f.read()

    def complain(self, path, line, words):
        self.found.append(f"{path}:{line}: {words}")

    def end(self, summary):
        """Prints what was found; exits with 1 if there was anything."""
        for words in self.found:
            print(words)
        if self.found:
            print(f"{self.name}: {len(self.found)} to mend")
            sys.exit(1)
        print(f"{self.name}: {summary}")
        sys.exit(0)


TOKENS = re.compile(r"""
      /\*.*?\*/               # a comment
    | //[^\n]*                # one that should not be there
    | "(?:\\.|[^"\\\n])*"     # a string
    | '(?:\\.|[^'\\\n])*'     # a character
    """, re.VERBOSE | re.DOTALL)


def blank(text, keep_strings=False):
    """C with comments (and the insides of strings) made blank; every line and column stays."""
    def replace(match):
        token = match.group(0)
        if token[0] in "\"'":
            if keep_strings:
                return token
            return token[0] + " " * (len(token) - 2) + token[-1]
        return re.sub(r"[^\n]", " ", token)
    return TOKENS.sub(replace, text)


def blank_directives(code):
    """The same without preprocessor lines and what continues them."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code,
                  flags=re.MULTILINE)


def line_of(text, at):
    return text.count("\n", 0, at) + 1
