//! Files to typed batches, rejects and counts.
