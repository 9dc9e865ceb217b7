template { contents = <<-EOT
    {{ key "a" }}
    EOT
  destination = "a" command = ["x", "y\u00e9"] perms = 384 wait = "1s:2s" }
/* a comment */ consul { token = "${x}" }
