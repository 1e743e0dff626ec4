%% The Erlang side: a call to a server, a message round trip, spawn + monitor + exit, idle processes.
%% Each prints lines "name value unit" like the applications in bench/apps.
-module(actors).
-behaviour(gen_server).
-export([calls/1, messages/1, spawns/1, idle/1]).
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
    print("call", per_run(list_to_integer(Count), fun(I) -> gen_server:call(Server, {add, I, 1}) end), "ns"),
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
