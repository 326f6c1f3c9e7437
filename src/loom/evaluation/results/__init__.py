"""What a run came to: its cases judged, added up and reported; it changes nothing and prints nothing."""
