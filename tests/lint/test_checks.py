"""Plants each thing that a check script looks for in a small tree, and sees that it is found."""

import os
import subprocess
import tempfile
import unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(script, files, *options):
    """Runs a check over a tree of these files; returns its exit code and what it printed."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        done = subprocess.run([os.path.join(REPOSITORY, "scripts", script), "--root", root, *options],
                              check=False, capture_output=True, text=True, timeout=100)
        return done.returncode, done.stdout + done.stderr


class Planted(unittest.TestCase):
    def finds(self, script, files, *words, options=()):
        code, text = run(script, files, *options)
        self.assertEqual(code, 1, text)
        for word in words:
            self.assertIn(word, text)

    def passes(self, script, files, options=()):
        code, text = run(script, files, *options)
        self.assertEqual(code, 0, text)


class Layers(Planted):
    def includes(self, path, header):
        self.finds("check-layers", {path: f"#include {header}\n"}, f"{path}:1:")

    def may_include(self, path, header):
        self.passes("check-layers", {path: f"#include {header}\n"})

    def test_an_arrow_that_points_up(self):
        self.includes("common/base/a.c", '"common/wire/value.h"')
        self.includes("common/net/a.c", '"common/wire/value.h"')
        self.includes("common/wire/a.c", '"common/json/json.h"')
        self.includes("common/conf/a.c", '"dispatcher/core/core.h"')
        self.includes("dispatcher/store/a.c", '"dispatcher/edge/agents.h"')
        self.includes("dispatcher/store/a.c", '"dispatcher/core/core.h"')
        self.includes("dispatcher/vault/a.c", '"dispatcher/core/job.h"')
        self.includes("dispatcher/vault/a.c", '"common/net/zsock.h"')
        self.includes("dispatcher/edge/a.c", '"dispatcher/store/store.h"')
        self.includes("dispatcher/turn.c", '"worker/attempt.h"')
        self.includes("worker/attempt.c", '"common/wire/value.h"')
        self.includes("worker/attempt.c", '"common/net/zsock.h"')
        self.includes("worker/worker.c", '"dispatcher/core/core.h"')
        self.includes("client/cli/jobs.c", '"client/lib/inside.h"')
        self.includes("client/lib/roost.c", '"dispatcher/core/job.h"')
        self.includes("tests/xsim/a.c", '"worker/attempt.h"')
        self.includes("tests/xsim/a.c", '"common/wire/value.h"')
        self.includes("tests/xsim/a.c", "<roost/roost.h>".replace("<", '"').replace(">", '"'))
        self.includes("common/base/a.c", '"tests/lib/test.h"')

    def test_arrows_that_point_down(self):
        self.may_include("common/wire/a.c", '"common/base/buf.h"')
        self.may_include("dispatcher/store/a.c", '"dispatcher/core/job.h"')
        self.may_include("dispatcher/turn.c", '"dispatcher/edge/agents.h"')
        self.may_include("worker/worker.c", '"common/wire/value.h"')
        self.may_include("worker/attempt.c", '"common/net/fetch.h"')
        self.may_include("client/cli/jobs.c", '"roost/roost.h"')
        self.may_include("tests/unit/test_a.c", '"dispatcher/core/core.h"')

    def test_a_folder_that_no_row_names(self):
        self.includes("common/extra/a.c", '"common/base/buf.h"')

    def test_a_foreign_header_away_from_home(self):
        self.includes("worker/a.c", "<zmq.h>")
        self.includes("dispatcher/edge/a.c", "<sqlite3.h>")
        self.includes("dispatcher/core/a.c", "<jansson.h>")
        self.includes("dispatcher/store/a.c", "<jansson.h>")
        self.includes("common/wire/a.c", "<jansson.h>")
        self.includes("common/net/a.c", "<openssl/evp.h>")
        self.includes("common/base/a.c", "<unknown/library.h>")
        self.may_include("common/net/a.c", "<zmq.h>")
        self.may_include("worker/a.c", "<jansson.h>")

    def test_a_core_that_is_not_pure(self):
        self.includes("dispatcher/core/a.c", "<time.h>")
        self.includes("dispatcher/core/a.c", "<sys/socket.h>")
        self.includes("dispatcher/core/a.c", '"common/base/log.h"')
        self.may_include("dispatcher/core/a.c", "<string.h>")

    def test_an_include_in_a_comment_is_none(self):
        self.passes("check-layers", {"worker/a.c": "/*\n#include <zmq.h>\n*/\n"})


class Size(Planted):
    def function(self, lines, before="", parameters="void", statement="\tf();\n"):
        return before + f"static int f({parameters})\n{{\n" + statement * (lines - 3) + "}\n"

    def test_a_long_function(self):
        self.finds("check-size", {"worker/a.c": self.function(61)}, "worker/a.c:1: f has 61 lines")
        self.passes("check-size", {"worker/a.c": self.function(60)})

    def test_a_long_table_is_excused_by_name(self):
        self.passes("check-size", {"worker/a.c": self.function(70, "/* lint: long-table */\n")})
        two = self.function(70, "/* lint: long-table */\n") + "\n" + self.function(61)
        self.finds("check-size", {"worker/a.c": two}, "worker/a.c:73: f has 61 lines")

    def test_many_parameters(self):
        self.finds("check-size", {"worker/a.c": self.function(5, parameters="int a, int b, int c, int d, int e,\n\tint (*f)(int, int), int g")},
                   "7 parameters")
        self.passes("check-size", {"worker/a.c": self.function(5, parameters="int a, int b, int c, int d, int e,\n\tint (*f)(int, int)")})

    def test_deep_nesting_with_and_without_braces(self):
        deep = "\tfor (;;)\n\t\tif (a) {\n\t\t\tlist_each (x)\n\t\t\t\twhile (b)\n\t\t\t\t\tf();\n\t\t}\n"
        self.finds("check-size", {"worker/a.c": self.function(4, statement=deep)}, "nests 4 deep")
        chain = "\tif (a)\n\t\tf();\n" + "\telse if (b)\n\t\tf();\n" * 5
        self.passes("check-size", {"worker/a.c": self.function(4, statement=chain)})
        table = "\tstruct x t[] = {{{{1}}}};\n\tswitch (a) {\n\tcase 1:\n\t\tfor (;;) {\n\t\t\tf();\n\t\t}\n\t}\n"
        self.passes("check-size", {"worker/a.c": self.function(4, statement=table)})

    def test_braces_in_text_are_none(self):
        self.passes("check-size", {"worker/a.c": self.function(5, statement='\tf("{{{", \'{\'); /* {{ */\n') +
                                   self.function(60)})

    def test_long_files(self):
        self.finds("check-size", {"worker/a.c": "int x;\n" * 801}, "801 lines")
        self.finds("check-size", {"worker/a.h": "int x;\n" * 301}, "301 lines")
        self.passes("check-size", {"worker/a.c": "int x;\n" * 800, "worker/a.h": "int x;\n" * 300})

    def test_a_full_folder(self):
        self.finds("check-size", {f"worker/a{i}.c": "int x;\n" for i in range(31)}, "31 C files")


class Banned(Planted):
    def bans(self, code, path="worker/a.c"):
        self.finds("check-banned", {path: code + "\n"}, f"{path}:1:")

    def allows(self, code, path="worker/a.c"):
        self.passes("check-banned", {path: code + "\n"})

    def test_every_banned_call(self):
        for name in ("strcpy strcat sprintf strtok atoi gmtime localtime time clock_gettime rand usleep sleep malloc "
                     "calloc realloc free strdup system assert").split():
            self.bans(f"int x = {name} (y);")
            self.allows(f"int x = my_{name}(y);")
            self.allows(f"int x = ops->{name}(y);")
            self.allows(f'/* {name}(y) */ const char *s = "{name}(y)";')

    def test_homes(self):
        self.allows("p = malloc(1);", "common/base/mem.c")
        self.allows("clock_gettime(c, &t);", "common/base/clock.c")
        self.bans("clock_gettime(c, &t);", "common/base/mem.c")

    def test_other_forms(self):
        self.bans("// a comment")
        self.bans("typedef struct a { int b; } a_t;")
        self.bans("/* TODO: later */")
        self.allows("typedef enum err reader(struct str text);")
        self.allows('const char *url = "https://api.x.com//"; /* http://a */')


class Others(Planted):
    def test_a_header_that_does_not_stand_alone(self):
        self.finds("check-headers", {"worker/a.h": "size_t f(void);\n"}, "worker/a.h:1:")
        self.passes("check-headers", {"worker/a.h": "#include <stddef.h>\nsize_t f(void);\n"})

    def test_a_file_that_is_not_laid_out(self):
        with open(os.path.join(REPOSITORY, ".clang-format"), encoding="utf-8") as f:
            style = f.read()
        self.finds("format", {".clang-format": style, "worker/a.c": "int  x ;\n"}, "worker/a.c:1:", options=["--check"])
        self.passes("format", {".clang-format": style, "worker/a.c": "int x;\n"}, options=["--check"])

    def test_every_script_has_help(self):
        folder = os.path.join(REPOSITORY, "scripts")
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if not os.path.isfile(path) or not os.access(path, os.X_OK):
                continue
            done = subprocess.run([path, "--help"], check=False, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")
            self.assertIn("usage", done.stdout, name)


if __name__ == "__main__":
    unittest.main()
