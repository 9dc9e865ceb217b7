-- What nginx runs in the mode "live" of drcon's nginx sink: it holds the peers of every service, chooses one for each
-- request, and takes changes of them without a reload.
--
-- The peers of all services are one text, the set, which drcon sends through a unix socket and also keeps in a file.
-- A shared dict has it under a key of its own, "set VERSION", and is complete before "version" names it, so that each
-- worker has the old set or the new one, never a part of both. Every choice of a peer looks at "version" first: once
-- drcon has its answer, no worker chooses from an older set.
-- Counts of failures and of open requests belong to each worker alone, as with an upstream of nginx that has no zone.
-- Nothing here may make a request fail: without a usable set, the servers in the include file serve.
local M = { protocol = 1 }

local balancer = require "ngx.balancer"
local bit = require "bit"
local ffi = require "ffi"
local get_request = require("resty.core.base").get_request
local floor, ngx_now, ffi_cast, set_current_peer = math.floor, ngx.now, ffi.cast, balancer.set_current_peer
local tobit, bxor, lshift, rshift = bit.tobit, bit.bxor, bit.lshift, bit.rshift
local find, match, sub = string.find, string.match, string.sub

ffi.cdef [[
  struct drcon_address { unsigned short family; char path[108]; };
  int socket(int domain, int type, int protocol);
  int connect(int fd, const struct drcon_address *address, unsigned int size);
  int close(int fd);
  int inet_pton(int family, const char *text, void *address);
  extern unsigned long ngx_test_config;
]]
local AF_UNIX, AF_INET, AF_INET6, SOCK_STREAM, SOCK_NONBLOCK, ECONNREFUSED, ENOENT = 1, 2, 10, 1, 2048, 111, 2
local NO_LIVE_PEERS = -3                 -- NGX_BUSY: nginx answers as for an upstream whose servers have all failed
local QUIET_TICK, BUSY_TICK = 0.05, 0.005  -- how often a worker looks for a change, in seconds
local config, dict, choose          -- as M.init was given them; the method of balancing
local version, changed_at = 0, 0    -- of the set that this worker has, and when it took it
local blocks, services = {}, {}     -- name -> its text in that set; name -> its peers, made from the text when needed
local open, last_look = {}, 0       -- address of a request -> what was chosen for it; when a worker looked around
local address_space = ffi.new("char[16]")

-- "10.0.0.1:80 5 0 u 0": address, weight, tier (0 is served first), u or d (up, down), since when (0: always).
local function peer_of(line)
  local host, port, weight, tier, state, since = match(line, "^(%S+):(%d+) (%d+) (%d) ([ud]) (%d+)$")
  if not host or #line > 120 then return nil, "a line is not that of a peer" end
  local inner = match(host, "^%[([%x:.]+)%]$")
  if ffi.C.inet_pton(inner and AF_INET6 or AF_INET, inner or host, address_space) ~= 1 then
    return nil, "an address is no IP address"
  end
  port, weight = tonumber(port), tonumber(weight)
  if port < 1 or port > 65535 then return nil, "a port is not between 1 and 65535" end
  if weight < 1 or weight > 65535 then return nil, "a weight is not between 1 and 65535" end
  return { host = host, port = port, address = host .. ":" .. port, weight = weight, tier = tonumber(tier),
           down = state == "d", since = tonumber(since), seed = tobit(ngx.crc32_long(host .. port)) }
end

