-- Takes from every limit in KEYS, or from none: one atomic step.
--
-- A limit is a generic cell rate algorithm (ITU-T I.371): its state is the moment at which it will be full again, in
-- microseconds of this server's clock, and a minute's worth can be taken at once.
-- ARGV: the weight that is needed, then the limit a minute of each key. What is granted is more where there is more: a
-- hundredth of the limit, for the process that asks to spend without asking again.
-- Returns the number of the key that refuses (0: none does), microseconds until it would not, and for each key what is
-- granted, what is left, and the microseconds until it is full again.
local minute = 60000000
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local refusing, wait, full, granted = 0, 0, {}, {}
for i, key in ipairs(KEYS) do
    local limit = tonumber(ARGV[i + 1])
    local needed = math.min(tonumber(ARGV[1]), limit)
    full[i] = math.max(tonumber(redis.call('GET', key) or now), now)
    local left = math.floor((now + minute - full[i]) * limit / minute)
    granted[i] = math.min(math.max(needed, math.floor(limit / 100)), left)
    local over = full[i] + needed * minute / limit - now - minute
    if left < needed and over >= wait then
        refusing, wait = i, over
    end
end
local answer = { refusing, math.ceil(wait) }
for i, key in ipairs(KEYS) do
    local limit = tonumber(ARGV[i + 1])
    if refusing == 0 then
        full[i] = full[i] + granted[i] * minute / limit
        redis.call('SET', key, string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000))
    end
    answer[#answer + 1] = refusing == 0 and granted[i] or 0
    answer[#answer + 1] = math.floor((now + minute - full[i]) * limit / minute)
    answer[#answer + 1] = math.ceil(full[i] - now)
end
return answer
