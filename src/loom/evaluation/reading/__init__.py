"""What people look at: lists, single runs, cases, comparisons and earlier tests, read a page at a time."""
