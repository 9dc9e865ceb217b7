//! drcon/plugin.h, ABI 1.0, as Rust reads it. What each thing means, who owns it and on which thread it is called is
//! described there; the test below holds this to the layout that drcon-dev installs.
#![allow(dead_code)] // the whole of the header, whether or not this plugin uses it

use std::os::raw::{c_char, c_void};

pub const MAGIC: [u8; 8] = *b"DRCONPL\0";
pub const MAJOR: u32 = 1;
pub const MINOR: u32 = 0;

pub type Result = i32;
pub const OK: Result = 0;
pub const RETRY: Result = 1;
pub const REJECTED: Result = 2;
pub const CONFIG: Result = 3;

pub const PASSING: u32 = 0;
pub const WARNING: u32 = 1;
pub const CRITICAL: u32 = 2;
pub const MAINTENANCE: u32 = 3;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub data: *const u8,
    pub size: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pair {
    pub key: Str,
    pub value: Str,
}

#[repr(C)]
pub struct Endpoint {
    pub size: u32,
    pub port: u32,
    pub weight: u32,
    pub priority: u32,
    pub health: u32,
    pub reserved: u32,
    pub id: Str,
    pub node: Str,
    pub address: Str,
    pub tags: *const Str,
    pub tag_count: usize,
    pub meta: *const Pair,
    pub meta_count: usize,
}

#[repr(C)]
pub struct Service {
    pub size: u32,
    pub endpoint_size: u32,
    pub revision: u64,
    pub name: Str,
    pub endpoints: *const Endpoint,
    pub endpoint_count: usize,
    pub values: *const Pair,
    pub value_count: usize,
}

#[repr(C)]
pub struct Snapshot {
    pub size: u32,
    pub reserved: u32,
    pub revision: u64,
    pub services: *const *const Service,
    pub service_count: usize,
}

#[repr(C)]
pub struct Change {
    pub size: u32,
    pub reserved: u32,
    pub before: *const Service,
    pub after: *const Service,
}

#[repr(C)]
pub struct Update {
    pub size: u32,
    pub flags: u32,
    pub ticket: u64,
    pub wanted: *const Snapshot,
    pub applied: *const Snapshot,
    pub changes: *const Change,
    pub change_count: usize,
    pub change_size: usize,
}

#[repr(C)]
pub struct Value {
    pub size: u32,
    pub r#type: u32,
    pub integer: i64,
    pub number: f64,
    pub nanoseconds: i64,
    pub bytes: i64,
    pub string: Str,
    pub count: usize,
}

#[repr(C)]
pub struct Metric {
    pub size: u32,
    pub kind: u32,
    pub name: Str,
    pub help: Str,
    pub value: f64,
    pub labels: *const Pair,
    pub label_count: usize,
}

/// Handles of the host's; only pointers to them exist.
#[repr(C)]
pub struct Instance {
    _private: [u8; 0],
}
#[repr(C)]
pub struct Options {
    _private: [u8; 0],
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_minor: u32,
    pub version: *const c_char,
    pub option: unsafe extern "C" fn(*const Options, Str, *mut Value),
    pub option_key: unsafe extern "C" fn(*const Options, Str, usize) -> Str,
    pub name: unsafe extern "C" fn(*mut Instance) -> Str,
    pub log_enabled: unsafe extern "C" fn(*mut Instance, i32) -> i32,
    pub log: unsafe extern "C" fn(*mut Instance, i32, Str),
    pub status: unsafe extern "C" fn(*mut Instance, i32, Str),
    pub metric: unsafe extern "C" fn(*mut Instance, *const Metric),
    pub failed: unsafe extern "C" fn(*mut Instance, Str, Str),
    pub publish: unsafe extern "C" fn(*mut Instance, *const Service),
    pub withdraw: unsafe extern "C" fn(*mut Instance, Str),
    pub ready: unsafe extern "C" fn(*mut Instance),
    pub unknown: unsafe extern "C" fn(*mut Instance, Str, Str),
    pub done: unsafe extern "C" fn(*mut Instance, u64, Result, Str),
    pub rendered: unsafe extern "C" fn(*mut Instance, Str, Str, Str),
    pub refused: unsafe extern "C" fn(*mut Instance, Str, Str, Str),
    pub ability: unsafe extern "C" fn(*mut Instance, *const c_char) -> *const c_void,
}

pub type Create = unsafe extern "C" fn(*const Host, *mut Instance, *const Options, *mut *mut c_void) -> Result;
pub type Start = unsafe extern "C" fn(*mut c_void) -> Result;
pub type End = unsafe extern "C" fn(*mut c_void);

