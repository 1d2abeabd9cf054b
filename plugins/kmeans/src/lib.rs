//! k-means clusters of numeric columns.
