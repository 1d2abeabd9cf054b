//! Age bands from a birth date.
