from __future__ import annotations

import candidate_program
import suite_operations


def test_what_a_program_says_of_an_object_is_what_tests_can_use_of_it() -> None:
    assert set(candidate_program.SUPPORTED) == suite_operations.SPECIAL.keys()


def test_every_operation_that_is_asked_for_is_one_that_programs_know() -> None:
    asked = {"call", "kind_of", "base_of", "run", "enter", "exit", "eq", "bool", "str", "repr"}

    assert asked <= candidate_program.OPERATIONS.keys()
