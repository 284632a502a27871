use super::difference;

#[test]
fn a_difference_shows_only_what_differs_and_a_little_around() {
    assert_eq!(
        difference(
            "1\n2\n3\n4\n5\nold\n6\n7\n8\n9\n",
            "1\n2\n3\n4\n5\nnew\nmore\n6\n7\n8\n9\n"
        ),
        " 3\n 4\n 5\n-old\n+new\n+more\n 6\n 7\n 8\n"
    );
}

#[test]
fn a_difference_at_the_end() {
    assert_eq!(difference("a\n", "a\nb\n"), " a\n+b\n");
}
