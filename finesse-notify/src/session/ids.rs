//! Ids of our requests: 64 random bits each, so that a stranger's stanza cannot pass for an answer. Seeded, so that runs can be repeated.

pub(super) struct IdSource {
    rng: fastrand::Rng,
}

impl IdSource {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self { rng: seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed) }
    }

    pub(super) fn next(&mut self, purpose: &str) -> String {
        format!("{purpose}-{:016x}", self.rng.u64(..))
    }
}