-- The text of one service: "service NAME", then a line for each peer.
local function peers_of(text)
  local peers, known = {}, {}
  for line in string.gmatch(sub(text, find(text, "\n", 1, true) + 1), "([^\n]*)\n") do
    local peer, why = peer_of(line)
    if not peer then return nil, why end
    if known[peer.address] then return nil, "an address is there twice" end
    peers[#peers + 1], known[peer.address] = peer, true
  end
  return peers
end

-- The parts of a set, one for each service. Those that are as in `trusted` were checked when they came.
local function blocks_of(body, start, trusted)
  local found = {}
  while start <= #body do
    local stop = find(body, "\nservice ", start, true) or #body
    local text = sub(body, start, stop)
    local name = match(text, "^service ([%w_.%-]+)\n")
    if not name or #name > 200 then return nil, "a line is not that of a service" end
    if found[name] then return nil, "service " .. name .. " is there twice" end
    if trusted and trusted[name] ~= text then
      local peers, why = peers_of(text)
      if not peers then return nil, "service " .. name .. ": " .. why end
    end
    found[name] = text
    start = stop + 1
  end
  return found
end

-- "drcon-peers 1 VERSION SHA1\n", and where the services begin. The checksum is of the version, a line end, and those.
local function head_of(body)
  local number, sum = match(body, "^drcon%-peers 1 (%d+) (%x+)\n")
  number = tonumber(number)
  if number and number >= 1 and number <= 2 ^ 50 then return number, sum, find(body, "\n", 1, true) + 1 end
end

local function checksum(text)
  return (string.gsub(ngx.sha1_bin(text), ".", function(byte) return string.format("%02x", byte:byte()) end))
end

local function newest() return dict:get("version") or 0 end
local function key_of(number) return string.format("set %d", number) end

-- Names the newest set that is there, and removes the others. There is no lock: a worker that was stopped here, and
-- went on when others had newer sets, may name an older one for a moment. It looks again, and so heals that itself;
-- where it was killed, whoever meets it does.
local function publish()
  local sets, last, named
  repeat
    named, sets = newest(), {}
    last = named
    for _, key in ipairs(dict:get_keys(0)) do
      local number = tonumber(match(key, "^set (%d+)$"))
      if number then sets[key], last = number, math.max(last, number) end
    end
    -- A number has a fixed size: once it is there, to change it takes no memory, and so cannot fail.
    if last > named then dict:safe_set("version", last) end
  until last == named
  for key, number in pairs(sets) do if number < last then dict:delete(key) end end
end

-- Checks the whole set, and puts it in the place of the one before; or says why not, and a status.
local function store(body)
  local number, sum, start = head_of(body)
  if not number then return nil, "its first line is not drcon-peers 1 VERSION SHA1", 400 end
  local whole = checksum(string.format("%d\n", number) .. sub(body, start)) == sum and sub(body, -1) == "\n"
  if not whole then return nil, "its checksum does not match: it is damaged or cut short", 400 end
  local found, why = blocks_of(body, start, blocks)
  if not found then return nil, why, 400 end
  local serving, key = newest(), key_of(number)
  if number < serving then
    return nil, "version " .. number .. " is not newer than " .. serving .. ", which is served", 409
  end
  local ok, fault = dict:safe_add(key, body)
  if not ok and fault ~= "exists" then
    return nil, "the dict is full: a set of " .. #body .. " bytes needs three times that, of " .. dict:capacity(), 507
  end
  if not ok and dict:get(key) ~= body then return nil, "another set has version " .. number, 409 end
  publish()
  return true
end

-- Takes the newest set of the dict. Several tries: between its name and itself another change may have come.
local function adopt()
  for _ = 1, 5 do
    local number = newest()
    if number == version then return end
    local body = number > version and dict:get(key_of(number))
    local found = body and blocks_of(body, select(3, head_of(body)))
    if found then
      blocks, version, changed_at = found, number, ngx.now()
      for name in pairs(services) do if not blocks[name] then services[name] = nil end end
      dict:safe_set("worker " .. ngx.worker.pid(), version, 60)
      return
    end
    publish()
  end
end

-- drcon's file, for an nginx that was started, and for what did not come through the socket. At first there is none.
local function read_file(only_newer)
  local file, why, number = io.open(config.file, "rb")
  if not file then return number == ENOENT, why end
  local head, ok = (file:read("*l") or "") .. "\n", true
  if not only_newer or (head_of(head) or 0) > newest() then ok, why = store(head .. (file:read("*a") or "")) end
  file:close()
  return ok, why
end

-- The peers of a service. What this worker knows of one (its failures, its open requests) outlives changes.
local function service_of(name)
  local text = name and blocks[name]
  local before = text and services[name]
  if not text or before and before.text == text then return before end
  local service, tiers = { text = text, known = {}, tiers = {}, up = 0, single = true }, {}
  for i, line in ipairs(peers_of(text)) do
    local peer = before and before.known[line.address]
      or { requests = 0, failures = 0, active = 0, current = 0, fails = 0, accessed = 0, checked = 0 }
    if peer.weight ~= line.weight then peer.effective = line.weight end
    for key, value in pairs(line) do peer[key] = value end
    service.known[peer.address], service.single = peer, i == 1
    if not peer.down then
      service.up, tiers[peer.tier] = service.up + 1, tiers[peer.tier] or {}
      table.insert(tiers[peer.tier], peer)
    end
  end
  for tier = 0, 9 do table.insert(service.tiers, tiers[tier]) end
  services[name] = service
  return service
end

-- Those that may be chosen now, each with its weight. One list for all requests, since nothing else runs meanwhile.
local able, weights, count = {}, {}, 0
local function find_able(peers, entry, now)
  local most, patience, ramp = config.max_fails, config.fail_timeout, config.slow_start
  local single = entry.service.single  -- as in nginx, a server that has no other is never left out
  count = 0
  for i = 1, #peers do
    local peer = peers[i]
    if single or not entry[peer] and (most == 0 or peer.fails < most or now - peer.checked > patience) then
      local weight, age = peer.effective, now - peer.since
      if ramp > 0 and peer.since > 0 and age < ramp then weight = weight * math.max(age / ramp, 0.02) end
      count = count + 1
      able[count], weights[count] = peer, weight
    end
  end
  return count > 0
end

-- The smooth weighted round robin of nginx.
local function round_robin()
  local best, total = nil, 0
  for i = 1, count do
    local peer, weight = able[i], weights[i]
    peer.current, total = peer.current + weight, total + weight
    if peer.effective < peer.weight then peer.effective = math.min(peer.effective + 1, peer.weight) end
    if not best or peer.current > best.current then best = peer end
  end
  best.current = best.current - total
  return best
end

local function load_of(i, more) return (able[i].active + more) / math.max(weights[i], 1e-3) end
local function least_conn()
  local least, equal = math.huge, 0
  for i = 1, count do
    local load = load_of(i, 0)
    if load < least then least, equal = load, 0 end
    if load == least then equal, able[equal + 1], weights[equal + 1] = equal + 1, able[i], weights[i] end
  end
  count = equal
  return round_robin()
end

local function mixed(a)
  a = tobit(tobit(a + 0x7ed55d16) + lshift(a, 12))
  a = bxor(bxor(a, 0xc761c23c), rshift(a, 19))
  a = tobit(tobit(a + 0x165667b1) + lshift(a, 5))
  a = bxor(tobit(a + 0xd3a2646c), lshift(a, 9))
  a = tobit(tobit(a + 0xfd7046c5) + lshift(a, 3))
  return bxor(bxor(a, 0xb55a4f09), rshift(a, 16))
end

-- Each peer gets a number from the key, and the highest has it: a peer that comes or goes moves only its own share of
-- the keys. It goes by the whole weight: with a slow start each key would move twice.
local function hash(key)
  local mixed_key, best, highest = mixed(tobit(ngx.crc32_long(key))), nil, -1
  for i = 1, count do
    local peer = able[i]
    local score = -peer.weight / math.log((mixed(bxor(mixed_key, peer.seed)) % 2 ^ 32 + 0.5) / 2 ^ 32)
    if score > highest then best, highest = peer, score end
  end
  return best
end

local function by_chance(but)
  local left, last = 0, nil
  for i = 1, count do if i ~= but then left = left + weights[i] end end
  left = math.random() * left
  for i = 1, count do if i ~= but and left >= 0 then last, left = i, left - weights[i] end end
  return last
end

local function random_two()
  local one = by_chance()
  local other = by_chance(one)
  return able[other and load_of(other, 1) < load_of(one, 1) and other or one]
end

local methods = { round_robin = round_robin, least_conn = least_conn, hash = hash, random = random_two }
local number_type = ffi.typeof("uintptr_t")  -- by its name, it would be looked up for each request
local function request_key() return tonumber(ffi_cast(number_type, get_request())) end
-- The try is over. max_fails and fail_timeout have the meaning that nginx gives them.
local function leave(entry, failed)
  local peer = entry.peer
  if not peer then return end
  entry.peer, peer.active = false, peer.active - 1
  if failed then
    local now = ngx.now()
    peer.failures, peer.fails, peer.accessed, peer.checked = peer.failures + 1, peer.fails + 1, now, now
    if config.max_fails > 0 then peer.effective = math.max(peer.effective - peer.weight / config.max_fails, 0) end
  elseif peer.accessed < peer.checked then
    peer.fails = 0
  end
end

-- Its end is announced by nobody but the collector of garbage. (LuaJIT compiles no function with a closure in it.)
local function watch_subrequest(entry)
  ngx.ctx.drcon = ffi.gc(ffi.new("char[1]"), function() leave(entry) end)
end

-- In balancer_by_lua. `hash_key` is for "hash"; `lines`: the servers of the include file, which nginx counts as tries.
-- Where this chooses nobody, nginx goes on with those servers.
function M.balance(name, hash_key, lines)
  if newest() ~= version then adopt() end
  local service = services[name]
  if not service or service.text ~= blocks[name] then service = service_of(name) end
  if not service then
    -- Newer modules answer 500 where nginx finds no server among these.
    if lines == 0 then return ngx.exit(NO_LIVE_PEERS) end
    return
  end
  local key = request_key()
  local entry = open[key]
  local failure = entry and balancer.get_last_failure()
  if failure then
    if entry.peer then entry[entry.peer] = true end
    leave(entry, failure == "failed")
    entry.service = service
  else
    if entry then leave(entry) end  -- of an earlier request, whose end was not reported
    entry = { service = service, peer = false }
    open[key] = entry
    if ngx.is_subrequest then watch_subrequest(entry) end
    if service.up > lines then balancer.set_more_tries(service.up - lines) end
  end
  local now, tiers = ngx_now(), service.tiers
  for i = 1, #tiers do
    if find_able(tiers[i], entry, now) then
      local peer = choose(hash_key or "")
      if now - peer.checked > config.fail_timeout then peer.checked = now end
      peer.active, peer.requests, entry.peer = peer.active + 1, peer.requests + 1, peer
      return set_current_peer(peer.host, peer.port)
    end
  end
  return ngx.exit(NO_LIVE_PEERS)
end

-- In log_by_lua. nginx counts a last try as failed when no header came.
function M.finished()
  local key = request_key()
  local entry = open[key]
  if not entry then return end
  open[key] = nil
  local times = ngx.status >= 500 and ngx.var.upstream_header_time
  leave(entry, times and sub(times, -1) == "-")
end

-- nginx does not start when a socket is left of one that was killed. This runs before it binds its own. nginx -t leaves
-- it alone: to that, the socket of an nginx that is just being started looks the same.
local function remove_stale_socket(path)
  local address = ffi.new("struct drcon_address", { family = AF_UNIX, path = path })
  local fd = ffi.C.socket(AF_UNIX, SOCK_STREAM + SOCK_NONBLOCK, 0)  -- its queue may be full, when the workers stall
  if ffi.C.connect(fd, address, ffi.sizeof(address)) ~= 0 and ffi.errno() == ECONNREFUSED then os.remove(path) end
  ffi.C.close(fd)
end

-- In init_by_lua, in nginx's master: at a start, a reload, and in nginx -t.
function M.init(options)
  if options.protocol ~= M.protocol then return nil, "drcon.lua is of another version of drcon than the file" end
  config, dict, choose = options, ngx.shared[options.dict], methods[options.balance]
  if ffi.C.ngx_test_config == 0 then remove_stale_socket(config.socket) end
  dict:safe_add("version", 0)
  local ok, why = read_file(false)
  local instead = newest() > 0 and "what nginx has goes on" or "what is in the include file serves"
  if not ok then ngx.log(ngx.ERR, "drcon: ", config.file, " is not used: ", why, "; ", instead, " for now") end
  return true
end

local function write_statistics()
  local lines = {}
  for name, service in pairs(services) do
    for address, peer in pairs(service.known) do
      lines[#lines + 1] = table.concat({ name, address, peer.requests, peer.failures, peer.active }, " ")
    end
  end
  dict:safe_set("statistics " .. ngx.worker.pid(), table.concat(lines, "\n"), 60)
end

local function tick(premature)
  if not premature then ngx.timer.at(ngx.now() - changed_at < 2 and BUSY_TICK or QUIET_TICK, tick) end
  if newest() ~= version then adopt() end
  if not premature and ngx.now() - last_look < 1 then return end
  last_look = ngx.now()
  dict:safe_set("worker " .. ngx.worker.pid(), version, 60)
  if dict:get("asked") then write_statistics() end
  -- One worker each second. A file that cannot be read was reported at the start.
  if dict:safe_add("looked", true, 1) then read_file(true) end
end

-- In init_worker_by_lua: before the first request.
function M.worker()
  math.randomseed(ngx.worker.pid() + ngx.now() * 1000)
  for _, key in ipairs { "stamp", "set0", "set1" } do dict:delete(key) end  -- of an earlier version of this file
  adopt()
  tick(false)
end

-- What each worker has left in the dict.
local function say_of_workers(kind, separator)
  for _, key in ipairs(dict:get_keys(0)) do
    local pid = match(key, "^" .. kind .. " (%d+)$")
    if pid then ngx.say("worker ", pid, separator, dict:get(key) or "") end
  end
end

local function say_state()
  ngx.say("drcon ", M.protocol, "\nversion ", newest())
  ngx.say("capacity ", dict:capacity(), "\nfree ", dict:free_space())
  say_of_workers("worker", " ")
end

local answers = {
  ["GET /state"] = say_state,
  ["GET /statistics"] = function() return dict:safe_set("asked", true, 60) and say_of_workers("statistics", "\n") end,
  ["PUT /peers"] = function()
    ngx.req.read_body()
    local ok, why, status = store(ngx.req.get_body_data() or "")
    ngx.status = status or 200
    if not ok then return ngx.say(why) end
    adopt()
    say_state()
  end,
}

-- In content_by_lua, on the unix socket.
function M.serve()
  ngx.header.content_type = "text/plain"
  return (answers[ngx.req.get_method() .. " " .. ngx.var.uri] or ngx.exit)(404)
end

return M
