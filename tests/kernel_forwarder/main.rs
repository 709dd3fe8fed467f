//! The Linux forwarder against the running kernel. Every test runs in a network
//! namespace of its own, with or without root.
#![cfg(target_os = "linux")]

mod adopt;
mod events;
mod namespace;
mod packets;
mod routes;
mod table;
mod wire;
