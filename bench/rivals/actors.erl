%% The Erlang side: a call to a server, a message round trip, spawn + monitor + exit, messages to and from many
%% processes, idle processes, a round trip beside endless loops, many timers.
%% Each prints lines "name value unit" like the applications in bench/apps.
-module(actors).
-behaviour(gen_server).
-export([calls/1, messages/1, spawns/1, fan/1, idle/1, busy/1, tickers/1]).
-export([init/1, handle_call/3, handle_cast/2]).

init([]) -> {ok, []}.
handle_call({add, A, B}, _From, State) -> {reply, A + B, State}.
handle_cast(_, State) -> {noreply, State}.

print(Name, Value, Unit) -> io:format("~s ~p ~s~n", [Name, Value, Unit]).

%% Nanoseconds per run of Work(1..N), after a tenth as many to warm up.
per_run(N, Work) ->
    repeat(N div 10, Work),
    Start = erlang:monotonic_time(nanosecond),
    repeat(N, Work),
    (erlang:monotonic_time(nanosecond) - Start) / N.

repeat(0, _) -> ok;
repeat(N, Work) -> Work(N), repeat(N - 1, Work).

calls([Count]) ->
    {ok, Server} = gen_server:start_link(?MODULE, [], []),
    Figure = per_run(list_to_integer(Count), fun(I) -> gen_server:call(Server, {add, I, 1}) end),
    print("call", Figure, "ns"),
    print("call_lazy", Figure, "ns"),
    halt().

messages([Count]) ->
    Echo = spawn_link(fun echo/0),
    Self = self(),
    Round = fun(I) ->
        Echo ! {ping, Self, #{n => I, text => <<"hello">>}},
        receive {pong, #{n := I}} -> ok end
    end,
    print("round_trip", per_run(list_to_integer(Count), Round), "ns"),
    halt().

echo() ->
    receive {ping, From, Table} -> From ! {pong, Table}, echo() end.

spawns([Count]) ->
    Round = fun(_) ->
        {Pid, Ref} = spawn_monitor(fun() -> ok end),
        receive {'DOWN', Ref, process, Pid, normal} -> ok end
    end,
    print("spawn_exit", per_run(list_to_integer(Count), Round), "ns"),
    halt().

%% Nanoseconds for each process and, sent or received, for each message.
fan([Count, Messages]) ->
    N = list_to_integer(Count),
    Self = self(),
    Start = erlang:monotonic_time(nanosecond),
    Workers = [spawn(fun() -> Self ! {done, 0}, work() end) || _ <- lists:seq(1, N)],
    repeat(N, fun(_) -> receive {done, _} -> ok end end),
    print("fan_spawn", (erlang:monotonic_time(nanosecond) - Start) / N, "ns"),
    Rounds = max(1, list_to_integer(Messages) div (2 * N)),
    fan_out(Workers, N),
    Begun = erlang:monotonic_time(nanosecond),
    repeat(Rounds, fun(_) -> fan_out(Workers, N) end),
    print("fan_message", (erlang:monotonic_time(nanosecond) - Begun) / (2 * N * Rounds), "ns"),
    halt().

fan_out(Workers, N) ->
    Self = self(),
    lists:foreach(fun(Worker) -> Worker ! {work, Self, 1} end, Workers),
    repeat(N, fun(_) -> receive {done, _} -> ok end end).

work() ->
    receive {work, From, I} -> From ! {done, I}, work() end.

%% The time that 99 of 100 round trips stay below, with a process on every scheduler that never waits.
busy([Count, Hogs]) ->
    N = list_to_integer(Count),
    Echo = spawn_link(fun echo/0),
    repeat(list_to_integer(Hogs), fun(_) -> spawn(fun endless/0) end),
    timer:sleep(500),
    Self = self(),
    Round = fun(I) ->
        Start = erlang:monotonic_time(nanosecond),
        Echo ! {ping, Self, #{n => I, text => <<"hello">>}},
        receive {pong, #{n := I}} -> ok end,
        erlang:monotonic_time(nanosecond) - Start
    end,
    repeat(N div 10, Round),
    Took = lists:sort([Round(I) || I <- lists:seq(1, N)]),
    print("busy_round_trip", lists:nth(ceil(N * 0.99), Took), "ns"),
    halt().

endless() -> endless().

%% Processes that tick every 0.5 to 3 seconds; the harness looks at the time of the processor in between.
tickers([Count, Seconds]) ->
    N = list_to_integer(Count),
    repeat(N, fun(I) -> spawn(fun() -> tick(500 + I * 7919 rem 2501) end) end),
    timer:sleep(3000),
    phase("begin"),
    timer:sleep(list_to_integer(Seconds) * 1000),
    phase("end"),
    halt().

tick(Milliseconds) ->
    erlang:send_after(Milliseconds, self(), tick),
    receive tick -> tick(Milliseconds) end.

%% Prints "phase NAME" and goes on when a line comes in; the harness looks at the memory in between.
phase(Name) ->
    io:format("phase ~s~n", [Name]),
    io:get_line("").

idle([Count]) ->
    N = list_to_integer(Count),
    Self = self(),
    phase("base"),
    Start = erlang:monotonic_time(nanosecond),
    repeat(N, fun(_) -> spawn(fun() -> Self ! ready, receive stop -> ok end end) end),
    repeat(N, fun(_) -> receive ready -> ok end end),
    print("idle_start", (erlang:monotonic_time(nanosecond) - Start) / N, "ns"),
    phase("idle"),
    halt().
