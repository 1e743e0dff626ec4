"""Runs programs that print figures, ours and rivals' in turn, and compares medians."""
