"""Apps: bundles of definitions that someone else made, deployed whole, replaced whole, removed whole."""
