//! Industry section of a NACE code.
