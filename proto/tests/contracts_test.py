"""proto/breaking and proto/reference.py on contracts made for each case. Needs buf and git."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROTO = Path(__file__).resolve().parent.parent

BEFORE = """syntax = "proto3";

package tributary.things.v1;

// Has things.
service ThingService {
  // One of them.
  rpc GetThing(GetThingRequest) returns (stream GetThingResponse);
}

message GetThingRequest {
  reserved 3;
  reserved "size";

  string name = 1;
  optional string colour = 2;
}

// What it is.
//
// More on that.
message GetThingResponse {
  enum Shape {
    SHAPE_UNSPECIFIED = 0;
    // Like a | or so.
    SHAPE_LINE = 1;
  }

  oneof kind {
    // Flat.
    Shape shape = 1;
    string other = 2;
  }
  map<string, GetThingRequest> parts = 3;
  repeated uint32 sizes = 4;
}
"""

AFTER = """# HEAD
## `tributary.things.v1`

### ThingService

Has things.

| RPC | request | answer | |
|---|---|---|---|
| `GetThing` | [GetThingRequest](#getthingrequest) | stream of [GetThingResponse](#getthingresponse) | One of them. |

### GetThingRequest

| field | | type | |
|---|---|---|---|
| `name` | 1 | `string` |  |
| `colour` | 2 | optional `string` |  |

Gone, and never used again: `size`.

### GetThingResponse

What it is.

More on that.

| field | | type | |
|---|---|---|---|
| `shape` | 1 | one of `kind`: [GetThingResponse.Shape](#getthingresponseshape) | Flat. |
| `other` | 2 | one of `kind`: `string` |  |
| `parts` | 3 | map of `string` to [GetThingRequest](#getthingrequest) |  |
| `sizes` | 4 | repeated `uint32` |  |

### GetThingResponse.Shape

| value | | |
|---|---|---|
| `SHAPE_UNSPECIFIED` | 0 |  |
| `SHAPE_LINE` | 1 | Like a \\| or so. |
"""


class Contracts(unittest.TestCase):
    """A repository with contracts and the two programs."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "repository"
        (self.root / "proto/tributary/things/v1").mkdir(parents=True)
        (self.root / "docs/reference").mkdir(parents=True)
        for name in ("buf.yaml", "breaking", "reference.py"):
            shutil.copy(PROTO / name, self.root / "proto" / name)
        (self.root / ".ci").mkdir()
        shutil.copy(PROTO.parent / ".ci/previous", self.root / ".ci/previous")
        self.write(BEFORE)

    def write(self, text: str) -> None:
        (self.root / "proto/tributary/things/v1/things.proto").write_text(text, encoding="utf-8")

    def run_in(self, *command: str, root: Path | None = None) -> subprocess.CompletedProcess:
        # Nobody's settings of git, and no repository around this one.
        settings = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_CEILING_DIRECTORIES": "/"}
        return subprocess.run(
            command, cwd=root or self.root, env={**os.environ, **settings}, capture_output=True, text=True, check=False
        )

    def git(self, *words: str) -> None:
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
        done = self.run_in("git", *who, *words)
        self.assertEqual(done.returncode, 0, done.stderr)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")

    def begin(self) -> None:
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit()

    def check_breaking(self, passes: bool, said: str, root: Path | None = None) -> None:
        done = self.run_in("proto/breaking", root=root)
        output = done.stdout + done.stderr
        self.assertEqual(done.returncode == 0, passes, output)
        self.assertIn(said, output)


NEW_FIELD = BEFORE.replace("string name = 1;", "string name = 1;\n  bool loud = 4;")
NO_FIELD = BEFORE.replace("  optional string colour = 2;\n", "")
OTHER_TYPE = BEFORE.replace("repeated uint32 sizes", "repeated string sizes")


class Breaking(Contracts):
    def test_a_new_field_breaks_nobody(self) -> None:
        self.begin()
        self.write(NEW_FIELD)
        self.commit()
        self.check_breaking(True, "nothing is broken since")

    def test_a_field_that_is_gone_breaks_its_readers(self) -> None:
        self.begin()
        self.write(NO_FIELD)
        self.commit()
        self.check_breaking(False, '"colour"')

    def test_what_is_not_committed_counts(self) -> None:
        self.begin()
        self.commit()
        self.write(OTHER_TYPE)
        self.check_breaking(False, '"sizes"')

    def test_a_branch_is_compared_with_where_it_left_main(self) -> None:
        self.begin()
        self.git("checkout", "--quiet", "-b", "work")
        self.write(NO_FIELD)
        self.commit()
        self.commit()
        self.check_breaking(False, '"colour"')

    def test_the_last_release_counts_however_long_ago(self) -> None:
        self.begin()
        self.git("tag", "v1.2.3")
        self.write(NO_FIELD)
        self.commit()
        self.commit()
        self.check_breaking(False, '"colour"')

    def test_without_a_tag_what_stands_for_the_last_release_counts(self) -> None:
        self.begin()
        head = self.run_in("git", "rev-parse", "HEAD").stdout.strip()
        previous = self.root / ".ci/previous"
        previous.write_text(re.sub("stands_for_it=.*", f"stands_for_it={head}", previous.read_text()))
        self.write(NO_FIELD)
        self.commit()
        self.commit()
        self.check_breaking(False, '"colour"')

    def test_where_history_begins_nothing_is_compared(self) -> None:
        self.begin()
        self.check_breaking(True, "LEFT OUT: nothing to compare with, this history begins here")

    def test_a_shallow_clone_says_that_nothing_is_compared(self) -> None:
        self.begin()
        self.write(NO_FIELD)
        self.commit()
        clone = self.root.parent / "clone"
        self.git("clone", "--quiet", "--depth", "1", f"file://{self.root}", str(clone))
        self.check_breaking(True, "LEFT OUT", root=clone)

    def test_an_archive_says_that_nothing_is_compared(self) -> None:
        self.check_breaking(True, "LEFT OUT: nothing to compare with, this is no clone")


class Reference(Contracts):
    def reference(self, *words: str) -> subprocess.CompletedProcess:
        return self.run_in(sys.executable, "proto/reference.py", *words)

    def test_it_says_all_that_the_contracts_say(self) -> None:
        self.assertEqual(self.reference().returncode, 0)
        text = (self.root / "docs/reference/api.md").read_text(encoding="utf-8")
        head, rest = text.split("## ", 1)
        self.assertTrue(head.startswith("# The gRPC contracts\n"))
        self.assertEqual("# HEAD\n## " + rest, AFTER)

    def test_a_reference_that_is_not_current_is_told(self) -> None:
        self.assertEqual(self.reference("--check").returncode, 1)
        self.reference()
        self.assertEqual(self.reference("--check").returncode, 0)
        self.write(NEW_FIELD)
        done = self.reference("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("run `just reference`", done.stderr)


if __name__ == "__main__":
    unittest.main()
