//! Pure words and rules.
