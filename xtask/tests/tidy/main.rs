//! The rules of the house, as tests. A message names the file and the line, and says how to mend it.
//!
//! What the compiler or clippy can check is left to them; here stands what they cannot know: who may depend on whom,
//! what a pure core may touch, how manifests are written.

#![allow(clippy::unwrap_used, reason = "a tidy test that cannot read the tree should fail loudly")]

mod examples;
mod layering;
mod manifests;
mod sources;
mod traps;
mod workspace;