#[repr(C)]
pub struct SourceType {
    pub size: u32,
    pub reserved: u32,
    pub options: *const c_char,
    pub create: Create,
    pub start: Start,
    pub stop: End,
    pub destroy: End,
}

#[repr(C)]
pub struct SinkType {
    pub size: u32,
    pub reserved: u32,
    pub options: *const c_char,
    pub create: Create,
    pub start: Start,
    pub apply: unsafe extern "C" fn(*mut c_void, *const Update),
    pub stop: End,
    pub destroy: End,
    pub render: Option<unsafe extern "C" fn(*mut c_void, *const Update) -> Result>,
}

#[repr(C)]
pub struct Plugin {
    pub magic: [u8; 8],
    pub size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub reserved: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub summary: *const c_char,
    pub source: *const SourceType,
    pub sink: *const SinkType,
    pub ability: Option<unsafe extern "C" fn(*const c_char) -> *const c_void>,
}

// Constants all through: they point to other constants only.
unsafe impl Sync for SourceType {}
unsafe impl Sync for SinkType {}
unsafe impl Sync for Plugin {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::mem::{size_of, MaybeUninit};
    use std::ptr::addr_of;

    fn size_of_pointee<T>(_: *const T) -> usize {
        size_of::<T>()
    }

    // "drcon_pair 32", "drcon_pair.key 0 16", as the layout file has them.
    macro_rules! lines {
        ($into:ident, $($c:literal $type:ty { $($field:ident),* })*) => {$(
            $into.insert(format!("{} {}", $c, size_of::<$type>()));
            let memory = MaybeUninit::<$type>::uninit();
            $({
                let field = unsafe { addr_of!((*memory.as_ptr()).$field) };
                let offset = field as usize - memory.as_ptr() as usize;
                let name = stringify!($field).trim_start_matches("r#");
                $into.insert(format!("{}.{} {} {}", $c, name, offset, size_of_pointee(field)));
            })*
        )*};
    }

    fn ours() -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        lines!(all,
            "drcon_string" Str { data, size }
            "drcon_pair" Pair { key, value }
            "drcon_endpoint" Endpoint { size, port, weight, priority, health, reserved, id, node, address, tags,
                                        tag_count, meta, meta_count }
            "drcon_service" Service { size, endpoint_size, revision, name, endpoints, endpoint_count, values,
                                      value_count }
            "drcon_snapshot" Snapshot { size, reserved, revision, services, service_count }
            "drcon_change" Change { size, reserved, before, after }
            "drcon_update" Update { size, flags, ticket, wanted, applied, changes, change_count, change_size }
            "drcon_value" Value { size, r#type, integer, number, nanoseconds, bytes, string, count }
            "drcon_metric" Metric { size, kind, name, help, value, labels, label_count }
            "drcon_host" Host { size, abi_minor, version, option, option_key, name, log_enabled, log, status, metric,
                                failed, publish, withdraw, ready, unknown, done, rendered, refused, ability }
            "drcon_source_type" SourceType { size, reserved, options, create, start, stop, destroy }
            "drcon_sink_type" SinkType { size, reserved, options, create, start, apply, stop, destroy, render }
            "drcon_plugin" Plugin { magic, size, abi_major, abi_minor, reserved, name, version, summary, source, sink,
                                    ability }
        );
        for (name, number) in [("OK", OK), ("RETRY", RETRY), ("REJECTED", REJECTED), ("CONFIG", CONFIG)] {
            all.insert(format!("DRCON_{} {}", name, number));
        }
        for (name, number) in [
            ("PASSING", PASSING),
            ("WARNING", WARNING),
            ("CRITICAL", CRITICAL),
            ("MAINTENANCE", MAINTENANCE),
        ] {
            all.insert(format!("DRCON_{} {}", name, number));
        }
        all
    }

    #[test]
    fn is_the_layout_of_the_header() {
        let path = std::env::var("DRCON_ABI").unwrap_or_else(|_| "/usr/share/drcon/abi/1.0.txt".to_string());
        let text = std::fs::read_to_string(&path).expect("the layout, which drcon-dev installs");
        let header: BTreeSet<String> = text.lines().map(str::to_string).collect();
        let ours = ours();
        assert_eq!(ours.difference(&header).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the header");
        let forgotten: Vec<_> = header.difference(&ours).filter(|line| line.starts_with("drcon_")).collect();
        assert_eq!(forgotten, Vec::<&String>::new(), "not in abi.rs");
    }
}
