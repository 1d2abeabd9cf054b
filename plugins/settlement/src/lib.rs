//! Kind of settlement by population.
