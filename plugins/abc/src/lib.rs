//! ABC classes by cumulative share of a value.
