//! Resources and instrumentation scopes, encoded once and shared by the spans that belong to them.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

/// One seed for the process: hashes of content are compared between files, and a file cannot choose them.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A keyed 64-bit hash of `content`, the same everywhere in this process.
pub(super) fn content_hash(content: &[u8]) -> u64 {
    SEED.hash_one(content)
}

/// An encoded OTLP `Resource` and the schema URL that goes with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    hash: u64,
    body: Box<[u8]>,
    schema_url: Box<[u8]>,
}

impl Resource {
    pub(super) fn new(body: &[u8], schema_url: &[u8]) -> Arc<Self> {
        Arc::new(Self {
            hash: SEED.hash_one((body, schema_url)),
            body: body.into(),
            schema_url: schema_url.into(),
        })
    }

    /// The fields of the OTLP `Resource` message.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// UTF-8; empty if there is none.
    #[must_use]
    pub fn schema_url(&self) -> &[u8] {
        &self.schema_url
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }
}

/// An encoded OTLP `InstrumentationScope`, its schema URL, and its resource.
#[derive(Debug, PartialEq, Eq)]
pub struct Scope {
    hash: u64,
    resource: Arc<Resource>,
    body: Box<[u8]>,
    schema_url: Box<[u8]>,
}

impl Scope {
    pub(super) fn new(resource: Arc<Resource>, body: &[u8], schema_url: &[u8]) -> Arc<Self> {
        Arc::new(Self {
            hash: SEED.hash_one((resource.hash, body, schema_url)),
            resource,
            body: body.into(),
            schema_url: schema_url.into(),
        })
    }

    /// The same scope under another resource.
    pub(super) fn under(&self, resource: &Arc<Resource>) -> Arc<Self> {
        Self::new(Arc::clone(resource), &self.body, &self.schema_url)
    }

    /// The resource whose scope this is.
    #[must_use]
    pub fn resource(&self) -> &Arc<Resource> {
        &self.resource
    }

    /// The fields of the OTLP `InstrumentationScope` message.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// UTF-8; empty if there is none.
    #[must_use]
    pub fn schema_url(&self) -> &[u8] {
        &self.schema_url
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }
}
