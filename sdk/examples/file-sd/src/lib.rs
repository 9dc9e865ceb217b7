//! file-sd: a sink that writes the targets of Prometheus' file-based service discovery.
//!
//! A plugin in Rust from the C header alone. No panic may cross to the host, so each call of it is caught here.
mod abi;
mod target_file;
mod targets;
mod text;

use abi::{Host, Instance, Options, Plugin, Result, SinkType, Update, Value, CONFIG, OK, RETRY};
use std::mem::size_of;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null;
use text::{lend, read};

const SCHEMA: &str = concat!(
    r#"{
  "type": "object", "additionalProperties": false, "required": ["file"],
  "properties": {
    "file": { "type": "string", "format": "path",
      "description": "File to write, which a job of Prometheus names in file_sd_configs. Its name ends in .json." },
    "only_serving": { "type": "boolean", "default": false,
      "description": "Leave out endpoints that take no traffic: critical, in maintenance, or of weight 0. They are worth watching too, so not by default." } } }"#,
    "\0"
);

struct Sink {
    host: *const Host,
    instance: *mut Instance,
    file: String,
    only_serving: bool,
}

/// # Safety
/// `options` is what create() was given.
unsafe fn option(host: &Host, options: *const Options, pointer: &str) -> Value {
    let mut value: Value = std::mem::zeroed();
    value.size = size_of::<Value>() as u32;
    (host.option)(options, lend(pointer), &mut value);
    value
}

unsafe extern "C" fn create(
    host: *const Host,
    instance: *mut Instance,
    options: *const Options,
    out: *mut *mut c_void,
) -> Result {
    let made = catch_unwind(|| {
        let host = &*host;
        let file = read(option(host, options, "/file").string).into_owned();
        let only_serving = option(host, options, "/only_serving").integer != 0;
        if !file.ends_with(".json") {
            (host.failed)(instance, lend("/file"), lend("expected a name that ends in .json: Prometheus goes by it"));
            return None;
        }
        Some(Box::new(Sink { host, instance, file, only_serving }))
    });
    match made {
        Ok(Some(sink)) => {
            *out = Box::into_raw(sink) as *mut c_void;
            OK
        }
        _ => CONFIG,
    }
}

unsafe extern "C" fn start(_: *mut c_void) -> Result {
    OK
}

/// Answers within the call: it only writes a file.
unsafe extern "C" fn apply(raw: *mut c_void, update: *const Update) {
    let sink = &*(raw as *const Sink);
    let ticket = (*update).ticket;
    let written = catch_unwind(AssertUnwindSafe(|| {
        let wanted = targets::document(&*(*update).wanted, sink.only_serving);
        target_file::replace(&sink.file, &wanted)
    }));
    let (result, why) = match written {
        Ok(Ok(())) => (OK, String::new()),
        Ok(Err(error)) => (RETRY, format!("cannot write {}: {}", sink.file, error)),
        Err(_) => (RETRY, "a panic, which is a fault of this plugin".to_string()),
    };
    ((*sink.host).done)(sink.instance, ticket, result, lend(&why));
}

unsafe extern "C" fn render(raw: *mut c_void, update: *const Update) -> Result {
    let sink = &*(raw as *const Sink);
    let host = &*sink.host;
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        (targets::document(&*(*update).wanted, sink.only_serving), std::fs::read_to_string(&sink.file).ok())
    }));
    let (wanted, live) = match rendered {
        Ok(rendered) => rendered,
        Err(_) => {
            (host.failed)(sink.instance, lend(""), lend("a panic, which is a fault of this plugin"));
            return RETRY;
        }
    };
    let live = match &live {
        Some(text) => lend(text),
        None => abi::Str { data: null(), size: 0 },
    };
    (host.rendered)(sink.instance, lend(&sink.file), lend(&wanted), live);
    OK
}

unsafe extern "C" fn stop(_: *mut c_void) {}

unsafe extern "C" fn destroy(raw: *mut c_void) {
    drop(Box::from_raw(raw as *mut Sink));
}

static SINK: SinkType = SinkType {
    size: size_of::<SinkType>() as u32,
    reserved: 0,
    options: SCHEMA.as_ptr() as *const c_char,
    create,
    start,
    apply,
    stop,
    destroy,
    render: Some(render),
};

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static drcon_plugin_entry: Plugin = Plugin {
    magic: abi::MAGIC,
    size: size_of::<Plugin>() as u32,
    abi_major: abi::MAJOR,
    abi_minor: abi::MINOR,
    reserved: 0,
    name: "file-sd\0".as_ptr() as *const c_char,
    version: concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr() as *const c_char,
    summary: "Writes the targets of Prometheus' file-based service discovery.\0".as_ptr() as *const c_char,
    source: null(),
    sink: &SINK,
    ability: None,
};
