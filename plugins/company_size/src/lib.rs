//! Company size by staff and turnover.
