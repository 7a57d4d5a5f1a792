//! Node-API bindings of the `otlp-mmap` crate: it translates, and decides nothing.
