//! What the suite writes into the documentation.
