consul = "ignored:8500"
template { source = "a.ctmpl" destination = "/etc/a" }
