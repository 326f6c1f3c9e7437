"""Models as judges: the calls they cost, two outputs side by side, and how far they agree with people."""
