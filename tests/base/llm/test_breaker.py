"""The circuit breaker under many calls at once: what opens it, what closes it, and old news."""

from __future__ import annotations

import threading

from mokmin.base.llm.breaker import LAST_CALLS, Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock=clock)
    breaker.failed()
    breaker.failed()
    assert breaker.state == "open"
    return breaker


def test_fifty_calls_that_fail_together_ask_for_one_rest_not_for_fifty() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    began = [breaker.moment() for _ in range(50)]
    clock.now += 1
    for moment in began:
        breaker.failed(moment)
    clock.now += 30
    assert breaker.state == "half-open" and breaker.allows()


def test_calls_that_hung_since_before_the_recovery_do_not_open_it_again() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    hanging = [breaker.moment() for _ in range(49)]
    clock.now += 3
    breaker.failed(hanging[0])
    breaker.failed(hanging[1])
    clock.now += 31
    assert breaker.allows()
    breaker.succeeded(breaker.moment())
    clock.now += 30
    for moment in hanging[2:]:
        breaker.failed(moment)
    assert breaker.state == "closed" and breaker.allows()


def test_an_old_call_that_still_ends_well_does_not_close_it() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    long_one = breaker.moment()
    clock.now += 1
    breaker.failed(breaker.moment())
    breaker.failed(breaker.moment())
    clock.now += 1
    breaker.succeeded(long_one)
    assert breaker.state == "open" and not breaker.allows()


def test_half_of_the_last_calls_opens_it_and_a_few_among_many_do_not() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for number in range(200):
        clock.now += 0.1
        breaker.failed() if number % 4 == 0 else breaker.succeeded()
    assert breaker.state == "closed"
    for number in range(LAST_CALLS):
        breaker.failed() if number % 2 else breaker.succeeded()
    assert breaker.state == "open"


def test_failures_far_apart_are_no_outage() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(10):
        breaker.failed()
        clock.now += 61
    assert breaker.state == "closed"


def test_of_a_hundred_threads_one_tries_and_a_failed_trial_doubles_the_rest() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    let_in: list[bool] = []
    gate = threading.Barrier(100)

    def ask() -> None:
        gate.wait()
        let_in.append(breaker.allows())

    threads = [threading.Thread(target=ask) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert let_in.count(True) == 1 and breaker.state == "half-open"
    breaker.failed(breaker.moment())
    clock.now += 59
    assert not breaker.allows()
    clock.now += 2
    assert breaker.allows()


def test_a_trial_that_nobody_waits_for_leaves_the_door_to_the_next() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    assert breaker.allows()
    clock.now += 31
    assert breaker.allows()


def test_who_sees_it_back_wakes_it_early() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1
    breaker.wake()
    assert breaker.allows() and not breaker.allows()
    breaker.wake()
    assert not breaker.allows(), "a trial is under way"
    breaker.succeeded(breaker.moment())
    assert breaker.state == "closed"
