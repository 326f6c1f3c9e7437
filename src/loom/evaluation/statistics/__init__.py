"""Honest figures: intervals, rates, reliability, power, agreement; knows numbers and cases, not runs or stores."""
