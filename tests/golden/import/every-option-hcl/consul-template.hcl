# What a package of Consul Template ships, filled in.
consul {
  address    = "consul.example:8501"
  token_file = "/etc/consul/token"
  namespace  = "team"
  ssl {
    enabled     = true
    ca_cert     = "/etc/consul/ca.pem"
    cert        = "/etc/consul/client.pem"
    key         = "/etc/consul/client.key"
    server_name = "server.dc1.consul"
  }
  auth { enabled = false }
  retry { enabled = true attempts = 12 backoff = "250ms" max_backoff = "1m" }
  transport { dial_timeout = "10s" }
}
max_stale          = "10m"
block_query_wait   = "60s"
log_level          = "warn"
pid_file           = "/run/consul-template.pid"
kill_signal        = "SIGINT"
reload_signal      = "SIGHUP"
wait { min = "5s" max = "10s" }
syslog { enabled = true facility = "LOCAL5" }
deduplicate { enabled = true prefix = "consul-template/dedup/" }
vault { address = "http://127.0.0.1:8200" renew_token = true }

template {
  source               = "haproxy.ctmpl"
  destination          = "/etc/haproxy.cfg"
  create_dest_dirs     = true
  command              = ["systemctl", "reload", "haproxy"]
  command_timeout      = "60s"
  error_on_missing_key = true
  perms                = 0600
  user                 = "haproxy"
  group                = "haproxy"
  backup               = true
  left_delimiter       = "[["
  right_delimiter      = "]]"
  wait { min = "2s" max = "6s" }
}
template {
  source      = "env.ctmpl"
  destination = "/etc/app.env"
  exec { command = "systemctl restart app" timeout = "1m30s" }
}
template {
  source      = "motd.ctmpl"
  destination = "/etc/motd.json"
  exec { command = "systemctl restart app" timeout = "1m30s" }
}
