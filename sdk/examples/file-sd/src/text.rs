//! Strings on both sides of the boundary. What drcon lends is copied, and what it is lent lives until it has returned.
use crate::abi::Str;
use std::borrow::Cow;

pub fn lend(text: &str) -> Str {
    Str { data: text.as_ptr(), size: text.len() }
}

/// # Safety
/// `from` points to `count` values, or `count` is 0.
pub unsafe fn slice<'a, T>(from: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        return &[];
    }
    std::slice::from_raw_parts(from, count)
}

/// # Safety
/// As of slice(). drcon's strings are UTF-8; one that is not loses what is wrong with it.
pub unsafe fn read<'a>(from: Str) -> Cow<'a, str> {
    String::from_utf8_lossy(slice(from.data, from.size))
}
