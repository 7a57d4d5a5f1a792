//! The resource of a writer's files, kept so that every new file can be given it.

/// An encoded OTLP Resource with its schema URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    /// OTLP Resource message.
    pub otlp: Vec<u8>,
    pub schema_url: String,
    /// Nothing about it will change.
    pub settled: bool,
}

impl Resource {
    /// What stands in until the app has said more: the service's name.
    pub(super) fn of_service(name: &str) -> Self {
        Self {
            otlp: super::translate::otlp_resource_of_service(name),
            schema_url: String::new(),
            settled: true,
        }
    }
}
