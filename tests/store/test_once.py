"""Values that are worked out once."""

from __future__ import annotations

from critique_loop.store.once import Once


class Circle:
    def __init__(self, radius: float) -> None:
        self.radius = radius
        self.asked = 0

    @Once
    def area(self) -> float:
        """How large it is."""
        self.asked += 1
        return 3 * self.radius**2


def test_a_value_is_worked_out_when_it_is_first_asked_for_and_kept() -> None:
    circle, other = Circle(1), Circle(2)
    before = circle.asked

    areas = (circle.area, circle.area, other.area)

    assert areas == (3, 3, 12)
    assert (before, circle.asked, other.asked) == (0, 1, 1)


def test_of_a_class_it_is_itself() -> None:
    class Asked:
        @Once
        def answer(self) -> int:
            return 42

    assert isinstance(Asked.answer, Once)
