//! Recency, frequency and monetary scores and the named segments made of them.
