//! The snapshot as the JSON that Prometheus reads from a file: a list of {"targets": […], "labels": {…}}.
use crate::abi::{Endpoint, Service, Snapshot, CRITICAL, MAINTENANCE, PASSING, WARNING};
use crate::text::{read, slice};

/// # Safety
/// `from` is a snapshot that drcon lends.
pub unsafe fn document(from: &Snapshot, only_serving: bool) -> String {
    let mut targets = Vec::new();
    for service in slice(from.services, from.service_count) {
        targets.extend(of_service(&**service, only_serving));
    }
    if targets.is_empty() {
        return "[]\n".to_string();
    }
    format!("[\n{}\n]\n", targets.join(",\n"))
}

unsafe fn of_service(service: &Service, only_serving: bool) -> Vec<String> {
    let first = service.endpoints as *const u8;
    (0..service.endpoint_count)
        // By the stride: an endpoint of a newer drcon is longer than ours.
        .map(|i| &*(first.add(i * service.endpoint_size as usize) as *const Endpoint))
        .filter(|each| !only_serving || (each.health <= WARNING && each.weight > 0))
        .map(|each| target(service, each))
        .collect()
}

unsafe fn target(service: &Service, from: &Endpoint) -> String {
    let address = read(from.address);
    let address = if address.contains(':') { format!("[{}]", address) } else { address.into_owned() };
    let mut labels = vec![
        ("service".to_string(), read(service.name).into_owned()),
        ("id".to_string(), read(from.id).into_owned()),
        ("node".to_string(), read(from.node).into_owned()),
        ("health".to_string(), health(from.health).to_string()),
        ("tags".to_string(), tags(from)),
    ];
    for pair in slice(from.meta, from.meta_count) {
        let name = format!("meta_{}", label_name(&read(pair.key)));
        if !labels.iter().any(|(taken, _)| *taken == name) {
            labels.push((name, read(pair.value).into_owned()));
        }
    }
    let labels: Vec<_> =
        labels.iter().map(|(name, value)| format!("{}: {}", quoted(&format!("__meta_drcon_{}", name)), quoted(value))).collect();
    format!("  {{ \"targets\": [{}], \"labels\": {{ {} }} }}", quoted(&format!("{}:{}", address, from.port)), labels.join(", "))
}

/// A number from a newer drcon counts as critical, as the header says.
fn health(number: u32) -> &'static str {
    match number {
        PASSING => "passing",
        WARNING => "warning",
        MAINTENANCE => "maintenance",
        CRITICAL => "critical",
        _ => "critical",
    }
}

/// ",a,b,": a pattern finds a tag by ",a,", as with Prometheus' own discoveries.
unsafe fn tags(of: &Endpoint) -> String {
    let all: Vec<_> = slice(of.tags, of.tag_count).iter().map(|each| read(*each)).collect();
    if all.is_empty() {
        return String::new();
    }
    format!(",{},", all.join(","))
}

/// What a label may be called: letters, digits and '_'.
fn label_name(from: &str) -> String {
    from.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A string of JSON (RFC 8259).
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Pair, Str};
    use crate::text::lend;
    use std::mem::size_of;

    fn endpoint(address: &str, health: u32, tags: &[Str], meta: &[Pair]) -> Endpoint {
        Endpoint {
            size: size_of::<Endpoint>() as u32,
            port: 80,
            weight: 1,
            priority: 0,
            health,
            reserved: 0,
            id: lend("a"),
            node: lend(""),
            address: lend(address),
            tags: tags.as_ptr(),
            tag_count: tags.len(),
            meta: meta.as_ptr(),
            meta_count: meta.len(),
        }
    }

    fn rendered(endpoints: &[Endpoint], only_serving: bool) -> String {
        let service = Service {
            size: size_of::<Service>() as u32,
            endpoint_size: size_of::<Endpoint>() as u32,
            revision: 1,
            name: lend("web"),
            endpoints: endpoints.as_ptr(),
            endpoint_count: endpoints.len(),
            values: std::ptr::null(),
            value_count: 0,
        };
        let services = [&service as *const Service];
        let snapshot = Snapshot {
            size: size_of::<Snapshot>() as u32,
            reserved: 0,
            revision: 1,
            services: services.as_ptr(),
            service_count: 1,
        };
        unsafe { document(&snapshot, only_serving) }
    }

    #[test]
    fn has_a_target_for_each_endpoint() {
        let tags = [lend("v2"), lend("blue")];
        let meta = [Pair { key: lend("rack-id"), value: lend("7") }];
        assert_eq!(
            rendered(&[endpoint("::1", PASSING, &tags, &meta)], false),
            "[\n  { \"targets\": [\"[::1]:80\"], \"labels\": { \"__meta_drcon_service\": \"web\", \
             \"__meta_drcon_id\": \"a\", \"__meta_drcon_node\": \"\", \"__meta_drcon_health\": \"passing\", \
             \"__meta_drcon_tags\": \",v2,blue,\", \"__meta_drcon_meta_rack_id\": \"7\" } }\n]\n"
        );
    }

    #[test]
    fn leaves_out_what_does_not_serve_when_asked_to() {
        let all = [endpoint("10.0.0.1", CRITICAL, &[], &[]), endpoint("10.0.0.2", 77, &[], &[])];
        assert_eq!(rendered(&all, true), "[]\n");
        assert_eq!(rendered(&all, false).matches("critical").count(), 2);
    }

    #[test]
    fn makes_text_of_whatever_it_is_given() {
        assert_eq!(quoted("a\"b\\c\n\u{7}é"), "\"a\\\"b\\\\c\\u000a\\u0007é\"");
        assert_eq!(label_name("a.b-c é"), "a_b_c__");
    }
}
