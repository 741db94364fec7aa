//! What each part promises to the others, where no answer of the whole would show it.

mod bounds;
mod cases;
mod formats;
mod numbers;
mod reading;
mod values;
