-- Which views count, for recommendations: one atomic step for all views of a request.
--
-- Of each view the first key is the set of what counted of its person and product, the others are numbers of views that
-- counted of its address. A view that counted before, as one that is sent again, counts still, and takes nothing; what
-- is over a cap leaves nothing behind. A key ends an hour after its first view.
-- ARGV: milliseconds of an hour; how many keys a view has; the cap of each; then what each view is known by.
-- Returns for each view 0, or the number of the first of its keys that is full.
local hour, width = ARGV[1], tonumber(ARGV[2])
local answer = {}
for view = 1, #ARGV - 2 - width do
    local before, known = (view - 1) * width, ARGV[2 + width + view]
    local counted, full = {}, 0
    if redis.call('SISMEMBER', KEYS[before + 1], known) == 0 then
        for i = 1, width do
            local key = KEYS[before + i]
            counted[i] = i == 1 and redis.call('SCARD', key) or tonumber(redis.call('GET', key) or 0)
            if counted[i] >= tonumber(ARGV[2 + i]) then
                full = i
                break
            end
        end
        for i = 1, full == 0 and width or 0 do
            local key = KEYS[before + i]
            if i == 1 then
                redis.call('SADD', key, known)
            else
                redis.call('INCR', key)
            end
            if counted[i] == 0 then
                redis.call('PEXPIRE', key, hour)
            end
        end
    end
    answer[view] = full
end
return answer
