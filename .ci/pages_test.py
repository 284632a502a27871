"""What .ci/pages finds, and what it makes of a page."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

_loader = importlib.machinery.SourceFileLoader("pages", str(pathlib.Path(__file__).with_name("pages")))
pages = importlib.util.module_from_spec(importlib.util.spec_from_loader("pages", _loader))
_loader.exec_module(pages)


def check(texts: dict[str, str], *files: str) -> list[str]:
    return pages.check(texts, lambda file: file in texts or file in files)


class Check(unittest.TestCase):
    def test_a_link_names_a_file(self):
        self.assertEqual(check({"a.md": "[b](b.md) [c](c/d.rs)"}, "c/d.rs"), ["a.md: (b.md) names no file"])

    def test_a_fragment_names_a_heading_or_an_id(self):
        there = "# A `b` [c](d.md): e_f\n## Twice\n## Twice\n## <a id=\"short\"></a>A long one\n"
        good = "[1](#a-b-c-e_f) [2](#twice-1) [3](#short) [4](#a-long-one)"
        self.assertEqual(check({"a.md": there + good}, "d.md"), [])
        self.assertEqual(check({"a.md": "# A\n[x](#b)"}), ["a.md: (#b) names no anchor of a.md"])

    def test_what_is_code_is_no_link(self):
        self.assertEqual(check({"a.md": "`[b](b.md)`\n```\n[b](b.md)\n# no heading\n```\n"}), [])
        self.assertEqual(len(check({"a.md": "```\n# no heading\n```\n[a](#no-heading)"})), 1)

    def test_a_links_words_may_be_code(self):
        self.assertEqual(pages.links("`x` [`a`](b.md), [`c`](d.md)"), ["b.md", "d.md"])

    def test_other_sites_are_not_asked(self):
        self.assertEqual(check({"a.md": "[b](https://example.com/b) [c](mailto:c@example.com)"}), [])

    def test_nothing_outside_of_the_repository_is_named(self):
        self.assertEqual(check({"a.md": "[b](../b.md)"}, "../b.md"), ["a.md: (../b.md) names no file"])

    def test_every_page_of_docs_is_in_the_summary(self):
        texts = {"docs/SUMMARY.md": "[a](a.md)", "docs/a.md": "", "docs/b.md": "", "c.md": ""}
        self.assertEqual(check(texts), ["docs/b.md is not in docs/SUMMARY.md"])

    def test_a_fragment_of_an_including_page_is_one_of_the_file(self):
        texts = {"docs/SUMMARY.md": "[c](c.md#c)", "docs/c.md": "{{#include ../C.md}}", "C.md": "# C\n"}
        self.assertEqual(check(texts), [])


class Rewritten(unittest.TestCase):
    def check(self, text: str, expected: str) -> None:
        homes = {"C.md": "docs/pages/c.md"}
        self.assertEqual(pages.rewritten("docs/pages/a.md", "A.md", text, homes), expected)

    def test_a_link_of_an_included_file_leads_from_its_page(self):
        self.check("[b](docs/b.md#x)", "[b](../b.md#x)")

    def test_a_file_with_a_page_is_linked_there(self):
        self.check("[c](C.md)", "[c](c.md)")

    def test_what_the_book_does_not_have_is_named(self):
        self.check("[the code](libs/a.rs) [`libs/a.rs`](libs/a.rs)", "the code (`libs/a.rs`) `libs/a.rs`")

    def test_the_page_of_a_folder_is_its_index(self):
        self.check("[b](docs/b/README.md#x)", "[b](../b/index.md#x)")

    def test_other_sites_and_code_stay(self):
        self.check("[x](https://example.com) `[b](docs/b.md)`", "[x](https://example.com) `[b](docs/b.md)`")


class Built(unittest.TestCase):
    def test_a_broken_link_of_the_book_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "a.html"
            page.write_text("<p id=x><a href='#x'>1</a> <a href='#y'>2</a> <a href='b.html'>3</a> <a href='https://b'>4</a>")
            wrong = pages.built(pathlib.Path(folder))
        self.assertEqual(wrong, ["a.html: (#y) names no anchor of a.html", "a.html: (b.html) names no file"])

    def test_a_folder_without_pages_is_no_book(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(len(pages.built(pathlib.Path(folder))), 1)


if __name__ == "__main__":
    unittest.main()
